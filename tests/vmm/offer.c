// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The image that the guest has handed over.
 *
 * There is one machine, so there is one image. An image that the guest arms through one
 * draft replaces that of the other draft. DISABLE of either draft disables both.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "memory.h"
#include "offer.h"

static const struct vmm_options *options;
static struct offer accepted;
static bool disabled;
static bool vanished;

static bool fault(enum vmm_fault which)
{
	return options->faults.set[which];
}

void offer_start(const struct vmm_options *the_options)
{
	options = the_options;
}

bool offer_is_closed(struct verdict *verdict)
{
	if (fault(FAULT_IGNORE_WRITE)) {
		*verdict = (struct verdict) { "ignored", "fault ignore-write" };
		return true;
	}
	if (disabled) {
		*verdict = (struct verdict) {
			"disabled", "off until the next reset"
		};
		return true;
	}
	return false;
}

struct verdict offer_refuse(const char *reason)
{
	return (struct verdict) { "refused", reason };
}

const char *offer_find_flaw(const struct offer *offer)
{
	struct memory_range range = { offer->addr, offer->size };
	uint64_t where;

	if (!range.size)
		return "the image has no bytes";
	if (range.addr % MEMORY_PAGE)
		return "the address is not page-aligned";
	if (range.size > UINT64_MAX - range.addr)
		return "the image wraps around";
	if (range.size > options->max_size)
		return "the image is larger than max-size";
	if (!memory_is_backed(range, &where))
		return "the image is not all in RAM";
	return NULL;
}

struct verdict offer_arm(const struct offer *offer)
{
	if (fault(FAULT_REFUSE_IMAGE)) {
		accepted = (struct offer) { 0 };
		return offer_refuse("fault refuse-image");
	}
	accepted = *offer;
	vanished = fault(FAULT_VANISH);
	if (fault(FAULT_SIZE16)) {
		accepted.size &= UINT16_MAX;
		return (struct verdict) { "altered", "fault size16" };
	}
	return (struct verdict) { "accepted", "the next reset loads it" };
}

struct verdict offer_withdraw(enum offer_format format)
{
	if (fault(FAULT_NO_WITHDRAW) && accepted.addr)
		return (struct verdict) { "ignored", "fault no-withdraw" };
	accepted = (struct offer) { .format = format };
	return (struct verdict) { "cleared", "nothing is armed" };
}

struct verdict offer_disable(void)
{
	if (fault(FAULT_NO_DISABLE))
		return (struct verdict) { "ignored", "fault no-disable" };
	accepted = (struct offer) { 0 };
	disabled = true;
	return (struct verdict) { "disabled", "off from now on" };
}

bool offer_is_disabled(void)
{
	return disabled;
}

bool offer_has_vanished(void)
{
	return vanished;
}

struct offer offer_shown(enum offer_format format)
{
	return accepted.format == format ? accepted : (struct offer) { 0 };
}

enum offer_state offer_take(struct offer *offer)
{
	enum offer_state state = OFFER_NONE;

	if (disabled)
		state = OFFER_DISABLED;
	else if (accepted.addr)
		state = OFFER_ARMED;
	*offer = accepted;
	accepted = (struct offer) { 0 };
	disabled = false;
	return state;
}
