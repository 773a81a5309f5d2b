// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * stage: hand an image to the VMM for the next reset.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "../lib/device.h"
#include "../lib/exit.h"
#include "../lib/findings.h"
#include "../lib/interrupt.h"
#include "../lib/plan.h"
#include "../lib/reset.h"
#include "../lib/source.h"

/**
 * struct job - one image on its way to the device
 * @out: for all that is said
 * @options: what the user wants
 * @source: the file
 * @igvm: its headers
 * @device: where it goes
 * @platform: what this machine will be rebuilt as
 * @ranges: where the image must not lie
 * @nr_ranges: how many
 * @digest: SHA-256 of the image
 */
struct job {
	struct output *out;
	const struct options *options;
	struct source source;
	struct vmfw_igvm igvm;
	struct device device;
	const struct vmfw_igvm_platform *platform;
	struct vmfwupdate_range *ranges;
	size_t nr_ranges;
	uint8_t digest[DIGEST_SIZE];
};

static int check_image(struct job *job)
{
	struct findings findings = {
		.out = job->out,
		.path = job->source.path,
		.as_messages = true,
	};
	int code;

	if (job->source.kind == SOURCE_FLAT) {
		output_error(job->out, "%s: this is a flat firmware; make an "
			     "image of it: %s wrap %s -o FILE.igvm",
			     job->source.path, PROGRAM, job->source.path);
		return VMFW_EXIT_IMAGE;
	}
	code = source_check(&job->source, job->out, &job->igvm, findings_tell,
			    &findings);
	findings_tell_rest(&findings);
	return code;
}

static int check_device(struct job *job)
{
	const struct vmfwupdate_info *info = &job->device.info;
	char words[OUTPUT_SIZE_WORDS], most[OUTPUT_SIZE_WORDS];

	if (info->state == VMFWUPDATE_STATE_DISABLED) {
		output_error(job->out, "firmware updates are switched off "
			     "until the next reset");
		return VMFW_EXIT_REFUSED;
	}
	if (!(info->formats & VMFWUPDATE_FORMAT_IGVM)) {
		output_error(job->out, "this VMM does not take IGVM images");
		return VMFW_EXIT_DEVICE;
	}
	if (job->source.size > info->max_size) {
		output_error(job->out, "%s: %s is more than this VMM can be "
			     "handed, %s", job->source.path,
			     output_size_words(words, job->source.size),
			     output_size_words(most, info->max_size));
		return VMFW_EXIT_DEVICE;
	}
	return VMFW_EXIT_OK;
}

/* What stands in the way of a real reset: refused, forced, or mentioned. */
static int check_traps(struct job *job, unsigned int *traps)
{
	static const struct {
		enum reset_trap trap;
		enum force_bit force;
		const char *word;
	} table[] = {
		{ RESET_TRAP_KEXEC, FORCE_KEXEC, "kexec" },
		{ RESET_TRAP_SOFT_REBOOT, FORCE_SOFT_REBOOT, "soft-reboot" },
	};
	bool reboot = job->options->given & OPTION_REBOOT;
	size_t i;

	*traps = reset_traps();
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *words = reset_trap_words(table[i].trap);

		if (!(*traps & table[i].trap))
			continue;
		if (!reboot) {
			output_warning(job->out, "%s", words);
		} else if (!(job->options->force & table[i].force)) {
			output_error(job->out, "%s, or override with "
				     "--force=%s", words, table[i].word);
			return VMFW_EXIT_SYSTEM;
		}
	}
	return VMFW_EXIT_OK;
}

/*
 * Whether this very image is in place, in the state that is wanted. The file
 * is read for it, but only when the kernel holds one of its size.
 */
static int find_staged(struct job *job, bool *found)
{
	const struct vmfwupdate_info *info = &job->device.info;
	__u32 wanted = job->options->given & OPTION_ARM_NOW ?
		       VMFWUPDATE_STATE_ARMED : VMFWUPDATE_STATE_STAGED;
	int code;

	*found = false;
	if (info->state != wanted || info->image_size != job->source.size)
		return VMFW_EXIT_OK;
	code = source_digest(&job->source, job->out, job->digest);
	if (!code)
		*found = !memcmp(info->tag, job->digest, sizeof(info->tag));
	return code;
}

static int send(struct job *job)
{
	struct progress progress;
	int err;

	progress_begin(&progress, job->out->quiet ? PROGRESS_NEVER :
		       job->options->progress, "stage", job->source.size);
	err = source_stream(&job->source, device_write, &job->device,
			    &progress, job->digest);
	progress_end(&progress);
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(job->out, "nothing is staged");
	if (err == -EPERM || err == -ENODEV || err == -EBADFD)
		return device_write_error(&job->device, job->out, err);
	return err ? source_stream_error(&job->source, job->out, err) :
		     VMFW_EXIT_OK;
}

static int hand_over(struct job *job)
{
	__u32 flags = job->options->given & OPTION_ARM_NOW ?
		      VMFWUPDATE_COMMIT_ARM_NOW : 0;
	int code;

	code = device_open_session(&job->device, job->out);
	if (code)
		return code;
	if (device_has_image(&job->device)) {
		output_note(job->out, "the image that was %s before is "
			    "replaced",
			    device_state_word(job->device.info.state));
		code = device_cancel(&job->device, job->out);
		if (code)
			return code;
	}
	code = device_begin(&job->device, job->out, job->source.size,
			    job->ranges, job->nr_ranges);
	if (!code)
		code = send(job);
	if (!code)
		code = device_commit(&job->device, job->out, flags,
				     job->digest);
	return code;
}

static void tell(struct job *job, bool already)
{
	const struct vmfwupdate_info *info = &job->device.info;
	bool armed = info->state == VMFWUPDATE_STATE_ARMED;
	char digest[DIGEST_WORDS], size[OUTPUT_SIZE_WORDS];

	digest_words(digest, job->digest);
	output_bool(job->out, "already", NULL, already);
	output_string(job->out, "state", NULL, device_state_word(info->state));
	output_hex(job->out, "address", NULL, info->image_addr);
	output_string(job->out, "sha256", NULL, digest);
	output_line(job->out, "%s: %s%s, %s, SHA-256 %s", job->source.path,
		    already ? "already " : "", device_state_word(info->state),
		    output_size_words(size, job->source.size), digest);
	output_line(job->out, armed ? "any reset applies it" :
		    "an orderly reboot applies it; a crash does not");
}

static int stage_image(struct job *job)
{
	unsigned int traps;
	bool found;
	int code;

	code = check_image(job);
	if (!code)
		code = device_open(&job->device, job->out,
				   job->options->device);
	if (!code)
		code = check_device(job);
	if (!code)
		code = plan_platform(job->out, job->source.path, &job->igvm,
				     job->device.info.isolation,
				     &job->platform);
	if (!code)
		code = plan_ranges(job->out, &job->igvm, job->platform,
				   job->device.info.max_ranges, &job->ranges,
				   &job->nr_ranges);
	if (!code)
		code = check_traps(job, &traps);
	if (code)
		return code;

	output_string(job->out, "platform", NULL,
		      vmfw_igvm_platform_name(job->platform->type));
	if (job->options->given & OPTION_DRY_RUN) {
		output_line(job->out, "%s: could be staged",
			    job->source.path);
		return VMFW_EXIT_OK;
	}
	code = find_staged(job, &found);
	if (!code && !found)
		code = hand_over(job);
	if (code)
		return code;
	tell(job, found);
	if (job->options->given & OPTION_REBOOT)
		return reset_machine(job->out, traps);
	return VMFW_EXIT_OK;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	struct job job = {
		.out = out,
		.options = options,
		.device.fd = -1,
	};
	int code;

	output_string(out, "file", NULL, operands[0]);
	output_bool(out, "dry_run", NULL, options->given & OPTION_DRY_RUN);
	code = source_open(&job.source, out, operands[0]);
	if (!code) {
		output_size(out, "size", NULL, job.source.size);
		code = stage_image(&job);
	}
	free(job.ranges);
	device_close(&job.device);
	source_close(&job.source);
	return code;
}

const struct verb verb_stage = {
	.name = "stage",
	.summary = "hand an image to the VMM, for the next reboot",
	.operands = "FILE",
	.nr_operands = 1,
	.options = OPTIONS_COMMON | OPTION_DRY_RUN | OPTION_PROGRESS |
		   OPTION_DEVICE | OPTION_FORCE | OPTION_ARM_NOW |
		   OPTION_REBOOT,
	.force = FORCE_KEXEC | FORCE_SOFT_REBOOT,
	.help =
	"The image is checked, put into memory and offered to the VMM, which says\n"
	"at once whether it accepts it. Then the offer is withdrawn: an orderly\n"
	"reboot renews it, a crash does not.\n",
	.run = run,
};
