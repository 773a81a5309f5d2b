// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <libfdisk/libfdisk.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/size.h"
#include "efi/gpt.h"
#include "install/gpt-table.h"

#define LIBRARY		"libfdisk.so.1"
/*
 * New partitions begin at multiples of this, as those of fdisk do. That suits
 * the physical blocks of usual disks.
 */
#define GRAIN		(1u << 20)

/* The functions of libfdisk that the tool uses. */
#define FUNCTIONS(x) \
	x(fdisk_new_context) \
	x(fdisk_unref_context) \
	x(fdisk_save_user_sector_size) \
	x(fdisk_save_user_grain) \
	x(fdisk_assign_device_by_fd) \
	x(fdisk_is_labeltype) \
	x(fdisk_new_unknown_parttype) \
	x(fdisk_unref_parttype) \
	x(fdisk_new_partition) \
	x(fdisk_unref_partition) \
	x(fdisk_partition_start_follow_default) \
	x(fdisk_partition_partno_follow_default) \
	x(fdisk_partition_set_size) \
	x(fdisk_partition_size_explicit) \
	x(fdisk_partition_set_type) \
	x(fdisk_partition_has_start) \
	x(fdisk_partition_has_size) \
	x(fdisk_partition_get_start) \
	x(fdisk_partition_get_size) \
	x(fdisk_partition_get_uuid) \
	x(fdisk_partition_get_type) \
	x(fdisk_parttype_get_string) \
	x(fdisk_add_partition) \
	x(fdisk_get_partition) \
	x(fdisk_delete_partition) \
	x(fdisk_set_partition_type) \
	x(fdisk_write_disklabel)

/**
 * struct library - libfdisk, loaded at run time
 * @handle: result of dlopen(), or NULL
 */
struct library {
	void *handle;
#define MEMBER(name) __typeof__(name) *name;
	FUNCTIONS(MEMBER)
#undef MEMBER
};

/**
 * struct table - a partition table to change
 * @messages: for errors
 * @disk: the disk that it was read from
 * @copy: descriptor of a copy in memory, or -1
 * @state: the table as it was read
 * @lib: libfdisk
 * @context: libfdisk's view of @copy
 */
struct table {
	struct messages *messages;
	const struct blockdev *disk;
	int copy;
	struct table_state state;
	struct library lib;
	struct fdisk_context *context;
};

static enum vmfw_exit load_library(struct library *lib,
				   struct messages *messages)
{
	const char *missing = NULL;

	lib->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!lib->handle) {
		message_error(messages, "cannot change partitions without libfdisk: %s; is it installed?",
			      dlerror());
		return VMFW_EXIT_SYSTEM;
	}
#define FIND(name) \
	lib->name = dlsym(lib->handle, #name); \
	if (!lib->name) \
		missing = #name;
	FUNCTIONS(FIND)
#undef FIND
	if (!missing)
		return VMFW_EXIT_OK;
	message_error(messages, "cannot use %s: it has no %s(); update it", LIBRARY, missing);
	return VMFW_EXIT_SYSTEM;
}

static enum vmfw_exit say_error(const struct table *table, const char *what,
				int err)
{
	message_error(table->messages, "%s: %s: %s", table->disk->path, what,
		      err == -ESTALE ? "another program changed it; try again" :
		      strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

static enum vmfw_exit say_damaged(const struct table *table)
{
	message_error(table->messages, "%s: the first copy of the partition table (GPT) is damaged; repair it first, for example with gdisk",
		      table->disk->path);
	return VMFW_EXIT_SYSTEM;
}

static enum vmfw_exit copy_disk(struct table *table)
{
	int err = table_copy(table->disk, &table->copy, &table->state);

	switch (err) {
	case 0:
		return VMFW_EXIT_OK;
	case -EBADMSG:
		message_error(table->messages, "%s: the first copy of the partition table (GPT) is missing or damaged; repair it first, for example with gdisk, or name another disk",
			      table->disk->path);
		return VMFW_EXIT_SOURCE;
	case -EMEDIUMTYPE:
		message_error(table->messages, "%s: cannot change the partition table: its entries do not begin at block %d",
			      table->disk->path, GPT_ENTRIES);
		return VMFW_EXIT_SYSTEM;
	case -EILSEQ:
		return say_damaged(table);
	case -EUCLEAN:
		message_error(table->messages, "%s: cannot change the partition table: a partition overlaps it",
			      table->disk->path);
		return VMFW_EXIT_SYSTEM;
	default:
		return say_error(table, "cannot read the partition table",
				 err);
	}
}

static enum vmfw_exit assign_device(struct table *table)
{
	const struct library *lib = &table->lib;
	uint32_t block = table->disk->block;
	int err;

	table->context = lib->fdisk_new_context();
	if (!table->context)
		return say_error(table, "cannot read the partition table with libfdisk", -ENOMEM);
	err = lib->fdisk_save_user_sector_size(table->context, block, block);
	if (!err)
		err = lib->fdisk_save_user_grain(table->context, GRAIN);
	if (!err)
		err = lib->fdisk_assign_device_by_fd(table->context,
						     table->copy, "copy", 0);
	if (err)
		return say_error(table, "cannot read the partition table with libfdisk", err);
	/* libfdisk has checked the entries, too. */
	if (lib->fdisk_is_labeltype(table->context, FDISK_DISKLABEL_GPT))
		return VMFW_EXIT_OK;
	return say_damaged(table);
}

/**
 * table_open() - read a table in order to change it
 * @table: receives it; close it even after an error
 * @messages: for errors, also of later calls: valid as long as the table is
 *	open
 * @disk: the disk, which must stay open as long as the table; nothing but
 *	table_write() may write to it
 *
 * Return: an exit code.
 */
enum vmfw_exit table_open(struct table **table, struct messages *messages,
			  const struct blockdev *disk)
{
	struct table *new = calloc(1, sizeof(*new));
	enum vmfw_exit code;

	*table = new;
	if (!new) {
		message_error(messages, "%s: cannot read the partition table: %s", disk->path,
			      strerror(ENOMEM));
		return VMFW_EXIT_SYSTEM;
	}
	new->messages = messages;
	new->disk = disk;
	new->copy = -1;
	code = load_library(&new->lib, messages);
	if (!code)
		code = copy_disk(new);
	return code ? code : assign_device(new);
}

/**
 * table_close() - free a table
 * @table: from table_open(), which may have failed
 */
void table_close(struct table *table)
{
	if (!table)
		return;
	if (table->context)
		table->lib.fdisk_unref_context(table->context);
	if (table->lib.handle)
		dlclose(table->lib.handle);
	if (table->copy >= 0)
		close(table->copy);
	free(table->state.bytes);
	free(table);
}

/* Copy a UUID in lower case, as libblkid writes it. */
static void take_uuid(char *to, const char *from)
{
	size_t i;

	for (i = 0; from && from[i] && i < TABLE_UUID - 1; i++)
		to[i] = tolower((unsigned char)from[i]);
	to[i] = '\0';
}

/*
 * Read an entry from the table of libfdisk. Return -ENOENT if it is not in use.
 */
static int read_entry(struct table *table, size_t index,
		      struct table_entry *entry)
{
	const struct library *lib = &table->lib;
	struct fdisk_partition *partition = NULL;
	int err;

	err = lib->fdisk_get_partition(table->context, index, &partition);
	if (err)
		return err;
	*entry = (struct table_entry) { 0 };
	if (!lib->fdisk_partition_has_start(partition) ||
	    !lib->fdisk_partition_has_size(partition)) {
		lib->fdisk_unref_partition(partition);
		return -ENOENT;
	}
	entry->number = index + 1;
	entry->start = lib->fdisk_partition_get_start(partition) *
		       table->disk->block;
	entry->size = lib->fdisk_partition_get_size(partition) *
		      table->disk->block;
	take_uuid(entry->uuid, lib->fdisk_partition_get_uuid(partition));
	take_uuid(entry->type, lib->fdisk_parttype_get_string(
			  lib->fdisk_partition_get_type(partition)));
	lib->fdisk_unref_partition(partition);
	return 0;
}

static int add_entry(struct table *table, struct fdisk_partition *template,
		     struct fdisk_parttype *type, uint64_t size,
		     struct table_entry *entry)
{
	const struct library *lib = &table->lib;
	size_t index;
	int err;

	err = lib->fdisk_partition_partno_follow_default(template, 1);
	if (!err)
		err = lib->fdisk_partition_start_follow_default(template, 1);
	if (!err)
		err = lib->fdisk_partition_set_size(template, size /
						    table->disk->block);
	/* Do not let libfdisk choose a smaller size. */
	if (!err)
		err = lib->fdisk_partition_size_explicit(template, 1);
	if (!err)
		err = lib->fdisk_partition_set_type(template, type);
	if (!err)
		err = lib->fdisk_add_partition(table->context, template,
					       &index);
	if (!err)
		err = read_entry(table, index, entry);
	return !err && entry->size != size ? -ENOSPC : err;
}

/**
 * table_add() - add a partition in free space
 * @table: the table
 * @entry: receives its number, place and UUID
 * @size: bytes, a multiple of 1 MiB
 * @type: UUID of its type, as text
 *
 * Return: an exit code.
 */
enum vmfw_exit table_add(struct table *table, struct table_entry *entry,
			 uint64_t size, const char *type)
{
	struct fdisk_partition *template = table->lib.fdisk_new_partition();
	struct fdisk_parttype *parttype;
	char words[SIZE_WORDS];
	int err = -ENOMEM;

	parttype = table->lib.fdisk_new_unknown_parttype(0, type);
	if (template && parttype)
		err = add_entry(table, template, parttype, size, entry);
	table->lib.fdisk_unref_partition(template);
	table->lib.fdisk_unref_parttype(parttype);
	if (!err)
		return VMFW_EXIT_OK;
	/* libfdisk returns -ERANGE if all entries of the table are in use. */
	if (err == -ERANGE)
		message_error(table->messages, "%s: the partition table (GPT) has no free entry for another partition; remove a partition, or make a larger table",
			      table->disk->path);
	else if (err == -ENOSPC || err == -EINVAL)
		message_error(table->messages, "%s: cannot add a partition of %s: the disk has no room for it",
			      table->disk->path, size_words(words, size));
	else
		message_error(table->messages, "%s: cannot add a partition of %s: %s",
			      table->disk->path, size_words(words, size),
			      strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * table_has() - check that a partition has not changed since it was found
 * @table: the table
 * @entry: the partition
 *
 * Return: an exit code; VMFW_EXIT_SYSTEM: another program has changed it.
 */
enum vmfw_exit table_has(struct table *table, const struct table_entry *entry)
{
	struct table_entry now;

	if (!read_entry(table, entry->number - 1, &now) &&
	    now.start == entry->start && now.size == entry->size &&
	    !strcmp(now.uuid, entry->uuid) && !strcmp(now.type, entry->type))
		return VMFW_EXIT_OK;
	message_error(table->messages, "%s: partition %u has changed: another program changed the partition table; try again",
		      table->disk->path, entry->number);
	return VMFW_EXIT_SYSTEM;
}

/**
 * table_remove() - remove a partition
 * @table: the table
 * @entry: the partition
 *
 * Return: an exit code; VMFW_EXIT_SYSTEM: also if another program has changed
 * it.
 */
enum vmfw_exit table_remove(struct table *table,
			    const struct table_entry *entry)
{
	enum vmfw_exit code = table_has(table, entry);
	int err;

	if (code)
		return code;
	err = table->lib.fdisk_delete_partition(table->context,
						entry->number - 1);
	if (!err)
		return VMFW_EXIT_OK;
	message_error(table->messages, "%s, partition %u: cannot remove this partition: %s",
		      table->disk->path, entry->number, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * table_set_type() - give a partition another type
 * @table: the table
 * @entry: the partition
 * @type: UUID of its type, as text
 *
 * Return: an exit code.
 */
enum vmfw_exit table_set_type(struct table *table,
			      const struct table_entry *entry, const char *type)
{
	struct fdisk_parttype *parttype;
	enum vmfw_exit code = table_has(table, entry);
	int err = -ENOMEM;

	if (code)
		return code;
	parttype = table->lib.fdisk_new_unknown_parttype(0, type);
	if (parttype)
		err = table->lib.fdisk_set_partition_type(table->context,
							  entry->number - 1,
							  parttype);
	table->lib.fdisk_unref_parttype(parttype);
	if (!err)
		return VMFW_EXIT_OK;
	message_error(table->messages, "%s, partition %u: cannot set the type of this partition: %s",
		      table->disk->path, entry->number, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * table_write() - write a table to its disk
 * @table: the table; after this, only table_close() may use it
 *
 * Return: an exit code. In any case the disk has the old table, the new one, or
 * that of another program.
 */
enum vmfw_exit table_write(struct table *table)
{
	int err;

	err = table->lib.fdisk_write_disklabel(table->context);
	if (!err)
		err = table_replace(table->disk, table->copy, &table->state);
	return err ? say_error(table, "cannot write the partition table",
			       err) : VMFW_EXIT_OK;
}
