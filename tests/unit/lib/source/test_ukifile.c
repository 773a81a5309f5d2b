// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The choice of a firmware in a UKI: by its section, by its name, or for this
 * machine. An error lists the names. Unreadable and malformed files.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "guest/hwid.h"
#include "shared/macro.h"
#include "source/ukifile.h"
#include "../efi/section.h"
#include "errors.h"

/* The most names in one message. */
#define MOST		16u

static struct messages messages;

/* The step at which memory for the list of names runs out. */
static enum { NO_STEP, AT_BEGIN, AT_END } no_memory;

FILE *__real_open_memstream(char **text, size_t *len);
FILE *__wrap_open_memstream(char **text, size_t *len);
FILE *__wrap_open_memstream(char **text, size_t *len)
{
	return no_memory == AT_BEGIN ? NULL : __real_open_memstream(text, len);
}

int __real_fclose(FILE *file);
int __wrap_fclose(FILE *file);
int __wrap_fclose(FILE *file)
{
	int err = __real_fclose(file);

	return no_memory == AT_END ? EOF : err;
}

/* Result of computing the CHIDs. */
static int hwid_err;

int __real_hwid_read(struct chids *chids, const char *root);
int __wrap_hwid_read(struct chids *chids, const char *root);
int __wrap_hwid_read(struct chids *chids, const char *root)
{
	return hwid_err ? hwid_err : __real_hwid_read(chids, root);
}

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

/*
 * Unless exactly one firmware fits, the tool chooses none, and the error says
 * why.
 */
static void an_error_says_why_no_firmware_fits(void **state)
{
	static const struct {
		unsigned int nr;
		const char *first;	/* name of the first firmware */
		int profile;		/* of all firmwares */
		const char *fwid;
		const char *error;	/* NULL: choose the last firmware */
	} table[] = {
		{ 1, "0", UKI_BASE, NULL, NULL },
		{ 2, "0", UKI_BASE, "1", NULL },
		{ 2, "0", 5, "1", NULL },
		{ 0, "", UKI_BASE, NULL,
		  "this file has no firmware: it lacks the section .efifw" },
		{ 2, "0", UKI_BASE, "2",
		  "this file has no firmware \"2\"; names for --fwid: \"0\"" },
		{ 1, "0", 5, NULL,
		  "no firmware for this machine and profile; see \"list --chids\"; names for --fwid: \"0\"" },
		{ 2, "0", UKI_BASE, NULL,
		  "more than one is for this machine; names for --fwid: \"0\"" },
		{ 2, "1", UKI_BASE, "1",
		  "more than one has the name \"1\"; rename all but one: \"1\" (section 2), \"1\"" },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct source_choice choice = { .fwid = table[i].fwid };
		struct ukifile file = make_file(table[i].nr);
		const struct uki_firmware *firmware = NULL;

		for (k = 0; k < table[i].nr; k++)
			file.uki.firmware[k].profile = table[i].profile;
		if (table[i].nr)
			strcpy(file.uki.firmware[0].efifw.fwid, table[i].first);
		assert_int_equal(ukifile_choose(&file, &messages, &choice,
						&firmware), table[i].error ?
				 VMFW_EXIT_SOURCE : VMFW_EXIT_OK);
		if (table[i].error) {
			assert_null(firmware);
			assert_int_equal(messages.nr, 1);
			expect_error(&messages, table[i].error);
		} else {
			assert_ptr_equal(firmware, file.uki.firmware +
						   table[i].nr - 1);
			assert_int_equal(messages.nr, 0);
		}
		free_file(&file);
	}
}

/* The error does not depend on memory for the names. */
static void without_memory_an_error_lists_no_names(void **state)
{
	const struct source_choice choice = { .fwid = "none" };
	struct ukifile file = make_file(2);
	const struct uki_firmware *firmware;
	enum vmfw_exit code;
	unsigned int step;

	(void)state;
	for (step = AT_BEGIN; step <= AT_END; step++) {
		no_memory = step;
		code = ukifile_choose(&file, &messages, &choice, &firmware);
		no_memory = NO_STEP;
		assert_int_equal(code, VMFW_EXIT_SOURCE);
		expect_error(&messages,
			     "this file has no firmware \"none\"; names for --fwid: ?");
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

/*
 * The caller need not close a malformed or an unreadable file. A leak of memory
 * shows only with a sanitizer.
 */
static void a_malformed_file_is_not_open(void **state)
{
	static const struct {
		const char *start;	/* of the file */
		const char *firmware;	/* content of a section */
		bool write_only;
		enum vmfw_exit code;
		const char *error;
	} table[] = {
		{ "MZ", NULL, false, VMFW_EXIT_OK, NULL },
		{ "ZM", NULL, false, VMFW_EXIT_IMAGE,
		  "some.efi: cannot read this UEFI program: " },
		{ "MZ", "none", false, VMFW_EXIT_IMAGE,
		  "some.efi: cannot read this UEFI program: " },
		{ "MZ", NULL, true, VMFW_EXIT_SYSTEM,
		  "some.efi: cannot read this file: Bad file descriptor" },
	};
	static struct image image;
	struct section section;
	struct ukifile file;
	size_t i;
	int fd, in;

	(void)state;
	messages_keep(&messages);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		image_begin(&image, true);
		section_firmware(&section, "mine", 0, "firmware", 8);
		section_add(&image, ".efifw", &section);
		if (table[i].firmware)
			image_add(&image, ".efifw", table[i].firmware,
				  strlen(table[i].firmware));
		memcpy(image.bytes, table[i].start, 2);
		fd = memfd_create("program", 0);
		assert_true(fd >= 0);
		assert_int_equal(pwrite(fd, image.bytes, image.size, 0),
				 image.size);
		in = table[i].write_only ? open("/dev/null", O_WRONLY) :
					   dup(fd);
		assert_true(in >= 0);
		assert_int_equal(ukifile_open(&file, &messages, in, "some.efi",
					      image.size), table[i].code);
		if (table[i].error) {
			expect_error(&messages, table[i].error);
		} else {
			assert_int_equal(file.uki.nr_firmware, 1);
			ukifile_close(&file);
			assert_int_equal(messages.nr, 0);
		}
		close(in);
		close(fd);
	}
}

static void only_a_section_needs_no_chids(void **state)
{
	struct source_choice choice = { .fwid = "1" };
	const struct uki_firmware *firmware;
	struct ukifile file = make_file(2);

	(void)state;
	hwid_err = -ENOMEM;
	firmware = file.uki.firmware;
	assert_int_equal(ukifile_choose(&file, &messages, &choice, &firmware),
			 VMFW_EXIT_SYSTEM);
	assert_null(firmware);
	expect_error(&messages,
		     "cannot compute the CHIDs of this machine: SHA-1 failed");
	choice.section = 3;
	assert_int_equal(ukifile_choose(&file, &messages, &choice, &firmware),
			 VMFW_EXIT_OK);
	assert_ptr_equal(firmware, &file.uki.firmware[1]);
	hwid_err = 0;
	free_file(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_lists_the_first_16_names),
		cmocka_unit_test(a_section_or_a_name_selects),
		cmocka_unit_test(only_a_section_needs_no_chids),
		cmocka_unit_test(an_error_says_why_no_firmware_fits),
		cmocka_unit_test(without_memory_an_error_lists_no_names),
		cmocka_unit_test(words_name_the_profile),
		cmocka_unit_test(a_capsule_is_refused),
		cmocka_unit_test(a_malformed_file_is_not_open),
	};

	return cmocka_run_group_tests_name("ukifile", tests, NULL, NULL);
}
