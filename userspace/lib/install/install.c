// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "disk/blockdev.h"
#include "install/gpt-table.h"
#include "install/install.h"
#include "shared/macro.h"

/* Bytes of one read, and the alignment that direct I/O needs. */
#define PIECE		MIB
#define ALIGNMENT	4096
/* The most that the tool waits for a process that has a partition open: 5 s. */
#define WAITS_MOST	50
#define WAIT_US		100000

/**
 * struct install_job - a change in progress
 * @messages: for errors
 * @change: the change
 * @disk: the locked disk
 * @found: firmware partitions on it
 * @old: the partition to replace or to remove, within @found; or NULL
 * @source: the new image, or NULL
 * @written: number of bytes of the image that the tool has written
 * @taken: number of partitions that are out of the table in memory, but not yet
 *	out of that on the disk
 * @made: the table has the new partition
 * @watch: the new partition, to check it before each write
 */
struct install_job {
	struct messages *messages;
	struct partition_change *change;
	struct blockdev disk;
	struct partitions found;
	const struct partition *old;
	struct source *source;
	uint64_t written;
	unsigned int taken;
	bool made;
	struct table_watch watch;
};

static enum vmfw_exit say_interrupted(const struct install_job *job)
{
	return interrupt_exit(job->messages, job->old ? "the old image stays" :
			      "nothing was installed");
}

static enum vmfw_exit say_error(const struct install_job *job, const char *what,
				int err)
{
	if (err == -EINTR && interrupt_seen())
		return say_interrupted(job);
	message_error(job->messages, "%s: %s: %s", job->change->disk, what,
		      err == -EREMCHG ? "another program changed the partition table; try again" : strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/*
 * Is this a partition that an installation did not complete? No boot can use
 * it.
 */
static bool is_leftover(const struct partition *partition)
{
	return partition->state == PARTITION_UNFINISHED ||
	       partition->state == PARTITION_EMPTY;
}

static enum vmfw_exit find_old(struct install_job *job)
{
	unsigned int number = job->change->number;
	size_t i, nr = 0;

	for (i = 0; i < job->found.nr; i++) {
		const struct partition *partition = &job->found.v[i];

		if (number ? partition->number != number :
			     is_leftover(partition))
			continue;
		job->old = partition;
		nr++;
	}
	if (number && !nr) {
		message_error(job->messages, "%s, partition %u: this is not a firmware partition",
			      job->change->disk, number);
		return VMFW_EXIT_SOURCE;
	}
	if (nr <= 1)
		return VMFW_EXIT_OK;
	message_error(job->messages, "%s: there is more than one firmware partition; remove all but one of these first:",
		      job->change->disk);
	for (i = 0; i < job->found.nr; i++)
		if (!is_leftover(&job->found.v[i]))
			message_error(job->messages, "partition %u: PARTUUID=%s",
				      job->found.v[i].number,
				      job->found.v[i].uuid);
	return VMFW_EXIT_SOURCE;
}

static enum vmfw_exit begin_job(struct install_job *job)
{
	struct partition_change *change = job->change;
	int err;

	err = blockdev_open(&job->disk, change->disk, !change->dry_run);
	if (!err)
		err = blockdev_lock(&job->disk);
	if (err)
		return say_error(job, "cannot open and lock this disk", err);
	err = partition_scan(&job->found, job->disk.fd, change->disk);
	if (err == -ENODATA)
		return partition_say_no_table(job->messages, change->disk);
	return err ? say_error(job, "cannot look for partitions", err) :
		     find_old(job);
}

static void end_job(struct install_job *job)
{
	partition_free(&job->found);
	/* This releases the lock. Then udev probes the disk. */
	blockdev_close(&job->disk);
}

static struct table_entry entry_of(const struct partition *partition)
{
	struct table_entry entry = {
		.number = partition->number,
		.start = partition->start,
		.size = partition->size,
	};

	snprintf(entry.uuid, sizeof(entry.uuid), "%s", partition->uuid);
	snprintf(entry.type, sizeof(entry.type), "%s",
		 partition->state == PARTITION_UNFINISHED ?
		 PARTITION_TYPE_UNFINISHED : PARTITION_TYPE);
	return entry;
}

/*
 * Remove the partition from the kernel's list before another partition gets its
 * space. The removal fails while a process has the partition open. A process that
 * looks for file systems has it open only for a moment.
 */
static enum vmfw_exit drop_partition(const struct install_job *job,
				     const struct partition *partition)
{
	unsigned int waits = 0;
	int err;

	if (job->change->dry_run)
		return VMFW_EXIT_OK;
	while ((err = blockdev_drop_partition(&job->disk, partition->number)) ==
	       -EBUSY && waits++ < WAITS_MOST) {
		usleep(WAIT_US);
		if (interrupt_seen())
			return say_interrupted(job);
	}
	if (!err || err == -ENXIO)
		return VMFW_EXIT_OK;
	message_error(job->messages, "%s, partition %u: cannot remove this partition: %s",
		      job->change->disk, partition->number, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/*
 * Remove the partition from the kernel's list, and from a table that the tool
 * has not written yet.
 */
static enum vmfw_exit take_out(struct install_job *job, struct table *table,
			       const struct partition *partition)
{
	const struct table_entry entry = entry_of(partition);
	enum vmfw_exit code = table_has(table, &entry);

	if (!code)
		code = drop_partition(job, partition);
	if (!code)
		code = table_remove(table, &entry);
	job->taken += !code;
	return code;
}

static enum vmfw_exit take_old_out(struct install_job *job, struct table *table)
{
	return job->old ? take_out(job, table, job->old) : VMFW_EXIT_OK;
}

static enum vmfw_exit remove_leftovers(struct install_job *job,
				       struct table *table)
{
	const struct partition *partition = job->found.v;
	size_t i;
	enum vmfw_exit code;

	for (i = 0; i < job->found.nr; i++, partition++) {
		if (!is_leftover(partition) || partition == job->old)
			continue;
		code = take_out(job, table, partition);
		if (code)
			return code;
	}
	return VMFW_EXIT_OK;
}

/* Partitions count as removed once the table without them is on the disk. */
static enum vmfw_exit write_unless_dry(struct install_job *job,
				       struct table *table)
{
	enum vmfw_exit code = job->change->dry_run ? VMFW_EXIT_OK :
						     table_write(table);

	if (!code)
		job->change->removed += job->taken;
	job->taken = 0;
	return code;
}

/* Note the new partition before the write, so that an error can undo it. */
static void note_made(struct install_job *job, const struct table_entry *entry)
{
	struct partition *now = &job->change->now;

	job->made = !job->change->dry_run;
	snprintf(now->disk, sizeof(now->disk), "%s", job->change->disk);
	now->number = entry->number;
	now->start = entry->start;
	now->size = entry->size;
	now->state = PARTITION_UNFINISHED;
	snprintf(now->uuid, sizeof(now->uuid), "%s", entry->uuid);
	job->watch.entry = *entry;
}

/*
 * Add a partition for the image. No boot looks for a partition of its type. After an
 * error, the disk may have the new partition all the same.
 */
static enum vmfw_exit make_partition(struct install_job *job)
{
	uint64_t size = ONEFILE_HEADER + job->source->size;
	struct table_entry entry;
	struct table *table;
	enum vmfw_exit code;

	size += (MIB - size % MIB) % MIB;
	code = table_open(&table, job->messages, &job->disk);
	if (!code)
		code = remove_leftovers(job, table);
	if (!code)
		code = table_add(table, &entry, size,
				 PARTITION_TYPE_UNFINISHED);
	/* A dry run ends here, so it takes out the old partition, too. */
	if (!code && job->change->dry_run)
		code = take_old_out(job, table);
	if (!code) {
		note_made(job, &entry);
		code = write_unless_dry(job, table);
	}
	table_close(table);
	return code;
}

/* Check that no other program has changed the new partition. */
static int find_made(struct install_job *job)
{
	int err = table_look(&job->disk, &job->watch);

	return err == -ESTALE ? -EREMCHG : err;
}

static int write_within(struct install_job *job, uint64_t offset,
			const void *bytes, size_t len)
{
	int err = find_made(job);

	return err ? err : blockdev_write(&job->disk, job->change->now.start +
					  offset, bytes, len);
}

static int write_piece(void *arg, const void *bytes, size_t len)
{
	struct install_job *job = arg;
	uint64_t at = ONEFILE_HEADER + job->written;

	job->written += len;
	return write_within(job, at, bytes, len);
}

/*
 * Write the image, but no header. First erase the place of the header, because
 * old data there may look like a header.
 */
static enum vmfw_exit write_image(struct install_job *job)
{
	static const uint8_t nothing[ONEFILE_HEADER];
	struct progress progress;
	int err;

	progress_begin(&progress, job->change->progress, "write",
		       job->source->size);
	err = write_within(job, 0, nothing, sizeof(nothing));
	if (!err)
		err = source_stream(job->source, write_piece, job, &progress,
				    job->change->digest);
	if (!err)
		err = blockdev_sync(&job->disk);
	progress_end(&progress);
	if (err == -ESTALE)
		return source_stream_error(job->source, job->messages, err);
	return err ? say_error(job, "cannot copy the image", err) :
		     VMFW_EXIT_OK;
}

static int add_pieces(struct digest *digest, const struct blockdev *disk,
		      const struct partition *partition,
		      const struct onefile *file, uint8_t *piece)
{
	uint64_t at, end = file->start + file->size;
	uint64_t skip = file->start;
	int err = 0;

	for (at = 0; !err && at < end; at += PIECE) {
		uint64_t room = partition->size - at;
		uint64_t last = end - at < PIECE ? end - at : PIECE;

		if (interrupt_seen())
			return -EINTR;
		err = blockdev_read(disk, partition->start + at, piece,
				    room < PIECE ? room : PIECE);
		if (!err)
			err = digest_add(digest, piece + skip, last - skip);
		skip = 0;
	}
	return err;
}

/* Compute the SHA-256 of the file in a partition. */
static int digest_partition(const struct blockdev *disk,
			    const struct partition *partition,
			    const struct onefile *file, uint8_t *value)
{
	struct digest *digest = digest_begin();
	uint8_t *piece = aligned_alloc(ALIGNMENT, PIECE);
	int err = -ENOMEM;

	if (digest && piece)
		err = add_pieces(digest, disk, partition, file, piece);
	if (!err)
		err = digest_finish(digest, value);
	free(piece);
	digest_free(digest);
	return err;
}

static enum vmfw_exit say_differs(const struct install_job *job)
{
	message_error(job->messages, "%s: verification failed: data read back differs; the disk may be failing",
		      job->change->disk);
	return VMFW_EXIT_SYSTEM;
}

/*
 * Compare the image with the data on the medium. Do not read the kernel's
 * cache, which has the written data.
 */
static int read_back(const struct install_job *job, bool *same)
{
	const struct onefile file = {
		.start = ONEFILE_HEADER,
		.size = job->source->size,
	};
	uint8_t digest[DIGEST_SIZE];
	struct blockdev medium;
	int err;

	err = blockdev_open_direct(&medium, job->change->disk);
	if (!err) {
		err = digest_partition(&medium, &job->change->now, &file,
				       digest);
		blockdev_close(&medium);
	}
	*same = !err && !memcmp(digest, job->change->digest, sizeof(digest));
	return err;
}

static enum vmfw_exit verify_image(const struct install_job *job)
{
	bool same;
	int err = read_back(job, &same);

	if (err)
		return say_error(job, "cannot read the image back", err);
	return same ? VMFW_EXIT_OK : say_differs(job);
}

/*
 * Compare the image once more, after the last write to the disk. The image
 * already counts, so ignore a signal now.
 */
static enum vmfw_exit verify_last(struct install_job *job)
{
	bool same = false;
	int err = find_made(job);

	if (!err)
		err = read_back(job, &same);
	if (err == -EINTR && interrupt_seen())
		return VMFW_EXIT_OK;
	if (err)
		return say_error(job, "cannot read the image back", err);
	return same ? VMFW_EXIT_OK : say_differs(job);
}

static int read_header(const struct install_job *job, struct onefile *file)
{
	const struct partition *now = &job->change->now;
	uint8_t *head = aligned_alloc(ALIGNMENT, ALIGNMENT);
	struct blockdev medium;
	int err = -ENOMEM;

	if (head)
		err = blockdev_open_direct(&medium, job->change->disk);
	if (!err) {
		err = blockdev_read(&medium, now->start, head, ALIGNMENT);
		blockdev_close(&medium);
	}
	if (!err && onefile_read(file, head, ALIGNMENT, now->size))
		err = -EILSEQ;
	free(head);
	return err;
}

/*
 * Write the header, and check it. With the header, the contents of the partition
 * count as an image.
 */
static enum vmfw_exit write_header(struct install_job *job)
{
	struct onefile *file = &job->change->now.file;
	uint8_t head[ONEFILE_HEADER];
	int err;

	onefile_write(head, job->source->size);
	err = write_within(job, 0, head, sizeof(head));
	if (!err)
		err = blockdev_sync(&job->disk);
	if (err)
		return say_error(job, "cannot write the header", err);
	err = read_header(job, file);
	if (err && err != -EILSEQ)
		return say_error(job, "cannot read the header back", err);
	return err || file->width != 64 || file->size != job->source->size ?
	       say_differs(job) : VMFW_EXIT_OK;
}

/* Change the table so that the new image counts, and the old one is gone. */
static enum vmfw_exit commit_image(struct install_job *job)
{
	struct partition *now = &job->change->now;
	struct table *table;
	enum vmfw_exit code;

	if (interrupt_seen())
		return say_interrupted(job);
	code = table_open(&table, job->messages, &job->disk);
	if (!code)
		code = table_set_type(table, &job->watch.entry, PARTITION_TYPE);
	if (!code)
		code = take_old_out(job, table);
	if (!code)
		code = write_unless_dry(job, table);
	table_close(table);
	if (code)
		return code;
	now->state = PARTITION_IMAGE;
	job->watch.entry = entry_of(now);
	return VMFW_EXIT_OK;
}

/*
 * Add a partition to the kernel's list. An error is only a warning: the next
 * boot reads the table anyway.
 */
static void tell_kernel(const struct install_job *job,
			const struct partition *partition)
{
	int err = blockdev_add_partition(&job->disk, partition->number,
					 partition->start, partition->size);

	if (err && err != -EBUSY)
		message_warning(job->messages, "%s: cannot add partition %u to the kernel's list: %s; run partprobe, or reboot",
				job->change->disk, partition->number,
				strerror(-err));
}

static enum vmfw_exit remove_made(struct install_job *job)
{
	struct table *table;
	enum vmfw_exit code;

	code = table_open(&table, job->messages, &job->disk);
	if (!code)
		code = table_remove(table, &job->watch.entry);
	if (!code)
		code = table_write(table);
	table_close(table);
	return code;
}

/*
 * Undo an installation after an error. If the error occurred during the write
 * of the table, the new table may already count: read it to find out.
 */
static void undo_change(struct install_job *job)
{
	const struct partition *now = &job->change->now;
	struct partitions found = { 0 };
	bool unfinished = false;
	size_t i;
	int err;

	err = partition_scan(&found, job->disk.fd, job->change->disk);
	if (err)
		message_warning(job->messages, "%s: cannot read the partition table again: %s; see \"partition list\" for an unfinished partition",
				job->change->disk,
				err == -ENODATA ?
				"it is missing, damaged or unreadable" :
				strerror(-err));
	for (i = 0; !err && i < found.nr; i++) {
		const struct partition *partition = &found.v[i];

		if (job->old && !strcmp(partition->uuid, job->old->uuid))
			tell_kernel(job, partition);
		if (job->made && !strcmp(partition->uuid, now->uuid))
			unfinished = partition->state == PARTITION_UNFINISHED;
	}
	partition_free(&found);
	if (unfinished && remove_made(job))
		message_warning(job->messages, "%s: partition %u is left unfinished; the next installation removes it",
				job->change->disk, now->number);
}

/*
 * Remove partitions that an interrupted change has left, and complete a torn
 * table.
 */
static enum vmfw_exit remove_unfinished(struct install_job *job)
{
	struct table *table;
	size_t i, nr = 0;
	enum vmfw_exit code;

	for (i = 0; i < job->found.nr; i++)
		nr += is_leftover(&job->found.v[i]);
	if (!nr && !table_is_torn(&job->disk))
		return VMFW_EXIT_OK;
	code = table_open(&table, job->messages, &job->disk);
	if (!code)
		code = remove_leftovers(job, table);
	if (!code)
		code = write_unless_dry(job, table);
	table_close(table);
	return code;
}

static enum vmfw_exit find_same(struct install_job *job, bool *same)
{
	const struct partition *old = job->old;
	uint8_t digest[DIGEST_SIZE];
	enum vmfw_exit code;
	int err;

	*same = false;
	if (!old || old->state != PARTITION_IMAGE ||
	    old->file.size != job->source->size)
		return VMFW_EXIT_OK;
	code = source_digest(job->source, job->messages, job->change->digest);
	if (code)
		return code;
	err = digest_partition(&job->disk, old, &old->file, digest);
	if (err)
		return say_error(job, "cannot read the old image", err);
	*same = !memcmp(digest, job->change->digest, sizeof(digest));
	return VMFW_EXIT_OK;
}

static enum vmfw_exit replace_image(struct install_job *job)
{
	enum vmfw_exit code;

	code = make_partition(job);
	if (!code && job->change->dry_run)
		return code;
	if (!code)
		code = write_image(job);
	if (!code)
		code = verify_image(job);
	if (!code)
		code = write_header(job);
	if (!code)
		code = commit_image(job);
	if (code) {
		if (job->made)
			undo_change(job);
		return code;
	}
	tell_kernel(job, &job->change->now);
	return verify_last(job);
}

static enum vmfw_exit install_image(struct install_job *job)
{
	bool same;
	enum vmfw_exit code;

	code = begin_job(job);
	if (!code)
		code = find_same(job, &same);
	if (code)
		return code;
	if (!same)
		return replace_image(job);
	job->change->already = true;
	job->change->now = *job->old;
	code = remove_unfinished(job);
	if (!code && !job->change->dry_run)
		tell_kernel(job, job->old);
	return code;
}

/**
 * partition_install() - install an image in a new partition, in place of the
 *	old image
 * @messages: for errors
 * @change: the disk and options; receives the result
 * @source: the image, open and checked
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: the disk has no GPT, no such
 * partition, or several. After an error, the disk has the old image, or the new
 * one if the error came after the change of the table.
 */
enum vmfw_exit partition_install(struct messages *messages,
				 struct partition_change *change,
				 struct source *source)
{
	struct install_job job = {
		.messages = messages,
		.change = change,
		.disk.fd = -1,
		.source = source,
	};
	enum vmfw_exit code = install_image(&job);

	end_job(&job);
	return code;
}

static enum vmfw_exit remove_all(struct install_job *job)
{
	struct table *table;
	enum vmfw_exit code;

	code = table_open(&table, job->messages, &job->disk);
	if (!code)
		code = remove_leftovers(job, table);
	if (!code)
		code = take_old_out(job, table);
	if (!code)
		code = write_unless_dry(job, table);
	table_close(table);
	return code;
}

/**
 * partition_remove() - remove the partition with the image
 * @messages: for errors
 * @change: the disk and options; receives the number of removed partitions
 *
 * The function also removes partitions that an interrupted installation has
 * left.
 *
 * Return: an exit code; VMFW_EXIT_NOTHING: there is no firmware partition.
 */
enum vmfw_exit partition_remove(struct messages *messages,
				struct partition_change *change)
{
	struct install_job job = { .messages = messages,
				   .change = change,
				   .disk.fd = -1 };
	enum vmfw_exit code;

	code = begin_job(&job);
	if (!code)
		code = job.found.nr ? remove_all(&job) : VMFW_EXIT_NOTHING;
	end_job(&job);
	return code;
}
