// SPDX-License-Identifier: GPL-2.0-only
/*
 * A provider of attestation reports for tests, without a processor that attests.
 *
 * It serves the firmware file that the parameter "report" names, with the caller's nonce
 * at the offset "nonce_at". With "stale" it leaves the nonce out, so the report looks old.
 * If the parameter "certificates" names a file, the module serves that, too, like the
 * host's table of certificates.
 *
 * The module fits <linux/tsm.h> of Linux 6.11 to 6.16.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/firmware.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/tsm.h>

static char *provider = "sev_guest";
module_param(provider, charp, 0444);
MODULE_PARM_DESC(provider, "name that is shown to user space");

static char *report = "vmfwupdate-test-report.bin";
module_param(report, charp, 0444);
MODULE_PARM_DESC(report, "firmware file to serve");

static char *certificates;
module_param(certificates, charp, 0444);
MODULE_PARM_DESC(certificates, "firmware file to serve beside it");

static uint nonce_at = 0x50;
module_param(nonce_at, uint, 0444);
MODULE_PARM_DESC(nonce_at, "where the caller's nonce belongs");

static bool stale;
module_param(stale, bool, 0644);
MODULE_PARM_DESC(stale, "leave the nonce out");

static struct platform_device *device;

/* The caller of the provider frees the result, with kvfree(). */
static u8 *read_file(const char *name, size_t *len, struct device *dev)
{
	const struct firmware *file;
	u8 *bytes;
	int err;

	err = request_firmware_direct(&file, name, dev);
	if (err)
		return ERR_PTR(err);
	bytes = kvmemdup(file->data, file->size, GFP_KERNEL);
	*len = file->size;
	release_firmware(file);
	return bytes ?: ERR_PTR(-ENOMEM);
}

static int test_report_new(struct tsm_report *answer, void *data)
{
	const struct tsm_desc *desc = &answer->desc;
	size_t len;
	u8 *bytes;

	bytes = read_file(report, &len, data);
	if (IS_ERR(bytes))
		return PTR_ERR(bytes);
	answer->outblob = bytes;
	answer->outblob_len = len;
	if (nonce_at > len || desc->inblob_len > len - nonce_at)
		return -EINVAL;
	if (!stale)
		memcpy(bytes + nonce_at, desc->inblob, desc->inblob_len);
	if (!certificates)
		return 0;
	bytes = read_file(certificates, &len, data);
	if (IS_ERR(bytes))
		return PTR_ERR(bytes);
	answer->auxblob = bytes;
	answer->auxblob_len = len;
	return 0;
}

static bool test_attr_visible(int n)
{
	return n == TSM_REPORT_GENERATION || n == TSM_REPORT_PROVIDER ||
	       n == TSM_REPORT_PRIVLEVEL || n == TSM_REPORT_PRIVLEVEL_FLOOR;
}

static bool test_bin_attr_visible(int n)
{
	return n == TSM_REPORT_INBLOB || n == TSM_REPORT_OUTBLOB ||
	       (n == TSM_REPORT_AUXBLOB && certificates);
}

static struct tsm_ops ops = {
	.report_new = test_report_new,
	.report_attr_visible = test_attr_visible,
	.report_bin_attr_visible = test_bin_attr_visible,
};

static int __init test_tsm_init(void)
{
	int err;

	device = platform_device_register_simple("vmfwupdate-test-tsm",
						 PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	ops.name = provider;
	err = tsm_register(&ops, &device->dev);
	if (err)
		platform_device_unregister(device);
	return err;
}

static void __exit test_tsm_exit(void)
{
	tsm_unregister(&ops);
	platform_device_unregister(device);
}

module_init(test_tsm_init);
module_exit(test_tsm_exit);

MODULE_DESCRIPTION("Attestation reports for tests");
MODULE_LICENSE("GPL");
