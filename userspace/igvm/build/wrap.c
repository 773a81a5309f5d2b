// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Build an IGVM file from a flat PC firmware.
 *
 * The bytes follow from the firmware and the options alone: format version 1;
 * the firmware's pages in ascending order up to 4 GiB; for the native platform
 * its last 128 KiB, or 256 KiB of a BIOS, once more below 1 MiB, where a PC shows
 * them too, in descending order; what it wants loaded on others; registers. Equal
 * pages take room once.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>

#include "build/wrap.h"

typedef int write_piece(void *arg, const void *bytes, size_t len);

static const struct vmfw_igvm_wrap_options native_alone = { .native = true };

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
	struct wrap_layout layout;
	int err;

	err = wrap_lay_out(&layout, rom, rom_len, &native_alone);
	if (err)
		return err;
	*size = layout.size;
	free(layout.data);
	return 0;
}

/* Pages that are stored one behind the other go in one piece. */
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
	struct wrap_layout layout;
	int err;

	err = wrap_lay_out(&layout, rom, rom_len, &native_alone);
	if (err)
		return err;
	err = write_file(&layout, write, arg);
	free(layout.data);
	return err;
}

/* What is left of the caller's buffer. */
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

	err = vmfw_igvm_wrap_stream(rom, rom_len, copy_piece, &room);
	if (!err && room.left)
		err = -ENOSPC;
	return err;
}

/**
 * vmfw_igvm_wrap_for() - make an IGVM file for several platforms
 * @rom: the firmware
 * @rom_len: its bytes
 * @options: the platforms
 * @file: receives the file, to be freed by the caller
 * @size: receives its bytes
 *
 * For the native platform alone, the bytes are those of vmfw_igvm_wrap(). A
 * launch from the file is measured as QEMU measures that of the firmware alone,
 * see vmfw_igvm_measure_rom(); on SEV-SNP only with VMFW_IGVM_VMM_NATIVE_ZERO,
 * or if the firmware wants no page that SEV-SNP zeroes.
 *
 * Return: 0; -EINVAL: there is no platform, what is told of the firmware is
 * that of another one, there are more than 65536 processors, or the firmware is
 * empty or no multiple of 4 KiB; -EFBIG: it has more than 16 MiB; -ENOMEM.
 */
int vmfw_igvm_wrap_for(const void *rom, size_t rom_len,
		       const struct vmfw_igvm_wrap_options *options,
		       void **file, size_t *size)
{
	struct wrap_layout layout;
	struct room room;
	int err;

	err = wrap_lay_out(&layout, rom, rom_len, options);
	if (err)
		return err;
	*size = layout.size;
	*file = malloc(layout.size);
	room = (struct room) { .next = *file, .left = layout.size };
	err = *file ? write_file(&layout, copy_piece, &room) : -ENOMEM;
	if (err)
		free(*file);
	free(layout.data);
	return err;
}
