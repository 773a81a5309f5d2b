/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ID blocks of SEV-SNP. The owner of a guest signs an ID block. It contains the
 * only launch digest that the guest may have. launch-digest.h declares
 * id_block_find().
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_IDBLOCK_H
#define VMFW_IDBLOCK_H

#include <stdint.h>
#include <openssl/evp.h>

#include "base/messages.h"
#include "igvm/vmfw-igvm.h"

enum vmfw_exit id_block_key(struct messages *messages, const char *path,
			    EVP_PKEY **key);
int id_block_make(const struct vmfw_igvm *igvm, uint32_t mask,
		  const uint8_t *digest, EVP_PKEY *key, uint8_t *content);

#endif /* VMFW_IDBLOCK_H */
