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

/* Before the lists in an authenticated variable that nobody signed. */
#define SIGLIST_UNSIGNED	40
/* Of a list with one SHA-256. */
#define SIGLIST_SHA256		76
#define SIGLIST_DIGEST		32
/* Of a list with one certificate, before it. */
#define SIGLIST_X509_HEAD	44

/**
 * struct siglist - a database
 * @bytes: lists of signatures, one after the other
 * @len: bytes of them
 * @signed_size: bytes of an authenticated variable before them; 0: they stand
 *	alone
 * @entries: signatures in all lists
 */
struct siglist {
	const uint8_t *bytes;
	size_t len;
	size_t signed_size;
	uint32_t entries;
};

/**
 * struct siglist_fault - what is wrong with a database
 * @text: in words
 * @offset: in the file
 * @value: that stands there
 */
struct siglist_fault {
	const char *text;
	size_t offset;
	uint64_t value;
};

int siglist_open(struct siglist *list, const uint8_t *bytes, size_t len,
		 struct siglist_fault *fault);
void siglist_put_unsigned(uint8_t *p);
void siglist_put_sha256(uint8_t *p, const uint8_t *digest);
void siglist_put_x509_head(uint8_t *p, size_t len);

#endif /* VMFW_SIGLIST_H */
