// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb stage, which hands an image to the VMM for the next reset.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "ctl/journal-entries.h"
#include "device/device.h"
#include "flow/config.h"
#include "guest/reboot.h"
#include "source/source.h"
#include "stage/stage.h"

static unsigned int overridden(unsigned int force)
{
	return (force & FORCE_KEXEC ? RESET_TRAP_KEXEC : 0) |
	       (force & FORCE_SOFT_REBOOT ? RESET_TRAP_SOFT_REBOOT : 0);
}

/* Read the VMM from the configuration, and check the rest of the configuration, too. */
static int read_vmm(struct output *out, struct vmm_choice *vmm)
{
	struct config config;
	int code = config_load(&config, out->messages, NULL);

	*vmm = config.vmm;
	return code;
}

static int stage_image(struct output *out, const struct options *options,
		       struct source *source)
{
	struct staging_options staging = {
		.device = options->device,
		.progress = options->progress,
		.dry_run = options_given(options, OPTION_DRY_RUN),
		.when = options->when,
		.reboot = options_given(options, OPTION_REBOOT),
		.loader.forced = options->force & FORCE_VMM,
		.overridden = overridden(options->force),
	};
	struct payload payload;
	struct staged staged;
	int code;

	code = payload_check(&payload, out->messages, source);
	if (!code)
		code = read_vmm(out, &staging.loader.vmm);
	if (!code) {
		code = staging_run(out->messages, &staging, &payload, &staged);
		print_staged(out, &payload, &staged);
		if (!code && staging.dry_run)
			output_line(out, "%s: could be staged", source->path);
	}
	payload_free(&payload);
	return code;
}

/* Compose the image while the kernel reads it. */
static int stage_composed(struct output *out, const struct options *options,
			  struct source *base)
{
	struct composition composition;
	struct source source;
	int code;

	code = composition_make(&composition, out->messages, base,
				&options->compose);
	if (code)
		goto out;
	print_composition(out, &composition);
	code = source_open_input(&source, out->messages, base->path,
				 vmfw_igvm_draft_input(composition.draft));
	if (!code)
		code = stage_image(out, options, &source);
	source_close(&source);
out:
	composition_free(&composition);
	return code;
}

/* An ID block allows only one digest, so choose that of this machine's VMM. */
static int choose_vmm(struct output *out, const struct options *options,
		      struct compose_request *request)
{
	struct device device = { .fd = -1 };
	struct vmm_choice vmm;
	int code;

	if (!request_needs_vmm(options))
		return VMFW_EXIT_OK;
	code = read_vmm(out, &vmm);
	if (!code && !vmm.known)
		code = device_open(&device, out->messages, options->device);
	if (!code)
		vmm = vmm_at_hand(vmm, vmm.known ? NULL : &device.info);
	device_close(&device);
	return code ? code : request_set_vmm(out, options, vmm, request);
}

/* Check again: new obstacles may have appeared since the image was staged. */
static int reboot_machine(struct output *out, const struct options *options)
{
	unsigned int traps;
	int code = reset_check(out->messages, true, overridden(options->force),
			       &traps);

	if (!code)
		code = reset_machine(out->messages, traps);
	return code;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	bool dry_run = options_given(options, OPTION_DRY_RUN);
	struct options complete = *options;
	int code = VMFW_EXIT_OK;

	output_bool(out, "dry_run", NULL, dry_run);
	if (request_given(options))
		code = request_make(out, options, &complete.compose);
	if (!code)
		code = choose_vmm(out, options, &complete.compose);
	if (code)
		return code;
	code = act_on_file(out, &complete, operands[0],
			   request_given(options) ? stage_composed :
						    stage_image);
	if (dry_run)
		return code;
	log_staged(operands[0], code);
	if (!code && options_given(options, OPTION_REBOOT))
		code = reboot_machine(out, options);
	return code;
}

const struct verb verb_stage = {
	.name = "stage",
	.summary = "hand an image to the VMM, for the next reset",
	.operands = "FILE",
	.nr_operands = 1,
	.files = "igvm fd bin rom efi",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_DRY_RUN, OPTION_PROGRESS,
			   OPTION_DEVICE, OPTION_FORCE, OPTIONS_WHEN,
			   OPTION_REBOOT, OPTIONS_COMPOSE, OPTION_FWID),
	.force = FORCE_KEXEC | FORCE_SOFT_REBOOT | FORCE_VMM,
	.codes = CODES_IMAGE | CODE(DEVICE) | CODE(REFUSED) | CODE(START),
	.help =
	"stage checks the image, IGVM or flat PC firmware. If the VMM takes only the\n"
	"other format, stage converts the image. It puts the image into memory and\n"
	"offers it to the VMM. The VMM accepts or refuses it at once.\n\n"
	"If the VMM copies images and keeps them (QEMU's vm-launch-update), it has the\n"
	"image now: any reset applies it, and so does every later one. Otherwise stage\n"
	"withdraws the offer: an orderly reboot renews it, a crash does not. See also\n"
	"'status'.\n\n"
	"QEMU parses an image at once, but loads it only at the reset. If it cannot load\n"
	"the image then, the VM ends. So stage first checks all rules of QEMU's loader\n"
	"for this machine. If the image breaks one, the exit status is 4. See also vmm=\n"
	"in vmfwupdate.conf(5).\n\n"
	"With --kernel or another part, stage composes the image first, as compose does.\n"
	"The digest is that of the image that compose would write.\n\n"
	"The exit status is 12 if the VMM takes no image, because the host did not start\n"
	"this machine from an IGVM file.\n",
	.run = run,
};
