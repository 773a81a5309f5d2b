// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/uuid.h"
#include "efi/bootoption.h"
#include "guest/bootentry.h"
#include "guest/efivars.h"
#include "shared/bytes.h"

/*
 * The most boot entries to read, so that a long boot order cannot delay the
 * boot.
 */
#define ORDER_MOST	32

static void write_uuid(struct bootentry *entry, const struct bootoption *option)
{
	if (option->gpt)
		uuid_words(entry->uuid, option->uuid);
	else
		snprintf(entry->uuid, sizeof(entry->uuid),
			 "%08" PRIx32 "-%02" PRIx32, option->disk,
			 option->number);
}

/*
 * Read the PARTUUID of the partition that a variable Boot#### names. The
 * contents of the variable are untrusted.
 */
static int read_option(const char *root, unsigned int number,
		       struct bootentry *entry)
{
	struct bootoption option;
	uint8_t *data;
	char name[16];
	size_t len;
	int err;

	snprintf(name, sizeof(name), "Boot%04X", number);
	err = efivars_get(root, EFIVARS_GLOBAL, name, &data, &len);
	if (!err)
		err = bootoption_read(&option, data, len);
	free(data);
	if (!err)
		write_uuid(entry, &option);
	return err;
}

/* Read the PARTUUID of the partition that the boot entry of this boot names. */
static int read_current(const char *root, struct bootentry *entry)
{
	uint8_t *data;
	size_t len;
	int err = efivars_get(root, EFIVARS_GLOBAL, "BootCurrent", &data, &len);

	if (!err)
		err = len == sizeof(uint16_t) ?
		      read_option(root, get_le16(data), entry) : -EBADMSG;
	free(data);
	return err;
}

/**
 * bootentry_current() - find out which partition this boot came from
 * @root: see efivars_get()
 * @entry: to be filled in; empty unless 0 is returned
 *
 * The variable of the boot loader takes precedence, because a boot loader knows
 * its own partition. The firmware names only the boot entry that it used.
 *
 * Return: 0, or a negative errno value: no variable names the partition.
 */
int bootentry_current(const char *root, struct bootentry *entry)
{
	int err;

	memset(entry, 0, sizeof(*entry));
	err = efivars_loader(root, "LoaderDevicePartUUID", entry->uuid,
			     sizeof(entry->uuid));
	entry->by_loader = !err;
	if (!err)
		return 0;
	entry->uuid[0] = '\0';
	return read_current(root, entry);
}

static bool has_entry(const struct bootentries *entries,
		      const struct bootentry *entry)
{
	unsigned int i;

	for (i = 0; i < entries->nr; i++)
		if (!strcasecmp(entries->v[i].uuid, entry->uuid))
			return true;
	return false;
}

/**
 * bootentry_others() - find out which partitions another boot may come from
 * @root: see efivars_get()
 * @others: to be filled in: the first BOOTENTRIES_MOST partitions of the
 *	firmware's boot order, without that of this boot
 *
 * Return: 0, or a negative errno value: the firmware has no boot order, or it
 * is not readable.
 */
int bootentry_others(const char *root, struct bootentries *others)
{
	struct bootentry current, entry = { .by_loader = false };
	uint8_t *order;
	size_t len, i;
	int err;

	others->nr = 0;
	err = efivars_get(root, EFIVARS_GLOBAL, "BootOrder", &order, &len);
	if (err)
		return err;
	bootentry_current(root, &current);
	for (i = 0; i + 2 <= len && i < 2 * ORDER_MOST &&
	     others->nr < BOOTENTRIES_MOST; i += 2)
		if (!read_option(root, get_le16(order + i), &entry) &&
		    strcasecmp(entry.uuid, current.uuid) &&
		    !has_entry(others, &entry))
			others->v[others->nr++] = entry;
	free(order);
	return 0;
}
