// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that writes the registers of vmlaunchupdate in ways that no driver uses. It
 * prints their values after that.
 *
 * usage: launchraw KEY CONTROL ADDR SIZE [FILE]
 *
 * KEY selects the fw_cfg file. With FILE, the program puts the bytes of FILE into
 * contiguous memory. It adds the address of that memory to ADDR, and the number of bytes
 * to SIZE. All numbers may be hexadecimal.
 *
 * Prints "status N addr N size N control N", in hexadecimal.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define _GNU_SOURCE
#include <endian.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096
#define ROOM		(UINT64_C(2) << 20)

#define PORT_BASE	0x510
#define PORT_COUNT	12
#define PORT_DMA	0x514

#define CTL_ERROR	(1U << 0)
#define CTL_READ	(1U << 1)
#define CTL_SELECT	(1U << 3)
#define CTL_WRITE	(1U << 4)

struct registers {
	uint16_t version;
	uint16_t status;
	uint32_t padding;
	uint64_t capabilities;
	uint64_t control;
	uint64_t addr;
	uint64_t size;
	uint64_t opaque[2];
};

/* Memory that the device reads and writes. FILE begins at the second page. */
struct window {
	struct {
		uint32_t control;
		uint32_t length;
		uint64_t address;
	} dma;
	struct registers registers;
	uint8_t padding[PAGE - 16 - sizeof(struct registers)];
	uint8_t file[];
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Take a huge page, which is contiguous and does not move. */
static struct window *take_memory(void)
{
	void *memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
			    MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap of a huge page; /proc/sys/vm/nr_hugepages?");
	return memory;
}

static uint64_t physical_address(const void *page)
{
	uint64_t entry;
	int map = open("/proc/self/pagemap", O_RDONLY);

	if (map < 0 || pread(map, &entry, sizeof(entry),
			     (uintptr_t)page / PAGE * sizeof(entry)) != sizeof(entry))
		die("/proc/self/pagemap");
	close(map);
	return (entry & ((UINT64_C(1) << 55) - 1)) * PAGE;
}

static void transfer(volatile struct window *window, uint64_t at,
		     uint32_t control)
{
	window->dma.address = htobe64(at + offsetof(struct window, registers));
	window->dma.length = htobe32(sizeof(window->registers));
	window->dma.control = htobe32(control | CTL_SELECT);
	__sync_synchronize();
	outl(htobe32(at >> 32), PORT_DMA);
	outl(htobe32((uint32_t)at), PORT_DMA + 4);
	if (window->dma.control) {
		fprintf(stderr, "fw_cfg did not do the transfer\n");
		exit(1);
	}
}

static size_t read_file(const char *path, void *to)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		die(path);
	size = fread(to, 1, ROOM - PAGE, file);
	if (ferror(file) || !feof(file))
		die(path);
	fclose(file);
	return size;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

int main(int argc, char **argv)
{
	struct registers *registers;
	struct window *window;
	uint64_t at;
	uint32_t key;

	if (argc < 5 || argc > 6) {
		fprintf(stderr, "usage: launchraw KEY CONTROL ADDR SIZE [FILE]\n");
		return 2;
	}
	window = take_memory();
	at = physical_address(window);
	registers = &window->registers;
	if (ioperm(PORT_BASE, PORT_COUNT, 1) < 0)
		die("ioperm");

	key = number(argv[1]) << 16;
	registers->control = htole64(number(argv[2]));
	registers->addr = number(argv[3]);
	registers->size = number(argv[4]);
	if (argc == 6) {
		registers->addr += at + offsetof(struct window, file);
		registers->size += read_file(argv[5], window->file);
	}
	registers->addr = htole64(registers->addr);
	registers->size = htole64(registers->size);
	transfer(window, at, key | CTL_WRITE);

	memset(registers, 0xff, sizeof(*registers));
	transfer(window, at, key | CTL_READ);
	printf("status %x addr %llx size %llx control %llx\n",
	       le16toh(registers->status),
	       (unsigned long long)le64toh(registers->addr),
	       (unsigned long long)le64toh(registers->size),
	       (unsigned long long)le64toh(registers->control));
	return 0;
}
