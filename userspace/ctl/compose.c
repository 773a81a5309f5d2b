// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * compose: an image with what is to travel with its firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "flow/config.h"
#include "source/source.h"

static int compose(struct output *out, const struct options *options,
		   struct source *base)
{
	struct composition composition;
	int code;

	code = composition_make(&composition, out->messages, base,
				&options->compose);
	if (!code) {
		const struct vmfw_igvm_input *input =
			vmfw_igvm_draft_input(composition.draft);
		const struct newfile_content content = {
			.size = input->size,
			.read = input->read,
			.arg = input->arg,
		};

		if (strcmp(options->output, "-"))
			print_composition(out, &composition);
		code = write_file(out, options, &content);
	}
	composition_free(&composition);
	return code;
}

/* An ID block allows one digest: that which the configured VMM makes. */
static int choose_vmm(struct output *out, const struct options *options,
		      struct compose_request *request)
{
	struct config config;
	int code;

	if (!request_needs_vmm(options))
		return VMFW_EXIT_OK;
	code = config_load(&config, out->messages, options->root);
	return code ? code : request_set_vmm(out, options, config.vmm, request);
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	struct options complete = *options;
	int code = check_output(out, options, "compose");

	if (!code)
		code = request_make(out, options, &complete.compose);
	if (!code)
		code = choose_vmm(out, options, &complete.compose);
	return code ? code : act_on_file(out, &complete, operands[0],
					 compose);
}

const struct verb verb_compose = {
	.name = "compose",
	.summary = "add a kernel and Secure Boot's keys to an image",
	.operands = "BASE",
	.nr_operands = 1,
	.files = "igvm fd bin rom efi",
	.options = OPTIONS_COMMON | OPTION_OUTPUT | OPTION_FORCE |
		   OPTION_FWID | OPTION_ROOT | OPTIONS_COMPOSE,
	.force = FORCE_OVERWRITE,
	.codes = CODES_IMAGE,
	.help =
	"The image has all that the base has, and besides what its firmware looks\n"
	"for in memory: OVMF of edk2 stable 202511 or later. All of it is measured,\n"
	"on every platform of the base. The same base and files always give the same\n"
	"bytes. BASE is an IGVM image, or flat firmware, which is wrapped for plain\n"
	"guests.\n"
	"\n"
	"On SEV-SNP an ID block lets a guest start with this launch digest alone, as\n"
	"measure computes it: --vmm, --vcpus and --cpu-signature are as there, and vmm=\n"
	"in vmfwupdate.conf(5) names the VMM where --vmm does not. The signature differs\n"
	"from one time to the next.\n",
	.run = run,
};
