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
#include "stage/stage.h"

/**
 * flow_begin() - read what every boot has to know: little, and quickly
 * @flow: to be filled in; to be ended whatever is returned
 * @out: for all that is said
 * @options: how
 *
 * Return: an exit code; after VMFW_EXIT_USAGE, a broken configuration, what was
 * right in it is there.
 */
int flow_begin(struct flow *flow, struct output *out,
	       const struct flow_options *options)
{
	int err, code;

	memset(flow, 0, sizeof(*flow));
	flow->out = out;
	flow->options = *options;
	flow->source.fd = -1;
	flow->device.fd = -1;
	flow->volumes.out = out;
	flow->volumes.root = options->root;
	flow->volumes.writable = options->act;
	err = boot_read(&flow->boot, options->root);
	if (err) {
		output_error(out, "cannot tell which boot this is: %s",
			     strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	firmware_read(&flow->firmware, options->root);
	code = config_load(&flow->config, out, options->root);
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
 *
 * A machine that has none is no error, and costs no time.
 */
void flow_open_device(struct flow *flow)
{
	const char *name = flow->options.device;
	int code;

	/* This machine's interface has nothing to do with another root. */
	if (!name && (flow->options.root || !device_offered()))
		return;
	code = device_open(&flow->device, flow->out, name);
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
 */
void flow_open_image(struct flow *flow)
{
	struct source_choice choice = { .root = flow->options.root };
	/* Every boot looks at the image, also one that runs it. */
	const struct payload_loader loader = {
		.vmm = flow->config.vmm,
		.quiet = true,
	};
	int code = image_find(&flow->volumes, &flow->config.image,
			      flow->image_path, &choice);

	if (!code)
		code = source_open(&flow->source, flow->out, flow->image_path,
				   &choice);
	if (code) {
		flow->image_path[0] = '\0';
		return;
	}
	code = payload_check(&flow->payload, flow->out, &flow->source);
	if (!code)
		code = payload_digest(&flow->payload, flow->out);
	flow->has_image = !code;
	if (!code && flow->facts.device == DEVICE_READY)
		code = payload_plan(&flow->payload, flow->out,
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

static int find_store(struct flow *flow)
{
	const struct config *config = &flow->config;
	bool page = config->record == CONFIG_RECORD_OPAQUE ||
		    (config->record == CONFIG_RECORD_AUTO && has_page(flow));
	const char *why;
	int code;

	if (page && !has_page(flow)) {
		output_error(flow->out, "record=opaque: this VMM keeps no "
			     "page for the guest");
		return VMFW_EXIT_GUARD;
	}
	flow->store.device = flow->device.path;
	if (page)
		return VMFW_EXIT_OK;
	flow->store.path = config->record_at.path;
	flow->store.volumes = &flow->volumes;
	code = volume_top(&flow->volumes, &config->record_at,
			  &flow->store.top);
	/* Another root is not what this machine resets to. */
	if (code || flow->options.root || !store_check(&flow->store, &why))
		return code;
	output_error(flow->out, "%s: cannot be used for the record of "
		     "attempts: %s", flow->store.path, why);
	return VMFW_EXIT_GUARD;
}

static void say_record_error(struct flow *flow, const char *what, int err)
{
	const char *cure = "";

	if (err == -EOVERFLOW)
		cure = "; \"history --clear\" starts a new one";
	else if (flow->store.top && err == -EIO)
		cure = "; its file system may need a check (fsck)";
	output_error(flow->out, "the record of attempts cannot be %s (%s): %s%s",
		     what, flow->store.top ? flow->store.path :
		     "page of the VMM", err == -EOVERFLOW ?
		     "its numbers end here" : strerror(-err), cure);
}

/* A torn record bars this boot; see slots.h. */
static void mend_record(struct flow *flow)
{
	int err = 0;

	output_warning(flow->out, "the record of attempts was torn: no attempt "
		       "in this boot");
	memcpy(flow->slots.record.barred, flow->boot.id, BOOT_ID_SIZE);
	if (flow->options.act)
		err = slots_save(&flow->slots);
	if (err) {
		say_record_error(flow, "mended", err);
		flow->facts.record = RECORD_MISSING;
	}
}

/**
 * flow_open_record() - find the record and read it
 * @flow: after flow_open_device()
 */
void flow_open_record(struct flow *flow)
{
	struct slots_medium medium;
	int err;

	if (find_store(flow))
		return;
	medium = store_medium(&flow->store);
	err = slots_load(&flow->slots, &medium);
	if (err) {
		say_record_error(flow, "read", err);
		return;
	}
	flow->has_record = true;
	switch (flow->slots.state) {
	case SLOTS_DAMAGED:
	case SLOTS_NEWER:
		flow->facts.record = RECORD_DAMAGED;
		output_error(flow->out, flow->slots.state == SLOTS_NEWER ?
			     "the record of attempts is of a newer version" :
			     "the record of attempts is damaged; \"history "
			     "--clear\" starts a new one");
		break;
	case SLOTS_TORN:
		flow->facts.record = RECORD_READY;
		mend_record(flow);
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
 */
void flow_find_evidence(struct flow *flow)
{
	struct evidence *evidence = &flow->evidence;

	if (flow->options.root)
		evidence_elsewhere(evidence);
	else
		evidence_attest(evidence, &flow->config, flow->has_image &&
				flow->source.kind == SOURCE_IGVM ?
				&flow->payload.igvm : NULL);
	if (evidence->unverified)
		output_warning(flow->out, "%s: the report's signature cannot "
			       "be verified: %s", flow->config.certificates,
			       evidence->why);
	if (flow->has_image && flow->facts.record == RECORD_READY)
		evidence_claim(evidence, &flow->config, &flow->slots.record,
			       flow->boot.id, flow->payload.digest,
			       &flow->firmware, !flow->store.top);
	flow->facts.verdict = evidence->verdict;
}

static int save_outcome(struct flow *flow, enum outcome outcome)
{
	int err;

	record_end(&flow->slots.record, outcome, flow->evidence.rung,
		   flow->boot.id, time(NULL), &flow->firmware);
	err = slots_save(&flow->slots);
	if (err) {
		say_record_error(flow, "written", err);
		flow->facts.record = RECORD_MISSING;
	}
	return err;
}

/* Not written, it stays open, and bars the next boots as well. */
static void consume(struct flow *flow)
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
	save_outcome(flow, outcomes[same ? flow->facts.verdict :
				    VERDICT_UNKNOWN]);
}

static int disable(struct flow *flow)
{
	int code = device_open_session(&flow->device, flow->out);

	if (!code)
		code = device_disable(&flow->device, flow->out);
	return code;
}

static int stage(struct flow *flow)
{
	const struct staging_options staging = {
		.device = flow->options.device,
		.progress = flow->options.progress,
		.loader.vmm = flow->config.vmm,
	};
	int code = staging_run(flow->out, &staging, &flow->payload);

	if (code)
		save_outcome(flow, code == VMFW_EXIT_REFUSED ?
			     OUTCOME_REFUSED : OUTCOME_FAILED);
	return code;
}

static int reset(struct flow *flow, unsigned int traps)
{
	/* File systems that were mounted here end clean. */
	source_close(&flow->source);
	flow->source = (struct source) { .fd = -1 };
	volume_close_all(&flow->volumes);
	interrupt_after(0);
	output_line(flow->out, "resetting the machine");
	return flow->boot.initramfs ? reset_at_once(flow->out) :
				      reset_machine(flow->out, traps);
}

static int attempt(struct flow *flow)
{
	unsigned int traps;
	int code, err;

	code = reset_check(flow->out, true, flow->options.overridden, &traps);
	if (code)
		return code;
	record_begin(&flow->slots.record, flow->payload.digest, flow->boot.id,
		     time(NULL), &flow->firmware);
	err = slots_save(&flow->slots);
	if (err) {
		say_record_error(flow, "written", err);
		return VMFW_EXIT_GUARD;
	}
	code = stage(flow);
	return code ? code : reset(flow, traps);
}

/**
 * flow_act() - do what was decided
 * @flow: with options.act
 * @decision: from decide()
 *
 * Return: an exit code; if an attempt was to be made and it is VMFW_EXIT_OK, the
 * machine is going down.
 */
int flow_act(struct flow *flow, const struct decision *decision)
{
	int code = decision->code;

	if (decision->consume)
		consume(flow);
	if (decision->disable)
		code = disable(flow);
	else if (decision->attempt)
		code = attempt(flow);
	return decide_code(&flow->facts, code);
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
