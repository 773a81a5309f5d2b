// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * disable: switch firmware updates off.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "ctl.h"
#include "../lib/device.h"
#include "../lib/exit.h"

static int disable(struct output *out, struct device *device,
		   const struct options *options)
{
	int code;

	if (device->info.state == VMFWUPDATE_STATE_DISABLED) {
		output_line(out, "already switched off until the next reset");
		return VMFW_EXIT_OK;
	}
	if (options->given & OPTION_DRY_RUN) {
		output_line(out, "would be switched off until the next reset");
		return VMFW_EXIT_OK;
	}
	code = device_open_session(device, out);
	if (code)
		return code;
	if (device_has_image(device))
		output_note(out, "the image that was %s is gone",
			    device_state_word(device->info.state));
	code = device_disable(device, out);
	if (!code)
		output_line(out, "switched off until the next reset");
	return code;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	(void)operands;
	return act_on_device(out, options, disable);
}

const struct verb verb_disable = {
	.name = "disable",
	.summary = "switch firmware updates off until the next reset",
	.options = OPTIONS_COMMON | OPTION_DRY_RUN | OPTION_DEVICE,
	.help =
	"Only a reset switches them on again: an intruder who comes later cannot\n"
	"stage anything. A staged image is taken back.\n",
	.run = run,
};
