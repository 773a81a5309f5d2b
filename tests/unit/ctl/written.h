/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file that a verb writes, without the file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef TEST_WRITTEN_H
#define TEST_WRITTEN_H

#include <stdint.h>

/* The offset and the number of the bytes that write_file() reads. */
#define WRITTEN_OFFSET	40
#define WRITTEN_LEN	8
/* The error after a failed read. The exit code is VMFW_EXIT_SYSTEM. */
#define WRITTEN_ERROR	"cannot read the content"

/**
 * struct written - the calls of write_file(), which the program must wrap
 * @code: its result, if it can read the content
 * @nr: number of calls
 * @size: bytes of the last content
 *
 * In JSON, it prints the member "written".
 */
struct written {
	int code;
	unsigned int nr;
	uint64_t size;
};

extern struct written written;

#endif /* TEST_WRITTEN_H */
