// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Versions of the firmware of a processor, from bytes and from text, and their
 * comparison.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "attest/tcb.h"
#include "shared/macro.h"

/* The version of a part that a TCB does not have. */
#define ABSENT	(-1)

/* Expect these versions, by enum tcb_part. */
static void has_versions(const struct tcb *tcb, const int *versions)
{
	size_t i;

	for (i = 0; i < NR_TCB_PARTS; i++) {
		assert_int_equal(tcb->known[i], versions[i] != ABSENT);
		if (tcb->known[i])
			assert_int_equal(tcb->version[i], versions[i]);
	}
}

static void the_layout_depends_on_the_processor(void **state)
{
	static const uint8_t bytes[TCB_SIZE] = { 10, 11, 12, 13, 14, 15, 16, 17 };
	static const int versions[] = { ABSENT, 10, 11, 16, 17 };
	static const int turin[] = { 10, 11, 12, 13, 17 };
	struct tcb tcb;

	(void)state;
	memset(&tcb, 0xa5, sizeof(tcb));
	tcb_read(&tcb, bytes, false);
	has_versions(&tcb, versions);
	tcb_read(&tcb, bytes, true);
	has_versions(&tcb, turin);
}

static void lists_with_a_right_form(void **state)
{
	static const struct {
		const char *list;
		int versions[NR_TCB_PARTS];
	} all[] = {
		{ "snp=8", { ABSENT, ABSENT, ABSENT, 8, ABSENT } },
		{ "fmc=0", { 0, ABSENT, ABSENT, ABSENT, ABSENT } },
		{ "microcode=255,tee=010",
		  { ABSENT, ABSENT, 10, ABSENT, 255 } },
		{ "fmc=1,bootloader=2,tee=3,snp=4,microcode=5",
		  { 1, 2, 3, 4, 5 } },
	};
	struct tcb tcb;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		memset(&tcb, 0xa5, sizeof(tcb));
		assert_null(tcb_parse(&tcb, all[i].list));
		has_versions(&tcb, all[i].versions);
	}
}

/* The result points to the first wrong part. */
static void lists_with_a_wrong_form(void **state)
{
	static const struct {
		const char *list, *wrong;
	} all[] = {
		{ "", "" }, { "snp", "snp" }, { "snp=", "snp=" },
		/* A digit after the end does not count. */
		{ "snp\0" "8", "snp" },
		{ "snp=x", "snp=x" }, { "snp=-1", "snp=-1" },
		{ "snp= 1", "snp= 1" }, { "snp=+1", "snp=+1" },
		{ "snp=256", "snp=256" }, { "snp=0x8", "snp=0x8" },
		{ "snp=99999999999999999999", "snp=99999999999999999999" },
		{ "snp=8+tee=0", "snp=8+tee=0" }, { "=8", "=8" },
		{ "sn=8", "sn=8" }, { "snpp=8", "snpp=8" }, { "nsp=8", "nsp=8" },
		{ "SNP=8", "SNP=8" }, { "snp=8,", "" }, { ",snp=8", ",snp=8" },
		{ "snp=8,snp=8", "snp=8" }, { "snp=8,tee=1,tex=2,fmc=3", "tex=2,fmc=3" },
	};
	struct tcb tcb;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		const char *list = all[i].list;
		const char *wrong = tcb_parse(&tcb, list);

		assert_non_null(wrong);
		assert_string_equal(wrong, all[i].wrong);
		assert_ptr_equal(wrong, list + strlen(list) - strlen(wrong));
	}
}

static void the_first_part_that_is_too_old(void **state)
{
	static const struct {
		const char *list, *least;
		int older;
	} all[] = {
		{ "snp=8", "snp=8", NR_TCB_PARTS },
		{ "snp=8", "snp=7", NR_TCB_PARTS },
		{ "snp=8", "snp=9", TCB_SNP },
		/* A part of only one of the two. */
		{ "snp=8,tee=1", "snp=8", NR_TCB_PARTS },
		{ "snp=8", "snp=8,tee=0", TCB_TEE },
		{ "fmc=1,microcode=5", "fmc=1,microcode=6", TCB_MICROCODE },
		{ "fmc=1,microcode=5", "fmc=2,microcode=6", TCB_FMC },
	};
	struct tcb tcb, least;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		assert_null(tcb_parse(&tcb, all[i].list));
		assert_null(tcb_parse(&least, all[i].least));
		assert_int_equal(tcb_find_older(&tcb, &least), all[i].older);
	}
}

static void each_part_has_a_word(void **state)
{
	(void)state;
	assert_string_equal(tcb_word(TCB_FMC), "fmc");
	assert_string_equal(tcb_word(TCB_MICROCODE), "microcode");
	assert_null(tcb_word(NR_TCB_PARTS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_layout_depends_on_the_processor),
		cmocka_unit_test(lists_with_a_right_form),
		cmocka_unit_test(lists_with_a_wrong_form),
		cmocka_unit_test(the_first_part_that_is_too_old),
		cmocka_unit_test(each_part_has_a_word),
	};

	return cmocka_run_group_tests_name("tcb", tests, NULL, NULL);
}
