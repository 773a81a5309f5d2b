// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Errors that a test expects.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "errors.h"

void expect_error(struct messages *messages, const char *words)
{
	const char *error = messages_first_error(messages);

	assert_non_null(error);
	if (!strstr(error, words))
		fail_msg("no \"%s\" in: %s", words, error);
	messages_free(messages);
	messages_keep(messages);
}
