// SPDX-License-Identifier: GPL-2.0-only
/*
 * A provider of attestation reports for tests, where no processor attests.
 *
 * It serves the firmware file that the parameter "report" names, with the
 * caller's nonce put in at the offset "nonce_at", as the processor would. With
 * "stale" the nonce is left out: the answer to another question.
 *
 * For Linux 6.7 to 6.16, whose <linux/tsm.h> this is written against.
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

static uint nonce_at = 0x50;
module_param(nonce_at, uint, 0444);
MODULE_PARM_DESC(nonce_at, "where the caller's nonce belongs");

static bool stale;
module_param(stale, bool, 0644);
MODULE_PARM_DESC(stale, "leave the nonce out");

static struct platform_device *device;

static int test_report_new(struct tsm_report *answer, void *data)
{
	const struct tsm_desc *desc = &answer->desc;
	const struct firmware *file;
	int err;

	err = request_firmware_direct(&file, report, data);
	if (err)
		return err;
	if (nonce_at > file->size ||
	    desc->inblob_len > file->size - nonce_at) {
		err = -EINVAL;
		goto out;
	}
	/* Freed by the caller, with kvfree(). */
	answer->outblob = kvmemdup(file->data, file->size, GFP_KERNEL);
	if (!answer->outblob) {
		err = -ENOMEM;
		goto out;
	}
	answer->outblob_len = file->size;
	if (!stale)
		memcpy(answer->outblob + nonce_at, desc->inblob,
		       desc->inblob_len);
out:
	release_firmware(file);
	return err;
}

static bool test_attr_visible(int n)
{
	return n == TSM_REPORT_GENERATION || n == TSM_REPORT_PROVIDER ||
	       n == TSM_REPORT_PRIVLEVEL || n == TSM_REPORT_PRIVLEVEL_FLOOR;
}

static bool test_bin_attr_visible(int n)
{
	return n == TSM_REPORT_INBLOB || n == TSM_REPORT_OUTBLOB;
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
