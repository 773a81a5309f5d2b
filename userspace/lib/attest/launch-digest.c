// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdio.h>
#include <openssl/evp.h>

#include "attest/launch-digest.h"
#include "base/interrupt.h"
#include "shared/text.h"

/*
 * crypto_begin() fetches each algorithm only once, because a fetch takes half as
 * long as hashing a page.
 */
struct crypto {
	EVP_MD_CTX *ctx;
	EVP_MD *algorithms[2];
};

static int begin_hash(void *arg, enum vmfw_igvm_hash_algorithm algorithm)
{
	struct crypto *crypto = arg;

	/* A small file can name millions of pages, and each page begins a hash. */
	if (interrupt_seen())
		return -EINTR;
	return EVP_DigestInit_ex(crypto->ctx, crypto->algorithms[algorithm],
				 NULL) ? 0 : -EIO;
}

static int add_to_hash(void *arg, const void *bytes, size_t len)
{
	struct crypto *crypto = arg;

	if (interrupt_seen())
		return -EINTR;
	return EVP_DigestUpdate(crypto->ctx, bytes, len) ? 0 : -EIO;
}

static int end_hash(void *arg, uint8_t *digest)
{
	struct crypto *crypto = arg;

	return EVP_DigestFinal_ex(crypto->ctx, digest, NULL) ? 0 : -EIO;
}

static int crypto_begin(struct crypto *crypto)
{
	crypto->ctx = EVP_MD_CTX_new();
	crypto->algorithms[VMFW_IGVM_SHA256] = EVP_MD_fetch(NULL, "SHA256",
							    NULL);
	crypto->algorithms[VMFW_IGVM_SHA384] = EVP_MD_fetch(NULL, "SHA384",
							    NULL);
	if (!crypto->ctx || !crypto->algorithms[VMFW_IGVM_SHA256] ||
	    !crypto->algorithms[VMFW_IGVM_SHA384])
		return -EIO;
	return 0;
}

static void crypto_end(struct crypto *crypto)
{
	EVP_MD_free(crypto->algorithms[VMFW_IGVM_SHA256]);
	EVP_MD_free(crypto->algorithms[VMFW_IGVM_SHA384]);
	EVP_MD_CTX_free(crypto->ctx);
}

/* Measure an IGVM file or a flat firmware: one of @igvm and @rom is NULL. */
static int measure_launch(const struct vmfw_igvm *igvm,
			  const struct vmfw_igvm_rom *rom,
			  struct vmfw_igvm_measure_options *options,
			  const struct vmfw_igvm_launch *how, uint8_t *digest)
{
	struct crypto crypto;
	const struct vmfw_igvm_hash hash = {
		.begin = begin_hash,
		.add = add_to_hash,
		.end = end_hash,
		.arg = &crypto,
	};
	int err;

	err = crypto_begin(&crypto);
	options->hash = &hash;
	if (!err)
		err = igvm ? vmfw_igvm_measure(igvm, options, digest) :
			     vmfw_igvm_measure_launch(rom, options, how, digest);
	options->hash = NULL;
	crypto_end(&crypto);
	return err;
}

/**
 * launch_digest() - compute the launch digest of an IGVM file
 * @igvm: a file that vmfw_igvm_check() found sound
 * @options: the options; their @hash is set only during the call
 * @digest: receives vmfw_igvm_digest_size() bytes
 *
 * Return: as vmfw_igvm_measure(); -EIO also means an error of libcrypto;
 * -EINTR: a signal asks to stop.
 */
int launch_digest(const struct vmfw_igvm *igvm,
		  struct vmfw_igvm_measure_options *options, uint8_t *digest)
{
	return measure_launch(igvm, NULL, options, NULL, digest);
}

/**
 * launch_digest_rom() - compute the launch digest of a flat firmware
 * @rom: the firmware
 * @options: the options; their @hash is set only during the call
 * @how: details of its launch
 * @digest: receives vmfw_igvm_digest_size() bytes
 *
 * Return: as vmfw_igvm_measure_launch(), or as launch_digest().
 */
int launch_digest_rom(const struct vmfw_igvm_rom *rom,
		      struct vmfw_igvm_measure_options *options,
		      const struct vmfw_igvm_launch *how, uint8_t *digest)
{
	return measure_launch(NULL, rom, options, how, digest);
}

/**
 * launch_words() - write a launch digest in lower-case hexadecimal
 * @buf: receives the text, LAUNCH_WORDS bytes
 * @digest: the digest
 * @len: its size in bytes, at most VMFW_IGVM_MAX_DIGEST
 *
 * Return: @buf.
 */
const char *launch_words(char *buf, const uint8_t *digest, size_t len)
{
	text_hex(buf, LAUNCH_WORDS, digest, len);
	return buf;
}

/**
 * launch_base64() - write a launch digest in base64 (RFC 4648)
 * @buf: receives the text, LAUNCH_WORDS bytes
 * @digest: the digest
 * @len: its size in bytes, at most VMFW_IGVM_MAX_DIGEST
 *
 * Return: @buf.
 */
const char *launch_base64(char *buf, const uint8_t *digest, size_t len)
{
	EVP_EncodeBlock((unsigned char *)buf, digest, len);
	return buf;
}
