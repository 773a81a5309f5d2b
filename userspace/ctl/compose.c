// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb compose, which adds parts (kernel, keys) to the firmware of an image.
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

/*
 * An ID block allows only the digest of one VMM. If no option names the VMM,
 * take it from the configuration.
 */
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
	.options = OPTIONS(OPTIONS_COMMON, OPTION_OUTPUT, OPTION_FORCE,
			   OPTION_FWID, OPTION_ROOT, OPTIONS_COMPOSE),
	.force = FORCE_OVERWRITE,
	.codes = CODES_IMAGE,
	.help =
	"The image contains all of BASE, and parts that its firmware finds in memory.\n"
	"That firmware must be OVMF of edk2 stable 202511 or later. On every platform of\n"
	"BASE, the launch digest covers the parts. The same base and files always give\n"
	"the same bytes. BASE is an IGVM image, or flat firmware, which compose wraps\n"
	"for plain guests.\n\n"
	"On SEV-SNP, --id-block lets a guest start only with this launch digest. compose\n"
	"computes it as measure does, by --vmm, --vcpus and --cpu-signature. Without\n"
	"--vmm, vmm= of vmfwupdate.conf(5) names the VMM. Signatures differ from one\n"
	"time to the next.\n",
	.run = run,
};
