// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * verify: is the wanted firmware running?
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

static bool has_digest(const struct config *config)
{
	return config->has_expected[VMFW_IGVM_SEV_SNP] ||
	       config->has_expected[VMFW_IGVM_TDX];
}

static int tell_verdict(struct output *out, const struct evidence *evidence)
{
	output_object(out, "evidence");
	tell_evidence(out, evidence);
	output_end(out);
	output_line(out, "%s (%s): %s", verdict_word(evidence->verdict),
		    rung_word(evidence->rung), evidence->why);
	switch (evidence->verdict) {
	case VERDICT_RUNNING:
		return VMFW_EXIT_OK;
	case VERDICT_NOT_RUNNING:
		return VMFW_EXIT_VERIFY;
	default:
		return VMFW_EXIT_UNKNOWN;
	}
}

static int verify(struct output *out, struct flow *flow)
{
	if (!flow->facts.configured && !has_digest(&flow->config)) {
		message_error(out->messages, "neither an image nor a digest is configured; see vmfwupdate.conf(5)");
		return VMFW_EXIT_NOTHING;
	}
	flow_open_device(flow, out->messages);
	if (flow->facts.configured) {
		flow_open_image(flow, out->messages);
		flow_open_record(flow, out->messages);
	}
	flow_find_evidence(flow, out->messages);
	tell_firmware(out, "firmware", NULL, &flow->firmware);
	output_string(out, "vmm", NULL,
		      vmm_choice_word(flow->config.vmm));
	return tell_verdict(out, &flow->evidence);
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
		code = verify(out, &flow);
	flow_end(&flow);
	return code;
}

const struct verb verb_verify = {
	.name = "verify",
	.summary = "tell whether the configured image is running",
	.options = OPTIONS_COMMON | OPTION_DEVICE | OPTION_ROOT,
	.codes = CODES_COMMON | CODE(NOTHING) | CODE(VERIFY) | CODE(UNKNOWN),
	.help =
	"The answer comes with the rung of its evidence: attested by the processor\n"
	"(signed, if that was verified as well), or claimed by the firmware's name and\n"
	"the record of attempts, which in the VMM's page is called opaque. The exit\n"
	"status is 0 if it is running, 9 if it is not, 10 if nothing tells.\n",
	.run = run,
};
