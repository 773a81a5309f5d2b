// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What an image is to be composed of, from options.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/measure.h"

#define OPTIONS_DIGEST	(OPTION_VMM | OPTION_VCPUS | OPTION_CPU_SIGNATURE)

/**
 * request_given() - is anything to travel with the firmware?
 * @options: what was given
 */
bool request_given(const struct options *options)
{
	return options->given & OPTIONS_COMPOSE;
}

static int check_id_block(struct output *out, const struct options *options)
{
	bool wanted = options->given & OPTION_ID_BLOCK;

	if (wanted && !options->compose.key) {
		message_error(out->messages, "--id-block needs --sign=KEY");
		return VMFW_EXIT_USAGE;
	}
	if (!wanted && options->given & (OPTION_SIGN | OPTIONS_DIGEST)) {
		message_error(out->messages, "--sign, --vmm, --vcpus and --cpu-signature are for --id-block");
		return VMFW_EXIT_USAGE;
	}
	return measure_check_options(out, options);
}

/**
 * request_make() - what is to travel with the firmware
 * @out: for errors
 * @options: what was given
 * @request: receives it
 *
 * Return: an exit code.
 */
int request_make(struct output *out, const struct options *options,
		 struct compose_request *request)
{
	if (!(options->given & (OPTION_PARTS | OPTION_FROM_RUNNING))) {
		message_error(out->messages, "there is nothing to add: --kernel or another part is wanted");
		return VMFW_EXIT_USAGE;
	}
	*request = options->compose;
	request->from_running = options->given & OPTION_FROM_RUNNING;
	request->root = options->root;
	request->vmm = options->vmm;
	request->vcpus = options->vcpus;
	request->cpu_signature = options->cpu_signature;
	return check_id_block(out, options);
}

/**
 * request_needs_vmm() - does the result depend on a VMM that nobody has named?
 * @options: what was given
 */
bool request_needs_vmm(const struct options *options)
{
	return options->given & OPTION_ID_BLOCK &&
	       !(options->given & OPTION_VMM);
}

/**
 * request_set_vmm() - name the VMM whose digest an ID block allows
 * @out: for errors
 * @options: what was given
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
