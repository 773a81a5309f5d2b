// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the help of a verb and of a family.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "verb.h"

#define OPTIONS_TEXT	"\nOptions:\n" \
			" -n, --dry-run           check everything, change nothing\n"

static const struct verb first = {
	.name = "family first",
	.summary = "do the first thing",
	.operands = "FILE",
	.options = OPTIONS(OPTION_DRY_RUN),
	.force = FORCE_OVERWRITE,
	.codes = CODE(OK) | CODE(SYSTEM) | CODE(START),
	.help = "This is the help.\n",
};

static const struct verb second = {
	.name = "family second",
	.summary = "do the second thing",
	.options = OPTIONS(OPTION_DRY_RUN),
	.codes = CODE(USAGE),
	.help = "",
};

static const struct verb *const members[] = { &first, &second, NULL };

static const struct verb family = {
	.name = "family",
	.verbs = members,
	.summary = "do things",
	.operands = "VERB",
	.options = OPTIONS(OPTION_DRY_RUN),
	.codes = CODE(OK),
	.help = "This is a family.\n",
};

static const struct verb *explained;

static int run_help(struct output *out, const struct options *options,
		    char **operands)
{
	(void)options;
	(void)operands;
	if (explained)
		help_verb(out, explained);
	else
		help_tool(out);
	output_bool(out, "done", NULL, true);
	return VMFW_EXIT_OK;
}

static const struct verb verb_help = { .run = run_help };
static const struct options no_options;

static void expect_text(const struct verb *verb, const char *text)
{
	explained = verb;
	verb_expect_text(&verb_help, &no_options, VMFW_EXIT_OK, text);
}

static void the_help_of_a_verb(void **state)
{
	(void)state;
	expect_text(&first,
		    "\nUsage:\n vmfwupdate-ctl family first [options] FILE\n"
		    "\nDo the first thing.\n"
		    "This is the help.\n"
		    OPTIONS_TEXT
		    "\nChecks to override:\n"
		    "     overwrite           replace a file that exists\n"
		    "\nExit status:\n"
		    "   0  success, also if nothing was left to do\n"
		    "   1  an error of input or output, or of the system\n"
		    "  12  the host did not start the machine from IGVM\n"
		    "\nFor more details see vmfwupdate-ctl-family(8).\n");
	expect_text(&second,
		    "\nUsage:\n vmfwupdate-ctl family second [options]\n"
		    "\nDo the second thing.\n"
		    OPTIONS_TEXT
		    "\nExit status:\n"
		    "   2  a wrong command line or configuration\n"
		    "\nFor more details see vmfwupdate-ctl-family(8).\n");
}

static void the_help_of_a_family_lists_its_verbs(void **state)
{
	(void)state;
	expect_text(&family,
		    "\nUsage:\n vmfwupdate-ctl family [options] VERB\n"
		    "\nDo things.\n"
		    "This is a family.\n"
		    "\nVerbs:\n"
		    " family first      FILE        do the first thing\n"
		    " family second                 do the second thing\n"
		    OPTIONS_TEXT
		    "\nExit status:\n"
		    "   0  success, also if nothing was left to do\n"
		    "\nFor more details see vmfwupdate-ctl-family(8).\n");
}

/* Each verb of a family stands for itself, and the family does not. */
static void json_has_each_verb(void **state)
{
	const char *got;
	int code;

	(void)state;
	explained = &family;
	code = verb_capture(&verb_help, &no_options, true, &got);
	assert_string_equal(got,
			    "{\n"
			    "  \"schema\": 1,\n"
			    "  \"verbs\": [\n"
			    "    {\n"
			    "      \"name\": \"family first\",\n"
			    "      \"summary\": \"do the first thing\",\n"
			    "      \"operand\": \"FILE\",\n"
			    "      \"options\": [\n"
			    "        {\n"
			    "          \"name\": \"dry-run\",\n"
			    "          \"letter\": \"n\",\n"
			    "          \"summary\": \"check everything, change nothing\"\n"
			    "        }\n"
			    "      ],\n"
			    "      \"exit_codes\": [\n"
			    "        0,\n"
			    "        1,\n"
			    "        12\n"
			    "      ]\n"
			    "    },\n"
			    "    {\n"
			    "      \"name\": \"family second\",\n"
			    "      \"summary\": \"do the second thing\",\n"
			    "      \"options\": [\n"
			    "        {\n"
			    "          \"name\": \"dry-run\",\n"
			    "          \"letter\": \"n\",\n"
			    "          \"summary\": \"check everything, change nothing\"\n"
			    "        }\n"
			    "      ],\n"
			    "      \"exit_codes\": [\n"
			    "        2\n"
			    "      ]\n"
			    "    }\n"
			    "  ],\n"
			    "  \"done\": true,\n"
			    "  \"messages\": [],\n"
			    "  \"exit_code\": 0\n"
			    "}\n");
	assert_int_equal(code, VMFW_EXIT_OK);
}

static void the_help_of_the_tool_has_all_verbs_and_general_options(void **state)
{
	const struct verb *const *verb;
	const char *got;
	int code;

	(void)state;
	explained = NULL;
	code = verb_tell(&verb_help, &no_options, &got);
	assert_int_equal(code, VMFW_EXIT_OK);
	assert_ptr_equal(strstr(got,
				"\nUsage:\n vmfwupdate-ctl [VERB] [options] [operand]\n"
				"\nReplace the firmware of this virtual machine. Without a verb: status.\n"
				"\nVerbs:\n"
				" wrap      ROM         make an IGVM image from a flat PC firmware\n"),
			 got);
	assert_non_null(strstr(got,
			       "\n disable               switch firmware updates off\n"));
	assert_non_null(strstr(got,
			       "\nOptions:\n"
			       " -j, --json              print one JSON object\n"
			       " -q, --quiet             print only warnings and errors\n"
			       "     --color=WHEN        use colours: auto (on terminals), always or never\n"
			       " -h, --help              display this help\n"
			       " -V, --version           display the version\n"
			       "\n'vmfwupdate-ctl help VERB' tells more about a verb.\n"
			       "\nFor more details see vmfwupdate-ctl(8).\n"));
	for (verb = verbs; *verb; verb++)
		assert_non_null(strstr(got, (*verb)->summary));
	code = verb_capture(&verb_help, &no_options, true, &got);
	assert_int_equal(code, VMFW_EXIT_OK);
	assert_non_null(strstr(got, "      \"name\": \"wrap\",\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_help_of_a_verb),
		cmocka_unit_test(the_help_of_a_family_lists_its_verbs),
		cmocka_unit_test(json_has_each_verb),
		cmocka_unit_test(the_help_of_the_tool_has_all_verbs_and_general_options),
	};

	return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
