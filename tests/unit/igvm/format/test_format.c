// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The format: types and their fields, the walk over headers, and writing them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "format/internal.h"
#include "samples.h"
#include "shared/macro.h"

#define BEHIND_TYPES	0x500u

static struct file file;

/* The type alone decides the section, even if it is unknown. */
static void test_sections(void **state)
{
	static const struct {
		uint32_t type;
		enum section section;
	} all[] = {
		{ 0, SECTION_NONE },
		{ 0x001, SECTION_PLATFORM }, { 0x100, SECTION_PLATFORM },
		{ 0x101, SECTION_INIT }, { 0x200, SECTION_INIT },
		{ 0x201, SECTION_NONE }, { 0x300, SECTION_NONE },
		{ 0x301, SECTION_DIRECTIVE }, { 0x400, SECTION_DIRECTIVE },
		{ 0x401, SECTION_NONE }, { UINT32_MAX, SECTION_NONE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(type_section(all[i].type), all[i].section);
}

static bool is_mask(const struct vmfw_igvm_field *field)
{
	return !strcmp(field->name, "compatibility_mask");
}

/* The fields of a known type cover all of its bytes, in order, without gaps. */
static void fields_fill(const struct type_info *info)
{
	const struct vmfw_igvm_header header = {
		.type = info->type, .length = info->length,
	};
	const struct vmfw_igvm_field *fields;
	uint32_t at = 0;
	int mask_at = NO_MASK;
	size_t nr, i;

	fields = vmfw_igvm_fields(&header, &nr);
	assert_non_null(fields);
	for (i = 0; i < nr; i++) {
		assert_int_equal(fields[i].at, at);
		assert_true(fields[i].size > 0);
		if (is_mask(&fields[i]))
			mask_at = at;
		at += fields[i].size;
	}
	assert_int_equal(at, info->length);
	/* The mask of a platform is its own bit, not a compatibility mask. */
	if (info->type != VMFW_IGVM_T_SUPPORTED_PLATFORM)
		assert_int_equal(mask_at, info->mask_at);
}

static void test_fields(void **state)
{
	struct vmfw_igvm_header header = { 0 };
	const struct type_info *info;
	unsigned int known = 0;
	size_t nr;

	(void)state;
	for (header.type = 0; header.type < BEHIND_TYPES; header.type++) {
		info = type_info(header.type);
		if (!info) {
			assert_null(vmfw_igvm_type_name(header.type));
			assert_null(vmfw_igvm_fields(&header, &nr));
			assert_int_equal(nr, 0);
			continue;
		}
		known++;
		assert_int_equal(info->type, header.type);
		assert_int_not_equal(type_section(header.type), SECTION_NONE);
		fields_fill(info);
	}
	/* The number of types that the IGVM format defines. */
	assert_int_equal(known, 25);
}

/* VMFW_IGVM_OPTIONAL does not change the fields, but a wrong length does. */
static void test_optional_and_length(void **state)
{
	const uint32_t type = VMFW_IGVM_T_VP_CONTEXT | VMFW_IGVM_OPTIONAL;
	struct vmfw_igvm_header header = { .type = type, .length = 20 };
	size_t nr = 0;

	(void)state;
	assert_string_equal(vmfw_igvm_type_name(type), "VP_CONTEXT");
	assert_non_null(vmfw_igvm_fields(&header, &nr));
	assert_int_equal(nr, 5);
	for (header.length = 19; header.length <= 21; header.length += 2) {
		nr = 1;
		assert_null(vmfw_igvm_fields(&header, &nr));
		assert_int_equal(nr, 0);
	}
}

static uint64_t value_of(const struct vmfw_igvm_header *header,
			 const char *name)
{
	const struct vmfw_igvm_field *fields;
	size_t nr, i;

	fields = vmfw_igvm_fields(header, &nr);
	for (i = 0; i < nr; i++)
		if (!strcmp(fields[i].name, name))
			return vmfw_igvm_field_value(header, &fields[i]);
	fail_msg("there is no %s", name);
	return 0;
}

static void test_values(void **state)
{
	static const struct {
		const char *name;
		uint64_t value;
	} all[] = {
		{ "compatibility_mask", 0x04030201 }, { "vp_index", 0x0605 },
		{ "vtl", 0x07 }, { "flags", 0x08 },
		{ "relocation_alignment", 0x100f0e0d0c0b0a09 },
		{ "maximum_relocation_gpa", 0x302f2e2d2c2b2a29 },
	};
	uint8_t content[48];
	struct vmfw_igvm_header header = {
		.type = VMFW_IGVM_T_RELOCATABLE_REGION,
		.length = sizeof(content),
		.content = content,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(content); i++)
		content[i] = i + 1;
	for (i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(value_of(&header, all[i].name), all[i].value);
	header.type = VMFW_IGVM_T_COMMAND_LINE;
	header.length = 8;
	assert_int_equal(value_of(&header, "byte_offset"), 0x08070605);
}

static void test_names(void **state)
{
	static const char *const words[] = {
		"native", "vbs", "snp", "tdx", "sev", "sev-es", "cca",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		assert_string_equal(vmfw_igvm_platform_word(i), words[i]);
		assert_non_null(vmfw_igvm_platform_name(i));
	}
	assert_string_equal(vmfw_igvm_platform_name(VMFW_IGVM_SEV_SNP),
			    "SEV_SNP");
	assert_null(vmfw_igvm_platform_word(ARRAY_SIZE(words)));
	assert_null(vmfw_igvm_platform_name(ARRAY_SIZE(words)));
	assert_string_equal(vmfw_igvm_architecture_name(0), "x64");
	assert_string_equal(vmfw_igvm_architecture_name(1), "AArch64");
	assert_null(vmfw_igvm_architecture_name(2));
}

static void head_size_is(size_t len, uint64_t size, int err, uint64_t wanted)
{
	uint64_t head_size = 1;

	assert_int_equal(vmfw_igvm_head_size(file.bytes, len, size,
					     &head_size), err);
	if (!err)
		assert_int_equal(head_size, wanted);
}

static void test_head_size(void **state)
{
	(void)state;
	file_begin(&file, 2, 0);
	file_put(file.bytes + 12, 4, 0x100);
	head_size_is(24, 0x1000, 0, 0x120);
	head_size_is(23, 0x1000, -EINVAL, 0);
	head_size_is(24, 0x120, 0, 0x120);
	head_size_is(24, 0x11f, 0, 0x11f);
	file_put(file.bytes + 8, 4, UINT32_MAX);
	file_put(file.bytes + 12, 4, UINT32_MAX);
	head_size_is(24, UINT64_MAX, 0, 2ull * UINT32_MAX);
	/* Magic numbers below and above the right one. */
	file.bytes[3] = 'M' - 1;
	head_size_is(24, 0x1000, -EINVAL, 0);
	file.bytes[3] = 'M' + 1;
	head_size_is(24, 0x1000, -EINVAL, 0);
}

static unsigned int questions, answers_no;

static bool stop(void *arg)
{
	assert_ptr_equal(arg, &file);
	return questions++ >= answers_no;
}

/* Return the values that vmfw_igvm_check() sets and vmfw_igvm_next() needs. */
static struct vmfw_igvm opened(void)
{
	return (struct vmfw_igvm) {
		.input = { .head = file.bytes, .head_len = file.size,
			   .size = file.size, .arg = &file },
		.headers_start = file.fixed,
		.headers_end = file.size,
	};
}

static void make_lengths(void)
{
	static const uint32_t lengths[] = { 0, 1, 7, 8, 9, 20 };
	size_t i;

	file_begin(&file, 2, 0);
	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		HEADER(&file, 0x350 + i, lengths[i],);
}

static void test_walk(void **state)
{
	struct vmfw_igvm_header header = { 0 };
	struct vmfw_igvm igvm;
	unsigned int i;

	(void)state;
	make_lengths();
	igvm = opened();
	for (i = 0; vmfw_igvm_next(&igvm, &header); i++) {
		assert_int_equal(header.index, i);
		assert_int_equal(header.type, 0x350 + i);
		assert_int_equal(header.offset, file.headers[i]);
		assert_ptr_equal(header.content, file_content(&file, i));
	}
	assert_int_equal(i, file.nr);
	header = (struct vmfw_igvm_header) { 0 };
	igvm.headers_start = igvm.headers_end = 0;
	assert_false(vmfw_igvm_next(&igvm, &header));
}

static unsigned int walk(const struct vmfw_igvm *igvm)
{
	struct vmfw_igvm_header header = { 0 };
	unsigned int nr = 0;

	while (vmfw_igvm_next(igvm, &header))
		nr++;
	return nr;
}

/*
 * Wherever the headers end, the walk finds each complete one, and reads no byte
 * after them.
 */
static void test_walk_ends(void **state)
{
	struct vmfw_igvm_header header = { 0 };
	struct vmfw_igvm igvm;
	unsigned int whole, i;
	uint8_t *head;

	(void)state;
	make_lengths();
	igvm = opened();
	for (; igvm.headers_end >= igvm.headers_start; igvm.headers_end--) {
		head = malloc(igvm.headers_end);
		assert_non_null(head);
		memcpy(head, file.bytes, igvm.headers_end);
		igvm.input.head = head;
		for (whole = 0, i = 1; i <= file.nr; i++)
			whole += (i < file.nr ? file.headers[i] : file.size) <=
				 igvm.headers_end;
		assert_int_equal(walk(&igvm), whole);
		free(head);
	}
	/* A length with which a sum of 32 bits would wrap. */
	igvm = opened();
	file_put(file.bytes + file.headers[2] + 4, 4, UINT32_MAX);
	assert_int_equal(walk(&igvm), 2);
	file_put(file.bytes + file.headers[2] + 4, 4, UINT32_MAX - 7);
	assert_int_equal(walk(&igvm), 2);
	/* A walk that has ended at such a header does not go on after it. */
	while (vmfw_igvm_next(&igvm, &header))
		;
	assert_int_equal(header.index, 2);
	assert_false(vmfw_igvm_next(&igvm, &header));
}

static void test_walk_is_stopped(void **state)
{
	static uint8_t many[3 * STOP_AFTER * VMFW_IGVM_PREFIX_SIZE];
	struct vmfw_igvm igvm = {
		.input = { .head = many, .arg = &file, .stop = stop },
		.headers_end = sizeof(many),
	};

	(void)state;
	for (answers_no = 0; answers_no < 3; answers_no++) {
		questions = 0;
		assert_int_equal(walk(&igvm), answers_no * STOP_AFTER);
	}
	questions = 0;
	assert_int_equal(walk(&igvm), 3 * STOP_AFTER);
	assert_int_equal(questions, 3);
	assert_true(input_stops(&igvm));
	igvm.input.stop = NULL;
	assert_false(input_stops(&igvm));
}

static uint64_t asked_offset;
static size_t asked_len;

static int read_behind(void *arg, uint64_t offset, void *buf, size_t len)
{
	assert_ptr_equal(arg, &file);
	asked_offset = offset;
	asked_len = len;
	memset(buf, 0x77, len);
	switch (offset) {
	case 50:
		return -EACCES;
	case 51:
		return -EINVAL;
	default:
		return 0;
	}
}

/* input_read() copies bytes in memory, and gets others from the caller's function. */
static void test_read(void **state)
{
	static const struct {
		uint64_t offset;
		size_t len;
		int err;
		bool asked;
	} all[] = {
		{ 0, 40, 0, false }, { 39, 1, 0, false }, { 40, 0, 0, false },
		{ 41, 0, 0, true }, { 100, 0, 0, true },
		{ 0, 41, 0, true }, { 39, 2, 0, true }, { 40, 1, 0, true },
		{ 41, 1, 0, true }, { 41, 59, 0, true }, { 99, 1, 0, true },
		{ 99, 2, -EIO, false }, { 0, 101, -EIO, false },
		{ 101, 0, -EIO, false }, { UINT64_MAX, 1, -EIO, false },
		{ 1, SIZE_MAX, -EIO, false }, { 50, 1, -EACCES, true },
		{ 51, 1, -EIO, true },
	};
	struct vmfw_igvm_input input = {
		.head = file.bytes, .head_len = 40, .size = 100,
		.read = read_behind, .arg = &file,
	};
	uint8_t buf[100];
	size_t i;

	(void)state;
	for (i = 0; i < 40; i++)
		file.bytes[i] = i;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		asked_len = SIZE_MAX;
		asked_offset = UINT64_MAX;
		assert_int_equal(input_read(&input, all[i].offset, buf,
					    all[i].len), all[i].err);
		assert_int_equal(asked_len,
				 all[i].asked ? all[i].len : SIZE_MAX);
		assert_int_equal(asked_offset,
				 all[i].asked ? all[i].offset : UINT64_MAX);
		if (!all[i].asked && !all[i].err && all[i].len)
			assert_memory_equal(buf, file.bytes + all[i].offset,
					    all[i].len);
	}
	input.read = NULL;
	assert_int_equal(input_read(&input, 39, buf, 1), 0);
	assert_int_equal(input_read(&input, 40, buf, 0), 0);
	assert_int_equal(input_read(&input, 40, buf, 1), -EIO);
}

static void test_platforms(void **state)
{
	const struct vmfw_igvm igvm = {
		.platforms = {
			{ .mask = 1, .type = VMFW_IGVM_SEV_SNP },
			{ .mask = 4, .type = VMFW_IGVM_NATIVE },
			{ .mask = 8, .type = VMFW_IGVM_SEV_SNP },
			{ .mask = 2, .type = VMFW_IGVM_TDX },
		},
		.nr_platforms = 3,
	};

	(void)state;
	assert_ptr_equal(vmfw_igvm_platform(&igvm, VMFW_IGVM_SEV_SNP),
			 &igvm.platforms[0]);
	assert_ptr_equal(vmfw_igvm_platform(&igvm, VMFW_IGVM_NATIVE),
			 &igvm.platforms[1]);
	assert_null(vmfw_igvm_platform(&igvm, VMFW_IGVM_TDX));
	assert_int_equal(platforms_of_type(&igvm, 1u << VMFW_IGVM_SEV_SNP), 9);
	assert_int_equal(platforms_of_type(&igvm, 1u << VMFW_IGVM_NATIVE), 4);
	assert_int_equal(platforms_of_type(&igvm, UINT32_MAX), 13);
	assert_int_equal(platforms_of_type(&igvm, 1u << VMFW_IGVM_TDX), 0);
	assert_int_equal(platforms_of_type(&igvm, 0), 0);
}

static void test_write_page(void **state)
{
	static const struct {
		enum vmfw_igvm_step_kind kind;
		uint32_t flags;
		uint16_t type;
	} all[] = {
		{ VMFW_IGVM_STEP_NORMAL, 0, VMFW_IGVM_DATA_NORMAL },
		{ VMFW_IGVM_STEP_UNMEASURED, VMFW_IGVM_PAGE_UNMEASURED,
		  VMFW_IGVM_DATA_NORMAL },
		{ VMFW_IGVM_STEP_SECRETS, 0, VMFW_IGVM_DATA_SECRETS },
		{ VMFW_IGVM_STEP_CPUID, 0, VMFW_IGVM_DATA_CPUID },
	};
	uint8_t bytes[40];
	struct vmfw_igvm_header header = { .content = bytes + 8 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		memset(bytes, 0xee, sizeof(bytes));
		assert_ptr_equal(header_put_page(bytes, SNP, 0x123456789000,
						 0x7000, all[i].kind),
				 bytes + 32);
		header.type = get_le32(bytes);
		header.length = get_le32(bytes + 4);
		assert_int_equal(header.type, VMFW_IGVM_T_PAGE_DATA);
		assert_int_equal(value_of(&header, "gpa"), 0x123456789000);
		assert_int_equal(value_of(&header, "compatibility_mask"), SNP);
		assert_int_equal(value_of(&header, "file_offset"), 0x7000);
		assert_int_equal(value_of(&header, "flags"), all[i].flags);
		assert_int_equal(value_of(&header, "data_type"), all[i].type);
		assert_int_equal(value_of(&header, "reserved"), 0);
		assert_int_equal(bytes[32], 0xee);
	}
}

/* Update a fixed header of either version that has the numbers of another file. */
static void test_update(void **state)
{
	struct file other;
	unsigned int version;

	(void)state;
	for (version = 1; version <= 2; version++) {
		file_begin(&file, version, 0);
		HEADER(&file, 0x350, 9, { 0, 8, 0x0123456789abcdef },);
		file_data(&file, "data", 4);
		file_seal(&file);
		other = file;
		memset(other.bytes + 8, 0x5a, 16);
		fixed_header_update(other.bytes, file.fixed, file.headers_end,
				    file.size);
		assert_memory_equal(other.bytes, file.bytes, file.size);
	}
}

/* The checksum does not cover a gap between fixed and variable headers. */
static void test_checksum_of_a_gap(void **state)
{
	uint8_t head[64];
	uint32_t sum;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(head); i++)
		head[i] = i;
	sum = fixed_header_checksum(head, 32, 40, 56);
	for (i = 0; i < sizeof(head); i++) {
		bool counts = i < 20 || (i >= 24 && i < 32) ||
			      (i >= 40 && i < 56);

		head[i] ^= 0x80;
		assert_int_equal(fixed_header_checksum(head, 32, 40, 56) !=
				 sum, counts);
		head[i] ^= 0x80;
	}
}

static unsigned long comparisons;

static int compare_numbers(const void *a, const void *b,
			   const struct vmfw_igvm *igvm)
{
	const uint32_t *one = a, *other = b;

	(void)igvm;
	comparisons++;
	return (*one > *other) - (*one < *other);
}

#define NUMBERS		1000u

static int sort_numbers(const struct vmfw_igvm *igvm, uint32_t *v)
{
	return igvm_sort(igvm, v, NUMBERS, sizeof(*v), compare_numbers);
}

static void test_sort(void **state)
{
	/* The first two, the last two, or no numbers are in the wrong order. */
	static const unsigned int swapped[] = { 0, NUMBERS - 2, NUMBERS };
	const struct vmfw_igvm igvm = { 0 };
	uint32_t v[NUMBERS + 1];
	unsigned int i, k;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(swapped); k++) {
		for (i = 0; i <= NUMBERS; i++)
			v[i] = i;
		v[NUMBERS] = 0;
		if (swapped[k] < NUMBERS) {
			v[swapped[k]]++;
			v[swapped[k] + 1]--;
		}
		assert_int_equal(sort_numbers(&igvm, v), 0);
		for (i = 0; i < NUMBERS; i++)
			assert_int_equal(v[i], i);
		assert_int_equal(v[NUMBERS], 0);
	}
	for (i = 0; i < NUMBERS; i++)
		v[i] = i * 7919 % NUMBERS;
	assert_int_equal(sort_numbers(&igvm, v), 0);
	for (i = 0; i < NUMBERS; i++)
		assert_int_equal(v[i], i);
	assert_int_equal(igvm_sort(&igvm, NULL, 0, 4, compare_numbers), 0);
}

/* Numbers that are in order take one comparison for each pair of neighbours. */
static void test_sort_is_quick(void **state)
{
	const struct vmfw_igvm igvm = { 0 };
	uint32_t v[NUMBERS];
	unsigned int i;

	(void)state;
	for (i = 0; i < NUMBERS; i++)
		v[i] = i / 3;
	comparisons = 0;
	assert_int_equal(sort_numbers(&igvm, v), 0);
	assert_int_equal(comparisons, NUMBERS - 1);
}

static void test_sort_is_stopped(void **state)
{
	static uint32_t v[40 * STOP_AFTER];
	const struct vmfw_igvm igvm = {
		.input = { .arg = &file, .stop = stop },
	};
	size_t i;

	(void)state;
	for (answers_no = 0; answers_no < 3; answers_no++) {
		for (i = 0; i < ARRAY_SIZE(v); i++)
			v[i] = i;
		/* The stop comes before or after the sort finds disorder. */
		if (answers_no)
			v[0] = ARRAY_SIZE(v);
		questions = 0;
		assert_int_equal(igvm_sort(&igvm, v, ARRAY_SIZE(v),
					   sizeof(v[0]), compare_numbers),
				 -ECANCELED);
		/* After the stop, the sort does not ask again. */
		assert_int_equal(questions, answers_no + 1);
	}
	answers_no = UINT32_MAX;
	assert_int_equal(igvm_sort(&igvm, v, ARRAY_SIZE(v), sizeof(v[0]),
				   compare_numbers), 0);
	/* The sort asks once in 16 * STOP_AFTER comparisons. */
	questions = 0;
	assert_int_equal(igvm_sort(&igvm, v, ARRAY_SIZE(v), sizeof(v[0]),
				   compare_numbers), 0);
	assert_int_equal(questions, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_optional_and_length),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_head_size),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_walk_ends),
		cmocka_unit_test(test_walk_is_stopped),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_platforms),
		cmocka_unit_test(test_write_page),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_checksum_of_a_gap),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_sort_is_quick),
		cmocka_unit_test(test_sort_is_stopped),
	};

	return cmocka_run_group_tests_name("igvm format", tests, NULL, NULL);
}
