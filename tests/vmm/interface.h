/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A revision of the interface, as the guest sees it through fw_cfg.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_INTERFACE_H
#define VMM_INTERFACE_H

#include <stdint.h>

#include "qemu.h"
#include "vmm.h"

/**
 * struct vmm_interface - one revision
 * @name: name in the argument revision=
 * @publish: add the fw_cfg files; called once, when the machine is complete;
 *	@options stay valid
 * @capabilities: the capability word, as the guest can read it now
 * @reset: called in each reset before the model loads anything, or NULL
 *
 * The files of the drafts show the state that offer.c keeps. The file of vmlaunchupdate
 * has a state of its own. Its images go to launch.c.
 */
struct vmm_interface {
	const char *name;
	void (*publish)(const struct vmm_options *options, FWCfgState *fw_cfg);
	uint64_t (*capabilities)(void);
	void (*reset)(void);
};

extern const struct vmm_interface interface_igvm;
extern const struct vmm_interface interface_v6;
extern const struct vmm_interface interface_launchupdate;

#endif
