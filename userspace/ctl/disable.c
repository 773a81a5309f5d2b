// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * disable: switch firmware updates off.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "device/device.h"

/* What DISABLE does to an image that is there. */
static void say_image(struct output *out, const struct device *device)
{
	const char *state = device_state_word(device->info.state);

	if (device->info.state == VMFWUPDATE_STATE_ARMED &&
	    device->info.properties & VMFWUPDATE_PROPERTY_DISABLE_STAYS)
		message_note(out->messages, "the image that was handed over still applies");
	else if (device_has_image(device))
		message_note(out->messages, "the image that was %s is gone", state);
}

static int disable(struct output *out, struct device *device,
		   const struct options *options)
{
	const struct vmfwupdate_info *info = &device->info;
	int code;

	if (info->state == VMFWUPDATE_STATE_DISABLED) {
		output_line(out, "already switched off %s",
			    device_disabled_words(info));
		tell_resets(out, info);
		return VMFW_EXIT_OK;
	}
	if (options->given & OPTION_DRY_RUN) {
		output_line(out, "would be switched off %s",
			    device_disabled_words(info));
		return VMFW_EXIT_OK;
	}
	code = device_open_session(device, out->messages);
	if (code)
		return code;
	say_image(out, device);
	code = device_disable(device, out->messages);
	if (code)
		return code;
	output_line(out, "switched off %s", device_disabled_words(info));
	tell_resets(out, info);
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
	.options = OPTIONS_COMMON | OPTION_DRY_RUN | OPTION_DEVICE,
	.codes = CODES_COMMON | CODE(DEVICE) | CODE(REFUSED),
	.help =
	"An intruder who comes later cannot stage anything. They stay off until the\n"
	"next reset, or, if the VMM keeps images over resets, until the host's image is\n"
	"restored or the VM is powered off and on. A staged image is taken back; one\n"
	"that such a VMM has copied still applies.\n",
	.run = run,
};
