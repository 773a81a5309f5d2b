/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Launch digests of an image, computed with libcrypto, and the digests that the
 * image contains in an ID block or a VBS measurement.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_LAUNCH_DIGEST_H
#define VMFW_LAUNCH_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "igvm/vmfw-igvm.h"

/* The size of a launch digest in hexadecimal, with the zero at its end. */
#define LAUNCH_WORDS	(2 * VMFW_IGVM_MAX_DIGEST + 1)

/**
 * struct id_block - an ID block, signed by the owner of a guest
 * @header: index of the header
 * @expected: the launch digest that it allows
 * @id_key: the ID key's signature of the block is right
 * @has_author: there is an author key
 * @author_key: the author key's signature of the ID key is right
 */
struct id_block {
	uint32_t header;
	uint8_t expected[VMFW_IGVM_MAX_DIGEST];
	bool id_key;
	bool has_author;
	bool author_key;
};

/* SHA-256 in enum VbsDigestAlgorithm of the IGVM format, and the size of a digest. */
#define VBS_DIGEST_SHA256	1
#define VBS_DIGEST_SIZE		32

/**
 * struct vbs_measurement - the boot digest that a file has for VBS
 * @header: index of the header
 * @algorithm: of the digest
 * @digest: the digest, if @algorithm is VBS_DIGEST_SHA256
 */
struct vbs_measurement {
	uint32_t header;
	uint32_t algorithm;
	uint8_t digest[VBS_DIGEST_SIZE];
};

int launch_digest(const struct vmfw_igvm *igvm,
		  struct vmfw_igvm_measure_options *options, uint8_t *digest);
int launch_digest_rom(const struct vmfw_igvm_rom *rom,
		      struct vmfw_igvm_measure_options *options,
		      const struct vmfw_igvm_launch *how, uint8_t *digest);
const char *launch_words(char *buf, const uint8_t *digest, size_t len);
const char *launch_base64(char *buf, const uint8_t *digest, size_t len);
int id_block_find(const struct vmfw_igvm *igvm, struct id_block *block);
bool vbs_measurement_find(const struct vmfw_igvm *igvm,
			  struct vbs_measurement *measurement);

#endif /* VMFW_LAUNCH_DIGEST_H */
