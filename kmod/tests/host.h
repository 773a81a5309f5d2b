/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tests' replacement for a VMM and for a machine's memory, and the switches
 * that make it fail.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_TESTS_HOST_H
#define VMFWUPDATE_TESTS_HOST_H

#include <linux/sizes.h>
#include <linux/types.h>

#include "../plan.h"

struct page;

#define HOST_VLU	"etc/vmlaunchupdate"
#define HOST_IGVM	"etc/vmfwupdate"
#define HOST_CAP	"etc/vmfwupdate/cap"
#define HOST_BIOS_SIZE	"etc/vmfwupdate/bios-size"
#define HOST_FW_BLOB	"etc/vmfwupdate/fw-blob"
#define HOST_OPAQUE	"etc/vmfwupdate/opaque-blob"
#define HOST_DISABLE	"etc/vmfwupdate/disable"
#define HOST_FILES	5

/**
 * struct host_file - a fw_cfg file
 * @name: its name; NULL: none
 * @size: its size in bytes
 * @data: its content
 */
struct host_file {
	const char *name;
	size_t size;
	u8 data[SZ_4K];
};

/**
 * struct host_copy - state of a VMM with vmlaunchupdate that its file does not have
 * @addr: the address of the image that the VMM has copied; 0: it has the host's
 * @first_byte: first byte of that image
 * @once: the VMM goes back to the host's image after one reset, unless a read
 *	selects the file before
 * @restores: the VMM goes back to the host's image at the next reset
 * @disabled: the interface is off
 * @not_from_igvm: the machine was not started from an IGVM file
 */
struct host_copy {
	u64 addr;
	u8 first_byte;
	bool once;
	bool restores;
	bool disabled;
	bool not_from_igvm;
};

/**
 * struct vmfw_fw_cfg - a VMM, as the transport shows it
 * @files: its files
 * @copy: with vmlaunchupdate, the state that the file does not have
 * @answer: changes the written bytes in @files; NULL: the VMM takes all bytes
 * @operations: reads, exchanges and last writes so far
 * @fail_at: the operation that fails, counted from 1; 0: none does
 * @fail_error: its error
 * @fail_late: only the answer is lost, the write has happened
 * @share_error: result of a conversion to shared memory
 * @unshare_error: result of a conversion to private memory
 * @shared: pages that the VMM can read
 * @leaked: pages that the driver has given up
 */
struct vmfw_fw_cfg {
	struct host_file files[HOST_FILES];
	struct host_copy copy;
	void (*answer)(struct host_file *file);
	unsigned int operations;
	unsigned int fail_at;
	int fail_error;
	bool fail_late;
	int share_error;
	int unshare_error;
	unsigned long shared;
	unsigned long leaked;
};

/* The only VMM, since vmfw_share() has no parameter that names one. */
extern struct vmfw_fw_cfg host;

/**
 * struct machine - memory, as the allocator shows it
 * @first: the first page of the machine's RAM
 * @ram: the machine's RAM
 * @fail_small: the allocation for the driver's own use that fails, counted from
 *	1; 0: none does
 * @busy: how many positions cannot be emptied, from now on
 * @range_error: the error of an attempt to empty any other position
 * @tries: positions that the driver has tried
 * @set_aside: memory that the command line has set aside; empty: none
 * @taken: pages that the driver has taken and not given back
 */
struct machine {
	struct page *first;
	struct vmfw_span ram;
	unsigned int fail_small;
	unsigned int busy;
	int range_error;
	unsigned int tries;
	struct vmfw_span set_aside;
	unsigned long taken;
};

extern struct machine machine;

#define MACHINE_SIZE	SZ_4M

/* host.c */
void host_reset_vlu(void);
void host_reset_igvm(void);
void host_reset_v6(void);
struct host_file *host_file(const char *name);
u64 host_held(void);
void host_refuse(struct host_file *file);
void host_cling(struct host_file *file);

/* machine.c */
int machine_start(void);
void machine_stop(void);
void machine_reset(void);

#endif /* VMFWUPDATE_TESTS_HOST_H */
