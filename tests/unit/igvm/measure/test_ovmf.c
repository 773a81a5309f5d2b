// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The metadata of flat firmware for VMMs: every rule, and any damage.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "igvm/vmfw-igvm.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define ROM_SIZE	(32u << 10)
/* Arbitrary offsets of the lists. */
#define SEV_AT		0x7000
#define TDX_AT		0x7400
/* Offsets of the table's entries, from its end to its start. */
#define FOOTER_AT	(ROM_SIZE - 32 - 18)
#define RESET_AT	(FOOTER_AT - 22)
#define TDX_ENTRY_AT	(RESET_AT - 22)
#define SEV_ENTRY_AT	(TDX_ENTRY_AT - 22)
#define TABLE_AT	SEV_ENTRY_AT

static const uint8_t footer[] =
	"\xde\x82\xb5\x96\xb2\x1f\xf7\x45\xba\xea\xa3\x66\xc5\x5a\x08\x2d";
static const uint8_t reset[] =
	"\xde\x71\xf7\x00\x7e\x1a\xcb\x4f\x89\x0e\x68\xc7\x7e\x2f\xb4\x4e";
static const uint8_t sev[] =
	"\x66\x65\x88\xdc\x4a\x98\x98\x47\xa7\x5e\x55\x85\xa7\xbf\x67\xcc";
static const uint8_t tdx[] =
	"\x35\x65\x7a\xe4\x4a\x98\x98\x47\x86\x5e\x46\x85\xa7\xbf\x8e\xc2";

static const uint32_t sev_rows[][3] = {
	{ 0x800000, 0x9000, 1 },
	{ 0x80d000, 0x1000, 2 },
	{ 0x80e000, 0x1000, 3 },
	{ 0x80f000, 0x1000, 4 },
	{ 0x810000, 0x1000, 0x10 },
};

static const uint32_t tdx_rows[][6] = {
	/* offset, bytes, address, memory, type, attributes */
	{ 0x1000, 0x7000, 0xffff9000, 0x7000, 0, 1 },
	{ 0x0000, 0x1000, 0xffff8000, 0x1000, 1, 0 },
	{ 0, 0, 0x809000, 0x2000, 2, 0 },
	{ 0, 0, 0x80b000, 0x2000, 3, 0 },
};

static void entry(uint8_t *rom, size_t at, uint32_t value, const uint8_t *guid)
{
	put_le32(rom + at, value);
	put_le16(rom + at + 4, 22);
	memcpy(rom + at + 6, guid, 16);
}

static void head(uint8_t *p, const char *signature, uint32_t nr,
		 uint32_t row_size)
{
	memcpy(p, signature, 4);
	put_le32(p + 4, 16 + nr * row_size);
	put_le32(p + 8, 1);
	put_le32(p + 12, nr);
}

static void make(uint8_t *rom)
{
	uint8_t *p;
	size_t i;

	memset(rom, 0xcc, ROM_SIZE);
	entry(rom, SEV_ENTRY_AT, ROM_SIZE - SEV_AT, sev);
	entry(rom, TDX_ENTRY_AT, ROM_SIZE - TDX_AT, tdx);
	entry(rom, RESET_AT, 0x80b004, reset);
	put_le16(rom + FOOTER_AT, FOOTER_AT - TABLE_AT + 18);
	memcpy(rom + FOOTER_AT + 2, footer, 16);

	head(rom + SEV_AT, "ASEV", ARRAY_SIZE(sev_rows), 12);
	for (i = 0; i < ARRAY_SIZE(sev_rows); i++) {
		p = rom + SEV_AT + 16 + i * 12;
		put_le32(p, sev_rows[i][0]);
		put_le32(p + 4, sev_rows[i][1]);
		put_le32(p + 8, sev_rows[i][2]);
	}
	head(rom + TDX_AT, "TDVF", ARRAY_SIZE(tdx_rows), 32);
	for (i = 0; i < ARRAY_SIZE(tdx_rows); i++) {
		p = rom + TDX_AT + 16 + i * 32;
		put_le32(p, tdx_rows[i][0]);
		put_le32(p + 4, tdx_rows[i][1]);
		put_le64(p + 8, tdx_rows[i][2]);
		put_le64(p + 16, tdx_rows[i][3]);
		put_le32(p + 24, tdx_rows[i][4]);
		put_le32(p + 28, tdx_rows[i][5]);
	}
}

static int open_rom(struct vmfw_igvm_rom *rom, const uint8_t *bytes,
		    unsigned int platform, struct vmfw_igvm_rom_fault *fault)
{
	return vmfw_igvm_rom_open(rom, bytes, ROM_SIZE, platform, fault);
}

static void test_sections(void **state)
{
	static const enum vmfw_igvm_step_kind kinds[] = {
		VMFW_IGVM_STEP_ZERO, VMFW_IGVM_STEP_SECRETS,
		VMFW_IGVM_STEP_CPUID, VMFW_IGVM_STEP_ZERO, VMFW_IGVM_STEP_ZERO,
	};
	struct vmfw_igvm_rom_section section;
	struct vmfw_igvm_rom_fault fault;
	static uint8_t bytes[ROM_SIZE];
	struct vmfw_igvm_rom rom;
	uint32_t i;

	(void)state;
	make(bytes);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV_SNP, &fault), 0);
	assert_int_equal(rom.ap_reset, 0x80b004);
	for (i = 0; vmfw_igvm_rom_section(&rom, i, &section); i++) {
		assert_int_equal(section.gpa, sev_rows[i][0]);
		assert_int_equal(section.size, sev_rows[i][1]);
		assert_int_equal(section.kind, kinds[i]);
		assert_false(section.has_data);
	}
	assert_int_equal(i, ARRAY_SIZE(sev_rows));

	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_TDX, &fault), 0);
	for (i = 0; vmfw_igvm_rom_section(&rom, i, &section); i++) {
		assert_int_equal(section.gpa, tdx_rows[i][2]);
		assert_int_equal(section.size, tdx_rows[i][3]);
		assert_int_equal(section.kind, tdx_rows[i][5] ?
				 VMFW_IGVM_STEP_NORMAL :
				 VMFW_IGVM_STEP_UNMEASURED);
		assert_int_equal(section.has_data, tdx_rows[i][4] < 2);
		if (section.has_data)
			assert_int_equal(section.offset, tdx_rows[i][0]);
		assert_int_equal(section.is_hob, tdx_rows[i][4] == 2);
	}
	assert_int_equal(i, ARRAY_SIZE(tdx_rows));

	/* SEV needs no metadata. SEV-ES needs the start address of other processors. */
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV, &fault), 0);
	assert_false(vmfw_igvm_rom_section(&rom, 0, &section));
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV_ES, &fault), 0);
	assert_int_equal(rom.ap_reset, 0x80b004);
}

static void test_absent(void **state)
{
	static const unsigned int platforms[] = {
		VMFW_IGVM_SEV_ES, VMFW_IGVM_SEV_SNP, VMFW_IGVM_TDX,
	};
	struct vmfw_igvm_rom_fault fault;
	static uint8_t bytes[ROM_SIZE];
	struct vmfw_igvm_rom rom;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(platforms); i++) {
		/* No table; then a table without entries. */
		memset(bytes, 0xff, ROM_SIZE);
		assert_int_equal(open_rom(&rom, bytes, platforms[i], &fault),
				 -ENOENT);
		make(bytes);
		put_le16(bytes + FOOTER_AT, 18);
		assert_int_equal(open_rom(&rom, bytes, platforms[i], &fault),
				 -ENOENT);
	}
	/* Plain SEV encrypts any firmware. */
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV, &fault), 0);
	assert_int_equal(rom.nr_sections, 0);
	make(bytes);
	bytes[SEV_ENTRY_AT + 6] ^= 1;
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV_SNP, &fault),
			 -ENOENT);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV_ES, &fault), 0);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_NATIVE, &fault),
			 -EOPNOTSUPP);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_VSM_ISOLATION,
				  &fault), -EOPNOTSUPP);
	assert_int_equal(vmfw_igvm_rom_open(&rom, bytes, 4095, VMFW_IGVM_SEV,
					    &fault), -EINVAL);
	assert_int_equal(vmfw_igvm_rom_open(&rom, bytes, 0, VMFW_IGVM_SEV,
					    &fault), -EINVAL);
	/* Up to 4 GiB. On plain SEV, the library does not read the firmware. */
	assert_int_equal(vmfw_igvm_rom_open(&rom, bytes, 4 * GIB,
					    VMFW_IGVM_SEV, &fault), 0);
	assert_int_equal(vmfw_igvm_rom_open(&rom, bytes, 4 * GIB + 4096,
					    VMFW_IGVM_SEV, &fault), -EINVAL);
	assert_int_equal(fault.value, 4 * GIB + 4096);
}

/*
 * Firmware with one changed number, and words of the fault. In rows with R(), the fault
 * has the offset and the value of that number. Rows with F() have others.
 */
static const struct {
	const char *name;
	unsigned int platform;
	size_t at;
	unsigned int width;
	uint64_t value;
	const char *text;	/* NULL: this number is right, too */
	size_t fault_at;
	uint64_t fault_value;
} rules[] = {
#define SEV_ROW(i, field)	(SEV_AT + 16 + (i) * 12 + (field))
#define TDX_ROW(i, field)	(TDX_AT + 16 + (i) * 32 + (field))
#define S VMFW_IGVM_SEV_SNP
#define T VMFW_IGVM_TDX
#define F(name, platform, at, width, value, text, fault_at, fault_value) \
	{ name, platform, at, width, value, text, fault_at, fault_value }
#define R(name, platform, at, width, value, text) \
	F(name, platform, at, width, value, text, at, value)
	R("table too short", S, FOOTER_AT, 2, 17,
	  "firmware's table must have at least"),
	R("table too long", S, FOOTER_AT, 2, 0xffff,
	  "firmware's table must have at least"),
	R("entry too short", S, RESET_AT + 4, 2, 17, "an entry"),
	R("entry too long", S, RESET_AT + 4, 2, 0x7fff, "an entry"),
	R("entry without content", S, RESET_AT + 4, 2, 18, "too few bytes"),
	R("list before the start", S, SEV_ENTRY_AT, 4, ROM_SIZE + 1,
	  "must lie within the firmware"),
	R("list after the end", S, SEV_ENTRY_AT, 4, 15,
	  "must lie within the firmware"),
	F("list of 16 bytes without a head", S, SEV_ENTRY_AT, 4, 16,
	  "signature", ROM_SIZE - 16, 0xcccccccc),
	R("signature", S, SEV_AT, 4, 0, "signature"),
	R("TDX signature", T, TDX_AT, 4, 0, "signature"),
	R("version", S, SEV_AT + 8, 4, 2, "must be 1"),
	R("version 0", S, SEV_AT + 8, 4, 0, "must be 1"),
	R("no section", S, SEV_AT + 12, 4, 0, "from 1 to 64 sections"),
	R("too many sections", S, SEV_AT + 12, 4, 65, "from 1 to 64 sections"),
	R("TDX list after the end", T, TDX_ENTRY_AT, 4, 0,
	  "must lie within the firmware"),
	R("bytes of the list", S, SEV_AT + 4, 4, 17, "does not fit its number"),
	R("more bytes of the list", S, SEV_AT + 4, 4, 16 + 12 * 6,
	  "does not fit its number"),
	R("SEV type", S, SEV_ROW(0, 8), 4, 5, "SEV has no such type"),
	R("secrets of two pages", S, SEV_ROW(1, 4), 4, 0x2000, "one page"),
	R("secrets without a page", S, SEV_ROW(1, 4), 4, 0, "one page"),
	R("CPUID of two pages", S, SEV_ROW(2, 4), 4, 0x2000, "one page"),
	R("address", S, SEV_ROW(0, 0), 4, 0x800001, "not at a multiple"),
	F("size", S, SEV_ROW(0, 4), 4, 0x9001, "whole number", SEV_ROW(0, 0),
	  0x9001),
	F("no size", S, SEV_ROW(0, 4), 4, 0, "whole number", SEV_ROW(0, 0), 0),
	F("above 4 GiB", S, SEV_ROW(0, 4), 4, 0xfffff000, "above 4 GiB",
	  SEV_ROW(0, 0), 0x800000),
	R("into the firmware", S, SEV_ROW(0, 0), 4, 0xffff0000,
	  "overlaps the firmware"),
	R("overlap", S, SEV_ROW(4, 0), 4, 0x80f000, "overlaps an earlier"),
	F("TDX overlap", T, TDX_ROW(3, 8), 8, 0x80a000, "overlaps an earlier",
	  TDX_ROW(3, 0), 0x80a000),
	F("TDX address wraps", T, TDX_ROW(3, 8), 8, ~0xfffull, "above 4 GiB",
	  TDX_ROW(3, 0), ~0xfffull),
	R("TDX type", T, TDX_ROW(3, 24), 4, 4, "TDX has no such type"),
	R("TDX attributes", T, TDX_ROW(3, 28), 4, 2, "depends on the VMM"),
	R("HOB measured", T, TDX_ROW(2, 28), 4, 1, "HOB list, because"),
	F("HOB missing", T, TDX_ROW(2, 24), 4, 3, "one section for the HOB",
	  TDX_AT + 16, 0),
	F("two HOBs", T, TDX_ROW(3, 24), 4, 2, "one section for the HOB",
	  TDX_AT + 16, 2),
	R("bytes unaligned", T, TDX_ROW(0, 0), 4, 0x1001, "not at a multiple"),
	R("bytes after the end", T, TDX_ROW(0, 0), 4, 0x2000, "after the"),
	R("offset after the end", T, TDX_ROW(0, 0), 4, 0xfffff000, "after the"),
	R("fewer bytes than memory", T, TDX_ROW(0, 4), 4, 0x6000,
	  "another size"),
	R("more bytes than memory", T, TDX_ROW(1, 4), 4, 0x2000,
	  "another size"),
	R("memory with bytes", T, TDX_ROW(3, 4), 4, 0x1000,
	  "must have no bytes"),
	R("a table of the whole firmware", S, FOOTER_AT, 2, ROM_SIZE - 32,
	  NULL),
	R("up to the firmware", S, SEV_ROW(0, 0), 4, 0xfffef000, NULL),
	R("right below the first section", S, SEV_ROW(4, 0), 4, 0x7ff000, NULL),
	R("right below the firmware", T, TDX_ROW(3, 8), 8, 0xffff6000, NULL),
#undef R
#undef F
};

static void test_rules(void **state)
{
	struct vmfw_igvm_rom_fault fault;
	static uint8_t bytes[ROM_SIZE];
	struct vmfw_igvm_rom rom;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		uint8_t *p = bytes + rules[i].at;
		int err;

		make(bytes);
		if (rules[i].width == 2)
			put_le16(p, rules[i].value);
		else if (rules[i].width == 4)
			put_le32(p, rules[i].value);
		else
			put_le64(p, rules[i].value);
		err = open_rom(&rom, bytes, rules[i].platform, &fault);
		if (!rules[i].text) {
			if (err)
				fail_msg("%s: %d", rules[i].name, err);
			continue;
		}
		if (err != -EINVAL || !strstr(fault.text, rules[i].text))
			fail_msg("%s: %d, %s", rules[i].name, err,
				 err == -EINVAL ? fault.text : "");
		assert_int_equal(fault.offset, rules[i].fault_at);
		assert_int_equal(fault.value, rules[i].fault_value);
	}
}

/* A list that continues after the firmware's end. */
static void test_list_at_the_end(void **state)
{
	struct vmfw_igvm_rom_fault fault;
	static uint8_t bytes[ROM_SIZE];
	struct vmfw_igvm_rom rom;

	(void)state;
	make(bytes);
	head(bytes + ROM_SIZE - 32, "ASEV", 2, 12);
	put_le32(bytes + SEV_ENTRY_AT, 32);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV_SNP, &fault),
			 -EINVAL);
	assert_non_null(strstr(fault.text, "from 1 to 64 sections"));
}

/* Write a list of SEV sections, one page each. */
static void put_sev_list(uint8_t *bytes, size_t at, uint32_t nr)
{
	uint32_t i;

	make(bytes);
	put_le32(bytes + SEV_ENTRY_AT, ROM_SIZE - at);
	head(bytes + at, "ASEV", nr, 12);
	for (i = 0; i < nr; i++) {
		put_le32(bytes + at + 16 + 12 * i, 0x800000 + i * 0x1000);
		put_le32(bytes + at + 16 + 12 * i + 4, 0x1000);
		put_le32(bytes + at + 16 + 12 * i + 8, 1);
	}
}

/*
 * A list may begin where the firmware begins, and end where it ends. It may have
 * from 1 to 64 sections.
 */
static void test_lists_at_the_borders(void **state)
{
	struct vmfw_igvm_rom_section section;
	struct vmfw_igvm_rom_fault fault;
	static uint8_t bytes[ROM_SIZE];
	struct vmfw_igvm_rom rom;

	(void)state;
	put_sev_list(bytes, 0, 64);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV_SNP, &fault), 0);
	assert_true(vmfw_igvm_rom_section(&rom, 63, &section));
	assert_int_equal(section.gpa, 0x800000 + 63 * 0x1000);
	assert_false(vmfw_igvm_rom_section(&rom, 64, &section));
	put_sev_list(bytes, ROM_SIZE - 28, 1);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV_SNP, &fault), 0);
	assert_true(vmfw_igvm_rom_section(&rom, 0, &section));
	assert_int_equal(section.gpa, 0x800000);
	assert_false(vmfw_igvm_rom_section(&rom, 1, &section));

	/* The first entry of the table has a GUID, but no content. */
	make(bytes);
	put_le16(bytes + SEV_ENTRY_AT + 4, 18);
	put_le16(bytes + FOOTER_AT, FOOTER_AT - TABLE_AT + 18 - 4);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV_SNP, &fault),
			 -EINVAL);
	assert_int_equal(fault.offset, SEV_ENTRY_AT + 4);
	assert_int_equal(fault.value, 18);
}

/*
 * Damage one byte at a time. The memory has exactly the firmware's size, so that
 * a sanitizer sees overruns.
 */
static void test_damage(void **state)
{
	static const unsigned int platforms[] = {
		VMFW_IGVM_SEV_SNP, VMFW_IGVM_TDX
	};
	struct vmfw_igvm_rom_section section;
	struct vmfw_igvm_rom_fault fault;
	uint8_t *bytes = malloc(ROM_SIZE);
	struct vmfw_igvm_rom rom;
	size_t at, i;
	uint32_t n;
	int err;

	(void)state;
	assert_non_null(bytes);
	make(bytes);
	for (at = SEV_AT; at < ROM_SIZE; at++) {
		uint8_t kept = bytes[at];

		for (i = 0; i < 4 * ARRAY_SIZE(platforms); i++) {
			static const uint8_t with[] = { 0, 0xff, 0x80, 0x01 };

			bytes[at] = kept ^ with[i % 4];
			err = open_rom(&rom, bytes, platforms[i / 4], &fault);
			assert_true(!err || err == -EINVAL || err == -ENOENT);
			if (err == -EINVAL)
				assert_non_null(fault.text);
			for (n = 0; !err && vmfw_igvm_rom_section(&rom, n,
								  &section);
			     n++) {
				assert_true(section.gpa + section.size <=
					    4 * GIB);
				if (section.has_data)
					assert_true(section.offset +
						    section.size <= ROM_SIZE);
			}
		}
		bytes[at] = kept;
	}
	free(bytes);
}

static void test_measure_options(void **state)
{
	struct vmfw_igvm_measure_options options = {
		.platform = VMFW_IGVM_TDX,
	};
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	struct vmfw_igvm_rom_fault fault;
	static uint8_t bytes[ROM_SIZE];
	struct vmfw_igvm_rom rom;

	(void)state;
	make(bytes);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV_SNP, &fault), 0);
	assert_int_equal(vmfw_igvm_measure_rom(&rom, &options, digest),
			 -EINVAL);
	options.platform = VMFW_IGVM_SEV_SNP;
	options.vmm = VMFW_IGVM_VMM_GENERIC;
	assert_int_equal(vmfw_igvm_measure_rom(&rom, &options, digest),
			 -EINVAL);
}

/* Launches with details that do not fit the platform, or the firmware. */
static const struct {
	unsigned int platform;
	struct vmfw_igvm_launch launch;
	bool kernel;
	int err;
} launches[] = {
	{ VMFW_IGVM_SEV_SNP, { .sev_features = 0x20 }, false, -EINVAL },
	{ VMFW_IGVM_SEV_SNP, { .add_first = true }, false, -EINVAL },
	{ VMFW_IGVM_SEV_SNP, { 0 }, true, -ENOENT },
	{ VMFW_IGVM_SEV_ES, { .sev_features = 0x21 }, false, -EINVAL },
	{ VMFW_IGVM_SEV_ES, { .launcher = VMFW_IGVM_LAUNCHER_EC2 }, false,
	  -EINVAL },
	{ VMFW_IGVM_SEV_ES, { .firmware_digest = footer }, false, -EINVAL },
	{ VMFW_IGVM_SEV, { .sev_features = 0x20 }, false, -EINVAL },
	{ VMFW_IGVM_SEV, { 0 }, true, -ENOENT },
	{ VMFW_IGVM_TDX, { 0 }, true, -EINVAL },
	{ VMFW_IGVM_TDX, { .launcher = VMFW_IGVM_LAUNCHER_GCE }, false,
	  -EINVAL },
};

static void test_launches(void **state)
{
	static const struct vmfw_igvm_kernel_hashes kernel;
	static uint8_t bytes[ROM_SIZE];
	uint8_t digest[VMFW_IGVM_MAX_DIGEST];
	struct vmfw_igvm_rom_fault fault;
	struct vmfw_igvm_rom rom;
	size_t i;

	(void)state;
	make(bytes);
	for (i = 0; i < ARRAY_SIZE(launches); i++) {
		struct vmfw_igvm_launch launch = launches[i].launch;
		const struct vmfw_igvm_measure_options options = {
			.platform = launches[i].platform,
		};

		if (launches[i].kernel)
			launch.kernel_hashes = &kernel;
		assert_int_equal(open_rom(&rom, bytes, options.platform,
					  &fault), 0);
		if (vmfw_igvm_measure_launch(&rom, &options, &launch,
					     digest) != launches[i].err)
			fail_msg("launch %zu is not refused", i);
	}
}

/* The entry for hashes has the address and the size of their area. */
static void test_hashes(void **state)
{
	static const uint8_t guid[] =
		"\x1f\x37\x55\x72\x3b\x3a\x04\x4b"
		"\x92\x7b\x1d\xa6\xef\xa8\xd4\x54";
	static const struct vmfw_igvm_kernel_hashes kernel;
	const struct vmfw_igvm_launch launch = { .kernel_hashes = &kernel };
	const struct vmfw_igvm_measure_options options = {
		.platform = VMFW_IGVM_SEV,
	};
	static uint8_t bytes[ROM_SIZE];
	uint8_t digest[VMFW_IGVM_MAX_DIGEST], *entry_at = bytes + SEV_ENTRY_AT;
	struct vmfw_igvm_rom_fault fault;
	struct vmfw_igvm_range area;
	struct vmfw_igvm_rom rom;

	(void)state;
	make(bytes);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_TDX, &fault), 0);
	assert_int_equal(vmfw_igvm_rom_hashes(&rom, &area, &fault),
			 -EOPNOTSUPP);
	/* An entry for hashes and a short one, in place of two entries. */
	memset(entry_at, 0, 44);
	put_le32(entry_at + 18, 0x810c00);
	put_le32(entry_at + 22, 0x400);
	put_le16(entry_at + 26, 26);
	memcpy(entry_at + 28, guid, 16);
	put_le16(entry_at, 18);
	assert_int_equal(open_rom(&rom, bytes, VMFW_IGVM_SEV, &fault), 0);
	assert_int_equal(vmfw_igvm_rom_hashes(&rom, &area, &fault), 0);
	assert_int_equal(area.start, 0x810c00);
	assert_int_equal(area.end, 0x811000);
	/* The area may end where the firmware begins. */
	put_le32(entry_at + 18, 0xffff7c00);
	assert_int_equal(vmfw_igvm_rom_hashes(&rom, &area, &fault), 0);
	put_le32(entry_at + 18, 0xffff7c01);
	assert_int_equal(vmfw_igvm_rom_hashes(&rom, &area, &fault), -EINVAL);
	assert_int_equal(fault.value, 0xffff7c01);
	put_le32(entry_at + 18, 0x810c00);
	put_le32(entry_at + 22, 0xaf);
	assert_int_equal(vmfw_igvm_rom_hashes(&rom, &area, &fault), -EINVAL);
	assert_int_equal(fault.value, 0xaf);
	assert_int_equal(vmfw_igvm_measure_launch(&rom, &options, &launch,
						  digest), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_launches),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_list_at_the_end),
		cmocka_unit_test(test_lists_at_the_borders),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_measure_options),
	};

	return cmocka_run_group_tests_name("igvm rom", tests, NULL, NULL);
}
