// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb auto, which starts the machine from the configured image during a boot.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "ctl/ctl.h"
#include "ctl/journal-entries.h"
#include "ctl/print.h"
#include "guest/reboot.h"

static void explain_device(struct output *out, const struct device *device)
{
	const struct vmfwupdate_info *info = &device->info;

	output_string(out, "device", NULL, device->path);
	output_string(out, "state", "Device", device_state_word(info->state));
	output_string(out, NULL, "Any reset",
		      device_reset_words(info, device_any_reset(info)));
	output_string(out, "start", NULL, device_start_word(info->start));
	print_resets(out, info);
	if (info->state == VMFWUPDATE_STATE_DISABLED)
		output_string(out, "disabled_until", "Switched off",
			      device_disabled_words(info));
}

static void explain(struct output *out, const struct flow *flow)
{
	print_firmware(out, "firmware", "Running", &flow->firmware);
	output_bool(out, "initramfs", NULL, flow->boot.initramfs);
	if (flow_is_idle(flow))
		return;
	if (!flow_has_device(flow))
		output_string(out, NULL, "Device",
			      flow->facts.device == DEVICE_ABSENT ? "none" :
								    "unreadable");
	output_string(out, "vmm", NULL, vmm_choice_word(flow->config.vmm));
	if (flow_has_device(flow))
		explain_device(out, &flow->device);
	print_wanted(out, flow, true);
	if (flow->has_record)
		print_record(out, flow, true);
	print_evidence(out, "Verdict", &flow->evidence);
}

static void say_decision(struct output *out, const struct flow *flow,
			 const struct decision *decision)
{
	print_decision(out, decision);
	if (decision->attempt)
		output_line(out, "%s: %s", flow->options.act ?
			    "auto makes an attempt" :
			    "auto would make an attempt",
			    reason_text(decision->reason));
	else
		output_line(out, "%s%s", reason_text(decision->reason),
			    decision->reason == REASON_SWITCHED_OFF ?
			    "; auto does nothing" : "");
	if (decision->code == VMFW_EXIT_REQUIRED)
		message_error(out->messages, "cannot go on without the configured firmware (required=yes): %s",
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
	say_decision(out, flow, &decision);
	if (!flow->options.act)
		return decision.code;
	/* Log the decision before the reset, which may follow at once. */
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
	bool explained = options_given(options, OPTION_EXPLAIN);
	const struct flow_options flow_options = {
		.root = options->root,
		.device = options->device,
		.progress = options->progress,
		.act = !explained && !options_given(options, OPTION_DRY_RUN),
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
	.options = OPTIONS(OPTIONS_COMMON, OPTION_EXPLAIN, OPTION_DRY_RUN,
			   OPTION_FORCE, OPTION_PROGRESS, OPTION_DEVICE,
			   OPTION_ROOT),
	.force = FORCE_KEXEC | FORCE_SOFT_REBOOT,
	.codes = CODES_IMAGE | CODE(NOTHING) | CODE(DEVICE) | CODE(REFUSED) |
		 CODE(GUARD) | CODE(REQUIRED) | CODE(START),
	.help =
	"The units run auto at every boot. vmfwupdate.conf(5) names the image. If there\n"
	"is no evidence that it is running, auto records an attempt, stages the image\n"
	"and resets the machine. The next boot makes no attempt in any case. After a\n"
	"failure the boot goes on, unless the configuration has required=yes: see the\n"
	"exit status.\n",
	.run = run,
};
