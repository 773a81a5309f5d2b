// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Interface "igvm" with a false VMM that has only the file etc/vmfwupdate. The tests
 * check the bytes that the driver writes, and how it reads the answers.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <linux/vmfwupdate.h>

#include "fw_cfg.h"
#include "iface.h"
#include "shared/macro.h"

/* The transport in place of kmod/fw_cfg.c: a file, and errors to return. */
struct vmfw_fw_cfg {
	uint8_t file[32];
	uint8_t seen[32];	/* the bytes of the guest's last write */
	unsigned int reads;
	unsigned int exchanges;
	int read_error;
	int write_error;	/* the write does not reach the VMM */
	int answer_error;	/* the guest cannot read the VMM's answer */
	void (*react)(struct vmfw_fw_cfg *fw);
};

int vmfw_fw_cfg_read(struct vmfw_fw_cfg *fw, const char *name, void *in,
		     size_t len)
{
	assert_string_equal(name, "etc/vmfwupdate");
	assert_int_equal(len, sizeof(fw->file));
	fw->reads++;
	if (fw->read_error)
		return fw->read_error;
	memcpy(in, fw->file, len);
	return 0;
}

int vmfw_fw_cfg_exchange(struct vmfw_fw_cfg *fw, const char *name,
			 const void *out, void *in, size_t len, bool *written)
{
	assert_string_equal(name, "etc/vmfwupdate");
	assert_int_equal(len, sizeof(fw->file));
	fw->exchanges++;
	*written = false;
	if (fw->write_error)
		return fw->write_error;

	*written = true;
	memcpy(fw->seen, out, len);
	if (fw->answer_error)
		return fw->answer_error;

	fw->react(fw);
	memcpy(in, fw->file, len);
	return 0;
}

static const uint8_t capable[8] = { 0, 0, 0, 0, 1, 0, 0, 0 };

/* Keep all words that the guest wrote, except the VMM's own capability word. */
static void accept_all(struct vmfw_fw_cfg *fw)
{
	memcpy(fw->file + 8, fw->seen + 8, 24);
}

static void accept_nothing(struct vmfw_fw_cfg *fw)
{
	memset(fw->file + 8, 0, 24);
}

static void ignore(struct vmfw_fw_cfg *fw)
{
	(void)fw;
}

static void keep_16_bits_of_size(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	memset(fw->file + 26, 0, 6);
}

static void add_a_byte_to_the_size(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	fw->file[24]++;
}

static void move_it_down_by_a_page(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	fw->file[17] -= 0x10;
}

static void move_it_up_by_a_page(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	fw->file[17] += 0x10;
}

static void add_a_control_bit(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	fw->file[15] |= 0x80;
}

static void drop_the_control(struct vmfw_fw_cfg *fw)
{
	accept_all(fw);
	memset(fw->file + 8, 0, 8);
}

static void say_disabled(struct vmfw_fw_cfg *fw)
{
	fw->file[8] |= 1;
}

static const struct vmfw_offer offer = {
	.format = VMFWUPDATE_FORMAT_IGVM,
	.addr = 0x1122334455667000,
	.size = 0x99aabbcc,
};

static struct vmfw_fw_cfg vmm(void (*react)(struct vmfw_fw_cfg *fw))
{
	struct vmfw_fw_cfg fw = { .react = react };

	memcpy(fw.file, capable, sizeof(capable));
	return fw;
}

static const struct vmfw_iface * const iface = &vmfw_iface_igvm;

static void the_table_names_its_revision(void **state)
{
	(void)state;
	assert_string_equal(iface->name, "igvm");
	assert_int_equal(iface->id, VMFWUPDATE_INTERFACE_IGVM);
	assert_int_equal(iface->properties, VMFWUPDATE_PROPERTY_TRIAL);
	assert_int_equal(iface->size_multiple, 1);
	assert_int_equal(iface->opaque_size, 0);
}

static void status_decodes_every_word(void **state)
{
	static const uint8_t file[32] = {
		0x01, 0x02, 0, 0, 0x01, 0, 0, 0x80,
		0, 0, 0, 0, 1, 0, 0, 0,
		0x00, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		0xcc, 0xbb, 0xaa, 0x99, 0, 0, 0, 0,
	};
	struct vmfw_fw_cfg fw = vmm(ignore);
	struct vmfw_status status;

	(void)state;
	memcpy(fw.file, file, sizeof(file));
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_int_equal(status.capabilities, 0x8000000100000201);
	assert_int_equal(status.formats, VMFWUPDATE_FORMAT_IGVM);
	assert_int_equal(status.max_size, 0xffffffff);
	assert_false(status.disabled);
	assert_int_equal(status.addr, offer.addr);
	assert_int_equal(status.size, offer.size);
	assert_int_equal(fw.reads, 1);
	assert_int_equal(fw.exchanges, 0);
}

static void status_without_the_capability_has_no_format(void **state)
{
	struct vmfw_fw_cfg fw = vmm(ignore);
	struct vmfw_status status;

	(void)state;
	memset(fw.file, 0xff, 8);
	fw.file[4] = 0xfe;
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_int_equal(status.formats, 0);
	assert_int_equal(status.capabilities, 0xfffffffeffffffff);
}

static void status_shows_a_disabled_interface(void **state)
{
	struct vmfw_fw_cfg fw = vmm(ignore);
	struct vmfw_status status;

	(void)state;
	fw.file[8] = 1;
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_true(status.disabled);
}

static void status_passes_errors_on(void **state)
{
	struct vmfw_fw_cfg fw = vmm(ignore);
	struct vmfw_status status;

	(void)state;
	fw.read_error = -ENOENT;
	assert_int_equal(iface->status(&fw, &status), -ENOENT);
}

static void an_offer_is_these_32_bytes(void **state)
{
	static const uint8_t bytes[32] = {
		0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 1, 0, 0, 0,
		0x00, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		0xcc, 0xbb, 0xaa, 0x99, 0, 0, 0, 0,
	};
	struct vmfw_fw_cfg fw = vmm(accept_all);
	struct vmfw_shown shown = {};

	(void)state;
	assert_int_equal(iface->offer(&fw, &offer, &shown), 0);
	assert_memory_equal(fw.seen, bytes, sizeof(bytes));
	assert_int_equal(fw.exchanges, 1);
	assert_true(shown.written);
	assert_true(shown.answered);
	assert_int_equal(shown.control, 1ULL << 32);
	assert_int_equal(shown.addr, offer.addr);
	assert_int_equal(shown.size, offer.size);
}

static void an_offer_ignores_other_capabilities(void **state)
{
	struct vmfw_fw_cfg fw = vmm(accept_all);
	struct vmfw_shown shown;

	(void)state;
	memset(fw.file, 0xff, 8);
	assert_int_equal(iface->offer(&fw, &offer, &shown), 0);
}

static void any_other_answer_is_a_refusal(void **state)
{
	static void (* const reactions[])(struct vmfw_fw_cfg *fw) = {
		accept_nothing, ignore, keep_16_bits_of_size,
		add_a_byte_to_the_size, move_it_down_by_a_page,
		move_it_up_by_a_page, add_a_control_bit, drop_the_control,
		say_disabled,
	};
	struct vmfw_shown shown;
	struct vmfw_fw_cfg fw;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(reactions); i++) {
		fw = vmm(reactions[i]);
		assert_int_equal(iface->offer(&fw, &offer, &shown), -EIO);
		assert_true(shown.written);
		assert_int_equal(fw.exchanges, 1);
	}
}

static void a_refusal_reports_the_shown_words(void **state)
{
	struct vmfw_fw_cfg fw = vmm(keep_16_bits_of_size);
	struct vmfw_shown shown;

	(void)state;
	assert_int_equal(iface->offer(&fw, &offer, &shown), -EIO);
	assert_int_equal(shown.control, 1ULL << 32);
	assert_int_equal(shown.addr, offer.addr);
	assert_int_equal(shown.size, 0xbbcc);
}

static void a_missing_answer_is_no_failed_write(void **state)
{
	struct vmfw_fw_cfg fw = vmm(accept_all);
	struct vmfw_shown shown = {};

	(void)state;
	fw.write_error = -EBUSY;
	assert_int_equal(iface->offer(&fw, &offer, &shown), -EBUSY);
	assert_false(shown.written);
	assert_int_equal(iface->withdraw(&fw, &shown), -EBUSY);
	assert_false(shown.written);

	fw = vmm(accept_all);
	fw.answer_error = -ENODEV;
	assert_int_equal(iface->offer(&fw, &offer, &shown), -ENODEV);
	assert_true(shown.written);
	assert_false(shown.answered);
	assert_int_equal(iface->withdraw(&fw, &shown), -ENODEV);
	assert_true(shown.written);
	assert_false(shown.answered);
}

static void a_withdrawal_writes_zeroes(void **state)
{
	static const uint8_t zeroes[32];
	struct vmfw_fw_cfg fw = vmm(accept_all);
	struct vmfw_shown shown;

	(void)state;
	memset(fw.file + 8, 0x5a, 24);
	assert_int_equal(iface->withdraw(&fw, &shown), 0);
	assert_memory_equal(fw.seen, zeroes, sizeof(zeroes));
	assert_int_equal(fw.exchanges, 1);
}

static void an_address_that_stays_is_not_withdrawn(void **state)
{
	struct vmfw_fw_cfg fw = vmm(ignore);
	struct vmfw_shown shown;

	(void)state;
	fw.file[12] = 1;
	fw.file[22] = 1;
	assert_int_equal(iface->withdraw(&fw, &shown), -EIO);
	assert_int_equal(shown.addr, 1ULL << 48);
}

static void without_an_address_all_else_may_stay(void **state)
{
	struct vmfw_fw_cfg fw = vmm(ignore);
	struct vmfw_shown shown;

	(void)state;
	fw.file[12] = 1;
	fw.file[24] = 1;
	assert_int_equal(iface->withdraw(&fw, &shown), 0);
}

static void disabled_is_withdrawn(void **state)
{
	struct vmfw_fw_cfg fw = vmm(say_disabled);
	struct vmfw_shown shown;

	(void)state;
	fw.file[16] = 1;
	assert_int_equal(iface->withdraw(&fw, &shown), 0);
}

static void disable_sets_bit_0_alone(void **state)
{
	static const uint8_t bytes[32] = { [8] = 1 };
	struct vmfw_fw_cfg fw = vmm(accept_all);
	struct vmfw_shown shown;

	(void)state;
	assert_int_equal(iface->disable(&fw, &shown), 0);
	assert_memory_equal(fw.seen, bytes, sizeof(bytes));
	assert_int_equal(shown.control, 1);
}

static void disable_checks_the_answer(void **state)
{
	struct vmfw_fw_cfg fw = vmm(accept_nothing);
	struct vmfw_shown shown;

	(void)state;
	assert_int_equal(iface->disable(&fw, &shown), -EIO);
	fw = vmm(say_disabled);
	assert_int_equal(iface->disable(&fw, &shown), 0);
	fw.answer_error = -ENODEV;
	assert_int_equal(iface->disable(&fw, &shown), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_names_its_revision),
		cmocka_unit_test(status_decodes_every_word),
		cmocka_unit_test(status_without_the_capability_has_no_format),
		cmocka_unit_test(status_shows_a_disabled_interface),
		cmocka_unit_test(status_passes_errors_on),
		cmocka_unit_test(an_offer_is_these_32_bytes),
		cmocka_unit_test(an_offer_ignores_other_capabilities),
		cmocka_unit_test(any_other_answer_is_a_refusal),
		cmocka_unit_test(a_refusal_reports_the_shown_words),
		cmocka_unit_test(a_missing_answer_is_no_failed_write),
		cmocka_unit_test(a_withdrawal_writes_zeroes),
		cmocka_unit_test(an_address_that_stays_is_not_withdrawn),
		cmocka_unit_test(without_an_address_all_else_may_stay),
		cmocka_unit_test(disabled_is_withdrawn),
		cmocka_unit_test(disable_sets_bit_0_alone),
		cmocka_unit_test(disable_checks_the_answer),
	};

	return cmocka_run_group_tests_name("kmod/iface_igvm", tests, NULL, NULL);
}
