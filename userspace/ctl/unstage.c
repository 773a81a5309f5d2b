// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb unstage, which takes a staged image back.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "base/exit.h"
#include "ctl/ctl.h"
#include "ctl/journal-entries.h"
#include "ctl/print.h"
#include "device/device.h"

/* Has the VMM copied the image, so that the guest cannot take it back? */
static bool needs_restore(const struct vmfwupdate_info *info)
{
	return info->state == VMFWUPDATE_STATE_ARMED &&
	       !device_can_withdraw(info);
}

static int say_nothing(struct output *out, const struct vmfwupdate_info *info)
{
	message_note(out->messages, "nothing is staged");
	if (info->held == VMFWUPDATE_HELD_HOST)
		message_note(out->messages, "the next reset restores the host's image");
	else if (info->state == VMFWUPDATE_STATE_DISABLED &&
		 info->held == VMFWUPDATE_HELD_IMAGE)
		message_note(out->messages, "the VMM still applies the image that it received before updates were switched off");
	else if (info->state == VMFWUPDATE_STATE_DISABLED)
		message_note(out->messages, "firmware updates are switched off %s",
			     device_disabled_words(info));
	else if (info->properties & VMFWUPDATE_PROPERTY_RESTORE &&
		 info->held != VMFWUPDATE_HELD_NOTHING)
		message_note(out->messages, "the VMM may have an earlier image; 'vmfwupdate-ctl revert' asks for the host's image");
	return VMFW_EXIT_NOTHING;
}

static int say_plan(struct output *out, const struct vmfwupdate_info *info)
{
	output_line(out, needs_restore(info) ?
		    "unstage would ask the VMM for the host's image in place of the one that is %s" :
		    "unstage would withdraw the image that is %s",
		    device_state_word(info->state));
	return VMFW_EXIT_OK;
}

static int withdraw(struct output *out, struct device *device)
{
	int code = device_cancel(device, out->messages);

	if (code)
		return code;
	output_line(out, device_can_withdraw(&device->info) ?
		    "unstage has withdrawn the image; the next reset starts the firmware that runs now" :
		    "unstage has withdrawn the image, which the VMM has not seen");
	if (device->info.state == VMFWUPDATE_STATE_ARMED)
		message_note(out->messages, "the VMM still applies an earlier image; run 'vmfwupdate-ctl unstage' again to ask for the host's image");
	return VMFW_EXIT_OK;
}

static int unstage(struct output *out, struct device *device,
		   const struct options *options)
{
	bool restore;
	int code;

	if (!device_has_image(device))
		return say_nothing(out, &device->info);
	if (options_given(options, OPTION_DRY_RUN))
		return say_plan(out, &device->info);
	code = device_open_session(device, out->messages);
	if (code)
		return code;
	restore = needs_restore(&device->info);
	if (restore)
		code = device_restore(device, out->messages);
	else
		code = withdraw(out, device);
	if (code)
		return code;
	if (restore)
		output_line(out, "the guest cannot take the image back; the next reset brings the host's image, which may differ from the running firmware");
	print_resets(out, &device->info);
	log_unstaged(restore);
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
	.options = OPTIONS(OPTIONS_COMMON, OPTION_DRY_RUN, OPTION_DEVICE),
	.codes = CODES_COMMON | CODE(NOTHING) | CODE(DEVICE) | CODE(REFUSED),
	.help =
	"The next reset starts the firmware that runs now. The image's memory is free.\n"
	"If the VMM has copied the image (see 'stage'), unstage asks it for the host's\n"
	"image instead. Then the next reset brings the host's image, not the firmware\n"
	"that runs now, and no program can stage another image in this boot. The exit\n"
	"status is 3 if nothing was staged.\n",
	.run = run,
};
