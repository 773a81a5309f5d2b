// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The words by which a user names an image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shared/macro.h"
#include "source/image.h"

/* Only one word lets the tool choose. A file of that name needs "./". */
static void auto_alone_is_automatic(void **state)
{
	static const char *const others[] = {
		"uki", "partition", "ESP:/auto", "LABEL=auto:/auto",
		"PARTUUID=12-34", "/auto", "./auto", "auto.igvm", "AUTO:", "",
		"-",
	};
	size_t i;

	(void)state;
	assert_true(image_is_automatic("auto"));
	for (i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(image_is_automatic(others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_alone_is_automatic),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
