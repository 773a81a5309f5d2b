// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * AMD makes a key per processor and version of its firmware (TCB), and writes both
 * into the certificate: "VCEK Certificate and KDS Interface Specification" (57230).
 * A report of another processor, or of an older firmware, is not this key's.
 * snpguest and go-sev-guest compare the same.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdbool.h>
#include <string.h>
#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "attest/vcek.h"
#include "shared/bytes.h"

#define AMD		"1.3.6.1.4.1.3704.1."
#define PRODUCT_NAME	AMD "2"
#define HARDWARE_ID	AMD "4"
#define PROVIDER_ID	AMD "5"

/* ATTESTATION_REPORT. */
#define FLAGS_AT	0x48
#define REPORTED_TCB_AT	0x180
#define CHIP_ID_AT	0x1a0
#define CHIP_ID_SIZE	64
#define SIGNING_KEY(flags)	((flags) >> 2 & 7)
#define SIGNED_BY_VCEK	0
#define SIGNED_BY_VLEK	1

/* A Turin has a shorter identifier, and zeroes behind it. */
#define TURIN		"Turin"
#define TURIN_ID_SIZE	8

/* Parts of TCB_VERSION: the extension, and the byte; @turin: of that processor. */
static const struct {
	const char *extension;
	unsigned int at, turin;
} parts[] = {
	{ AMD "3.1", 0, 1 },	/* boot loader */
	{ AMD "3.2", 1, 2 },	/* TEE */
	{ AMD "3.3", 6, 3 },	/* SNP */
	{ AMD "3.8", 7, 7 },	/* microcode */
};
/* Only Turin has it, as its first byte. */
#define FMC		AMD "3.9"

/* NULL: there is none, or more than one. */
static const ASN1_OCTET_STRING *find_extension(X509 *certificate,
					       const char *name)
{
	ASN1_OBJECT *object = OBJ_txt2obj(name, 1);
	const ASN1_OCTET_STRING *data = NULL;
	int at = object ? X509_get_ext_by_OBJ(certificate, object, -1) : -1;

	if (at >= 0 && X509_get_ext_by_OBJ(certificate, object, at) < 0)
		data = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
	ASN1_OBJECT_free(object);
	return data;
}

static bool has_byte(X509 *certificate, const char *name, uint8_t byte)
{
	const ASN1_OCTET_STRING *data = find_extension(certificate, name);
	const uint8_t *der, *end;
	ASN1_INTEGER *number;
	int64_t value = -1;

	if (!data)
		return false;
	der = ASN1_STRING_get0_data(data);
	end = der + ASN1_STRING_length(data);
	number = d2i_ASN1_INTEGER(NULL, &der, end - der);
	if (!number || der != end || !ASN1_INTEGER_get_int64(&value, number))
		value = -1;
	ASN1_INTEGER_free(number);
	return value == byte;
}

/* The name is an IA5String: behind its tag and length. */
static bool is_turin(X509 *certificate)
{
	const ASN1_OCTET_STRING *name = find_extension(certificate,
						       PRODUCT_NAME);
	size_t len = strlen(TURIN);

	return name && (size_t)ASN1_STRING_length(name) >= len + 2 &&
	       !memcmp(ASN1_STRING_get0_data(name) + 2, TURIN, len);
}

static bool has_tcb(X509 *certificate, const uint8_t *tcb, bool turin)
{
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!has_byte(certificate, parts[i].extension,
			      tcb[turin ? parts[i].turin : parts[i].at]))
			return false;
	return !turin || has_byte(certificate, FMC, tcb[0]);
}

/* AMD writes the bare bytes; an OCTET STRING of them is taken as well. */
static bool has_chip(X509 *certificate, const uint8_t *chip, size_t size)
{
	const ASN1_OCTET_STRING *data = find_extension(certificate,
						       HARDWARE_ID);
	const uint8_t *bytes;
	size_t len;

	if (!data)
		return false;
	bytes = ASN1_STRING_get0_data(data);
	len = ASN1_STRING_length(data);
	if (len == size + 2 && bytes[0] == V_ASN1_OCTET_STRING &&
	    bytes[1] == size) {
		bytes += 2;
		len -= 2;
	}
	return len == size && !memcmp(bytes, chip, size);
}

/* A host may be set up so that no guest learns which processor it is on. */
static bool is_masked(const uint8_t *chip)
{
	static const uint8_t none[CHIP_ID_SIZE];

	return !memcmp(chip, none, CHIP_ID_SIZE);
}

/**
 * vcek_fault() - compare a report with the certificate of the key that signed it
 * @certificate: VCEK, or VLEK: that of a provider, which names no processor
 * @report: REPORT_SNP_SIZE bytes, whose signature is right
 *
 * Return: what is wrong, in words, or NULL.
 */
const char *vcek_fault(X509 *certificate, const uint8_t *report)
{
	const uint8_t *chip = report + CHIP_ID_AT;
	bool turin = is_turin(certificate);
	bool provider = find_extension(certificate, PROVIDER_ID);

	switch (SIGNING_KEY(get_le32(report + FLAGS_AT))) {
	case SIGNED_BY_VCEK:
		if (provider)
			return "the report says that a VCEK signed it, and the "
			       "certificate is that of a VLEK";
		break;
	case SIGNED_BY_VLEK:
		if (!provider)
			return "the report says that a VLEK signed it, and the "
			       "certificate is none: it names no provider";
		break;
	default:
		return "the report says that no key of AMD's signed it";
	}
	if (!has_tcb(certificate, report + REPORTED_TCB_AT, turin))
		return "the certificate is for another version of the "
		       "processor's firmware (TCB) than the report, or names none";
	if (provider)
		return find_extension(certificate, HARDWARE_ID) ?
		       "the certificate is for a provider and for a processor" :
		       NULL;
	if (!find_extension(certificate, HARDWARE_ID))
		return "the certificate names no processor";
	if (!is_masked(chip) && !has_chip(certificate, chip, turin ?
					  TURIN_ID_SIZE : CHIP_ID_SIZE))
		return "the certificate is for another processor than the report";
	return NULL;
}
