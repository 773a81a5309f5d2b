// SPDX-License-Identifier: GPL-2.0-only
/*
 * A provider of attestation reports for tests on kernels that have no <linux/tsm.h>:
 * /dev/sev-guest, without a processor that attests.
 *
 * It answers only SNP_GET_REPORT. The answer is the firmware file that the parameter
 * "report" names, with the caller's nonce in it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/firmware.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sev-guest.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/unaligned.h>

/* Offsets in MSG_REPORT_RSP (SEV-SNP firmware ABI). */
#define SIZE_AT		4
#define REPORT_AT	0x20
/* Offset in ATTESTATION_REPORT. */
#define NONCE_AT	0x50

static char *report = "vmfwupdate-test-report.bin";
module_param(report, charp, 0444);
MODULE_PARM_DESC(report, "firmware file to serve");

static struct miscdevice device;

static int fill(struct snp_report_resp *response,
		const struct snp_report_req *request)
{
	const struct firmware *file;
	int err;

	err = request_firmware_direct(&file, report, device.this_device);
	if (err)
		return err;
	if (file->size < NONCE_AT + sizeof(request->user_data) ||
	    file->size > sizeof(response->data) - REPORT_AT) {
		release_firmware(file);
		return -EINVAL;
	}
	put_unaligned_le32(file->size, response->data + SIZE_AT);
	memcpy(response->data + REPORT_AT, file->data, file->size);
	memcpy(response->data + REPORT_AT + NONCE_AT, request->user_data,
	       sizeof(request->user_data));
	release_firmware(file);
	return 0;
}

static long test_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct snp_guest_request_ioctl call;
	struct snp_report_resp *response;
	struct snp_report_req request;
	int err;

	if (cmd != SNP_GET_REPORT)
		return -ENOTTY;
	if (copy_from_user(&call, (void __user *)arg, sizeof(call)) ||
	    copy_from_user(&request, u64_to_user_ptr(call.req_data),
			   sizeof(request)))
		return -EFAULT;
	response = kzalloc(sizeof(*response), GFP_KERNEL);
	if (!response)
		return -ENOMEM;
	err = fill(response, &request);
	if (!err && copy_to_user(u64_to_user_ptr(call.resp_data), response,
				 sizeof(*response)))
		err = -EFAULT;
	kfree(response);
	return err;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = test_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sev-guest",
	.fops = &operations,
};

module_misc_device(device);

MODULE_DESCRIPTION("Attestation reports for tests");
MODULE_LICENSE("GPL");
