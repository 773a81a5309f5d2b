// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <openssl/err.h>

#include "efi/starved.h"

/**
 * crypto_starved() - did libcrypto lack memory? Forget its errors.
 *
 * Call ERR_clear_error() before the function of libcrypto. If a failed allocation
 * looked like a key that does not fit, this code could overlook a revoked key.
 *
 * Return: true: an allocation failed; false: the input of the function is wrong.
 */
bool crypto_starved(void)
{
	unsigned long error;
	bool starved = false;

	while ((error = ERR_get_error()))
		starved |= ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
	return starved;
}
