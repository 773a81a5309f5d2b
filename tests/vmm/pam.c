// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programmable attribute map (PAM): registers of the host bridge that make
 * 0xC0000-0xFFFFF RAM or ROM (Intel 82441FX and Q35 data sheets).
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <endian.h>
#include <stddef.h>
#include <stdint.h>

#include "pam.h"
#include "qemu.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc
#define CONFIG_ENABLE (UINT32_C(1) << 31)

#define PAM_REGISTERS 7

static const struct {
	uint32_t id;		/* device and vendor of 00:00.0 */
	uint8_t pam0;
} bridges[] = {
	{ 0x12378086, 0x59 },	/* 82441FX: pc */
	{ 0x29c08086, 0x90 },	/* Q35: q35 */
};

static void io(hwaddr port, void *data, hwaddr size, bool is_write)
{
	static const MemTxAttrs no_attributes;

	address_space_rw((AddressSpace *)address_space_io, port, no_attributes,
			 data, size, is_write);
}

static void select_register(uint8_t where)
{
	uint32_t address = htole32(CONFIG_ENABLE | (where & ~3u));

	io(CONFIG_ADDRESS, &address, sizeof(address), true);
}

/* Select no register, as after a reset. */
static void deselect(void)
{
	uint32_t address = 0;

	io(CONFIG_ADDRESS, &address, sizeof(address), true);
}

static int find_pam0(void)
{
	uint32_t id = 0;
	size_t i;

	select_register(0);
	io(CONFIG_DATA, &id, sizeof(id), false);
	deselect();
	for (i = 0; i < sizeof(bridges) / sizeof(bridges[0]); i++)
		if (bridges[i].id == le32toh(id))
			return bridges[i].pam0;
	return -1;
}

bool pam_present(void)
{
	return find_pam0() >= 0;
}

void pam_reset(void)
{
	uint8_t where = find_pam0();
	uint8_t rom = 0;
	int i;

	for (i = 0; i < PAM_REGISTERS; i++, where++) {
		select_register(where);
		io(CONFIG_DATA + (where & 3), &rom, sizeof(rom), true);
	}
	deselect();
}
