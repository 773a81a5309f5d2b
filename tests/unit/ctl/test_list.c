// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of list on images and hardware IDs that a test chooses.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/tree.h"
#include "base/exit.h"
#include "flow/config.h"
#include "guest/hwid.h"
#include "interrupt.h"
#include "shared/macro.h"
#include "source/candidate.h"
#include "stage/payload.h"
#include "verb.h"

/* The digest of the second candidate: each byte is 0x44. */
#define SHA256	"4444444444444444444444444444444444444444444444444444444444444444"

/* The section of a UKI with the second candidate. */
#define SECTION	3

/**
 * struct script - the results of the replaced functions, and their calls
 * @chid_err: result of chid_compute()
 * @known: the machine has two hardware IDs
 * @config_code: result of config_load()
 * @find_code: result of candidates_find()
 * @searches: number of its calls
 * @codes: reasons against two candidates
 * @taken: index of the one that the tool takes, or -1
 * @path: file of the second candidate; empty: it has none
 * @igvm: it is an IGVM file for SEV-SNP and TDX, not flat firmware
 * @open_code: result of source_open() for that file
 * @check_code: result of payload_check()
 * @digest_code: result of payload_digest()
 */
static struct script {
	int chid_err;
	bool known;
	int config_code;
	int find_code;
	unsigned int searches;
	enum vmfw_exit codes[2];
	int taken;
	const char *path;
	bool igvm;
	enum vmfw_exit open_code;
	enum vmfw_exit check_code;
	enum vmfw_exit digest_code;
} script;

void __wrap_hwid_read_fields(struct chid_fields *fields, const char *root);
void __wrap_hwid_read_fields(struct chid_fields *fields, const char *root)
{
	assert_null(root);
	memset(fields, 0, sizeof(*fields));
	strcpy(fields->text[0], "m");
}

int __wrap_chid_compute(struct chids *chids, const struct chid_fields *fields);
int __wrap_chid_compute(struct chids *chids, const struct chid_fields *fields)
{
	(void)fields;
	memset(chids, 0, sizeof(*chids));
	chids->known[3] = script.known;
	chids->known[CHIDS - 1] = script.known;
	memset(chids->chid[3], 0x33, sizeof(chids->chid[3]));
	return script.chid_err;
}

enum vmfw_exit __wrap_config_load(struct config *config,
				  struct messages *messages, const char *root);
enum vmfw_exit __wrap_config_load(struct config *config,
				  struct messages *messages, const char *root)
{
	(void)messages;
	assert_null(root);
	config_default(config);
	return script.config_code;
}

/* Find two candidates on a file system, of which the first has no file. */
enum vmfw_exit __wrap_candidates_find(struct candidates *candidates,
				      struct volumes *volumes,
				      struct messages *messages,
				      const struct candidates_wish *wish);
enum vmfw_exit __wrap_candidates_find(struct candidates *candidates,
				      struct volumes *volumes,
				      struct messages *messages,
				      const struct candidates_wish *wish)
{
	int i;

	(void)messages;
	assert_int_equal(wish->sources, CANDIDATES_ALL);
	assert_true(wish->all);
	script.searches++;
	*candidates = (struct candidates) {
		.v = calloc(2, sizeof(*candidates->v)),
		.nr = 2,
	};
	assert_non_null(candidates->v);
	volumes->volumes[volumes->nr++].fd = open("/", O_RDONLY);
	candidates->v[0].source = CANDIDATE_UKI;
	strcpy(candidates->v[0].why, "the reason");
	candidates->v[1].source = CANDIDATE_ADDON;
	strcpy(candidates->v[1].part, "p");
	strcpy(candidates->v[1].why, "another reason");
	candidates->v[1].section = SECTION;
	if (script.path)
		strcpy(candidates->v[1].path, script.path);
	for (i = 0; i < 2; i++) {
		candidates->v[i].code = script.codes[i];
		candidates->v[i].taken = i == script.taken;
	}
	return script.find_code;
}

enum vmfw_exit __wrap_source_open(struct source *source,
				  struct messages *messages, const char *path,
				  const struct source_choice *choice);
enum vmfw_exit __wrap_source_open(struct source *source,
				  struct messages *messages, const char *path,
				  const struct source_choice *choice)
{
	assert_string_equal(path, script.path);
	assert_int_equal(choice->section, SECTION);
	assert_int_equal(choice->volumes->nr, 1);
	message_error(messages, "an error that list does not show");
	*source = (struct source) {
		.path = path,
		.fd = open("/", O_RDONLY),
		.size = 4096,
		.kind = script.igvm ? SOURCE_IGVM : SOURCE_FLAT,
	};
	return script.open_code;
}

enum vmfw_exit __wrap_payload_check(struct payload *payload,
				    struct messages *messages,
				    struct source *source);
enum vmfw_exit __wrap_payload_check(struct payload *payload,
				    struct messages *messages,
				    struct source *source)
{
	(void)messages;
	assert_int_equal(script.open_code, VMFW_EXIT_OK);
	payload->source = source;
	payload->rom = malloc(1);
	payload->igvm.nr_platforms = 2;
	payload->igvm.platforms[0].type = VMFW_IGVM_SEV_SNP;
	payload->igvm.platforms[1].type = VMFW_IGVM_TDX;
	return script.check_code;
}

enum vmfw_exit __wrap_payload_digest(struct payload *payload,
				     struct messages *messages);
enum vmfw_exit __wrap_payload_digest(struct payload *payload,
				     struct messages *messages)
{
	(void)messages;
	assert_int_equal(script.check_code, VMFW_EXIT_OK);
	memset(payload->digest, 0x44, sizeof(payload->digest));
	return script.digest_code;
}

/*
 * Expect this exit code, and exactly this error if it is not NULL. In any case, list
 * closes all files.
 */
static void expect_result(enum option_id given, int code, const char *error)
{
	unsigned int open = tree_count_descriptors();
	struct options options = { .root = NULL };
	struct messages messages;

	options.given[given] = true;
	script.searches = 0;
	assert_int_equal(verb_run(&verb_list, &options, &messages), code);
	assert_int_equal(messages.nr, !!error);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	messages_free(&messages);
	assert_int_equal(tree_count_descriptors(), open);
}

/* Run the verb, and return its output. */
static const char *list(bool json)
{
	const struct options options = { .root = NULL };
	const char *text;

	verb_capture(&verb_list, &options, json, &text);
	return text;
}

static void test_chids(void **state)
{
	(void)state;
	script = (struct script) { .known = true };
	expect_result(OPTION_CHIDS, VMFW_EXIT_OK, NULL);
	script.known = false;
	expect_result(OPTION_CHIDS, VMFW_EXIT_NOTHING, NULL);
	script.chid_err = -EIO;
	expect_result(OPTION_CHIDS, VMFW_EXIT_SYSTEM,
		      "cannot compute the CHIDs of this machine: SHA-1 failed");
	assert_int_equal(script.searches, 0);
}

/* After an error there is no list, although an image may be there. */
static void test_errors(void **state)
{
	(void)state;
	script = (struct script) { .find_code = VMFW_EXIT_SYSTEM };
	expect_result(OPTION_NONE, VMFW_EXIT_SYSTEM, NULL);
	assert_int_equal(script.searches, 1);
	assert_string_equal(list(false), "");
	script.config_code = VMFW_EXIT_USAGE;
	expect_result(OPTION_NONE, VMFW_EXIT_USAGE, NULL);
	assert_int_equal(script.searches, 0);
}

/*
 * If the tool takes no image, one that it could not check may be the right one.
 */
static void test_candidates(void **state)
{
	static const char blind[] =
		"cannot check every candidate; the list shows why";
	static const struct {
		enum vmfw_exit codes[2];
		int taken;
		int code;
		const char *error;
	} table[] = {
		{ { VMFW_EXIT_OK, VMFW_EXIT_OK }, 0, VMFW_EXIT_OK, NULL },
		{ { VMFW_EXIT_IMAGE, VMFW_EXIT_OK }, 1, VMFW_EXIT_OK, NULL },
		{ { VMFW_EXIT_SYSTEM, VMFW_EXIT_OK }, 1, VMFW_EXIT_OK, NULL },
		{ { VMFW_EXIT_IMAGE, VMFW_EXIT_SOURCE }, -1,
		  VMFW_EXIT_NOTHING, NULL },
		{ { VMFW_EXIT_SYSTEM, VMFW_EXIT_IMAGE }, -1, VMFW_EXIT_SYSTEM,
		  blind },
		{ { VMFW_EXIT_SOURCE, VMFW_EXIT_SYSTEM }, -1,
		  VMFW_EXIT_SYSTEM, blind },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) { .taken = table[i].taken };
		memcpy(script.codes, table[i].codes, sizeof(script.codes));
		expect_result(OPTION_NONE, table[i].code, table[i].error);
	}
}

static void only_without_an_image_list_shows_nothing_to_take(void **state)
{
	static const char nothing[] = "there is nothing that auto would take\n";

	(void)state;
	script = (struct script) { .taken = -1 };
	assert_non_null(strstr(list(false), nothing));
	script.taken = 0;
	assert_null(strstr(list(false), nothing));
	script = (struct script) { .taken = -1, .codes = { VMFW_EXIT_SYSTEM } };
	assert_null(strstr(list(false), nothing));
}

/* The candidate that list could not check is no reason for another code. */
static void a_signal_ends_the_list(void **state)
{
	(void)state;
	script = (struct script) {
		.taken = -1,
		.codes = { VMFW_EXIT_SYSTEM, VMFW_EXIT_SYSTEM },
	};
	interrupt_number = SIGTERM;
	expect_result(OPTION_NONE, 128 + SIGTERM,
		      "interrupted: nothing was changed");
	assert_string_equal(list(false), "");
}

static int end_signal(void **state)
{
	(void)state;
	interrupt_number = 0;
	return 0;
}

/* The list has the reason against an image, and other errors would repeat it. */
static void list_describes_only_images_that_it_can_read(void **state)
{
	static const struct {
		enum vmfw_exit open_code, check_code, digest_code;
		bool readable;
	} table[] = {
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_OK, true },
		{ VMFW_EXIT_SOURCE, VMFW_EXIT_OK, VMFW_EXIT_OK, false },
		{ VMFW_EXIT_OK, VMFW_EXIT_IMAGE, VMFW_EXIT_OK, false },
		{ VMFW_EXIT_OK, VMFW_EXIT_OK, VMFW_EXIT_SYSTEM, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script = (struct script) {
			.taken = 1,
			.path = "/fw.fd",
			.open_code = table[i].open_code,
			.check_code = table[i].check_code,
			.digest_code = table[i].digest_code,
		};
		expect_result(OPTION_NONE, VMFW_EXIT_OK, NULL);
		assert_int_equal(!!strstr(list(true), "\"format\": \"flat\""),
				 table[i].readable);
	}
}

static void a_list_in_text(void **state)
{
	(void)state;
	script = (struct script) { .taken = 1, .path = "f" };
	assert_string_equal(list(false),
		"  uki: none\n"
		"    not taken: the reason\n"
		"* addon: f, p\n"
		"    flat firmware, 4.0 KiB (4096 bytes), platforms: native\n"
		"    SHA-256 " SHA256 "\n");
	script.igvm = true;
	script.taken = 0;
	assert_string_equal(list(false),
		"* uki: none\n"
		"  addon: f, p\n"
		"    IGVM, 4.0 KiB (4096 bytes), platforms: snp, tdx\n"
		"    SHA-256 " SHA256 "\n"
		"    not taken: another reason\n");
}

static void a_list_in_json(void **state)
{
	(void)state;
	script = (struct script) { .taken = 1, .path = "f" };
	assert_non_null(strstr(list(true),
		"  \"candidates\": [\n"
		"    {\n"
		"      \"source\": \"uki\",\n"
		"      \"taken\": false,\n"
		"      \"why\": \"the reason\"\n"
		"    },\n"
		"    {\n"
		"      \"source\": \"addon\",\n"
		"      \"path\": \"f\",\n"
		"      \"part\": \"p\",\n"
		"      \"format\": \"flat\",\n"
		"      \"size\": 4096,\n"
		"      \"sha256\": \"" SHA256 "\",\n"
		"      \"platforms\": [\n"
		"        \"native\"\n"
		"      ],\n"
		"      \"taken\": true\n"
		"    }\n"
		"  ],\n"));
}

/* A UKI chooses its firmware by HardwareID-3, but not by HardwareID-14. */
static void hardware_ids(void **state)
{
	struct options options = { .root = NULL };
	const char *text;

	(void)state;
	options.given[OPTION_CHIDS] = true;
	script = (struct script) { .known = true };
	verb_capture(&verb_list, &options, false, &text);
	assert_string_equal(text,
		"manufacturer: m\n"
		"* HardwareID-3  33333333-3333-3333-3333-333333333333\n"
		"    manufacturer + family + product-name + product-sku + baseboard-manufacturer\n"
		"    baseboard-product\n"
		"  HardwareID-14 00000000-0000-0000-0000-000000000000\n"
		"    manufacturer\n");
	verb_capture(&verb_list, &options, true, &text);
	assert_non_null(strstr(text,
		"  \"smbios\": {\n"
		"    \"manufacturer\": \"m\"\n"
		"  },\n"
		"  \"chids\": [\n"
		"    {\n"
		"      \"number\": 3,\n"
		"      \"chid\": \"33333333-3333-3333-3333-333333333333\",\n"
		"      \"made_of\": \"manufacturer + family + product-name + product-sku + baseboard-manufacturer + baseboard-product\",\n"
		"      \"chooses\": true\n"
		"    },\n"
		"    {\n"
		"      \"number\": 14,\n"
		"      \"chid\": \"00000000-0000-0000-0000-000000000000\",\n"
		"      \"made_of\": \"manufacturer\",\n"
		"      \"chooses\": false\n"
		"    }\n"
		"  ],\n"));
	script.known = false;
	verb_capture(&verb_list, &options, false, &text);
	assert_non_null(strstr(text, "\nthere are no hardware IDs (CHIDs): "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chids),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(only_without_an_image_list_shows_nothing_to_take),
		cmocka_unit_test_teardown(a_signal_ends_the_list, end_signal),
		cmocka_unit_test(list_describes_only_images_that_it_can_read),
		cmocka_unit_test(hardware_ids),
		cmocka_unit_test(a_list_in_text),
		cmocka_unit_test(a_list_in_json),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
