// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ID blocks of SEV-SNP (SEV-SNP firmware ABI, ID Block and ID Authentication
 * Information). The coordinates of a key have the same form as the numbers of a
 * signature, see ecdsa-p384.h.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "attest/ecdsa-p384.h"
#include "attest/idblock.h"
#include "attest/launch-digest.h"
#include "base/crypto-error.h"
#include "base/exit.h"
#include "base/infile.h"
#include "base/pem.h"
#include "shared/bytes.h"

/* Offsets in the content of the header SNP_ID_BLOCK of an IGVM file. */
#define AUTHOR_ENABLED_AT	4
#define BLOCK_AT		8	/* the signed part: digest, IDs, version, SVN */
#define BLOCK_SIZE		88
#define BLOCK_VERSION_AT	88
#define KEY_ALGORITHM_AT	96
#define KEY_SIGNATURE_AT	104
#define KEY_AT			248
#define AUTHOR_SIGNATURE_AT	400
#define AUTHOR_KEY_AT		544

#define KEY_NUMBERS_AT		8	/* after the curve and reserved bytes */
#define CURVE_P384		2
#define ALGORITHM_P384_SHA384	1
#define BLOCK_VERSION		1

/* The longest file with a key. A key on P-384 has a few hundred bytes. */
#define MAX_KEY			4096

/*
 * Sizes of the signed bytes: the ID block with the policy, and the ID key. The
 * last number is the offset of the coordinates in the signed ID key.
 */
#define SIGNED_BLOCK_SIZE	96
#define SIGNED_KEY_SIZE		0x404
#define SIGNED_KEY_NUMBERS	4

#define P384_SIZE		48
#define POINT_SIZE		(1 + 2 * P384_SIZE)

/*
 * Make an uncompressed point, big-endian, from two little-endian coordinates.
 * Return false if they are too large for the curve.
 */
static bool make_point(uint8_t *point, const uint8_t *numbers)
{
	size_t i;

	point[0] = 4;
	for (i = 0; i < P384_SIZE; i++) {
		point[P384_SIZE - i] = numbers[i];
		point[2 * P384_SIZE - i] = numbers[ECDSA_NUMBER + i];
	}
	for (; i < ECDSA_NUMBER; i++)
		if (numbers[i] || numbers[ECDSA_NUMBER + i])
			return false;
	return true;
}

/*
 * Make a public key. @key receives NULL after an error, or if the point is not on
 * the curve.
 */
static int make_key(const uint8_t *point, EVP_PKEY **key)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 (char *)"secp384r1", 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
						  (void *)point, POINT_SIZE),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx;
	int err = 0;

	*key = NULL;
	ERR_clear_error();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0) {
		err = crypto_error_take();
		if (!err)
			err = -EIO;
	} else if (EVP_PKEY_fromdata(ctx, key, EVP_PKEY_PUBLIC_KEY,
				     params) <= 0) {
		*key = NULL;
		err = crypto_error_take();
	}
	EVP_PKEY_CTX_free(ctx);
	return err;
}

/*
 * Return 0 and set @right, or return a negative errno value. If the key is not
 * a point on the curve, the signature counts as wrong.
 */
static int verify_signature(const uint8_t *key_bytes, const uint8_t *numbers,
			    const uint8_t *bytes, size_t len, bool *right)
{
	uint8_t point[POINT_SIZE];
	EVP_PKEY *key;
	int err;

	*right = false;
	if (get_le32(key_bytes) != CURVE_P384 ||
	    !make_point(point, key_bytes + KEY_NUMBERS_AT))
		return 0;
	err = make_key(point, &key);
	if (err || !key)
		return err;
	err = ecdsa_verify(key, numbers, bytes, len, right);
	EVP_PKEY_free(key);
	return err;
}

static uint64_t policy_of(const struct vmfw_igvm *igvm, uint32_t mask)
{
	struct vmfw_igvm_header header = { 0 };

	while (vmfw_igvm_next(igvm, &header))
		if (header.type == VMFW_IGVM_T_GUEST_POLICY &&
		    get_le32(header.content + 8) & mask)
			return get_le64(header.content);
	return 0;
}

static int verify_block(const uint8_t *p, uint64_t policy,
			struct id_block *block)
{
	uint8_t signed_block[SIGNED_BLOCK_SIZE];
	uint8_t signed_key[SIGNED_KEY_SIZE] = { 0 };
	int err;

	memcpy(signed_block, p + BLOCK_AT, BLOCK_SIZE);
	put_le64(signed_block + BLOCK_SIZE, policy);
	err = verify_signature(p + KEY_AT, p + KEY_SIGNATURE_AT, signed_block,
			       sizeof(signed_block), &block->id_key);
	if (err || !block->has_author)
		return err;
	memcpy(signed_key, p + KEY_AT, 4);
	memcpy(signed_key + SIGNED_KEY_NUMBERS, p + KEY_AT + KEY_NUMBERS_AT,
	       2 * ECDSA_NUMBER);
	return verify_signature(p + AUTHOR_KEY_AT, p + AUTHOR_SIGNATURE_AT,
				signed_key, sizeof(signed_key),
				&block->author_key);
}

/**
 * id_block_find() - find the ID block of a file and verify its signatures
 * @igvm: a file that vmfw_igvm_check() found sound
 * @block: receives the ID block, and whether its signatures are right
 *
 * Return: 0, even if a signature is wrong; -ENOENT: the file has no ID block;
 * -EIO: libcrypto could not verify a signature; -ENOMEM.
 */
int id_block_find(const struct vmfw_igvm *igvm, struct id_block *block)
{
	struct vmfw_igvm_header header = { 0 };

	while (vmfw_igvm_next(igvm, &header)) {
		const uint8_t *p = header.content;

		if (header.type != VMFW_IGVM_T_SNP_ID_BLOCK)
			continue;
		memset(block, 0, sizeof(*block));
		block->header = header.index;
		memcpy(block->expected, p + BLOCK_AT, sizeof(block->expected));
		block->has_author = p[AUTHOR_ENABLED_AT];
		return verify_block(p, policy_of(igvm, get_le32(p)), block);
	}
	return -ENOENT;
}

static EVP_PKEY *read_key(struct infile *file)
{
	uint8_t bytes[MAX_KEY];
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;

	if (!infile_read(file, 0, bytes, file->size))
		bio = BIO_new_mem_buf(bytes, file->size);
	if (bio)
		key = pem_read_private_key(bio);
	BIO_free(bio);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return key;
}

/**
 * id_block_key() - read a key that signs ID blocks
 * @messages: for errors
 * @path: a file with a private key in PEM, without a passphrase
 * @key: receives the key, or NULL; the caller frees it with EVP_PKEY_free(),
 *	which also wipes it
 *
 * Return: an exit code.
 */
enum vmfw_exit id_block_key(struct messages *messages, const char *path,
			    EVP_PKEY **key)
{
	struct infile file;
	enum vmfw_exit code;

	*key = NULL;
	code = infile_open(&file, messages, path);
	if (!code && file.size <= MAX_KEY)
		*key = read_key(&file);
	infile_close(&file);
	if (code)
		return code;
	if (*key && ecdsa_is_p384(*key))
		return VMFW_EXIT_OK;
	message_error(messages, "%s: this is not a private key on the curve P-384, in PEM, without a passphrase",
		      path);
	EVP_PKEY_free(*key);
	*key = NULL;
	return VMFW_EXIT_SYSTEM;
}

/* Write a coordinate of the public key, little-endian. */
static int put_number(EVP_PKEY *key, const char *name, uint8_t *p)
{
	BIGNUM *number = NULL;
	int err = -EIO;

	if (EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
	    BN_bn2lebinpad(number, p, ECDSA_NUMBER) > 0)
		err = 0;
	BN_free(number);
	return err;
}

static int put_key(EVP_PKEY *key, uint8_t *p)
{
	int err;

	put_le32(p, CURVE_P384);
	err = put_number(key, OSSL_PKEY_PARAM_EC_PUB_X, p + KEY_NUMBERS_AT);
	return err ? err : put_number(key, OSSL_PKEY_PARAM_EC_PUB_Y,
				      p + KEY_NUMBERS_AT + ECDSA_NUMBER);
}

/**
 * id_block_make() - make and sign an ID block
 * @igvm: a sound file; the function also signs its guest policy
 * @mask: compatibility mask of SEV-SNP in that file
 * @digest: the launch digest to allow
 * @key: the signer's key, from id_block_key()
 * @content: receives the content of the header SNP_ID_BLOCK,
 *	VMFW_IGVM_ID_BLOCK_SIZE bytes
 *
 * Family and image ID, and the security version, are zero. There is no author
 * key.
 *
 * Return: 0; -EIO: an error of libcrypto; -ENOMEM.
 */
int id_block_make(const struct vmfw_igvm *igvm, uint32_t mask,
		  const uint8_t *digest, EVP_PKEY *key, uint8_t *content)
{
	uint8_t signed_block[SIGNED_BLOCK_SIZE];
	int err;

	memset(content, 0, VMFW_IGVM_ID_BLOCK_SIZE);
	put_le32(content, mask);
	memcpy(content + BLOCK_AT, digest, VMFW_IGVM_MAX_DIGEST);
	put_le32(content + BLOCK_VERSION_AT, BLOCK_VERSION);
	put_le32(content + KEY_ALGORITHM_AT, ALGORITHM_P384_SHA384);
	memcpy(signed_block, content + BLOCK_AT, BLOCK_SIZE);
	put_le64(signed_block + BLOCK_SIZE, policy_of(igvm, mask));
	err = put_key(key, content + KEY_AT);
	return err ? err : ecdsa_sign(key, signed_block, sizeof(signed_block),
				      content + KEY_SIGNATURE_AT);
}
