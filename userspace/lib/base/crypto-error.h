/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reason for a failure of libcrypto. A signature or a key is wrong only if
 * libcrypto was able to check it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_CRYPTO_ERROR_H
#define VMFW_CRYPTO_ERROR_H

int crypto_error_take(void);

#endif /* VMFW_CRYPTO_ERROR_H */
