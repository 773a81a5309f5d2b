// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb verify, which finds out whether the wanted firmware is running.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "ctl/print.h"
#include "ctl/verify.h"

static bool has_digest(const struct config *config)
{
	return config->has_expected[VMFW_IGVM_SEV_SNP] ||
	       config->has_expected[VMFW_IGVM_TDX];
}

/**
 * verify_print() - print the evidence
 * @out: the output
 * @evidence: the evidence
 *
 * Return: the exit code for the verdict.
 */
int verify_print(struct output *out, const struct evidence *evidence)
{
	print_evidence(out, NULL, evidence);
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
		message_error(out->messages, "cannot verify the running firmware: neither image= nor expected-digest= is configured; see vmfwupdate.conf(5)");
		return VMFW_EXIT_NOTHING;
	}
	flow_open_device(flow, out->messages);
	if (flow->facts.configured) {
		flow_open_image(flow, out->messages);
		flow_open_record(flow, out->messages);
	}
	flow_find_evidence(flow, out->messages);
	print_firmware(out, "firmware", NULL, &flow->firmware);
	output_string(out, "vmm", NULL,
		      vmm_choice_word(flow->config.vmm));
	return verify_print(out, &flow->evidence);
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
	if (options_any_given(options, OPTIONS_REPORT))
		return verify_report(out, options);
	code = flow_begin(&flow, out->messages, &flow_options);
	if (!code)
		code = verify(out, &flow);
	flow_end(&flow);
	return code;
}

const struct verb verb_verify = {
	.name = "verify",
	.summary = "check whether the configured image is running",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_DEVICE, OPTION_ROOT,
			   OPTIONS_REPORT),
	.codes = CODES_IMAGE | CODE(NOTHING) | CODE(VERIFY) | CODE(UNKNOWN),
	.help =
	"The answer names the kind of its evidence. It is attested if the processor\n"
	"reports the digest, and signed if the report's signature is also verified. It\n"
	"is quoted if the digest is in a TD's quote, which the host makes. It is claimed\n"
	"if it depends on the firmware's name and the record of attempts. It is opaque\n"
	"if that record is in the VMM's page. The exit status is 0 if the image is\n"
	"running, 9 if it is not, and 10 if it is unknown.\n\n"
	"With --report, verify judges the report of another machine: its nonce, its\n"
	"signature, its policy, and the firmware of the processor. It also compares the\n"
	"launch digest with that of --image or --digest. No device is needed.\n",
	.run = run,
};
