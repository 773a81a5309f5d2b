// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of list on images and hardware IDs that a test chooses.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "flow/config.h"
#include "guest/hwid.h"
#include "shared/macro.h"
#include "source/candidate.h"
#include "verb.h"

/**
 * struct script - the results of the replaced functions, and their calls
 * @chid_err: result of chid_compute()
 * @known: the machine has a hardware ID
 * @config_code: result of config_load()
 * @find_code: result of candidates_find()
 * @searches: number of its calls
 * @codes: reasons against two candidates
 * @taken: index of the one that the tool takes, or -1
 */
static struct script {
	int chid_err;
	bool known;
	int config_code;
	int find_code;
	unsigned int searches;
	enum vmfw_exit codes[2];
	int taken;
} script;

void __wrap_hwid_read_fields(struct chid_fields *fields, const char *root);
void __wrap_hwid_read_fields(struct chid_fields *fields, const char *root)
{
	assert_null(root);
	memset(fields, 0, sizeof(*fields));
}

int __wrap_chid_compute(struct chids *chids, const struct chid_fields *fields);
int __wrap_chid_compute(struct chids *chids, const struct chid_fields *fields)
{
	(void)fields;
	memset(chids, 0, sizeof(*chids));
	chids->known[CHIDS - 1] = script.known;
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

/* Find two candidates, each without a file. */
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

	(void)volumes;
	(void)messages;
	assert_int_equal(wish->sources, CANDIDATES_ALL);
	assert_true(wish->all);
	script.searches++;
	*candidates = (struct candidates) {
		.v = calloc(2, sizeof(*candidates->v)),
		.nr = 2,
	};
	assert_non_null(candidates->v);
	for (i = 0; i < 2; i++) {
		candidates->v[i].code = script.codes[i];
		candidates->v[i].taken = i == script.taken;
	}
	return script.find_code;
}

/* Expect this exit code, and this error if it is not NULL. */
static void expect_result(enum option_id given, int code, const char *error)
{
	struct options options = { .root = NULL };
	struct messages messages;

	options.given[given] = true;
	script.searches = 0;
	assert_int_equal(verb_run(&verb_list, &options, &messages), code);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	else
		assert_int_equal(messages.nr, 0);
	messages_free(&messages);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chids),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_candidates),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
