// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Boot options of UEFI: the partition that each names, and malformed options.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "efi/bootoption.h"
#include "shared/macro.h"

#define PATH_LENGTH	4
#define PATH		14	/* after the name "dsk" */
#define PCI_SIZE	6
#define DISK		(PATH + PCI_SIZE)
#define DISK_SIZE	42
#define END		(DISK + DISK_SIZE)
#define SIZE		(END + 4)

/* An option with the device path Pci(0x1f,0x2)/HD(5,GPT,...)/end, without PciRoot. */
static uint8_t option[SIZE + 3];

static const uint8_t uuid[BOOTOPTION_UUID] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
	0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
};

static int set_up(void **state)
{
	/* The first three numbers of a GUID are little-endian. */
	static const uint8_t guid[] = {
		0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd,
		0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
	};

	(void)state;
	memset(option, 0, sizeof(option));
	option[0] = 1;
	option[PATH_LENGTH] = SIZE - PATH;
	memcpy(option + 6, "d\0s\0k\0", 6);
	memcpy(option + PATH, "\1\1\6\0\2\37", PCI_SIZE);
	memcpy(option + DISK, "\4\1\52\0\5\0\0\0", 8);
	memcpy(option + DISK + 24, guid, sizeof(guid));
	option[DISK + 40] = 2;
	option[DISK + 41] = 2;
	memcpy(option + END, "\177\377\4\0", 4);
	/* Data for the loader. */
	memset(option + SIZE, 0xff, 3);
	return 0;
}

/* Read from memory that ends with the option, so that sanitizers see overruns. */
static int read_bytes(struct bootoption *read, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, option, len);
	memset(read, 0x55, sizeof(*read));
	err = bootoption_read(read, copy, len);
	free(copy);
	return err;
}

static int read_option(struct bootoption *read)
{
	return read_bytes(read, sizeof(option));
}

static void a_partition_of_a_gpt(void **state)
{
	struct bootoption read;

	(void)state;
	assert_int_equal(read_option(&read), 0);
	assert_true(read.gpt);
	assert_memory_equal(read.uuid, uuid, sizeof(uuid));
	assert_int_equal(read.number, 5);
	/* The path has only the partition, without an end. */
	option[PATH_LENGTH] = DISK_SIZE;
	memmove(option + PATH, option + DISK, DISK_SIZE);
	assert_int_equal(read_bytes(&read, PATH + DISK_SIZE), 0);
	assert_memory_equal(read.uuid, uuid, sizeof(uuid));
}

static void names_of_some_lengths(void **state)
{
	struct bootoption read;
	size_t len;

	for (len = 0; len <= 6; len += 2) {
		set_up(state);
		option[PATH_LENGTH] = DISK_SIZE;
		memmove(option + 8 + len, option + DISK, DISK_SIZE);
		memset(option + 6, 'a', len);
		memset(option + 6 + len, 0, 2);
		assert_int_equal(read_bytes(&read, 8 + len + DISK_SIZE), 0);
		assert_memory_equal(read.uuid, uuid, sizeof(uuid));
	}
}

static void a_partition_of_an_mbr(void **state)
{
	struct bootoption read;

	(void)state;
	option[DISK + 40] = 1;
	option[DISK + 41] = 1;
	assert_int_equal(read_option(&read), 0);
	assert_false(read.gpt);
	assert_int_equal(read.disk, 0x01234567);
	assert_int_equal(read.number, 5);
}

static void no_partition(void **state)
{
	static const struct {
		unsigned int at;
		uint8_t byte;
	} changes[] = {
		{ DISK, 5 },		/* a node of another type */
		{ DISK + 1, 4 },	/* a file */
		{ DISK + 40, 1 },	/* an MBR with a GUID */
		{ DISK + 41, 1 },	/* a GPT with a signature of 32 bits */
		{ DISK + 41, 0 },	/* no signature */
		{ PATH_LENGTH, 0 },	/* no path */
		{ PATH_LENGTH, PCI_SIZE }, /* a path without an end */
		{ PATH, 0x7f },		/* the end before the partition */
	};
	struct bootoption read;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		set_up(state);
		option[changes[i].at] = changes[i].byte;
		assert_int_equal(read_option(&read), -ENOENT);
	}
}

static void malformed(void **state)
{
	static const struct {
		unsigned int at;
		uint8_t byte;
	} changes[] = {
		{ PATH_LENGTH + 1, 1 },	/* a path longer than the variable */
		{ PATH + 2, 3 },	/* a node shorter than its own head */
		{ PATH + 2, 0 },
		{ PATH + 3, 1 },	/* a node longer than the path */
		{ DISK + 2, 41 },	/* a partition of another size */
		{ DISK + 2, 43 },
		{ PATH_LENGTH, PCI_SIZE + 3 }, /* a path that ends within a node */
	};
	struct bootoption read;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		set_up(state);
		option[changes[i].at] = changes[i].byte;
		assert_int_equal(read_option(&read), -EBADMSG);
	}
	/* The variable ends before the path, at each possible byte. */
	set_up(state);
	for (i = 0; i < SIZE; i++)
		assert_int_equal(read_bytes(&read, i), -EBADMSG);
	assert_int_equal(read_bytes(&read, SIZE), 0);
	/* The variable ends where the path ends, within a node. */
	option[PATH_LENGTH] = PCI_SIZE + 3;
	assert_int_equal(read_bytes(&read, PATH + PCI_SIZE + 3), -EBADMSG);
	/* A name without an end. */
	memset(option + 6, 'a', sizeof(option) - 6);
	assert_int_equal(read_option(&read), -EBADMSG);
	/* Neither does the name end if the path is empty. */
	option[PATH_LENGTH] = 0;
	assert_int_equal(read_option(&read), -EBADMSG);
	assert_int_equal(read_bytes(&read, 6), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_partition_of_a_gpt, set_up),
		cmocka_unit_test(names_of_some_lengths),
		cmocka_unit_test_setup(a_partition_of_an_mbr, set_up),
		cmocka_unit_test_setup(no_partition, set_up),
		cmocka_unit_test_setup(malformed, set_up),
	};

	return cmocka_run_group_tests_name("bootoption", tests, NULL, NULL);
}
