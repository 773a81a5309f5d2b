// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The builder of an IGVM file from a flat PC firmware.
 *
 * The bytes depend only on the firmware and the options. The format version is
 * 1, or 2 if the file has registers for the native platform. The file contains,
 * in this order:
 *
 * - the firmware's pages, unless TDX is the only platform, in ascending order up
 *   to 4 GiB;
 * - on native, pages of zeroes where the firmware reads parameters;
 * - on native, the last 128 KiB of the firmware once more, or the last 256 KiB
 *   of a BIOS. They lie below 1 MiB, as on a PC, and are in descending order;
 * - on other platforms, the sections that the firmware requests;
 * - registers.
 *
 * The file has the data of equal pages of the firmware only once.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "build/wrap.h"

typedef int write_piece(void *arg, const void *bytes, size_t len);

static const struct vmfw_igvm_wrap_options native_alone = { .native = true };

/**
 * vmfw_igvm_wrap_size() - compute the size of the file made from a flat
 *	firmware
 * @rom: the firmware
 * @rom_len: its size in bytes
 * @size: receives the bytes of the file
 *
 * Return: 0; -EINVAL: the size of the firmware is 0 or not a multiple of 4 KiB;
 * -EFBIG: it has more than 16 MiB; -ENOMEM.
 */
int vmfw_igvm_wrap_size(const void *rom, size_t rom_len, size_t *size)
{
	struct wrap_layout layout;
	int err;

	err = wrap_lay_out(&layout, rom, rom_len, &native_alone);
	if (err)
		return err;
	*size = layout.size;
	free(layout.data);
	return 0;
}

/* Write all stored pages of the firmware, consecutive ones as one piece. */
static int write_data(const struct wrap_layout *layout, write_piece *write,
		      void *arg)
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
		err = write(arg, wrap_rom_page(layout, i),
			    (size_t)n * VMFW_IGVM_PAGE_SIZE);
		if (err)
			return err;
		i += n;
		next += n;
	}
	return 0;
}

static int write_registers(const struct wrap_layout *layout,
			   write_piece *write, void *arg)
{
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	unsigned int i;
	uint32_t n;
	int err = 0;

	for (i = 0; i < layout->nr_platforms; i++) {
		const struct wrap_platform *platform = &layout->platforms[i];

		for (n = 0; !err && n < platform->nr_registers; n++) {
			wrap_put_registers(layout, platform, n == 0, page);
			err = write(arg, page, sizeof(page));
		}
	}
	return err;
}

static int write_headers(const struct wrap_layout *layout, write_piece *write,
			 void *arg)
{
	uint8_t *head = malloc(layout->headers_end);
	int err;

	if (!head)
		return -ENOMEM;
	wrap_put_headers(layout, head);
	err = write(arg, head, layout->headers_end);
	free(head);
	return err;
}

static int write_file(const struct wrap_layout *layout, write_piece *write,
		      void *arg)
{
	int err;

	err = write_headers(layout, write, arg);
	if (!err)
		err = write_data(layout, write, arg);
	if (!err)
		err = write_registers(layout, write, arg);
	return err;
}

/**
 * vmfw_igvm_wrap_stream() - make a file from a flat firmware, piece by piece
 * @rom: the firmware
 * @rom_len: its size in bytes
 * @write: takes the pieces, from the file's first byte to its last: the
 *	headers, then data, directly from @rom. Returns 0 or a negative errno
 *	value, which ends the operation.
 * @arg: argument for @write
 *
 * Return: 0; the error of @write; or as vmfw_igvm_wrap_size().
 */
int vmfw_igvm_wrap_stream(const void *rom, size_t rom_len,
			  int (*write)(void *arg, const void *bytes,
				       size_t len),
			  void *arg)
{
	struct wrap_layout layout;
	int err;

	err = wrap_lay_out(&layout, rom, rom_len, &native_alone);
	if (err)
		return err;
	err = write_file(&layout, write, arg);
	free(layout.data);
	return err;
}

/* The remaining part of a buffer. */
struct room {
	uint8_t *next;
	size_t left;
};

static int copy_piece(void *arg, const void *bytes, size_t len)
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
 * @rom: the firmware; a PC starts 16 bytes before its end
 * @rom_len: its size in bytes
 * @file: receives the file
 * @size: bytes at @file, from vmfw_igvm_wrap_size()
 *
 * Return: 0; -ENOSPC: @size is wrong; or as vmfw_igvm_wrap_size().
 */
int vmfw_igvm_wrap(const void *rom, size_t rom_len, void *file, size_t size)
{
	struct room room = { .next = file, .left = size };
	int err;

	err = vmfw_igvm_wrap_stream(rom, rom_len, copy_piece, &room);
	if (!err && room.left)
		err = -ENOSPC;
	return err;
}

/**
 * vmfw_igvm_wrap_for() - make an IGVM file for several platforms
 * @rom: the firmware
 * @rom_len: its size in bytes
 * @options: the platforms
 * @file: receives the file, which the caller frees; NULL if this fails
 * @size: receives its bytes; 0 if this fails
 *
 * For the native platform alone and without its registers, the bytes are those
 * of vmfw_igvm_wrap(). A launch from the file has the same measurement as QEMU's
 * launch of the firmware alone, see vmfw_igvm_measure_rom(). On SEV-SNP this is
 * true only with VMFW_IGVM_VMM_NATIVE_ZERO, or if the firmware requests no page
 * that SEV-SNP zeroes.
 *
 * Return: 0; -EINVAL: @options have no platform, the metadata of another
 * firmware, or more than 65536 processors; or as vmfw_igvm_wrap_size().
 */
int vmfw_igvm_wrap_for(const void *rom, size_t rom_len,
		       const struct vmfw_igvm_wrap_options *options,
		       void **file, size_t *size)
{
	struct wrap_layout layout;
	struct room room;
	void *bytes;
	int err;

	*file = NULL;
	*size = 0;
	err = wrap_lay_out(&layout, rom, rom_len, options);
	if (err)
		return err;
	bytes = malloc(layout.size);
	room = (struct room) { .next = bytes, .left = layout.size };
	err = bytes ? write_file(&layout, copy_piece, &room) : -ENOMEM;
	free(layout.data);
	if (err) {
		free(bytes);
		return err;
	}
	*file = bytes;
	*size = layout.size;
	return 0;
}
