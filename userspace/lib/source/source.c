// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/fs.h>

#include "base/exit.h"
#include "base/infile.h"
#include "base/interrupt.h"
#include "base/size.h"
#include "base/worker.h"
#include "disk/volume.h"
#include "source/flat.h"
#include "source/source.h"

#define PIECE		(256u << 10)
#define WINDOW		(128u << 10)
#define PEEK		64

/* Read like infile_read_at(), at an offset within the image. */
static int read_at(const struct source *source, uint64_t offset, void *buf,
		   size_t len)
{
	if (source->input)
		return source->input->read(source->input->arg, offset, buf,
					   len);
	return infile_read_at(source->fd, source->extent.start + offset, buf,
			      len);
}

/*
 * Is this flat firmware? Accept a firmware volume at the start, or code at the
 * reset vector. There almost any bytes count as code, since firmware can begin
 * with any instruction.
 */
static bool looks_flat(const struct source *source, const uint8_t *start,
		       const uint8_t *end)
{
	if (source->size % VMFW_IGVM_PAGE_SIZE)
		return false;
	return flat_is_volume(start) ||
	       (source->size <= FLAT_MAX && !flat_starts_nowhere(end));
}

static int find_kind(struct source *source)
{
	uint8_t start[PEEK] = { 0 }, end[FLAT_VECTOR] = { 0 };
	uint64_t len = source->size < PEEK ? source->size : PEEK;
	int err;

	source->kind = SOURCE_UNKNOWN;
	source->head_len = len;
	err = read_at(source, 0, start, len);
	if (err)
		return err;
	if (!vmfw_igvm_head_size(start, len, source->size, &source->head_len)) {
		source->kind = SOURCE_IGVM;
		return 0;
	}
	if (source->size < VMFW_IGVM_PAGE_SIZE)
		return 0;
	err = read_at(source, source->size - sizeof(end), end,
		      sizeof(end));
	if (!err && looks_flat(source, start, end)) {
		source->kind = SOURCE_FLAT;
		source->starts_nowhere = flat_starts_nowhere(end);
	}
	return err;
}

static int read_head(struct source *source)
{
	source->head = malloc(source->head_len ? source->head_len : 1);
	if (!source->head)
		return -ENOMEM;
	return read_at(source, 0, source->head, source->head_len);
}

/* Find the size of a file or a disk. */
static int find_size(struct source *source)
{
	struct stat st;

	if (fstat(source->fd, &st))
		return -errno;
	source->file_size = st.st_size;
	if (S_ISREG(st.st_mode))
		return 0;
	if (!S_ISBLK(st.st_mode))
		return -EMEDIUMTYPE;
	return ioctl(source->fd, BLKGETSIZE64, &source->file_size) ? -errno : 0;
}

/*
 * Find the part of the file that is the image. In most files that is the whole
 * file.
 */
static enum vmfw_exit find_extent(struct source *source,
				  struct messages *messages,
				  const struct source_choice *choice)
{
	uint8_t head[CONTAINER_HEAD] = { 0 };
	int err;

	source->size = source->file_size;
	err = read_at(source, 0, head, source->size < sizeof(head) ?
		      source->size : sizeof(head));
	if (err)
		return infile_error(messages, source->path, err);
	source->container = container_kind(head);
	if (!source->container)
		return VMFW_EXIT_OK;
	return source->container->find(messages, source->fd, source->path,
				       source->file_size, choice,
				       &source->extent);
}

static enum vmfw_exit open_file(struct source *source,
				struct messages *messages,
				const struct source_choice *choice)
{
	int err;

	source->fd = strcmp(source->path, INFILE_STDIN) ?
		     volume_open(choice->volumes, source->path, INFILE_FLAGS) :
		     infile_stdin();
	err = source->fd < 0 ? source->fd : find_size(source);
	if (!err)
		return VMFW_EXIT_OK;
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	message_error(messages, "%s: cannot use this file: %s", source->path,
		      err == -EMEDIUMTYPE ?
		      "it is neither a regular file nor a disk" : strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

static enum vmfw_exit read_start(struct source *source,
				 struct messages *messages)
{
	int err = find_kind(source);

	if (!err)
		err = read_head(source);
	return err ? infile_error(messages, source->path, err) : VMFW_EXIT_OK;
}

/**
 * source_open() - open a file, find the image in it and read its headers
 * @source: to be filled in; close it even after an error
 * @messages: for errors
 * @path: name of the file, valid as long as @source is open
 * @choice: the choice if there are several images; NULL: the one for this
 *	machine
 *
 * Return: an exit code; VMFW_EXIT_SOURCE or VMFW_EXIT_IMAGE: the file is a
 * container without a suitable image.
 */
enum vmfw_exit source_open(struct source *source, struct messages *messages,
			   const char *path, const struct source_choice *choice)
{
	static const struct source_choice none;
	enum vmfw_exit code;

	if (!choice)
		choice = &none;
	*source = (struct source) { .path = path };
	code = open_file(source, messages, choice);
	if (!code)
		code = find_extent(source, messages, choice);
	if (code)
		return code;
	if (source->container)
		source->size = source->extent.size;
	return read_start(source, messages);
}

/**
 * source_open_input() - read an image that is not in a file
 * @source: to be filled in; close it even after an error
 * @messages: for errors
 * @path: its name in messages, valid as long as @source is open
 * @input: the image, valid as long as @source is open
 *
 * Return: an exit code.
 */
enum vmfw_exit source_open_input(struct source *source,
				 struct messages *messages, const char *path,
				 const struct vmfw_igvm_input *input)
{
	*source = (struct source) {
		.path = path,
		.fd = -1,
		.input = input,
		.size = input->size,
	};
	return read_start(source, messages);
}

/**
 * source_move() - hand an open source over
 * @to: receives it; the caller closes it
 * @from: from source_open(); closed afterwards. The caller must not use headers
 *	from source_check() any more
 * @path: name of the file, valid as long as @to is open; or NULL
 */
void source_move(struct source *to, struct source *from, const char *path)
{
	*to = *from;
	to->path = path;
	to->igvm.input.arg = to;
	*from = (struct source) { .fd = -1 };
}

/**
 * source_close() - close a file
 * @source: from source_open() or source_open_input(), which may have failed
 */
void source_close(struct source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	free(source->head);
	free(source->window);
}

/* Fill the window with the bytes from an offset on. */
static int fill_window(struct source *source, uint64_t offset)
{
	uint64_t len = source->size - offset;
	int err;

	if (!source->window)
		source->window = malloc(WINDOW);
	if (!source->window)
		return -ENOMEM;
	if (len > WINDOW)
		len = WINDOW;
	source->window_len = 0;
	err = read_at(source, offset, source->window, len);
	if (err)
		return err;
	source->window_start = offset;
	source->window_len = len;
	return 0;
}

/*
 * Read for libvmfw-igvm, which reads only within the given size. Read ahead if
 * a read begins where the last one ended.
 */
static int read_data(void *arg, uint64_t offset, void *buf, size_t len)
{
	struct source *source = arg;
	bool goes_on = offset == source->next;
	uint64_t at;
	int err;

	if (interrupt_seen())
		return -EINTR;
	source->next = offset + len;
	at = offset - source->window_start;
	if (at >= source->window_len || len > source->window_len - at) {
		if (!goes_on || len > WINDOW)
			return read_at(source, offset, buf, len);
		err = fill_window(source, offset);
		if (err)
			return err;
		at = 0;
	}
	memcpy(buf, source->window + at, len);
	return 0;
}

static bool wants_end(void *arg)
{
	(void)arg;
	return interrupt_seen();
}

/**
 * source_check() - check a file against the rules of IGVM
 * @source: the open file; do not move it while @igvm is in use
 * @messages: for errors other than findings
 * @igvm: receives the headers, valid as long as @source is open
 * @report: see vmfw_igvm_check()
 * @arg: for @report
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the file breaks a rule, or @report
 * ended the check.
 */
enum vmfw_exit source_check(struct source *source, struct messages *messages,
			    struct vmfw_igvm *igvm, vmfw_igvm_report *report,
			    void *arg)
{
	const struct vmfw_igvm_input input = {
		.head = source->head,
		.head_len = source->head_len,
		.size = source->size,
		.read = read_data,
		.arg = source,
		.stop = wants_end,
	};
	int err;

	err = vmfw_igvm_check(igvm, &input, report, arg);
	if (err && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	switch (err) {
	case 0:
		return VMFW_EXIT_OK;
	case -EINVAL:
	case -ECANCELED:
		return VMFW_EXIT_IMAGE;
	default:
		return infile_error(messages, source->path, err);
	}
}

/**
 * source_check_flat() - check that a flat firmware is plausible
 * @source: a file of the kind SOURCE_FLAT
 * @messages: for errors
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: it is not plausible.
 */
enum vmfw_exit source_check_flat(const struct source *source,
				 struct messages *messages)
{
	char words[SIZE_WORDS];

	if (source->starts_nowhere) {
		message_error(messages, "%s: there is no code at the reset vector, 16 bytes before the end; is it a variable store?",
			      source->path);
		return VMFW_EXIT_IMAGE;
	}
	if (source->size > FLAT_MAX) {
		message_error(messages, "%s: %s is more than the 16 MiB below 4 GiB that a PC has for firmware",
			      source->path, size_words(words, source->size));
		return VMFW_EXIT_IMAGE;
	}
	return VMFW_EXIT_OK;
}

/* Are the headers still those that source_open() read? */
static bool same_head(const struct source *source, uint64_t offset,
		      const uint8_t *piece, size_t len)
{
	if (offset >= source->head_len)
		return true;
	if (len > source->head_len - offset)
		len = source->head_len - offset;
	return !memcmp(source->head + offset, piece, len);
}

/**
 * struct stream - one pass over an image
 * @source: the image
 * @worker: adds one piece to @digest while the first thread reads the next one
 * @digest: of the pieces so far
 * @pieces: memory for two pieces: the one that @worker adds, and the next one
 * @adding: the piece that @worker adds
 * @len: its size in bytes
 * @err: 0, or the error of an earlier piece
 */
struct stream {
	struct source *source;
	struct worker worker;
	struct digest *digest;
	uint8_t *pieces[2];
	const uint8_t *adding;
	size_t len;
	int err;
};

static void add_piece(void *arg)
{
	struct stream *stream = arg;

	stream->err = digest_add(stream->digest, stream->adding, stream->len);
}

static int read_piece(const struct source *source, uint64_t offset,
		      uint8_t *piece, size_t len)
{
	int err;

	if (interrupt_seen())
		return -EINTR;
	err = read_at(source, offset, piece, len);
	if (err)
		return err;
	return same_head(source, offset, piece, len) ? 0 : -ESTALE;
}

static int stream_pieces(struct stream *stream, source_sink *sink, void *arg,
			 struct progress *progress)
{
	struct source *source = stream->source;
	uint64_t offset;
	size_t len, turn = 0;
	int err;

	for (offset = 0; offset < source->size; offset += len, turn ^= 1) {
		uint8_t *piece = stream->pieces[turn];

		len = source->size - offset < PIECE ? source->size - offset :
						      PIECE;
		err = read_piece(source, offset, piece, len);
		worker_wait(&stream->worker);
		if (err || stream->err)
			return err ? err : stream->err;
		stream->adding = piece;
		stream->len = len;
		worker_give(&stream->worker, add_piece, stream);
		err = sink ? sink(arg, piece, len) : 0;
		if (err)
			return err;
		if (progress)
			progress_update(progress, offset + len);
	}
	worker_wait(&stream->worker);
	if (stream->err || source->input)
		return stream->err;
	/* If the file has grown, another program is still writing it. */
	return pread(source->fd, stream->pieces[0], 1, source->file_size) > 0 ?
	       -ESTALE : 0;
}

/**
 * source_stream() - read an image from its start to its end, once
 * @source: the file
 * @sink: called for each piece; NULL: only compute the digest
 * @arg: for @sink
 * @progress: receives the progress, or NULL
 * @digest: receives the SHA-256 of the image, DIGEST_SIZE bytes
 *
 * If the image has several pieces, and the machine two processors, a second
 * thread computes the digest while this one reads and calls @sink.
 *
 * Return: 0; -ESTALE: the headers or the size of the file have changed since
 * source_open(); -EINTR: a signal asks to stop; -ENOMEM; or an error of reading
 * or of @sink.
 */
int source_stream(struct source *source, source_sink *sink, void *arg,
		  struct progress *progress, uint8_t *digest)
{
	struct stream stream = {
		.source = source,
		.digest = digest_begin(),
		.pieces = { malloc(PIECE), malloc(PIECE) },
	};
	int err = -ENOMEM;

	worker_begin(&stream.worker, source->size > PIECE);
	if (stream.digest && stream.pieces[0] && stream.pieces[1])
		err = stream_pieces(&stream, sink, arg, progress);
	worker_end(&stream.worker);
	if (!err)
		err = digest_finish(stream.digest, digest);
	free(stream.pieces[0]);
	free(stream.pieces[1]);
	digest_free(stream.digest);
	return err;
}

/**
 * source_stream_error() - report why the tool could not read a file
 * @source: the file
 * @messages: for the error
 * @err: from source_stream()
 *
 * Return: an exit code.
 */
enum vmfw_exit source_stream_error(struct source *source,
				   struct messages *messages, int err)
{
	return infile_error(messages, source->path, err);
}

/**
 * source_digest() - compute the SHA-256 of an image
 * @source: the file
 * @messages: for errors
 * @digest: receives DIGEST_SIZE bytes
 *
 * Return: an exit code.
 */
enum vmfw_exit source_digest(struct source *source, struct messages *messages,
			     uint8_t *digest)
{
	int err = source_stream(source, NULL, NULL, NULL, digest);

	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	return err ? source_stream_error(source, messages, err) : VMFW_EXIT_OK;
}

/**
 * source_read_all() - read a whole image
 * @source: the file
 * @messages: for errors
 * @buf: receives all bytes: @source->size
 *
 * Return: an exit code.
 */
enum vmfw_exit source_read_all(struct source *source, struct messages *messages,
			       void *buf)
{
	int err = read_at(source, 0, buf, source->size);

	return err ? source_stream_error(source, messages, err) : VMFW_EXIT_OK;
}
