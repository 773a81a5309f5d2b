/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image that the guest has handed over: the one state that all revisions of
 * the interface share.
 *
 * A revision decides whether a write makes sense in its own terms,
 * and shows the state in its files. All of it needs QEMU's big lock.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_OFFER_H
#define VMM_OFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm.h"

enum offer_format {
	OFFER_NO_FORMAT,
	OFFER_IGVM,
	OFFER_FLAT,
};

/**
 * struct offer - an image
 * @format: its format
 * @addr: guest physical address of its first byte; 0 when there is none
 * @size: bytes
 */
struct offer {
	enum offer_format format;
	uint64_t addr;
	uint64_t size;
};

enum offer_state {
	OFFER_NONE,
	OFFER_DISABLED,
	OFFER_ARMED,
};

/**
 * struct verdict - the result of a write, in the log's words
 * @name: one word
 * @reason: a text
 */
struct verdict {
	const char *name;
	const char *reason;
};

/**
 * offer_start - Begin without an image
 * @options: stay valid
 */
void offer_start(const struct vmm_options *options);

/**
 * offer_is_closed - Does no write have any effect now?
 * @verdict: out, when it is: why
 */
bool offer_is_closed(struct verdict *verdict);

/**
 * offer_refuse - Make the verdict on a write that changes nothing
 * @reason: why
 */
struct verdict offer_refuse(const char *reason);

/**
 * offer_find_flaw - Find the reason why the VMM cannot take an image from there
 * @offer: in host order
 *
 * Looks at the properties that all formats share, and not into the image.
 *
 * Return: a text, or NULL when there is no reason.
 */
const char *offer_find_flaw(const struct offer *offer);

/**
 * offer_arm - Let the next reset load this image, and no earlier one
 * @offer: without a flaw
 *
 * A fault may refuse or change the image.
 */
struct verdict offer_arm(const struct offer *offer);

/**
 * offer_withdraw - Let the next reset load nothing
 * @format: shown from now on
 */
struct verdict offer_withdraw(enum offer_format format);

/**
 * offer_disable - Ignore all writes until the next reset
 */
struct verdict offer_disable(void);

/**
 * offer_is_disabled - Has offer_disable() been called since the last reset?
 */
bool offer_is_disabled(void);

/**
 * offer_has_vanished - By fault vanish: does the VMM now deny its abilities?
 */
bool offer_has_vanished(void);

/**
 * offer_shown - Get the image that a file for one format shows
 * @format: that format
 *
 * Return: the last one that was accepted, all zeroes if it was of another format.
 */
struct offer offer_shown(enum offer_format format);

/**
 * offer_take - Take the image out of the offer, at a reset
 * @offer: out: the image, when one is armed
 *
 * From then on nothing is armed and nothing is disabled.
 */
enum offer_state offer_take(struct offer *offer);

#endif
