// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * OVMF that is built with SMM_REQUIRE keeps variables in flash, which code in SMM
 * alone may write, and stops where there is no flash. Nothing says so in plain
 * bytes: its drivers are compressed (LZMA). One of them exists in such builds
 * alone, FvbServicesSmm.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <lzma.h>

#include "source/flat.h"
#include "source/smm.h"

/* Of the machine, where something else has most likely loaded it already. */
#define LIBRARY		"liblzma.so.5"

#define GUID		16
/* In front of the GUID of a section: its length and type; behind it, an offset. */
#define SECTION_HEAD	4
#define SECTION_DATA_AT	(SECTION_HEAD + GUID)
#define CHUNK		(64u << 10)
/* Firmware is some 13 MiB; what claims to be more is a trap. */
#define OUTPUT_MOST	(64u << 20)
#define MEMORY_MOST	(64u << 20)
#define SECTIONS_MOST	16

/* As they stand in the file: the first three numbers are little-endian. */
static const uint8_t lzma_guid[GUID] = {
	0x98, 0x58, 0x4e, 0xee, 0x14, 0x39, 0x59, 0x42,
	0x9d, 0x6e, 0xdc, 0x7b, 0xd7, 0x94, 0x03, 0xcf,
};
/* 2e7db7a7-608e-4041-b45f-00359e0766c6 */
static const uint8_t fvb_smm_guid[GUID] = {
	0xa7, 0xb7, 0x7d, 0x2e, 0x8e, 0x60, 0x41, 0x40,
	0xb4, 0x5f, 0x00, 0x35, 0x9e, 0x07, 0x66, 0xc6,
};

static struct {
	typeof(lzma_alone_decoder) *decoder;
	typeof(lzma_code) *code;
	typeof(lzma_end) *end;
} library;

static int load_library(void)
{
	void *handle;

	if (library.code)
		return 0;
	handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return -ELIBACC;
	library.decoder = dlsym(handle, "lzma_alone_decoder");
	library.end = dlsym(handle, "lzma_end");
	library.code = dlsym(handle, "lzma_code");
	if (library.decoder && library.end && library.code)
		return 0;
	library.code = NULL;
	return -ELIBBAD;
}

/*
 * Is the driver in what these bytes decompress to? What is no such stream, or
 * ends early, has no driver as far as it goes.
 */
static bool search_stream(lzma_stream *stream, uint8_t *buf)
{
	size_t kept = 0;
	lzma_ret result;

	do {
		stream->next_out = buf + kept;
		stream->avail_out = CHUNK;
		result = library.code(stream, LZMA_FINISH);
		kept += CHUNK - stream->avail_out;
		if (memmem(buf, kept, fvb_smm_guid, GUID))
			return true;
		/* It may lie across the border. */
		if (kept > GUID - 1) {
			memmove(buf, buf + kept - (GUID - 1), GUID - 1);
			kept = GUID - 1;
		}
	} while (result == LZMA_OK && stream->total_out < OUTPUT_MOST);
	return false;
}

static int search_section(const uint8_t *bytes, size_t size, bool *found)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	uint8_t *buf;
	int err = load_library();

	if (err)
		return err;
	buf = malloc(CHUNK + GUID);
	if (!buf)
		return -ENOMEM;
	if (library.decoder(&stream, MEMORY_MOST) == LZMA_OK) {
		stream.next_in = bytes;
		stream.avail_in = size;
		*found = search_stream(&stream, buf);
		library.end(&stream);
	} else {
		err = -ENOMEM;
	}
	free(buf);
	return err;
}

/* Each section that is compressed, wherever it stands. */
static int search_rom(const uint8_t *rom, size_t size, bool *found)
{
	const uint8_t *guid = rom, *section;
	unsigned int i;
	size_t at;
	int err = 0;

	*found = memmem(rom, size, fvb_smm_guid, GUID);
	for (i = 0; !err && !*found && i < SECTIONS_MOST; i++) {
		guid = memmem(guid, rom + size - guid, lzma_guid, GUID);
		if (!guid)
			break;
		section = guid - SECTION_HEAD;
		guid += GUID;
		if (section < rom || rom + size - guid < 2)
			continue;
		at = guid[0] | guid[1] << 8;
		if (at >= SECTION_DATA_AT && at < (size_t)(rom + size - section))
			err = search_section(section + at,
					     rom + size - section - at, found);
	}
	return err;
}

/**
 * smm_warn_rom() - warn of a flat firmware that is built for SMM and flash
 * @messages: for the warning
 * @path: where the firmware comes from
 * @rom: the firmware
 * @size: its bytes
 *
 * Return: 0: whether it is was found out; -ELIBACC, -ELIBBAD: there is no
 * liblzma, or another one; -ENOMEM.
 */
int smm_warn_rom(struct messages *messages, const char *path,
		 const uint8_t *rom, size_t size)
{
	bool found;
	int err = search_rom(rom, size, &found);

	if (!err && found)
		message_warning(messages, "%s: this firmware is built for SMM and for variables in flash: loaded into memory, it stops before it boots; use a build without SMM",
				path);
	return err;
}

/**
 * smm_warn_image() - warn of such a firmware in an image for plain guests
 * @messages: for the warning
 * @path: the image's name
 * @igvm: the image, sound
 *
 * Return: as smm_warn_rom(), or an error of reading the image.
 */
int smm_warn_image(struct messages *messages, const char *path,
		   const struct vmfw_igvm *igvm)
{
	const struct vmfw_igvm_platform *native =
		vmfw_igvm_platform(igvm, VMFW_IGVM_NATIVE);
	struct vmfw_igvm_range range;
	uint8_t *rom;
	size_t size;
	int err;

	if (!native)
		return 0;
	err = vmfw_igvm_rom_range(igvm, native->mask, &range);
	/* Without a flat firmware in it, it is something else. */
	if (err)
		return err == -ENOENT ? 0 : err;
	size = range.end - range.start;
	if (size > FLAT_MAX)
		return 0;
	rom = malloc(size);
	if (!rom)
		return -ENOMEM;
	err = vmfw_igvm_read(igvm, native->mask, range.start, rom, size);
	if (!err)
		err = smm_warn_rom(messages, path, rom, size);
	free(rom);
	return err;
}
