// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/size.h"
#include "device/device.h"
#include "guest/reboot.h"
#include "stage/payload.h"
#include "stage/stage.h"

/**
 * struct staging_job - the staging of one image
 * @messages: for notes and errors
 * @options: the user's options
 * @payload: the image
 * @device: the device that receives it
 */
struct staging_job {
	struct messages *messages;
	const struct staging_options *options;
	struct payload *payload;
	struct device device;
};

/* Does the interface have a property, a bit of VMFWUPDATE_PROPERTY_*? */
static bool has_property(const struct staging_job *job, __u32 property)
{
	return job->device.info.properties & property;
}

static bool hands_over_now(const struct staging_job *job)
{
	return job->options->when == STAGING_ARM_NOW ||
	       (job->options->when == STAGING_DEFAULT &&
		!has_property(job, VMFWUPDATE_PROPERTY_TRIAL));
}

/*
 * Without VMFWUPDATE_PROPERTY_PERSISTS, the VMM applies an image only once
 * anyway.
 */
static bool asks_for_once(const struct staging_job *job)
{
	return job->options->when == STAGING_ONCE &&
	       has_property(job, VMFWUPDATE_PROPERTY_PERSISTS);
}

static enum vmfw_exit check_device(struct staging_job *job)
{
	enum vmfw_exit code;

	code = device_open(&job->device, job->messages, job->options->device);
	if (!code)
		code = device_check(&job->device, job->messages);
	if (code)
		return code;
	if (asks_for_once(job) &&
	    !has_property(job, VMFWUPDATE_PROPERTY_ONCE)) {
		message_error(job->messages, "--once: this VMM cannot limit an image to one reset");
		return VMFW_EXIT_DEVICE;
	}
	return VMFW_EXIT_OK;
}

/*
 * Is this image already staged, in the state that the options require? To find
 * out, the function reads the file only if the kernel has an image of its size.
 *
 * An image that the VMM has not confirmed does not count as staged. If images
 * persist, an image that waits for the reboot does not count either. The kernel
 * does not show whether such an image is for only one reset.
 */
static enum vmfw_exit find_staged(struct staging_job *job, bool *found)
{
	const struct vmfwupdate_info *info = &job->device.info;
	bool now = hands_over_now(job);
	__u32 wanted = now ? VMFWUPDATE_STATE_ARMED : VMFWUPDATE_STATE_STAGED;
	enum vmfw_exit code;

	*found = false;
	if (info->state != wanted ||
	    (now ? info->held != VMFWUPDATE_HELD_IMAGE :
		   has_property(job, VMFWUPDATE_PROPERTY_PERSISTS)) ||
	    info->image_format != job->payload->format ||
	    info->image_size != job->payload->size)
		return VMFW_EXIT_OK;
	code = payload_digest(job->payload, job->messages);
	if (!code)
		*found = !memcmp(info->tag, job->payload->digest,
				 sizeof(info->tag));
	return code;
}

static enum vmfw_exit send_image(struct staging_job *job)
{
	struct progress progress;
	int err;

	progress_begin(&progress, job->options->progress, "stage",
		       job->payload->size);
	err = payload_stream(job->payload, device_write, &job->device,
			     &progress);
	progress_end(&progress);
	if ((err == -EINTR || err == -ECANCELED) && interrupt_seen())
		return interrupt_exit(job->messages, "the image is not staged");
	if (err == -EPERM || err == -ENODEV || err == -EBADFD)
		return device_write_error(&job->device, job->messages, err);
	return err ? source_stream_error(job->payload->source, job->messages,
					 err) :
		     VMFW_EXIT_OK;
}

static __u32 commit_flags(const struct staging_job *job)
{
	return (hands_over_now(job) ? VMFWUPDATE_COMMIT_ARM_NOW : 0) |
	       (asks_for_once(job) ? VMFWUPDATE_COMMIT_ONCE : 0);
}

/* Does the VMM keep a copy of the image, until another image replaces it? */
static bool is_kept(const struct vmfwupdate_info *info)
{
	return info->state == VMFWUPDATE_STATE_ARMED &&
	       !device_can_withdraw(info);
}

/*
 * Withdraw an earlier image, because the kernel stages only one. Leave an image
 * that the VMM keeps: the next image replaces it.
 */
static enum vmfw_exit make_room(struct staging_job *job)
{
	if (!device_has_image(&job->device) || is_kept(&job->device.info))
		return VMFW_EXIT_OK;
	return device_cancel(&job->device, job->messages);
}

/*
 * Report that this image replaces the earlier one, or that the tool has
 * withdrawn the earlier one.
 */
static void say_earlier(const struct staging_job *job,
			const struct vmfwupdate_info *before, bool failed)
{
	const char *state = device_state_word(before->state);

	if (!failed && is_kept(before) && !hands_over_now(job))
		message_note(job->messages, "at the orderly reboot, this image replaces the one that was %s before; until then any reset applies the earlier one",
			     state);
	else if (!failed)
		message_note(job->messages, "this image replaces the one that was %s before",
			     state);
	else if (!is_kept(before))
		message_note(job->messages, "the tool has withdrawn the image that was %s before",
			     state);
}

static enum vmfw_exit hand_over(struct staging_job *job)
{
	struct vmfwupdate_info before;
	enum vmfw_exit code;
	bool had_image;

	code = device_open_session(&job->device, job->messages);
	before = job->device.info;
	had_image = device_has_image(&job->device);
	if (!code)
		code = make_room(job);
	if (code)
		return code;
	code = device_begin(&job->device, job->messages, job->payload->size,
			    job->payload->ranges, job->payload->nr_ranges);
	if (!code)
		code = send_image(job);
	if (!code)
		code = device_commit(&job->device, job->messages,
				     commit_flags(job), job->payload->format,
				     job->payload->digest);
	if (had_image)
		say_earlier(job, &before, code);
	return code;
}

/* Describe the effect of resets on the staged image. */
static const char *outlook_words(const struct staging_job *job)
{
	if (job->device.info.state == VMFWUPDATE_STATE_ARMED)
		return has_property(job, VMFWUPDATE_PROPERTY_PERSISTS) ?
		       "any reset applies it, also every later one" :
		       "any reset applies it";
	if (has_property(job, VMFWUPDATE_PROPERTY_TRIAL))
		return "only an orderly reboot applies it, not a crash";
	if (asks_for_once(job))
		return "only one orderly reboot applies it, and the reset after that restores the host's image; the kernel logs the VMM's answer at the reboot";
	return "at first only an orderly reboot applies it; after that, every reset does; the kernel logs the VMM's answer at the reboot";
}

static void fill_in(const struct staging_job *job, bool already,
		    struct staged *staged)
{
	staged->done = true;
	staged->already = already;
	staged->once = asks_for_once(job) ||
		       !has_property(job, VMFWUPDATE_PROPERTY_PERSISTS);
	staged->info = job->device.info;
	staged->outlook = outlook_words(job);
}

static int plan_payload(struct staging_job *job, struct staged *staged)
{
	struct payload_loader loader = job->options->loader;

	loader.vmm = vmm_at_hand(loader.vmm, &job->device.info);
	staged->opened = true;
	staged->vmm = loader.vmm;
	return payload_plan(job->payload, job->messages, &job->device.info,
			    &loader);
}

static enum vmfw_exit stage_payload(struct staging_job *job,
				    struct staged *staged)
{
	unsigned int traps;
	enum vmfw_exit code;
	bool found;

	code = check_device(job);
	if (!code)
		code = plan_payload(job, staged);
	if (!code)
		code = reset_check(job->messages, job->options->reboot,
				   job->options->overridden, &traps);
	if (code)
		return code;
	staged->planned = true;
	if (job->options->dry_run)
		return VMFW_EXIT_OK;
	code = find_staged(job, &found);
	if (!code && !found)
		code = hand_over(job);
	if (!code)
		fill_in(job, found, staged);
	return code;
}

/**
 * staging_run() - hand a checked file to the VMM for the next reset
 * @messages: for notes, warnings and errors
 * @options: the user's options
 * @payload: from payload_check()
 * @staged: to be filled in; after an error, it has the results so far
 *
 * All checks come before any change. If the file is already staged, in the
 * state that @options require, nothing changes.
 *
 * Return: an exit code.
 */
enum vmfw_exit staging_run(struct messages *messages,
			   const struct staging_options *options,
			   struct payload *payload, struct staged *staged)
{
	struct staging_job job = {
		.messages = messages,
		.options = options,
		.payload = payload,
		.device.fd = -1,
	};
	enum vmfw_exit code;

	memset(staged, 0, sizeof(*staged));
	code = stage_payload(&job, staged);
	device_close(&job.device);
	return code;
}
