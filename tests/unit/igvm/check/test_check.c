// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every rule: a sound file, one field changed, and the expected finding.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "igvm/vmfw-igvm.h"
#include "samples.h"
#include "shared/bytes.h"
#include "shared/macro.h"

/* No variable header: the change is in the fixed header. */
#define FIXED	0xffffu
/* The change is in type or length, which stand before the content. */
#define TYPE	(-8)
#define LENGTH	(-4)

enum base { X64, AARCH64 };

struct change {
	const char *name;
	enum base base;
	unsigned int header;
	int at;
	unsigned int width;
	uint64_t value;
	enum vmfw_igvm_rule rule;
};

static bool rule_seen[VMFW_IGVM_NR_RULES];

/**
 * struct found - the findings of a check
 * @file: the file, to check the place of each finding; NULL: no check
 * @wanted: the finding that @hits counts; may be NULL
 * @hits: findings with the rule and the header of @wanted
 * @errors: number of errors
 * @warnings: number of warnings
 * @lines: the findings as users see them
 * @facts: the findings, as note_facts() writes them
 */
struct found {
	const struct file *file;
	const struct vmfw_igvm_finding *wanted;
	unsigned int hits;
	unsigned int errors;
	unsigned int warnings;
	char lines[4096];
	char facts[4096];
};

void __real_qsort_r(void *v, size_t nr, size_t size,
		    int (*compare)(const void *a, const void *b, void *arg),
		    void *arg);
void __wrap_qsort_r(void *v, size_t nr, size_t size,
		    int (*compare)(const void *a, const void *b, void *arg),
		    void *arg);
/* The same elements in the opposite order give the same result. */
void __wrap_qsort_r(void *v, size_t nr, size_t size,
		    int (*compare)(const void *a, const void *b, void *arg),
		    void *arg)
{
	uint8_t *other = malloc(nr * size);
	size_t i;

	assert_non_null(other);
	for (i = 0; i < nr; i++)
		memcpy(other + i * size, (uint8_t *)v + (nr - 1 - i) * size,
		       size);
	__real_qsort_r(v, nr, size, compare, arg);
	__real_qsort_r(other, nr, size, compare, arg);
	assert_memory_equal(v, other, nr * size);
	free(other);
}

/*
 * Append a finding to @found->facts: "RULE HEADER FIELD VALUE[ BOUND]", with "-"
 * for no header, and "; " between findings.
 */
static void note_facts(struct found *found,
		       const struct vmfw_igvm_finding *finding)
{
	size_t used = strlen(found->facts);
	char header[16] = "-", bound[24] = "";

	if (finding->header != VMFW_IGVM_NO_HEADER)
		snprintf(header, sizeof(header), "%u", finding->header);
	if (finding->has_bound)
		snprintf(bound, sizeof(bound), " 0x%llx",
			 (unsigned long long)finding->bound);
	snprintf(found->facts + used, sizeof(found->facts) - used,
		 "%s%s %s %s 0x%llx%s", used ? "; " : "",
		 vmfw_igvm_rule_name(finding->rule), header, finding->field,
		 (unsigned long long)finding->value, bound);
}

/* A finding has the offset and the type of the header that it names. */
static void check_place(const struct file *file,
			const struct vmfw_igvm_finding *finding)
{
	uint64_t at = 0, end = file->fixed + get_le32(file->bytes + 12);
	uint32_t type = 0;

	if (finding->header != VMFW_IGVM_NO_HEADER) {
		assert_in_range(finding->header, 0, file->nr - 1);
		at = file->headers[finding->header];
		/* The headers may end within the prefix of the last one. */
		if (end - at >= VMFW_IGVM_PREFIX_SIZE)
			type = get_le32(file->bytes + at);
	}
	assert_int_equal(finding->offset, at);
	assert_int_equal(finding->type, type);
}

static bool collect(void *arg, const struct vmfw_igvm_finding *finding)
{
	struct found *found = arg;
	size_t used = strlen(found->lines);

	if (found->file)
		check_place(found->file, finding);
	rule_seen[finding->rule] = true;
	if (vmfw_igvm_rule_is_error(finding->rule))
		found->errors++;
	else
		found->warnings++;
	if (found->wanted && finding->rule == found->wanted->rule &&
	    finding->header == found->wanted->header)
		found->hits++;
	note_facts(found, finding);
	if (used + 256 < sizeof(found->lines)) {
		vmfw_igvm_describe(finding, found->lines + used, 255);
		strcat(found->lines, "\n");
	}
	return true;
}

static void is_sound(struct file *file);
static void platform_only(struct file *file, unsigned int version);

static int read_file(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct file *file = arg;

	if (offset + len > file->size)
		return -EIO;
	memcpy(buf, file->bytes + offset, len);
	return 0;
}

/*
 * Check a file in memory of exactly its size, so that a sanitizer sees overruns.
 * Without @whole, the memory has only the headers. A function then reads the data.
 */
static int check(struct file *file, struct found *found, bool whole)
{
	struct vmfw_igvm_input input = { .size = file->size };
	uint64_t head_len = file->size;
	struct vmfw_igvm igvm;
	uint8_t *head;
	int err;

	if (!whole && vmfw_igvm_head_size(file->bytes, file->size, file->size,
					  &head_len))
		head_len = file->size;
	head = malloc(head_len ? head_len : 1);
	assert_non_null(head);
	memcpy(head, file->bytes, head_len);
	input.head = head;
	input.head_len = head_len;
	if (!whole) {
		input.read = read_file;
		input.arg = file;
	}
	err = vmfw_igvm_check(&igvm, &input, collect, found);
	free(head);
	return err;
}

/* All findings of each file, as note_facts() writes them. */
static const struct {
	const char *name;
	const char *facts;
} facts_of[] = {
#include "findings.h"
};

static const char *expected_facts(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(facts_of); i++)
		if (!strcmp(facts_of[i].name, name))
			return facts_of[i].facts;
	return "(not in findings.h)";
}

static bool are_expected(const char *name, const struct found *found)
{
	const char *facts = expected_facts(name);

	return facts ? !strcmp(found->facts, facts) :
		       found->errors + found->warnings == 1;
}

static void expect(struct file *file, const char *name, unsigned int header,
		   enum vmfw_igvm_rule rule)
{
	const struct vmfw_igvm_finding wanted = {
		.rule = rule,
		.header = header == FIXED ? VMFW_IGVM_NO_HEADER : header,
	};
	int whole;

	for (whole = 0; whole < 2; whole++) {
		struct found found = {
			.file = header == FIXED ? NULL : file,
			.wanted = &wanted,
		};
		int err = check(file, &found, whole);

		if (found.hits != 1 || err != (found.errors ? -EINVAL : 0) ||
		    !are_expected(name, &found))
			fail_msg("%s: returned %d; wanted [%s] of header %u, found:\n%s"
				 "expected: %s\n   found: %s", name, err,
				 vmfw_igvm_rule_name(rule), wanted.header,
				 found.lines, expected_facts(name) ?: "one",
				 found.facts);
	}
}

/* Expect the errors of findings.h in their order, even some of one rule. */
static void expect_all(struct file *file, const char *name)
{
	int whole;

	for (whole = 0; whole < 2; whole++) {
		struct found found = { .file = file };

		assert_int_equal(check(file, &found, whole), -EINVAL);
		assert_string_equal(found.facts, expected_facts(name));
	}
}

static void build(struct file *file, enum base base)
{
	if (base == X64)
		sample_x64(file);
	else
		sample_aarch64(file);
}

static const struct change changes[] = {
#define C(name, header, at, width, value, rule) \
	{ name, X64, header, at, width, value, VMFW_IGVM_RULE_##rule }
#define A(name, header, at, width, value, rule) \
	{ name, AARCH64, header, at, width, value, VMFW_IGVM_RULE_##rule }
	/* Fixed header. */
	C("format version 3", FIXED, 4, 4, 3, FORMAT_VERSION),
	C("format version 0", FIXED, 4, 4, 0, FORMAT_VERSION),
	C("architecture 2", FIXED, 24, 4, 2, ARCHITECTURE),
	C("page size 64 KiB", FIXED, 28, 4, 65536, PAGE_SIZE),
	C("page size 4097", FIXED, 28, 4, 4097, PAGE_SIZE),
	C("page size 2048", FIXED, 28, 4, 2048, PAGE_SIZE),
	C("headers at 36", FIXED, 8, 4, 36, HEADERS_UNALIGNED),
	C("headers at 24", FIXED, 8, 4, 24, HEADERS_OVERLAP),
	C("headers at 2^32-8", FIXED, 8, 4, 0xfffffff8, HEADERS_PAST_END),
	C("no headers", FIXED, 12, 4, 0, HEADERS_EMPTY),
	C("headers of 2^32-1 bytes", FIXED, 12, 4, 0xffffffff,
	  HEADERS_PAST_END),
	C("file size 0", FIXED, 16, 4, 0, FILE_SIZE),
	C("file size 2^32-1", FIXED, 16, 4, 0xffffffff, FILE_SIZE),
	/* Any variable header. */
	C("an unknown type", H_ERROR, TYPE, 4, 0x314, TYPE_UNKNOWN),
	C("type 0", H_ERROR, TYPE, 4, 0, TYPE_UNKNOWN),
	C("type 0, optional", H_ERROR, TYPE, 4, 0x80000000, TYPE_UNKNOWN),
	C("the reserved type", H_ERROR, TYPE, 4, 0x306, TYPE_UNKNOWN),
	C("a type beyond all sections", H_ERROR, TYPE, 4, 0x401,
	  TYPE_UNKNOWN),
	C("an unknown optional type", H_ERROR, TYPE, 4, 0x80000314,
	  TYPE_SKIPPED),
	C("a policy that is optional", H_POLICY, TYPE, 4, 0x80000101,
	  TYPE_OPTIONAL),
	C("a platform among directives", H_AREA0, TYPE, 4, 1, SECTION_ORDER),
	C("an optional initialization header among directives", H_ERROR,
	  TYPE, 4, 0x80000107, SECTION_ORDER),
	C("page data of 16 bytes", H_PAGE0, LENGTH, 4, 16, LENGTH),
	C("page data of 0 bytes", H_PAGE0, LENGTH, 4, 0, LENGTH),
	C("padding of a VP context", H_CTX_SNP, 20, 4, 1, PADDING),
	C("the last byte of padding", H_CTX_SNP, 23, 1, 1, PADDING),
	C("page data for nobody", H_PAGE0, 8, 4, 0, MASK_ZERO),
	C("page data for an undeclared platform", H_PAGE0, 8, 4, 0x80,
	  MASK_UNDECLARED),
	/* Platforms. */
	C("a platform with two bits", H_SEV, 0, 4, 0x50, PLATFORM_MASK),
	C("a platform with no bit", H_SEV, 0, 4, 0, PLATFORM_MASK),
	C("a platform on another's bit", H_SEV, 0, 4, NATIVE,
	  PLATFORM_MASK_TAKEN),
	C("platform type 7", H_SEV, 5, 1, 7, PLATFORM_TYPE),
	C("two native platforms", H_SEV, 5, 1, 0, PLATFORM_TYPE_TWICE),
	C("platform version 2", H_SEV, 6, 2, 2, PLATFORM_VERSION),
	C("platform version 0", H_SEV, 6, 2, 0, PLATFORM_VERSION),
	C("native with VTL 2", H_NATIVE, 4, 1, 2, PLATFORM_VTL_NATIVE),
	C("highest VTL 1", H_SEV, 4, 1, 1, PLATFORM_VTL),
	C("highest VTL 3", H_SEV, 4, 1, 3, PLATFORM_VTL),
	C("a native boundary", H_NATIVE, 8, 8, 1ull << 46,
	  PLATFORM_BOUNDARY),
	C("a VBS boundary", H_VBS, 8, 8, 1ull << 46, PLATFORM_BOUNDARY),
	C("CCA on x64", H_SEV, 5, 1, 6, PLATFORM_ARCHITECTURE),
	A("SEV-SNP on AArch64", A_PLATFORM_VBS, 5, 1, 2,
	  PLATFORM_ARCHITECTURE),
	A("native on AArch64", A_PLATFORM_VBS, 5, 1, 0,
	  PLATFORM_ARCHITECTURE),
	/* Initialization. */
	C("reserved bytes of a policy", H_POLICY, 12, 4, 1, RESERVED),
	C("an SNP policy without bit 17", H_POLICY, 0, 8, 0, SNP_POLICY),
	C("a relocation alignment of 0", H_RELOC, 8, 8, 0, EMPTY),
	C("a relocation alignment of 8", H_RELOC, 8, 8, 8, UNALIGNED),
	C("a region off its alignment", H_RELOC, 16, 8, 0x100800, UNALIGNED),
	C("a region of half a page", H_RELOC, 24, 8, 0x800, UNALIGNED),
	C("a region of 0 bytes", H_RELOC, 24, 8, 0, EMPTY),
	C("a region that wraps", H_RELOC, 16, 8, 0xfffffffffffff000, WRAPS),
	C("an unaligned minimum", H_RELOC, 32, 8, 0x100008, UNALIGNED),
	C("an unaligned maximum", H_RELOC, 40, 8, 0x40000008, UNALIGNED),
	C("a window that is too small", H_RELOC, 40, 8, 0x101000,
	  RELOCATION_WINDOW),
	C("a window upside down", H_RELOC, 40, 8, 0x1000,
	  RELOCATION_WINDOW),
	C("unknown relocation flags", H_RELOC, 7, 1, 0x87, FLAGS),
	C("a region for VTL 3", H_RELOC, 6, 1, 3, VTL),
	C("a region for a VP without context", H_RELOC, 4, 2, 1,
	  CONTEXT_MISSING),
	C("a region on the page tables", H_PAGE_TABLE, 8, 8, 0x10f000,
	  RELOCATION_OVERLAP),
	C("page tables for VTL 0", H_PAGE_TABLE, 6, 1, 0, CONTEXT_MISSING),
	C("page tables for VTL 3", H_PAGE_TABLE, 6, 1, 3, VTL),
	C("reserved byte of page tables", H_PAGE_TABLE, 7, 1, 1, RESERVED),
	C("page tables off a page", H_PAGE_TABLE, 8, 8, 0x200001, UNALIGNED),
	C("page tables of half a page", H_PAGE_TABLE, 16, 8, 0x8800,
	  UNALIGNED),
	C("page tables of 0 bytes", H_PAGE_TABLE, 16, 8, 0, EMPTY),
	C("page tables half used", H_PAGE_TABLE, 24, 8, 0x800, UNALIGNED),
	C("page tables more than used", H_PAGE_TABLE, 24, 8, 0x9000,
	  PAGE_TABLE_USED),
	C("page tables that wrap", H_PAGE_TABLE, 8, 8, 0xffffffffffffe000,
	  WRAPS),
	C("a CoRIM document after the end", H_CORIM, 8, 4, 0x10000,
	  DATA_PAST_END),
	C("a CoRIM document of 0 bytes", H_CORIM, 8, 4, 0, EMPTY),
	C("a CoRIM document nowhere", H_CORIM, 4, 4, 0, DATA_MISSING),
	C("reserved bytes of a CoRIM document", H_CORIM, 12, 4, 1, RESERVED),
	C("a second CoRIM document", H_CORIM_SIGNATURE, TYPE, 4, 0x104,
	  TWICE),
	A("CCA attributes one and zero", A_CCA_POLICY, 8, 8, 3, CCA_MASKS),
	A("CCA hash algorithm 3", A_CCA_POLICY, 24, 1, 3, CCA_HASH),
	A("CCA live activation 2", A_CCA_POLICY, 25, 1, 2, CCA_LFA),
	A("reserved bytes of a CCA policy", A_CCA_POLICY, 4, 4, 1, RESERVED),
	A("reserved2 of a CCA policy", A_CCA_POLICY, 31, 1, 1, RESERVED),
	A("first byte of reserved2 of a CCA policy", A_CCA_POLICY, 26, 1, 1,
	  RESERVED),
	A("a CCA policy for VBS", A_CCA_POLICY, 0, 4, A_VBS, WRONG_PLATFORM),
	/* Directives. */
	C("a page at an odd address", H_PAGE0, 0, 8, 0xffffe001, UNALIGNED),
	C("a large page at a small address", H_PAGE_ZERO, 16, 4, 1,
	  UNALIGNED),
	C("a page above 52 bits", H_PAGE0, 0, 8, 1ull << 52, ADDRESS),
	C("a page that ends at 2^64", H_PAGE0, 0, 8, 0xfffffffffffff000,
	  ADDRESS),
	C("two pages in one place", H_PAGE1, 0, 8, 0xffffe000, OVERLAP),
	C("a page where parameters go", H_PAGE_ZERO, 0, 8, 0x11000, OVERLAP),
	C("a VMSA where a page goes", H_CTX_SNP, 0, 8, 0x31000, OVERLAP),
	C("page data after the end", H_PAGE0, 12, 4, 0x0fffffff,
	  DATA_PAST_END),
	C("page data in the headers", H_PAGE0, 12, 4, 24, DATA_IN_HEADERS),
	C("unknown flags of a page", H_PAGE0, 16, 4, 8, FLAGS),
	C("page data of type 4", H_PAGE0, 20, 2, 4, DATA_TYPE),
	C("a secrets page for TDX", H_PAGE0, 20, 2, 1, DATA_TYPE_PLATFORM),
	C("reserved bytes of a page", H_PAGE0, 22, 2, 1, RESERVED),
	C("an area of half a page", H_AREA0, 0, 8, 0x2800, UNALIGNED),
	C("an area of 0 bytes", H_AREA0, 0, 8, 0, EMPTY),
	C("an area of 2^63 bytes", H_AREA0, 0, 8, 1ull << 63,
	  AREA_TOO_LARGE),
	C("an area of 2^32 bytes", H_AREA0, 0, 8, 1ull << 32,
	  AREA_TOO_LARGE),
	C("an area of 2^32-1 bytes", H_AREA0, 0, 8, UINT32_MAX, UNALIGNED),
	C("an area declared twice", H_AREA1, 8, 4, 0, AREA_TWICE),
	C("an area's data after the end", H_AREA0, 12, 4, 0x0fffffff,
	  DATA_PAST_END),
	C("a parameter of no area", H_VP_COUNT, 0, 4, 5, AREA_UNDECLARED),
	C("a parameter after its area", H_VP_COUNT, 4, 4, 0x1ffd,
	  PARAMETER_PAST_END),
	C("a parameter at 2^32-1", H_MEMORY_MAP, 4, 4, 0xffffffff,
	  PARAMETER_PAST_END),
	C("an area inserted twice", H_INSERT1, 12, 4, 0, AREA_INSERTED),
	C("an insert of no area", H_INSERT1, 12, 4, 77, AREA_UNDECLARED),
	C("an insert at an odd address", H_INSERT0, 0, 8, 0x10010,
	  UNALIGNED),
	C("an insert that wraps", H_INSERT0, 0, 8, 0xfffffffffffff000,
	  WRAPS),
	C("an insert into page tables", H_INSERT0, 0, 8, 0x1ff000,
	  PARAMETER_IN_PAGE_TABLE),
	C("required memory at an odd address", H_REQUIRED, 0, 8, 0x100100,
	  UNALIGNED),
	C("required memory of half a page", H_REQUIRED, 12, 4, 0x800,
	  UNALIGNED),
	C("required memory of 0 bytes", H_REQUIRED, 12, 4, 0, EMPTY),
	C("required memory that wraps", H_REQUIRED, 0, 8,
	  0xffffffffffff0000, WRAPS),
	C("unknown flags of required memory", H_REQUIRED, 16, 4, 2, FLAGS),
	C("reserved bytes of required memory", H_REQUIRED, 20, 4, 1,
	  RESERVED),
	C("an error range of half a page", H_ERROR, 12, 4, 0x1800,
	  UNALIGNED),
	C("an error range of 0 bytes", H_ERROR, 12, 4, 0, EMPTY),
	C("an error range above 52 bits", H_ERROR, 0, 8, 1ull << 52, ADDRESS),
	C("an error range at an odd address", H_ERROR, 0, 8, 0x40001,
	  UNALIGNED),
	C("an error range on a page", H_ERROR, 0, 8, 0xffffe000, OVERLAP),
	/* VP contexts. */
	C("a context for two platforms", H_CTX_SNP, 8, 4, SNP | SEV_ES,
	  CONTEXT_PLATFORM),
	C("a context for TDX", H_CTX_SNP, 8, 4, TDX, CONTEXT_TDX),
	C("a context for nobody", H_CTX_SNP, 8, 4, 0, MASK_ZERO),
	C("a native context with an address", H_CTX_NATIVE, 0, 8, 0x1000,
	  CONTEXT_GPA),
	C("a VMSA as native context", H_CTX_SNP, 8, 4, SEV, CONTEXT_TAIL),
	C("a VMSA at an odd address", H_CTX_SNP, 0, 8, 0xfffffffff010,
	  UNALIGNED),
	C("a context without data", H_CTX_SNP, 12, 4, 0, DATA_MISSING),
	C("a context after the end", H_CTX_SNP, 12, 4, 0x0fffffff,
	  DATA_PAST_END),
	C("a native context after the end", H_CTX_NATIVE, 12, 4, 0x0fffffff,
	  DATA_PAST_END),
	C("registers after the end", H_CTX_VBS, 12, 4, 0x0fffffff,
	  DATA_PAST_END),
	C("reserved bytes of a context", H_CTX_SNP, 18, 2, 1, RESERVED),
	C("a context for VP 65535", H_CTX_SNP, 16, 2, 0xffff, CONTEXT_VP),
	/* SNP ID block, VBS measurement. */
	C("author key 2", H_ID_BLOCK, 4, 1, 2, ID_AUTHOR),
	C("an author key that is not there", H_ID_BLOCK, 4, 1, 1,
	  ID_AUTHOR_KEY),
	C("an author key that is not enabled", H_ID_BLOCK, 600, 1, 1,
	  ID_AUTHOR_KEY),
	C("the last byte of an author key", H_ID_BLOCK, 695, 1, 1,
	  ID_AUTHOR_KEY),
	C("the first byte of an author's signature", H_ID_BLOCK, 400, 1, 1,
	  ID_AUTHOR_KEY),
	C("the first reserved byte of an ID block", H_ID_BLOCK, 5, 1, 1,
	  RESERVED),
	C("the last reserved byte of an ID block", H_ID_BLOCK, 7, 1, 1,
	  RESERVED),
	C("ID key algorithm 2", H_ID_BLOCK, 96, 4, 2, ID_ALGORITHM),
	C("ID key algorithm 0", H_ID_BLOCK, 96, 4, 0, ID_ALGORITHM),
	C("an ID block for TDX", H_ID_BLOCK, 0, 4, TDX, WRONG_PLATFORM),
	C("a VBS measurement for TDX", H_VBS_MEASUREMENT, 0, 4, TDX,
	  WRONG_PLATFORM),
#undef C
#undef A
};

static uint8_t *place(struct file *file, const struct change *change)
{
	if (change->header == FIXED)
		return file->bytes + change->at;
	return file_content(file, change->header) + change->at;
}

static void test_sound(void **state)
{
	static struct file file;
	enum base base;
	int whole;

	(void)state;
	for (base = X64; base <= AARCH64; base++) {
		build(&file, base);
		for (whole = 0; whole < 2; whole++) {
			struct found found = { 0 };
			int err = check(&file, &found, whole);

			if (err || found.errors || found.warnings)
				fail_msg("sample %u: returned %d:\n%s", base,
					 err, found.lines);
		}
	}
}

static void test_changes(void **state)
{
	static struct file file;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		const struct change *change = &changes[i];

		build(&file, change->base);
		file_put(place(&file, change), change->width, change->value);
		/* A changed fixed header may name headers outside the file. */
		if (change->header != FIXED)
			file_seal_checksum(&file);
		expect(&file, change->name, change->header, change->rule);
	}
}

/* Changes in lists of registers, which the checksum does not cover. */
static void test_registers(void **state)
{
	static const struct change list[] = {
		{ "a list without registers", X64, 0, 0, 4, 0,
		  VMFW_IGVM_RULE_REGISTERS_NONE },
		{ "a list longer than the file", X64, 0, 0, 4, 3,
		  VMFW_IGVM_RULE_DATA_PAST_END },
		{ "a list of 2^32-1 registers", X64, 0, 0, 4, 0xffffffff,
		  VMFW_IGVM_RULE_DATA_PAST_END },
		{ "an unknown register", X64, 0, 5, 4, 0xdeadbeef,
		  VMFW_IGVM_RULE_REGISTER_UNKNOWN },
		{ "registers for two VTLs", X64, 0, 36, 1, 0,
		  VMFW_IGVM_RULE_REGISTER_VTL },
		{ "registers for a low and a high VTL", X64, 0, 4, 1, 0,
		  VMFW_IGVM_RULE_REGISTER_VTL },
		{ "a register for VTL 3", X64, 0, 4, 1, 3,
		  VMFW_IGVM_RULE_VTL },
		{ "padding of a register", X64, 0, 19, 1, 1,
		  VMFW_IGVM_RULE_RESERVED },
		{ "the first padding of a register", X64, 0, 9, 1, 1,
		  VMFW_IGVM_RULE_RESERVED },
	};
	static struct file file;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(list); i++) {
		sample_x64(&file);
		/* The list is at the end of the file. */
		file_put(file.bytes + file.size - 68 + list[i].at,
			 list[i].width, list[i].value);
		expect(&file, list[i].name, H_CTX_VBS, list[i].rule);
	}
	/* A register of the other architecture. */
	sample_aarch64(&file);
	file_put(file.bytes + file.size - 4096 - 36 + 5, 4, 0x40003);
	expect(&file, "CR4 on AArch64", A_CTX_VBS,
	       VMFW_IGVM_RULE_REGISTER_UNKNOWN);
}

/* Registers that a file may set, among the names that try_names() tries. */
static const uint32_t x64_names[] = {
	0x20004, 0x20005, 0x20006,			/* RSP, RBP, RSI */
	0x20008, 0x20009, 0x2000a, 0x2000b, 0x2000c,	/* R8 to R12 */
	0x20010, 0x20011,				/* RIP, RFLAGS */
	0x40000, 0x40002, 0x40003,			/* CR0, CR3, CR4 */
	0x60000, 0x60001, 0x60002, 0x60003, 0x60004, 0x60005, /* ES to GS */
	0x60007,					/* TR */
	0x70000, 0x70001,				/* IDTR, GDTR */
	0x80001, 0x80004,				/* EFER, PAT */
	0x8000e,					/* default MTRR */
	0x80010, 0x80011, 0x80012, 0x80013, 0x80014,	/* bases */
	0x80040, 0x80041, 0x80042, 0x80043, 0x80044,	/* masks */
	0x80070, 0x80071, 0x80077, 0x80078, 0x80079, 0x8007a, /* fixed */
};

static const uint32_t aarch64_names[] = {
	0x20000, 0x20001, 0x20002, 0x20003, 0x20004, 0x20005, 0x20006,
	0x20007,					/* X0 to X7 */
	0x20022, 0x20023,				/* PC, CPSR */
	0x40002,					/* SCTLR_EL1 */
	0x40005, 0x40006, 0x40007,			/* TTBR0, TTBR1, TCR */
	0x4000b, 0x4000c,				/* MAIR_EL1, VBAR_EL1 */
};

static bool is_name(uint32_t name, const uint32_t *names, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (names[i] == name)
			return true;
	return false;
}

/* Try many names of registers at @at. Only those of @names are valid. */
static void try_names(struct file *file, uint8_t *at, const uint32_t *names,
		      size_t nr)
{
	uint32_t group, name;

	for (group = 0x10000; group <= 0x90000; group += 0x10000)
		for (name = group; name < group + 0x90; name++) {
			struct found found = { 0 };
			bool known = is_name(name, names, nr);

			file_put(at, 4, name);
			if (check(file, &found, true) !=
			    (known ? 0 : -EINVAL))
				fail_msg("register 0x%x:\n%s", name,
					 found.lines);
		}
}

static void test_register_names(void **state)
{
	static struct file file;

	(void)state;
	sample_x64(&file);
	try_names(&file, file.bytes + file.size - 68 + 5, x64_names,
		  ARRAY_SIZE(x64_names));
	sample_aarch64(&file);
	try_names(&file, file.bytes + file.size - 4096 - 36 + 5, aarch64_names,
		  ARRAY_SIZE(aarch64_names));
}

/* A region needs a context only if the loader changes registers. */
static void test_relocation_flags(void **state)
{
	static struct file file;
	unsigned int flags;

	(void)state;
	for (flags = 0; flags < 8; flags++) {
		sample_x64(&file);
		file_put(file_content(&file, H_RELOC) + 4, 2, 1);
		file_put(file_content(&file, H_RELOC) + 7, 1, flags);
		if (flags & (VMFW_IGVM_RELOCATION_APPLY_PC |
			     VMFW_IGVM_RELOCATION_APPLY_GDTR)) {
			file_seal(&file);
			expect(&file, "a region for a VP without context",
			       H_RELOC, VMFW_IGVM_RULE_CONTEXT_MISSING);
		} else {
			is_sound(&file);
		}
	}
}

static void test_contexts(void **state)
{
	static struct file file;
	uint8_t native[20], vbs[20];
	uint32_t data, cut;

	(void)state;
	/* Contexts in another order than their platforms. */
	sample_x64(&file);
	memcpy(native, file_content(&file, H_CTX_NATIVE), sizeof(native));
	memcpy(vbs, file_content(&file, H_CTX_VBS), sizeof(vbs));
	memcpy(file_content(&file, H_CTX_NATIVE), vbs, sizeof(vbs));
	memcpy(file_content(&file, H_CTX_VBS), native, sizeof(native));
	file_seal_checksum(&file);
	is_sound(&file);

	/* Two contexts of one VP, after that of a platform with a higher mask. */
	sample_x64(&file);
	memcpy(file_content(&file, H_CTX_NATIVE), vbs, sizeof(vbs));
	memcpy(file_content(&file, H_CTX_SNP), native, sizeof(native));
	memcpy(file_content(&file, H_CTX_VBS), native, sizeof(native));
	file_seal_checksum(&file);
	expect(&file, "two contexts of the first platform", H_CTX_VBS,
	       VMFW_IGVM_RULE_CONTEXT_TWICE);

	/* VP 1 needs a context, but only VP 0 has one. */
	sample_x64(&file);
	file_put(file_content(&file, H_RELOC), 4, NATIVE);
	file_put(file_content(&file, H_RELOC) + 4, 2, 1);
	file_put(file_content(&file, H_RELOC) + 6, 1, 0);
	file_seal_checksum(&file);
	expect(&file, "a native context of another VP", H_RELOC,
	       VMFW_IGVM_RULE_CONTEXT_MISSING);

	/* A context with malformed data does not count as a second one. */
	sample_x64(&file);
	file_put(file_content(&file, H_CTX_SNP), 8, 0);
	file_put(file_content(&file, H_CTX_SNP) + 8, 4, NATIVE);
	file_seal_checksum(&file);
	expect(&file, "a native context with something after it", H_CTX_SNP,
	       VMFW_IGVM_RULE_CONTEXT_TAIL);

	/* Nor does a VMSA after the end of the file, beside a sound one. */
	sample_x64(&file);
	file_put(file_content(&file, H_CTX_VBS), 8, 0x800000);
	file_put(file_content(&file, H_CTX_VBS) + 8, 4, SNP);
	file_put(file_content(&file, H_CTX_VBS) + 12, 4, file.size);
	file_seal_checksum(&file);
	expect(&file, "a second VMSA after the end", H_CTX_VBS,
	       VMFW_IGVM_RULE_DATA_PAST_END);

	/* Nor does a list of registers after the end of the file. */
	sample_x64(&file);
	file_put(file_content(&file, H_CTX_NATIVE) + 8, 4, VBS);
	file_put(file_content(&file, H_CTX_NATIVE) + 12, 4, file.size);
	file_seal_checksum(&file);
	expect(&file, "a second list of registers after the end", H_CTX_NATIVE,
	       VMFW_IGVM_RULE_DATA_PAST_END);

	/* A register may have any value. */
	sample_x64(&file);
	memset(file.bytes + file.size - 68 + 4 + 16, 0xff, 16);
	is_sound(&file);

	/* The only context is malformed. The page tables do not lack another one. */
	platform_only(&file, 2);
	HEADER(&file, 0x103, 32, { 0, 4, 1 }, { 16, 8, 0x1000 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	HEADER(&file, 0x304, 20, { 8, 4, 1 },);
	file_seal(&file);
	expect(&file, "the only context, without data", 3,
	       VMFW_IGVM_RULE_DATA_MISSING);

	/* The registers of a native context have 232 bytes. */
	sample_x64(&file);
	memcpy(&data, file_content(&file, H_CTX_NATIVE) + 12, sizeof(data));
	file_put(file.bytes + data + 232, 1, 1);
	expect(&file, "a byte after a native context", H_CTX_NATIVE,
	       VMFW_IGVM_RULE_CONTEXT_TAIL);
	sample_x64(&file);
	file_put(file.bytes + data + 4095, 1, 1);
	expect(&file, "the last byte after a native context", H_CTX_NATIVE,
	       VMFW_IGVM_RULE_CONTEXT_TAIL);

	/* A header for two platforms needs a context for each. */
	sample_x64(&file);
	file_put(file_content(&file, H_RELOC), 4, NATIVE | SNP);
	file_put(file_content(&file, H_RELOC) + 6, 1, 0);
	is_sound(&file);
	file_put(file_content(&file, H_RELOC), 4, NATIVE | SEV);
	file_seal(&file);
	expect(&file, "a region for a platform without context", H_RELOC,
	       VMFW_IGVM_RULE_CONTEXT_MISSING);

	/* The file ends after the number of registers. */
	sample_x64(&file);
	file_put(file_content(&file, H_CTX_VBS) + 12, 4, file.size - 4);
	file_put(file.bytes + file.size - 4, 4, 0);
	file_seal_checksum(&file);
	expect(&file, "no registers at the end of the file", H_CTX_VBS,
	       VMFW_IGVM_RULE_REGISTERS_NONE);

	/* The file ends within the last register. */
	for (cut = 1; cut < 32; cut++) {
		sample_x64(&file);
		file.size -= cut;
		file_seal(&file);
		expect(&file, "registers that end after the file", H_CTX_VBS,
		       VMFW_IGVM_RULE_DATA_PAST_END);
	}
}

/* The check has memory for each context, even if a file has few other headers. */
static void test_many_contexts(void **state)
{
	static const uint8_t registers[4096];
	static struct file file;
	unsigned int context;
	uint32_t data;

	(void)state;
	platform_only(&file, 2);
	HEADER(&file, 0x302, 24, { 8, 4, 1 },);
	for (context = 0; context < 4; context++)
		HEADER(&file, 0x304, 20, { 8, 4, 1 },);
	data = file_data(&file, registers, sizeof(registers));
	for (context = 0; context < 4; context++)
		file_put(file_content(&file, 2 + context) + 12, 4, data);
	file_seal(&file);
	expect_all(&file, "four contexts of one VP");
}

/* A platform has at most one header of some types. */
static void test_twice(void **state)
{
	static const struct {
		const char *name;
		uint32_t type, length;
		unsigned int mask_at;
		uint32_t mask;
		struct field fields[4];
	} once[] = {
		{ "a second policy", 0x101, 16, 8, SNP, { { 0, 8, 0x30000 } } },
		{ "a second ID block", 0x30b, 696, 0, SNP, { { 96, 4, 1 } } },
		{ "a second VBS measurement", 0x311, 864, 0, VBS, { { 0 } } },
		{ "a second page table region", 0x103, 32, 0, VBS,
		  { { 16, 8, 0x1000 } } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(once); i++) {
		static struct file file;
		unsigned int turn, header = 0;

		file_begin(&file, 1, 0);
		HEADER(&file, 0x001, 16, { 0, 4, once[i].mask },
		       { 5, 1, once[i].mask == SNP ? 2 : 1 }, { 6, 2, 1 },);
		if (once[i].type > 0x300)
			HEADER(&file, 0x302, 24, { 8, 4, once[i].mask },);
		for (turn = 0; turn < 2; turn++) {
			header = file_header(&file, once[i].type,
					     once[i].length, once[i].fields);
			file_put(file_content(&file, header) +
				 once[i].mask_at, 4, once[i].mask);
		}
		if (once[i].type == 0x103)
			file_put(file_content(&file, header) + 8, 8, 0x10000);
		if (once[i].type < 0x300)
			HEADER(&file, 0x302, 24, { 8, 4, once[i].mask },);
		file_seal(&file);
		expect(&file, once[i].name, header, VMFW_IGVM_RULE_TWICE);
	}
}

/* The finding names the first header of a platform, whatever comes between. */
static void test_first_of_several(void **state)
{
	static const uint32_t masks[] = { 2, 1, 3, 2 };
	static struct file file;
	size_t i;

	(void)state;
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x001, 16, { 0, 4, 2 }, { 5, 1, 5 }, { 6, 2, 1 },);
	for (i = 0; i < ARRAY_SIZE(masks); i++)
		HEADER(&file, 0x101, 16, { 0, 8, 0x30000 },
		       { 8, 4, masks[i] },);
	HEADER(&file, 0x302, 24, { 8, 4, 3 },);
	file_seal(&file);
	expect_all(&file, "four policies for two platforms");
}

static void test_magic_and_size(void **state)
{
	static struct file file;

	(void)state;
	sample_x64(&file);
	file.bytes[0] ^= 1;
	expect(&file, "a bit of the magic", FIXED, VMFW_IGVM_RULE_MAGIC);
	file.bytes[0] ^= 3;
	expect(&file, "a higher magic", FIXED, VMFW_IGVM_RULE_MAGIC);

	sample_x64(&file);
	file.bytes[20] ^= 1;
	expect(&file, "a bit of the checksum", FIXED,
	       VMFW_IGVM_RULE_CHECKSUM);

	sample_x64(&file);
	file.bytes[file.headers[H_PAGE0] + 8] ^= 1;
	expect(&file, "a bit of a header", FIXED, VMFW_IGVM_RULE_CHECKSUM);

	/* The check refuses a file that ends at any of many places. */
	sample_x64(&file);
	while (file.size) {
		struct found found = { 0 };

		file.size = file.size > 64 ? file.size - 61 : file.size - 1;
		assert_int_equal(check(&file, &found, true), -EINVAL);
		assert_true(found.errors);
	}
	expect(&file, "an empty file", FIXED, VMFW_IGVM_RULE_TOO_SHORT);
	sample_x64(&file);
	file.size = 28;
	expect(&file, "28 bytes of version 2", FIXED,
	       VMFW_IGVM_RULE_TOO_SHORT);
	/* A whole fixed header, and nothing after it. */
	file.size = 32;
	expect(&file, "32 bytes of version 2", FIXED,
	       VMFW_IGVM_RULE_HEADERS_PAST_END);
	platform_only(&file, 1);
	file_seal(&file);
	file.size = 24;
	expect(&file, "24 bytes of version 1", FIXED,
	       VMFW_IGVM_RULE_HEADERS_PAST_END);
}

/* Headers that end after the caller's bytes, or after the file. */
static void test_short_head(void **state)
{
	static struct file file;
	struct vmfw_igvm_input input = { .read = read_file, .arg = &file };
	struct found before = { 0 }, behind = { 0 };
	struct vmfw_igvm igvm;
	char facts[128];

	(void)state;
	sample_x64(&file);
	input.head = file.bytes;
	input.head_len = file.headers_end - 8;
	input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, collect, &before),
			 -EINVAL);
	snprintf(facts, sizeof(facts),
		 "headers-past-end - variable_header_size 0x%zx 0x%zx",
		 file.headers_end - file.fixed, file.headers_end - 8);
	assert_string_equal(before.facts, facts);
	input.size = file.headers_end - 4;
	file_put(file.bytes + 16, 4, input.size);
	assert_int_equal(vmfw_igvm_check(&igvm, &input, collect, &behind),
			 -EINVAL);
	snprintf(facts, sizeof(facts),
		 "headers-past-end - variable_header_size 0x%zx 0x%zx",
		 file.headers_end - file.fixed, file.headers_end - 4);
	assert_string_equal(behind.facts, facts);
	/* The caller's bytes are exactly the headers. */
	input.size = file.size;
	input.head_len = file.headers_end;
	file_seal(&file);
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
}

/* The variable headers end within one of them. */
static void test_cut_headers(void **state)
{
	static struct file file;
	size_t cut;

	(void)state;
	for (cut = 1; cut < 32; cut++) {
		sample_x64(&file);
		file_put(file.bytes + 12, 4,
			 file.headers[H_PAGE1] - file.fixed - cut);
		file_seal_checksum(&file);
		expect(&file, "headers that end within one", H_PAGE0,
		       VMFW_IGVM_RULE_HEADER_CUT);
	}
	sample_x64(&file);
	file_put(file_content(&file, H_VBS_MEASUREMENT) + LENGTH, 4,
		 0xfffffff8);
	file_seal_checksum(&file);
	expect(&file, "a header of 4 GiB", H_VBS_MEASUREMENT,
	       VMFW_IGVM_RULE_HEADER_CUT);
}

static void test_several_changes(void **state)
{
	static struct file file;

	(void)state;
	sample_x64(&file);
	file_put(file_content(&file, H_CORIM), 4, NATIVE);
	file_seal_checksum(&file);
	expect(&file, "a signature of no document", H_CORIM_SIGNATURE,
	       VMFW_IGVM_RULE_CORIM_ORDER);

	sample_x64(&file);
	file_put(file_content(&file, H_CORIM_SIGNATURE), 4, SNP | VBS | TDX);
	file_seal_checksum(&file);
	expect(&file, "a signature for more platforms than the document",
	       H_CORIM_SIGNATURE, VMFW_IGVM_RULE_CORIM_ORDER);

	/* The algorithm of an author key counts only if the key is enabled. */
	sample_x64(&file);
	file_put(file_content(&file, H_ID_BLOCK) + 4, 1, 1);
	file_put(file_content(&file, H_ID_BLOCK) + 600, 1, 1);
	file_seal_checksum(&file);
	expect(&file, "an author key algorithm", H_ID_BLOCK,
	       VMFW_IGVM_RULE_ID_ALGORITHM);
	file_put(file_content(&file, H_ID_BLOCK) + 100, 4, 2);
	file_seal_checksum(&file);
	expect(&file, "author key algorithm 2", H_ID_BLOCK,
	       VMFW_IGVM_RULE_ID_ALGORITHM);
	file_put(file_content(&file, H_ID_BLOCK) + 100, 4, 1);
	file_seal_checksum(&file);
	is_sound(&file);

	/* Several contexts may be at KVM's address, but nothing else. */
	sample_x64(&file);
	file_put(file_content(&file, H_PAGE_SNP), 8, 0xfffffffff000);
	file_seal_checksum(&file);
	expect(&file, "a page where KVM has contexts", H_CTX_SNP,
	       VMFW_IGVM_RULE_OVERLAP);
	sample_x64(&file);
	file_put(file_content(&file, H_ERROR), 8, 0xfffffffff000);
	file_seal_checksum(&file);
	expect(&file, "an error range where KVM has contexts", H_CTX_SNP,
	       VMFW_IGVM_RULE_OVERLAP);

	/* A second context for VP 0 of a platform. */
	sample_x64(&file);
	file_put(file_content(&file, H_CTX_VBS) + 8, 4, SNP);
	file_put(file_content(&file, H_CTX_VBS) + 12, 4,
		 file.headers_end);
	file_put(file_content(&file, H_CTX_VBS), 8, 0x800000);
	file_seal_checksum(&file);
	expect(&file, "two contexts of a VP", H_CTX_VBS,
	       VMFW_IGVM_RULE_CONTEXT_TWICE);

	/* Optional headers of unknown types in place of known headers. */
	sample_x64(&file);
	file_put(file_content(&file, H_RELOC) + TYPE, 4, 0x80000107);
	file_put(file_content(&file, H_PAGE_TABLE) + TYPE, 4, 0x80000108);
	file_put(file_content(&file, H_PAGE_PT), 8, 0x50000);
	file_seal_checksum(&file);
	expect(&file, "skipped headers", H_RELOC,
	       VMFW_IGVM_RULE_TYPE_SKIPPED);
}

/* The first address that a page must not have. */
#define HIGH	(1ull << 52)

/*
 * Several numbers of a header are wrong. The check reports them in the order of
 * findings.h, so that each run prints the same lines.
 */
static void test_order_of_findings(void **state)
{
	static const struct {
		const char *name;
		unsigned int header;
		struct field fields[6];
	} all[] = {
		{ "a region whose numbers are all wrong", H_RELOC,
		  { { 6, 2, 0x8703 }, { 16, 8, 0x100800 }, { 24, 8, 0x10800 },
		    { 32, 8, 0x100008 }, { 40, 8, 0x110008 } } },
		{ "page tables whose numbers are all odd", H_PAGE_TABLE,
		  { { 8, 8, HIGH + 0x800 }, { 16, 8, 0x8800 },
		    { 24, 8, 0x1800 } } },
		{ "a page at an odd address above 52 bits", H_PAGE0,
		  { { 0, 8, HIGH + 1 } } },
		{ "required memory at an odd address, of half a page",
		  H_REQUIRED, { { 0, 8, HIGH + 0x100 }, { 12, 4, 0x800 } } },
		{ "an error range at an odd address, of half a page", H_ERROR,
		  { { 0, 8, HIGH + 0x100 }, { 12, 4, 0x800 } } },
		{ "a VMSA at an odd address above 52 bits", H_CTX_SNP,
		  { { 0, 8, HIGH + 0x10 } } },
	};
	static struct file file;
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		sample_x64(&file);
		for (k = 0; all[i].fields[k].width; k++)
			file_put(file_content(&file, all[i].header) +
				 all[i].fields[k].at, all[i].fields[k].width,
				 all[i].fields[k].value);
		file_seal_checksum(&file);
		expect_all(&file, all[i].name);
	}
	/* Findings about several headers. */
	sample_x64(&file);
	file_put(file_content(&file, H_PAGE1), 8, 0xffffe000);
	file_put(file_content(&file, H_PAGE_TABLE) + 8, 8, 0x10f000);
	file_put(file_content(&file, H_INSERT0), 8, 0x110000);
	file_seal_checksum(&file);
	expect_all(&file, "overlaps of each kind");
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, VBS }, { 5, 1, 1 }, { 6, 2, 1 },);
	HEADER(&file, 0x103, 32, { 0, 4, VBS }, { 16, 8, 0x1000 },);
	HEADER(&file, 0x103, 32, { 0, 4, VBS },);
	HEADER(&file, 0x302, 24, { 8, 4, VBS },);
	file_seal(&file);
	expect_all(&file, "a second page table region of 0 bytes");
	/* Of two earlier pages with the same end, the first one counts. */
	platform_only(&file, 1);
	HEADER(&file, 0x302, 24, { 0, 8, 0x200000 }, { 8, 4, 1 },
	       { 16, 4, VMFW_IGVM_PAGE_2MB },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x3ff000 }, { 8, 4, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x3ff000 }, { 8, 4, 1 },);
	file_seal(&file);
	expect_all(&file, "two pages at the end of a large one");
}

static void is_sound(struct file *file)
{
	struct found found = { 0 };

	file_seal(file);
	if (check(file, &found, true) || found.errors + found.warnings)
		fail_msg("found:\n%s", found.lines);
}

/* Some rules apply only to other platforms. */
static void test_other_platforms(void **state)
{
	static struct file file;

	(void)state;
	sample_x64(&file);
	file_put(file_content(&file, H_SEV) + 8, 8, 1ull << 46);
	is_sound(&file);
	sample_x64(&file);
	file_put(file_content(&file, H_POLICY), 8, 0);
	file_put(file_content(&file, H_POLICY) + 8, 4, SEV_ES);
	is_sound(&file);
}

/* Values at a limit, and after it. */
static void test_edges(void **state)
{
	static struct file file;
	unsigned int cut;

	(void)state;
	/* The region fills its window. */
	sample_x64(&file);
	file_put(file_content(&file, H_RELOC) + 40, 8, 0x110000);
	is_sound(&file);
	file_put(file_content(&file, H_RELOC) + 40, 8, 0x10f000);
	file_seal(&file);
	expect(&file, "a window that is a page too small", H_RELOC,
	       VMFW_IGVM_RULE_RELOCATION_WINDOW);

	/* The page tables fill their region. */
	sample_x64(&file);
	file_put(file_content(&file, H_PAGE_TABLE) + 24, 8, 0x8000);
	is_sound(&file);

	/* The last values of an enumeration, and the last page of 52 bits. */
	sample_aarch64(&file);
	file_put(file_content(&file, A_CCA_POLICY) + 24, 1, 2);
	file_put(file_content(&file, A_CCA_POLICY) + 25, 1, 1);
	is_sound(&file);
	sample_x64(&file);
	file_put(file_content(&file, H_PAGE_SNP) + 20, 2, 3);
	file_put(file_content(&file, H_PAGE0), 8, (1ull << 52) - 0x1000);
	is_sound(&file);
	sample_x64(&file);
	file_put(file_content(&file, H_CTX_SNP), 8, (1ull << 52) - 0x1000);
	is_sound(&file);

	/* Two platforms have different pages in one place. */
	sample_x64(&file);
	file_put(file_content(&file, H_PAGE_SNP), 8, 0x30000);
	is_sound(&file);

	/* Parameters end where page tables begin, or begin where they end. */
	sample_x64(&file);
	file_put(file_content(&file, H_INSERT0), 8, 0x1fe000);
	is_sound(&file);
	file_put(file_content(&file, H_INSERT0), 8, 0x208000);
	is_sound(&file);
	/* Another platform has no page tables there. */
	file_put(file_content(&file, H_INSERT1), 8, 0x201000);
	is_sound(&file);

	/* The largest area. */
	platform_only(&file, 1);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	HEADER(&file, 0x301, 16, { 0, 8, 0xfffff000 },);
	HEADER(&file, 0x303, 16, { 0, 8, 1ull << 40 }, { 8, 4, 1 },);
	is_sound(&file);

	/* Parameters and inserts must follow the declaration of their area. */
	platform_only(&file, 1);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	HEADER(&file, 0x307, 8, { 0, 4, 7 },);
	HEADER(&file, 0x301, 16, { 0, 8, 0x1000 }, { 8, 4, 7 },);
	HEADER(&file, 0x303, 16, { 0, 8, 0x2000 }, { 8, 4, 1 }, { 12, 4, 7 },);
	file_seal(&file);
	expect(&file, "a parameter in front of its area", 2,
	       VMFW_IGVM_RULE_AREA_UNDECLARED);
	platform_only(&file, 1);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	HEADER(&file, 0x303, 16, { 0, 8, 0x2000 }, { 8, 4, 1 }, { 12, 4, 7 },);
	HEADER(&file, 0x301, 16, { 0, 8, 0x1000 }, { 8, 4, 7 },);
	file_seal(&file);
	expect(&file, "an insert in front of its area", 2,
	       VMFW_IGVM_RULE_AREA_UNDECLARED);

	/* The headers must include the padding of the last one. */
	for (cut = 0; cut < 8; cut++) {
		file_begin(&file, 2, 1);
		HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 5, 1, 1 },
		       { 6, 2, 1 },);
		HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
		HEADER(&file, 0x80000314, 4,);
		file_seal(&file);
		file.size -= cut;
		file_put(file.bytes + 12, 4, file.size - file.fixed);
		file_put(file.bytes + 16, 4, file.size);
		file_seal_checksum(&file);
		if (cut)
			expect(&file, "headers that end within padding", 2,
			       VMFW_IGVM_RULE_HEADER_CUT);
		else
			expect(&file, "headers that end after padding", 2,
			       VMFW_IGVM_RULE_TYPE_SKIPPED);
	}
	platform_only(&file, 1);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	HEADER(&file, 0x80000314, 4, { 7, 1, 1 },);
	file_seal(&file);
	expect(&file, "padding of an unknown header", 2,
	       VMFW_IGVM_RULE_PADDING);
}

static void platform_only(struct file *file, unsigned int version)
{
	file_begin(file, version, 0);
	HEADER(file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
}

static void test_missing(void **state)
{
	static struct file file;
	uint8_t page[4096] = { 1 };

	(void)state;
	platform_only(&file, 1);
	file_seal(&file);
	expect(&file, "nothing to load", FIXED, VMFW_IGVM_RULE_NO_PAGE_DATA);

	file_begin(&file, 1, 0);
	HEADER(&file, 0x80000050, 0,);
	file_seal(&file);
	expect(&file, "no platform", FIXED, VMFW_IGVM_RULE_NO_PLATFORM);

	platform_only(&file, 1);
	HEADER(&file, 0x001, 16, { 0, 4, 2 }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	HEADER(&file, 0x301, 16, { 0, 8, 0x1000 },);
	file_seal(&file);
	expect(&file, "a platform without pages", FIXED,
	       VMFW_IGVM_RULE_PLATFORM_EMPTY);
	expect(&file, "an area that is not inserted", 3,
	       VMFW_IGVM_RULE_AREA_UNUSED);

	/* A native context in version 1. */
	platform_only(&file, 1);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	HEADER(&file, 0x304, 20, { 8, 4, 1 }, { 12, 4, 24 + 24 + 32 + 32 },);
	file_data(&file, page, sizeof(page));
	file_seal(&file);
	expect(&file, "a native context in version 1", 2,
	       VMFW_IGVM_RULE_CONTEXT_VERSION);

	file_begin(&file, 2, 1);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 5, 1, 6 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	file_seal(&file);
	expect(&file, "CCA without a policy", FIXED,
	       VMFW_IGVM_RULE_CCA_POLICY_MISSING);
}

/* Bytes between fixed and variable headers, zero or not. */
static void test_gap(void **state)
{
	static struct file file;
	struct found found = { 0 };

	(void)state;
	platform_only(&file, 1);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	memmove(file.bytes + 32, file.bytes + 24, file.size - 24);
	memset(file.bytes + 24, 0, 8);
	file.size += 8;
	file_put(file.bytes + 8, 4, 32);
	file_put(file.bytes + 12, 4, file.size - 32);
	file_put(file.bytes + 16, 4, file.size);
	file_seal_checksum(&file);
	assert_int_equal(check(&file, &found, true), 0);
	assert_int_equal(found.warnings, 0);

	file.bytes[25] = 1;
	expect(&file, "a gap with something in it", FIXED,
	       VMFW_IGVM_RULE_GAP);
}

/*
 * A walk after a failed check stays within the caller's bytes, for many values
 * of the offset and the size of the headers.
 */
static void test_walk_after_errors(void **state)
{
	static const uint32_t values[] = {
		0, 8, 24, 32, 40, 48, 64, 0x400, 0x1000, 0x7fffffff,
		0xfffffff0, 0xffffffff,
	};
	struct vmfw_igvm_input input = { 0 };
	struct vmfw_igvm_header header;
	struct vmfw_igvm igvm;
	struct file file;
	size_t i, k;
	uint8_t *head;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(values) * ARRAY_SIZE(values); i++) {
		file_begin(&file, 1, 0);
		HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
		file_seal(&file);
		file_put(file.bytes + 8, 4, values[i / ARRAY_SIZE(values)]);
		file_put(file.bytes + 12, 4, values[i % ARRAY_SIZE(values)]);
		for (k = 0; k < 2; k++) {
			/* The second time, the caller has only half of the variable header. */
			input.head_len = k ? 36 : file.size;
			input.size = file.size;
			head = malloc(input.head_len);
			assert_non_null(head);
			memcpy(head, file.bytes, input.head_len);
			input.head = head;
			vmfw_igvm_check(&igvm, &input, NULL, NULL);
			memset(&header, 0, sizeof(header));
			while (vmfw_igvm_next(&igvm, &header)) {
				assert_true(header.content >= head);
				assert_true(header.content + header.length <=
					    head + input.head_len);
			}
			free(head);
		}
	}
}

static int fail_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	(void)offset;
	(void)buf;
	(void)len;
	return -EIO;
}

static void test_failed_read(void **state)
{
	static struct file file;
	struct vmfw_igvm_input input = { .head = file.bytes };
	struct vmfw_igvm igvm;

	(void)state;
	sample_x64(&file);
	input.size = file.size;
	input.head_len = file.headers_end;
	input.read = fail_read;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), -EIO);
	input.read = NULL;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), -EIO);
}

/* Checks beyond the format: for a platform, or for QEMU. */
enum more { FOR_NATIVE, FOR_SNP, FOR_TDX, QEMU };

static int check_more(struct file *file, enum more more, struct found *found)
{
	static const unsigned int platforms[] = {
		[FOR_NATIVE] = VMFW_IGVM_NATIVE,
		[FOR_SNP] = VMFW_IGVM_SEV_SNP,
		[FOR_TDX] = VMFW_IGVM_TDX,
	};
	const struct vmfw_igvm_input input = {
		.head = file->bytes,
		.head_len = file->size,
		.size = file->size,
	};
	struct vmfw_igvm igvm;

	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	if (more == QEMU)
		return vmfw_igvm_check_qemu(&igvm, NULL, collect, found);
	return vmfw_igvm_check_for(&igvm, platforms[more], collect, found);
}

static void expect_more(struct file *file, enum more more, unsigned int header,
			enum vmfw_igvm_rule rule)
{
	const struct vmfw_igvm_finding wanted = {
		.rule = rule,
		.header = header == FIXED ? VMFW_IGVM_NO_HEADER : header,
	};
	struct found found = { .file = file, .wanted = &wanted };
	int err;

	file_seal(file);
	err = check_more(file, more, &found);
	if (found.hits != 1 || err != (found.errors ? -EINVAL : 0))
		fail_msg("returned %d; wanted [%s] once, found:\n%s", err,
			 vmfw_igvm_rule_name(rule), found.lines);
}

static void test_for_platform(void **state)
{
	struct found found = { NULL };
	struct file file;

	(void)state;
	sample_x64(&file);
	assert_int_equal(check_more(&file, FOR_NATIVE, &found), 0);
	assert_int_equal(check_more(&file, FOR_SNP, &found), 0);
	assert_int_equal(found.errors + found.warnings, 0);

	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(&file, 0x001, 16, { 0, 4, 2 }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 8, 4, 1 },);
	expect_more(&file, FOR_TDX, FIXED, VMFW_IGVM_RULE_PLATFORM_ABSENT);
	expect_more(&file, FOR_SNP, FIXED, VMFW_IGVM_RULE_PLATFORM_UNLOADED);
	expect_more(&file, FOR_SNP, FIXED, VMFW_IGVM_RULE_POLICY_MISSING);

	/* A policy for another platform does not count. */
	sample_x64(&file);
	file_put(file_content(&file, H_POLICY) + 8, 4, SEV_ES);
	expect_more(&file, FOR_SNP, FIXED, VMFW_IGVM_RULE_POLICY_MISSING);
}

/* Make a file for SEV-SNP with the registers of two VPs, both at one address. */
static void two_contexts(struct file *file, uint64_t gpa)
{
	static uint8_t vmsa[4096];
	unsigned int vp, context[2];
	uint32_t data;

	file_begin(file, 1, 0);
	HEADER(file, 0x001, 16, { 0, 4, 1 }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(file, 0x302, 24, { 8, 4, 1 },);
	for (vp = 0; vp < 2; vp++)
		context[vp] = HEADER(file, 0x304, 20, { 0, 8, gpa },
				     { 8, 4, 1 }, { 16, 2, vp },);
	file_put(vmsa + 0x158, 8, 0x10);	/* CR0 */
	file_put(vmsa + 0x3b0, 8, 1);		/* SEV features: SNP */
	data = file_data(file, vmsa, sizeof(vmsa));
	for (vp = 0; vp < 2; vp++)
		file_put(file_content(file, context[vp]) + 12, 4, data);
	file_seal(file);
}

/* Registers of two VPs overlap, except at KVM's address for registers. */
static void test_vmsa_of_kvm(void **state)
{
	struct found at_kvm = { NULL }, elsewhere = { NULL };
	struct vmfw_igvm_input input = { 0 };
	struct vmfw_igvm_range *ranges;
	struct vmfw_igvm igvm;
	struct file file;
	uint8_t page[4096];
	size_t nr;

	(void)state;
	two_contexts(&file, 0xfffffffff000);
	assert_int_equal(check_more(&file, QEMU, &at_kvm), 0);
	assert_int_equal(at_kvm.errors + at_kvm.warnings, 0);
	input.head = file.bytes;
	input.head_len = file.size;
	input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	assert_int_equal(vmfw_igvm_ranges(&igvm, 1, VMFW_IGVM_VMSA, &ranges,
					  &nr), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(vmfw_igvm_read(&igvm, 1, ranges[0].start, page,
					sizeof(page)), 0);
	assert_int_equal(page[0x158], 0x10);
	free(ranges);
	two_contexts(&file, 0xffffffffe000);
	assert_int_equal(check(&file, &elsewhere, true), -EINVAL);
	assert_int_equal(elsewhere.errors, 1);
}

/* Only registers that begin exactly at KVM's address may overlap others there. */
static void test_overlaps_of_kvm(void **state)
{
	static const struct {
		uint64_t first, second;
		bool page;
		const char *facts;
	} all[] = {
		{ 0xfffffffff000, 0xfffffffff000, false,
		  "context-vp 3 vp_index 0x1" },
		{ 0xffffffffe800, 0xfffffffff000, false,
		  "unaligned 2 gpa 0xffffffffe800 0x1000; "
		  "context-vp 3 vp_index 0x1; "
		  "overlap 3 gpa 0xfffffffff000 0x2" },
		{ 0xfffffffff000, 0xfffffffff800, false,
		  "context-vp 3 vp_index 0x1; "
		  "unaligned 3 gpa 0xfffffffff800 0x1000; "
		  "overlap 3 gpa 0xfffffffff800 0x2" },
		{ 0xfffffffff000, 0xfffffffff000, true,
		  "overlap 3 gpa 0xfffffffff000 0x2" },
	};
	static struct file file;
	uint8_t *second;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		struct found found = { .file = &file };

		two_contexts(&file, 0);
		second = file_content(&file, 3);
		file_put(file_content(&file, 2), 8, all[i].first);
		file_put(second, 8, all[i].second);
		if (all[i].page) {
			file_put(second + TYPE, 4, VMFW_IGVM_T_PAGE_DATA);
			file_put(second + LENGTH, 4, 24);
			file_put(second + 16, 8, 0);
		}
		file_seal(&file);
		check(&file, &found, true);
		assert_string_equal(found.facts, all[i].facts);
	}
}

static void test_for_qemu(void **state)
{
	struct file file;

	(void)state;
	sample_x64(&file);
	expect_more(&file, QEMU, H_RELOC, VMFW_IGVM_RULE_QEMU_TYPE);
	expect_more(&file, QEMU, H_ERROR, VMFW_IGVM_RULE_QEMU_TYPE);
	expect_more(&file, QEMU, H_CTX_SNP, VMFW_IGVM_RULE_KVM_VMSA_CR0);
	file_put(file_content(&file, H_MEMORY_MAP) + 4, 4, 24);
	expect_more(&file, QEMU, H_MEMORY_MAP, VMFW_IGVM_RULE_QEMU_MEMORY_MAP);
	file_put(file_content(&file, H_CTX_SNP), 8, 0xffffffffe000);
	expect_more(&file, QEMU, H_CTX_SNP, VMFW_IGVM_RULE_KVM_VMSA_GPA);
	file_put(file_content(&file, H_CTX_SNP), 8, 0x1000000000000);
	expect_more(&file, QEMU, H_CTX_SNP, VMFW_IGVM_RULE_KVM_VMSA_GPA);
	memcpy(file_content(&file, H_AREA1) + 12,
	       file_content(&file, H_PAGE0) + 12, 4);
	expect_more(&file, QEMU, H_AREA1, VMFW_IGVM_RULE_QEMU_AREA_DATA);

	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 5, 1, 3 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 8, 4, 1 },);
	expect_more(&file, QEMU, FIXED, VMFW_IGVM_RULE_QEMU_PLATFORM);
}

/* SeaBIOS's memory map on a PC with 1 GiB of memory below 4 GiB, and 1 GiB above. */
static const struct vmfw_igvm_range qemu_memory[] = {
	{ 0, 0x9fc00 }, { 0x100000, 0x3ffdc000 },
	{ 0x100000000, 0x140000000 },
};
static const struct vmfw_igvm_range qemu_reserved[] = {
	{ 0x9fc00, 0xa0000 }, { 0xf0000, 0x100000 },
	{ 0x3ffdc000, 0x40000000 }, { 0xb0000000, 0xc0000000 },
};
#define QEMU_MACHINE							\
	.memory = qemu_memory, .nr_memory = ARRAY_SIZE(qemu_memory),	\
	.reserved = qemu_reserved, .nr_reserved = ARRAY_SIZE(qemu_reserved)

static const struct vmfw_igvm_machine qemu_plain = {
	QEMU_MACHINE, .platform = VMFW_IGVM_NATIVE, .vga = VMFW_IGVM_NO,
	.firmware = VMFW_IGVM_FIRMWARE_UEFI,
};
static const struct vmfw_igvm_machine qemu_vga = {
	QEMU_MACHINE, .platform = VMFW_IGVM_NATIVE, .vga = VMFW_IGVM_YES,
	.firmware = VMFW_IGVM_FIRMWARE_UEFI,
};
static const struct vmfw_igvm_machine qemu_bios = {
	QEMU_MACHINE, .platform = VMFW_IGVM_NATIVE, .vga = VMFW_IGVM_NO,
	.firmware = VMFW_IGVM_FIRMWARE_BIOS,
};
static const struct vmfw_igvm_machine qemu_high = {
	QEMU_MACHINE, .platform = VMFW_IGVM_ANY_PLATFORM,
};

/* Files with consecutive pages, or with required memory, at some address. */
static const struct {
	const char *name;
	const struct vmfw_igvm_machine *machine;
	uint64_t gpa;
	unsigned int pages;
	uint32_t required;
	enum vmfw_igvm_rule rule;	/* NR_RULES: only registers are missing */
	uint64_t bound;
} qemu_places[] = {
#define P(name, machine, gpa, pages, required, rule, bound) \
	{ name, machine, gpa, pages, required, VMFW_IGVM_RULE_##rule, bound }
#define OK(name, machine, gpa, pages, required) \
	{ name, machine, gpa, pages, required, VMFW_IGVM_NR_RULES, 0 }
	OK("a page in RAM", &qemu_plain, 0x100000, 1, 0),
	OK("the first page of RAM", &qemu_plain, 0, 1, 0),
	OK("to the end of RAM", &qemu_plain, 0x3ffff000, 1, 0),
	P("over the end of RAM", &qemu_plain, 0x3ffff000, 2, 0, QEMU_MEMORY,
	  0x40000000),
	P("required memory over the end of RAM", &qemu_plain, 0x3fff0000, 0,
	  0x20000, QEMU_MEMORY, 0x40000000),
	OK("above RAM", &qemu_plain, 0x40000000, 1, 0),
	OK("required memory above RAM", &qemu_plain, 0x90000000, 0, 0x100000),
	OK("to 4 GiB", &qemu_plain, 0xffffe000, 2, 0),
	P("over 4 GiB, into memory", &qemu_plain, 0xfffff000, 2, 0,
	  QEMU_MEMORY, 0x100000000),
	OK("over 4 GiB, with unknown memory", NULL, 0xfffff000, 2, 0),
	OK("memory above 4 GiB", &qemu_plain, 0x13ffff000, 1, 0),
	P("over the end of memory above 4 GiB", &qemu_plain, 0x13ffff000, 2, 0, QEMU_MEMORY,
	  0x140000000),
	P("the I/O APIC", NULL, 0xfec00000, 1, 0, QEMU_MMIO, 0xfec00000),
	P("a run into the I/O APIC", NULL, 0xfebff000, 2, 0, QEMU_MMIO,
	  0xfec00000),
	OK("just below the I/O APIC", NULL, 0xfebff000, 1, 0),
	OK("just above the I/O APIC", NULL, 0xfec01000, 1, 0),
	OK("just below the HPET", NULL, 0xfecff000, 1, 0),
	P("a run into the HPET", NULL, 0xfecff000, 2, 0, QEMU_MMIO, 0xfed00000),
	OK("just above the HPET", NULL, 0xfed01000, 1, 0),
	OK("just below the local APIC", NULL, 0xfedff000, 1, 0),
	P("a run out of the MSIs", NULL, 0xfeeff000, 2, 0, QEMU_MMIO,
	  0xfee00000),
	OK("just above the MSIs", NULL, 0xfef00000, 1, 0),
	P("the HPET", &qemu_plain, 0xfed00000, 1, 0, QEMU_MMIO, 0xfed00000),
	P("the local APIC", &qemu_plain, 0xfee00000, 1, 0, QEMU_MMIO,
	  0xfee00000),
	P("the last page of the MSIs", NULL, 0xfeeff000, 1, 0, QEMU_MMIO,
	  0xfee00000),
	P("the window of a VGA", &qemu_vga, 0xb8000, 1, 0, QEMU_VGA, 0xa0000),
	P("a run into the window of a VGA", &qemu_vga, 0x9f000, 2, 0, QEMU_VGA, 0xa0000),
	P("required memory around the window of a VGA", &qemu_vga, 0x1000, 0,
	  0xbf000, QEMU_VGA, 0xa0000),
	P("where a VGA may be", NULL, 0xa0000, 1, 0, QEMU_VGA_UNKNOWN,
	  0xa0000),
	OK("where no VGA is", &qemu_plain, 0x9f000, 4, 0),
	OK("below a VGA", &qemu_vga, 0x9f000, 1, 0),
	P("the last page of a VGA", &qemu_vga, 0xbf000, 1, 0, QEMU_VGA,
	  0xa0000),
	OK("above a VGA", &qemu_vga, 0xc0000, 1, 0),
	OK("one page at a border of PAM", &qemu_bios, 0xe0000, 1, 0),
	OK("a segment of PAM", &qemu_bios, 0xec000, 4, 0),
	OK("the last segment of PAM", &qemu_bios, 0xf0000, 16, 0),
	P("over a border of PAM", &qemu_bios, 0xe3000, 2, 0, QEMU_PAM,
	  0xe4000),
	P("into the first segment", &qemu_bios, 0xbf000, 2, 0, QEMU_PAM,
	  0xc0000),
	P("into the last segment", &qemu_bios, 0xef000, 2, 0, QEMU_PAM,
	  0xf0000),
	P("out of the last segment", &qemu_bios, 0xff000, 2, 0, QEMU_PAM,
	  0x100000),
	P("required memory over all segments of PAM", &qemu_bios, 0xc0000, 0,
	  0x40000, QEMU_PAM, 0xc4000),
	P("over a border, with UEFI", &qemu_plain, 0xe3000, 2, 0,
	  QEMU_PAM_UNKNOWN, 0xe4000),
	P("over a border, on any machine", NULL, 0xe3000, 2, 0,
	  QEMU_PAM_UNKNOWN, 0xe4000),
	P("on some platform", &qemu_high, 0x3ffff000, 2, 0, QEMU_MEMORY,
	  0x40000000),
#undef P
#undef OK
};

static int check_qemu(struct file *file,
		      const struct vmfw_igvm_machine *machine,
		      struct found *found)
{
	const struct vmfw_igvm_input input = {
		.head = file->bytes,
		.head_len = file->size,
		.size = file->size,
	};
	struct vmfw_igvm igvm;

	file_seal(file);
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	return vmfw_igvm_check_qemu(&igvm, machine, collect, found);
}

/* Make a file for native, in which all pages have the same data. */
static void place_pages(struct file *file, uint64_t gpa, unsigned int pages,
			uint32_t required)
{
	static const uint8_t bytes[4096] = { 1 };
	uint32_t data;
	unsigned int i;

	file_begin(file, 1, 0);
	HEADER(file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(file, 0x302, 24, { 0, 8, 0x200000 }, { 8, 4, 1 },);
	for (i = 0; i < pages; i++)
		HEADER(file, 0x302, 24, { 0, 8, gpa + i * 0x1000ull },
		       { 8, 4, 1 },);
	if (required)
		HEADER(file, 0x305, 24, { 0, 8, gpa }, { 8, 4, 1 },
		       { 12, 4, required },);
	data = file_data(file, bytes, sizeof(bytes));
	for (i = 0; i < 1 + pages; i++)
		file_put(file_content(file, 1 + i) + 12, 4, data);
}

static void test_places_of_qemu(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(qemu_places); i++) {
		enum vmfw_igvm_rule rule = qemu_places[i].rule;
		const struct vmfw_igvm_finding wanted = {
			.rule = rule,
			.header = 2,
		};
		struct found found = { .wanted = &wanted };
		struct file file;
		char bound[32];
		int err;

		place_pages(&file, qemu_places[i].gpa, qemu_places[i].pages,
			    qemu_places[i].required);
		err = check_qemu(&file, qemu_places[i].machine, &found);
		snprintf(bound, sizeof(bound), " 0x%llx [",
			 (unsigned long long)qemu_places[i].bound);
		/* Each file has one more finding: it has no registers. */
		if (err != (found.errors ? -EINVAL : 0) ||
		    found.errors + found.warnings !=
		    (rule == VMFW_IGVM_NR_RULES ? 1 : 2) ||
		    (rule != VMFW_IGVM_NR_RULES &&
		     (found.hits != 1 || !strstr(found.lines, bound))))
			fail_msg("%s: %d, wanted %s, found:\n%s",
				 qemu_places[i].name, err,
				 rule == VMFW_IGVM_NR_RULES ? "nothing" :
				 vmfw_igvm_rule_name(rule), found.lines);
	}
}

/*
 * Required memory from the first MiB over the end of RAM. A VGA is an error of its own, and
 * the only one. Without a VGA, or if nobody knows, the end of RAM is the error.
 */
static void test_large_memory_of_qemu(void **state)
{
	static const struct {
		enum vmfw_igvm_known vga;
		enum vmfw_igvm_rule rule;
	} cases[] = {
		{ VMFW_IGVM_NO, VMFW_IGVM_RULE_QEMU_MEMORY },
		{ VMFW_IGVM_UNKNOWN, VMFW_IGVM_RULE_QEMU_MEMORY },
		{ VMFW_IGVM_YES, VMFW_IGVM_RULE_QEMU_VGA },
	};
	struct vmfw_igvm_machine machine = qemu_plain;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct vmfw_igvm_finding wanted = {
			.rule = cases[i].rule,
			.header = 2,
		};
		struct found found = { .wanted = &wanted };
		struct file file;

		machine.vga = cases[i].vga;
		place_pages(&file, 0x1000, 0, 0x50000000);
		assert_int_equal(check_qemu(&file, &machine, &found), -EINVAL);
		assert_int_equal(found.errors, 1);
		assert_int_equal(found.hits, 1);
	}
}

/*
 * Make a file with required memory over a border of PAM, and with a firmware. All pages
 * of the firmware have the same data, with a signature.
 */
static void make_bios(struct file *file, unsigned int pages, const char *head)
{
	static uint8_t bytes[4096];
	unsigned int page;
	uint32_t data;

	file_begin(file, 1, 0);
	HEADER(file, 0x001, 16, { 0, 4, NATIVE }, { 6, 2, 1 },);
	HEADER(file, 0x001, 16, { 0, 4, SNP }, { 5, 1, 2 }, { 6, 2, 1 },);
	for (page = 0; page < pages; page++)
		HEADER(file, 0x302, 24,
		       { 0, 8, 0x100000000 - (pages - page) * 0x1000ull },
		       { 8, 4, NATIVE | SNP },);
	HEADER(file, 0x305, 24, { 0, 8, 0xe0000 }, { 8, 4, NATIVE | SNP },
	       { 12, 4, 0x8000 },);
	memcpy(bytes + 40, head, 4);
	data = file_data(file, bytes, sizeof(bytes));
	for (page = 0; page < pages; page++)
		file_put(file_content(file, 2 + page) + 12, 4, data);
}

/*
 * QEMU loads the image at the second reset, too. By then a BIOS in the image has
 * changed the segments below 1 MiB. UEFI does not change them.
 */
static void test_bios_of_qemu(void **state)
{
	static const struct vmfw_igvm_machine snp = {
		.platform = VMFW_IGVM_SEV_SNP,
		.firmware = VMFW_IGVM_FIRMWARE_UEFI,
	};
	static const struct {
		unsigned int pages;
		const char *head;
		const struct vmfw_igvm_machine *machine;
		const char *rule;
	} firmware[] = {
		{ 16, "BIOS", &qemu_plain, "[qemu-pam-bios]" },
		{ 16, "_FVH", &qemu_plain, "[qemu-pam-unknown]" },
		{ 15, "BIOS", &qemu_plain, "[qemu-pam-unknown]" },
		/* QEMU does not load native. */
		{ 16, "BIOS", &snp, "[qemu-pam-unknown]" },
		/* The machine's firmware is unknown. */
		{ 16, "BIOS", &qemu_high, "[qemu-pam-unknown]" },
	};
	struct file file;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(firmware); i++) {
		struct found found = { NULL };

		make_bios(&file, firmware[i].pages, firmware[i].head);
		assert_int_equal(check_qemu(&file, firmware[i].machine, &found),
				 i ? 0 : -EINVAL);
		assert_non_null(strstr(found.lines, firmware[i].rule));
		/* Without a machine, the finding is only a warning. */
		assert_int_equal(check_qemu(&file, NULL, &found), 0);
	}
}

static int refuse_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	(void)offset;
	(void)buf;
	(void)len;
	return -EPERM;
}

/* The check reads the signature of a firmware volume, and returns its error. */
static void test_unreadable_bios_of_qemu(void **state)
{
	struct vmfw_igvm_input input = { .read = refuse_read };
	struct found found = { NULL };
	struct vmfw_igvm igvm;
	struct file file;

	(void)state;
	make_bios(&file, 16, "BIOS");
	file_seal(&file);
	input.head = file.bytes;
	input.head_len = file.headers_end;
	input.size = file.size;
	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	assert_int_equal(vmfw_igvm_check_qemu(&igvm, &qemu_plain, collect,
					      &found), -EPERM);
	assert_null(strstr(found.lines, "qemu-pam"));
}

/*
 * A header that does not continue a run of pages ends the run. A shorter run
 * does not cross the border of a segment.
 */
static void test_runs_of_qemu(void **state)
{
	static const struct {
		unsigned int at, width;
		uint64_t value;
	} differences[] = {
		{ 8, 4, 3 },		/* another mask */
		{ 12, 4, 0 },		/* no data */
		{ 16, 4, 2 },		/* other flags */
		{ 20, 2, 1 },		/* another type */
	};
	struct found found = { NULL };
	struct file file;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(differences); i++) {
		memset(&found, 0, sizeof(found));
		place_pages(&file, 0xe3000, 2, 0);
		if (differences[i].at == 8) {
			file_begin(&file, 1, 0);
			HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
			HEADER(&file, 0x001, 16, { 0, 4, 2 }, { 5, 1, 3 },
			       { 6, 2, 1 },);
			HEADER(&file, 0x302, 24, { 0, 8, 0xe3000 },
			       { 8, 4, 1 },);
			HEADER(&file, 0x302, 24, { 0, 8, 0xe4000 },
			       { 8, 4, 3 },);
			file_data(&file, "data", 4);
		} else {
			file_put(file_content(&file, 3) + differences[i].at,
				 differences[i].width, differences[i].value);
		}
		assert_int_equal(check_qemu(&file, &qemu_bios, &found), 0);
		assert_null(strstr(found.lines, "qemu-pam"));
	}
	/* Pages in descending order form no run. */
	place_pages(&file, 0xe3000, 2, 0);
	file_put(file_content(&file, 2), 8, 0xe4000);
	file_put(file_content(&file, 3), 8, 0xe3000);
	assert_int_equal(check_qemu(&file, &qemu_bios, &found), 0);
	assert_null(strstr(found.lines, "qemu-pam"));
	/* Nor do pages with a header of another platform between them. */
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(&file, 0x001, 16, { 0, 4, 2 }, { 5, 1, 3 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0xe3000 }, { 8, 4, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x200000 }, { 8, 4, 2 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0xe4000 }, { 8, 4, 1 },);
	file_data(&file, "data", 4);
	assert_int_equal(check_qemu(&file, &qemu_bios, &found), 0);
	assert_null(strstr(found.lines, "qemu-pam"));
}

/*
 * Three headers that require memory above RAM, in their order. The finding names
 * a header whose memory is only partly in the memory of an earlier one.
 */
static const struct {
	struct vmfw_igvm_range requests[3];
	const char *facts;
} qemu_requests[] = {
#define REQUESTS(a, b, c, d, e, f, facts) \
	{ { { a, b }, { c, d }, { e, f } }, facts }
	/* All within the first one, up to its end. */
	REQUESTS(0x90000000, 0x90004000, 0x90002000, 0x90003000,
		 0x90001000, 0x90004000, ""),
	REQUESTS(0x90000000, 0x90004000, 0x90000000, 0x90004000,
		 0x90000000, 0x90001000, ""),
	REQUESTS(0x90000000, 0x90004000, 0x90003000, 0x90004000,
		 0x90003000, 0x90004000, ""),
	/* Neighbours. */
	REQUESTS(0x90000000, 0x90001000, 0x90001000, 0x90002000,
		 0x90002000, 0x90003000, ""),
	/* A page after the end of the first one, and a page before its start. */
	REQUESTS(0x90000000, 0x90004000, 0x90002000, 0x90005000,
		 0x90001000, 0x90004000,
		 "qemu-memory 3 gpa 0x90002000 0x90004000"),
	REQUESTS(0x90001000, 0x90004000, 0x90000000, 0x90004000,
		 0x90001000, 0x90004000,
		 "qemu-memory 3 gpa 0x90000000 0x90001000"),
	/* From the same start, but beyond the end of the first one. */
	REQUESTS(0x90000000, 0x90001000, 0x90000000, 0x90004000,
		 0x90000000, 0x90001000,
		 "qemu-memory 3 gpa 0x90000000 0x90000000"),
	/* Partly in the memory of the second one. */
	REQUESTS(0x90000000, 0x90001000, 0x90001000, 0x90003000,
		 0x90002000, 0x90004000,
		 "qemu-memory 4 gpa 0x90002000 0x90003000"),
	/* In RAM that the firmware has reserved. */
	REQUESTS(0x3ffe0000, 0x3ffe4000, 0x3ffe2000, 0x3ffe5000,
		 0x3ffe1000, 0x3ffe6000, ""),
	/* In RAM, which is one piece, below and above 4 GiB. */
	REQUESTS(0x200000, 0x204000, 0x202000, 0x205000, 0x201000, 0x206000,
		 ""),
	REQUESTS(0x100000000, 0x100004000, 0x100002000, 0x100005000,
		 0x100001000, 0x100006000, ""),
	/* Just above RAM. */
	REQUESTS(0x40000000, 0x40004000, 0x40002000, 0x40005000,
		 0x40001000, 0x40004000,
		 "qemu-memory 3 gpa 0x40002000 0x40004000"),
	REQUESTS(0x140000000, 0x140004000, 0x140002000, 0x140005000,
		 0x140001000, 0x140004000,
		 "qemu-memory 3 gpa 0x140002000 0x140004000"),
#undef REQUESTS
};

/*
 * QEMU puts new memory into a gap, as a piece of its own. It loads a run of
 * pages only at the first header that does not continue the run.
 */
static void test_new_pieces_of_qemu(void **state)
{
	struct found found = { NULL };
	struct file file;

	(void)state;
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x90001000 }, { 8, 4, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x100000 }, { 8, 4, 1 },);
	HEADER(&file, 0x305, 24, { 0, 8, 0x90000000 }, { 8, 4, 1 },
	       { 12, 4, 0x4000 },);
	file_data(&file, "data", 4);
	assert_int_equal(check_qemu(&file, &qemu_plain, &found), -EINVAL);
	assert_non_null(strstr(found.lines, "header 3"));
	assert_non_null(strstr(found.lines, "[qemu-memory]"));

	memset(&found, 0, sizeof(found));
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(&file, 0x305, 24, { 0, 8, 0x90000000 }, { 8, 4, 1 },
	       { 12, 4, 0x4000 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x90001000 }, { 8, 4, 1 },);
	file_data(&file, "data", 4);
	assert_int_equal(check_qemu(&file, &qemu_plain, &found), 0);
}

static void test_requests_of_qemu(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(qemu_requests); i++) {
		const char *wanted = qemu_requests[i].facts;
		struct found found = { NULL };
		struct file file;
		char facts[256];

		file_begin(&file, 1, 0);
		HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
		HEADER(&file, 0x302, 24, { 0, 8, 0x100000 }, { 8, 4, 1 },);
		for (k = 0; k < 3; k++) {
			const struct vmfw_igvm_range *range =
				&qemu_requests[i].requests[k];

			HEADER(&file, 0x305, 24, { 0, 8, range->start },
			       { 8, 4, 1 },
			       { 12, 4, range->end - range->start },);
		}
		file_data(&file, "data", 4);
		assert_int_equal(check_qemu(&file, &qemu_plain, &found),
				 wanted[0] ? -EINVAL : 0);
		/* Each file has one more finding: it has no registers. */
		snprintf(facts, sizeof(facts),
			 "qemu-registers - compatibility_mask 0x1%s%s",
			 wanted[0] ? "; " : "", wanted);
		assert_string_equal(found.facts, facts);
	}
}

/* The platform that QEMU chooses on a machine. */
static void test_platform_of_qemu(void **state)
{
	struct vmfw_igvm_machine machine = { .platform = VMFW_IGVM_NATIVE };
	struct found found = { NULL };
	struct file file;

	(void)state;
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0xfec00000 }, { 8, 4, 1 },);
	file_data(&file, "data", 4);
	/* An image for SEV-SNP alone, in a plain guest. */
	assert_int_equal(check_qemu(&file, &machine, &found), -EINVAL);
	assert_non_null(strstr(found.lines, "[qemu-platform]"));
	assert_null(strstr(found.lines, "[qemu-mmio]"));
	memset(&found, 0, sizeof(found));
	machine.platform = VMFW_IGVM_SEV_SNP;
	assert_int_equal(check_qemu(&file, &machine, &found), -EINVAL);
	assert_null(strstr(found.lines, "[qemu-platform]"));
	assert_non_null(strstr(found.lines, "[qemu-mmio]"));
	/* On SEV-SNP, QEMU also takes an image for native, but not on TDX. */
	memset(&found, 0, sizeof(found));
	file_put(file_content(&file, 0) + 5, 1, 0);
	assert_int_equal(check_qemu(&file, &machine, &found), -EINVAL);
	assert_non_null(strstr(found.lines, "[qemu-mmio]"));
	memset(&found, 0, sizeof(found));
	machine.platform = VMFW_IGVM_TDX;
	assert_int_equal(check_qemu(&file, &machine, &found), -EINVAL);
	assert_non_null(strstr(found.lines, "[qemu-platform]"));
}

/* Headers of sample_qemu(), in their order. Their masks are those of sample_x64(). */
enum {
	Q_NATIVE, Q_SNP, Q_VBS, Q_TDX, Q_SEV, Q_SEV_ES, Q_POLICY,
	Q_PAGE, Q_SECRETS, Q_AREA, Q_VP_COUNT, Q_MEMORY_MAP, Q_MADT,
	Q_ENVIRONMENT, Q_INSERT, Q_REQUIRED,
	Q_CTX_NATIVE, Q_CTX_SNP, Q_CTX_SEV_ES, Q_ID_BLOCK,
	Q_DATA		/* not a header: the change is in the data */
};

/* Offsets in the data: registers of native, a VMSA of SEV-SNP, one of SEV-ES. */
#define DATA_NATIVE	0x1000
#define DATA_SNP	0x2000
#define DATA_SEV_ES	0x3000

/* Make a file that QEMU loads on each of its platforms, without a finding. */
static void sample_qemu(struct file *file)
{
	static const unsigned int types[] = { 0, 2, 1, 3, 4, 5 };
	static const unsigned int with_data[] = {
		Q_PAGE, Q_CTX_NATIVE, Q_CTX_SNP, Q_CTX_SEV_ES,
	};
	uint8_t data[4 * 4096] = { 1 };
	unsigned int i;
	uint32_t at;

	file_begin(file, 2, 0);
	for (i = 0; i < ARRAY_SIZE(types); i++)
		HEADER(file, 0x001, 16, { 0, 4, 1u << i }, { 5, 1, types[i] },
		       { 6, 2, 1 },);
	HEADER(file, 0x101, 16, { 0, 8, 0x30000 }, { 8, 4, SNP },);
	HEADER(file, 0x302, 24, { 0, 8, 0xfffff000 }, { 8, 4, ALL_X64 },);
	HEADER(file, 0x302, 24, { 0, 8, 0x31000 }, { 8, 4, SNP },
	       { 20, 2, 1 },);
	HEADER(file, 0x301, 16, { 0, 8, 0x1000 },);
	HEADER(file, 0x307, 8, { 4, 4, 0x10 },);
	HEADER(file, 0x30c, 8,);
	HEADER(file, 0x309, 8,);
	HEADER(file, 0x313, 8, { 4, 4, 0x20 },);
	HEADER(file, 0x303, 16, { 0, 8, 0x12000 }, { 8, 4, ALL_X64 },);
	HEADER(file, 0x305, 24, { 0, 8, 0x100000 }, { 8, 4, ALL_X64 },
	       { 12, 4, 0x10000 },);
	HEADER(file, 0x304, 20, { 8, 4, NATIVE },);
	HEADER(file, 0x304, 20, { 0, 8, 0xfffffffff000 }, { 8, 4, SNP },);
	HEADER(file, 0x304, 20, { 0, 8, 0xfffffffff000 }, { 8, 4, SEV_ES },);
	HEADER(file, 0x30b, 696, { 0, 4, SNP }, { 96, 4, 1 },);
	file_put(data + DATA_SNP + 0x158, 8, 0x30);	/* CR0 */
	file_put(data + DATA_SNP + 0x3b0, 8, 1);	/* SEV features */
	file_put(data + DATA_SEV_ES + 0x158, 8, 0x10);
	at = file_data(file, data, sizeof(data));
	for (i = 0; i < ARRAY_SIZE(with_data); i++)
		file_put(file_content(file, with_data[i]) + 12, 4,
			 at + 4096 * i);
}

#define ON(name, type, ...) \
	static const struct vmfw_igvm_machine name = { \
		.platform = VMFW_IGVM_##type, __VA_ARGS__ \
	}
ON(on_native, NATIVE, .vcpus = 1);
ON(on_native_kvm, NATIVE, .kvm = true);
ON(on_es, SEV_ES, .vcpus = 1);
ON(on_snp, SEV_SNP);
ON(on_snp_1, SEV_SNP, .vcpus = 1);
ON(on_snp_2, SEV_SNP, .vcpus = 2);
#undef ON

/* Changes of sample_qemu(), and all findings on a machine. NULL: any machine. */
static const struct {
	const struct vmfw_igvm_machine *machine;
	unsigned int header;
	struct field fields[3];
	const char *facts;
} qemu_changes[] = {
#define ANY	NULL
	{ ANY, Q_PAGE, { { 0 } }, "" },
	{ &on_native, Q_PAGE, { { 0 } }, "" },
	{ &on_es, Q_PAGE, { { 0 } }, "" },
	{ &on_snp, Q_PAGE, { { 0 } }, "" },

	/* Pages that QEMU refuses, or loads differently, on some platforms. */
	{ ANY, Q_SECRETS, { { 8, 4, SNP | SEV } },
	  "qemu-data-type 8 data_type 0x1" },
	{ ANY, Q_SECRETS, { { 8, 4, SNP | SEV_ES } },
	  "qemu-data-type 8 data_type 0x1" },
	{ ANY, Q_SECRETS, { { 8, 4, SNP | NATIVE | VBS | TDX } }, "" },
	{ &on_snp, Q_SECRETS, { { 8, 4, SNP | SEV | SEV_ES } }, "" },
	{ ANY, Q_PAGE, { { 16, 4, 2 } }, "" },
	{ ANY, Q_SECRETS, { { 16, 4, 4 } }, "qemu-shared 8 flags 0x4" },
	{ ANY, Q_SECRETS, { { 8, 4, SEV }, { 16, 8, 4 } },
	  "qemu-shared 8 flags 0x4" },
	{ ANY, Q_SECRETS, { { 8, 4, SEV_ES }, { 16, 8, 4 } },
	  "qemu-shared 8 flags 0x4" },
	{ ANY, Q_SECRETS, { { 8, 4, NATIVE | VBS | TDX }, { 16, 8, 4 } }, "" },
	{ &on_native, Q_SECRETS, { { 16, 4, 4 } }, "" },
	{ ANY, Q_SECRETS, { { 0, 8, 0x400000 }, { 16, 4, 1 } }, "" },

	/* Parameters at an offset. */
	{ ANY, Q_MEMORY_MAP, { { 4, 4, 0x18 } },
	  "qemu-memory-map 11 byte_offset 0x18" },
	{ ANY, Q_MADT, { { 4, 4, 0x40 } }, "qemu-madt 12 byte_offset 0x40" },

	/* VP contexts. */
	{ ANY, Q_CTX_NATIVE, { { 16, 2, 1 } },
	  "qemu-context-vp 16 vp_index 0x1" },
	{ &on_native, Q_CTX_NATIVE, { { 16, 2, 1 } },
	  "qemu-context-vp 16 vp_index 0x1" },
	{ &on_snp, Q_CTX_NATIVE, { { 16, 2, 1 } }, "" },
	{ ANY, Q_CTX_NATIVE, { { 8, 4, SEV } },
	  "qemu-context-sev 16 compatibility_mask 0x10; "
	  "qemu-registers - compatibility_mask 0x1" },
	{ &on_native, Q_CTX_NATIVE, { { 8, 4, SEV } },
	  "qemu-registers - compatibility_mask 0x1" },
	{ &on_snp, Q_CTX_NATIVE, { { 8, 4, SEV } }, "" },
	{ ANY, Q_CTX_SNP, { { 16, 2, 7 } }, "" },
	{ &on_snp, Q_CTX_SNP, { { 16, 2, 7 } }, "" },
	{ &on_snp_1, Q_CTX_SNP, { { 16, 2, 1 } },
	  "qemu-vp-absent 17 vp_index 0x1 0x1" },
	{ &on_snp_2, Q_CTX_SNP, { { 16, 2, 1 } }, "" },
	{ &on_es, Q_CTX_SEV_ES, { { 16, 2, 1 } },
	  "qemu-vp-absent 18 vp_index 0x1 0x1" },
	{ ANY, Q_CTX_SNP, { { 8, 4, SEV_ES }, { 16, 2, 1 } },
	  "qemu-vmsa-features 17 sev_features 0x1" },
	{ ANY, Q_CTX_SEV_ES, { { 8, 4, SNP }, { 16, 2, 1 } },
	  "qemu-vmsa-features 18 sev_features 0x0" },
	{ ANY, Q_CTX_SNP, { { 0, 8, 0xffffffffe000 } },
	  "kvm-vmsa-gpa 17 gpa 0xffffffffe000 0xfffffffff000" },

	/* Registers that KVM refuses. Only SEV-SNP and SEV-ES always have KVM. */
	{ ANY, Q_DATA, { { DATA_NATIVE + 204, 1, 1 } },
	  "kvm-registers 16 cr0 0x100000000" },
	{ &on_native_kvm, Q_DATA, { { DATA_NATIVE + 204, 1, 1 } },
	  "kvm-registers 16 cr0 0x100000000" },
	{ &on_native, Q_DATA, { { DATA_NATIVE + 204, 1, 1 } }, "" },
	{ &on_snp, Q_DATA, { { DATA_NATIVE + 204, 1, 1 } }, "" },
	{ &on_snp, Q_DATA, { { DATA_SNP + 0x15c, 1, 1 } },
	  "kvm-vmsa-cr0 17 cr0 0x100000030 0x31; "
	  "kvm-registers 17 cr0 0x100000030" },
	{ &on_es, Q_DATA, { { DATA_SEV_ES + 0x15c, 1, 1 } },
	  "kvm-vmsa-cr0 18 cr0 0x100000010 0x31; "
	  "kvm-registers 18 cr0 0x100000010" },
	{ &on_native_kvm, Q_DATA, { { DATA_SNP + 0x15c, 1, 1 } }, "" },

	/* An ID block with an author key. */
	{ ANY, Q_ID_BLOCK, { { 4, 1, 1 }, { 100, 4, 1 }, { 544, 1, 1 } }, "" },
	{ ANY, Q_ID_BLOCK, { { 4, 1, 1 }, { 100, 4, 1 }, { 545, 1, 1 } },
	  "qemu-id-author 19 author_key_enabled 0x1" },
	{ &on_native, Q_ID_BLOCK, { { 4, 1, 1 }, { 100, 4, 1 }, { 545, 1, 1 } },
	  "" },

	/* One finding for a header, even if several platforms have it. */
	{ ANY, Q_PAGE, { { 0, 8, 0xfec00000 } },
	  "qemu-mmio 7 gpa 0xfec00000 0xfec00000" },
	{ ANY, Q_REQUIRED, { { 0, 8, 0xa0000 } },
	  "qemu-vga-unknown 15 gpa 0xa0000 0xa0000" },
#undef ANY
};

static void test_changes_of_qemu(void **state)
{
	static struct file file;
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(qemu_changes); i++) {
		unsigned int header = qemu_changes[i].header;
		struct found found = { .file = &file };
		uint8_t *at;
		int err;

		sample_qemu(&file);
		at = header == Q_DATA ? file.bytes + file.headers_end :
					file_content(&file, header);
		for (k = 0; k < ARRAY_SIZE(qemu_changes[i].fields); k++)
			file_put(at + qemu_changes[i].fields[k].at,
				 qemu_changes[i].fields[k].width,
				 qemu_changes[i].fields[k].value);
		err = check_qemu(&file, qemu_changes[i].machine, &found);
		if (err != (found.errors ? -EINVAL : 0) ||
		    strcmp(found.facts, qemu_changes[i].facts))
			fail_msg("%zu: %d\nexpected: %s\n   found: %s", i, err,
				 qemu_changes[i].facts, found.facts);
	}
}

/* Fields of a VMSA that QEMU hands to KVM, or that check_vmsa() has a rule for. */
static const struct {
	unsigned int at;
	unsigned int size;
} vmsa_fields[] = {
	{ 0x000, 10 * 16 },	/* ES to GS, GDTR, LDTR, IDTR, TR */
	{ 0x0d0, 8 },		/* EFER */
	{ 0x148, 7 * 8 },	/* CR4, CR3, CR0, DR7, DR6, RFLAGS, RIP */
	{ 0x1d8, 8 },		/* RSP */
	{ 0x1f8, 8 },		/* RAX */
	{ 0x268, 8 },		/* PAT */
	{ 0x308, 3 * 8 },	/* RCX, RDX, RBX */
	{ 0x328, 3 * 8 },	/* RBP, RSI, RDI */
	{ 0x340, 8 * 8 },	/* R8 to R15 */
	{ 0x3b0, 8 },		/* SEV features */
	{ 0x3e8, 8 },		/* XCR0 */
	{ 0x408, 4 },		/* MXCSR */
	{ 0x410, 2 },		/* x87 control word */
	{ 0x670, 0x990 },	/* after the last field */
};

/* QEMU has no way to set the other bytes of a VMSA. */
static void test_vmsa_of_qemu(void **state)
{
	static struct file file;
	unsigned int at;

	(void)state;
	sample_qemu(&file);
	for (at = 0; at < 4096; at++) {
		uint8_t *byte = file.bytes + file.headers_end + DATA_SNP + at;
		struct found found = { .file = &file };
		uint8_t before = *byte;
		bool allowed = false;
		char fact[64];
		size_t i;

		for (i = 0; i < ARRAY_SIZE(vmsa_fields); i++)
			allowed |= at >= vmsa_fields[i].at &&
				   at - vmsa_fields[i].at < vmsa_fields[i].size;
		*byte |= 0x80;
		check_qemu(&file, &on_snp, &found);
		*byte = before;
		snprintf(fact, sizeof(fact), "qemu-vmsa 17 vmsa_offset 0x%x",
			 at);
		if (allowed ? !!strstr(found.facts, "qemu-vmsa ") :
			      strcmp(found.facts, fact))
			fail_msg("byte 0x%x: %s", at, found.facts);
	}
}

/* QEMU chooses the strongest platform of a file that the machine also has. */
static void test_choices_of_qemu(void **state)
{
	static const unsigned int weakest_first[] = {
		VMFW_IGVM_NATIVE, VMFW_IGVM_SEV, VMFW_IGVM_SEV_ES,
		VMFW_IGVM_SEV_SNP,
	};
	const unsigned int nr = ARRAY_SIZE(weakest_first);
	static struct file file;
	unsigned int subset, type, i;

	(void)state;
	for (subset = 1; subset < 1u << nr; subset++) {
		for (type = 0; type < nr; type++) {
			const struct vmfw_igvm_machine machine = {
				.platform = weakest_first[type],
			};
			struct found found = { .file = &file };
			unsigned int page = 0, chosen = nr;
			char facts[128];

			file_begin(&file, 1, 0);
			for (i = 0; i < nr; i++)
				if (subset & 1u << i)
					HEADER(&file, 0x001, 16,
					       { 0, 4, 1u << i },
					       { 5, 1, weakest_first[i] },
					       { 6, 2, 1 },);
			/* The finding about a page shows which platform it is. */
			for (i = 0; i < nr; i++) {
				unsigned int header;

				if (!(subset & 1u << i))
					continue;
				header = HEADER(&file, 0x302, 24,
						{ 0, 8, 0xfec00000 },
						{ 8, 4, 1u << i },);
				if (i <= type) {
					chosen = i;
					page = header;
				}
			}
			file_data(&file, "data", 4);
			if (chosen == nr)
				snprintf(facts, sizeof(facts),
					 "qemu-platform - platform_type 0x%x",
					 file_content(&file, 0)[5]);
			else
				snprintf(facts, sizeof(facts),
					 "%sqemu-mmio %u gpa 0xfec00000 0xfec00000",
					 chosen ? "" :
					 "qemu-registers - compatibility_mask 0x1; ",
					 page);
			assert_int_equal(check_qemu(&file, &machine, &found),
					 -EINVAL);
			assert_string_equal(found.facts, facts);
		}
	}
}

/* Memory maps, and the end of the piece of RAM that begins at 0. */
static const struct {
	struct vmfw_igvm_range memory[4], reserved[2];
	uint64_t end;		/* 0: unknown */
} qemu_maps[] = {
	{ { { 0, 0x9f000 }, { 0x100000, 0x400000 } }, { { 0x9f000, 0xa0000 } },
	  0x400000 },
	/* In any order, with a reserved range between them. */
	{ { { 0, 0x9f000 }, { 0x400000, 0x500000 }, { 0x100000, 0x300000 } },
	  { { 0x300000, 0x400000 } }, 0x500000 },
	/* A gap of one page, in memory and in front of a reserved range. */
	{ { { 0, 0x9f000 }, { 0x100000, 0x300000 }, { 0x301000, 0x500000 } },
	  { { 0, 0x1000 } }, 0x300000 },
	{ { { 0, 0x9f000 }, { 0x100000, 0x300000 } },
	  { { 0x301000, 0x500000 } }, 0x300000 },
	/* The last range is reserved, or ends within another one. */
	{ { { 0, 0x9f000 }, { 0x100000, 0x300000 } },
	  { { 0x300000, 0x340000 }, { 0x340000, 0x380000 } }, 0x380000 },
	{ { { 0, 0x9f000 }, { 0x100000, 0x300000 }, { 0x110000, 0x200000 } },
	  { { 0x180000, 0x1a0000 } }, 0x300000 },
	/* There is no memory at 0, or none is known. */
	{ { { 0x1000, 0x9f000 }, { 0x100000, 0x300000 } }, { { 0, 0x1000 } },
	  0 },
	{ { { 0, 0 } }, { { 0, 0x300000 } }, 0 },
};

static size_t count_ranges(const struct vmfw_igvm_range *ranges, size_t most)
{
	size_t nr = 0;

	while (nr < most && ranges[nr].end)
		nr++;
	return nr;
}

static void test_maps_of_qemu(void **state)
{
	static struct file file;
	size_t i;
	int over;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(qemu_maps); i++) {
		const struct vmfw_igvm_machine machine = {
			.memory = qemu_maps[i].memory,
			.nr_memory = count_ranges(qemu_maps[i].memory, 4),
			.reserved = qemu_maps[i].reserved,
			.nr_reserved = count_ranges(qemu_maps[i].reserved, 2),
			.vga = VMFW_IGVM_NO,
		};
		uint64_t end = qemu_maps[i].end ? qemu_maps[i].end : 0x300000;

		/* Two pages to the end, or over it. */
		for (over = 0; over < 2; over++) {
			struct found found = { .file = &file };
			char facts[128];
			int used;

			place_pages(&file, end - (2 - over) * 0x1000ull, 2, 0);
			used = snprintf(facts, sizeof(facts),
					"qemu-registers - compatibility_mask 0x1");
			if (over && qemu_maps[i].end)
				snprintf(facts + used, sizeof(facts) - used,
					 "; qemu-memory 2 gpa 0x%llx 0x%llx",
					 (unsigned long long)end - 0x1000,
					 (unsigned long long)end);
			check_qemu(&file, &machine, &found);
			assert_string_equal(found.facts, facts);
		}
	}
}

/* Rules of QEMU for contexts, pages and ID blocks. */
static void test_headers_of_qemu(void **state)
{
	struct vmfw_igvm_machine machine = {
		.platform = VMFW_IGVM_SEV_SNP,
		.vcpus = 1,
	};
	struct found found = { NULL }, vbs = { NULL };
	struct file file;
	uint32_t data;

	(void)state;
	sample_x64(&file);
	expect_more(&file, QEMU, H_CTX_SNP, VMFW_IGVM_RULE_QEMU_VMSA);
	/* The VBS context is that of VP 0. */
	check_qemu(&file, NULL, &vbs);
	assert_null(strstr(vbs.facts, "qemu-context-vp"));
	file_put(file_content(&file, H_CTX_NATIVE) + 16, 2, 1);
	expect_more(&file, QEMU, H_CTX_NATIVE,
		    VMFW_IGVM_RULE_QEMU_CONTEXT_VP);
	file_put(file_content(&file, H_CTX_NATIVE) + 8, 4, SEV);
	expect_more(&file, QEMU, H_CTX_NATIVE,
		    VMFW_IGVM_RULE_QEMU_CONTEXT_SEV);
	expect_more(&file, QEMU, FIXED, VMFW_IGVM_RULE_QEMU_REGISTERS);

	/* On any machine, libigvm aborts on a VBS context of another VP. */
	sample_x64(&file);
	file_put(file_content(&file, H_CTX_VBS) + 16, 2, 1);
	file_put(file_content(&file, H_RELOC) + 4, 2, 1);
	file_put(file_content(&file, H_PAGE_TABLE) + 4, 2, 1);
	expect_more(&file, QEMU, H_CTX_VBS, VMFW_IGVM_RULE_QEMU_CONTEXT_VP);

	sample_x64(&file);
	file_put(file_content(&file, H_PAGE_SNP) + 8, 4, SNP | SEV_ES);
	expect_more(&file, QEMU, H_PAGE_SNP, VMFW_IGVM_RULE_QEMU_DATA_TYPE);
	file_put(file_content(&file, H_PAGE0) + 16, 4, 4);
	expect_more(&file, QEMU, H_PAGE0, VMFW_IGVM_RULE_QEMU_SHARED);
	file_put(file_content(&file, H_ID_BLOCK) + 545, 1, 2);
	file_put(file_content(&file, H_ID_BLOCK) + 4, 1, 1);
	file_put(file_content(&file, H_ID_BLOCK) + 100, 4, 1);
	expect_more(&file, QEMU, H_ID_BLOCK, VMFW_IGVM_RULE_QEMU_ID_AUTHOR);

	/* VMSAs: features, fields, and a VP beyond those of the machine. */
	two_contexts(&file, 0xfffffffff000);
	memcpy(&data, file_content(&file, 2) + 12, sizeof(data));
	file_put(file.bytes + data + 0x3b0, 8, 0);
	expect_more(&file, QEMU, 2, VMFW_IGVM_RULE_QEMU_VMSA_FEATURES);
	file_put(file.bytes + data + 0x3b0, 8, 1);
	assert_int_equal(check_qemu(&file, NULL, &found), 0);
	assert_int_equal(check_qemu(&file, &machine, &found), -EINVAL);
	assert_int_equal(found.errors, 1);
	assert_non_null(strstr(found.lines, "[qemu-vp-absent]"));
	file_put(file.bytes + data + 0x200, 8, 1);	/* STAR */
	expect_more(&file, QEMU, 3, VMFW_IGVM_RULE_QEMU_VMSA);
	file_put(file.bytes + data + 0x200, 8, 0);
	file_put(file.bytes + data + 0xcb, 1, 3);	/* CPL */
	expect_more(&file, QEMU, 2, VMFW_IGVM_RULE_QEMU_VMSA);
	file_put(file.bytes + data + 0xcb, 1, 0);
	file_put(file_content(&file, 0) + 5, 1, 5);	/* SEV-ES */
	expect_more(&file, QEMU, 2, VMFW_IGVM_RULE_QEMU_VMSA_FEATURES);

	/* An optional header of unknown type, and a file without data. */
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 8, 4, 1 },);
	HEADER(&file, 0x80000314, 8,);
	expect_more(&file, QEMU, 2, VMFW_IGVM_RULE_QEMU_UNKNOWN);
	expect_more(&file, QEMU, FIXED, VMFW_IGVM_RULE_QEMU_NO_DATA);

	/* Parameters at an offset in their area. */
	file_begin(&file, 1, 0);
	HEADER(&file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x200000 }, { 8, 4, 1 },
	       { 16, 4, 1 },);
	HEADER(&file, 0x301, 16, { 0, 8, 0x1000 },);
	HEADER(&file, 0x309, 8, { 4, 4, 0x40 },);
	HEADER(&file, 0x30c, 8, { 4, 4, 0x80 },);
	HEADER(&file, 0x303, 16, { 0, 8, 0x100000 }, { 8, 4, 1 },);
	expect_more(&file, QEMU, 3, VMFW_IGVM_RULE_QEMU_MADT);
	expect_more(&file, QEMU, 4, VMFW_IGVM_RULE_QEMU_MEMORY_MAP);
}

/* Read zeroes, as the data of a page of 2 MiB. */
static int read_zeroes(void *arg, uint64_t offset, void *buf, size_t len)
{
	(void)arg;
	(void)offset;
	memset(buf, 0, len);
	return 0;
}

static void test_large_page_of_qemu(void **state)
{
	/* The platforms of the page. QEMU loads none for TDX. */
	static const uint32_t masks[] = { NATIVE, NATIVE | TDX, TDX };
	struct vmfw_igvm_input input = { .read = read_zeroes };
	struct vmfw_igvm igvm;
	struct file file;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		struct found found = { NULL };

		file_begin(&file, 1, 0);
		HEADER(&file, 0x001, 16, { 0, 4, NATIVE }, { 6, 2, 1 },);
		HEADER(&file, 0x001, 16, { 0, 4, TDX }, { 5, 1, 3 },
		       { 6, 2, 1 },);
		HEADER(&file, 0x302, 24, { 0, 8, 0x200000 },
		       { 8, 4, masks[i] }, { 12, 4, 4096 }, { 16, 4, 1 },);
		file_seal(&file);
		input.head = file.bytes;
		input.head_len = file.size;
		input.size = 4096 + (2 << 20);
		file_put(file.bytes + 16, 4, input.size);
		file_seal_checksum(&file);
		assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
		assert_int_equal(vmfw_igvm_check_qemu(&igvm, NULL, collect,
						      &found), 0);
		assert_int_equal(!strstr(found.lines, "[qemu-large-page]"),
				 masks[i] == TDX);
	}
}

/**
 * struct reader - a file that becomes unreadable
 * @file: the file
 * @left: number of reads that still succeed
 * @recovers: after one failed read, all others succeed
 */
struct reader {
	struct file file;
	unsigned int left;
	bool recovers;
};

static int read_some(void *arg, uint64_t offset, void *buf, size_t len)
{
	struct reader *reader = arg;

	if (!reader->left) {
		if (reader->recovers)
			reader->left = UINT32_MAX;
		return -EIO;
	}
	reader->left--;
	return read_file(&reader->file, offset, buf, len);
}

/* Check the file of a reader, of which all reads still succeed. */
static void open_reader(struct reader *reader, struct vmfw_igvm *igvm)
{
	struct vmfw_igvm_input input = { .read = read_some, .arg = reader };

	file_seal(&reader->file);
	input.head = reader->file.bytes;
	input.head_len = reader->file.headers_end;
	input.size = reader->file.size;
	reader->left = UINT32_MAX;
	assert_int_equal(vmfw_igvm_check(igvm, &input, NULL, NULL), 0);
}

/* A read that fails causes no finding. */
static void test_failed_reads_of_qemu(void **state)
{
	static struct reader reader;
	uint8_t *native, *snp, content[20];
	struct vmfw_igvm igvm;
	unsigned int reads;
	int err;

	(void)state;
	sample_qemu(&reader.file);
	/* The context of native, which a rule about the whole file needs, is not the first. */
	native = file_content(&reader.file, Q_CTX_NATIVE);
	snp = file_content(&reader.file, Q_CTX_SNP);
	memcpy(content, native, sizeof(content));
	memcpy(native, snp, sizeof(content));
	memcpy(snp, content, sizeof(content));
	open_reader(&reader, &igvm);
	for (reads = 0;; reads++) {
		struct found found = { NULL };

		reader.left = reads;
		err = vmfw_igvm_check_qemu(&igvm, NULL, collect, &found);
		assert_string_equal(found.facts, "");
		if (!err)
			break;
		assert_int_equal(err, -EIO);
	}
	/* Native has one read, SEV-SNP and SEV-ES have two. */
	assert_true(reads >= 5);
}

/* The memory map of a small PC, whose firmware reserves a page. */
static const struct vmfw_igvm_range pc_memory[] = {
	{ 0, 0x9f000 }, { 0x100000, 0x300000 },
};
static const struct vmfw_igvm_range pc_reserved[] = {
	{ 0x9f000, 0xa0000 },
};

static int check_machine(struct file *file,
			 const struct vmfw_igvm_machine *machine,
			 struct found *found)
{
	const struct vmfw_igvm_input input = {
		.head = file->bytes,
		.head_len = file->size,
		.size = file->size,
	};
	struct vmfw_igvm igvm;

	assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	return vmfw_igvm_check_machine(&igvm, machine, collect, found);
}

static void expect_machine(struct file *file,
			   const struct vmfw_igvm_machine *machine,
			   unsigned int header, enum vmfw_igvm_rule rule,
			   uint64_t bound)
{
	const struct vmfw_igvm_finding wanted = {
		.rule = rule,
		.header = header == FIXED ? VMFW_IGVM_NO_HEADER : header,
	};
	struct found found = { .file = file, .wanted = &wanted };
	char words[32];
	int err;

	file_seal(file);
	err = check_machine(file, machine, &found);
	snprintf(words, sizeof(words), "0x%llx", (unsigned long long)bound);
	if (found.hits != 1 || err != (found.errors ? -EINVAL : 0) ||
	    (bound && !strstr(found.lines, words)))
		fail_msg("returned %d; wanted [%s] once, %s, found:\n%s", err,
			 vmfw_igvm_rule_name(rule), words, found.lines);
}

static void test_for_machine(void **state)
{
	struct vmfw_igvm_machine machine = {
		.platform = VMFW_IGVM_NATIVE,
		.memory = pc_memory,
		.nr_memory = 2,
		.reserved = pc_reserved,
		.nr_reserved = 1,
	};
	struct found found = { NULL };
	struct file file;

	(void)state;
	sample_x64(&file);
	assert_int_equal(check_machine(&file, &machine, &found), 0);
	machine.platform = VMFW_IGVM_SEV_SNP;
	assert_int_equal(check_machine(&file, &machine, &found), 0);
	assert_int_equal(found.errors + found.warnings, 0);

	/* Each kind of memory, on a machine with too little memory. */
	machine.platform = VMFW_IGVM_NATIVE;
	machine.nr_memory = 1;
	expect_machine(&file, &machine, H_REQUIRED,
		       VMFW_IGVM_RULE_MACHINE_MEMORY, 0x100000);
	machine.memory = pc_memory + 1;
	expect_machine(&file, &machine, H_PAGE_ZERO,
		       VMFW_IGVM_RULE_MACHINE_MEMORY, 0x30000);
	expect_machine(&file, &machine, H_INSERT0,
		       VMFW_IGVM_RULE_MACHINE_MEMORY, 0x10000);
	/* If the memory is unknown, the check skips it. */
	machine.nr_memory = 0;
	assert_int_equal(check_machine(&file, &machine, &found), 0);
	machine.memory = pc_memory;
	machine.nr_memory = 2;

	/* Required memory ends after the machine's memory, or in a reserved range. */
	file_put(file_content(&file, H_REQUIRED), 8, 0x200000);
	file_put(file_content(&file, H_REQUIRED) + 12, 4, 0x101000);
	expect_machine(&file, &machine, H_REQUIRED,
		       VMFW_IGVM_RULE_MACHINE_MEMORY, 0x300000);
	file_put(file_content(&file, H_REQUIRED), 8, 0x9e000);
	file_put(file_content(&file, H_REQUIRED) + 12, 4, 0x2000);
	expect_machine(&file, &machine, H_REQUIRED,
		       VMFW_IGVM_RULE_MACHINE_RESERVED, 0x9f000);
	/* Required memory cannot be where a PC has its firmware. */
	file_put(file_content(&file, H_REQUIRED), 8, 0xe0000);
	expect_machine(&file, &machine, H_REQUIRED,
		       VMFW_IGVM_RULE_MACHINE_MEMORY, 0xe0000);

	sample_x64(&file);
	machine.platform = VMFW_IGVM_CCA;
	expect_machine(&file, &machine, FIXED, VMFW_IGVM_RULE_PLATFORM_ABSENT,
		       0);
	machine.architecture = VMFW_IGVM_AARCH64;
	expect_machine(&file, &machine, FIXED,
		       VMFW_IGVM_RULE_MACHINE_ARCHITECTURE, 1);
	/* The same platform, on the right and on the wrong architecture. */
	sample_aarch64(&file);
	machine.nr_memory = 0;
	memset(&found, 0, sizeof(found));
	assert_int_equal(check_machine(&file, &machine, &found), 0);
	assert_int_equal(found.errors + found.warnings, 0);
	machine.architecture = VMFW_IGVM_X64;
	assert_int_equal(check_machine(&file, &machine, &found), -EINVAL);
	assert_string_equal(found.facts,
			    "machine-architecture - architecture 0x1 0x0");
}

/*
 * One header on a machine, and all findings. The reserved ranges are neighbours of
 * each other, and of memory.
 */
static const struct vmfw_igvm_range places_reserved[] = {
	{ 0x9f000, 0xa0000 }, { 0xa0000, 0xa1000 },
};

static const struct {
	uint32_t type;
	uint64_t gpa;
	uint64_t size;
	const char *facts;
} machine_places[] = {
#define PAGE(gpa, facts) { 0x302, gpa, 0x1000, facts }
#define REQUIRED(gpa, size, facts) { 0x305, gpa, size, facts }
	PAGE(0x9e000, ""),
	PAGE(0x100000, ""),
	PAGE(0x2ff000, ""),
	PAGE(0x300000, "machine-memory 2 gpa 0x300000 0x300000"),
	/* Only required memory must not lie in a reserved range. */
	PAGE(0x9f000, ""),
	PAGE(0xa0000, ""),
	PAGE(0xa1000, "machine-memory 2 gpa 0xa1000 0xa1000"),
	/* The firmware's places. */
	PAGE(0xbf000, "machine-memory 2 gpa 0xbf000 0xbf000"),
	PAGE(0xc0000, ""),
	PAGE(0xff000, ""),
	PAGE(0xfefff000, "machine-memory 2 gpa 0xfefff000 0xfefff000"),
	PAGE(0xff000000, ""),
	PAGE(0xfffff000, ""),
	PAGE(0x100000000, "machine-memory 2 gpa 0x100000000 0x100000000"),
	{ 0x303, 0xc0000, 0x1000, "" },
	{ 0x303, 0x300000, 0x1000, "machine-memory 3 gpa 0x300000 0x300000" },
	REQUIRED(0xc0000, 0x1000, "machine-memory 2 gpa 0xc0000 0xc0000"),
	REQUIRED(0xff000000, 0x1000,
		 "machine-memory 2 gpa 0xff000000 0xff000000"),
	REQUIRED(0x2fe000, 0x2000, ""),
	REQUIRED(0x2fe000, 0x3000, "machine-memory 2 gpa 0x2fe000 0x300000"),
	/* The finding names the first reserved address. */
	REQUIRED(0x9e000, 0x1000, ""),
	REQUIRED(0x9e000, 0x2000, "machine-reserved 2 gpa 0x9e000 0x9f000"),
	REQUIRED(0x9e000, 0x3000, "machine-reserved 2 gpa 0x9e000 0x9f000"),
	REQUIRED(0xa0000, 0x1000, "machine-reserved 2 gpa 0xa0000 0xa0000"),
	REQUIRED(0x9e000, 0x4000, "machine-memory 2 gpa 0x9e000 0xa1000"),
	/* Error ranges belong to the host. */
	{ 0x30d, 0x300000, 0x1000, "" },
#undef PAGE
#undef REQUIRED
};

/* Make a file with one more header for the platforms of @mask. */
static void place_header(struct file *file, uint32_t type, uint64_t gpa,
			 uint64_t size, uint32_t mask)
{
	platform_only(file, 1);
	HEADER(file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, 1 },);
	if (type == 0x303)
		HEADER(file, 0x301, 16, { 0, 8, size },);
	if (type == 0x302)
		HEADER(file, type, 24, { 0, 8, gpa }, { 8, 4, mask },);
	else if (type == 0x303)
		HEADER(file, type, 16, { 0, 8, gpa }, { 8, 4, mask },);
	else
		HEADER(file, type, type == 0x305 ? 24 : 16, { 0, 8, gpa },
		       { 8, 4, mask }, { 12, 4, size },);
	file_seal(file);
}

/* The memory of an inserted area has the size of the area. */
static void test_parameters_of_qemu(void **state)
{
	struct found found = { NULL };
	struct file file;

	(void)state;
	place_header(&file, 0x303, 0xfebff000, 0x2000, 1);
	file_data(&file, "data", 4);
	assert_int_equal(check_qemu(&file, NULL, &found), -EINVAL);
	assert_string_equal(found.facts,
			    "qemu-registers - compatibility_mask 0x1; "
			    "qemu-mmio 3 gpa 0xfebff000 0xfec00000");
}

static void test_places_of_machine(void **state)
{
	struct vmfw_igvm_machine machine = {
		.platform = VMFW_IGVM_NATIVE,
		.memory = pc_memory,
		.nr_memory = ARRAY_SIZE(pc_memory),
		.reserved = places_reserved,
		.nr_reserved = ARRAY_SIZE(places_reserved),
	};
	struct found other = { NULL }, little = { NULL }, arm = { NULL };
	struct found unloaded = { NULL };
	static struct file file;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(machine_places); i++) {
		struct found found = { .file = &file };
		int err;

		place_header(&file, machine_places[i].type,
			     machine_places[i].gpa, machine_places[i].size, 1);
		err = check_machine(&file, &machine, &found);
		assert_string_equal(found.facts, machine_places[i].facts);
		assert_int_equal(err, found.errors ? -EINVAL : 0);
	}

	/* Memory of another platform does not count. */
	sample_x64(&file);
	file_put(file_content(&file, H_PAGE_SNP), 8, 0x300000);
	file_seal(&file);
	assert_int_equal(check_machine(&file, &machine, &other), 0);
	assert_string_equal(other.facts, "");

	/* The firmware's place ends at 1 MiB, even if there is no memory. */
	machine.nr_memory = 1;
	place_header(&file, 0x302, 0x100000, 0x1000, 1);
	assert_int_equal(check_machine(&file, &machine, &little), -EINVAL);
	assert_string_equal(little.facts,
			    "machine-memory 2 gpa 0x100000 0x100000");

	/* The check of the memory follows that for the platform. */
	platform_only(&file, 1);
	HEADER(&file, 0x001, 16, { 0, 4, SNP }, { 5, 1, 2 }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, 0x1000 }, { 8, 4, NATIVE },);
	HEADER(&file, 0x305, 24, { 0, 8, 0x300000 }, { 8, 4, SNP },
	       { 12, 4, 0x1000 },);
	file_seal(&file);
	machine.platform = VMFW_IGVM_SEV_SNP;
	assert_int_equal(check_machine(&file, &machine, &unloaded), -EINVAL);
	assert_non_null(strstr(unloaded.facts, "platform-unloaded - "));
	assert_non_null(strstr(unloaded.facts,
			       "machine-memory 3 gpa 0x300000 0x300000"));

	/* AArch64 has no firmware in a PC's places. */
	sample_aarch64(&file);
	file_put(file_content(&file, A_PAGE), 8, 0xff000000);
	file_seal(&file);
	machine.architecture = VMFW_IGVM_AARCH64;
	machine.platform = VMFW_IGVM_CCA;
	assert_int_equal(check_machine(&file, &machine, &arm), -EINVAL);
	assert_string_equal(arm.facts,
			    "machine-memory 3 gpa 0xff000000 0xff000000");
}

/* Registers for KVM_SET_SREGS. If KVM refuses them, the finding names the field. */
static const struct {
	uint64_t cr0, cr3, cr4, efer;
	uint16_t cs_long;
	const char *field;	/* NULL: KVM accepts the registers */
} registers[] = {
	{ 0, 0, 0, 0, 0, NULL },
	{ 0x30, 0, 0, 0x1000, 0, NULL },
	{ 0x80000031, 0x1000, 0x20, 0x500, 1, NULL },
	{ 0x80000031, 0x1000, 0, 0, 0, NULL },
	{ 0x60000010, 0, 0, 0, 0, NULL },
	{ 0x100000010, 0, 0, 0, 0, "cr0" },
	{ 0x80000010, 0, 0, 0, 0, "cr0" },
	{ 0x20000010, 0, 0, 0, 0, "cr0" },
	{ 0x80000031, 0x1000, 0, 0x500, 0, "cr4" },
	{ 0x80000031, 0x1000, 0x20, 0x100, 0, "efer" },
	{ 0x80000031, 1ull << 52, 0x20, 0x500, 0, "cr3" },
	{ 0x31, 0, 0, 0x500, 0, "efer" },
	{ 0x31, 0, 0, 0, 1, "cs_attributes" },
	/* Long mode is enabled (LME), but paging is not. */
	{ 0x31, 0, 0, 0x100, 0, NULL },
	{ 0x31, 0, 0, 0x100, 1, "cs_attributes" },
	/* Paging without long mode. */
	{ 0x80000031, 0, 0x20, 0x400, 0, "efer" },
	{ 0x80000031, 1ull << 52, 0x20, 0, 0, NULL },
	/* The largest CR3. */
	{ 0x80000031, (1ull << 52) - 1, 0x20, 0x500, 1, NULL },
	{ 0x10, 0, 0, 0, 0, NULL },
	{ 0x31, 0, 0, 0, 0, NULL },
};

static void test_for_kvm(void **state)
{
	static const struct {
		unsigned int platform, header;
		uint32_t mask;
		bool vmsa;
		unsigned int cr0, cr3, cr4, efer, cs, cs_long;
	} contexts[] = {
#define VMSA(type, mask) VMFW_IGVM_##type, H_CTX_SNP, mask, true, \
		0x158, 0x150, 0x148, 0xd0, 0x12, 1 << 9
#define SREGS(type, mask) VMFW_IGVM_##type, H_CTX_NATIVE, mask, false, \
		200, 208, 216, 224, 170, 1 << 13
		{ VMSA(SEV_SNP, SNP) }, { VMSA(SEV_ES, SEV_ES) },
		{ SREGS(NATIVE, NATIVE) }, { SREGS(SEV, SEV) },
#undef VMSA
#undef SREGS
	};
	struct file file;
	size_t c, i;

	(void)state;
	for (c = 0; c < ARRAY_SIZE(contexts); c++) {
		const struct vmfw_igvm_machine machine = {
			.platform = contexts[c].platform,
			.kvm = true,
		};
		uint8_t *page;
		uint32_t offset;

		sample_x64(&file);
		memcpy(&offset, file_content(&file, contexts[c].header) + 12,
		       sizeof(offset));
		file_put(file_content(&file, contexts[c].header) + 8, 4,
			 contexts[c].mask);
		file_seal(&file);
		page = file.bytes + offset;
		for (i = 0; i < ARRAY_SIZE(registers); i++) {
			const struct vmfw_igvm_finding wanted = {
				.rule = VMFW_IGVM_RULE_KVM_REGISTERS,
				.header = contexts[c].header,
			};
			struct found found = { .wanted = &wanted };
			const char *field = registers[i].field;
			uint64_t cr0 = registers[i].cr0;
			/* KVM measures only these values of CR0. */
			bool measured = cr0 == 0x10 || cr0 == 0x30 ||
					cr0 == 0x31;
			int err;

			file_put(page + contexts[c].cr0, 8, registers[i].cr0);
			file_put(page + contexts[c].cr3, 8, registers[i].cr3);
			file_put(page + contexts[c].cr4, 8, registers[i].cr4);
			file_put(page + contexts[c].efer, 8,
				 registers[i].efer);
			file_put(page + contexts[c].cs, 2,
				 registers[i].cs_long ? contexts[c].cs_long :
							0);
			err = check_machine(&file, &machine, &found);
			if (err != (field ? -EINVAL : 0) ||
			    found.hits != !!field ||
			    found.warnings != (contexts[c].vmsa && !measured) ||
			    (field && !strstr(found.lines, field)))
				fail_msg("%zu: %d, wanted %s, found:\n%s", i,
					 err, field ? field : "nothing",
					 found.lines);
		}
	}
}

/* The context of VBS is a list, not a page of registers. */
static void test_vbs_for_kvm(void **state)
{
	const struct vmfw_igvm_machine machine = {
		.platform = VMFW_IGVM_VSM_ISOLATION, .kvm = true,
	};
	struct found found = { NULL };
	static struct file file;

	(void)state;
	sample_x64(&file);
	assert_int_equal(check_machine(&file, &machine, &found), 0);
	assert_string_equal(found.facts, "");
}

static bool ends_with(const char *text, const char *word)
{
	size_t len = strlen(text), end = strlen(word);

	return len >= end && !strcmp(text + len - end, word);
}

/*
 * A line for a finding of each rule. Some words at the end of a rule's text need the
 * bound after them, as a number or as the index of a header.
 */
static void test_descriptions(void **state)
{
	static const char *const words[] = {
		" of", " at", " is", " or", " crosses", " the length",
	};
	static const char *const headers[] = {
		" of header", " is header", " by header",
	};
	struct vmfw_igvm_finding finding = {
		.header = 3, .type = VMFW_IGVM_T_PAGE_DATA, .offset = 0x80,
		.field = "gpa", .value = 0x1f, .bound = 0x2a,
	};
	char line[512], wanted[512], few[9];
	unsigned int rule;
	size_t i;

	(void)state;
	for (rule = 0; rule < VMFW_IGVM_NR_RULES; rule++) {
		const char *text = vmfw_igvm_rule_text(rule);
		const char *name = vmfw_igvm_rule_name(rule);
		const char *bound = " (0x2a)";

		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (ends_with(text, words[i]))
				bound = " 0x2a";
		for (i = 0; i < ARRAY_SIZE(headers); i++)
			if (ends_with(text, headers[i]))
				bound = " 42";
		finding.rule = rule;
		finding.has_bound = true;
		vmfw_igvm_describe(&finding, line, sizeof(line));
		snprintf(wanted, sizeof(wanted),
			 "header 3 (PAGE_DATA at 0x80): gpa 0x1f: %s%s [%s]",
			 text, bound, name);
		assert_string_equal(line, wanted);
		finding.has_bound = false;
		vmfw_igvm_describe(&finding, line, sizeof(line));
		snprintf(wanted, sizeof(wanted),
			 "header 3 (PAGE_DATA at 0x80): gpa 0x1f: %s [%s]",
			 text, name);
		assert_string_equal(line, wanted);
	}

	/* A header of unknown type, and the file as a whole. */
	finding.rule = VMFW_IGVM_RULE_EMPTY;
	finding.type = 0x314;
	vmfw_igvm_describe(&finding, line, sizeof(line));
	assert_string_equal(line, "header 3 (type 0x314 at 0x80): gpa 0x1f: this must not be 0 [empty]");
	finding.header = VMFW_IGVM_NO_HEADER;
	assert_int_equal(vmfw_igvm_describe(&finding, NULL, 0), 42);
	assert_int_equal(vmfw_igvm_describe(&finding, few, sizeof(few)), 42);
	assert_string_equal(few, "file: gp");
}

/* A change of any bit of the headers makes the file unsound. */
static void test_every_bit(void **state)
{
	struct file file;
	size_t at;
	int bit;

	(void)state;
	sample_x64(&file);
	for (at = 0; at < file.headers_end; at++) {
		for (bit = 0; bit < 8; bit++) {
			struct found found = { NULL };

			file.bytes[at] ^= 1 << bit;
			if (check(&file, &found, true) != -EINVAL)
				fail_msg("byte %zu, bit %d", at, bit);
			file.bytes[at] ^= 1 << bit;
		}
	}
}

/* The tests above must break each rule at least once. */
static void test_all_rules(void **state)
{
	unsigned int rule, missing = 0;

	(void)state;
	for (rule = 0; rule < VMFW_IGVM_NR_RULES; rule++) {
		if (rule_seen[rule])
			continue;
		print_error("no test for the rule %s\n",
			    vmfw_igvm_rule_name(rule));
		missing++;
	}
	assert_int_equal(missing, 0);
}

/**
 * struct patience - the state of loses_patience()
 * @left: number of calls that still return false
 * @ended: a call has returned true
 */
struct patience {
	unsigned int left;
	bool ended;
};

static bool loses_patience(void *arg)
{
	struct patience *patience = arg;

	if (!patience->left)
		patience->ended = true;
	else
		patience->left--;
	return patience->ended;
}

static int try_all(struct vmfw_igvm *igvm, const struct vmfw_igvm_input *input)
{
	const struct vmfw_igvm_machine machine = {
		.platform = VMFW_IGVM_NATIVE,
		.memory = pc_memory,
		.nr_memory = 2,
		.kvm = true,
	};
	struct vmfw_igvm_range *ranges;
	struct vmfw_igvm_piece *pieces;
	size_t nr;
	int err;

	err = vmfw_igvm_check(igvm, input, NULL, NULL);
	if (err)
		return err;
	err = vmfw_igvm_check_for(igvm, VMFW_IGVM_NATIVE, NULL, NULL);
	if (err == -ECANCELED)
		return err;
	err = vmfw_igvm_check_qemu(igvm, NULL, NULL, NULL);
	if (err == -ECANCELED)
		return err;
	err = vmfw_igvm_check_machine(igvm, &machine, NULL, NULL);
	if (err == -ECANCELED)
		return err;
	err = vmfw_igvm_ranges(igvm, UINT32_MAX, VMFW_IGVM_ANY_KIND, &ranges,
			       &nr);
	if (err)
		return err;
	free(ranges);
	err = vmfw_igvm_map(igvm, 1, &pieces, &nr);
	if (!err)
		free(pieces);
	return err;
}

/**
 * struct listener - the state of stop_at()
 * @calls: number of findings so far
 * @last: number of the finding that ends the check, from 1; 0: none
 */
struct listener {
	unsigned int calls;
	unsigned int last;
};

static bool stop_at(void *arg, const struct vmfw_igvm_finding *finding)
{
	struct listener *listener = arg;

	(void)finding;
	return ++listener->calls != listener->last;
}

enum checks { CHECK, CHECK_FOR, CHECK_QEMU, CHECK_MACHINE, NR_CHECKS };

/* Make a file about which a check has several findings, some about one header. */
static void spoil(struct file *file, enum checks which)
{
	uint8_t *region;

	if (which == CHECK_FOR) {
		/* SEV-SNP has no page and no policy. */
		file_begin(file, 1, 0);
		HEADER(file, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
		HEADER(file, 0x001, 16, { 0, 4, 2 }, { 5, 1, 2 }, { 6, 2, 1 },);
		HEADER(file, 0x302, 24, { 8, 4, 1 },);
	} else {
		sample_x64(file);
	}
	if (which == CHECK) {
		region = file_content(file, H_RELOC);
		file_put(region + 6, 2, 0x8703);
		file_put(region + 16, 8, 0x100800);
		file_put(file_content(file, H_PAGE0), 8, 1);
		file_put(file_content(file, H_PAGE1), 8, 1);
	}
	file_seal(file);
}

/* Run one of the checks. @patience may be NULL. */
static int run_check(const struct file *file, enum checks which,
		     vmfw_igvm_report *report, void *arg,
		     struct patience *patience)
{
	static const struct vmfw_igvm_range memory = { 1ull << 40, 2ull << 40 };
	const struct vmfw_igvm_machine machine = {
		.architecture = VMFW_IGVM_AARCH64,
		.platform = VMFW_IGVM_SEV_SNP,
		.memory = &memory,
		.nr_memory = 1,
		.kvm = true,
	};
	struct vmfw_igvm_input input = {
		.head = file->bytes,
		.head_len = file->size,
		.size = file->size,
	};
	struct vmfw_igvm igvm;

	if (which != CHECK)
		assert_int_equal(vmfw_igvm_check(&igvm, &input, NULL, NULL), 0);
	if (patience) {
		input.stop = loses_patience;
		input.arg = patience;
		igvm.input = input;
	}
	if (which == CHECK)
		return vmfw_igvm_check(&igvm, &input, report, arg);
	if (which == CHECK_FOR)
		return vmfw_igvm_check_for(&igvm, VMFW_IGVM_SEV_SNP, report,
					   arg);
	if (which == CHECK_QEMU)
		return vmfw_igvm_check_qemu(&igvm, NULL, report, arg);
	return vmfw_igvm_check_machine(&igvm, &machine, report, arg);
}

/* The finding that ends a check is the last one, even if its header has more. */
static void test_stop(void **state)
{
	static struct file file;
	unsigned int which, total;

	(void)state;
	for (which = 0; which < NR_CHECKS; which++) {
		struct listener listener = { 0 };

		spoil(&file, which);
		assert_int_equal(run_check(&file, which, stop_at, &listener,
					   NULL), -EINVAL);
		total = listener.calls;
		assert_true(total >= 2);
		for (listener.last = 1; listener.last <= total;
		     listener.last++) {
			listener.calls = 0;
			assert_int_equal(run_check(&file, which, stop_at,
						   &listener, NULL),
					 -ECANCELED);
			assert_int_equal(listener.calls, listener.last);
		}
	}
}

/* After the caller stops the check for QEMU, the check reads nothing. */
static void test_stop_before_a_read(void **state)
{
	static struct reader reader;
	struct vmfw_igvm igvm;
	int firmware;

	(void)state;
	for (firmware = 0; firmware < 2; firmware++) {
		struct listener listener = { .last = 1 };

		if (firmware)
			make_bios(&reader.file, 16, "BIOS");
		else
			sample_x64(&reader.file);
		open_reader(&reader, &igvm);
		reader.left = 0;
		assert_int_equal(vmfw_igvm_check_qemu(&igvm, NULL, stop_at,
						      &listener), -ECANCELED);
		assert_int_equal(listener.calls, 1);
	}
}

/* The check for a machine ends at a failed read, and reads nothing after a stop. */
static void test_end_of_a_check_for_kvm(void **state)
{
	static const struct vmfw_igvm_machine machine = {
		.platform = VMFW_IGVM_SEV_SNP, .kvm = true,
	};
	static struct reader reader;
	/* The first finding is that SEV-SNP has no policy. */
	struct listener listener = { .last = 2 };
	struct vmfw_igvm igvm;

	(void)state;
	two_contexts(&reader.file, 0xfffffffff000);
	open_reader(&reader, &igvm);
	reader.recovers = true;
	reader.left = 0;
	assert_int_equal(vmfw_igvm_check_machine(&igvm, &machine, NULL, NULL),
			 -EIO);
	reader.recovers = false;
	/* KVM refuses the value of CR0 in the registers of both. */
	file_put(reader.file.bytes + reader.file.headers_end + 0x15c, 4, 1);
	open_reader(&reader, &igvm);
	reader.left = 1;
	assert_int_equal(vmfw_igvm_check_machine(&igvm, &machine, stop_at,
						 &listener), -ECANCELED);
	assert_int_equal(listener.calls, 2);
}

/* After the caller stops at the architecture, a missing platform is no finding. */
static void test_stop_at_the_architecture(void **state)
{
	const struct vmfw_igvm_machine machine = {
		.architecture = VMFW_IGVM_AARCH64, .platform = VMFW_IGVM_CCA,
	};
	struct listener listener = { .last = 1 };
	static struct reader reader;
	struct vmfw_igvm igvm;

	(void)state;
	sample_x64(&reader.file);
	open_reader(&reader, &igvm);
	assert_int_equal(vmfw_igvm_check_machine(&igvm, &machine, stop_at,
						 &listener), -ECANCELED);
	assert_int_equal(listener.calls, 1);
}

/* Whichever answer of the caller stops a check, the result says so. */
static void test_impatience_of_each(void **state)
{
	static struct file file;
	unsigned int which, asked;

	(void)state;
	for (which = 0; which < NR_CHECKS; which++) {
		spoil(&file, which);
		for (asked = 0;; asked++) {
			struct patience patience = { .left = asked };
			struct listener listener = { 0 };
			int err = run_check(&file, which, stop_at, &listener,
					    &patience);

			assert_int_equal(err, patience.ended ? -ECANCELED :
							       -EINVAL);
			if (!patience.ended)
				break;
		}
		assert_true(asked > 0);
	}
}

/* A check that the caller ends has no other findings than one that ends by itself. */
static void test_impatience_finds_nothing(void **state)
{
	static struct found all, some;
	static struct file file;
	unsigned int which, asked;
	struct patience patience;

	(void)state;
	for (which = 0; which < NR_CHECKS; which++) {
		sample_qemu(&file);
		file_seal(&file);
		all = (struct found) { NULL };
		run_check(&file, which, collect, &all, NULL);
		asked = 0;
		do {
			some = (struct found) { NULL };
			patience = (struct patience) { .left = asked++ };
			run_check(&file, which, collect, &some, &patience);
			assert_memory_equal(all.facts, some.facts,
					    strlen(some.facts));
		} while (patience.ended);
		assert_string_equal(all.facts, some.facts);
		assert_true(asked > 1);
	}
}

/* If any call of loses_patience() stops the library, a function returns an error. */
static void test_impatience(void **state)
{
	struct patience patience = { 0 };
	struct vmfw_igvm_input input = {
		.arg = &patience,
		.stop = loses_patience,
	};
	struct vmfw_igvm igvm;
	struct file file;
	unsigned int asked;

	(void)state;
	sample_x64(&file);
	file_seal(&file);
	input.head = file.bytes;
	input.head_len = file.size;
	input.size = file.size;
	for (asked = 0;; asked++) {
		patience = (struct patience) { .left = asked };
		if (!try_all(&igvm, &input))
			break;
		assert_true(patience.ended);
	}
	assert_false(patience.ended);
	assert_true(asked > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_register_names),
		cmocka_unit_test(test_relocation_flags),
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_many_contexts),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_first_of_several),
		cmocka_unit_test(test_magic_and_size),
		cmocka_unit_test(test_short_head),
		cmocka_unit_test(test_cut_headers),
		cmocka_unit_test(test_several_changes),
		cmocka_unit_test(test_order_of_findings),
		cmocka_unit_test(test_other_platforms),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_walk_after_errors),
		cmocka_unit_test(test_failed_read),
		cmocka_unit_test(test_for_platform),
		cmocka_unit_test(test_vmsa_of_kvm),
		cmocka_unit_test(test_overlaps_of_kvm),
		cmocka_unit_test(test_for_qemu),
		cmocka_unit_test(test_places_of_qemu),
		cmocka_unit_test(test_large_memory_of_qemu),
		cmocka_unit_test(test_bios_of_qemu),
		cmocka_unit_test(test_unreadable_bios_of_qemu),
		cmocka_unit_test(test_runs_of_qemu),
		cmocka_unit_test(test_new_pieces_of_qemu),
		cmocka_unit_test(test_requests_of_qemu),
		cmocka_unit_test(test_platform_of_qemu),
		cmocka_unit_test(test_changes_of_qemu),
		cmocka_unit_test(test_vmsa_of_qemu),
		cmocka_unit_test(test_choices_of_qemu),
		cmocka_unit_test(test_maps_of_qemu),
		cmocka_unit_test(test_headers_of_qemu),
		cmocka_unit_test(test_large_page_of_qemu),
		cmocka_unit_test(test_failed_reads_of_qemu),
		cmocka_unit_test(test_for_machine),
		cmocka_unit_test(test_parameters_of_qemu),
		cmocka_unit_test(test_places_of_machine),
		cmocka_unit_test(test_for_kvm),
		cmocka_unit_test(test_vbs_for_kvm),
		cmocka_unit_test(test_descriptions),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_all_rules),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_before_a_read),
		cmocka_unit_test(test_end_of_a_check_for_kvm),
		cmocka_unit_test(test_stop_at_the_architecture),
		cmocka_unit_test(test_impatience_of_each),
		cmocka_unit_test(test_impatience_finds_nothing),
		cmocka_unit_test(test_impatience),
	};

	return cmocka_run_group_tests_name("igvm check", tests, NULL, NULL);
}
