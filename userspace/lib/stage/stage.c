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
 * struct job - one image on its way to the device
 * @messages: for notes and errors
 * @options: what is wanted
 * @payload: the image
 * @device: where it goes
 */
struct job {
	struct messages *messages;
	const struct staging_options *options;
	struct payload *payload;
	struct device device;
};

/* Whether the interface has a property, a bit of VMFWUPDATE_PROPERTY_*. */
static bool has_property(const struct job *job, __u32 property)
{
	return job->device.info.properties & property;
}

static bool hands_over_now(const struct job *job)
{
	return job->options->when == STAGING_ARM_NOW ||
	       (job->options->when == STAGING_DEFAULT &&
		!has_property(job, VMFWUPDATE_PROPERTY_TRIAL));
}

/* Where no image persists, each one is for one reset. */
static bool asks_for_once(const struct job *job)
{
	return job->options->when == STAGING_ONCE &&
	       has_property(job, VMFWUPDATE_PROPERTY_PERSISTS);
}

static enum vmfw_exit check_device(struct job *job)
{
	enum vmfw_exit code;

	code = device_open(&job->device, job->messages, job->options->device);
	if (!code)
		code = device_check(&job->device, job->messages);
	if (code)
		return code;
	if (asks_for_once(job) &&
	    !has_property(job, VMFWUPDATE_PROPERTY_ONCE)) {
		message_error(job->messages, "--once: this VMM cannot apply an image to one reset alone");
		return VMFW_EXIT_DEVICE;
	}
	return VMFW_EXIT_OK;
}

/*
 * Whether this very image is in place, in the state that is wanted. The file
 * may be read for it, but only when the kernel holds one of its size. Whether
 * an image that waits for the reboot is for one reset, the kernel does not tell;
 * and one that the VMM has not confirmed is not in place.
 */
static enum vmfw_exit find_staged(struct job *job, bool *found)
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

static enum vmfw_exit send_image(struct job *job)
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

static __u32 commit_flags(const struct job *job)
{
	return (hands_over_now(job) ? VMFWUPDATE_COMMIT_ARM_NOW : 0) |
	       (asks_for_once(job) ? VMFWUPDATE_COMMIT_ONCE : 0);
}

/*
 * One image at a time. What the VMM has for good cannot be taken back, and need
 * not be: the next one replaces it.
 */
static enum vmfw_exit make_room(struct job *job)
{
	const struct vmfwupdate_info *info = &job->device.info;
	bool armed = info->state == VMFWUPDATE_STATE_ARMED;

	if (!device_has_image(&job->device))
		return VMFW_EXIT_OK;
	message_note(job->messages, "the image that was %s before is replaced%s",
		     device_state_word(info->state),
		     armed && !device_can_withdraw(info) &&
		     !hands_over_now(job) ?
		     " at the orderly reboot; until then any reset applies it" :
		     "");
	if (armed && !device_can_withdraw(info))
		return VMFW_EXIT_OK;
	return device_cancel(&job->device, job->messages);
}

static enum vmfw_exit hand_over(struct job *job)
{
	enum vmfw_exit code;

	code = device_open_session(&job->device, job->messages);
	if (!code)
		code = make_room(job);
	if (!code)
		code = device_begin(&job->device, job->messages,
				    job->payload->size, job->payload->ranges,
				    job->payload->nr_ranges);
	if (!code)
		code = send_image(job);
	if (!code)
		code = device_commit(&job->device, job->messages,
				     commit_flags(job), job->payload->format,
				     job->payload->digest);
	return code;
}

/* What becomes of the image. */
static const char *outlook_words(const struct job *job)
{
	if (job->device.info.state == VMFWUPDATE_STATE_ARMED)
		return has_property(job, VMFWUPDATE_PROPERTY_PERSISTS) ?
		       "any reset applies it, and every later one" :
		       "any reset applies it";
	if (has_property(job, VMFWUPDATE_PROPERTY_TRIAL))
		return "an orderly reboot applies it; a crash does not";
	if (asks_for_once(job))
		return "an orderly reboot hands it over and applies it once; "
		       "the reset after that restores the host's image; a "
		       "crash does not apply it; whether the VMM accepts it, "
		       "the kernel log alone will tell";
	return "an orderly reboot hands it over and applies it, and so does "
	       "every later reset; a crash does not; whether the VMM accepts "
	       "it, the kernel log alone will tell";
}

static void fill_in(const struct job *job, bool already, struct staged *staged)
{
	staged->done = true;
	staged->already = already;
	staged->once = asks_for_once(job) ||
		       !has_property(job, VMFWUPDATE_PROPERTY_PERSISTS);
	staged->info = job->device.info;
	staged->outlook = outlook_words(job);
}

static int plan_payload(struct job *job, struct staged *staged)
{
	struct payload_loader loader = job->options->loader;

	loader.vmm = vmm_at_hand(loader.vmm, &job->device.info);
	staged->opened = true;
	staged->vmm = loader.vmm;
	return payload_plan(job->payload, job->messages, &job->device.info,
			    &loader);
}

static enum vmfw_exit stage_payload(struct job *job, struct staged *staged)
{
	bool found;
	enum vmfw_exit code;

	code = check_device(job);
	if (!code)
		code = plan_payload(job, staged);
	if (!code)
		code = reset_check(job->messages, job->options->reboot,
				   job->options->overridden, &staged->traps);
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
 * staging_run() - hand a file that was checked to the VMM for the next reset
 * @messages: for notes and errors
 * @options: how
 * @payload: from payload_check()
 * @staged: to be filled in, as far as it went
 *
 * All that can be checked is checked before anything changes. A file that is
 * staged already, in the state that is wanted, stays as it is.
 *
 * Return: an exit code.
 */
enum vmfw_exit staging_run(struct messages *messages,
			   const struct staging_options *options,
			   struct payload *payload, struct staged *staged)
{
	struct job job = {
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
