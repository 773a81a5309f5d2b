/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secure Boot's permission to load a program.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_EFI_PERMISSION_H
#define VMFW_EFI_PERMISSION_H

#include <stddef.h>
#include <stdint.h>

#include "efi/pe.h"

/**
 * struct permission_list - lists of signatures
 * @bytes: lists as siglist_walk() takes them
 * @len: bytes at @bytes; 0: there are no signatures
 */
struct permission_list {
	const uint8_t *bytes;
	size_t len;
};

/**
 * struct permission_keys - the lists by which Secure Boot of this machine decides
 * @db: keys and digests that firmware allows
 * @dbx: keys and digests that firmware rejects
 * @mok: keys and digests that shim allows
 * @mokx: keys and digests that shim rejects
 */
struct permission_keys {
	struct permission_list db, dbx, mok, mokx;
};

/**
 * enum permission - the result of permission_check()
 * @PERMISSION_GIVEN: a key or a digest allows the program
 * @PERMISSION_UNSIGNED: there is no signature, and no list allows the digest
 * @PERMISSION_CHANGED: the signature does not fit: it is damaged, its algorithm is
 *	not supported, or the file has changed since
 * @PERMISSION_STRANGER: the signature fits, but no list allows the key
 * @PERMISSION_DBX_DIGEST: dbx revokes the digest
 * @PERMISSION_DBX_KEY: dbx revokes a certificate of the signature
 * @PERMISSION_MOKX_DIGEST: shim's list revokes the digest
 * @PERMISSION_MOKX_KEY: shim's list revokes a certificate of the signature
 */
enum permission {
	PERMISSION_GIVEN,
	PERMISSION_UNSIGNED,
	PERMISSION_CHANGED,
	PERMISSION_STRANGER,
	PERMISSION_DBX_DIGEST,
	PERMISSION_DBX_KEY,
	PERMISSION_MOKX_DIGEST,
	PERMISSION_MOKX_KEY,
};

int permission_check(enum permission *permission, const struct pe *pe,
		     const struct permission_keys *keys,
		     struct pe_fault *fault);

#endif /* VMFW_EFI_PERMISSION_H */
