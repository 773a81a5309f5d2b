/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that the model simulates on request: one line for each.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_FAULTS_H
#define VMM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#define VMM_FAULTS(FAULT)						\
	/* the fw_cfg files do not exist */				\
	FAULT(NO_INTERFACE,	"no-interface")				\
	/* the model neither offers nor accepts IGVM */			\
	FAULT(NO_IGVM,		"no-igvm")				\
	/* no write of the guest has an effect */			\
	FAULT(IGNORE_WRITE,	"ignore-write")				\
	/* the model keeps only 16 bits of the size */			\
	FAULT(SIZE16,		"size16")				\
	/* the model refuses every image at the offer */		\
	FAULT(REFUSE_IMAGE,	"refuse-image")				\
	/* the model accepts images, but refuses them at a reset */	\
	FAULT(REFUSE_RESET,	"refuse-reset")				\
	/* the guest cannot withdraw an armed image */			\
	FAULT(NO_WITHDRAW,	"no-withdraw")				\
	/* DISABLE has no effect, and the file never shows it */	\
	FAULT(NO_DISABLE,	"no-disable")				\
	/* the model offers no format after the first image */		\
	FAULT(VANISH,		"vanish")				\
	/* vmlaunchupdate: a refusal clears address and size */		\
	FAULT(REFUSE_CLEARED,	"refuse-cleared")			\
	/* status 0, but the model loads nothing and keeps this field */\
	FAULT(KEEP_ADDR,	"keep-addr")				\
	FAULT(KEEP_SIZE,	"keep-size")				\
	/* the status has a value that the interface lacks */		\
	FAULT(ODD_STATUS,	"odd-status")				\
	/* the version has a value that the interface lacks */		\
	FAULT(ODD_VERSION,	"odd-version")				\
	/* the file shows DISABLE, but the model takes images */	\
	FAULT(SHOW_DISABLED,	"show-disabled")			\
	/* the opaque fields read 0 */					\
	FAULT(LOSE_OPAQUE,	"lose-opaque")				\
	/* the guest reads success, but the model loads nothing */	\
	FAULT(LOSE_IMAGE,	"lose-image")				\
	/* no reset restores the host's image */			\
	FAULT(NO_RESTORE,	"no-restore")

enum vmm_fault {
#define FAULT(id, name) FAULT_##id,
	VMM_FAULTS(FAULT)
#undef FAULT
	NR_FAULTS
};

/**
 * struct vmm_faults - the faults to simulate
 * @set: indexed by enum vmm_fault
 */
struct vmm_faults {
	bool set[NR_FAULTS];
};

/**
 * faults_parse - Read names joined by "+"
 * @names: names of faults, from the command line
 * @faults: receives the named faults
 *
 * Return: false for an unknown name, after a message that lists the known ones.
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
