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
		output_line(out, "all attempts would be forgotten");
		return VMFW_EXIT_OK;
	}
	err = slots_clear(&flow->slots);
	if (err) {
		message_error(out->messages, "cannot write the record of attempts: %s",
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	output_line(out, "all attempts are forgotten");
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

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	const struct flow_options flow_options = {
		.root = options->root,
		.device = options->device,
	};
	bool wants_clear = options_given(options, OPTION_CLEAR);
	bool dry_run = options_given(options, OPTION_DRY_RUN);
	struct flow flow;
	int code;

	(void)operands;
	code = flow_begin(&flow, out->messages, &flow_options);
	if (!code) {
		flow.volumes.writable = wants_clear && !dry_run;
		flow_open_device(&flow, out->messages);
		flow_open_record(&flow, out->messages);
		if (!flow.has_record)
			code = VMFW_EXIT_SOURCE;
		else if (wants_clear)
			code = clear(out, &flow, dry_run);
		else
			code = print_all(out, &flow);
	}
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
	"The last attempts, the oldest first: the image, the outcome, and the firmware\n"
	"before and after. The machine's clock may not have been set when a time was\n"
	"recorded. With a damaged record, auto makes no attempt until --clear starts a\n"
	"new one.\n",
	.run = run,
};
