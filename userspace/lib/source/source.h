/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A firmware image in a file, or in a part of one. Its headers are in memory.
 * The tool reads its body in pieces.
 *
 * The tool never maps the file into memory. So if the file becomes shorter during
 * a read, the tool gets an error instead of the signal SIGBUS.
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
	SOURCE_FLAT,		/* PC firmware, as QEMU's -bios takes it */
	SOURCE_UNKNOWN,
};

/**
 * struct source - an open image
 * @path: name of the file, in the memory of the caller
 * @fd: the file, open for reading; below zero: none
 * @input: the image, if it is not in a file, in the memory of the caller;
 *	otherwise NULL
 * @file_size: bytes of the file
 * @container: format of the file if the image is only a part of it, or NULL
 * @extent: the part of the file with the image, if there is a @container;
 *	otherwise zeroes
 * @size: bytes of the image; all offsets are within it
 * @kind: format of the image, by its first and last bytes
 * @starts_nowhere: for flat firmware: it has no code at the reset vector
 * @head: the first bytes of the image, allocated: all headers of an IGVM file,
 *	otherwise a few bytes
 * @head_len: bytes at @head
 * @window: bytes of the image that were read ahead, allocated; or NULL
 * @window_start: offset of the first of these bytes
 * @window_len: number of these bytes
 * @next: offset where the last read ended
 * @checked: findings_check_image() found no error in an IGVM file; false for flat
 *	firmware
 * @igvm: headers of the image, if it is @checked
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
	bool checked;
	struct vmfw_igvm igvm;
};

/**
 * typedef source_sink - take the next piece of a file
 * @arg: the caller's argument
 * @bytes: the piece
 * @len: number of bytes
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
void source_move(struct source *to, struct source *from, const char *path);
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
