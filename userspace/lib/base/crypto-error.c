// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <openssl/err.h>

#include "base/crypto-error.h"

/**
 * crypto_error_take() - find out why libcrypto failed, and forget its errors
 *
 * Call ERR_clear_error() before the function of libcrypto. One failure may leave
 * several errors, from the cause to its effects. So look at all of them.
 *
 * Return: -ENOMEM; -EIO: libcrypto does not work, or lacks an algorithm; 0: the
 * input of the function is wrong.
 */
int crypto_error_take(void)
{
	unsigned long error;
	int err = 0;

	while ((error = ERR_get_error())) {
		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
			err = -ENOMEM;
		else if (!err && (ERR_FATAL_ERROR(error) ||
				  ERR_GET_REASON(error) == ERR_R_UNSUPPORTED))
			err = -EIO;
	}
	return err;
}
