// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The choice of a firmware in a UKI: by its section, or by its name. An error
 * lists the names.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "shared/macro.h"
#include "source/ukifile.h"
#include "errors.h"

/* The most names in one message. */
#define MOST		16u

static struct messages messages;

/*
 * Make a UKI with @nr firmwares: "0" in section 2, "1" in section 3, and so on.
 */
static struct ukifile make_file(unsigned int nr)
{
	struct ukifile file = { .in.path = "some.efi", .uki.nr_firmware = nr };
	struct uki_firmware *firmware = calloc(nr, sizeof(*firmware));
	unsigned int i;

	assert_non_null(firmware);
	for (i = 0; i < nr; i++) {
		firmware[i] = (struct uki_firmware) {
			.section = i + 2, .profile = UKI_BASE,
		};
		snprintf(firmware[i].efifw.fwid, sizeof(firmware[i].efifw.fwid),
			 "%u", i);
	}
	file.uki.firmware = firmware;
	messages_keep(&messages);
	return file;
}

static void free_file(struct ukifile *file)
{
	free(file->uki.firmware);
	messages_free(&messages);
}

static void an_error_lists_the_first_16_names(void **state)
{
	static const struct {
		unsigned int nr;
		const char *end;
	} table[] = {
		{ 1, "names for --fwid: \"0\" (section 2)" },
		{ 2, "names for --fwid: \"0\" (section 2), \"1\" (section 3)" },
		{ MOST - 1, "\"13\" (section 15), \"14\" (section 16)" },
		{ MOST, "\"14\" (section 16), \"15\" (section 17)" },
		{ MOST + 1, "\"15\" (section 17), and 1 more" },
		{ MOST + 90, "\"15\" (section 17), and 90 more" },
	};
	const struct source_choice choice = { .fwid = "none" };
	const struct uki_firmware *firmware;
	char words[1024];
	size_t i, end;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct ukifile file = make_file(table[i].nr);

		firmware = file.uki.firmware;
		assert_int_equal(ukifile_choose(&file, &messages, &choice,
						&firmware), VMFW_EXIT_SOURCE);
		assert_null(firmware);
		snprintf(words, sizeof(words), "%s",
			 messages_first_error(&messages));
		expect_error(&messages,
			     "some.efi: this file has no firmware \"none\"");
		/* The list ends with these words. */
		end = strlen(words) - strlen(table[i].end);
		assert_string_equal(words + end, table[i].end);
		free_file(&file);
	}
}

static void a_section_or_a_name_selects(void **state)
{
	static const struct {
		struct source_choice choice;
		int index;
	} table[] = {
		{ { .section = 2 }, 0 }, { { .section = 3 }, 1 },
		{ { .section = 4 }, 2 }, { { .section = 4, .fwid = "0" }, 2 },
		{ { .fwid = "0" }, 0 }, { { .fwid = "2" }, 2 },
		{ { .section = 1, .fwid = "3" }, -1 },
		{ { .section = 5, .fwid = "3" }, -1 },
	};
	struct ukifile file = make_file(3);
	const struct uki_firmware *firmware;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		firmware = NULL;
		assert_int_equal(ukifile_choose(&file, &messages,
						&table[i].choice, &firmware),
				 table[i].index < 0 ? VMFW_EXIT_SOURCE :
						      VMFW_EXIT_OK);
		assert_ptr_equal(firmware, table[i].index < 0 ? NULL :
				 &file.uki.firmware[table[i].index]);
	}
	free_file(&file);
}

static void words_name_the_profile(void **state)
{
	static const struct {
		int profile;
		const char *words;
	} table[] = {
		{ UKI_BASE, "\"0\" (section 2)" },
		{ 0, "\"0\" (section 2, profile 0)" },
		{ 65535, "\"0\" (section 2, profile 65535)" },
	};
	struct ukifile file = make_file(1);
	char words[EXTENT_WORDS];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		file.uki.firmware[0].profile = table[i].profile;
		assert_string_equal(ukifile_words(words, file.uki.firmware),
				    table[i].words);
	}
	free_file(&file);
}

/* No VMM starts from a capsule. */
static void a_capsule_is_refused(void **state)
{
	struct ukifile file = make_file(1);

	(void)state;
	assert_int_equal(ukifile_check(&file, &messages, file.uki.firmware),
			 VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	file.uki.firmware[0].efifw.capsule = true;
	assert_int_equal(ukifile_check(&file, &messages, file.uki.firmware),
			 VMFW_EXIT_IMAGE);
	expect_error(&messages,
		     "some.efi: no VMM starts from \"0\" (section 2): it is a UEFI capsule");
	free_file(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_lists_the_first_16_names),
		cmocka_unit_test(a_section_or_a_name_selects),
		cmocka_unit_test(words_name_the_profile),
		cmocka_unit_test(a_capsule_is_refused),
	};

	return cmocka_run_group_tests_name("ukifile", tests, NULL, NULL);
}
