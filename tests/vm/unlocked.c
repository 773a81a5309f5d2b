// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that uses fw_cfg wrongly: it makes DMA transactions at full speed and without
 * the ACPI global lock. Each transaction destroys the selection of another reader. So a
 * test that looks for corrupt reads must find some while this program runs.
 *
 * Runs as root in the test guest until the test kills it, but not longer than LIMIT_S.
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
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE		4096

#define PORT_BASE	0x510
#define PORT_COUNT	12
#define PORT_DMA	0x514

#define KEY_SIGNATURE	0
#define CTL_READ	(1U << 1)
#define CTL_SELECT	(1U << 3)

/* The program ends after this time, even if the test does not kill it. */
#define LIMIT_S		600

/* A page that the device reads and writes. */
struct window {
	struct {
		uint32_t control;
		uint32_t length;
		uint64_t address;
	} dma;
	uint8_t data[4];
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct window *take_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);

	if (page == MAP_FAILED)
		die("mmap");
	return page;
}

/* The pipe holds a reference to the page, so the kernel does not move the page. */
static void pin(void *page)
{
	struct iovec whole = { page, PAGE };
	int ends[2];

	if (pipe(ends) < 0 || vmsplice(ends[1], &whole, 1, 0) != PAGE)
		die("vmsplice");
}

static uint64_t physical_address(const void *page)
{
	uint64_t entry, frame;
	int map = open("/proc/self/pagemap", O_RDONLY);

	if (map < 0 || pread(map, &entry, sizeof(entry),
			     (uintptr_t)page / PAGE * sizeof(entry)) != sizeof(entry))
		die("/proc/self/pagemap");
	close(map);

	frame = entry & ((UINT64_C(1) << 55) - 1);
	if (!frame) {
		fprintf(stderr, "/proc/self/pagemap shows no addresses\n");
		exit(1);
	}
	return frame * PAGE;
}

/* QEMU does the whole transfer during the second outl(). */
static void read_signature(volatile struct window *window, uint64_t address)
{
	window->dma.address = htobe64(address + offsetof(struct window, data));
	window->dma.length = htobe32(sizeof(window->data));
	window->dma.control = htobe32(KEY_SIGNATURE << 16 | CTL_SELECT | CTL_READ);
	__sync_synchronize();
	outl(htobe32(address >> 32), PORT_DMA);
	outl(htobe32((uint32_t)address), PORT_DMA + 4);

	if (window->dma.control) {
		fprintf(stderr, "fw_cfg did not do a transfer\n");
		exit(1);
	}
}

int main(void)
{
	struct window *window = take_page();
	uint64_t address;

	pin(window);
	address = physical_address(window);
	if (ioperm(PORT_BASE, PORT_COUNT, 1) < 0)
		die("ioperm");

	alarm(LIMIT_S);
	for (;;)
		read_signature(window, address);
}
