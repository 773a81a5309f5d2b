/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A revision of the interface: what the guest sees through fw_cfg, and what of
 * it is left to do at a reset.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_INTERFACE_H
#define VMM_INTERFACE_H

#include <stdint.h>

#include "qemu.h"
#include "vmm.h"

enum offer_state {
	OFFER_NONE,
	OFFER_DISABLED,
	OFFER_ARMED,
};

/**
 * struct offer - the image that the guest has handed over
 * @state: whether there is one
 * @addr: guest physical address of its first byte
 * @size: bytes
 */
struct offer {
	enum offer_state state;
	uint64_t addr;
	uint64_t size;
};

/**
 * struct vmm_interface - one revision
 * @name: for the argument revision=
 * @publish: add the fw_cfg files, write the log's "ready" line; called once,
 *	when the machine is complete; @options stay valid
 * @take: at a reset: what is armed; from then on nothing is armed, nothing is
 *	disabled and the files show their initial values
 */
struct vmm_interface {
	const char *name;
	void (*publish)(const struct vmm_options *options, FWCfgState *fw_cfg);
	struct offer (*take)(void);
};

extern const struct vmm_interface interface_igvm;

#endif
