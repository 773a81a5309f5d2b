// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * EFI_SIGNATURE_LIST and EFI_VARIABLE_AUTHENTICATION_2 of the UEFI
 * specification. Types and sizes are those of edk2 (AuthVariableLib), which
 * refuses a database with any other type or size.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdbool.h>

#include "efi/siglist.h"
#include "shared/bytes.h"
#include "shared/macro.h"

/*
 * Head of a list: its type, its size, the size of its header, the size of an
 * entry.
 */
#define LIST_SIZE_AT	16
#define HEADER_SIZE_AT	20
#define ENTRY_SIZE_AT	24
#define LIST_HEAD	28

/* Head of an authenticated variable: a time, then a certificate. */
#define TIME_SIZE	16
#define CERTIFICATE_LENGTH_AT	TIME_SIZE
#define REVISION_AT	20
#define TYPE_AT		22
#define KIND_AT		24
#define CERTIFICATE_HEAD (SIGLIST_UNSIGNED - TIME_SIZE)

#define REVISION_2	0x0200
#define TYPE_UEFI_GUID	0x0ef1

static const uint8_t pkcs7[GUID_SIZE] = {
	0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
	0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
};
/* Owner of the entries that this code writes: zeroes, because the user has no GUID. */
static const uint8_t nobody[GUID_SIZE];

#define ANY_SIZE	0

/*
 * The types, and the size of an entry after its owner. Types without an index here
 * are not in enum siglist_type.
 */
static const struct {
	uint8_t guid[GUID_SIZE];
	uint32_t size;
} types[] = {
	[SIGLIST_SHA256_DIGEST] =
	{ { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41,
	    0xf9, 0x36, 0x93, 0x43, 0x28 }, SIGLIST_DIGEST },
	[SIGLIST_X509] =
	{ { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab,
	    0x15, 0x5c, 0x2b, 0xf0, 0x72 }, ANY_SIZE },
	[SIGLIST_SHA384_DIGEST] =
	{ { 0x07, 0x53, 0x3e, 0xff, 0xd0, 0x9f, 0xc9, 0x48, 0x85, 0xf1, 0x8a,
	    0xd5, 0x6c, 0x70, 0x1e, 0x01 }, 48 },
	[SIGLIST_SHA512_DIGEST] =
	{ { 0xae, 0x0f, 0x3e, 0x09, 0xc4, 0xa6, 0x50, 0x4f, 0x9f, 0x1b, 0xd4,
	    0x1e, 0x2b, 0x89, 0xc1, 0x9a }, 64 },
	[SIGLIST_X509_SHA256] =
	{ { 0x92, 0xa4, 0xd2, 0x3b, 0xc0, 0x96, 0x79, 0x40, 0xb4, 0x20, 0xfc,
	    0xf9, 0x8e, 0xf1, 0x03, 0xed }, 48 },
	[SIGLIST_X509_SHA384] =
	{ { 0x6e, 0x87, 0x76, 0x70, 0xc2, 0x80, 0xe6, 0x4e, 0xaa, 0xd2, 0x28,
	    0xb3, 0x49, 0xa6, 0x86, 0x5b }, 64 },
	[SIGLIST_X509_SHA512] =
	{ { 0x63, 0xbf, 0x6d, 0x44, 0x02, 0x25, 0xda, 0x4c, 0xbc, 0xfa, 0x24,
	    0x65, 0xd2, 0xb0, 0xfe, 0x9d }, 80 },
	{ { 0xe8, 0x66, 0x57, 0x3c, 0x9c, 0x26, 0x34, 0x4e, 0xaa, 0x14, 0xed,
	    0x77, 0x6e, 0x85, 0xb3, 0xb6 }, 256 },	/* RSA-2048 */
	{ { 0x90, 0x61, 0xb3, 0xe2, 0x9b, 0x87, 0x3d, 0x4a, 0xad, 0x8d, 0xf2,
	    0xe7, 0xbb, 0xa3, 0x27, 0x84 }, 256 },	/* RSA-2048, SHA-256 */
	{ { 0x12, 0xa5, 0x6c, 0x82, 0x10, 0xcf, 0xc9, 0x4a, 0xb1, 0x87, 0xbe,
	    0x01, 0x49, 0x66, 0x31, 0xbd }, 20 },	/* SHA-1 */
	{ { 0x4f, 0x44, 0xf8, 0x67, 0x43, 0x87, 0xf1, 0x48, 0xa3, 0x28, 0x1e,
	    0xaa, 0xb8, 0x73, 0x60, 0x80 }, 256 },	/* RSA-2048, SHA-1 */
	{ { 0x33, 0x52, 0x6e, 0x0b, 0x5c, 0xa6, 0xc9, 0x44, 0x94, 0x07, 0xd9,
	    0xab, 0x83, 0xbf, 0xc8, 0xbd }, 28 },	/* SHA-224 */
};

static int set_fault(struct siglist_fault *fault, const char *text,
		     size_t offset, uint64_t value)
{
	*fault = (struct siglist_fault) { text, offset, value };
	return -EINVAL;
}

#define NR_TYPES	ARRAY_SIZE(types)

/* Return the index of a type, or NR_TYPES if it is unknown. */
static size_t find_type(const uint8_t *guid)
{
	size_t i;

	for (i = 0; i < NR_TYPES; i++)
		if (!memcmp(types[i].guid, guid, GUID_SIZE))
			break;
	return i;
}

/* Can an entry of a type have this size? */
static bool has_size(size_t type, uint32_t entry_size)
{
	return entry_size > GUID_SIZE &&
	       (type == NR_TYPES || !types[type].size ||
		entry_size == types[type].size + GUID_SIZE);
}

static int check_type(const uint8_t *guid, uint32_t entry_size, size_t at,
		      struct siglist_fault *fault)
{
	size_t type = find_type(guid);

	if (type == NR_TYPES)
		return set_fault(fault, "firmware knows no such type of signature",
				 at, get_le32(guid));
	if (!has_size(type, entry_size))
		return set_fault(fault, "a signature of this type cannot have this size",
				 at + ENTRY_SIZE_AT, entry_size);
	return 0;
}

/*
 * @at is the offset in the file, @len the number of bytes from there to its
 * end.
 */
static int check_list(const uint8_t *p, size_t len, size_t at,
		      struct siglist *list, size_t *size,
		      struct siglist_fault *fault)
{
	uint32_t entry;
	int err;

	if (len < LIST_HEAD)
		return set_fault(fault, "the file ends within a list of signatures",
				 at, len);
	*size = get_le32(p + LIST_SIZE_AT);
	if (*size < LIST_HEAD || *size > len)
		return set_fault(fault, "a list of signatures cannot have this size",
				 at + LIST_SIZE_AT, *size);
	if (get_le32(p + HEADER_SIZE_AT))
		return set_fault(fault, "a list of signatures must have no header",
				 at + HEADER_SIZE_AT,
				 get_le32(p + HEADER_SIZE_AT));
	entry = get_le32(p + ENTRY_SIZE_AT);
	err = check_type(p, entry, at, fault);
	if (err)
		return err;
	if (*size == LIST_HEAD || (*size - LIST_HEAD) % entry)
		return set_fault(fault, "the size of a list is not a whole number of signatures",
				 at + LIST_SIZE_AT, *size);
	list->entries += (*size - LIST_HEAD) / entry;
	return 0;
}

/*
 * Return the number of bytes in front of the lists of an authenticated variable;
 * 0: this is no authenticated variable.
 */
static size_t signed_size(const uint8_t *bytes, size_t len)
{
	uint32_t certificate;

	if (len < SIGLIST_UNSIGNED ||
	    get_le16(bytes + REVISION_AT) != REVISION_2 ||
	    get_le16(bytes + TYPE_AT) != TYPE_UEFI_GUID ||
	    memcmp(bytes + KIND_AT, pkcs7, GUID_SIZE))
		return 0;
	certificate = get_le32(bytes + CERTIFICATE_LENGTH_AT);
	if (certificate < CERTIFICATE_HEAD || certificate > len - TIME_SIZE)
		return 0;
	return TIME_SIZE + certificate;
}

/**
 * siglist_open() - read a database
 * @list: receives the database, valid as long as @bytes
 * @bytes: lists of signatures, or an authenticated variable that holds some
 * @len: bytes at @bytes
 * @fault: receives the fault, if -EINVAL is returned
 *
 * Return: 0; -EINVAL: firmware would refuse the database, or signatures are missing.
 */
int siglist_open(struct siglist *list, const uint8_t *bytes, size_t len,
		 struct siglist_fault *fault)
{
	size_t at, size = 0;
	int err;

	*list = (struct siglist) { .signed_size = signed_size(bytes, len) };
	list->bytes = bytes + list->signed_size;
	list->len = len - list->signed_size;
	if (!list->len)
		return set_fault(fault, "there are no signatures", 0, len);
	for (at = 0; at < list->len; at += size) {
		err = check_list(list->bytes + at, list->len - at,
				 list->signed_size + at, list, &size, fault);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Enter the list at walk->at. A list may be empty, and may have a header, as the
 * specification allows.
 */
static int enter_list(struct siglist_walk *walk)
{
	const uint8_t *p = walk->bytes + walk->at;
	size_t rest = walk->len - walk->at;
	uint32_t size, head;

	if (rest < LIST_HEAD)
		return -EINVAL;
	size = get_le32(p + LIST_SIZE_AT);
	head = get_le32(p + HEADER_SIZE_AT);
	walk->entry = get_le32(p + ENTRY_SIZE_AT);
	walk->type = find_type(p);
	if (size < LIST_HEAD || size > rest || head > size - LIST_HEAD)
		return -EINVAL;
	walk->at += LIST_HEAD + head;
	walk->left = size - LIST_HEAD - head;
	if (walk->left && (!has_size(walk->type, walk->entry) ||
			   walk->left % walk->entry))
		return -EINVAL;
	return 0;
}

/**
 * siglist_walk() - begin a walk over the signatures of a variable
 * @walk: receives the walk
 * @bytes: value of the variable, valid during the walk
 * @len: bytes at @bytes; 0: there are no signatures
 */
void siglist_walk(struct siglist_walk *walk, const uint8_t *bytes, size_t len)
{
	*walk = (struct siglist_walk) { .bytes = bytes, .len = len };
}

/**
 * siglist_next() - find the next signature
 * @walk: from siglist_walk()
 * @entry: receives the signature
 *
 * The lists may contain types that enum siglist_type does not name: then the type
 * is SIGLIST_OTHER.
 *
 * Return: 1; 0: there are no more; -EINVAL: the lists are malformed.
 */
int siglist_next(struct siglist_walk *walk, struct siglist_entry *entry)
{
	int err;

	while (!walk->left) {
		if (walk->at == walk->len)
			return 0;
		err = enter_list(walk);
		if (err)
			return err;
	}
	entry->type = walk->type < SIGLIST_OTHER ?
		      (enum siglist_type)walk->type : SIGLIST_OTHER;
	entry->data = walk->bytes + walk->at + GUID_SIZE;
	entry->len = walk->entry - GUID_SIZE;
	walk->at += walk->entry;
	walk->left -= walk->entry;
	return 1;
}

/**
 * siglist_put_unsigned() - begin an authenticated variable without a signature
 * @p: receives SIGLIST_UNSIGNED bytes; the lists follow
 *
 * Firmware without a platform key accepts the variable, and keeps its time. The
 * time is the start of 1970, so that any signed update is later.
 */
void siglist_put_unsigned(uint8_t *p)
{
	memset(p, 0, SIGLIST_UNSIGNED);
	put_le16(p, 1970);
	p[2] = 1;			/* month */
	p[3] = 1;			/* day */
	put_le32(p + CERTIFICATE_LENGTH_AT, CERTIFICATE_HEAD);
	put_le16(p + REVISION_AT, REVISION_2);
	put_le16(p + TYPE_AT, TYPE_UEFI_GUID);
	memcpy(p + KIND_AT, pkcs7, GUID_SIZE);
}

/**
 * siglist_put_sha256() - write a list with one digest
 * @p: receives SIGLIST_SHA256 bytes
 * @digest: SIGLIST_DIGEST bytes
 */
void siglist_put_sha256(uint8_t *p, const uint8_t *digest)
{
	memcpy(p, types[SIGLIST_SHA256_DIGEST].guid, GUID_SIZE);
	put_le32(p + LIST_SIZE_AT, SIGLIST_SHA256);
	put_le32(p + HEADER_SIZE_AT, 0);
	put_le32(p + ENTRY_SIZE_AT, GUID_SIZE + SIGLIST_DIGEST);
	memcpy(p + LIST_HEAD, nobody, GUID_SIZE);
	memcpy(p + LIST_HEAD + GUID_SIZE, digest, SIGLIST_DIGEST);
}

/**
 * siglist_put_x509_head() - write the bytes in front of a list's only
 *	certificate
 * @p: receives SIGLIST_X509_HEAD bytes
 * @len: bytes of the certificate, in DER
 */
void siglist_put_x509_head(uint8_t *p, size_t len)
{
	memcpy(p, types[SIGLIST_X509].guid, GUID_SIZE);
	put_le32(p + LIST_SIZE_AT, SIGLIST_X509_HEAD + len);
	put_le32(p + HEADER_SIZE_AT, 0);
	put_le32(p + ENTRY_SIZE_AT, GUID_SIZE + len);
	memcpy(p + LIST_HEAD, nobody, GUID_SIZE);
}
