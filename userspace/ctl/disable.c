// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb disable, which switches firmware updates off.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "device/device.h"

/* Report the effect of disable on an image that was staged before. */
static void say_image(struct output *out, const struct device *before)
{
	const char *state = device_state_word(before->info.state);

	if (before->info.state == VMFWUPDATE_STATE_ARMED &&
	    before->info.properties & VMFWUPDATE_PROPERTY_DISABLE_STAYS)
		message_note(out->messages, "the VMM still applies the image that it has received");
	else if (device_has_image(before))
		message_note(out->messages, "the VMM no longer applies the image that was %s", state);
}

static int disable(struct output *out, struct device *device,
		   const struct options *options)
{
	const struct vmfwupdate_info *info = &device->info;
	struct device before;
	int code;

	if (info->state == VMFWUPDATE_STATE_DISABLED) {
		output_line(out, "firmware updates are already switched off %s",
			    device_disabled_words(info));
		print_resets(out, info);
		return VMFW_EXIT_OK;
	}
	if (options_given(options, OPTION_DRY_RUN)) {
		output_line(out, "disable would switch firmware updates off %s",
			    device_disabled_words(info));
		return VMFW_EXIT_OK;
	}
	code = device_open_session(device, out->messages);
	if (code)
		return code;
	before = *device;
	code = device_disable(device, out->messages);
	if (code)
		return code;
	say_image(out, &before);
	output_line(out, "firmware updates are switched off %s",
		    device_disabled_words(info));
	print_resets(out, info);
	return VMFW_EXIT_OK;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	(void)operands;
	return act_on_device(out, options, disable);
}

const struct verb verb_disable = {
	.name = "disable",
	.summary = "switch firmware updates off",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_DRY_RUN, OPTION_DEVICE),
	.codes = CODES_COMMON | CODE(DEVICE) | CODE(REFUSED),
	.help =
	"Until the next reset nobody can stage an image, not even root. If the VMM keeps\n"
	"images over resets, updates stay off until the VMM restores the host's image or\n"
	"the host powers the VM off and on. On QEMU, root can ask for the host's image\n"
	"even then. disable takes back a staged image. An image that such a VMM has\n"
	"copied still applies.\n",
	.run = run,
};
