/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Databases of Secure Boot: lists of signatures, and variables that hold them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SIGLIST_H
#define VMFW_SIGLIST_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes in front of the lists in an authenticated variable without a signature.
 */
#define SIGLIST_UNSIGNED	40
/* Bytes of a list with one SHA-256 digest. */
#define SIGLIST_SHA256		76
#define SIGLIST_DIGEST		32
/* Bytes in front of the certificate, in a list with one certificate. */
#define SIGLIST_X509_HEAD	44

/**
 * struct siglist - a database
 * @bytes: lists of signatures, one after the other
 * @len: bytes at @bytes
 * @signed_size: bytes of an authenticated variable in front of the lists; 0: there
 *	is none
 * @entries: signatures in all lists
 */
struct siglist {
	const uint8_t *bytes;
	size_t len;
	size_t signed_size;
	uint32_t entries;
};

/**
 * struct siglist_fault - a fault in a database
 * @text: the fault in words
 * @offset: its offset in the file
 * @value: the value there
 */
struct siglist_fault {
	const char *text;
	size_t offset;
	uint64_t value;
};

/**
 * enum siglist_type - type of a signature
 * @SIGLIST_SHA256_DIGEST: digest of a program
 * @SIGLIST_X509: certificate, in DER
 * @SIGLIST_SHA384_DIGEST: digest of a program
 * @SIGLIST_SHA512_DIGEST: digest of a program
 * @SIGLIST_X509_SHA256: digest of a certificate's signed part, and a time
 * @SIGLIST_X509_SHA384: digest of a certificate's signed part, and a time
 * @SIGLIST_X509_SHA512: digest of a certificate's signed part, and a time
 * @SIGLIST_OTHER: a signature of any other type
 */
enum siglist_type {
	SIGLIST_SHA256_DIGEST,
	SIGLIST_X509,
	SIGLIST_SHA384_DIGEST,
	SIGLIST_SHA512_DIGEST,
	SIGLIST_X509_SHA256,
	SIGLIST_X509_SHA384,
	SIGLIST_X509_SHA512,
	SIGLIST_OTHER,
};

/**
 * struct siglist_entry - a signature
 * @type: its type, which determines @len, except for SIGLIST_X509 and
 *	SIGLIST_OTHER
 * @data: the bytes of the signature that follow its owner
 * @len: bytes at @data
 */
struct siglist_entry {
	enum siglist_type type;
	const uint8_t *data;
	size_t len;
};

/**
 * struct siglist_walk - a walk over signatures
 * @bytes: lists of signatures, one after the other
 * @len: bytes at @bytes
 * @at: offset of the next signature, or of the next list
 * @left: bytes of the current list from @at on
 * @entry: bytes of a signature in that list, with its owner
 * @type: enum siglist_type of that list; SIGLIST_OTHER or more: another type
 */
struct siglist_walk {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	size_t left;
	uint32_t entry;
	size_t type;
};

int siglist_open(struct siglist *list, const uint8_t *bytes, size_t len,
		 struct siglist_fault *fault);
void siglist_walk(struct siglist_walk *walk, const uint8_t *bytes, size_t len);
int siglist_next(struct siglist_walk *walk, struct siglist_entry *entry);
void siglist_put_unsigned(uint8_t *p);
void siglist_put_sha256(uint8_t *p, const uint8_t *digest);
void siglist_put_x509_head(uint8_t *p, size_t len);

#endif /* VMFW_SIGLIST_H */
