// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kill switches and boot_ids.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "base/uuid.h"
#include "guest/bootinfo.h"

static void test_switch(void **state)
{
	(void)state;
	assert_null(boot_switch("root=/dev/sda1 quiet\n", true));
	assert_string_equal(boot_switch("vmfwupdate=0", false),
			    "vmfwupdate=0");
	assert_string_equal(boot_switch("quiet vmfwupdate=0\n", true),
			    "vmfwupdate=0");
	assert_string_equal(boot_switch("rd.vmfwupdate=0 quiet", true),
			    "rd.vmfwupdate=0");
	/* Only in the initramfs, and only as whole words. */
	assert_null(boot_switch("rd.vmfwupdate=0 quiet", false));
	assert_null(boot_switch("vmfwupdate=01", true));
	assert_null(boot_switch("novmfwupdate=0", true));
	assert_null(boot_switch("vmfwupdate=1", true));
	assert_non_null(boot_switch("vmfwupdate=00 vmfwupdate=0", true));
}

static void test_id(void **state)
{
	const char *words = "00112233-4455-6677-8899-aabbccddeeff";
	char back[UUID_WORDS];
	uint8_t id[BOOT_ID_SIZE];

	(void)state;
	assert_int_equal(boot_parse_id(id, words), 0);
	assert_int_equal(id[0], 0);
	assert_int_equal(id[15], 0xff);
	assert_string_equal(uuid_words(back, id), words);
	assert_int_equal(boot_parse_id(id, ""), -EINVAL);
	assert_int_equal(boot_parse_id(id, "00112233-4455-6677-8899-aabbccddeef"),
			 -EINVAL);
	assert_int_equal(boot_parse_id(id, "00112233-4455-6677-8899aaabbccddeeff"),
			 -EINVAL);
	assert_int_equal(boot_parse_id(id, "g0112233-4455-6677-8899-aabbccddeeff"),
			 -EINVAL);
	assert_int_equal(boot_parse_id(id, " 0112233-4455-6677-8899-aabbccddeeff"),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_id),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
