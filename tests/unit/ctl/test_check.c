// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of check when memory is short, or the file is unreadable.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/exit.h"
#include "source/smm.h"
#include "source/source.h"
#include "verb.h"

/**
 * struct script - the results of the replaced functions
 * @for_err: result of vmfw_igvm_check_for()
 * @qemu_checks: number of calls of vmfw_igvm_check_qemu()
 * @ranges_err: result of vmfw_igvm_ranges()
 */
static struct script {
	int for_err;
	unsigned int qemu_checks;
	int ranges_err;
} script;

enum vmfw_exit __wrap_source_check(struct source *source,
				   struct messages *messages,
				   struct vmfw_igvm *igvm,
				   vmfw_igvm_report *report, void *arg);
enum vmfw_exit __wrap_source_check(struct source *source,
				   struct messages *messages,
				   struct vmfw_igvm *igvm,
				   vmfw_igvm_report *report, void *arg)
{
	(void)source;
	(void)messages;
	(void)report;
	(void)arg;
	memset(igvm, 0, sizeof(*igvm));
	igvm->version = 1;
	return VMFW_EXIT_OK;
}

int __wrap_vmfw_igvm_check_for(const struct vmfw_igvm *igvm,
			       unsigned int platform, vmfw_igvm_report *report,
			       void *arg);
int __wrap_vmfw_igvm_check_for(const struct vmfw_igvm *igvm,
			       unsigned int platform, vmfw_igvm_report *report,
			       void *arg)
{
	(void)igvm;
	(void)report;
	(void)arg;
	assert_int_equal(platform, VMFW_IGVM_SEV_SNP);
	return script.for_err;
}

int __wrap_vmfw_igvm_check_qemu(const struct vmfw_igvm *igvm,
				const struct vmfw_igvm_machine *machine,
				vmfw_igvm_report *report, void *arg);
int __wrap_vmfw_igvm_check_qemu(const struct vmfw_igvm *igvm,
				const struct vmfw_igvm_machine *machine,
				vmfw_igvm_report *report, void *arg)
{
	(void)igvm;
	(void)report;
	(void)arg;
	assert_int_equal(machine->platform, VMFW_IGVM_SEV_SNP);
	script.qemu_checks++;
	return 0;
}

int __wrap_vmfw_igvm_ranges(const struct vmfw_igvm *igvm, uint32_t mask,
			    unsigned int kinds, struct vmfw_igvm_range **ranges,
			    size_t *nr);
int __wrap_vmfw_igvm_ranges(const struct vmfw_igvm *igvm, uint32_t mask,
			    unsigned int kinds, struct vmfw_igvm_range **ranges,
			    size_t *nr)
{
	(void)igvm;
	(void)mask;
	(void)kinds;
	*ranges = NULL;
	*nr = 0;
	return script.ranges_err;
}

int __wrap_smm_find_image(const struct vmfw_igvm *igvm, bool *ret_found);
int __wrap_smm_find_image(const struct vmfw_igvm *igvm, bool *ret_found)
{
	(void)igvm;
	*ret_found = false;
	return 0;
}

/* Expect this exit code, and exactly this error if it is not NULL. */
static void expect_result(int code, const char *error)
{
	struct options options = {
		.platform = VMFW_IGVM_SEV_SNP,
		.vmm = VMFW_IGVM_VMM_QEMU,
	};
	struct messages messages;

	options.given[OPTION_FOR] = true;
	options.given[OPTION_VMM] = true;
	script.qemu_checks = 0;
	assert_int_equal(verb_run(&verb_check, &options, &messages), code);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	else
		assert_null(messages_first_error(&messages));
	messages_free(&messages);
}

/* After a finding, check goes on with the rules of QEMU. An error ends it. */
static void test_platform(void **state)
{
	(void)state;
	script = (struct script) { .for_err = 0 };
	expect_result(VMFW_EXIT_OK, NULL);
	assert_int_equal(script.qemu_checks, 1);
	script.for_err = -EINVAL;
	expect_result(VMFW_EXIT_OK, NULL);
	assert_int_equal(script.qemu_checks, 1);
	script.for_err = -ENOMEM;
	expect_result(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot check this image: Cannot allocate memory");
	assert_int_equal(script.qemu_checks, 0);
}

static void test_ranges(void **state)
{
	(void)state;
	script = (struct script) { .ranges_err = -ENOMEM };
	expect_result(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot list the memory ranges of this image: Cannot allocate memory");
}

static void test_parts(void **state)
{
	(void)state;
	script = (struct script) { .for_err = 0 };
	verb_parts_err = -EIO;
	expect_result(VMFW_EXIT_SYSTEM,
		     "image.igvm: cannot use this file: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platform),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
