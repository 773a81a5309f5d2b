// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Hashes of a kernel that a VMM hands to a firmware. The processor measures the
 * table of hashes in place of the kernel, and the firmware compares the kernel
 * with the table. The table's layout is that of QEMU (target/i386/sev.c) and of
 * edk2 (OvmfPkg, BlobVerifierLibSevHashes).
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include "measure/measure.h"

#define HASH_AT		(GUID_SIZE + 2)
#define ENTRY_SIZE	(HASH_AT + SHA256_SIZE)
#define HEAD_SIZE	(GUID_SIZE + 2)
#define TABLE_SIZE	(HEAD_SIZE + 3 * ENTRY_SIZE)

/* GUIDs as in memory: the first three numbers are little-endian. */
static const uint8_t table_guid[GUID_SIZE] = {
	0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
	0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21,
};
static const uint8_t command_line_guid[GUID_SIZE] = {
	0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c,
	0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a,
};
static const uint8_t initrd_guid[GUID_SIZE] = {
	0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b,
	0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d,
};
static const uint8_t kernel_guid[GUID_SIZE] = {
	0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42,
	0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b,
};

static uint8_t *put_entry(uint8_t *p, const uint8_t *guid, const uint8_t *hash)
{
	memcpy(p, guid, GUID_SIZE);
	put_le16(p + GUID_SIZE, ENTRY_SIZE);
	memcpy(p + HASH_AT, hash, SHA256_SIZE);
	return p + ENTRY_SIZE;
}

/**
 * kernel_table_put() - make the table of a kernel's hashes
 * @table: receives KERNEL_TABLE_SIZE bytes
 * @hashes: the hashes
 */
void kernel_table_put(uint8_t *table,
		      const struct vmfw_igvm_kernel_hashes *hashes)
{
	uint8_t *p = table + HEAD_SIZE;

	memset(table, 0, KERNEL_TABLE_SIZE);
	memcpy(table, table_guid, GUID_SIZE);
	put_le16(table + GUID_SIZE, TABLE_SIZE);
	p = put_entry(p, command_line_guid, hashes->command_line);
	p = put_entry(p, initrd_guid, hashes->initrd);
	put_entry(p, kernel_guid, hashes->kernel);
}
