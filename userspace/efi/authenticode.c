// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The digest of "Windows Authenticode Portable Executable Signature Format", as
 * edk2 computes it (DxeImageVerificationLib): without adding padding to the file.
 * Signing tools first pad a program to a multiple of 8 bytes, and sign the padded
 * file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <openssl/evp.h>

#include "efi/authenticode.h"

#define PIECE		(64u << 10)
#define CHECKSUM_SIZE	4
#define ENTRY_SIZE	8

/**
 * struct running - the computation of a digest
 * @pe: the file
 * @ctx: libcrypto's state of the digest
 * @algorithm: the hash function
 * @piece: buffer of PIECE bytes
 * @sum: number of bytes hashed so far; as in edk2, it includes the fields of the
 *	headers that the digest omits
 */
struct running {
	const struct pe *pe;
	EVP_MD_CTX *ctx;
	const EVP_MD *algorithm;
	uint8_t *piece;
	uint64_t sum;
};

static int add_range(struct running *running, uint64_t start, uint64_t end)
{
	int err;

	while (start < end) {
		size_t len = end - start < PIECE ? end - start : PIECE;

		err = running->pe->read(running->pe->arg, start, running->piece,
					len);
		if (err)
			return err;
		if (!EVP_DigestUpdate(running->ctx, running->piece, len))
			return -EIO;
		start += len;
	}
	return 0;
}

/*
 * Hash the headers, except the fields that signing changes: the checksum, and
 * the place of the certificates.
 */
static int add_headers(struct running *running)
{
	const struct pe *pe = running->pe;
	uint64_t at = pe->checksum_at + CHECKSUM_SIZE;
	int err;

	err = add_range(running, 0, pe->checksum_at);
	if (!err && pe->security_at) {
		err = add_range(running, at, pe->security_at);
		at = pe->security_at + ENTRY_SIZE;
	}
	if (!err)
		err = add_range(running, at, pe->headers_size);
	running->sum = pe->headers_size;
	return err;
}

/*
 * Find the next section in the order of the file, which can differ from the
 * order in the table.
 */
static const struct pe_section *next_section(const struct pe *pe,
					     const struct pe_section *last)
{
	const struct pe_section *next = NULL;
	unsigned int i;

	for (i = 0; i < pe->nr_sections; i++) {
		const struct pe_section *section = &pe->sections[i];

		if (!section->raw_size ||
		    (last && section->offset <= last->offset))
			continue;
		if (!next || section->offset < next->offset)
			next = section;
	}
	return next;
}

static int add_sections(struct running *running)
{
	const struct pe_section *section = NULL;
	int err = 0;

	while (!err && (section = next_section(running->pe, section))) {
		err = add_range(running, section->offset,
				section->offset + section->raw_size);
		running->sum += section->raw_size;
	}
	return err;
}

/*
 * Hash the bytes after the sections, except certificates. As in edk2, begin at
 * the offset that equals the number of bytes hashed so far, even if the last
 * section ends elsewhere.
 */
static int add_rest(struct running *running, struct pe_fault *fault)
{
	const struct pe *pe = running->pe;
	uint64_t end = pe->size - pe->security_size;

	if (running->sum > end) {
		*fault = (struct pe_fault) {
			"the certificates do not come after all sections",
			pe->security_at, pe->security_offset
		};
		return -EINVAL;
	}
	return add_range(running, running->sum, end);
}

static int hash_image(struct running *running, uint8_t *digest,
		      struct pe_fault *fault)
{
	int err;

	if (!EVP_DigestInit_ex(running->ctx, running->algorithm, NULL))
		return -EIO;
	err = add_headers(running);
	if (!err)
		err = add_sections(running);
	if (!err)
		err = add_rest(running, fault);
	if (err)
		return err;
	return EVP_DigestFinal_ex(running->ctx, digest, NULL) ? 0 : -EIO;
}

/**
 * authenticode_digest() - compute a digest of a program
 * @pe: from pe_open()
 * @algorithm: the hash function
 * @digest: receives as many bytes as the algorithm has
 * @fault: receives the fault; it has a text only if the file's contents are at
 *	fault
 *
 * Return: 0; -EINVAL with a fault: firmware would not compute a digest; -ENOMEM;
 * -EIO: an error of libcrypto; or the error of @pe->read.
 */
int authenticode_digest(const struct pe *pe, const EVP_MD *algorithm,
			uint8_t *digest, struct pe_fault *fault)
{
	struct running running = {
		.pe = pe,
		.ctx = EVP_MD_CTX_new(),
		.algorithm = algorithm,
		.piece = malloc(PIECE),
	};
	int err = -ENOMEM;

	*fault = (struct pe_fault) { 0 };
	if (running.ctx && running.piece)
		err = hash_image(&running, digest, fault);
	free(running.piece);
	EVP_MD_CTX_free(running.ctx);
	return err;
}

/**
 * authenticode_sha256() - compute the digest by which Secure Boot recognises a
 *	program
 * @pe: from pe_open()
 * @digest: receives AUTHENTICODE_SIZE bytes
 * @fault: as for authenticode_digest()
 *
 * Return: as authenticode_digest().
 */
int authenticode_sha256(const struct pe *pe, uint8_t *digest,
			struct pe_fault *fault)
{
	return authenticode_digest(pe, EVP_sha256(), digest, fault);
}

/**
 * authenticode_sha384() - compute the digest of a program that a TDX guest's
 *	firmware measures
 * @pe: from pe_open()
 * @digest: receives AUTHENTICODE_SHA384 bytes
 * @fault: as for authenticode_digest()
 *
 * Return: as authenticode_digest().
 */
int authenticode_sha384(const struct pe *pe, uint8_t *digest,
			struct pe_fault *fault)
{
	return authenticode_digest(pe, EVP_sha384(), digest, fault);
}
