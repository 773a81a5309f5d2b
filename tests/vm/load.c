// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that makes a guest look like a machine at work, whose kernel and programs
 * have filled the memory.
 *
 * usage: load MEBIBYTES DISK TMPFS
 *
 *	MEBIBYTES	the memory to leave available
 *	DISK		directory of a file system on a disk
 *	TMPFS		directory of a tmpfs
 *
 * First the page cache fills all memory. Then anonymous memory, files of a tmpfs and slab
 * objects replace it piece by piece. At the end three processes keep running: one forks,
 * one dirties the page cache, one uses its memory.
 *
 * Returns when the processes run. They run until the guest ends.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEBIBYTE	(1UL << 20)

/* The amounts of one round: for programs, for files and for the kernel. */
#define ROUND_MEMORY	(4 * MEBIBYTE)
#define ROUND_FILE	MEBIBYTE
#define ROUND_INODES	64

/* The size of the file that a process writes over and over. */
#define DIRTY		(64 * MEBIBYTE)

/* The pause between two steps of a process. */
#define PAUSE_US	10000

#define MAX_ROUNDS	4096

static char buffer[ROUND_FILE];
static char *memory[MAX_ROUNDS];
static size_t rounds;

static unsigned long available_mib(void)
{
	unsigned long kb = 0;
	char line[128];
	FILE *file;

	file = fopen("/proc/meminfo", "re");
	if (!file)
		err(1, "/proc/meminfo");
	while (!kb && fgets(line, sizeof(line), file))
		sscanf(line, "MemAvailable: %lu", &kb);
	fclose(file);
	return kb / 1024;
}

static int create(const char *directory, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

/* Read a hole, which fills the page cache without reads of the disk. */
static void fill_page_cache(const char *disk)
{
	ssize_t len;
	int fd;

	fd = create(disk, "hole");
	if (ftruncate(fd, sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)))
		err(1, "a hole in %s", disk);
	do {
		len = read(fd, buffer, sizeof(buffer));
	} while (len > 0);
	if (len < 0)
		err(1, "reading a hole");
	close(fd);
}

static void take_memory(void)
{
	char *chunk;

	chunk = mmap(NULL, ROUND_MEMORY, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		err(1, "mmap");
	memset(chunk, rounds + 1, ROUND_MEMORY);
	memory[rounds] = chunk;
}

static void take_file(int file)
{
	if (write(file, buffer, sizeof(buffer)) != sizeof(buffer))
		err(1, "writing to the tmpfs");
}

/* Make empty files. The kernel cannot move their inodes and directory entries. */
static void take_slab(const char *tmpfs)
{
	char name[32];
	int i;

	for (i = 0; i < ROUND_INODES; i++) {
		snprintf(name, sizeof(name), "%zu.%d", rounds, i);
		close(create(tmpfs, name));
	}
}

static void keep_forking(const char *disk)
{
	pid_t pid;

	(void)disk;
	for (;;) {
		pid = fork();
		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		usleep(PAUSE_US);
	}
}

static void keep_writing(const char *disk)
{
	int fd = create(disk, "dirty");
	off_t pos = 0;

	for (;;) {
		if (pwrite(fd, buffer, 65536, pos) < 0)
			err(1, "writing to the disk");
		pos = (pos + 65536) % DIRTY;
		usleep(PAUSE_US);
	}
}

static void keep_using_memory(const char *disk)
{
	size_t i;

	(void)disk;
	for (i = 0;; i = (i + 1) % rounds) {
		memset(memory[i], i, 65536);
		usleep(PAUSE_US);
	}
}

static void go_on(void (*work)(const char *disk), const char *disk)
{
	pid_t pid;

	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid)
		work(disk);
}

int main(int argc, char **argv)
{
	const char *disk, *tmpfs;
	unsigned long leave;
	int file;

	if (argc != 4)
		errx(2, "usage: load MEBIBYTES DISK TMPFS");
	leave = strtoul(argv[1], NULL, 10);
	disk = argv[2];
	tmpfs = argv[3];

	fill_page_cache(disk);
	file = create(tmpfs, "content");
	for (; rounds < MAX_ROUNDS && available_mib() > leave; rounds++) {
		take_memory();
		take_file(file);
		take_slab(tmpfs);
	}
	if (!rounds)
		errx(1, "no more than %lu MiB are available to begin with", leave);

	go_on(keep_forking, disk);
	go_on(keep_writing, disk);
	go_on(keep_using_memory, disk);
	return 0;
}
