// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that makes memory immovable: it puts a page of each half mebibyte into a pipe.
 *
 * usage: pin MEBIBYTES
 *
 * Returns when that is done. A process then holds the memory until the guest ends.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define MEBIBYTE	(1UL << 20)
#define PAGE		4096UL
#define STEP		(MEBIBYTE / 2)

/* The room in a pipe, in pages. */
#define PIPE_PAGES	16

static void put_into_pipe(int pipe, char *page)
{
	struct iovec vector = { page, PAGE };

	if (vmsplice(pipe, &vector, 1, 0) != (ssize_t)PAGE)
		err(1, "vmsplice");
}

static void pin_memory(char *memory, size_t size)
{
	int pipes[2] = { -1, -1 };
	size_t at, nr = 0;

	for (at = 0; at < size; at += STEP, nr++) {
		if (nr % PIPE_PAGES == 0 && pipe(pipes))
			err(1, "pipe");
		put_into_pipe(pipes[1], memory + at);
	}
}

int main(int argc, char **argv)
{
	size_t size;
	char *memory;

	if (argc != 2)
		errx(2, "usage: pin MEBIBYTES");
	size = strtoul(argv[1], NULL, 10) * MEBIBYTE;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		err(1, "mmap");

	memset(memory, 1, size);
	pin_memory(memory, size);
	/* The parent returns now. The child keeps the pipes and the memory. */
	if (daemon(0, 0))
		err(1, "daemon");
	for (;;)
		pause();
}
