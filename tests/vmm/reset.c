// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The actions of a reset, and their order.
 *
 * QEMU runs reset handlers in the order of their registration. Right after
 * machine_init_done, it registers its own handler, which restores ROM contents. The model
 * must load an image after that, or arm64 with -bios overwrites the image. So a bottom half
 * registers reset(). The main loop runs this bottom half after the power-on reset.
 * reset_start() itself registers before_reset(), which must see the bytes before QEMU's
 * handler replaces them.
 *
 * A machine that starts from an IGVM file needs power_on() before its first instruction.
 * state_changed() calls it when the machine begins to run. If the machine stays stopped,
 * the bottom half calls it.
 *
 * Only the first reset after arming loads an image of the drafts. Firmware may need one
 * or two further resets while it starts.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "area.h"
#include "firmware.h"
#include "launch.h"
#include "launch_loader.h"
#include "log.h"
#include "offer.h"
#include "pam.h"
#include "qemu.h"
#include "reset.h"
#include "running.h"

static const struct vmm_options *options;
static void (*before)(void);

static const char *const ordinary_reasons[] = {
	[OFFER_NONE] = "nothing armed",
	[OFFER_DISABLED] = "disabled",
	[OFFER_ARMED] = "image refused",
};

/* The first reset is that of power-on, when reset() is not yet registered. */
static void before_reset(void *opaque)
{
	static bool powered;

	(void)opaque;
	if (!powered)
		area_find_alias();
	powered = true;
	running_before_reset();
}

static void power_on(void)
{
	static bool done;

	if (!done)
		launch_power_on();
	done = true;
}

static void state_changed(void *opaque, bool running, int state)
{
	(void)opaque;
	(void)state;
	if (running)
		power_on();
}

static void ordinary_reset(enum offer_state state)
{
	if (options->reload)
		running_reload_ram();
	log_event("reset kind=ordinary reason=\"%s\"", ordinary_reasons[state]);
}

static bool update(const struct offer *offer)
{
	struct firmware *firmware = firmware_load(options, offer);

	if (!firmware)
		return false;
	running_replace(firmware);
	launch_forget();
	log_event("reset kind=update reason=\"image loaded\"");
	return true;
}

static void launch_or_ordinary_reset(enum offer_state state)
{
	const char *kind = launch_reset();

	if (!kind) {
		ordinary_reset(state);
		running_start();
		return;
	}
	log_event("reset kind=%s", kind);
	launch_start_processor();
}

static void reset(void *opaque)
{
	struct offer offer;
	enum offer_state state = offer_take(&offer);

	(void)opaque;
	before();
	if (options->pam_reset)
		pam_reset();
	running_after_reset();
	if (state == OFFER_ARMED && update(&offer))
		running_start();
	else
		launch_or_ordinary_reset(state);
}

static void register_late(void *opaque)
{
	(void)opaque;
	power_on();
	qemu_register_reset_nosnapshotload(reset, NULL);
}

void reset_start(const struct vmm_options *the_options,
		 void (*called_before)(void))
{
	options = the_options;
	before = called_before;
	qemu_add_vm_change_state_handler(state_changed, NULL);
	qemu_register_reset_nosnapshotload(before_reset, NULL);
	aio_bh_schedule_oneshot_full(qemu_get_aio_context(), register_late,
				     NULL, "vmfwupdate-reset");
}
