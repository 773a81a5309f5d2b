// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Databases of Secure Boot: reading valid ones, refusing others, writing.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "efi/siglist.h"
#include "shared/bytes.h"
#include "shared/macro.h"

static const uint8_t sha256[] =
	"\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28";
static const uint8_t x509[] =
	"\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72";

/* Write a list of a type with some entries. Return the number of its bytes. */
static size_t put_list(uint8_t *p, const uint8_t *type, uint32_t entry,
		       uint32_t nr)
{
	memcpy(p, type, 16);
	put_le32(p + 16, 28 + entry * nr);
	put_le32(p + 20, 0);
	put_le32(p + 24, entry);
	memset(p + 28, 0x5a, entry * nr);
	return 28 + entry * nr;
}

static void test_lists(void **state)
{
	uint8_t bytes[1024];
	struct siglist_fault fault;
	struct siglist list;
	size_t len;

	(void)state;
	len = put_list(bytes, sha256, 48, 3);
	len += put_list(bytes + len, x509, 16 + 77, 1);
	assert_int_equal(siglist_open(&list, bytes, len, &fault), 0);
	assert_ptr_equal(list.bytes, bytes);
	assert_int_equal(list.len, len);
	assert_int_equal(list.signed_size, 0);
	assert_int_equal(list.entries, 4);
}

static void test_variable(void **state)
{
	uint8_t bytes[1024];
	struct siglist_fault fault;
	struct siglist list;
	size_t len;

	(void)state;
	siglist_put_unsigned(bytes);
	/* A year, a month, a day; then a certificate of 24 bytes. */
	assert_memory_equal(bytes, "\xb2\x07\x01\x01\0\0\0\0", 8);
	assert_memory_equal(bytes + 8, "\0\0\0\0\0\0\0\0", 8);
	assert_memory_equal(bytes + 16, "\x18\0\0\0\0\x02\xf1\x0e", 8);
	assert_memory_equal(bytes + 24, "\x9d\xd2\xaf\x4a\xdf\x68\xee\x49"
			    "\x8a\xa9\x34\x7d\x37\x56\x65\xa7", 16);
	len = 40 + put_list(bytes + 40, sha256, 48, 1);
	assert_int_equal(siglist_open(&list, bytes, len, &fault), 0);
	assert_int_equal(list.signed_size, 40);
	assert_int_equal(list.len, 76);

	/* An authenticated variable with a signature of 100 bytes. */
	put_le32(bytes + 16, 124);
	len = 140 + put_list(bytes + 140, sha256, 48, 2);
	assert_int_equal(siglist_open(&list, bytes, len, &fault), 0);
	assert_int_equal(list.signed_size, 140);
	assert_ptr_equal(list.bytes, bytes + 140);
	assert_int_equal(list.entries, 2);
	put_le32(bytes + 140 + 20, 1);
	assert_int_equal(siglist_open(&list, bytes, len, &fault), -EINVAL);
	assert_int_equal(fault.offset, 140 + 20);
}

static void test_digest(void **state)
{
	uint8_t digest[SIGLIST_DIGEST], bytes[SIGLIST_SHA256];
	static const uint8_t nobody[16];
	struct siglist_fault fault;
	struct siglist list;

	(void)state;
	memset(digest, 0xd1, sizeof(digest));
	memset(bytes, 0xff, sizeof(bytes));
	siglist_put_sha256(bytes, digest);
	assert_memory_equal(bytes, sha256, 16);
	assert_memory_equal(bytes + 28, nobody, sizeof(nobody));
	assert_memory_equal(bytes + 44, digest, sizeof(digest));
	assert_int_equal(siglist_open(&list, bytes, sizeof(bytes), &fault), 0);
	assert_int_equal(list.entries, 1);
}

static void test_certificate(void **state)
{
	uint8_t bytes[SIGLIST_X509_HEAD + 5];
	static const uint8_t nobody[16];
	struct siglist_fault fault;
	struct siglist list;

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	siglist_put_x509_head(bytes, 5);
	assert_memory_equal(bytes, x509, 16);
	assert_memory_equal(bytes + 28, nobody, sizeof(nobody));
	assert_memory_equal(bytes + 44, "\xff\xff\xff\xff\xff", 5);
	assert_int_equal(siglist_open(&list, bytes, sizeof(bytes), &fault), 0);
	assert_int_equal(list.entries, 1);
}

static void test_refused(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		size_t len;
		const char *text;
		size_t offset;
		uint64_t fault_value;
	} cases[] = {
		{ 0, 0xc1c41626, 0, "no signatures", 0, 0 },
		{ 0, 0xc1c41626, 27, "ends within a list", 0, 27 },
		{ 0, 0xc1c41626, 75, "cannot have this size", 16, 76 },
		{ 0, 0xc1c41626, 80, "ends within a list", 76, 4 },
		{ 0, 1, 76, "no such type", 0, 1 },
		{ 16, 27, 76, "cannot have this size", 16, 27 },
		{ 16, 28, 76, "whole number", 16, 28 },
		{ 16, 28, 28, "whole number", 16, 28 },
		{ 16, 75, 76, "whole number", 16, 75 },
		{ 16, 0xffffffff, 76, "cannot have this size", 16, 0xffffffff },
		{ 20, 4, 76, "must have no header", 20, 4 },
		{ 24, 47, 76, "this type cannot have this size", 24, 47 },
		{ 24, 0, 76, "this type cannot have this size", 24, 0 },
	};
	struct siglist_fault fault;
	struct siglist list;
	uint8_t bytes[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(bytes, 0, sizeof(bytes));
		put_list(bytes, sha256, 48, 1);
		put_le32(bytes + cases[i].at, cases[i].value);
		assert_int_equal(siglist_open(&list, bytes, cases[i].len,
					      &fault), -EINVAL);
		if (!strstr(fault.text, cases[i].text))
			fail_msg("'%s' instead of '%s'", fault.text,
				 cases[i].text);
		assert_int_equal(fault.offset, cases[i].offset);
		assert_int_equal(fault.value, cases[i].fault_value);
	}
	/* An entry must have bytes after the GUID of its owner. */
	put_list(bytes, x509, 16, 1);
	assert_int_equal(siglist_open(&list, bytes, 44, &fault), -EINVAL);
}

/* A database in a malformed authenticated variable is invalid. */
static void test_no_variable(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} cases[] = {
		/* Length, revision, type and GUID, too low or too high. */
		{ 16, 23 }, { 16, 101 }, { 19, 1 }, { 20, 1 }, { 21, 1 },
		{ 21, 3 }, { 22, 0 }, { 22, 0xf2 }, { 23, 0x0d }, { 23, 0x0f },
		{ 24, 0 }, { 24, 0xff }, { 39, 0 }, { 39, 0xff },
	};
	struct siglist_fault fault;
	struct siglist list;
	uint8_t bytes[116];
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		siglist_put_unsigned(bytes);
		put_list(bytes + 40, sha256, 48, 1);
		bytes[cases[i].at] = cases[i].value;
		assert_int_equal(siglist_open(&list, bytes, sizeof(bytes),
					      &fault), -EINVAL);
		/* As a list, it has an invalid size or, with 101 bytes, a header. */
		assert_int_equal(fault.offset, cases[i].value == 101 ? 20 : 16);
	}
	siglist_put_unsigned(bytes);
	assert_int_equal(siglist_open(&list, bytes, 40, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "no signatures"));
	/* Bytes after the end do not count, even if they complete a variable. */
	for (len = 1; len < 40; len++) {
		assert_int_equal(siglist_open(&list, bytes, len, &fault),
				 -EINVAL);
		assert_int_equal(list.signed_size, 0);
		assert_int_equal(fault.offset, len < 28 ? 0 : 16);
	}
}

static void expect_next(struct siglist_walk *walk, enum siglist_type type,
			size_t len, const uint8_t *data)
{
	struct siglist_entry entry;

	assert_int_equal(siglist_next(walk, &entry), 1);
	assert_int_equal(entry.type, type);
	assert_int_equal(entry.len, len);
	assert_ptr_equal(entry.data, data);
}

/* The walk returns all signatures, even in lists of unknown types or with a header. */
static void test_walk(void **state)
{
	uint8_t bytes[512] = { 0 }, *p = bytes;
	struct siglist_entry entry;
	struct siglist_walk walk;

	(void)state;
	siglist_walk(&walk, bytes, 0);
	assert_int_equal(siglist_next(&walk, &entry), 0);
	/* Two digests. */
	put_list(p, sha256, 48, 2);
	p += 28 + 2 * 48;
	/* A list without entries, where the size of an entry is 0. */
	put_list(p, x509, 0, 1);
	p += 28;
	/* An unknown type. */
	put_list(p, x509, 21, 1);
	p[0] = 0xff;
	p += 28 + 21;
	/* A header of 4 bytes in front of a certificate. */
	put_list(p, x509, 20, 1);
	put_le32(p + 16, 28 + 4 + 20);
	put_le32(p + 20, 4);
	p += 28 + 4 + 20;
	/* A header without a certificate, and a list without entries at the end. */
	put_list(p, x509, 0, 1);
	put_le32(p + 16, 28 + 4);
	put_le32(p + 20, 4);
	put_list(p + 28 + 4, x509, 0, 1);
	siglist_walk(&walk, bytes, p - bytes + 28 + 4 + 28);
	expect_next(&walk, SIGLIST_SHA256_DIGEST, 32, bytes + 28 + 16);
	expect_next(&walk, SIGLIST_SHA256_DIGEST, 32, bytes + 28 + 48 + 16);
	expect_next(&walk, SIGLIST_OTHER, 5, bytes + 124 + 28 + 28 + 16);
	expect_next(&walk, SIGLIST_X509, 4, p - 4);
	assert_int_equal(siglist_next(&walk, &entry), 0);
	assert_int_equal(siglist_next(&walk, &entry), 0);
}

/* Open a list with an entry of @len bytes. @right: its type allows this size. */
static void expect_size(uint8_t *bytes, const uint8_t *guid, size_t len,
			bool right)
{
	struct siglist_fault fault = { 0 };
	struct siglist list;
	size_t size = put_list(bytes, guid, 16 + len, 1);

	assert_int_equal(siglist_open(&list, bytes, size, &fault),
			 right ? 0 : -EINVAL);
	if (right)
		assert_null(fault.text);
	else
		assert_non_null(strstr(fault.text, "of this type"));
}

/* The GUIDs of the types are those in the UEFI specification. */
static void test_types(void **state)
{
	static const struct {
		const char *guid;
		enum siglist_type type;
		size_t len;
	} types[] = {
		{ "2616c4c14c509240aca941f936934328", SIGLIST_SHA256_DIGEST, 32 },
		{ "a159c0a5e494a74a87b5ab155c2bf072", SIGLIST_X509, 7 },
		{ "07533effd09fc94885f18ad56c701e01", SIGLIST_SHA384_DIGEST, 48 },
		{ "ae0f3e09c4a6504f9f1bd41e2b89c19a", SIGLIST_SHA512_DIGEST, 64 },
		{ "92a4d23bc0967940b420fcf98ef103ed", SIGLIST_X509_SHA256, 48 },
		{ "6e877670c280e64eaad228b349a6865b", SIGLIST_X509_SHA384, 64 },
		{ "63bf6d440225da4cbcfa2465d2b0fe9d", SIGLIST_X509_SHA512, 80 },
		/* SHA-1, SHA-224, RSA-2048, RSA-2048 with SHA-1 and with SHA-256. */
		{ "12a56c8210cfc94ab187be01496631bd", SIGLIST_OTHER, 20 },
		{ "33526e0b5ca6c9449407d9ab83bfc8bd", SIGLIST_OTHER, 28 },
		{ "e866573c9c26344eaa14ed776e85b3b6", SIGLIST_OTHER, 256 },
		{ "4f44f8674387f148a3281eaab8736080", SIGLIST_OTHER, 256 },
		{ "9061b3e29b873d4aad8df2e7bba32784", SIGLIST_OTHER, 256 },
	};
	uint8_t bytes[512], guid[16];
	struct siglist_entry entry;
	struct siglist_walk walk;
	unsigned int byte;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		memset(guid, 0, sizeof(guid));
		for (j = 0; j < 16 && sscanf(types[i].guid + 2 * j, "%2x",
					     &byte) == 1; j++)
			guid[j] = byte;
		memset(bytes, 0, sizeof(bytes));
		put_list(bytes, guid, 16 + types[i].len, 1);
		siglist_walk(&walk, bytes, 44 + types[i].len);
		expect_next(&walk, types[i].type, types[i].len, bytes + 44);
		assert_int_equal(siglist_next(&walk, &entry), 0);
		expect_size(bytes, guid, types[i].len, true);
		expect_size(bytes, guid, types[i].len - 1,
			    types[i].type == SIGLIST_X509);
		expect_size(bytes, guid, types[i].len + 1,
			    types[i].type == SIGLIST_X509);
	}
}

static void test_walk_refused(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		size_t len;
	} cases[] = {
		{ 0, 0xc1c41626, 1 },
		{ 0, 0xc1c41626, 27 },
		{ 0, 0xc1c41626, 75 },
		{ 16, 27, 76 },
		{ 16, 75, 76 },
		{ 16, 77, 76 },
		/* With these, a wrapped size would be a multiple of 48. */
		{ 16, 12, 76 },
		{ 20, 64, 76 },
		{ 16, 0xffffffff, 76 },
		{ 20, 49, 76 },
		{ 20, 0xffffffff, 76 },
		{ 20, 1, 76 },
		{ 24, 47, 76 },
		{ 24, 24, 76 },
		{ 24, 16, 76 },
		{ 24, 0, 76 },
	};
	struct siglist_entry entry;
	struct siglist_walk walk;
	uint8_t bytes[128], *copy;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(bytes, 0, sizeof(bytes));
		put_list(bytes, sha256, 48, 1);
		put_le32(bytes + cases[i].at, cases[i].value);
		/* Memory of exactly this size, so that sanitizers see overruns. */
		copy = malloc(cases[i].len);
		assert_non_null(copy);
		memcpy(copy, bytes, cases[i].len);
		siglist_walk(&walk, copy, cases[i].len);
		assert_int_equal(siglist_next(&walk, &entry), -EINVAL);
		free(copy);
	}
	/* Bytes after the last list. */
	memset(bytes, 0, sizeof(bytes));
	put_list(bytes, sha256, 48, 1);
	siglist_walk(&walk, bytes, 77);
	assert_int_equal(siglist_next(&walk, &entry), 1);
	assert_int_equal(siglist_next(&walk, &entry), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_variable),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_variable),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_walk_refused),
	};

	return cmocka_run_group_tests_name("efi siglist", tests, NULL, NULL);
}
