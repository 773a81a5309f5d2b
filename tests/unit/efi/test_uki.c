// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The choice of firmware in a UKI: by profile, by machine, by name.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "efi/uki.h"
#include "section.h"
#include "shared/bytes.h"
#include "shared/macro.h"

void *__real_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size);

/* Number of allocations before the only one that fails; -1: none fails. */
static int memory = -1;

void *__wrap_calloc(size_t nr, size_t size)
{
	if (memory >= 0 && !memory--)
		return NULL;
	return __real_calloc(nr, size);
}

static struct image image;
static struct chids chids;
/* Number of the first section that matched the last wish. */
static unsigned int first_match;

static void add_firmware(const char *fwid, unsigned int machine)
{
	struct section section;

	section_firmware(&section, fwid, machine, "firmware", 8);
	section_add(&image, ".efifw", &section);
}

/* Add a section with two records, which may be equal. */
static void add_machines(const char *first, unsigned int machine,
			 const char *second, unsigned int other)
{
	const char *const fwids[] = { first, second };
	const unsigned int machines[] = { machine, other };
	struct section section;

	section_machines(&section, 2, fwids, machines);
	section_add(&image, ".hwids", &section);
}

static void add_profile(void)
{
	image_add(&image, ".profile", "ID=x\n", 5);
}

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	for (i = 0; i < CHIDS; i++) {
		chids.known[i] = true;
		memset(chids.chid[i], MACHINE(i), CHID_SIZE);
	}
	return 0;
}

/* Return the number of the chosen section, or minus enum uki_result. */
static int choose(int profile, const char *fwid)
{
	const struct uki_wish wish = { profile, fwid, &chids };
	const struct uki_firmware *firmware;
	struct pe_fault fault;
	enum uki_result result;
	struct uki uki;
	struct pe pe;
	int section;

	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(uki_open(&uki, &pe, &fault), 0);
	result = uki_choose(&uki, &wish, &firmware);
	section = result == UKI_FOUND ? (int)firmware->section : -(int)result;
	/* If several match, the caller learns the first of them. */
	if (result == UKI_FOUND || result == UKI_AMBIGUOUS)
		first_match = firmware->section;
	else
		assert_null(firmware);
	uki_close(&uki);
	pe_close(&pe);
	return section;
}

static int open_fails(struct pe_fault *fault)
{
	struct uki uki;
	struct pe pe;
	int err;

	assert_int_equal(image_parse(&image, &pe, fault), 0);
	err = uki_open(&uki, &pe, fault);
	pe_close(&pe);
	return err;
}

static void test_none(void **state)
{
	(void)state;
	assert_int_equal(choose(0, NULL), -UKI_EMPTY);
	assert_int_equal(choose(0, "x"), -UKI_EMPTY);
}

static void test_one(void **state)
{
	(void)state;
	add_firmware("only", 0);
	assert_int_equal(choose(0, NULL), 2);
	assert_int_equal(choose(0, "only"), 2);
	assert_int_equal(choose(0, "onl"), -UKI_NO_SUCH);
}

static void test_several(void **state)
{
	(void)state;
	add_firmware("one", 0);
	add_firmware("two", 0);
	assert_int_equal(choose(0, NULL), -UKI_AMBIGUOUS);
	assert_int_equal(first_match, 2);
	assert_int_equal(choose(0, "two"), 3);
	add_firmware("two", 0);
	assert_int_equal(choose(0, "two"), -UKI_AMBIGUOUS);
	assert_int_equal(first_match, 3);
	assert_int_equal(choose(0, "one"), 2);
}

static void test_machines(void **state)
{
	(void)state;
	add_firmware("one", 0);
	add_firmware("two", 0);
	add_machines("two", MACHINE(5), "one", 0x11);
	assert_int_equal(choose(0, NULL), 3);
	/* The user's name for the firmware has precedence over the machine. */
	assert_int_equal(choose(0, "one"), 2);
}

/* CHID 3 is more specific than CHID 9. */
static void test_most_specific(void **state)
{
	(void)state;
	add_firmware("one", 0);
	add_firmware("two", 0);
	add_machines("one", MACHINE(9), "two", MACHINE(3));
	assert_int_equal(choose(0, NULL), 3);
	chids.known[3] = false;
	assert_int_equal(choose(0, NULL), 2);
	chids.known[9] = false;
	assert_int_equal(choose(0, NULL), -UKI_NO_MATCH);
}

/* CHIDs with the firmware's version, or with the manufacturer alone, choose nothing. */
static void test_too_little(void **state)
{
	(void)state;
	add_firmware("one", 0);
	add_machines("one", MACHINE(0), "one", MACHINE(14));
	assert_int_equal(choose(0, NULL), -UKI_NO_MATCH);
	assert_int_equal(choose(0, "one"), 2);
}

/* If the firmware of a record is missing, the search goes on. */
static void test_firmware_missing(void **state)
{
	(void)state;
	add_firmware("one", 0);
	add_machines("gone", MACHINE(3), "one", MACHINE(4));
	assert_int_equal(choose(0, NULL), 2);
}

static void test_same_name(void **state)
{
	(void)state;
	add_firmware("one", 0);
	add_firmware("one", 0);
	add_machines("one", MACHINE(3), "one", MACHINE(3));
	assert_int_equal(choose(0, NULL), -UKI_AMBIGUOUS);
}

/* Of two records with one CHID, the first one with existing firmware counts. */
static void test_two_records(void **state)
{
	static const struct {
		const char *first, *second;
		int section;
	} records[] = {
		{ "one", "two", 2 },
		{ "two", "one", 3 },
		{ "one", "gone", 2 },
		{ "gone", "two", 3 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(records); i++) {
		setup(state);
		add_firmware("one", 0);
		add_firmware("two", 0);
		add_machines(records[i].first, MACHINE(3), records[i].second,
			     MACHINE(3));
		assert_int_equal(choose(0, NULL), records[i].section);
	}
}

/* A section of firmware may itself name its machine. */
static void test_own_machine(void **state)
{
	add_firmware("any", 0);
	add_firmware("mine", MACHINE(6));
	add_firmware("other", 0x11);
	assert_int_equal(choose(0, NULL), 3);
	add_firmware("too", MACHINE(6));
	assert_int_equal(choose(0, NULL), -UKI_AMBIGUOUS);
	/* For the same CHID, ".hwids" has precedence. */
	add_machines("any", MACHINE(6), "any", 0x12);
	assert_int_equal(choose(0, NULL), 2);
	/* Firmware that names no machine has no CHID, not even one of zeroes. */
	setup(state);
	memset(chids.chid[3], 0, CHID_SIZE);
	add_firmware("any", 0);
	add_firmware("mine", MACHINE(6));
	assert_int_equal(choose(0, NULL), 3);
}

/* Firmware of another profile may name its machine. */
static void test_machine_of_a_profile(void **state)
{
	(void)state;
	add_firmware("base", 0);
	add_profile();
	add_profile();
	add_firmware("other", 0x11);
	assert_int_equal(choose(0, NULL), 2);
	assert_int_equal(choose(1, NULL), -UKI_NO_MATCH);
}

static void test_profiles(void **state)
{
	(void)state;
	add_firmware("base", 0);	/* section 2 */
	add_profile();
	add_profile();
	add_firmware("second", 0);	/* section 5 */
	add_profile();
	add_firmware("third", 0);	/* section 7 */
	add_firmware("base", 0);	/* section 8 */
	add_machines("third", MACHINE(3), "base", 0x11);
	assert_int_equal(choose(0, NULL), 2);
	assert_int_equal(choose(1, NULL), 5);
	assert_int_equal(choose(2, NULL), 7);
	/* A profile without sections uses the firmware that all profiles share. */
	assert_int_equal(choose(3, NULL), 2);
	/* The search by name begins in the booted profile. */
	assert_int_equal(choose(0, "third"), 7);
	assert_int_equal(choose(0, "base"), 2);
	assert_int_equal(choose(2, "base"), 8);
	assert_int_equal(choose(1, "base"), -UKI_AMBIGUOUS);
}

/* A profile without machines uses those that all profiles share. */
static void test_shared_machines(void **state)
{
	(void)state;
	add_machines("two", MACHINE(3), "one", MACHINE(4));
	add_profile();
	add_firmware("one", 0);
	add_firmware("two", 0);
	add_profile();
	add_machines("one", MACHINE(3), "one", MACHINE(4));
	add_firmware("two", 0);
	add_firmware("one", 0);
	assert_int_equal(choose(0, NULL), 5);
	assert_int_equal(choose(1, NULL), 9);
}

static void test_only_firmware(void **state)
{
	(void)state;
	add_profile();
	add_firmware("only", 0);
	assert_int_equal(choose(0, NULL), 3);
	/* No other section comes after this one, or before it. */
	image_begin(&image, true);
	add_firmware("only", 0x11);
	assert_int_equal(choose(0, NULL), -UKI_NO_MATCH);
	assert_int_equal(choose(0, "only"), 1);
}

static void test_only_elsewhere(void **state)
{
	(void)state;
	add_profile();
	add_profile();
	add_firmware("one", 0);
	assert_int_equal(choose(0, NULL), -UKI_NO_MATCH);
	assert_int_equal(choose(0, "one"), 4);
}

static void test_two_of_machines(void **state)
{
	struct pe_fault fault;

	(void)state;
	add_machines("a", 1, "b", 2);
	add_profile();
	add_machines("a", 1, "b", 2);
	add_machines("a", 1, "b", 2);
	assert_int_equal(open_fails(&fault), -EINVAL);
	assert_non_null(strstr(fault.text, "two sections of this name"));
	assert_int_equal(fault.value, 5);
}

static void test_malformed(void **state)
{
	struct pe_fault fault;

	(void)state;
	add_firmware("sound", 0);
	image_add(&image, ".efifw", "firmware without header", 23);
	add_firmware("after it", 0);
	assert_int_equal(open_fails(&fault), -EINVAL);
	assert_non_null(strstr(fault.text, ".efifw: the section does not begin with its magic number, 0xfeeddead"));

	image_begin(&image, true);
	image_add(&image, ".hwids", "\1", 1);
	assert_int_equal(open_fails(&fault), -EINVAL);
	assert_non_null(strstr(fault.text, ".hwids: the section"));
}

static void test_errors(void **state)
{
	struct pe_fault fault;
	struct uki uki;
	struct pe pe;
	int i;

	(void)state;
	add_firmware("sound", 0);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	for (i = 0; i < 2; i++) {
		memory = i;
		assert_int_equal(uki_open(&uki, &pe, &fault), -ENOMEM);
		assert_int_equal(memory, -1);
	}
	image.err = -EIO;
	image.bad = pe.sections[1].offset;
	assert_int_equal(uki_open(&uki, &pe, &fault), -EIO);
	assert_null(fault.text);
	pe_close(&pe);
}

#define TEST(name)	cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_one),
		TEST(test_several),
		TEST(test_machines),
		TEST(test_most_specific),
		TEST(test_too_little),
		TEST(test_firmware_missing),
		TEST(test_same_name),
		TEST(test_two_records),
		TEST(test_own_machine),
		TEST(test_machine_of_a_profile),
		TEST(test_profiles),
		TEST(test_shared_machines),
		TEST(test_only_firmware),
		TEST(test_only_elsewhere),
		TEST(test_two_of_machines),
		TEST(test_malformed),
		TEST(test_errors),
	};

	return cmocka_run_group_tests_name("efi uki", tests, NULL, NULL);
}
