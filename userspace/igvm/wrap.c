// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Build an IGVM file from a flat PC firmware.
 *
 * The bytes follow from the firmware alone: format version 1, one platform,
 * NATIVE with mask 1; its pages in ascending order up to 4 GiB, then its last
 * 128 KiB once more below 1 MiB, where a PC shows them too. A page of zeroes
 * takes no room in the file, equal pages take it once, and file data follows
 * in the order in which headers first name it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "internal.h"

#define GIB4		(1ull << 32)
#define MIB1		(1ull << 20)
#define LOW_ALIAS	(128u << 10)
/* Above 0xff000000 there is nothing but firmware; below are APIC and HPET. */
#define ROM_MAX		(16u << 20)

#define PLATFORM_SIZE	(VMFW_IGVM_PREFIX_SIZE + 16)
#define PAGE_DATA_SIZE	(VMFW_IGVM_PREFIX_SIZE + 24)
#define NO_DATA		UINT32_MAX

typedef int write_piece(void *arg, const void *bytes, size_t len);

/**
 * struct layout - where each page's data goes
 * @rom: the firmware
 * @nr: pages of the firmware
 * @nr_low: how many of them, the last ones, are shown below 1 MiB
 * @data: by page, number of the page's data among all that are stored, or
 *	NO_DATA for a page of zeroes
 * @nr_data: pages that are stored
 */
struct layout {
	const uint8_t *rom;
	uint32_t nr;
	uint32_t nr_low;
	uint32_t *data;
	uint32_t nr_data;
};

static const uint8_t *rom_page(const struct layout *layout, uint32_t page)
{
	return layout->rom + (size_t)page * VMFW_IGVM_PAGE_SIZE;
}

struct sorted_page {
	const uint8_t *bytes;
	uint32_t page;
};

static int compare_pages(const void *a, const void *b)
{
	const struct sorted_page *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, VMFW_IGVM_PAGE_SIZE);

	if (order)
		return order;
	return x->page < y->page ? -1 : 1;
}

/* Find equal pages by sorting: each points to the first one like it. */
static int find_twins(const struct layout *layout, uint32_t *first)
{
	struct sorted_page *pages;
	uint32_t i;

	pages = calloc(layout->nr, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < layout->nr; i++) {
		pages[i].bytes = rom_page(layout, i);
		pages[i].page = i;
	}
	qsort(pages, layout->nr, sizeof(*pages), compare_pages);
	for (i = 0; i < layout->nr; i++) {
		uint32_t page = pages[i].page;

		first[page] = page;
		if (i && !memcmp(pages[i].bytes, pages[i - 1].bytes,
				 VMFW_IGVM_PAGE_SIZE))
			first[page] = first[pages[i - 1].page];
	}
	free(pages);
	return 0;
}

static int lay_out(struct layout *layout, const void *rom, size_t rom_len)
{
	uint32_t i;
	int err;

	if (!rom_len || rom_len % VMFW_IGVM_PAGE_SIZE)
		return -EINVAL;
	if (rom_len > ROM_MAX)
		return -EFBIG;
	layout->rom = rom;
	layout->nr = rom_len / VMFW_IGVM_PAGE_SIZE;
	layout->nr_low = layout->nr;
	if (layout->nr_low > LOW_ALIAS / VMFW_IGVM_PAGE_SIZE)
		layout->nr_low = LOW_ALIAS / VMFW_IGVM_PAGE_SIZE;
	layout->nr_data = 0;
	layout->data = calloc(layout->nr, sizeof(*layout->data));
	if (!layout->data)
		return -ENOMEM;
	err = find_twins(layout, layout->data);
	if (err) {
		free(layout->data);
		return err;
	}

	/* In ascending order, a page's first twin has its number already. */
	for (i = 0; i < layout->nr; i++) {
		if (all_zero(rom_page(layout, i), VMFW_IGVM_PAGE_SIZE))
			layout->data[i] = NO_DATA;
		else if (layout->data[i] == i)
			layout->data[i] = layout->nr_data++;
		else
			layout->data[i] = layout->data[layout->data[i]];
	}
	return 0;
}

static uint32_t headers_end(const struct layout *layout)
{
	return VMFW_IGVM_FIXED_HEADER_SIZE + PLATFORM_SIZE +
	       (layout->nr + layout->nr_low) * PAGE_DATA_SIZE;
}

static size_t file_size(const struct layout *layout)
{
	return headers_end(layout) +
	       (size_t)layout->nr_data * VMFW_IGVM_PAGE_SIZE;
}

/**
 * vmfw_igvm_wrap_size() - how long the file made from a flat firmware will be
 * @rom: the firmware
 * @rom_len: its bytes
 * @size: receives the bytes of the file
 *
 * Return: 0; -EINVAL: the firmware is empty, or no multiple of 4 KiB; -EFBIG:
 * it has more than 16 MiB; -ENOMEM.
 */
int vmfw_igvm_wrap_size(const void *rom, size_t rom_len, size_t *size)
{
	struct layout layout;
	int err;

	err = lay_out(&layout, rom, rom_len);
	if (err)
		return err;
	*size = file_size(&layout);
	free(layout.data);
	return 0;
}

static uint8_t *put_prefix(uint8_t *p, uint32_t type, uint32_t length)
{
	put_le32(p, type);
	put_le32(p + 4, length);
	return p + VMFW_IGVM_PREFIX_SIZE;
}

static uint8_t *put_platform(uint8_t *p)
{
	p = put_prefix(p, VMFW_IGVM_T_SUPPORTED_PLATFORM, 16);
	put_le32(p, 1);			/* compatibility mask */
	p[4] = 0;			/* highest VTL */
	p[5] = VMFW_IGVM_NATIVE;
	put_le16(p + 6, 1);		/* platform version */
	put_le64(p + 8, 0);		/* no shared GPA boundary */
	return p + 16;
}

static uint8_t *put_page(uint8_t *p, const struct layout *layout,
			 uint32_t page, uint64_t gpa)
{
	uint32_t offset = 0;

	if (layout->data[page] != NO_DATA)
		offset = headers_end(layout) +
			 layout->data[page] * VMFW_IGVM_PAGE_SIZE;
	p = put_prefix(p, VMFW_IGVM_T_PAGE_DATA, 24);
	put_le64(p, gpa);
	put_le32(p + 8, 1);		/* compatibility mask */
	put_le32(p + 12, offset);
	put_le32(p + 16, 0);		/* flags: measured, private, 4 KiB */
	put_le16(p + 20, VMFW_IGVM_DATA_NORMAL);
	put_le16(p + 22, 0);
	return p + 24;
}

static void put_headers(uint8_t *file, const struct layout *layout)
{
	uint8_t *p = file + VMFW_IGVM_FIXED_HEADER_SIZE;
	uint64_t start = GIB4 - (uint64_t)layout->nr * VMFW_IGVM_PAGE_SIZE;
	uint32_t i;

	p = put_platform(p);
	for (i = 0; i < layout->nr; i++)
		p = put_page(p, layout, i,
			     start + (uint64_t)i * VMFW_IGVM_PAGE_SIZE);
	start = MIB1 - (uint64_t)layout->nr_low * VMFW_IGVM_PAGE_SIZE;
	for (i = 0; i < layout->nr_low; i++)
		p = put_page(p, layout, layout->nr - layout->nr_low + i,
			     start + (uint64_t)i * VMFW_IGVM_PAGE_SIZE);
}

/* Pages that are stored one behind the other go in one piece. */
static int write_data(const struct layout *layout, write_piece *write, void *arg)
{
	uint32_t i = 0, next = 0;

	while (i < layout->nr) {
		uint32_t n = 0;
		int err;

		while (i + n < layout->nr && layout->data[i + n] == next + n)
			n++;
		if (!n) {
			i++;
			continue;
		}
		err = write(arg, rom_page(layout, i),
			    (size_t)n * VMFW_IGVM_PAGE_SIZE);
		if (err)
			return err;
		i += n;
		next += n;
	}
	return 0;
}

static void put_fixed_header(uint8_t *file, const struct layout *layout)
{
	put_le32(file, VMFW_IGVM_MAGIC);
	put_le32(file + 4, 1);		/* format version */
	put_le32(file + 8, VMFW_IGVM_FIXED_HEADER_SIZE);
	put_le32(file + 12,
		 headers_end(layout) - VMFW_IGVM_FIXED_HEADER_SIZE);
	put_le32(file + 16, file_size(layout));
	put_le32(file + 20, 0);		/* as long as the checksum is computed */
	/* Nothing lies between the fixed and the variable headers. */
	put_le32(file + 20, crc32_z(0, file, headers_end(layout)));
}

static int write_headers(const struct layout *layout, write_piece *write,
			 void *arg)
{
	uint8_t *head = malloc(headers_end(layout));
	int err;

	if (!head)
		return -ENOMEM;
	put_headers(head, layout);
	put_fixed_header(head, layout);
	err = write(arg, head, headers_end(layout));
	free(head);
	return err;
}

/**
 * vmfw_igvm_wrap_stream() - make a file from a flat firmware, piece by piece
 * @rom: the firmware
 * @rom_len: its bytes
 * @write: takes the pieces, from the file's first byte to its last: the
 *	headers, then data, straight from @rom. Returns 0 or a negative errno
 *	value, which ends the operation.
 * @arg: handed to @write
 *
 * Return: 0; what @write said; or as vmfw_igvm_wrap_size().
 */
int vmfw_igvm_wrap_stream(const void *rom, size_t rom_len,
			  int (*write)(void *arg, const void *bytes,
				       size_t len),
			  void *arg)
{
	struct layout layout;
	int err;

	err = lay_out(&layout, rom, rom_len);
	if (err)
		return err;
	err = write_headers(&layout, write, arg);
	if (!err)
		err = write_data(&layout, write, arg);
	free(layout.data);
	return err;
}

/* What is left of the caller's buffer. */
struct room {
	uint8_t *next;
	size_t left;
};

static int copy(void *arg, const void *bytes, size_t len)
{
	struct room *room = arg;

	if (len > room->left)
		return -ENOSPC;
	memcpy(room->next, bytes, len);
	room->next += len;
	room->left -= len;
	return 0;
}

/**
 * vmfw_igvm_wrap() - make an IGVM file from a flat firmware
 * @rom: the firmware, which ends where a PC starts, at its last 16 bytes
 * @rom_len: its bytes
 * @file: receives the file
 * @size: bytes at @file, as vmfw_igvm_wrap_size() says
 *
 * Return: 0; -ENOSPC: @size is something else; or as vmfw_igvm_wrap_size().
 */
int vmfw_igvm_wrap(const void *rom, size_t rom_len, void *file, size_t size)
{
	struct room room = { .next = file, .left = size };
	int err;

	err = vmfw_igvm_wrap_stream(rom, rom_len, copy, &room);
	if (!err && room.left)
		err = -ENOSPC;
	return err;
}
