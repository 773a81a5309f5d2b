// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>

#include "device.h"
#include "exit.h"
#include "interrupt.h"
#include "payload.h"
#include "reset.h"
#include "staging.h"

/**
 * struct job - one image on its way to the device
 * @out: for all that is said
 * @options: what is wanted
 * @payload: the image
 * @device: where it goes
 */
struct job {
	struct output *out;
	const struct staging_options *options;
	struct payload *payload;
	struct device device;
};

static int check_device(struct job *job)
{
	int code;

	code = device_open(&job->device, job->out, job->options->device);
	if (code)
		return code;
	if (job->device.info.state == VMFWUPDATE_STATE_DISABLED) {
		output_error(job->out, "firmware updates are switched off "
			     "until the next reset");
		return VMFW_EXIT_REFUSED;
	}
	return VMFW_EXIT_OK;
}

/*
 * Whether this very image is in place, in the state that is wanted. The file
 * may be read for it, but only when the kernel holds one of its size.
 */
static int find_staged(struct job *job, bool *found)
{
	const struct vmfwupdate_info *info = &job->device.info;
	__u32 wanted = job->options->arm_now ? VMFWUPDATE_STATE_ARMED :
					       VMFWUPDATE_STATE_STAGED;
	int code;

	*found = false;
	if (info->state != wanted ||
	    info->image_format != job->payload->format ||
	    info->image_size != job->payload->size)
		return VMFW_EXIT_OK;
	code = payload_digest(job->payload, job->out);
	if (!code)
		*found = !memcmp(info->tag, job->payload->digest,
				 sizeof(info->tag));
	return code;
}

static int send(struct job *job)
{
	struct progress progress;
	int err;

	progress_begin(&progress, job->out->quiet ? PROGRESS_NEVER :
		       job->options->progress, "stage", job->payload->size);
	err = payload_stream(job->payload, device_write, &job->device,
			     &progress);
	progress_end(&progress);
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(job->out, "nothing is staged");
	if (err == -EPERM || err == -ENODEV || err == -EBADFD)
		return device_write_error(&job->device, job->out, err);
	return err ? source_stream_error(job->payload->source, job->out, err) :
		     VMFW_EXIT_OK;
}

static int hand_over(struct job *job)
{
	__u32 flags = job->options->arm_now ? VMFWUPDATE_COMMIT_ARM_NOW : 0;
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
	code = device_begin(&job->device, job->out, job->payload->size,
			    job->payload->ranges, job->payload->nr_ranges);
	if (!code)
		code = send(job);
	if (!code)
		code = device_commit(&job->device, job->out, flags,
				     job->payload->format, job->payload->digest);
	return code;
}

static void tell(struct job *job, bool already)
{
	const struct vmfwupdate_info *info = &job->device.info;
	const struct source *source = job->payload->source;
	bool armed = info->state == VMFWUPDATE_STATE_ARMED;
	char digest[DIGEST_WORDS], size[OUTPUT_SIZE_WORDS];

	digest_words(digest, job->payload->digest);
	output_bool(job->out, "already", NULL, already);
	output_string(job->out, "state", NULL, device_state_word(info->state));
	output_hex(job->out, "address", NULL, info->image_addr);
	output_string(job->out, "sha256", NULL, digest);
	output_line(job->out, "%s: %s%s, %s, SHA-256 %s", source->path,
		    already ? "already " : "", device_state_word(info->state),
		    output_size_words(size, source->size), digest);
	output_line(job->out, armed ? "any reset applies it" :
		    "an orderly reboot applies it; a crash does not");
}

static int stage(struct job *job)
{
	unsigned int traps;
	bool found;
	int code;

	code = check_device(job);
	if (!code)
		code = payload_plan(job->payload, job->out,
				    &job->device.info);
	if (!code)
		code = reset_check(job->out, job->options->reboot,
				   job->options->overridden, &traps);
	if (code)
		return code;

	payload_tell(job->payload, job->out);
	if (job->options->dry_run) {
		output_line(job->out, "%s: could be staged",
			    job->payload->source->path);
		return VMFW_EXIT_OK;
	}
	code = find_staged(job, &found);
	if (!code && !found)
		code = hand_over(job);
	if (code)
		return code;
	tell(job, found);
	return job->options->reboot ? reset_machine(job->out, traps) :
				      VMFW_EXIT_OK;
}

/**
 * staging_run() - hand a file that was checked to the VMM for the next reset
 * @out: receives what is done, and errors
 * @options: how
 * @payload: from payload_check()
 *
 * All that can be checked is checked before anything changes. A file that is
 * staged already, in the state that is wanted, stays as it is.
 *
 * Return: an exit code.
 */
int staging_run(struct output *out, const struct staging_options *options,
		struct payload *payload)
{
	struct job job = {
		.out = out,
		.options = options,
		.payload = payload,
		.device.fd = -1,
	};
	int code;

	code = stage(&job);
	device_close(&job.device);
	return code;
}
