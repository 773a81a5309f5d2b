// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Certificates whose extensions do not describe the processor of a report, or are
 * malformed. The tests of snp-signature.c have certificates with a signature.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <cmocka.h>

#include "attest/report.h"
#include "attest/vcek.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define FLAGS_AT	0x48
#define TCB_AT		0x180
#define CHIP_AT		0x1a0
#define CHIP_SIZE	64
#define TURIN_SIZE	8
#define VLEK		4

#define AMD		"1.3.6.1.4.1.3704.1."
#define PRODUCT		AMD "2"
#define BOOT_LOADER	AMD "3.1"
#define TEE		AMD "3.2"
#define SNP		AMD "3.3"
#define MICROCODE	AMD "3.8"
#define FMC		AMD "3.9"
#define CHIP		AMD "4"
#define PROVIDER	AMD "5"

static uint8_t report[REPORT_SNP_SIZE];
static uint8_t chip[CHIP_SIZE + 1];
static X509 *certificate;

static void add(const char *name, const void *bytes, size_t len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(name, 1);
	ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	assert_int_equal(ASN1_OCTET_STRING_set(data, bytes, len), 1);
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, data);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(data);
	ASN1_OBJECT_free(object);
}

/* Take an extension out of the certificate. */
static void drop(const char *name)
{
	ASN1_OBJECT *object = OBJ_txt2obj(name, 1);
	int at = X509_get_ext_by_OBJ(certificate, object, -1);

	assert_true(at >= 0);
	X509_EXTENSION_free(X509_delete_ext(certificate, at));
	ASN1_OBJECT_free(object);
}

static void end(void)
{
	X509_free(certificate);
	certificate = NULL;
}

/* Make a certificate and a report of one processor. */
static void begin(bool turin)
{
	static const uint8_t tcb[] = { 3, 0, 0, 0, 0, 0, 8, 211 };
	static const uint8_t turin_tcb[] = { 1, 3, 0, 8, 0, 0, 0, 211 };

	end();
	certificate = X509_new();
	assert_non_null(certificate);
	memset(chip, 0xc1, sizeof(chip));
	memset(report, 0, sizeof(report));
	memcpy(report + TCB_AT, turin ? turin_tcb : tcb, sizeof(tcb));
	memcpy(report + CHIP_AT, chip, turin ? TURIN_SIZE : CHIP_SIZE);
	add(PRODUCT, turin ? "\x16\x05Turin" : "\x16\x05Milan", 7);
	add(BOOT_LOADER, "\2\1\3", 3);
	add(TEE, "\2\1\0", 3);
	add(SNP, "\2\1\x08", 3);
	add(MICROCODE, "\2\2\0\xd3", 4);
	if (turin)
		add(FMC, "\2\1\1", 3);
	add(CHIP, chip, turin ? TURIN_SIZE : CHIP_SIZE);
}

static int set_up(void **state)
{
	(void)state;
	begin(false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	end();
	return 0;
}

/* Expect a fault with these words; NULL: none. */
static void expect(const char *words)
{
	const char *fault = vcek_fault(certificate, report);

	if (!words) {
		assert_null(fault);
		return;
	}
	assert_non_null(fault);
	assert_non_null(strstr(fault, words));
}

static void both_layouts(void **state)
{
	static const char *const parts[] = {
		BOOT_LOADER, TEE, SNP, MICROCODE, FMC,
	};
	unsigned int turin;
	size_t i;

	(void)state;
	for (turin = 0; turin < 2; turin++) {
		begin(turin);
		expect(NULL);
		assert_int_equal(vcek_is_turin(certificate), turin);
		assert_false(vcek_is_provider(certificate));
		for (i = 0; i < ARRAY_SIZE(parts) - !turin; i++) {
			begin(turin);
			drop(parts[i]);
			expect("(TCB) than the report, or none");
		}
		/* Without the name of the product, the layout is the older one. */
		begin(turin);
		drop(PRODUCT);
		expect(turin ? "(TCB)" : NULL);
	}
}

static void malformed_versions(void **state)
{
	/* The first one has another byte after it, and the second one is too large. */
	static const char *const numbers[] = {
		"\2\1\3\0", "\2\2\1\3", "\4\1\3", "\2\1\4", "\2\1", "\2\1\2",
	};
	static const size_t lengths[] = { 4, 4, 3, 3, 2, 3 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		begin(false);
		drop(BOOT_LOADER);
		add(BOOT_LOADER, numbers[i], lengths[i]);
		expect("(TCB)");
	}
	/* A negative number with the same last byte. */
	begin(false);
	drop(MICROCODE);
	add(MICROCODE, "\2\1\xd3", 3);
	expect("(TCB)");
}

/* If an extension appears twice, neither counts. */
static void repeated_extensions(void **state)
{
	(void)state;
	add(SNP, "\2\1\x08", 3);
	expect("(TCB)");
	begin(false);
	add(CHIP, chip, CHIP_SIZE);
	expect("names no processor");
	begin(true);
	add(PRODUCT, "\x16\x05Turin", 7);
	assert_false(vcek_is_turin(certificate));
}

static void names_of_products(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		bool turin;
	} all[] = {
		{ "\x16\x05Turin", 7, true },
		{ "\x16\x08Turin-B0", 10, true },
		{ "\x16\x04Turi", 6, false },
		{ "\x16\x05Turim", 7, false },
		{ "\x16", 1, false },
		{ "", 0, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		drop(PRODUCT);
		add(PRODUCT, all[i].name, all[i].len);
		assert_int_equal(vcek_is_turin(certificate), all[i].turin);
	}
	/* Bytes after the end of the extension do not count. */
	drop(PRODUCT);
	add(PRODUCT, "\x16\x05Turin", 7);
	i = X509_get_ext_count(certificate) - 1;
	ASN1_STRING_set0(X509_EXTENSION_get_data(X509_get_ext(certificate, i)),
			 OPENSSL_strdup("\x16\x05Turin"), 6);
	assert_false(vcek_is_turin(certificate));
}

static void sizes_of_the_chip_id(void **state)
{
	static const size_t wrong[] = { 0, 1, CHIP_SIZE - 1, CHIP_SIZE + 1 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		drop(CHIP);
		add(CHIP, chip, wrong[i]);
		expect("for another processor");
	}
	begin(true);
	drop(CHIP);
	add(CHIP, chip, CHIP_SIZE);
	expect("for another processor");
	/* Only a report with a CHIP_ID of zeroes fits any certificate. */
	memset(report + CHIP_AT, 0, CHIP_SIZE);
	expect(NULL);
	report[CHIP_AT + CHIP_SIZE - 1] = 1;
	expect("for another processor");
}

static void keys_of_a_provider(void **state)
{
	(void)state;
	report[FLAGS_AT] = VLEK;
	expect("names no provider");
	add(PROVIDER, "\x16\1p", 3);
	assert_true(vcek_is_provider(certificate));
	expect("for a provider and for a processor");
	drop(CHIP);
	expect(NULL);
	report[FLAGS_AT] = 0;
	expect("the certificate is that of a VLEK");
	report[FLAGS_AT] = 2 * VLEK;
	expect("neither a VCEK nor a VLEK");
	/* Other flags do not matter. */
	report[FLAGS_AT] = VLEK | 3;
	report[FLAGS_AT + 1] = 0xff;
	expect(NULL);
	report[FLAGS_AT] |= 0x20;
	expect(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(both_layouts),
		TEST(malformed_versions),
		TEST(repeated_extensions),
		TEST(names_of_products),
		TEST(sizes_of_the_chip_id),
		TEST(keys_of_a_provider),
	};

	return cmocka_run_group_tests_name("vcek", tests, NULL, NULL);
}
