// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/rootdir.h"
#include "flow/flow.h"
#include "guest/reboot.h"
#include "source/image.h"

/**
 * flow_begin() - read what every boot has to know: little, and quickly
 * @flow: to be filled in; to be ended whatever is returned
 * @messages: for all that is said
 * @options: how
 *
 * Return: an exit code; after VMFW_EXIT_USAGE, a broken configuration, what was
 * right in it is there.
 */
enum vmfw_exit flow_begin(struct flow *flow, struct messages *messages,
			  const struct flow_options *options)
{
	enum vmfw_exit code;
	int err;

	memset(flow, 0, sizeof(*flow));
	flow->options = *options;
	flow->source.fd = -1;
	flow->device.fd = -1;
	flow->volumes.root = options->root;
	flow->volumes.writable = options->act;
	err = boot_read(&flow->boot, options->root);
	if (err) {
		message_error(messages, "cannot tell which boot this is: %s",
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	firmware_read(&flow->firmware, options->root);
	code = config_load(&flow->config, messages, options->root);
	flow->facts.switched_off = flow->boot.switched_off;
	flow->facts.crash_kernel = flow->boot.crash_kernel;
	flow->facts.configured = flow->config.image.kind != LOCATION_NONE;
	flow->facts.required = flow->config.required;
	flow->facts.disable = flow->config.disable;
	flow->facts.device = DEVICE_ABSENT;
	flow->facts.image = IMAGE_MISSING;
	flow->facts.record = RECORD_MISSING;
	/* A disk may be late where nothing has waited for it yet. */
	flow->volumes.wait = options->act && flow->boot.initramfs;
	return code;
}

static enum device_fact find_device_fact(const struct vmfwupdate_info *info)
{
	if (!device_takes_images(info))
		return DEVICE_STARTED_OTHERWISE;
	switch (info->state) {
	case VMFWUPDATE_STATE_DISABLED:
		return DEVICE_DISABLED;
	case VMFWUPDATE_STATE_REVERTING:
		return DEVICE_REVERTING;
	default:
		return DEVICE_READY;
	}
}

/**
 * flow_has_device() - whether there is an interface that answers
 * @flow: after flow_open_device()
 */
bool flow_has_device(const struct flow *flow)
{
	return flow->facts.device != DEVICE_ABSENT &&
	       flow->facts.device != DEVICE_UNREADABLE;
}

/**
 * flow_open_device() - look for the interface
 * @flow: that has begun
 * @messages: for errors
 *
 * A machine that has none is no error, and costs no time.
 */
void flow_open_device(struct flow *flow, struct messages *messages)
{
	const char *name = flow->options.device;
	int code;

	/* This machine's interface has nothing to do with another root. */
	if (!name && (flow->options.root || !device_offered()))
		return;
	code = device_open(&flow->device, messages, name);
	if (code) {
		flow->facts.device = code != VMFW_EXIT_DEVICE ||
				     flow->device.untried ?
				     DEVICE_UNREADABLE : DEVICE_ABSENT;
		return;
	}
	flow->facts.device = find_device_fact(&flow->device.info);
	flow->config.vmm = vmm_at_hand(flow->config.vmm, &flow->device.info);
}

/**
 * flow_open_image() - find the image and check it
 * @flow: after flow_open_device(), if it is to be known whether the image is
 *	for this machine
 * @messages: for errors
 */
void flow_open_image(struct flow *flow, struct messages *messages)
{
	struct source_choice choice = { .root = flow->options.root };
	/* Every boot looks at the image, also one that runs it. */
	const struct payload_loader loader = {
		.vmm = flow->config.vmm,
		.quiet = true,
	};
	int code = image_find(&flow->volumes, messages, &flow->config.image,
			      flow->image_path, &choice);

	if (!code)
		code = source_open(&flow->source, messages,
				   flow->image_path, &choice);
	if (code) {
		flow->image_path[0] = '\0';
		return;
	}
	code = payload_check(&flow->payload, messages, &flow->source);
	if (!code)
		code = payload_digest(&flow->payload, messages);
	flow->has_image = !code;
	if (!code && flow->facts.device == DEVICE_READY)
		code = payload_plan(&flow->payload, messages,
				    &flow->device.info, &loader);
	if (!code)
		flow->facts.image = IMAGE_READY;
	else if (code == VMFW_EXIT_IMAGE || code == VMFW_EXIT_DEVICE)
		flow->facts.image = IMAGE_UNSOUND;
}

static bool has_page(const struct flow *flow)
{
	return flow_has_device(flow) &&
	       flow->device.info.opaque_size >= RECORD_SIZE;
}

static enum vmfw_exit find_store(struct flow *flow, struct messages *messages)
{
	const struct config *config = &flow->config;
	bool page = config->record == CONFIG_RECORD_OPAQUE ||
		    (config->record == CONFIG_RECORD_AUTO && has_page(flow));
	const char *why;
	enum vmfw_exit code;

	if (page && !has_page(flow)) {
		message_error(messages, "record=opaque: this VMM keeps no page for the guest");
		return VMFW_EXIT_GUARD;
	}
	flow->store.device = flow->device.path;
	if (page)
		return VMFW_EXIT_OK;
	flow->store.path = config->record_at.path;
	flow->store.volumes = &flow->volumes;
	code = volume_top(&flow->volumes, messages, &config->record_at,
			  &flow->store.top);
	/* Another root is not what this machine resets to. */
	if (code || flow->options.root || !store_check(&flow->store, &why))
		return code;
	message_error(messages, "%s: cannot be used for the record of attempts: %s",
		      flow->store.path, why);
	return VMFW_EXIT_GUARD;
}

static void say_record_error(struct flow *flow, struct messages *messages,
			     const char *what, int err)
{
	const char *cure = "";

	if (err == -EOVERFLOW)
		cure = "; \"history --clear\" starts a new one";
	else if (flow->store.top && err == -EIO)
		cure = "; its file system may need a check (fsck)";
	message_error(messages, "the record of attempts cannot be %s (%s): %s%s",
		      what,
		      flow->store.top ? flow->store.path :
		      "page of the VMM",
		      err == -EOVERFLOW ?
		      "its numbers end here" : strerror(-err),
		      cure);
}

/* A torn record bars this boot; see slots.h. */
static void mend_record(struct flow *flow, struct messages *messages)
{
	int err = 0;

	message_warning(messages, "the record of attempts was torn: no attempt in this boot");
	memcpy(flow->slots.record.barred, flow->boot.id, BOOT_ID_SIZE);
	if (flow->options.act)
		err = slots_save(&flow->slots);
	if (err) {
		say_record_error(flow, messages, "mended", err);
		flow->facts.record = RECORD_MISSING;
	}
}

/**
 * flow_open_record() - find the record and read it
 * @flow: after flow_open_device()
 * @messages: for errors
 */
void flow_open_record(struct flow *flow, struct messages *messages)
{
	struct slots_medium medium;
	int err;

	if (find_store(flow, messages))
		return;
	medium = store_medium(&flow->store);
	err = slots_load(&flow->slots, &medium);
	if (err) {
		say_record_error(flow, messages, "read", err);
		return;
	}
	flow->has_record = true;
	switch (flow->slots.state) {
	case SLOTS_DAMAGED:
	case SLOTS_NEWER:
		flow->facts.record = RECORD_DAMAGED;
		message_error(messages, flow->slots.state == SLOTS_NEWER ?
			     "the record of attempts is of a newer version" :
			     "the record of attempts is damaged; \"history "
			     "--clear\" starts a new one");
		break;
	case SLOTS_TORN:
		flow->facts.record = RECORD_READY;
		mend_record(flow, messages);
		break;
	case SLOTS_SOUND:
	case SLOTS_FRESH:
		flow->facts.record = RECORD_READY;
		break;
	}
	flow->facts.past = decide_past(&flow->slots.record, flow->boot.id,
				       flow->has_image ?
				       flow->payload.digest : NULL,
				       !flow->store.top);
}

/**
 * flow_find_evidence() - find out whether the image is running
 * @flow: after flow_open_image() and flow_open_record()
 * @messages: for errors
 */
void flow_find_evidence(struct flow *flow, struct messages *messages)
{
	struct evidence *evidence = &flow->evidence;

	if (flow->options.root)
		evidence_elsewhere(evidence);
	else
		evidence_attest(evidence, &flow->config, flow->has_image &&
				flow->source.kind == SOURCE_IGVM ?
				&flow->payload.igvm : NULL);
	if (evidence->unverified)
		message_warning(messages, "%s: the report's signature cannot be verified: %s",
				flow->config.certificates, evidence->why);
	if (flow->has_image && flow->facts.record == RECORD_READY)
		evidence_claim(evidence, &flow->config, &flow->slots.record,
			       flow->boot.id, flow->payload.digest,
			       &flow->firmware, !flow->store.top);
	flow->facts.verdict = evidence->verdict;
}

/**
 * flow_is_idle() - whether there is nothing to do, whatever else may be found
 * @flow: that has begun
 */
bool flow_is_idle(const struct flow *flow)
{
	const struct facts *facts = &flow->facts;

	return facts->switched_off || facts->crash_kernel ||
	       !facts->configured;
}

/*
 * Nothing can be attempted here. But an attempt may be open that was made where
 * there was an interface, and would cost the next start there its own. A record
 * that is not found is not missed.
 */
static void look_for_open_attempt(struct flow *flow)
{
	struct messages kept;

	if (flow->config.record == CONFIG_RECORD_OPAQUE)
		return;
	messages_keep(&kept);
	flow->volumes.wait = false;
	flow_open_record(flow, &kept);
	messages_free(&kept);
}

/**
 * flow_look() - find all that a boot has to know to decide
 * @flow: that has begun
 * @messages: for errors
 */
void flow_look(struct flow *flow, struct messages *messages)
{
	if (flow_is_idle(flow))
		return;
	flow_open_device(flow, messages);
	/* Some want to know the rest all the same. */
	if (flow->facts.device == DEVICE_ABSENT && flow->options.act &&
	    !flow->facts.required) {
		look_for_open_attempt(flow);
		return;
	}
	flow_open_image(flow, messages);
	flow_open_record(flow, messages);
	flow_find_evidence(flow, messages);
}

static int save_outcome(struct flow *flow, struct messages *messages,
			enum outcome outcome)
{
	int err;

	record_end(&flow->slots.record, outcome, flow->evidence.rung,
		   flow->boot.id, time(NULL), &flow->firmware);
	err = slots_save(&flow->slots);
	if (err) {
		say_record_error(flow, messages, "written", err);
		flow->facts.record = RECORD_MISSING;
	}
	return err;
}

/* Not written, it stays open, and bars the next boots as well. */
static void close_attempt(struct flow *flow, struct messages *messages)
{
	static const enum outcome outcomes[] = {
		[VERDICT_UNKNOWN] = OUTCOME_UNKNOWN,
		[VERDICT_RUNNING] = OUTCOME_RUNNING,
		[VERDICT_NOT_RUNNING] = OUTCOME_NOT_RUNNING,
	};
	const struct attempt *last = record_last(&flow->slots.record);
	bool same = flow->has_image && !memcmp(last->image,
					       flow->payload.digest,
					       DIGEST_SIZE);

	/* What is wanted now may be another image than what was tried. */
	save_outcome(flow, messages, outcomes[same ? flow->facts.verdict :
				    VERDICT_UNKNOWN]);
}

static enum vmfw_exit disable_device(struct flow *flow,
				     struct messages *messages)
{
	enum vmfw_exit code = device_open_session(&flow->device, messages);

	if (!code)
		code = device_disable(&flow->device, messages);
	return code;
}

static enum vmfw_exit stage_image(struct flow *flow, struct messages *messages)
{
	const struct staging_options staging = {
		.device = flow->options.device,
		.progress = flow->options.progress,
		.loader.vmm = flow->config.vmm,
	};
	enum vmfw_exit code = staging_run(messages, &staging, &flow->payload,
			       &flow->staged);

	if (code)
		save_outcome(flow, messages, code == VMFW_EXIT_REFUSED ?
			     OUTCOME_REFUSED : OUTCOME_FAILED);
	return code;
}

static enum vmfw_exit make_attempt(struct flow *flow, struct messages *messages)
{
	enum vmfw_exit code;
	int err;

	code = reset_check(messages, true, flow->options.overridden,
			   &flow->traps);
	if (code)
		return code;
	record_begin(&flow->slots.record, flow->payload.digest, flow->boot.id,
		     time(NULL), &flow->firmware);
	err = slots_save(&flow->slots);
	if (err) {
		say_record_error(flow, messages, "written", err);
		return VMFW_EXIT_GUARD;
	}
	return stage_image(flow, messages);
}

/**
 * flow_act() - do what was decided
 * @flow: with options.act
 * @messages: for errors
 * @decision: from decide()
 *
 * Return: an exit code; if an attempt was to be made and it is VMFW_EXIT_OK, the
 * image is staged and flow_reset() is next.
 */
enum vmfw_exit flow_act(struct flow *flow, struct messages *messages,
			const struct decision *decision)
{
	enum vmfw_exit code = decision->code;

	if (decision->consume)
		close_attempt(flow, messages);
	if (decision->disable)
		code = disable_device(flow, messages);
	else if (decision->attempt)
		code = make_attempt(flow, messages);
	return decide_code(&flow->facts, code);
}

/**
 * flow_reset() - reset the machine, after flow_act() has staged an image
 * @flow: the flow; its file systems are closed
 * @messages: for errors
 *
 * Return: an exit code; if it is VMFW_EXIT_OK, the machine is going down.
 */
enum vmfw_exit flow_reset(struct flow *flow, struct messages *messages)
{
	enum vmfw_exit code;

	/* File systems that were mounted here end clean. */
	source_close(&flow->source);
	flow->source = (struct source) { .fd = -1 };
	volume_close_all(&flow->volumes);
	interrupt_after(0);
	code = flow->boot.initramfs ?
	       reset_at_once(messages) :
	       reset_machine(messages, flow->traps);
	return decide_code(&flow->facts, code);
}

/**
 * flow_settle() - spare the unit of the root file system to look again
 * @flow: after flow_act(), which has succeeded
 * @messages: for errors
 * @decision: from decide()
 *
 * The initramfs has found all as it is wanted, and the journal has that: the unit
 * of the root file system would only find out again, in a sandbox that takes
 * longer than all the rest.
 */
void flow_settle(struct flow *flow, struct messages *messages,
		 const struct decision *decision)
{
	int err;

	if (!flow->boot.initramfs || decision->reason != REASON_RUNNING ||
	    flow->facts.record != RECORD_READY)
		return;
	err = boot_settle(flow->options.root);
	if (err)
		message_warning(messages, "it cannot be noted for the rest of this boot: %s",
				strerror(-err));
}

/**
 * flow_end() - close everything
 * @flow: from flow_begin(), which may have failed
 */
void flow_end(struct flow *flow)
{
	payload_free(&flow->payload);
	source_close(&flow->source);
	device_close(&flow->device);
	volume_close_all(&flow->volumes);
}
