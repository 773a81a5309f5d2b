// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Interface "v6" with a false VMM that has only its five files. The tests check
 * the bytes that the driver writes, and how it reads the answers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/printk.h>
#include <linux/slab.h>

#include "fw_cfg.h"
#include "shared/macro.h"
#include "vmfwupdate.h"

enum file { CAP, BIOS_SIZE, FW_BLOB, OPAQUE, DISABLE, NR_FILES };

static const struct {
	const char *name;
	size_t size;
	bool writable;
} files[NR_FILES] = {
	[CAP] = { "etc/vmfwupdate/cap", 8, false },
	[BIOS_SIZE] = { "etc/vmfwupdate/bios-size", 8, false },
	[FW_BLOB] = { "etc/vmfwupdate/fw-blob", 16, true },
	[OPAQUE] = { "etc/vmfwupdate/opaque-blob", 4096, true },
	[DISABLE] = { "etc/vmfwupdate/disable", 1, true },
};

/* The transport in place of kmod/fw_cfg.c: files, and errors to return. */
struct vmfw_fw_cfg {
	uint8_t file[NR_FILES][4096];
	uint8_t seen[4096];	/* the bytes of the guest's last write */
	enum file seen_file;
	unsigned int reads;
	unsigned int exchanges;
	int read_error[NR_FILES];
	int write_error;	/* the write does not reach the VMM */
	int answer_error;	/* the guest cannot read the VMM's answer */
	void (*react)(struct vmfw_fw_cfg *fw);
};

static struct vmfw_fw_cfg vmm;
static bool out_of_memory;
static const struct vmfw_iface * const iface = &vmfw_iface_v6;

void *kmalloc(size_t size, int flags)
{
	(void)flags;
	return out_of_memory ? NULL : malloc(size);
}

static enum file find(const char *name, size_t len)
{
	enum file i;

	for (i = 0; i < NR_FILES; i++) {
		if (strcmp(name, files[i].name))
			continue;
		assert_int_equal(len, files[i].size);
		return i;
	}
	fail_msg("no such file: %s", name);
	return 0;
}

int vmfw_fw_cfg_read(struct vmfw_fw_cfg *fw, const char *name, void *in,
		     size_t len)
{
	enum file file = find(name, len);

	fw->reads++;
	if (fw->read_error[file])
		return fw->read_error[file];
	memcpy(in, fw->file[file], len);
	return 0;
}

int vmfw_fw_cfg_exchange(struct vmfw_fw_cfg *fw, const char *name,
			 const void *out, void *in, size_t len, bool *written)
{
	enum file file = find(name, len);

	assert_true(files[file].writable);
	fw->exchanges++;
	*written = false;
	if (fw->write_error)
		return fw->write_error;

	*written = true;
	memcpy(fw->seen, out, len);
	fw->seen_file = file;
	if (fw->answer_error)
		return fw->answer_error;

	fw->react(fw);
	memcpy(in, fw->file[file], len);
	return 0;
}

static void accept_all(struct vmfw_fw_cfg *fw)
{
	memcpy(fw->file[fw->seen_file], fw->seen, files[fw->seen_file].size);
}

static void accept_nothing(struct vmfw_fw_cfg *fw)
{
	memset(fw->file[fw->seen_file], 0, files[fw->seen_file].size);
}

static void ignore(struct vmfw_fw_cfg *fw)
{
	(void)fw;
}

static void halve_the_size(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	fw->file[FW_BLOB][2] = 0x10;
}

static void double_the_size(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	fw->file[FW_BLOB][2] = 0x40;
}

static void move_it_down_by_a_page(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	fw->file[FW_BLOB][9] -= 0x10;
}

static void move_it_up_by_a_page(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	fw->file[FW_BLOB][9] += 0x10;
}

static void lose_the_last_byte(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	fw->file[OPAQUE][4095] = 0;
}

#define ADDRESS	0x1122334455667000

static const struct vmfw_offer offer = {
	.format = VMFWUPDATE_FORMAT_FLAT,
	.addr = ADDRESS,
	.size = 0x200000,
};

static void set_bios_size(uint64_t size)
{
	size_t i;

	for (i = 0; i < 8; i++)
		vmm.file[BIOS_SIZE][i] = size >> 8 * i;
}

static int set_up(void **state)
{
	(void)state;
	memset(&vmm, 0, sizeof(vmm));
	vmm.react = accept_all;
	set_bios_size(0x400000);
	out_of_memory = false;
	return 0;
}

static void the_table_names_its_revision(void **state)
{
	(void)state;
	assert_string_equal(iface->name, "v6");
	assert_int_equal(iface->id, VMFWUPDATE_INTERFACE_V6);
	assert_int_equal(iface->properties, VMFWUPDATE_PROPERTY_TRIAL |
			 VMFWUPDATE_PROPERTY_OPAQUE);
	assert_int_equal(iface->size_multiple, 0x10000);
	assert_int_equal(iface->opaque_size, 4096);
}

static void status_decodes_every_file(void **state)
{
	static const uint8_t cap[8] = { 0xfe, 0x02, 0, 0, 0, 0, 0, 0x80 };
	static const uint8_t blob[16] = {
		0xcc, 0xbb, 0xaa, 0x99, 0, 0, 0, 0,
		0x00, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
	};
	struct vmfw_status status;

	(void)state;
	memcpy(vmm.file[CAP], cap, sizeof(cap));
	memcpy(vmm.file[FW_BLOB], blob, sizeof(blob));
	set_bios_size(0x0807060504030201);
	assert_int_equal(iface->status(&vmm, &status), 0);
	assert_int_equal(status.capabilities, 0x80000000000002fe);
	assert_int_equal(status.formats, VMFWUPDATE_FORMAT_FLAT);
	assert_int_equal(status.max_size, 0x0807060504030201);
	assert_false(status.disabled);
	assert_int_equal(status.addr, ADDRESS);
	assert_int_equal(status.size, 0x99aabbcc);
	assert_int_equal(vmm.exchanges, 0);
}

static void a_resizable_area_holds_16_mib(void **state)
{
	struct vmfw_status status;

	(void)state;
	vmm.file[CAP][0] = 1;
	assert_int_equal(iface->status(&vmm, &status), 0);
	assert_int_equal(status.max_size, 0x1000000);

	/* An area that is already larger does not shrink. */
	set_bios_size(0x1200000);
	assert_int_equal(iface->status(&vmm, &status), 0);
	assert_int_equal(status.max_size, 0x1200000);
}

static void without_a_firmware_area_there_is_no_format(void **state)
{
	struct vmfw_status status;

	(void)state;
	set_bios_size(0);
	assert_int_equal(iface->status(&vmm, &status), 0);
	assert_int_equal(status.formats, 0);
	assert_int_equal(status.max_size, 0);

	vmm.file[CAP][0] = 1;
	assert_int_equal(iface->status(&vmm, &status), 0);
	assert_int_equal(status.formats, VMFWUPDATE_FORMAT_FLAT);
}

static void any_byte_but_zero_means_disabled(void **state)
{
	struct vmfw_status status;

	(void)state;
	vmm.file[DISABLE][0] = 0x80;
	assert_int_equal(iface->status(&vmm, &status), 0);
	assert_true(status.disabled);
}

static void every_file_is_needed_but_the_opaque_one(void **state)
{
	struct vmfw_status status;
	enum file i;

	(void)state;
	for (i = 0; i < NR_FILES; i++) {
		set_up(NULL);
		vmm.read_error[i] = -ENOENT;
		assert_int_equal(iface->status(&vmm, &status),
				 i == OPAQUE ? 0 : -ENOENT);
	}
}

static void an_offer_is_these_16_bytes(void **state)
{
	static const uint8_t bytes[16] = {
		0, 0, 0x20, 0, 0, 0, 0, 0,
		0x00, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
	};
	struct vmfw_shown shown = {};

	(void)state;
	assert_int_equal(iface->offer(&vmm, &offer, &shown), 0);
	assert_int_equal(vmm.seen_file, FW_BLOB);
	assert_memory_equal(vmm.seen, bytes, sizeof(bytes));
	assert_int_equal(vmm.exchanges, 1);
	assert_int_equal(vmm.reads, 0);
	assert_true(shown.written);
	assert_true(shown.answered);
	assert_int_equal(shown.control, 0);
	assert_int_equal(shown.addr, offer.addr);
	assert_int_equal(shown.size, offer.size);
}

static void any_other_answer_is_a_refusal(void **state)
{
	static void (* const reactions[])(struct vmfw_fw_cfg *fw) = {
		accept_nothing, ignore, halve_the_size, double_the_size,
		move_it_down_by_a_page, move_it_up_by_a_page,
	};
	struct vmfw_shown shown;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(reactions); i++) {
		set_up(NULL);
		vmm.react = reactions[i];
		assert_int_equal(iface->offer(&vmm, &offer, &shown), -EIO);
		assert_true(shown.written);
	}
}

static void a_refusal_reports_the_shown_words(void **state)
{
	struct vmfw_shown shown;

	(void)state;
	vmm.react = halve_the_size;
	assert_int_equal(iface->offer(&vmm, &offer, &shown), -EIO);
	assert_int_equal(shown.addr, offer.addr);
	assert_int_equal(shown.size, 0x100000);
}

static void a_missing_answer_is_no_failed_write(void **state)
{
	/* This address is from an earlier answer. */
	struct vmfw_shown shown = { .addr = ADDRESS };

	(void)state;
	vmm.write_error = -EBUSY;
	assert_int_equal(iface->offer(&vmm, &offer, &shown), -EBUSY);
	assert_false(shown.written);
	assert_int_equal(iface->withdraw(&vmm, &shown), -EBUSY);
	assert_false(shown.written);

	set_up(NULL);
	vmm.answer_error = -ENODEV;
	assert_int_equal(iface->offer(&vmm, &offer, &shown), -ENODEV);
	assert_true(shown.written);
	assert_false(shown.answered);
	assert_int_equal(iface->withdraw(&vmm, &shown), -ENODEV);
	assert_true(shown.written);
	assert_false(shown.answered);
	assert_int_equal(iface->disable(&vmm, &shown), -ENODEV);
	assert_false(shown.answered);
}

static void a_withdrawal_writes_zeroes(void **state)
{
	static const uint8_t zeroes[16];
	struct vmfw_shown shown;

	(void)state;
	memset(vmm.file[FW_BLOB], 0x5a, 16);
	assert_int_equal(iface->withdraw(&vmm, &shown), 0);
	assert_int_equal(vmm.seen_file, FW_BLOB);
	assert_memory_equal(vmm.seen, zeroes, sizeof(zeroes));
	assert_int_equal(vmm.exchanges, 1);
	assert_int_equal(vmm.reads, 0);
}

static void an_address_that_stays_is_not_withdrawn(void **state)
{
	struct vmfw_shown shown;

	(void)state;
	vmm.react = ignore;
	vmm.file[FW_BLOB][14] = 1;
	assert_int_equal(iface->withdraw(&vmm, &shown), -EIO);
	assert_int_equal(shown.addr, 1ULL << 48);

	vmm.file[DISABLE][0] = 1;
	assert_int_equal(iface->withdraw(&vmm, &shown), 0);

	/* The driver replaces -ENOENT, which would mean that the VMM holds no address. */
	vmm.read_error[DISABLE] = -ENOENT;
	assert_int_equal(iface->withdraw(&vmm, &shown), -EIO);
}

static void without_an_address_the_size_may_stay(void **state)
{
	struct vmfw_shown shown;

	(void)state;
	vmm.react = ignore;
	vmm.file[FW_BLOB][0] = 1;
	assert_int_equal(iface->withdraw(&vmm, &shown), 0);
}

static void disable_writes_one_byte_and_checks_it(void **state)
{
	struct vmfw_shown shown = {};

	(void)state;
	assert_int_equal(iface->disable(&vmm, &shown), 0);
	assert_int_equal(vmm.seen_file, DISABLE);
	assert_int_equal(vmm.seen[0], 1);
	assert_true(shown.answered);
	assert_int_equal(shown.control, 1);

	vmm.react = accept_nothing;
	assert_int_equal(iface->disable(&vmm, &shown), -EIO);
	assert_int_equal(shown.control, 0);

	vmm.react = ignore;
	vmm.file[DISABLE][0] = 0xff;
	assert_int_equal(iface->disable(&vmm, &shown), 0);

	vmm.answer_error = -ENODEV;
	assert_int_equal(iface->disable(&vmm, &shown), -ENODEV);
}

static void the_opaque_page_is_taken_whole_or_not(void **state)
{
	struct vmfw_device dev = { .fw = &vmm, .iface = iface };
	uint8_t page[4096], back[4096];

	(void)state;
	memset(page, 0x5a, sizeof(page));
	assert_int_equal(vmfw_opaque_set(&dev, page), 0);
	assert_int_equal(vmm.seen_file, OPAQUE);
	assert_int_equal(vmfw_opaque_get(&dev, back), 0);
	assert_memory_equal(page, back, sizeof(page));

	vmm.react = lose_the_last_byte;
	assert_int_equal(vmfw_opaque_set(&dev, page), -EIO);
	assert_non_null(strstr(shim_log, "cannot write the opaque area"));
	/* The message is about the VMM. It is wrong for other errors. */
	shim_log[0] = '\0';
	vmm.write_error = -EBUSY;
	assert_int_equal(vmfw_opaque_set(&dev, page), -EBUSY);
	assert_string_equal(shim_log, "");
	vmm.read_error[OPAQUE] = -EBUSY;
	assert_int_equal(vmfw_opaque_get(&dev, back), -EBUSY);
	out_of_memory = true;
	assert_int_equal(vmfw_opaque_set(&dev, page), -ENOMEM);
}

static void a_vmm_without_an_opaque_page(void **state)
{
	static const struct vmfw_iface without = { .name = "without" };
	struct vmfw_device dev = { .fw = &vmm, .iface = &without };
	uint8_t page[4096] = { 0 };

	(void)state;
	assert_int_equal(vmfw_opaque_get(&dev, page), -EOPNOTSUPP);
	assert_int_equal(vmfw_opaque_set(&dev, page), -EOPNOTSUPP);

	dev.iface = iface;
	vmm.write_error = -ENOENT;
	vmm.read_error[OPAQUE] = -ENOENT;
	assert_int_equal(vmfw_opaque_get(&dev, page), -EOPNOTSUPP);
	assert_int_equal(vmfw_opaque_set(&dev, page), -EOPNOTSUPP);
}

static void a_disabled_interface_takes_no_opaque_page(void **state)
{
	struct vmfw_device dev = {
		.fw = &vmm,
		.iface = iface,
		.state = VMFWUPDATE_STATE_DISABLED,
	};
	uint8_t page[4096] = { 0 };

	(void)state;
	assert_int_equal(vmfw_opaque_set(&dev, page), -EPERM);
	assert_int_equal(vmm.exchanges, 0);
	assert_int_equal(vmfw_opaque_get(&dev, page), 0);
}

#define TEST(name)	cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_table_names_its_revision),
		TEST(status_decodes_every_file),
		TEST(a_resizable_area_holds_16_mib),
		TEST(without_a_firmware_area_there_is_no_format),
		TEST(any_byte_but_zero_means_disabled),
		TEST(every_file_is_needed_but_the_opaque_one),
		TEST(an_offer_is_these_16_bytes),
		TEST(any_other_answer_is_a_refusal),
		TEST(a_refusal_reports_the_shown_words),
		TEST(a_missing_answer_is_no_failed_write),
		TEST(a_withdrawal_writes_zeroes),
		TEST(an_address_that_stays_is_not_withdrawn),
		TEST(without_an_address_the_size_may_stay),
		TEST(disable_writes_one_byte_and_checks_it),
		TEST(the_opaque_page_is_taken_whole_or_not),
		TEST(a_vmm_without_an_opaque_page),
		TEST(a_disabled_interface_takes_no_opaque_page),
	};

	return cmocka_run_group_tests_name("kmod/iface_v6", tests, NULL, NULL);
}
