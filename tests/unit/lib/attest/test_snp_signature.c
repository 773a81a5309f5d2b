// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Signatures of reports: of the chain that tests/lib/snp-chain made, and of
 * another one like it. Its certificate of the processor is out of date, which
 * does not count.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "attest/report.h"
#include "attest/snp-signature.h"

#define BUNDLE		VECTORS "/bundle.pem"
#define ALGORITHM_AT	0x34
#define SIGNATURE_AT	0x2a0
#define NUMBER		72

static uint8_t report[REPORT_SNP_SIZE];
static uint8_t table[16384];
static size_t table_len;
static const char *why;

static size_t read_file(const char *name, void *bytes, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	size = fread(bytes, 1, size, file);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	return size;
}

static int read_report(void **state)
{
	(void)state;
	assert_int_equal(read_file("signed.bin", report, sizeof(report)),
			 sizeof(report));
	return 0;
}

static int check_file(const char *path)
{
	why = NULL;
	return signature_check(report, table, table_len, path, &why);
}

/* Put certificates into one file, and check the report with it. */
static int check(const char *const *names)
{
	static char bytes[65536];
	FILE *file = fopen(BUNDLE, "wb");
	size_t len;

	assert_non_null(file);
	for (; *names; names++) {
		len = read_file(*names, bytes, sizeof(bytes));
		assert_int_equal(fwrite(bytes, 1, len, file), len);
	}
	assert_int_equal(fclose(file), 0);
	return check_file(BUNDLE);
}
#define CHECK(...)	check((const char *const []) { __VA_ARGS__, NULL })

static void says(const char *words)
{
	assert_non_null(why);
	assert_non_null(strstr(why, words));
}

static void test_right(void **state)
{
	(void)state;
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	says("is right");
	assert_int_equal(CHECK("chain/vcek.pem", "chain/ask.pem",
			       "chain/ark.pem"), 0);
	/* More of them do no harm. */
	assert_int_equal(CHECK("other/vcek.pem", "chain/chain.pem",
			       "chain/chain.pem"), 0);
}

static void test_every_bit_is_signed(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SIGNATURE_AT; i += 7) {
		if (i >= ALGORITHM_AT && i < ALGORITHM_AT + 4)
			continue;
		report[i] ^= 1 << i % 8;
		assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
		says("signature is wrong");
		report[i] ^= 1 << i % 8;
	}
	for (i = SIGNATURE_AT; i < SIGNATURE_AT + 2 * NUMBER; i++) {
		report[i] ^= 0x10;
		assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
		report[i] ^= 0x10;
	}
	/* Behind it nothing is. */
	report[SIGNATURE_AT + 2 * NUMBER] ^= 1;
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	report[SIGNATURE_AT + 2 * NUMBER] ^= 1;
	report[ALGORITHM_AT] = 2;
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	says("not signed by ECDSA");
	report[ALGORITHM_AT] = 1;
}

static void test_no_signature(void **state)
{
	uint8_t kept[2 * NUMBER];

	(void)state;
	memcpy(kept, report + SIGNATURE_AT, sizeof(kept));
	memset(report + SIGNATURE_AT, 0, sizeof(kept));
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	memset(report + SIGNATURE_AT, 0xff, sizeof(kept));
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	memcpy(report + SIGNATURE_AT, kept, sizeof(kept));
}

static void test_other_chain(void **state)
{
	(void)state;
	assert_int_equal(CHECK("other/chain.pem"), -EKEYREJECTED);
	says("another key");
	/* The right key, and someone else's root above it. */
	assert_int_equal(CHECK("other/ark.pem", "other/ask.pem",
			       "chain/vcek.pem"), -EKEYREJECTED);
	says("no root certificate vouches for");
	/* The names are the same, and so they are in the chain between. */
	assert_int_equal(CHECK("other/ark.pem", "chain/ask.pem",
			       "chain/vcek.pem"), -EKEYREJECTED);
	says("no root certificate vouches for");
	/* One link is missing. */
	assert_int_equal(CHECK("chain/ark.pem", "chain/vcek.pem"),
			 -EKEYREJECTED);
	says("no root certificate vouches for");
}

static void test_certificates_that_do_not_tell(void **state)
{
	(void)state;
	assert_int_equal(CHECK("chain/ask.pem", "chain/vcek.pem"), -ENOKEY);
	says("no root certificate");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem"), -ENOKEY);
	says("key that signs reports");
	assert_int_equal(CHECK("snp.bin"), -ENOKEY);
	says("no root certificate");
	assert_int_equal(check_file(VECTORS "/missing.pem"), -ENOENT);
	says("No such file");
	assert_int_equal(check_file(VECTORS), -EISDIR);
}

/* A certificate that is cut off is an error, also behind a chain that is not. */
static void test_cut_off(void **state)
{
	char bytes[65536];
	FILE *file;
	size_t len;

	(void)state;
	len = read_file("chain/chain.pem", bytes, sizeof(bytes));
	file = fopen(BUNDLE, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fwrite(bytes, 1, 200, file), 200);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(check_file(BUNDLE), -EBADMSG);
	says("malformed");
}

/* Of the file only the root counts; the host gives the rest. */
static void test_table(void **state)
{
	size_t len, i;

	(void)state;
	len = read_file("table.bin", table, sizeof(table));
	assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
	table_len = len;
	assert_int_equal(CHECK("chain/ark.pem"), 0);
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	/* The host's root is not one. */
	assert_int_equal(CHECK("other/ark.pem"), -EKEYREJECTED);
	says("no root certificate vouches for");
	assert_int_equal(CHECK("chain/vcek.pem"), -ENOKEY);
	says("no root certificate");

	/* Entries that lie, and a table that ends early. */
	table[19] = 0x80;
	assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
	table[19] = 0;
	table[23] = 0xff;
	assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
	table[23] = 0;
	for (i = 0; i < 120; i++) {
		table_len = i;
		assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
		assert_int_equal(CHECK("chain/chain.pem"), 0);
	}
	table_len = len;
	memset(table, 0, 16);
	assert_int_equal(CHECK("chain/ark.pem"), -ENOKEY);
	table_len = 0;
}

static void read_kind(const char *name)
{
	assert_int_equal(read_file(name, report, sizeof(report)),
			 sizeof(report));
}

/* What AMD says of the processor in the certificate is what the report says. */
static void test_processor(void **state)
{
	(void)state;
	read_kind("signed.bin");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/plain.pem"), -EKEYREJECTED);
	says("TCB");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/tcb.pem"), -EKEYREJECTED);
	says("TCB");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/chip.pem"), -EKEYREJECTED);
	says("another processor");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/turin.pem"), -EKEYREJECTED);
	/* Of several certificates for one key the right one is taken. */
	assert_int_equal(CHECK("chain/plain.pem", "chain/chip.pem",
			       "chain/chain.pem"), 0);
	read_kind("signed-turin.bin");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/turin.pem"), 0);
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	/* The host hides the processor. */
	read_kind("signed-masked.bin");
	assert_int_equal(CHECK("chain/chain.pem"), 0);
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/nochip.pem"), -EKEYREJECTED);
	says("names no processor");
	read_kind("signed.bin");
}

static void test_kind_of_key(void **state)
{
	(void)state;
	read_kind("signed-vlek.bin");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/vlek.pem"), 0);
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/both.pem"), -EKEYREJECTED);
	says("for a provider and for a processor");
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	says("VLEK");
	read_kind("signed.bin");
	assert_int_equal(CHECK("chain/ark.pem", "chain/ask.pem",
			       "chain/vlek.pem"), -EKEYREJECTED);
	says("VCEK");
	read_kind("signed-none.bin");
	assert_int_equal(CHECK("chain/chain.pem"), -EKEYREJECTED);
	says("no key of AMD's");
	read_kind("signed.bin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_every_bit_is_signed),
		cmocka_unit_test(test_no_signature),
		cmocka_unit_test(test_other_chain),
		cmocka_unit_test(test_certificates_that_do_not_tell),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_processor),
		cmocka_unit_test(test_kind_of_key),
	};

	return cmocka_run_group_tests_name("signature", tests, read_report,
					   NULL);
}
