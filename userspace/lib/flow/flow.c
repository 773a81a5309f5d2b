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
#include "guest/bootentry.h"
#include "guest/reboot.h"
#include "source/image.h"

/**
 * flow_begin() - read the few facts that every boot needs, quickly
 * @flow: to be filled in; end it even after an error
 * @messages: for errors and warnings
 * @options: the options, which the function copies; their strings must stay as
 *	long as @flow
 *
 * Return: an exit code; VMFW_EXIT_USAGE: the configuration has errors, and the
 * flow has its valid lines.
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
		message_error(messages, "cannot read /proc/cmdline or the ID of this boot: %s",
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
	/* A disk may appear late, if no earlier unit has waited for it. */
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
 * flow_has_device() - is there an interface, and is its state readable?
 * @flow: the flow, after flow_open_device()
 */
bool flow_has_device(const struct flow *flow)
{
	return flow->facts.device != DEVICE_ABSENT &&
	       flow->facts.device != DEVICE_UNREADABLE;
}

/**
 * flow_open_device() - look for the interface
 * @flow: the flow, after flow_begin()
 * @messages: for errors
 *
 * A machine without the interface is not an error. On such a machine, the
 * function returns quickly.
 */
void flow_open_device(struct flow *flow, struct messages *messages)
{
	const char *name = flow->options.device;
	enum vmfw_exit code;

	/* Another root has no relation to the interface of this machine. */
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
 * @flow: the flow, after flow_open_device() if the image must suit this machine
 * @messages: for errors
 *
 * The result is in the facts.
 */
void flow_open_image(struct flow *flow, struct messages *messages)
{
	const struct image_place place = {
		.location = &flow->config.image,
		.volumes = &flow->volumes,
	};
	/*
	 * Be quiet: a boot checks the image even if the image is running already.
	 */
	const struct payload_loader loader = {
		.vmm = flow->config.vmm,
		.quiet = true,
	};
	enum vmfw_exit code;

	code = image_open_place(&flow->source, messages, &place,
				flow->image_path);
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
		if (flow_has_device(flow))
			message_error(messages, "record=opaque: this VMM keeps no page of at least %u bytes for the guest; choose another record=",
				      RECORD_SIZE);
		else
			message_error(messages, "record=opaque: cannot read the VMM's page for the guest: the device is missing or not readable; choose another record=");
		return VMFW_EXIT_GUARD;
	}
	flow->store.device = flow->device.path;
	if (page)
		return VMFW_EXIT_OK;
	flow->store.path = config->record_at.path;
	flow->store.volumes = &flow->volumes;
	code = volume_top(&flow->volumes, messages, &config->record_at,
			  &flow->store.top);
	/* A BIOS machine may have no ESP. */
	if (code == VMFW_EXIT_SOURCE && config->record_at.kind == LOCATION_ESP)
		message_note(messages, "record= in vmfwupdate.conf(5) can name another place for the record of attempts, such as record=/var/lib/vmfwupdate");
	/*
	 * This machine does not boot from another root, so a record there need
	 * not survive a reset.
	 */
	if (code || flow->options.root || !store_check(&flow->store, &why))
		return code;
	message_error(messages, "%s: cannot keep the record of attempts here: %s",
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
	message_error(messages, "cannot %s the record of attempts (%s): %s%s",
		      what,
		      flow->store.top ? flow->store.path :
		      "page of the VMM",
		      err == -EOVERFLOW ?
		      "its sequence numbers are used up" : strerror(-err),
		      cure);
}

/* Bar this boot from an attempt, since the record was torn: see slots.h. */
static void mend_record(struct flow *flow, struct messages *messages)
{
	int err = 0;

	message_warning(messages, "the record of attempts was torn, so this boot makes no attempt");
	memcpy(flow->slots.record.barred, flow->boot.id, BOOT_ID_SIZE);
	if (flow->options.act)
		err = slots_save(&flow->slots);
	if (err) {
		say_record_error(flow, messages, "repair", err);
		flow->facts.record = RECORD_MISSING;
	}
}

/*
 * The weight of a record: of two records, the one with the higher weight
 * counts.
 */
enum weight {
	WEIGHT_EMPTY,
	WEIGHT_USED,
	WEIGHT_THIS_BOOT,	/* this boot must not make an attempt */
};

static enum weight weigh_record(const struct flow *flow,
				const struct record *record)
{
	if (decide_past(record, flow->boot.id, NULL, false) != PAST_FREE)
		return WEIGHT_THIS_BOOT;
	return record->nr ? WEIGHT_USED : WEIGHT_EMPTY;
}

static bool load_other(struct slots *slots, struct store *store)
{
	struct slots_medium medium = store_medium(store);

	return !slots_load(slots, &medium) && (slots->state == SLOTS_SOUND ||
					       slots->state == SLOTS_TORN);
}

/* Use the record on another ESP if it weighs more than the current one. */
static void look_at_other(struct flow *flow, struct messages *messages,
			  const struct bootentry *entry)
{
	struct location location = { .kind = LOCATION_PARTUUID, .fat = true };
	struct store store = flow->store;
	struct messages kept;
	struct slots slots;
	enum vmfw_exit code;

	snprintf(location.tag, sizeof(location.tag), "%s", entry->uuid);
	messages_keep(&kept);
	code = volume_top(&flow->volumes, &kept, &location, &store.top);
	messages_free(&kept);
	if (code || !load_other(&slots, &store) ||
	    weigh_record(flow, &slots.record) <=
	    weigh_record(flow, &flow->slots.record))
		return;
	flow->store = store;
	flow->slots = slots;
	flow->slots.medium = store_medium(&flow->store);
	message_note(messages, "the record of attempts is on another EFI system partition: PARTUUID=%s",
		     entry->uuid);
}

/*
 * Two firmwares may boot from two ESPs, of two disks for example. Then each ESP
 * has a record. An attempt in one record must prevent a second attempt in a boot
 * from the other ESP.
 *
 * Only partitions in the boot order of the firmware count, so that an attached
 * disk alone cannot prevent an attempt. An unreadable or damaged record does not
 * count either.
 */
static void look_at_others(struct flow *flow, struct messages *messages)
{
	bool wait = flow->volumes.wait;
	struct bootentries others;
	unsigned int i;

	if (!flow->store.top || flow->options.root ||
	    flow->config.record_at.kind != LOCATION_ESP ||
	    bootentry_others(NULL, &others))
		return;
	flow->volumes.wait = false;
	for (i = 0; i < others.nr; i++)
		look_at_other(flow, messages, &others.v[i]);
	flow->volumes.wait = wait;
}

/**
 * flow_open_record() - find the record and read it
 * @flow: the flow, after flow_open_device()
 * @messages: for errors, warnings and notes
 *
 * If the record on the ESP of this boot is intact or does not exist yet, records
 * on other ESPs compete with it. The one with the highest weight counts.
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
	if (flow->slots.state == SLOTS_SOUND || flow->slots.state == SLOTS_FRESH)
		look_at_others(flow, messages);
	switch (flow->slots.state) {
	case SLOTS_DAMAGED:
	case SLOTS_NEWER:
		flow->facts.record = RECORD_DAMAGED;
		message_error(messages, flow->slots.state == SLOTS_NEWER ?
			     "the record of attempts is of a newer version; update vmfwupdate, or start a new record with \"history --clear\"" :
			     "the record of attempts is damaged; \"history --clear\" starts a new one");
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
 * @flow: the flow, after flow_open_image() and flow_open_record()
 * @messages: for warnings
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
		message_warning(messages, "%s: cannot verify the report's signature: %s",
				flow->config.certificates, evidence->why);
	if (flow->has_image && flow->facts.record == RECORD_READY)
		evidence_claim(evidence, &flow->config, &flow->slots.record,
			       flow->boot.id, flow->payload.digest,
			       &flow->firmware, !flow->store.top);
	flow->facts.verdict = evidence->verdict;
}

/**
 * flow_is_idle() - is there nothing to do, regardless of all further facts?
 * @flow: the flow, after flow_begin()
 */
bool flow_is_idle(const struct flow *flow)
{
	const struct facts *facts = &flow->facts;

	return facts->switched_off || facts->crash_kernel ||
	       !facts->configured;
}

/*
 * Without the interface, no attempt is possible. But an earlier boot with the
 * interface may have left an open attempt. Find it, so that flow_act() can
 * record its result. Otherwise it would prevent an attempt in the next boot
 * with the interface. Ignore errors, because this boot makes no attempt.
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
 * flow_look() - find all facts for the decision
 * @flow: the flow, after flow_begin()
 * @messages: for errors, warnings and notes
 */
void flow_look(struct flow *flow, struct messages *messages)
{
	if (flow_is_idle(flow))
		return;
	flow_open_device(flow, messages);
	/*
	 * Without the interface, a boot that does not require the firmware
	 * needs only the record.
	 */
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
		say_record_error(flow, messages, "write", err);
		flow->facts.record = RECORD_MISSING;
	}
	return err;
}

/*
 * Record the result of the last attempt. If that fails, the attempt stays open
 * and prevents new attempts in later boots.
 */
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

	/* The configuration may name another image than that of the attempt. */
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
		say_record_error(flow, messages, "write", err);
		return VMFW_EXIT_GUARD;
	}
	return stage_image(flow, messages);
}

/**
 * flow_act() - carry out the decision
 * @flow: the flow, with options.act
 * @messages: for errors
 * @decision: from decide()
 *
 * Return: an exit code. If it is VMFW_EXIT_OK and the decision is an attempt,
 * the function has staged the image: call flow_reset() next.
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
 * @flow: the flow; the function closes its file systems
 * @messages: for errors
 *
 * Return: an exit code; VMFW_EXIT_OK: the reset has begun.
 */
enum vmfw_exit flow_reset(struct flow *flow, struct messages *messages)
{
	enum vmfw_exit code;

	/* Unmount the file systems that this process has mounted. */
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
 * flow_settle() - let vmfwupdate.service skip its check
 * @flow: the flow, after flow_act() has succeeded
 * @messages: for errors
 * @decision: from decide()
 *
 * If the initramfs has found the wanted firmware running, the journal says so.
 * vmfwupdate.service in the root file system would only repeat the check. Its
 * sandbox alone takes longer to set up than the check.
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
		message_warning(messages, "cannot note for the rest of this boot that the wanted firmware is running: %s",
				strerror(-err));
}

/**
 * flow_end() - close everything that the flow opened
 * @flow: from flow_begin(), which may have failed
 */
void flow_end(struct flow *flow)
{
	payload_free(&flow->payload);
	source_close(&flow->source);
	device_close(&flow->device);
	volume_close_all(&flow->volumes);
}
