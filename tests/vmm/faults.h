/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults of a VMM, on request: one line for each.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_FAULTS_H
#define VMM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#define VMM_FAULTS(FAULT)						\
	/* the fw_cfg files are not there */				\
	FAULT(NO_INTERFACE,	"no-interface")				\
	/* the capability word offers no format */			\
	FAULT(NO_IGVM,		"no-igvm")				\
	/* nothing that is written has an effect */			\
	FAULT(IGNORE_WRITE,	"ignore-write")				\
	/* the size is kept in 16 bits */				\
	FAULT(SIZE16,		"size16")				\
	/* every image is refused when it is offered */			\
	FAULT(REFUSE_IMAGE,	"refuse-image")				\
	/* every image is accepted, and refused at the reset */		\
	FAULT(REFUSE_RESET,	"refuse-reset")				\
	/* an image that is armed cannot be cleared any more */		\
	FAULT(NO_WITHDRAW,	"no-withdraw")				\
	/* DISABLE is not shown and has no effect */			\
	FAULT(NO_DISABLE,	"no-disable")				\
	/* after the first image nothing is offered any more */		\
	FAULT(VANISH,		"vanish")				\
	/* vmlaunchupdate: a refusal with address and size cleared */	\
	FAULT(REFUSE_CLEARED,	"refuse-cleared")			\
	/* nothing is loaded, status 0, and this field stays */		\
	FAULT(KEEP_ADDR,	"keep-addr")				\
	FAULT(KEEP_SIZE,	"keep-size")				\
	/* status is no number that the interface has */		\
	FAULT(ODD_STATUS,	"odd-status")				\
	/* the version is no number that the interface has */		\
	FAULT(ODD_VERSION,	"odd-version")				\
	/* DISABLE is shown though images are taken */			\
	FAULT(SHOW_DISABLED,	"show-disabled")			\
	/* the opaque fields are lost */				\
	FAULT(LOSE_OPAQUE,	"lose-opaque")				\
	/* success is shown, and nothing is loaded */			\
	FAULT(LOSE_IMAGE,	"lose-image")				\
	/* the host's image is never restored */			\
	FAULT(NO_RESTORE,	"no-restore")

enum vmm_fault {
#define FAULT(id, name) FAULT_##id,
	VMM_FAULTS(FAULT)
#undef FAULT
	NR_FAULTS
};

/**
 * struct vmm_faults - the faults to play
 * @set: indexed by enum vmm_fault
 */
struct vmm_faults {
	bool set[NR_FAULTS];
};

/**
 * faults_parse - Read names joined by "+"
 * @names: as given on the command line
 * @faults: receives the named faults
 *
 * Return: false, after a message that names them all, for an unknown one.
 */
bool faults_parse(const char *names, struct vmm_faults *faults);

/**
 * faults_format - Write the names of faults, joined by "+", or "none"
 * @faults: the faults
 * @text: receives the names, always terminated
 * @size: bytes in @text
 */
void faults_format(const struct vmm_faults *faults, char *text, size_t size);

#endif
