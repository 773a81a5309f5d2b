// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The search for images, where a file or a directory cannot be read, or a signal
 * comes. Images that the tool does not take, and more images than it takes.
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
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "source/addon.h"
#include "source/booted-uki.h"
#include "source/candidate.h"
#include "../efi/section.h"
#include "errors.h"
#include "file.h"
#include "tree.h"

static struct script {
	const char *uki;	/* path of the booted UKI */
	enum vmfw_exit find;	/* result of booted_find() */
	enum vmfw_exit code;	/* result of booted_addons() */
	const char *error;	/* its error, or NULL */
	bool signal;		/* a signal comes during booted_addons() */
	bool seen;
	unsigned int asks;	/* the signal comes at this call, or 0: at none */
	unsigned int addons;	/* number of add-ons, whose files are missing */
	const char *addon;	/* path of one more add-on, or NULL */
	enum vmfw_exit check;	/* result of addon_check() */
	unsigned int checks;	/* number of its calls */
	const char *partition;	/* path of a partition's image, or NULL */
	/* the number, from 1, of the allocation for candidates that fails */
	unsigned int no_memory;
} script;

static struct messages messages;
static struct candidates candidates;

enum vmfw_exit __wrap_booted_find(struct booted *booted,
				  struct volumes *volumes,
				  struct messages *to);
enum vmfw_exit __wrap_booted_find(struct booted *booted,
				  struct volumes *volumes,
				  struct messages *to)
{
	(void)volumes;
	*booted = (struct booted) { 0 };
	if (script.find)
		message_error(to, "there is no UKI");
	else
		snprintf(booted->path, sizeof(booted->path), "%s", script.uki);
	return script.find;
}

enum vmfw_exit __wrap_booted_addons(const struct booted *booted,
				    struct volumes *volumes,
				    struct messages *to,
				    int (*see)(void *arg, const char *path),
				    void *arg);
enum vmfw_exit __wrap_booted_addons(const struct booted *booted,
				    struct volumes *volumes,
				    struct messages *to,
				    int (*see)(void *arg, const char *path),
				    void *arg)
{
	char path[32];
	unsigned int i;
	int err;

	(void)volumes;
	assert_string_equal(booted->path, script.uki);
	for (i = 0; i < script.addons; i++) {
		snprintf(path, sizeof(path), "/none%u.addon.efi", i);
		err = see(arg, path);
		if (!err)
			continue;
		assert_int_equal(err, -EMFILE);
		message_error(to, "too many images");
		return VMFW_EXIT_SYSTEM;
	}
	err = script.addon ? see(arg, script.addon) : 0;
	if (err) {
		message_error(to, "cannot see it: %s", strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	if (script.error)
		message_error(to, "%s", script.error);
	script.seen = script.signal;
	return script.code;
}

enum vmfw_exit __wrap_addon_check(struct addon_rules *rules,
				  struct messages *to,
				  const struct ukifile *file,
				  const char *root);
enum vmfw_exit __wrap_addon_check(struct addon_rules *rules,
				  struct messages *to,
				  const struct ukifile *file,
				  const char *root)
{
	/* Only a sanitizer notices that nobody frees this memory. */
	if (!rules->known)
		rules->vars.lists[0] = malloc(1);
	rules->known = true;
	assert_null(root);
	assert_string_equal(file->in.path, script.addon);
	script.checks++;
	if (script.check)
		message_error(to, "Secure Boot refuses it");
	return script.check;
}

enum vmfw_exit __real_resolve_location(struct volumes *volumes,
				       struct messages *to,
				       const struct location *location,
				       char *path);
enum vmfw_exit __wrap_resolve_location(struct volumes *volumes,
				       struct messages *to,
				       const struct location *location,
				       char *path);
enum vmfw_exit __wrap_resolve_location(struct volumes *volumes,
				       struct messages *to,
				       const struct location *location,
				       char *path)
{
	if (location->kind != LOCATION_PARTITION)
		return __real_resolve_location(volumes, to, location, path);
	if (script.partition) {
		strcpy(path, script.partition);
		return VMFW_EXIT_OK;
	}
	message_error(to, "there is no partition");
	return VMFW_EXIT_SOURCE;
}

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
	if (!script.no_memory || size < sizeof(struct candidate))
		return __real_realloc(p, size);
	return --script.no_memory ? __real_realloc(p, size) : NULL;
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	if (script.asks && !--script.asks)
		script.seen = true;
	return script.seen ? 15 : 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	script.uki = "/proc/self/status";
	messages_keep(&messages);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	candidates_free(&candidates);
	assert_null(candidates.v);
	messages_free(&messages);
	return 0;
}

static int search_in(unsigned int sources, const struct location *configured)
{
	const struct candidates_wish wish = {
		.sources = sources, .configured = configured, .all = true,
	};
	struct volumes volumes = { 0 };

	return candidates_find(&candidates, &volumes, &messages, &wish);
}

static int run_search(void)
{
	return search_in(CANDIDATES_OF_UKI, NULL);
}

static void expect_reason(size_t index, enum vmfw_exit code, const char *why)
{
	assert_true(index < candidates.nr);
	assert_int_equal(candidates.v[index].code, code);
	if (!strstr(candidates.v[index].why, why))
		fail_msg("no \"%s\" in: %s", why, candidates.v[index].why);
	assert_false(candidates.v[index].taken);
}

/* An unreadable file is not the same as a malformed one. */
static void a_uki_that_is_none(void **state)
{
	static const struct {
		const char *path;
		enum vmfw_exit code;
		const char *why;
	} table[] = {
		{ "/", VMFW_EXIT_SYSTEM, "/: cannot use this file: Is a directory" },
		{ "/none", VMFW_EXIT_SYSTEM, "/none: cannot use this file: No such file" },
		{ "/dev/null", VMFW_EXIT_SYSTEM, "this is not a regular file" },
		{ "/proc/self/status", VMFW_EXIT_IMAGE, "/proc/self/status: " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.uki = table[i].path;
		assert_int_equal(run_search(), VMFW_EXIT_OK);
		assert_int_equal(candidates.nr, 1);
		assert_int_equal(candidates.v[0].source, CANDIDATE_UKI);
		assert_string_equal(candidates.v[0].path, table[i].path);
		expect_reason(0, table[i].code, table[i].why);
		assert_false(candidates.taken);
		assert_int_equal(messages.nr, 0);
		candidates_free(&candidates);
	}
}

/* Without an ESP there are no add-ons. Any other error is a reason. */
static void addons_that_cannot_be_listed(void **state)
{
	(void)state;
	script.error = "there is no ESP";
	script.code = VMFW_EXIT_SOURCE;
	assert_int_equal(search_in(CANDIDATES_ALL, NULL), VMFW_EXIT_OK);
	assert_int_equal(candidates.nr, 2);
	/* The error is no reason against another image. */
	expect_reason(1, VMFW_EXIT_SOURCE, "there is no partition");
	candidates_free(&candidates);

	script.error = "cannot list it";
	script.code = VMFW_EXIT_SYSTEM;
	assert_int_equal(run_search(), VMFW_EXIT_OK);
	assert_int_equal(candidates.nr, 2);
	assert_int_equal(candidates.v[1].source, CANDIDATE_ADDON);
	assert_string_equal(candidates.v[1].path, "");
	expect_reason(1, VMFW_EXIT_SYSTEM, "cannot list it");
}

static void a_machine_that_booted_from_no_uki(void **state)
{
	(void)state;
	script.find = VMFW_EXIT_SOURCE;
	assert_int_equal(search_in(CANDIDATES_ALL, NULL), VMFW_EXIT_OK);
	assert_int_equal(candidates.nr, 2);
	assert_int_equal(candidates.v[0].source, CANDIDATE_UKI);
	assert_string_equal(candidates.v[0].path, "");
	expect_reason(0, VMFW_EXIT_SOURCE, "there is no UKI");
	expect_reason(1, VMFW_EXIT_SOURCE, "there is no partition");
}

/*
 * The limit is for UKIs and add-ons. Beyond it, the last candidate stands for
 * all other add-ons, and so has no path. A partition comes in addition.
 */
static void the_number_of_images_has_a_limit(void **state)
{
	static const struct {
		unsigned int addons;
		const char *last, *why;
	} table[] = {
		{ CANDIDATES_MOST - 1, "/none254.addon.efi",
		  "/none254.addon.efi: cannot use this file" },
		{ CANDIDATES_MOST, "", "too many images" },
		{ CANDIDATES_MOST + 1, "", "too many images" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.addons = table[i].addons;
		assert_int_equal(search_in(CANDIDATES_ALL, NULL), VMFW_EXIT_OK);
		assert_int_equal(candidates.nr, CANDIDATES_MOST + 1);
		expect_reason(CANDIDATES_MOST - 2, VMFW_EXIT_SYSTEM,
			      "/none253.addon.efi: cannot use this file");
		assert_int_equal(candidates.v[CANDIDATES_MOST - 1].source,
				 CANDIDATE_ADDON);
		assert_string_equal(candidates.v[CANDIDATES_MOST - 1].path,
				    table[i].last);
		expect_reason(CANDIDATES_MOST - 1, VMFW_EXIT_SYSTEM,
			      table[i].why);
		assert_int_equal(candidates.v[CANDIDATES_MOST].source,
				 CANDIDATE_PARTITION);
		expect_reason(CANDIDATES_MOST, VMFW_EXIT_SOURCE,
			      "there is no partition");
		candidates_free(&candidates);
	}
}

/*
 * Take an image where there is none. The exit code is that of the first
 * candidate.
 */
static void take_none(enum vmfw_exit code)
{
	struct source source = { .fd = -2 };
	char path[PATH_MAX] = "none";

	assert_false(candidates.taken);
	assert_int_equal(candidates_take(&candidates, &messages, &source, path),
			 code);
	assert_int_equal(source.fd, -2);
	assert_string_equal(path, "none");
}

static void errors_name_the_first_eight_images(void **state)
{
	static const struct {
		unsigned int addons;
		size_t errors;
		const char *last;
	} table[] = {
		{ 0, 1, "uki: /proc/self/status: " },
		{ 1, 2, "addon: /none0.addon.efi: cannot use this file: No" },
		{ 7, 8, "addon: /none6.addon.efi: cannot use this file: No" },
		{ 8, 9, "cannot use 1 more image; \"list\" shows why" },
		{ 9, 9, "cannot use 2 more images; \"list\" shows why" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.addons = table[i].addons;
		assert_int_equal(run_search(), VMFW_EXIT_OK);
		/* The reasons against the add-ons have another exit code. */
		take_none(VMFW_EXIT_IMAGE);
		assert_int_equal(messages.nr, table[i].errors);
		assert_non_null(strstr(messages.list[messages.nr - 1].text,
				       table[i].last));
		expect_error(&messages, "uki: /proc/self/status: ");
		candidates_free(&candidates);
	}
}

static void a_signal_ends_the_search(void **state)
{
	(void)state;
	script.error = "a signal came";
	script.code = VMFW_EXIT_SYSTEM;
	script.signal = true;
	assert_true(run_search() >= 128);
	assert_non_null(messages_first_error(&messages));
	assert_null(strstr(messages_first_error(&messages), script.error));
}

static struct file image;

static void make_image(void)
{
	file_begin(&image, 1, 0);
	HEADER(&image, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(&image, 0x302, 24, { 0, 8, 0xfffff000 }, { 8, 4, 1 },);
	file_seal(&image);
}

/* Put an image into a file, alone or as in a partition. Return the file. */
static int make_file(struct location *location, bool partition)
{
	uint8_t head[16] = "1FILE FS";
	size_t at = partition ? sizeof(head) : 0;
	int fd = memfd_create("image", 0);

	assert_true(fd >= 0);
	make_image();
	put_le64(head + 8, image.size);
	assert_int_equal(pwrite(fd, head, at, 0), at);
	assert_int_equal(pwrite(fd, image.bytes, image.size, at), image.size);
	*location = (struct location) { .kind = LOCATION_PLAIN };
	snprintf(location->path, sizeof(location->path), "/proc/self/fd/%d",
		 fd);
	return fd;
}

/* The list names the part of the file that is the image. */
static void the_part_of_a_file_has_words(void **state)
{
	static const char *const words[] = { "", "the file in this partition" };
	struct location location;
	const struct candidates_wish wish = {
		.sources = 1u << CANDIDATE_CONFIGURED,
		.configured = &location,
	};
	struct volumes volumes = { 0 };
	struct source source;
	char path[PATH_MAX];
	unsigned int i;
	int fd;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		fd = make_file(&location, i);
		assert_int_equal(candidates_find(&candidates, &volumes,
						 &messages, &wish),
				 VMFW_EXIT_OK);
		assert_int_equal(candidates.nr, 1);
		assert_string_equal(candidates.v[0].path, location.path);
		assert_string_equal(candidates.v[0].part, words[i]);
		assert_true(candidates.v[0].taken);
		assert_int_equal(candidates_take(&candidates, &messages,
						 &source, path),
				 VMFW_EXIT_OK);
		assert_string_equal(path, location.path);
		assert_int_equal(messages.nr, 0);
		source_close(&source);
		candidates_free(&candidates);
		close(fd);
	}
}

/* After a signal, the tool neither adds an image to the list nor reads one. */
static void a_signal_ends_the_search_at_once(void **state)
{
	struct location location;
	int fd = make_file(&location, false);

	(void)state;
	/* The signal comes when the image is already in the list. */
	script.asks = 2;
	assert_true(search_in(1u << CANDIDATE_CONFIGURED, &location) >= 128);
	assert_int_equal(candidates.nr, 1);
	expect_reason(0, VMFW_EXIT_OK, "");
	assert_string_equal(candidates.v[0].why, "");
	candidates_free(&candidates);
	/* The signal comes before the search. */
	script.seen = true;
	assert_true(search_in(1u << CANDIDATE_CONFIGURED, &location) >= 128);
	assert_int_equal(candidates.nr, 0);
	assert_true(run_search() >= 128);
	assert_int_equal(candidates.nr, 0);
	close(fd);
}

/* If memory runs out, a signal after that changes nothing. */
static void no_memory_ends_the_search(void **state)
{
	struct location location;
	int fd = make_file(&location, false), asks;

	(void)state;
	script.partition = location.path;
	for (asks = 0; asks <= 2; asks += 2) {
		script.asks = asks;
		script.no_memory = 1;
		/* The tool does not look for the partition either. */
		assert_int_equal(search_in(CANDIDATES_ALL, &location),
				 VMFW_EXIT_SYSTEM);
		assert_int_equal(candidates.nr, 0);
		expect_error(&messages, "cannot look for firmware: Cannot allocate memory");
		candidates_free(&candidates);
	}
	close(fd);
}

static void an_unsound_image_is_not_taken(void **state)
{
	struct location location;
	int fd = make_file(&location, false);
	unsigned int descriptors = tree_count_descriptors();

	(void)state;
	/* The checksum of the image. */
	assert_int_equal(pwrite(fd, "none", 4, 20), 4);
	assert_int_equal(search_in(1u << CANDIDATE_CONFIGURED, &location),
			 VMFW_EXIT_OK);
	assert_int_equal(candidates.nr, 1);
	expect_reason(0, VMFW_EXIT_IMAGE, location.path);
	assert_int_equal(tree_count_descriptors(), descriptors);
	take_none(VMFW_EXIT_IMAGE);
	expect_error(&messages, "configured: /proc/self/fd/");
	close(fd);
}

/*
 * The user of a configuration that names an image does not expect another one.
 */
static void the_configuration_excludes_other_images(void **state)
{
	const unsigned int sources = 1u << CANDIDATE_CONFIGURED |
				     1u << CANDIDATE_PARTITION;
	struct location location;
	int fd = make_file(&location, false);
	unsigned int descriptors = tree_count_descriptors();

	(void)state;
	script.partition = location.path;
	assert_int_equal(search_in(sources, &location), VMFW_EXIT_OK);
	assert_int_equal(candidates.nr, 2);
	assert_true(candidates.v[0].taken);
	expect_reason(1, VMFW_EXIT_OK, "the configuration names another image");
	/* Only the taken image is open. */
	assert_int_equal(tree_count_descriptors(), descriptors + 1);
	candidates_free(&candidates);
	assert_int_equal(tree_count_descriptors(), descriptors);

	location.kind = LOCATION_UKI;
	assert_int_equal(search_in(sources, &location), VMFW_EXIT_OK);
	assert_int_equal(candidates.nr, 1);
	assert_int_equal(candidates.v[0].source, CANDIDATE_PARTITION);
	expect_reason(0, VMFW_EXIT_OK, "the configuration names the UKI");
	take_none(VMFW_EXIT_OK);
	candidates_free(&candidates);

	location.kind = LOCATION_AUTO;
	assert_int_equal(search_in(sources, &location), VMFW_EXIT_OK);
	assert_int_equal(candidates.nr, 1);
	assert_true(candidates.v[0].taken);
	candidates_free(&candidates);
	close(fd);
}

/*
 * Make a UEFI program, without firmware (NULL) or with firmware for a machine; 0: for
 * any. Return the file.
 */
static int make_program_with(char *path, size_t size, unsigned int machine,
			     const void *firmware, size_t len)
{
	static struct image program;
	struct section section;
	int fd = memfd_create("program", 0);

	assert_true(fd >= 0);
	image_begin(&program, true);
	image_add(&program, ".text", "code", 4);
	if (firmware) {
		section_firmware(&section, "mine", machine, firmware, len);
		section_add(&program, ".efifw", &section);
	}
	assert_int_equal(pwrite(fd, program.bytes, program.size, 0),
			 program.size);
	snprintf(path, size, "/proc/self/fd/%d", fd);
	return fd;
}

/* Make a UEFI program, with firmware for another machine or without firmware. */
static int make_program(char *path, size_t size, bool firmware)
{
	return make_program_with(path, size, MACHINE(0),
				 firmware ? "firmware" : NULL, 8);
}

/*
 * The UKI has an image, and so has the partition. Only a search for all images looks
 * at the partition, too. Without a place, there is nothing to search.
 */
static void the_search_ends_after_the_uki(void **state)
{
	static const struct location configured = { .kind = LOCATION_UKI };
	struct candidates_wish wish = {
		.sources = CANDIDATES_ALL, .configured = &configured,
	};
	struct volumes volumes = { 0 };
	struct location location;
	int fd = make_file(&location, false), uki, other;
	char path[32], other_path[32];

	(void)state;
	script.partition = location.path;
	uki = make_program_with(path, sizeof(path), 0, image.bytes, image.size);
	script.uki = path;
	for (wish.all = false;; wish.all = true) {
		assert_int_equal(candidates_find(&candidates, &volumes,
						 &messages, &wish),
				 VMFW_EXIT_OK);
		assert_int_equal(candidates.nr, 1 + wish.all);
		assert_true(candidates.v[0].taken);
		assert_string_equal(candidates.v[0].part,
				    "\"mine\" (section 2)");
		if (wish.all)
			break;
		candidates_free(&candidates);
	}
	expect_reason(1, VMFW_EXIT_OK, "the configuration names the UKI");
	candidates_free(&candidates);
	/* If this UKI has no image for this machine, the search goes on. */
	other = make_program(other_path, sizeof(other_path), true);
	script.uki = other_path;
	wish = (struct candidates_wish) { .sources = CANDIDATES_ALL };
	assert_int_equal(candidates_find(&candidates, &volumes, &messages,
					 &wish), VMFW_EXIT_OK);
	assert_int_equal(candidates.nr, 2);
	assert_true(candidates.v[1].taken);
	candidates_free(&candidates);
	assert_int_equal(search_in(0, NULL), VMFW_EXIT_OK);
	assert_int_equal(candidates.nr, 0);
	close(other);
	close(uki);
	close(fd);
}

/* Without memory for a candidate, the search ends. It leaves no file open. */
static void each_allocation_can_fail(void **state)
{
	static char empty[32], full[32];
	static const struct {
		unsigned int sources;
		struct script script;
	} table[] = {
		{ CANDIDATES_OF_UKI, { .no_memory = 1,
				       .find = VMFW_EXIT_SOURCE } },
		{ CANDIDATES_OF_UKI, { .no_memory = 1, .uki = "/none" } },
		{ CANDIDATES_OF_UKI, { .no_memory = 1,
				       .uki = "/proc/self/status" } },
		{ CANDIDATES_OF_UKI, { .no_memory = 1, .uki = empty } },
		{ CANDIDATES_OF_UKI, { .no_memory = 1, .uki = full } },
		{ CANDIDATES_OF_UKI, { .no_memory = 2, .uki = full,
				       .code = VMFW_EXIT_SYSTEM,
				       .error = "cannot list it" } },
		{ 1u << CANDIDATE_PARTITION, { .no_memory = 1 } },
	};
	int fds[] = {
		make_program(empty, sizeof(empty), false),
		make_program(full, sizeof(full), true),
	};
	unsigned int descriptors = tree_count_descriptors();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = table[i].script;
		assert_int_equal(search_in(table[i].sources, NULL),
				 VMFW_EXIT_SYSTEM);
		assert_int_equal(candidates.nr, table[i].script.no_memory - 1);
		expect_error(&messages, "cannot look for firmware: Cannot allocate memory");
		candidates_free(&candidates);
		assert_int_equal(tree_count_descriptors(), descriptors);
	}
	/* The reason against the other add-ons is the error of one add-on. */
	for (i = 0; i < 2; i++) {
		script = (struct script) {
			.uki = "/none", .no_memory = 2, .addon = full,
			.check = i ? VMFW_EXIT_SOURCE : VMFW_EXIT_OK,
		};
		assert_int_equal(run_search(), VMFW_EXIT_OK);
		assert_int_equal(candidates.nr, 2);
		expect_reason(1, VMFW_EXIT_SYSTEM,
			      "cannot see it: Cannot allocate memory");
		candidates_free(&candidates);
		assert_int_equal(tree_count_descriptors(), descriptors);
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

/*
 * Secure Boot judges only an add-on with firmware, and no UKI. A refused add-on
 * leads to a warning if the tool takes an image after it. An add-on without
 * firmware does not, nor does a UKI.
 */
static void only_a_refused_addon_leads_to_a_warning(void **state)
{
	static const struct {
		bool firmware;
		enum vmfw_exit check;
		enum vmfw_exit code;
		const char *why;
	} table[] = {
		{ true, VMFW_EXIT_SOURCE, VMFW_EXIT_SOURCE,
		  "Secure Boot refuses it" },
		{ true, VMFW_EXIT_SYSTEM, VMFW_EXIT_SYSTEM,
		  "Secure Boot refuses it" },
		{ false, VMFW_EXIT_SOURCE, VMFW_EXIT_SOURCE,
		  "this file has no firmware: it lacks the section .efifw" },
		{ false, VMFW_EXIT_OK, VMFW_EXIT_SOURCE,
		  "this file has no firmware: it lacks the section .efifw" },
	};
	struct location location;
	int fd = make_file(&location, false), program, uki;
	char addon_path[32], uki_path[32], path[PATH_MAX];
	struct source source;
	bool refused;
	size_t i;

	(void)state;
	uki = make_program(uki_path, sizeof(uki_path), true);
	script.uki = uki_path;
	script.partition = location.path;
	script.addon = addon_path;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		program = make_program(addon_path, sizeof(addon_path),
				       table[i].firmware);
		refused = table[i].firmware && table[i].check;
		script.check = table[i].check;
		script.checks = 0;
		assert_int_equal(search_in(CANDIDATES_ALL, NULL), VMFW_EXIT_OK);
		assert_int_equal(script.checks, table[i].firmware);
		assert_int_equal(candidates.nr, 3);
		expect_reason(0, VMFW_EXIT_SOURCE,
			      "this file has no firmware for this machine");
		assert_false(candidates.v[0].refused);
		assert_string_equal(candidates.v[0].part,
				    "\"mine\" (section 2)");
		assert_int_equal(candidates.v[1].source, CANDIDATE_ADDON);
		assert_string_equal(candidates.v[1].path, addon_path);
		expect_reason(1, table[i].code, table[i].why);
		assert_int_equal(candidates.v[1].refused, refused);
		assert_true(candidates.v[2].taken);

		assert_int_equal(candidates_take(&candidates, &messages,
						 &source, path),
				 VMFW_EXIT_OK);
		assert_string_equal(path, location.path);
		assert_string_equal(source.path, location.path);
		assert_int_equal(messages.nr, refused);
		if (refused)
			assert_string_equal(messages.list[0].text,
					    "addon: Secure Boot refuses it");
		messages_free(&messages);
		messages_keep(&messages);
		source_close(&source);
		candidates_free(&candidates);
		close(program);
	}
	/* If the tool takes no image, the warning would repeat an error. */
	program = make_program(addon_path, sizeof(addon_path), true);
	script.check = VMFW_EXIT_SOURCE;
	script.partition = NULL;
	assert_int_equal(search_in(CANDIDATES_ALL, NULL), VMFW_EXIT_OK);
	take_none(VMFW_EXIT_SOURCE);
	assert_int_equal(messages.nr, 3);
	for (i = 0; i < messages.nr; i++)
		assert_string_equal(messages.list[i].level, "error");
	close(program);
	close(uki);
	close(fd);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_uki_that_is_none),
		TEST(addons_that_cannot_be_listed),
		TEST(a_machine_that_booted_from_no_uki),
		TEST(each_allocation_can_fail),
		TEST(the_number_of_images_has_a_limit),
		TEST(errors_name_the_first_eight_images),
		TEST(a_signal_ends_the_search),
		TEST(a_signal_ends_the_search_at_once),
		TEST(the_part_of_a_file_has_words),
		TEST(no_memory_ends_the_search),
		TEST(an_unsound_image_is_not_taken),
		TEST(the_configuration_excludes_other_images),
		TEST(the_search_ends_after_the_uki),
		TEST(only_a_refused_addon_leads_to_a_warning),
	};

	return cmocka_run_group_tests_name("candidate", tests, NULL, NULL);
}
