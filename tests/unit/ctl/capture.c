// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "capture.h"

static FILE *caught, *file;
static int before;

void capture_begin(FILE *stream)
{
	caught = stream;
	file = tmpfile();
	assert_non_null(file);
	fflush(caught);
	before = dup(fileno(caught));
	assert_true(before >= 0);
	assert_true(dup2(fileno(file), fileno(caught)) >= 0);
}

const char *capture_end(void)
{
	static char text[1 << 18];
	size_t len;

	fflush(caught);
	assert_true(dup2(before, fileno(caught)) >= 0);
	close(before);
	rewind(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}
