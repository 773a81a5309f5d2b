// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * history: the record of attempts.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

static int clear(struct output *out, struct flow *flow, bool dry_run)
{
	int err;

	if (flow->slots.state == SLOTS_FRESH) {
		output_line(out, "there is nothing to forget");
		return VMFW_EXIT_NOTHING;
	}
	if (dry_run) {
		output_line(out, "history --clear would forget all attempts");
		return VMFW_EXIT_OK;
	}
	err = slots_clear(&flow->slots);
	if (err) {
		message_error(out->messages, "cannot write the record of attempts: %s",
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	output_line(out, "the record of attempts is empty now");
	return VMFW_EXIT_OK;
}

static int print_all(struct output *out, const struct flow *flow)
{
	unsigned int i;

	if (flow->facts.record == RECORD_DAMAGED)
		return VMFW_EXIT_GUARD;
	output_array(out, "attempts");
	for (i = 0; i < flow->slots.record.nr; i++)
		print_attempt(out, &flow->slots.record.attempts[i]);
	output_end(out);
	if (!i)
		output_line(out, "no attempt is on record");
	return VMFW_EXIT_OK;
}

/*
 * Without an ESP, and without a page of the VMM for the guest, a machine has a
 * record only if record= names its place. Many machines need no record, so its
 * absence is no error. If the device is unreadable, the VMM may have such a
 * page.
 */
static bool has_no_place(const struct flow *flow)
{
	return flow->volumes.absent &&
	       flow->config.record == CONFIG_RECORD_AUTO &&
	       flow->facts.device != DEVICE_UNREADABLE;
}

static int say_no_record(struct output *out, const struct flow *flow,
			 const struct messages *kept)
{
	if (!has_no_place(flow)) {
		messages_pass(out->messages, kept);
		return VMFW_EXIT_SOURCE;
	}
	message_note(out->messages, "there is no record of attempts, because the tool found no EFI system partition; record= in vmfwupdate.conf(5) can name another place, such as record=/var/lib/vmfwupdate");
	return VMFW_EXIT_NOTHING;
}

static int act_on_record(struct output *out, struct flow *flow, bool wants_clear,
			 bool dry_run)
{
	struct messages kept;
	int code;

	flow->volumes.writable = wants_clear && !dry_run;
	flow_open_device(flow, out->messages);
	messages_keep(&kept);
	flow_open_record(flow, &kept);
	if (!flow->has_record) {
		code = say_no_record(out, flow, &kept);
	} else {
		messages_pass(out->messages, &kept);
		code = wants_clear ? clear(out, flow, dry_run) :
				     print_all(out, flow);
	}
	messages_free(&kept);
	return code;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	const struct flow_options flow_options = {
		.root = options->root,
		.device = options->device,
	};
	struct flow flow;
	int code;

	(void)operands;
	code = flow_begin(&flow, out->messages, &flow_options);
	if (!code)
		code = act_on_record(out, &flow,
				     options_given(options, OPTION_CLEAR),
				     options_given(options, OPTION_DRY_RUN));
	flow_end(&flow);
	return code;
}

const struct verb verb_history = {
	.name = "history",
	.summary = "show the attempts that auto has made",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_CLEAR, OPTION_DRY_RUN,
			   OPTION_DEVICE, OPTION_ROOT),
	.codes = CODES_COMMON | CODE(NOTHING) | CODE(GUARD) | CODE(SOURCE),
	.help =
	"history shows the last attempts, the oldest first: the image, the outcome, and\n"
	"the firmware before and after. The machine's clock may not have been set when a\n"
	"time was recorded. If this machine has no place for a record, the exit status\n"
	"is 3. With a damaged record, auto makes no attempt until --clear starts a new\n"
	"one.\n",
	.run = run,
};
