/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image that the guest has handed over: the one state that both drafts share.
 *
 * Each draft first checks a write by its own rules. It shows the state in its files. All
 * functions need QEMU's big lock.
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
 * offer_is_closed - Does the model ignore all writes now?
 * @verdict: out, on true: the verdict on every write
 */
bool offer_is_closed(struct verdict *verdict);

/**
 * offer_refuse - Make the verdict on a refused write
 * @reason: a text for the log
 */
struct verdict offer_refuse(const char *reason);

/**
 * offer_find_flaw - Find the reason why the VMM cannot take an image
 * @offer: the image, in host byte order
 *
 * Checks the properties that all formats share. Does not read the image.
 *
 * Return: a text, or NULL when there is no reason.
 */
const char *offer_find_flaw(const struct offer *offer);

/**
 * offer_arm - Let the next reset load this image in place of an earlier one
 * @offer: an image in which offer_find_flaw() found no flaw
 *
 * A fault may refuse or change the image.
 */
struct verdict offer_arm(const struct offer *offer);

/**
 * offer_withdraw - Let the next reset load nothing
 * @format: the format that the file shows from now on
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
 * offer_has_vanished - Has fault vanish removed all capabilities?
 */
bool offer_has_vanished(void);

/**
 * offer_shown - Get the image that a file for one format shows
 * @format: the file's format
 *
 * Return: the accepted image; all zeroes if it has another format.
 */
struct offer offer_shown(enum offer_format format);

/**
 * offer_take - Take the image out of the offer, at a reset
 * @offer: out: the image, when one is armed
 *
 * Afterwards, no image is armed and the interface is not disabled.
 */
enum offer_state offer_take(struct offer *offer);

#endif
