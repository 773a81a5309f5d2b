// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "disk/blockdev.h"
#include "install/gpt-table.h"
#include "install/install.h"

#define MIB		(1u << 20)
/* What is read at a time, and how it is aligned: direct I/O wants that. */
#define PIECE		MIB
#define ALIGNMENT	4096

/**
 * struct job - a change under way
 * @messages: for errors
 * @change: what to do
 * @disk: it is locked
 * @found: what is there
 * @old: the partition whose image goes, or NULL
 * @source: the image that comes, or NULL
 * @written: bytes of it so far
 * @made: the new partition is in the table
 * @watch: the new partition
 */
struct job {
	struct messages *messages;
	struct partition_change *change;
	struct blockdev disk;
	struct partitions found;
	const struct partition *old;
	struct source *source;
	uint64_t written;
	bool made;
	struct table_watch watch;
};

static enum vmfw_exit say_error(const struct job *job, const char *what,
				int err)
{
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(job->messages, "the old image stays");
	message_error(job->messages, "%s: %s: %s", job->change->disk, what,
		      err == -EREMCHG ? "somebody else changed the partition "
		      "table meanwhile" : strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/* Of no use to anybody: nothing was written, or not to the end. */
static bool is_leftover(const struct partition *partition)
{
	return partition->state == PARTITION_UNFINISHED ||
	       partition->state == PARTITION_EMPTY;
}

static enum vmfw_exit find_old(struct job *job)
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
		message_error(job->messages, "%s, partition %u: this is no firmware partition",
			      job->change->disk, number);
		return VMFW_EXIT_SOURCE;
	}
	if (nr <= 1)
		return VMFW_EXIT_OK;
	message_error(job->messages, "%s: there is more than one firmware partition; remove one first:",
		      job->change->disk);
	for (i = 0; i < job->found.nr; i++)
		if (!is_leftover(&job->found.v[i]))
			message_error(job->messages, "partition %u: PARTUUID=%s",
				      job->found.v[i].number,
				      job->found.v[i].uuid);
	return VMFW_EXIT_SOURCE;
}

static enum vmfw_exit begin_job(struct job *job)
{
	struct partition_change *change = job->change;
	int err;

	err = blockdev_open(&job->disk, change->disk, !change->dry_run);
	if (!err)
		err = blockdev_lock(&job->disk);
	if (err)
		return say_error(job, "cannot be opened", err);
	err = partition_scan(&job->found, job->disk.fd, change->disk);
	if (err == -ENODATA) {
		message_error(job->messages, "%s: there is no GUID partition table (GPT)",
			      change->disk);
		return VMFW_EXIT_SOURCE;
	}
	return err ? say_error(job, "cannot look for partitions", err) :
		     find_old(job);
}

static void end_job(struct job *job)
{
	partition_free(&job->found);
	/* udev has waited, and looks at the disk now. */
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

/* Before its room is free: who has it open keeps it. */
static enum vmfw_exit drop_partition(const struct job *job,
				     const struct partition *partition)
{
	int err;

	if (job->change->dry_run)
		return VMFW_EXIT_OK;
	err = blockdev_drop_partition(&job->disk, partition->number);
	if (!err || err == -ENXIO)
		return VMFW_EXIT_OK;
	message_error(job->messages, "%s, partition %u: it cannot be removed: %s",
		      job->change->disk, partition->number, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/* Out of a table that is not written yet. */
static enum vmfw_exit take_out(const struct job *job, struct table *table,
			       const struct partition *partition)
{
	const struct table_entry entry = entry_of(partition);
	enum vmfw_exit code = table_has(table, &entry);

	if (!code)
		code = drop_partition(job, partition);
	return code ? code : table_remove(table, &entry);
}

static enum vmfw_exit remove_leftovers(struct job *job, struct table *table)
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
		job->change->removed++;
	}
	return VMFW_EXIT_OK;
}

static enum vmfw_exit write_unless_dry(const struct job *job,
				       struct table *table)
{
	return job->change->dry_run ? VMFW_EXIT_OK : table_write(table);
}

/* Room for the image, which nobody takes for one yet. */
static enum vmfw_exit make_partition(struct job *job)
{
	uint64_t size = ONEFILE_HEADER + job->source->size;
	struct partition *now = &job->change->now;
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
	if (!code)
		code = write_unless_dry(job, table);
	table_close(table);
	if (code)
		return code;
	job->made = !job->change->dry_run;
	snprintf(now->disk, sizeof(now->disk), "%s", job->change->disk);
	now->number = entry.number;
	now->start = entry.start;
	now->size = entry.size;
	now->state = PARTITION_UNFINISHED;
	snprintf(now->uuid, sizeof(now->uuid), "%s", entry.uuid);
	job->watch.entry = entry;
	return VMFW_EXIT_OK;
}

/* Whether the new partition is ours. */
static int find_made(struct job *job)
{
	int err = table_look(&job->disk, &job->watch);

	return err == -ESTALE ? -EREMCHG : err;
}

static int write_within(struct job *job, uint64_t offset, const void *bytes,
			size_t len)
{
	int err = find_made(job);

	return err ? err : blockdev_write(&job->disk, job->change->now.start +
					  offset, bytes, len);
}

static int write_piece(void *arg, const void *bytes, size_t len)
{
	struct job *job = arg;
	uint64_t at = ONEFILE_HEADER + job->written;

	job->written += len;
	return write_within(job, at, bytes, len);
}

/* What was there before may look like a header. */
static enum vmfw_exit write_image(struct job *job)
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
	return err ? say_error(job, "the image cannot be written", err) :
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

/* SHA-256 of the file in a partition. */
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

static enum vmfw_exit say_differs(const struct job *job)
{
	message_error(job->messages, "%s: what was written does not read back: the disk is failing",
		      job->change->disk);
	return VMFW_EXIT_SYSTEM;
}

/* On the medium, not in the kernel's cache, which has what was written. */
static int read_back(const struct job *job, bool *same)
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

static enum vmfw_exit verify_image(const struct job *job)
{
	bool same;
	int err = read_back(job, &same);

	if (err)
		return say_error(job, "the image cannot be read back", err);
	return same ? VMFW_EXIT_OK : say_differs(job);
}

/*
 * Once more behind the last write, whatever was written to the disk since. The
 * image counts already: a signal that comes now changes nothing.
 */
static enum vmfw_exit verify_last(struct job *job)
{
	bool same = false;
	int err = find_made(job);

	if (!err)
		err = read_back(job, &same);
	if (err == -EINTR && interrupt_seen())
		return VMFW_EXIT_OK;
	if (err)
		return say_error(job, "the image cannot be read back", err);
	return same ? VMFW_EXIT_OK : say_differs(job);
}

static int read_header(const struct job *job, struct onefile *file)
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

/* The last thing that is written to the partition. */
static enum vmfw_exit write_header(struct job *job)
{
	struct onefile *file = &job->change->now.file;
	uint8_t head[ONEFILE_HEADER];
	int err;

	onefile_write(head, job->source->size);
	err = write_within(job, 0, head, sizeof(head));
	if (!err)
		err = blockdev_sync(&job->disk);
	if (!err)
		err = read_header(job, file);
	if (err && err != -EILSEQ)
		return say_error(job, "the header cannot be written", err);
	return err || file->width != 64 || file->size != job->source->size ?
	       say_differs(job) : VMFW_EXIT_OK;
}

/* The moment at which the new image is the one, and the old one is none. */
static enum vmfw_exit commit_image(struct job *job)
{
	struct partition *now = &job->change->now;
	struct table *table;
	enum vmfw_exit code;

	if (interrupt_seen())
		return interrupt_exit(job->messages, "the old image stays");
	code = table_open(&table, job->messages, &job->disk);
	if (!code)
		code = table_set_type(table, &job->watch.entry, PARTITION_TYPE);
	if (!code && job->old)
		code = take_out(job, table, job->old);
	if (!code)
		code = table_write(table);
	table_close(table);
	if (code)
		return code;
	now->state = PARTITION_IMAGE;
	job->watch.entry = entry_of(now);
	job->change->removed += job->old != NULL;
	return VMFW_EXIT_OK;
}

/* The next boot sees it anyway. */
static void tell_kernel(const struct job *job,
			const struct partition *partition)
{
	int err = blockdev_add_partition(&job->disk, partition->number,
					 partition->start, partition->size);

	if (err && err != -EBUSY)
		message_warning(job->messages, "%s: the kernel does not know of partition %u yet: %s",
				job->change->disk, partition->number,
				strerror(-err));
}

static enum vmfw_exit remove_made(struct job *job)
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
 * The table says what there is: an error while it was written does not tell
 * whether the new one counts already.
 */
static void undo_change(struct job *job)
{
	const struct partition *now = &job->change->now;
	struct partitions found = { 0 };
	bool unfinished = false;
	size_t i;

	if (partition_scan(&found, job->disk.fd, job->change->disk))
		return;
	for (i = 0; i < found.nr; i++) {
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

/* What an interrupted change has left goes, nothing else. */
static enum vmfw_exit remove_unfinished(struct job *job)
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

static enum vmfw_exit find_same(struct job *job, bool *same)
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
		return say_error(job, "the old image cannot be read", err);
	*same = !memcmp(digest, job->change->digest, sizeof(digest));
	return VMFW_EXIT_OK;
}

static enum vmfw_exit replace_image(struct job *job)
{
	enum vmfw_exit code;

	code = make_partition(job);
	if (code || job->change->dry_run)
		return code;
	code = write_image(job);
	if (!code)
		code = verify_image(job);
	if (!code)
		code = write_header(job);
	if (!code)
		code = commit_image(job);
	if (code) {
		undo_change(job);
		return code;
	}
	tell_kernel(job, &job->change->now);
	return verify_last(job);
}

static enum vmfw_exit install_image(struct job *job)
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
 * partition_install() - put an image into a partition, in place of the old one
 * @messages: for errors
 * @change: where and how; receives what was done
 * @source: the image; it was checked
 *
 * Return: an exit code. Unless it is VMFW_EXIT_OK, the old image is there, or,
 * if the disk failed behind the change of the table, the new one.
 */
enum vmfw_exit partition_install(struct messages *messages,
				 struct partition_change *change,
				 struct source *source)
{
	struct job job = {
		.messages = messages,
		.change = change,
		.disk.fd = -1,
		.source = source,
	};
	enum vmfw_exit code = install_image(&job);

	end_job(&job);
	return code;
}

static enum vmfw_exit remove_all(struct job *job)
{
	struct table *table;
	enum vmfw_exit code;

	code = table_open(&table, job->messages, &job->disk);
	if (!code)
		code = remove_leftovers(job, table);
	if (!code && job->old)
		code = take_out(job, table, job->old);
	if (!code)
		code = write_unless_dry(job, table);
	table_close(table);
	if (!code)
		job->change->removed += job->old != NULL;
	return code;
}

/**
 * partition_remove() - remove the partition with the image
 * @messages: for errors
 * @change: where; receives how many partitions went
 *
 * What an installation has left goes, too.
 *
 * Return: an exit code; VMFW_EXIT_NOTHING: there is none.
 */
enum vmfw_exit partition_remove(struct messages *messages,
				struct partition_change *change)
{
	struct job job = { .messages = messages,
			   .change = change,
			   .disk.fd = -1 };
	enum vmfw_exit code;

	code = begin_job(&job);
	if (!code)
		code = job.found.nr ? remove_all(&job) : VMFW_EXIT_NOTHING;
	end_job(&job);
	return code;
}
