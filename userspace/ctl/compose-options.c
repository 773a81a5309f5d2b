// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The parts of an image to compose, from options.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/measure.h"

/**
 * request_given() - did the user give an option of a composition?
 * @options: the options
 */
bool request_given(const struct options *options)
{
	return options_any_given(options, OPTIONS_COMPOSE);
}

static int check_id_block(struct output *out, const struct options *options)
{
	bool wanted = options_given(options, OPTION_ID_BLOCK);

	if (wanted && !options->compose.key) {
		message_error(out->messages, "--id-block needs --sign=KEY");
		return VMFW_EXIT_USAGE;
	}
	if (!wanted &&
	    options_any_given(options, OPTION_SIGN, OPTIONS_ID_DIGEST)) {
		message_error(out->messages, "--sign, --vmm, --vcpus, --cpu-signature and --vcpu-type need --id-block");
		return VMFW_EXIT_USAGE;
	}
	return measure_check_options(out, options);
}

/**
 * request_make() - collect the parts that the user named
 * @out: for errors
 * @options: the options
 * @request: receives the parts
 *
 * Return: an exit code.
 */
int request_make(struct output *out, const struct options *options,
		 struct compose_request *request)
{
	if (!options_any_given(options, OPTIONS_PARTS, OPTION_FROM_RUNNING)) {
		message_error(out->messages, "cannot compose an image: there is nothing to add; give --kernel or another part");
		return VMFW_EXIT_USAGE;
	}
	*request = options->compose;
	request->from_running = options_given(options, OPTION_FROM_RUNNING);
	request->root = options->root;
	request->vmm = options->vmm;
	request->vcpus = options->vcpus;
	request->cpu_signature = options->cpu_signature;
	return check_id_block(out, options);
}

/**
 * request_needs_vmm() - does the result depend on a VMM that the user has not
 *	named?
 * @options: the options
 */
bool request_needs_vmm(const struct options *options)
{
	return options_given(options, OPTION_ID_BLOCK) &&
	       !options_given(options, OPTION_VMM);
}

/**
 * request_set_vmm() - name the VMM whose digest an ID block allows
 * @out: for errors
 * @options: the options
 * @vmm: the VMM; if it is unknown, the default stays
 * @request: from request_make()
 *
 * Return: an exit code.
 */
int request_set_vmm(struct output *out, const struct options *options,
		    struct vmm_choice vmm, struct compose_request *request)
{
	struct options chosen = *options;

	if (!vmm.known)
		return VMFW_EXIT_OK;
	chosen.vmm = request->vmm = vmm.vmm;
	return measure_check_options(out, &chosen);
}
