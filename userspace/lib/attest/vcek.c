// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Comparison of a report with the certificate of its key. AMD makes a key for
 * each processor and each version of its firmware (TCB). The certificate names
 * the processor and the version: "VCEK Certificate and KDS Interface
 * Specification" (57230). So a report of another processor, or of other firmware,
 * does not fit this key. snpguest and go-sev-guest make the same comparison.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdbool.h>
#include <string.h>
#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "attest/vcek.h"
#include "shared/bytes.h"
#include "shared/macro.h"

#define AMD		"1.3.6.1.4.1.3704.1."
#define PRODUCT_NAME	AMD "2"
#define HARDWARE_ID	AMD "4"
#define PROVIDER_ID	AMD "5"

/* Offsets, sizes and values in ATTESTATION_REPORT (SEV-SNP firmware ABI). */
#define FLAGS_AT	0x48
#define REPORTED_TCB_AT	0x180
#define CHIP_ID_AT	0x1a0
#define CHIP_ID_SIZE	64
#define SIGNING_KEY(flags)	((flags) >> 2 & 7)
#define SIGNED_BY_VCEK	0
#define SIGNED_BY_VLEK	1

/* A Turin processor has a shorter identifier. Zeroes follow it in CHIP_ID. */
#define TURIN		"Turin"
#define TURIN_ID_SIZE	8

/*
 * For each part of TCB_VERSION: the extension of a certificate that has the
 * part, and the offset of the part in TCB_VERSION. The offset is @turin on
 * Turin processors, and @at on others.
 */
static const struct {
	const char *extension;
	unsigned int at, turin;
} parts[] = {
	{ AMD "3.1", 0, 1 },	/* boot loader */
	{ AMD "3.2", 1, 2 },	/* TEE */
	{ AMD "3.3", 6, 3 },	/* SNP */
	{ AMD "3.8", 7, 7 },	/* microcode */
};
/* Only the layout of Turin processors has this part, in the first byte. */
#define FMC		AMD "3.9"

/*
 * Find the extension @name, an OID. Return NULL if there is none, or more than
 * one.
 */
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

/**
 * vcek_is_turin() - find out whether a certificate is for Turin processors
 * @certificate: VCEK or VLEK
 */
bool vcek_is_turin(X509 *certificate)
{
	/* The name is an IA5String: skip its tag and length. */
	const ASN1_OCTET_STRING *name = find_extension(certificate,
						       PRODUCT_NAME);
	size_t len = strlen(TURIN);

	return name && (size_t)ASN1_STRING_length(name) >= len + 2 &&
	       !memcmp(ASN1_STRING_get0_data(name) + 2, TURIN, len);
}

static bool has_tcb(X509 *certificate, const uint8_t *tcb, bool turin)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (!has_byte(certificate, parts[i].extension,
			      tcb[turin ? parts[i].turin : parts[i].at]))
			return false;
	return !turin || has_byte(certificate, FMC, tcb[0]);
}

/*
 * AMD writes the bare bytes of the identifier. Accept an OCTET STRING of them as
 * well.
 */
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

/*
 * Does the report name no processor? The host may hide the processor from its
 * guests.
 */
static bool is_masked(const uint8_t *chip)
{
	static const uint8_t none[CHIP_ID_SIZE];

	return !memcmp(chip, none, CHIP_ID_SIZE);
}

/**
 * vcek_is_provider() - find out whether a certificate is for a provider's key
 *	(VLEK)
 * @certificate: VCEK or VLEK
 */
bool vcek_is_provider(X509 *certificate)
{
	return find_extension(certificate, PROVIDER_ID);
}

/**
 * vcek_fault() - compare a report with the certificate of the key that signed it
 * @certificate: VCEK, or VLEK: the certificate of a provider's key, which names
 *	no processor
 * @report: REPORT_SNP_SIZE bytes with a right signature
 *
 * Return: the difference, a constant text, or NULL if they match.
 */
const char *vcek_fault(X509 *certificate, const uint8_t *report)
{
	const uint8_t *chip = report + CHIP_ID_AT;
	bool turin = vcek_is_turin(certificate);
	bool provider = vcek_is_provider(certificate);

	switch (SIGNING_KEY(get_le32(report + FLAGS_AT))) {
	case SIGNED_BY_VCEK:
		if (provider)
			return "the report says that a VCEK signed it, but the certificate is that of a VLEK";
		break;
	case SIGNED_BY_VLEK:
		if (!provider)
			return "the report says that a VLEK signed it, but the certificate names no provider, so it is not that of a VLEK";
		break;
	default:
		return "the report names neither a VCEK nor a VLEK as the key that signed it";
	}
	if (!has_tcb(certificate, report + REPORTED_TCB_AT, turin))
		return "the certificate names another version of the processor's firmware (TCB) than the report, or none";
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
