// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * unstage: take a staged image back.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "ctl.h"
#include "log.h"
#include "../lib/device.h"
#include "../lib/exit.h"

static int unstage(struct output *out, struct device *device,
		   const struct options *options)
{
	int code;

	if (!device_has_image(device)) {
		output_note(out, "nothing is staged");
		return VMFW_EXIT_NOTHING;
	}
	if (options->given & OPTION_DRY_RUN) {
		output_line(out, "the image that is %s would be withdrawn",
			    device_state_word(device->info.state));
		return VMFW_EXIT_OK;
	}
	code = device_open_session(device, out);
	if (!code)
		code = device_cancel(device, out);
	if (code)
		return code;
	output_line(out, "withdrawn; the next reset keeps the firmware");
	log_unstaged();
	return VMFW_EXIT_OK;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	(void)operands;
	return act_on_device(out, options, unstage);
}

const struct verb verb_unstage = {
	.name = "unstage",
	.summary = "take a staged image back",
	.options = OPTIONS_COMMON | OPTION_DRY_RUN | OPTION_DEVICE,
	.help =
	"The next reset keeps the firmware, and the image's memory is free again.\n"
	"The exit status is 3 if nothing was staged.\n",
	.run = run,
};
