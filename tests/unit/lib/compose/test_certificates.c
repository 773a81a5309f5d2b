// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How the tool tells certificates from lists of signatures. The tests of
 * secureboot.c read certificates.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <cmocka.h>

#include "compose/certificates.h"
#include "shared/macro.h"

/* A sanitizer sees a read after the last byte. */
static bool look(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool is;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	is = certificates_look(copy, len);
	free(copy);
	return is;
}

/*
 * Then the tool reports a malformed certificate, not a malformed list, even if
 * most bytes are missing.
 */
static void the_start_of_der_is_enough(void **state)
{
	(void)state;
	assert_true(look("\x30\x82\x03\x00", 4));
	assert_true(look("\x30\x82\x03", 3));
	assert_false(look("\x30\x82", 2));
	assert_false(look("\x30", 1));
	assert_false(look("", 0));
}

static void another_start_is_not_der(void **state)
{
	(void)state;
	assert_false(look("\x31\x82\x03\x00", 4));
	/* The length has one byte, or three. */
	assert_false(look("\x30\x81\xff\x00", 4));
	assert_false(look("\x30\x83\x01\x00", 4));
	assert_false(look("\x82\x30\x03\x00", 4));
}

static void pem_is_text(void **state)
{
	static const char pem[] = "-----BEGIN ";

	(void)state;
	assert_true(look(pem, strlen(pem)));
	assert_true(look("words\n-----BEGIN CERTIFICATE-----\n", 34));
	/* The last byte is missing. */
	assert_false(look(pem, strlen(pem) - 1));
	/* A zero byte comes before or after the line. */
	assert_false(look("\0-----BEGIN X", 13));
	assert_false(look(pem, sizeof(pem)));
}

static int see_none(void *arg, const uint8_t *der, size_t len)
{
	(void)arg;
	(void)der;
	(void)len;
	fail();
	return 0;
}

/*
 * Another call of libcrypto has left an error. Only errors of this file count.
 */
static void earlier_errors_do_not_count(void **state)
{
	static const struct {
		const char *text;
		int err;
	} files[] = {
		{ "\x30\x82\x03", -EBADMSG },
		{ "words\n", -ENOKEY },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n", -EBADMSG },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
		assert_int_equal(certificates_each(
			(const uint8_t *)files[i].text, strlen(files[i].text),
			see_none, NULL), files[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_start_of_der_is_enough),
		cmocka_unit_test(another_start_is_not_der),
		cmocka_unit_test(pem_is_text),
		cmocka_unit_test(earlier_errors_do_not_count),
	};

	return cmocka_run_group_tests_name("certificates", tests, NULL, NULL);
}
