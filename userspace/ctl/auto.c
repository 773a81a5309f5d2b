// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * auto: what a boot does about its firmware.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "ctl/ctl.h"
#include "ctl/journal-entries.h"
#include "ctl/print.h"
#include "guest/reboot.h"

static const char *const record_states[] = {
	[SLOTS_SOUND] = "sound",
	[SLOTS_FRESH] = "new",
	[SLOTS_TORN] = "torn",
	[SLOTS_DAMAGED] = "damaged",
	[SLOTS_NEWER] = "of a newer version",
};

static void explain_image(struct output *out, const struct flow *flow)
{
	char words[LOCATION_WORDS], digest[DIGEST_WORDS];

	location_words(words, &flow->config.image);
	output_object(out, "wanted");
	output_string(out, "location", "Wanted image", words);
	if (flow->image_path[0])
		output_string(out, "path", "Found at", flow->image_path);
	if (flow->image_path[0] && flow->source.container)
		output_string(out, "part", "Part of it",
			      flow->source.extent.words);
	if (flow->has_image)
		output_string(out, "sha256", "Its SHA-256",
			      digest_words(digest, flow->payload.digest));
	output_end(out);
}

static void explain_record(struct output *out, const struct flow *flow)
{
	const struct attempt *last = record_last(&flow->slots.record);
	char words[64];

	output_object(out, "record");
	output_string(out, "place", "Record", flow->store.top ?
		      flow->store.path : "page of the VMM");
	output_string(out, "state", "State of it",
		      record_states[flow->slots.state]);
	if (last) {
		snprintf(words, sizeof(words), "#%ju, %s",
			 (uintmax_t)last->number, outcome_word(last->outcome));
		output_string(out, NULL, "Last attempt", words);
		output_number(out, "last_number", NULL, last->number);
		output_string(out, "last_outcome", NULL,
			      outcome_word(last->outcome));
	}
	output_end(out);
}

static void explain_device(struct output *out,
			   const struct vmfwupdate_info *info)
{
	output_string(out, NULL, "Any reset",
		      device_reset_words(info, device_any_reset(info)));
	output_string(out, "start", NULL, device_start_word(info->start));
	tell_resets(out, info);
	if (info->state == VMFWUPDATE_STATE_DISABLED)
		output_string(out, "disabled_until", "Switched off",
			      device_disabled_words(info));
}

static void explain(struct output *out, const struct flow *flow)
{
	char words[256];

	tell_firmware(out, "firmware", "Running", &flow->firmware);
	output_bool(out, "initramfs", NULL, flow->boot.initramfs);
	if (flow_is_idle(flow))
		return;
	output_string(out, "device", "Device",
		      flow_has_device(flow) ?
		      device_state_word(flow->device.info.state) :
		      flow->facts.device == DEVICE_ABSENT ? "none" :
		      "unreadable");
	output_string(out, "vmm", NULL, vmm_choice_word(flow->config.vmm));
	if (flow_has_device(flow))
		explain_device(out, &flow->device.info);
	explain_image(out, flow);
	if (flow->has_record)
		explain_record(out, flow);
	snprintf(words, sizeof(words), "%s (%s): %s",
		 verdict_word(flow->evidence.verdict),
		 rung_word(flow->evidence.rung), flow->evidence.why);
	output_string(out, NULL, "Verdict", words);
	output_object(out, "evidence");
	tell_evidence(out, &flow->evidence);
	output_end(out);
}

static void tell(struct output *out, const struct flow *flow,
		 const struct decision *decision)
{
	output_object(out, "decision");
	output_bool(out, "attempt", NULL, decision->attempt);
	output_bool(out, "consume", NULL, decision->consume);
	output_bool(out, "disable", NULL, decision->disable);
	output_string(out, "reason", NULL, reason_word(decision->reason));
	output_string(out, "why", NULL, reason_text(decision->reason));
	output_number(out, "exit_code", NULL, decision->code);
	output_end(out);
	if (decision->attempt)
		output_line(out, "%s: %s", flow->options.act ?
			    "starting from it" : "would start from it",
			    reason_text(decision->reason));
	else
		output_line(out, "%s%s", reason_text(decision->reason),
			    decision->reason == REASON_SWITCHED_OFF ?
			    "; nothing is done" : "");
	if (decision->code == VMFW_EXIT_REQUIRED)
		message_error(out->messages, "the configuration requires the wanted firmware: %s",
			      reason_text(decision->reason));
}

static int decide_and_act(struct output *out, struct flow *flow, bool explained)
{
	struct decision decision;
	bool logged;
	int code;

	flow_look(flow, out->messages);
	decision = decide(&flow->facts);
	if (explained)
		explain(out, flow);
	tell(out, flow, &decision);
	if (!flow->options.act)
		return decision.code;
	/* Before the reset, which may come at once. */
	logged = log_decision(flow, &decision);
	code = flow_act(flow, out->messages, &decision);
	if (decision.attempt)
		print_staged(out, &flow->payload, &flow->staged);
	if (decision.attempt && !code) {
		output_line(out, "resetting the machine");
		code = flow_reset(flow, out->messages);
	}
	if (decision.attempt && code)
		log_attempt_failed(flow, code);
	if (logged && !code)
		flow_settle(flow, out->messages, &decision);
	return code;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	bool explained = options->given & OPTION_EXPLAIN;
	const struct flow_options flow_options = {
		.root = options->root,
		.device = options->device,
		.progress = options->progress,
		.act = !explained && !(options->given & OPTION_DRY_RUN),
		.overridden =
			(options->force & FORCE_KEXEC ? RESET_TRAP_KEXEC : 0) |
			(options->force & FORCE_SOFT_REBOOT ?
			 RESET_TRAP_SOFT_REBOOT : 0),
	};
	struct flow flow;
	int code;

	(void)operands;
	code = flow_begin(&flow, out->messages, &flow_options);
	if (code) {
		code = decide_code(&flow.facts, code);
		if (flow_options.act)
			log_no_begin(&flow, code);
	} else {
		interrupt_after(flow.config.timeout);
		code = decide_and_act(out, &flow, explained);
		interrupt_after(0);
	}
	flow_end(&flow);
	return code;
}

const struct verb verb_auto = {
	.name = "auto",
	.summary = "start from the configured image, if it is not running",
	.options = OPTIONS_COMMON | OPTION_EXPLAIN | OPTION_DRY_RUN |
		   OPTION_FORCE | OPTION_PROGRESS | OPTION_DEVICE | OPTION_ROOT,
	.force = FORCE_KEXEC | FORCE_SOFT_REBOOT,
	.codes = CODES_IMAGE | CODE(NOTHING) | CODE(DEVICE) | CODE(REFUSED) |
		 CODE(GUARD) | CODE(REQUIRED) | CODE(START),
	.help =
	"For the units that run at every boot. The image is what vmfwupdate.conf(5)\n"
	"says. If it is not known to be running, an attempt is recorded, the image is\n"
	"staged, and the machine resets. The boot that follows makes no attempt,\n"
	"whatever it finds. If anything fails the boot goes on: see the exit status.\n",
	.run = run,
};
