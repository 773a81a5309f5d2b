// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The bytes of boot options (UEFI specification, "Load Options" and "Hard Drive"). A boot
 * option begins with attributes (4 bytes) and the length of the device path (2). A name in
 * UTF-16 follows, with a zero at its end. Then come the device path and data for the
 * loader. A device path is a list of nodes. Each node has a type (1), a subtype (1), a
 * length (2), and bytes of its type.
 *
 * This code does not use libefivar, because then every initramfs would contain
 * libefivar to read one kind of node.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>

#include "efi/bootoption.h"
#include "shared/bytes.h"

#define PATH_LENGTH_AT	4
#define NAME_AT		6

#define NODE_SIZE	4
#define NODE_LENGTH_AT	2
#define TYPE_MEDIA	4
#define MEDIA_DISK	1
#define TYPE_END	0x7f

/* A node of a partition on a hard drive. */
#define DISK_SIZE	42
#define NUMBER_AT	4
#define SIGNATURE_AT	24
#define TABLE_AT	40
#define SIGNATURE_TYPE_AT 41
#define TABLE_MBR	1
#define TABLE_GPT	2
#define SIGNATURE_MBR	1
#define SIGNATURE_GUID	2

static int read_disk(struct bootoption *option, const uint8_t *node, size_t len)
{
	if (len != DISK_SIZE)
		return -EBADMSG;
	option->number = get_le32(node + NUMBER_AT);
	if (node[TABLE_AT] == TABLE_GPT &&
	    node[SIGNATURE_TYPE_AT] == SIGNATURE_GUID) {
		option->gpt = true;
		get_guid(option->uuid, node + SIGNATURE_AT);
		return 0;
	}
	if (node[TABLE_AT] == TABLE_MBR &&
	    node[SIGNATURE_TYPE_AT] == SIGNATURE_MBR) {
		option->disk = get_le32(node + SIGNATURE_AT);
		return 0;
	}
	return -ENOENT;
}

static int read_path(struct bootoption *option, const uint8_t *path, size_t len)
{
	size_t size;

	for (; len; path += size, len -= size) {
		if (len < NODE_SIZE)
			return -EBADMSG;
		size = get_le16(path + NODE_LENGTH_AT);
		if (size < NODE_SIZE || size > len)
			return -EBADMSG;
		if (path[0] == TYPE_END)
			break;
		if (path[0] == TYPE_MEDIA && path[1] == MEDIA_DISK)
			return read_disk(option, path, size);
	}
	return -ENOENT;
}

/* Return the offset of the device path, or 0 if the name does not end. */
static size_t skip_name(const uint8_t *data, size_t len)
{
	size_t at;

	for (at = NAME_AT; at + 2 <= len; at += 2)
		if (!get_le16(data + at))
			return at + 2;
	return 0;
}

/**
 * bootoption_read() - read which partition a boot option names
 * @option: receives the partition
 * @data: content of the variable, which may be malformed
 * @len: bytes at @data
 *
 * Return: 0; -ENOENT: the option names no partition of a GPT or an MBR;
 * -EBADMSG: the option is malformed.
 */
int bootoption_read(struct bootoption *option, const uint8_t *data, size_t len)
{
	size_t at, path;

	memset(option, 0, sizeof(*option));
	if (len < NAME_AT)
		return -EBADMSG;
	at = skip_name(data, len);
	path = get_le16(data + PATH_LENGTH_AT);
	if (!at || path > len - at)
		return -EBADMSG;
	return read_path(option, data + at, path);
}
