// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb revert, which asks the VMM for the host's own image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/journal-entries.h"
#include "ctl/print.h"
#include "device/device.h"

static int say_not_needed(struct output *out, const struct device *device)
{
	message_note(out->messages, "revert is not needed: this VMM applies an image once and keeps none; a cold start runs the host's firmware");
	if (device_has_image(device))
		message_note(out->messages, "an image is %s; 'vmfwupdate-ctl unstage' takes it back",
			     device_state_word(device->info.state));
	return VMFW_EXIT_NOTHING;
}

static int say_already(struct output *out, const struct device *device)
{
	output_line(out, "the VMM has this request already; the next reset restores the host's image");
	print_resets(out, &device->info);
	return VMFW_EXIT_OK;
}

static int revert(struct output *out, struct device *device,
		  const struct options *options)
{
	const struct vmfwupdate_info *info = &device->info;
	struct device before;
	int code;

	if (!(info->properties & VMFWUPDATE_PROPERTY_RESTORE))
		return say_not_needed(out, device);
	if (info->held == VMFWUPDATE_HELD_HOST)
		return say_already(out, device);
	/* The VMM has not confirmed an earlier request, so the verb asks again. */
	code = info->state == VMFWUPDATE_STATE_REVERTING ?
	       VMFW_EXIT_OK : device_check(device, out->messages);
	if (code)
		return code;
	if (options_given(options, OPTION_DRY_RUN)) {
		output_line(out, "revert would ask the VMM to restore the host's image at the next reset");
		return VMFW_EXIT_OK;
	}
	code = device_open_session(device, out->messages);
	if (code)
		return code;
	before = *device;
	code = device_restore(device, out->messages);
	if (code)
		return code;
	if (device_has_image(&before))
		message_note(out->messages, "the VMM no longer applies the image that was %s",
			     device_state_word(before.info.state));
	output_line(out, "the next reset restores the host's image");
	message_note(out->messages, "at the next reset the VMM reads the file of the host's image again; if the file is missing, the VM ends");
	print_resets(out, info);
	log_reverted();
	return VMFW_EXIT_OK;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	(void)operands;
	return act_on_device(out, options, revert);
}

const struct verb verb_revert = {
	.name = "revert",
	.summary = "ask for the host's own image, for the next reset",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_DRY_RUN, OPTION_DEVICE),
	.codes = CODES_COMMON | CODE(NOTHING) | CODE(DEVICE) | CODE(REFUSED) |
		 CODE(START),
	.help =
	"revert is for a VMM that keeps an image over resets, see 'status'. Until the\n"
	"next reset no program can stage an image, and the machine does not sleep. If\n"
	"vmfwupdate.conf(5) names an image, the next boot brings that image again. The\n"
	"exit status is 3 if the VMM keeps no image: then revert is not needed.\n",
	.run = run,
};
