/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A firmware image in a file, or in a part of one: its headers in memory, its
 * body read in pieces.
 *
 * The file is never mapped: one that becomes shorter while it is read is an
 * error, not a signal.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFW_SOURCE_H
#define VMFW_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "igvm/vmfw-igvm.h"
#include "source/container.h"

enum source_kind {
	SOURCE_IGVM,
	SOURCE_FLAT,		/* a PC firmware, as -bios and -pflash take it */
	SOURCE_UNKNOWN,
};

/**
 * struct source - an image that is open
 * @path: name of the file
 * @fd: open for reading
 * @input: the image, if it is in no file; else NULL
 * @file_size: bytes of the file
 * @container: what the file is if the image is only a part of it, or NULL
 * @extent: which part
 * @size: bytes of the image; so are all offsets
 * @kind: what its first and last bytes look like
 * @starts_nowhere: of a flat firmware: it has no code at the reset vector
 * @head: its first bytes: all headers of an IGVM file, else a few bytes
 * @head_len: bytes at @head
 * @window: some bytes of the file that were read ahead, or NULL
 * @window_start: offset of the first one
 * @window_len: how many
 * @next: where the last reader stopped
 */
struct source {
	const char *path;
	int fd;
	const struct vmfw_igvm_input *input;
	uint64_t file_size;
	const struct container_kind *container;
	struct extent extent;
	uint64_t size;
	enum source_kind kind;
	bool starts_nowhere;
	uint8_t *head;
	uint64_t head_len;
	uint8_t *window;
	uint64_t window_start;
	size_t window_len;
	uint64_t next;
};

/**
 * typedef source_sink - take the next piece of a file
 * @arg: the caller's
 * @bytes: the piece
 * @len: its length
 *
 * Return: 0 or a negative errno value, which ends the stream.
 */
typedef int source_sink(void *arg, const void *bytes, size_t len);

enum vmfw_exit source_open(struct source *source, struct messages *messages,
			   const char *path,
			   const struct source_choice *choice);
enum vmfw_exit source_open_input(struct source *source,
				 struct messages *messages, const char *path,
				 const struct vmfw_igvm_input *input);
void source_close(struct source *source);
enum vmfw_exit source_check(struct source *source, struct messages *messages,
			    struct vmfw_igvm *igvm, vmfw_igvm_report *report,
			    void *arg);
enum vmfw_exit source_check_flat(const struct source *source,
				 struct messages *messages);
int source_stream(struct source *source, source_sink *sink, void *arg,
		  struct progress *progress, uint8_t *digest);
enum vmfw_exit source_digest(struct source *source, struct messages *messages,
			     uint8_t *digest);
enum vmfw_exit source_stream_error(struct source *source,
				   struct messages *messages, int err);
enum vmfw_exit source_read_all(struct source *source, struct messages *messages,
			       void *buf);

#endif /* VMFW_SOURCE_H */
