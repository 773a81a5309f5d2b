// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Interface "vmlaunchupdate" with a false VMM that treats its file of 56 bytes as
 * QEMU does. The tests check the bytes that the driver writes, and the answers
 * that it takes for success.
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

#define FILE_SIZE	56
#define VERSION_BYTE	0
#define STATUS_BYTE	2
#define CAPABILITIES_BYTE 8
#define IGVM		(1ull << 32)
#define IGVM_BIT	(CAPABILITIES_BYTE * 8 + 32)
#define CONTROL_BYTE	16
#define ADDR_BYTE	24
#define SIZE_BYTE	32
#define OPAQUE_BYTE	40

/* The transport in place of kmod/fw_cfg.c, and the VMM. */
struct vmfw_fw_cfg {
	uint8_t file[FILE_SIZE];
	uint8_t seen[FILE_SIZE];	/* the bytes of the guest's last write */
	unsigned int reads;
	unsigned int exchanges;
	unsigned int last_writes;
	int read_error;
	int write_error;	/* the write does not reach the VMM */
	int answer_error;	/* the guest cannot read the VMM's answer */
	uint64_t capabilities;
	bool from_igvm;
	bool disabled;
	bool junk;		/* there is no IGVM file at the address */
	bool restores;		/* the next reset restores the host's image */
	bool once;		/* bit 1 of the last write, until a read */
	uint64_t loaded;	/* address of the image that the VMM has copied */
	int flipped;		/* number of a wrong bit in each answer; -1: none */
};

static uint64_t word(const uint8_t *file, unsigned int at)
{
	uint64_t value;

	memcpy(&value, file + at, sizeof(value));
	return value;
}

static uint8_t judge(struct vmfw_fw_cfg *fw)
{
	const uint8_t flags = fw->file[CONTROL_BYTE];
	const uint64_t addr = word(fw->file, ADDR_BYTE);
	const uint64_t size = word(fw->file, SIZE_BYTE);

	fw->once = flags & 2;
	if (fw->disabled)
		return 0;
	if (flags & 1) {
		fw->disabled = true;
		return 0;
	}
	if (!addr && !size && flags & 2) {
		fw->restores = true;
		return 0;
	}
	if (!(fw->file[CONTROL_BYTE + 4] & 1))
		return addr || size;
	if (!fw->from_igvm)
		return 2;
	if (!addr || !size || fw->junk)
		return 1;
	fw->loaded = addr;
	memset(fw->file + ADDR_BYTE, 0, 16);
	return 0;
}

static void take(struct vmfw_fw_cfg *fw, const void *out)
{
	memcpy(fw->seen, out, FILE_SIZE);
	memcpy(fw->file, out, FILE_SIZE);
	fw->file[STATUS_BYTE] = judge(fw);
}

static void show(struct vmfw_fw_cfg *fw, void *in)
{
	uint8_t *file = fw->file;

	fw->once = false;
	memset(file + CONTROL_BYTE, 0, 8);
	file[CONTROL_BYTE] = fw->disabled;
	memcpy(file + CAPABILITIES_BYTE, &fw->capabilities, 8);
	file[VERSION_BYTE] = 1;
	memcpy(in, file, FILE_SIZE);
	if (fw->flipped >= 0)
		((uint8_t *)in)[fw->flipped / 8] ^= 1 << fw->flipped % 8;
}

int vmfw_fw_cfg_read(struct vmfw_fw_cfg *fw, const char *name, void *in,
		     size_t len)
{
	assert_string_equal(name, "etc/vmlaunchupdate");
	assert_int_equal(len, FILE_SIZE);
	fw->reads++;
	if (fw->read_error)
		return fw->read_error;
	show(fw, in);
	return 0;
}

int vmfw_fw_cfg_exchange(struct vmfw_fw_cfg *fw, const char *name,
			 const void *out, void *in, size_t len, bool *written)
{
	assert_string_equal(name, "etc/vmlaunchupdate");
	assert_int_equal(len, FILE_SIZE);
	fw->exchanges++;
	*written = false;
	if (fw->write_error)
		return fw->write_error;

	*written = true;
	take(fw, out);
	if (fw->answer_error)
		return fw->answer_error;
	show(fw, in);
	return 0;
}

int vmfw_fw_cfg_write_last(struct vmfw_fw_cfg *fw, const char *name,
			   const void *out, size_t len)
{
	assert_string_equal(name, "etc/vmlaunchupdate");
	assert_int_equal(len, FILE_SIZE);
	fw->last_writes++;
	if (fw->write_error)
		return fw->write_error;
	take(fw, out);
	return 0;
}

static struct vmfw_fw_cfg vmm(void)
{
	return (struct vmfw_fw_cfg){
		.capabilities = IGVM, .from_igvm = true, .flipped = -1
	};
}

static const struct vmfw_offer offer = {
	.format = VMFWUPDATE_FORMAT_IGVM,
	.addr = 0x1122334455667001,
	.size = 0x99aabbcd,
};

static const struct vmfw_iface * const iface = &vmfw_iface_vmlaunchupdate;

static void the_table_names_its_properties(void **state)
{
	const u32 expected = VMFWUPDATE_PROPERTY_COPIES |
			     VMFWUPDATE_PROPERTY_PERSISTS |
			     VMFWUPDATE_PROPERTY_RESTORE |
			     VMFWUPDATE_PROPERTY_ONCE |
			     VMFWUPDATE_PROPERTY_DISABLE_STAYS;

	(void)state;
	assert_string_equal(iface->name, "vmlaunchupdate");
	assert_int_equal(iface->id, VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE);
	assert_int_equal(iface->properties, expected);
	assert_int_equal(iface->size_multiple, 1);
	assert_int_equal(iface->opaque_size, 0);
	assert_null(iface->withdraw);
}

static void status_reads_once_and_writes_nothing(void **state)
{
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_status status;

	(void)state;
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_int_equal(fw.reads, 1);
	assert_int_equal(fw.exchanges, 0);
	assert_int_equal(status.capabilities, IGVM);
	assert_int_equal(status.formats, VMFWUPDATE_FORMAT_IGVM);
	assert_int_equal(status.max_size, UINT32_MAX);
	assert_false(status.disabled);
	assert_int_equal(status.addr, 0);

	fw.disabled = true;
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_true(status.disabled);
}

static void an_address_that_is_shown_is_no_image(void **state)
{
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_status status;
	struct vmfw_shown shown;

	(void)state;
	fw.junk = true;
	assert_int_equal(iface->offer(&fw, &offer, &shown), -EIO);
	assert_int_equal(word(fw.file, ADDR_BYTE), offer.addr);
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_int_equal(status.addr, 0);
	assert_int_equal(status.size, 0);
}

static void another_version_is_another_interface(void **state)
{
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_status status;

	(void)state;
	for (fw.flipped = 0; fw.flipped < 16; fw.flipped++)
		assert_int_equal(iface->status(&fw, &status), -ENOENT);
	fw.flipped = IGVM_BIT;
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_int_equal(status.formats, 0);
	fw.flipped = -1;
	/* No other bit of the capabilities stands for IGVM. */
	fw.capabilities = ~IGVM;
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_int_equal(status.capabilities, ~IGVM);
	assert_int_equal(status.formats, 0);
	fw.read_error = -ENOENT;
	assert_int_equal(iface->status(&fw, &status), -ENOENT);
}

static void an_offer_is_56_bytes(void **state)
{
	static const uint8_t bytes[FILE_SIZE] = {
		[CONTROL_BYTE + 4] = 1,
		[ADDR_BYTE] = 0x01, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		0xcd, 0xbb, 0xaa, 0x99,
	};
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_shown shown;

	(void)state;
	assert_int_equal(iface->offer(&fw, &offer, &shown), 0);
	assert_memory_equal(fw.seen, bytes, FILE_SIZE);
	assert_int_equal(fw.exchanges, 1);
	assert_int_equal(fw.reads, 0);
	assert_int_equal(fw.loaded, offer.addr);
	assert_true(shown.written);
	assert_true(shown.answered);
	assert_int_equal(shown.start, VMFWUPDATE_START_IGVM);
}

static void a_refusal_has_its_reason(void **state)
{
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_shown shown = {};

	(void)state;
	fw.junk = true;
	assert_int_equal(iface->offer(&fw, &offer, &shown), -EIO);
	assert_int_equal(shown.status, 1);
	assert_int_equal(shown.start, VMFWUPDATE_START_IGVM);
	assert_int_equal(shown.addr, offer.addr);
	assert_int_equal(shown.size, offer.size);
	assert_true(shown.answered);

	fw.from_igvm = false;
	assert_int_equal(iface->offer(&fw, &offer, &shown), -EIO);
	assert_int_equal(shown.status, 2);
	assert_int_equal(shown.start, VMFWUPDATE_START_OTHER);
	assert_int_equal(fw.loaded, 0);
}

/* The status of a disabled interface is always 0. */
static void an_interface_that_is_off_accepts_nothing(void **state)
{
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_shown shown = {};
	u32 start = VMFWUPDATE_START_UNKNOWN;

	(void)state;
	fw.disabled = true;
	assert_int_equal(iface->offer(&fw, &offer, &shown), -EIO);
	assert_int_equal(shown.status, 0);
	assert_int_equal(shown.start, VMFWUPDATE_START_UNKNOWN);
	assert_int_equal(iface->restore(&fw, &shown), -EIO);
	assert_false(fw.restores);
	assert_int_equal(iface->find_start(&fw, &start), 0);
	assert_int_equal(start, VMFWUPDATE_START_UNKNOWN);
}

/* Does offer() report an error if this bit of the answer is wrong? */
static bool matters(int bit)
{
	const int byte = bit / 8;

	return byte < 4 || bit == IGVM_BIT ||
	       bit == CONTROL_BYTE * 8 ||
	       (byte >= ADDR_BYTE && byte < OPAQUE_BYTE);
}

static void every_bit_of_the_answer(void **state)
{
	struct vmfw_shown shown;
	struct vmfw_fw_cfg fw;
	int bit;

	(void)state;
	for (bit = 0; bit < FILE_SIZE * 8; bit++) {
		fw = vmm();
		fw.flipped = bit;
		memset(&shown, 0, sizeof(shown));
		assert_int_equal(iface->offer(&fw, &offer, &shown),
				 matters(bit) ? -EIO : 0);
		/* Without its version and the bit for IGVM, an answer does not count. */
		assert_int_equal(shown.answered, bit >= 16 &&
				 bit != IGVM_BIT);
		assert_int_equal(iface->restore(&fw, &shown),
				 matters(bit) && bit != IGVM_BIT ?
				 -EIO : 0);
		assert_int_equal(iface->disable(&fw, &shown),
				 bit < 16 || bit == CONTROL_BYTE * 8 ? -EIO : 0);
	}
}

/* If an answer has another format, the driver shows none of its values. */
static void an_answer_that_does_not_count_shows_nothing(void **state)
{
	static const int bits[] = { 0, IGVM_BIT };
	struct vmfw_shown shown;
	struct vmfw_fw_cfg fw;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		fw = vmm();
		fw.from_igvm = false;
		fw.flipped = bits[i];
		memset(&shown, 0, sizeof(shown));
		assert_int_equal(iface->offer(&fw, &offer, &shown), -EIO);
		assert_true(shown.written);
		assert_false(shown.answered);
		assert_int_equal(shown.status, 0);
		assert_int_equal(shown.start, VMFWUPDATE_START_UNKNOWN);
		assert_int_equal(shown.addr, 0);
		assert_int_equal(shown.size, 0);
	}
}

static void find_start_tells_igvm_from_others(void **state)
{
	static const uint8_t bytes[FILE_SIZE] = { [CONTROL_BYTE + 4] = 1 };
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_shown shown;
	u32 start = VMFWUPDATE_START_UNKNOWN;

	(void)state;
	assert_int_equal(iface->offer(&fw, &offer, &shown), 0);
	assert_int_equal(iface->find_start(&fw, &start), 0);
	assert_memory_equal(fw.seen, bytes, FILE_SIZE);
	assert_int_equal(start, VMFWUPDATE_START_IGVM);
	/* find_start() neither removes the image nor asks for the host's image. */
	assert_int_equal(fw.loaded, offer.addr);
	assert_false(fw.restores);

	fw.from_igvm = false;
	assert_int_equal(iface->find_start(&fw, &start), 0);
	assert_int_equal(start, VMFWUPDATE_START_OTHER);

	start = VMFWUPDATE_START_UNKNOWN;
	fw.answer_error = -EIO;
	assert_int_equal(iface->find_start(&fw, &start), -EIO);
	assert_int_equal(start, VMFWUPDATE_START_UNKNOWN);
}

static void once_is_written_and_never_read(void **state)
{
	static const uint8_t bytes[FILE_SIZE] = {
		[CONTROL_BYTE] = 2, [CONTROL_BYTE + 4] = 1,
		[ADDR_BYTE] = 0x01, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		0xcd, 0xbb, 0xaa, 0x99,
		[OPAQUE_BYTE] = 'v', 'm', 'f', 'w', 'o', 'n', 'c', 'e',
	};
	struct vmfw_fw_cfg fw = vmm();

	(void)state;
	assert_int_equal(iface->offer_once(&fw, &offer), 0);
	assert_memory_equal(fw.seen, bytes, FILE_SIZE);
	assert_int_equal(fw.last_writes, 1);
	assert_int_equal(fw.reads + fw.exchanges, 0);
	assert_true(fw.once);
	assert_int_equal(fw.loaded, offer.addr);

	fw.write_error = -EBUSY;
	assert_int_equal(iface->offer_once(&fw, &offer), -EBUSY);
}

/* The VMM keeps the note of "once" across the reset. The next find_start() removes it. */
static void once_is_known_to_the_next_kernel(void **state)
{
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_status status;
	u32 start;

	(void)state;
	assert_int_equal(iface->offer_once(&fw, &offer), 0);
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_true(status.returns);
	assert_int_equal(iface->find_start(&fw, &start), 0);
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_false(status.returns);

	/* An opaque area with any wrong byte is no note. */
	assert_int_equal(iface->offer_once(&fw, &offer), 0);
	fw.file[OPAQUE_BYTE + 8] = 1;
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_false(status.returns);
	fw.file[OPAQUE_BYTE + 8] = 0;
	fw.file[OPAQUE_BYTE] ^= 1;
	assert_int_equal(iface->status(&fw, &status), 0);
	assert_false(status.returns);
}

static void restore_has_no_address(void **state)
{
	static const uint8_t bytes[FILE_SIZE] = { [CONTROL_BYTE] = 2 };
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_shown shown;

	(void)state;
	assert_int_equal(iface->restore(&fw, &shown), 0);
	assert_memory_equal(fw.seen, bytes, FILE_SIZE);
	assert_true(fw.restores);
}

static void disable_comes_without_an_image(void **state)
{
	static const uint8_t bytes[FILE_SIZE] = { [CONTROL_BYTE] = 1 };
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_shown shown;

	(void)state;
	assert_int_equal(iface->disable(&fw, &shown), 0);
	assert_memory_equal(fw.seen, bytes, FILE_SIZE);
	assert_true(fw.disabled);
	assert_int_equal(iface->disable(&fw, &shown), 0);
}

static void a_missing_answer_is_no_answer(void **state)
{
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_shown shown = {};

	(void)state;
	fw.answer_error = -EIO;
	assert_int_equal(iface->offer(&fw, &offer, &shown), -EIO);
	assert_true(shown.written);
	assert_false(shown.answered);
	assert_int_equal(shown.start, VMFWUPDATE_START_UNKNOWN);
	assert_int_equal(fw.loaded, offer.addr);

	fw.write_error = -EBUSY;
	assert_int_equal(iface->offer(&fw, &offer, &shown), -EBUSY);
	assert_false(shown.written);
}

/* Each operation returns the error of the transport, and no other one. */
static void errors_of_the_transport_stay(void **state)
{
	static const int errors[] = { -EBUSY, -EIO, -ENODEV, -ENOENT };
	struct vmfw_fw_cfg fw = vmm();
	struct vmfw_shown shown = {};
	struct vmfw_status status;
	size_t i;
	u32 start;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fw.read_error = errors[i];
		assert_int_equal(iface->status(&fw, &status), errors[i]);
		fw.answer_error = errors[i];
		assert_int_equal(iface->find_start(&fw, &start), errors[i]);
		assert_int_equal(iface->offer(&fw, &offer, &shown), errors[i]);
		assert_int_equal(iface->restore(&fw, &shown), errors[i]);
		assert_int_equal(iface->disable(&fw, &shown), errors[i]);
		assert_true(shown.written);
		assert_false(shown.answered);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_names_its_properties),
		cmocka_unit_test(status_reads_once_and_writes_nothing),
		cmocka_unit_test(an_address_that_is_shown_is_no_image),
		cmocka_unit_test(another_version_is_another_interface),
		cmocka_unit_test(an_offer_is_56_bytes),
		cmocka_unit_test(a_refusal_has_its_reason),
		cmocka_unit_test(an_interface_that_is_off_accepts_nothing),
		cmocka_unit_test(every_bit_of_the_answer),
		cmocka_unit_test(an_answer_that_does_not_count_shows_nothing),
		cmocka_unit_test(find_start_tells_igvm_from_others),
		cmocka_unit_test(once_is_written_and_never_read),
		cmocka_unit_test(once_is_known_to_the_next_kernel),
		cmocka_unit_test(restore_has_no_address),
		cmocka_unit_test(disable_comes_without_an_image),
		cmocka_unit_test(a_missing_answer_is_no_answer),
		cmocka_unit_test(errors_of_the_transport_stay),
	};

	return cmocka_run_group_tests_name("kmod/iface_vmlaunchupdate", tests,
					   NULL, NULL);
}
