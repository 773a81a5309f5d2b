// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * stage: hand an image to the VMM for the next reset.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "ctl.h"
#include "log.h"
#include "../lib/exit.h"
#include "../lib/reset.h"
#include "../lib/source.h"
#include "../lib/staging.h"

static unsigned int overridden(unsigned int force)
{
	return (force & FORCE_KEXEC ? RESET_TRAP_KEXEC : 0) |
	       (force & FORCE_SOFT_REBOOT ? RESET_TRAP_SOFT_REBOOT : 0);
}

static int stage_image(struct output *out, const struct options *options,
		       struct source *source)
{
	const struct staging_options staging = {
		.device = options->device,
		.progress = options->progress,
		.dry_run = options->given & OPTION_DRY_RUN,
		.when = options->when,
		.reboot = options->given & OPTION_REBOOT,
		.overridden = overridden(options->force),
	};
	struct payload payload;
	int code;

	output_size(out, "size", NULL, source->size);
	code = payload_check(&payload, out, source);
	if (!code)
		code = staging_run(out, &staging, &payload);
	payload_free(&payload);
	return code;
}

/* The image is composed on its way to the kernel. */
static int stage_composed(struct output *out, const struct options *options,
			  struct source *base)
{
	struct composition composition;
	struct source source;
	int code;

	code = composition_make(&composition, out, base, &options->compose);
	if (code)
		goto out;
	composition_tell(&composition, out);
	code = source_open_input(&source, out, base->path,
				 vmfw_igvm_draft_input(composition.draft));
	if (!code)
		code = stage_image(out, options, &source);
	source_close(&source);
out:
	composition_free(&composition);
	return code;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	bool dry_run = options->given & OPTION_DRY_RUN;
	struct options complete = *options;
	int code = VMFW_EXIT_OK;

	output_bool(out, "dry_run", NULL, dry_run);
	if (request_given(options))
		code = request_make(out, options, &complete.compose);
	if (code)
		return code;
	code = act_on_file(out, &complete, "file", operands[0],
			   request_given(options) ? stage_composed :
						    stage_image);
	if (!dry_run)
		log_staged(operands[0], code);
	return code;
}

const struct verb verb_stage = {
	.name = "stage",
	.summary = "hand an image to the VMM, for the next reboot",
	.operands = "FILE",
	.nr_operands = 1,
	.options = OPTIONS_COMMON | OPTION_DRY_RUN | OPTION_PROGRESS |
		   OPTION_DEVICE | OPTION_FORCE | OPTION_WHEN |
		   OPTION_REBOOT | OPTIONS_COMPOSE | OPTION_FWID,
	.force = FORCE_KEXEC | FORCE_SOFT_REBOOT,
	.help =
	"The image, IGVM or a flat PC firmware, is checked, made into the other\n"
	"format if the VMM wants that, put into memory and offered to the VMM, which\n"
	"says at once whether it accepts it.\n"
	"\n"
	"If the VMM copies images and keeps them (QEMU's vm-launch-update), it has the\n"
	"image now: any reset applies it, and every later one. Otherwise the offer is\n"
	"withdrawn: an orderly reboot renews it, a crash does not. See 'status'.\n"
	"\n"
	"With --kernel or another part, the image is composed on the way, as compose\n"
	"does it. The digest is that of the image that compose would write.\n"
	"\n"
	"The exit status is 12 if the VMM takes no image, because the host did not\n"
	"start this machine from an IGVM file.\n",
	.run = run,
};
