/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IGVM files in memory, of which a test can change each field.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_FILE_H
#define TEST_FILE_H

#include <stddef.h>
#include <stdint.h>

#define FILE_MAX	(64u << 10)
#define FILE_HEADERS	64

/**
 * struct file - a file that a test makes
 * @bytes: the file
 * @size: its bytes so far
 * @fixed: bytes of the fixed header
 * @headers: offset of each variable header
 * @nr: number of variable headers
 * @headers_end: offset after the last header; 0: the file has no data yet
 */
struct file {
	uint8_t bytes[FILE_MAX];
	size_t size;
	size_t fixed;
	size_t headers[FILE_HEADERS];
	unsigned int nr;
	size_t headers_end;
};

/* One number of a header's content. */
struct field {
	unsigned int at;
	unsigned int width;
	uint64_t value;
};

void file_begin(struct file *file, unsigned int version,
		unsigned int architecture);
unsigned int file_header(struct file *file, uint32_t type, uint32_t length,
			 const struct field *fields);
#define HEADER(file, type, length, ...) \
	file_header(file, type, length, \
		    (const struct field[]) { __VA_ARGS__ { 0, 0, 0 } })
uint32_t file_data(struct file *file, const void *bytes, size_t len);
uint8_t *file_content(struct file *file, unsigned int header);
void file_put(uint8_t *at, unsigned int width, uint64_t value);
void file_seal(struct file *file);
void file_seal_checksum(struct file *file);

#endif /* TEST_FILE_H */
