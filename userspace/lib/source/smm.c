// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The search for OVMF builds with SMM_REQUIRE. Such a build keeps variables in
 * flash that only code in SMM may write. Without flash it stops. Only such a
 * build has the driver FvbServicesSmm among its compressed drivers (LZMA).
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

/*
 * The tool loads this library at run time. The check only warns, so an
 * initramfs need not contain the library.
 */
#define LIBRARY		"liblzma.so.5"

#define GUID		16
/*
 * EFI_GUID_DEFINED_SECTION (PI specification, volume 3): length and type, GUID,
 * offset of the data.
 */
#define SECTION_HEAD	4
#define SECTION_DATA_AT	(SECTION_HEAD + GUID)
#define CHUNK		(64u << 10)
/*
 * OVMF has about 13 MiB of decompressed drivers. Stop at a stream that gives
 * much more.
 */
#define OUTPUT_MOST	(64u << 20)
#define MEMORY_MOST	(64u << 20)
#define SECTIONS_MOST	16

/*
 * GUIDs as in memory: their first three numbers are little-endian.
 * ee4e5898-3914-4259-9d6e-dc7bd79403cf
 */
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
 * Does the stream contain FvbServicesSmm? If the stream is malformed or ends
 * early, search only the part before the fault.
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
		/* The GUID may cross the border between two pieces. */
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

/**
 * smm_find_rom() - is a flat firmware built for SMM and flash?
 * @rom: the firmware
 * @size: its size in bytes
 * @ret_found: receives the answer; false on an error
 *
 * The function searches the firmware itself and its first SECTIONS_MOST
 * compressed sections, at any offset.
 *
 * Return: 0; -ELIBACC: the function cannot load liblzma; -ELIBBAD: liblzma lacks
 * a function; -ENOMEM.
 */
int smm_find_rom(const uint8_t *rom, size_t size, bool *ret_found)
{
	const uint8_t *guid = rom, *section;
	unsigned int i;
	size_t at;
	int err = 0;

	*ret_found = memmem(rom, size, fvb_smm_guid, GUID);
	for (i = 0; !err && !*ret_found && i < SECTIONS_MOST; i++) {
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
					     rom + size - section - at,
					     ret_found);
	}
	return err;
}

/**
 * smm_find_image() - is the firmware in an image for plain guests built for SMM
 *	and flash?
 * @igvm: the image, which vmfw_igvm_check() found sound
 * @ret_found: receives the answer; false on an error
 *
 * The answer is also false if the image has no flat firmware for plain guests,
 * or one that is larger than FLAT_MAX.
 *
 * Return: as smm_find_rom(), or an error of reading the image.
 */
int smm_find_image(const struct vmfw_igvm *igvm, bool *ret_found)
{
	const struct vmfw_igvm_platform *native =
		vmfw_igvm_platform(igvm, VMFW_IGVM_NATIVE);
	struct vmfw_igvm_range range;
	uint8_t *rom;
	size_t size;
	int err;

	*ret_found = false;
	if (!native)
		return 0;
	err = vmfw_igvm_rom_range(igvm, native->mask, &range);
	/* An image without flat firmware needs no search. */
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
		err = smm_find_rom(rom, size, ret_found);
	free(rom);
	return err;
}

/**
 * smm_warn() - warn about a firmware that is built for SMM
 * @messages: for the warning
 * @path: name of the firmware
 */
void smm_warn(struct messages *messages, const char *path)
{
	message_warning(messages, "%s: this firmware is built for SMM and for variables in flash: loaded into memory, it stops before it boots; use a build without SMM",
			path);
}
