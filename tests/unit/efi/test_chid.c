// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * CHIDs of a machine whose fields and CHIDs are both public.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "crypto.h"
#include "efi/chid.h"
#include "shared/bytes.h"
#include "shared/macro.h"

/* From "fwupdtool hwids" of fwupd on that machine, as in systemd's tests. */
static const struct chid_fields fields = {
	.text = {
		[CHID_MANUFACTURER] = "Micro-Star International Co., Ltd.",
		[CHID_FAMILY] = "To be filled by O.E.M.",
		[CHID_PRODUCT_NAME] = "MS-7D70",
		[CHID_PRODUCT_SKU] = "To be filled by O.E.M.",
		[CHID_BASEBOARD_MANUFACTURER] = "Micro-Star International Co., Ltd.",
		[CHID_BASEBOARD_PRODUCT] = "MPG X670E CARBON WIFI (MS-7D70)",
		[CHID_BIOS_VENDOR] = "American Megatrends International, LLC.",
		[CHID_BIOS_VERSION] = "1.E5",
		[CHID_BIOS_MAJOR] = "05",
		[CHID_BIOS_MINOR] = "20",
		[CHID_ENCLOSURE] = "3",
	},
};

static const char *const known[CHIDS] = {
	"f59668ca22bc52a0b6b51f6ce81b08e0",
	"f735f7a040da5bfe8ac20090532ee6d0",
	"25880e68e0055ca788b6650de596604f",
	"01e09b32de0556cab9d19486ad5f381d",
	"cad87a111813507b9aab9a5f457b649c",
	"377c823d60d155b0967876cd2af9d086",
	"28ac9cf25bde59f7aebe4b3d008090fe",
	"e821e0e2e11a5e94bf5dffe53c5e5048",
	"1c092f1ddc7b564f8a3d128d7292fab8",
	"c12c1f4a332d5d72aa367a3d413b479a",
	"28ac9cf25bde59f7aebe4b3d008090fe",
	"e821e0e2e11a5e94bf5dffe53c5e5048",
	"bdd76d3e147f58a9a0b242136454ed07",
	"b2e58e8bfb105cd08fb05bd931f1871a",
	"50af5797a2f258b19a1a453bcbb2e025",
};

static void test_known(void **state)
{
	struct chids chids;
	char words[33];
	size_t i, j;

	(void)state;
	assert_int_equal(chid_compute(&chids, &fields), 0);
	for (i = 0; i < CHIDS; i++) {
		assert_true(chids.known[i]);
		for (j = 0; j < CHID_SIZE; j++)
			snprintf(words + 2 * j, 3, "%02x", chids.chid[i][j]);
		assert_string_equal(words, known[i]);
	}
}

/* If any call of libcrypto fails, no CHID is known. Return the number of calls. */
static long fail_each_call(void)
{
	static const struct chids none;
	struct chids chids;
	bool failed;
	long n;
	int err;

	for (n = 0;; n++) {
		memset(&chids, 0x5a, sizeof(chids));
		crypto_calls_left = n;
		err = chid_compute(&chids, &fields);
		failed = crypto_calls_left < 0;
		crypto_calls_left = CRYPTO_NEVER_FAILS;
		assert_int_equal(err, failed ? -ENOMEM : 0);
		if (!failed)
			return n;
		assert_memory_equal(&chids, &none, sizeof(chids));
	}
}

static void test_failures(void **state)
{
	(void)state;
	/* Each CHID needs at least three calls: DigestInit, Update and Final. */
	assert_true(fail_each_call() > 1 + 3 * CHIDS);
	crypto_fails_once = true;
	assert_true(fail_each_call() > 1 + 3 * CHIDS);
	crypto_fails_once = false;
}

/* Without one of its fields, a CHID is unknown. No other CHID changes. */
static void test_missing(void **state)
{
	/* The number of CHIDs without a field. */
	static const unsigned int without[CHID_FIELDS] = {
		[CHID_MANUFACTURER] = 0,
		[CHID_FAMILY] = 8,
		[CHID_PRODUCT_NAME] = 7,
		[CHID_PRODUCT_SKU] = 10,
		[CHID_BASEBOARD_MANUFACTURER] = 10,
		[CHID_BASEBOARD_PRODUCT] = 10,
		[CHID_BIOS_VENDOR] = 12,
		[CHID_BIOS_VERSION] = 12,
		[CHID_BIOS_MAJOR] = 12,
		[CHID_BIOS_MINOR] = 12,
		[CHID_ENCLOSURE] = 14,
	};
	unsigned int field, i, nr;
	struct chid_fields some;
	struct chids chids;

	(void)state;
	for (field = 0; field < CHID_FIELDS; field++) {
		some = fields;
		some.text[field][0] = '\0';
		assert_int_equal(chid_compute(&chids, &some), 0);
		nr = 0;
		for (i = 0; i < CHIDS; i++) {
			assert_int_equal(chids.known[i],
					 !chid_has_field(i, field));
			nr += chids.known[i];
		}
		assert_int_equal(nr, without[field]);
	}

	memset(&some, 0, sizeof(some));
	assert_int_equal(chid_compute(&chids, &some), 0);
	for (i = 0; i < CHIDS; i++)
		assert_false(chids.known[i]);
}

static void test_trim(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "   ", "" },
		{ "  a b  ", "a b" },
		{ "0012 ", "12" },
		{ " 000 ", "" },
		{ "10", "10" },
	};
	char text[CHID_FIELD];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(text, cases[i][0]);
		chid_trim(text);
		assert_string_equal(text, cases[i][1]);
	}
}

static void test_guid(void **state)
{
	static const uint8_t guid[CHID_SIZE] = {
		0x32, 0x9b, 0xe0, 0x01, 0x05, 0xde, 0xca, 0x56,
		0xb9, 0xd1, 0x94, 0x86, 0xad, 0x5f, 0x38, 0x1d,
	};
	uint8_t chid[CHID_SIZE];
	struct chids chids;

	(void)state;
	assert_int_equal(chid_compute(&chids, &fields), 0);
	get_guid(chid, guid);
	assert_memory_equal(chid, chids.chid[3], CHID_SIZE);
}

static void test_words(void **state)
{
	static const unsigned int order[] = { 3, 6, 8, 10, 4, 5, 7, 9, 11 };
	unsigned int field, i;

	(void)state;
	assert_int_equal(CHID_PRIORITIES, ARRAY_SIZE(order));
	for (field = 0; field < CHID_FIELDS; field++)
		assert_non_null(chid_field_word(field));
	/* The order of systemd-stub. */
	for (i = 0; i < CHID_PRIORITIES; i++)
		assert_int_equal(chid_priority[i], order[i]);
	/* No CHID with the version of the firmware chooses firmware. */
	for (i = 0; i < CHID_PRIORITIES; i++)
		assert_false(chid_has_field(chid_priority[i],
					    CHID_BIOS_VERSION));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_guid),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("efi chid", tests, NULL, NULL);
}
