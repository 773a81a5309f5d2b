// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <openssl/evp.h>

#include "attest/launch-digest.h"
#include "base/interrupt.h"
#include "base/worker.h"
#include "shared/text.h"

/* From this size on, a second thread saves more time than its creation costs. */
#define LARGE		(1u << 20)

/**
 * struct pages - pages that two threads hash at the same time
 * @bytes: the pages
 * @nr: number of pages
 * @next: index of the first page that neither thread has taken
 * @algorithm: the algorithm
 * @digest_size: bytes of one digest
 * @digests: receives the digests
 * @err: 0, or the error of either thread
 */
struct pages {
	const uint8_t *bytes;
	size_t nr;
	atomic_size_t next;
	const EVP_MD *algorithm;
	size_t digest_size;
	uint8_t *digests;
	atomic_int err;
};

/*
 * crypto_begin() fetches each algorithm only once, because a fetch takes half as
 * long as hashing a page.
 */
struct crypto {
	EVP_MD_CTX *ctx;
	EVP_MD *algorithms[2];
	struct worker worker;
	EVP_MD_CTX *worker_ctx;
	struct pages pages;
};

static int begin_hash(void *arg, enum vmfw_igvm_hash_algorithm algorithm)
{
	struct crypto *crypto = arg;

	/*
	 * A small file can name millions of pages. This code begins a hash for
	 * each page. So it looks for a signal here, too.
	 */
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

static void hash_pages(struct pages *pages, EVP_MD_CTX *ctx)
{
	size_t i;

	while ((i = atomic_fetch_add(&pages->next, 1)) < pages->nr) {
		const uint8_t *page = pages->bytes + i * VMFW_IGVM_PAGE_SIZE;

		if (interrupt_seen()) {
			pages->err = -EINTR;
			break;
		}
		if (!EVP_DigestInit_ex(ctx, pages->algorithm, NULL) ||
		    !EVP_DigestUpdate(ctx, page, VMFW_IGVM_PAGE_SIZE) ||
		    !EVP_DigestFinal_ex(ctx,
					pages->digests + i * pages->digest_size,
					NULL)) {
			pages->err = -EIO;
			break;
		}
	}
}

static void hash_beside(void *arg)
{
	struct crypto *crypto = arg;

	hash_pages(&crypto->pages, crypto->worker_ctx);
}

static int start_pages(void *arg, enum vmfw_igvm_hash_algorithm algorithm,
		       const uint8_t *pages, size_t nr, uint8_t *digests)
{
	struct crypto *crypto = arg;
	const EVP_MD *md = crypto->algorithms[algorithm];

	crypto->pages = (struct pages) {
		.bytes = pages,
		.nr = nr,
		.algorithm = md,
		.digest_size = EVP_MD_get_size(md),
		.digests = digests,
	};
	worker_give(&crypto->worker, hash_beside, crypto);
	return 0;
}

/* Hash the pages that the other thread has not taken, then wait for that thread. */
static int finish_pages(void *arg)
{
	struct crypto *crypto = arg;

	hash_pages(&crypto->pages, crypto->ctx);
	worker_wait(&crypto->worker);
	return crypto->pages.err;
}

static int crypto_begin(struct crypto *crypto, bool large)
{
	*crypto = (struct crypto) {
		.ctx = EVP_MD_CTX_new(),
		.worker_ctx = EVP_MD_CTX_new(),
		.algorithms = {
			[VMFW_IGVM_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL),
			[VMFW_IGVM_SHA384] = EVP_MD_fetch(NULL, "SHA384", NULL),
		},
	};
	worker_begin(&crypto->worker, large);
	if (!crypto->ctx || !crypto->worker_ctx ||
	    !crypto->algorithms[VMFW_IGVM_SHA256] ||
	    !crypto->algorithms[VMFW_IGVM_SHA384])
		return -EIO;
	return 0;
}

static void crypto_end(struct crypto *crypto)
{
	worker_end(&crypto->worker);
	EVP_MD_free(crypto->algorithms[VMFW_IGVM_SHA256]);
	EVP_MD_free(crypto->algorithms[VMFW_IGVM_SHA384]);
	EVP_MD_CTX_free(crypto->worker_ctx);
	EVP_MD_CTX_free(crypto->ctx);
}

/* Measure an IGVM file or a flat firmware: one of @igvm and @rom is NULL. */
static int measure_launch(const struct vmfw_igvm *igvm,
			  const struct vmfw_igvm_rom *rom,
			  struct vmfw_igvm_measure_options *options,
			  const struct vmfw_igvm_launch *how, uint8_t *digest)
{
	struct crypto crypto;
	struct vmfw_igvm_hash hash = {
		.begin = begin_hash,
		.add = add_to_hash,
		.end = end_hash,
		.arg = &crypto,
	};
	int err;

	err = crypto_begin(&crypto, igvm && igvm->input.size >= LARGE);
	if (crypto.worker.has_thread) {
		hash.start = start_pages;
		hash.finish = finish_pages;
	}
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
 * Return: as vmfw_igvm_measure(); -EIO: an error of libcrypto; -EINTR: a signal
 * asks to stop.
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
