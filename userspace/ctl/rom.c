// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions for verbs that read flat firmware: its metadata, and messages.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/exit.h"
#include "ctl/ctl.h"
#include "source/smm.h"
#include "source/source.h"

/**
 * rom_has_registers() - does the launch digest of a flat firmware contain
 *	registers?
 * @platform: enum vmfw_igvm_platform_type
 */
bool rom_has_registers(unsigned int platform)
{
	return platform == VMFW_IGVM_SEV_SNP || platform == VMFW_IGVM_SEV_ES;
}

/**
 * rom_open() - read the metadata of a flat firmware for a platform
 * @rom: receives it, valid as long as the bytes of @firmware
 * @out: for errors
 * @firmware: all of it
 * @platform: enum vmfw_igvm_platform_type
 *
 * Return: an exit code.
 */
int rom_open(struct vmfw_igvm_rom *rom, struct output *out,
	     const struct rom_bytes *firmware, unsigned int platform)
{
	const char *word = vmfw_igvm_platform_word(platform);
	struct vmfw_igvm_rom_fault fault;

	switch (vmfw_igvm_rom_open(rom, firmware->bytes, firmware->size,
				   platform, &fault)) {
	case 0:
		return VMFW_EXIT_OK;
	case -ENOENT:
		message_error(out->messages, "%s: cannot use this firmware for %s: its table at the end has no entry for that platform",
			      firmware->path, word);
		break;
	case -EOPNOTSUPP:
		message_error(out->messages, "%s: VMMs launch no flat firmware on %s",
			      firmware->path, word);
		break;
	default:
		message_error(out->messages, "%s: cannot use this firmware for %s: %s (0x%" PRIx64 " at offset 0x%zx)",
			      firmware->path, word, fault.text, fault.value,
			      fault.offset);
		break;
	}
	return VMFW_EXIT_IMAGE;
}

/**
 * rom_refuse() - report that a flat firmware is not an image, and how to make
 *	one
 * @out: for the error
 * @source: a file of the kind SOURCE_FLAT
 *
 * If "wrap" would refuse the file, a variable store for instance, the function
 * reports the reason instead.
 *
 * Return: VMFW_EXIT_IMAGE.
 */
int rom_refuse(struct output *out, const struct source *source)
{
	int code = source_check_flat(source, out->messages);

	if (code)
		return code;
	message_error(out->messages, "%s: this is flat firmware, not an IGVM image; make an image of it: %s wrap %s -o FILE.igvm",
		      source->path, PROGRAM, source->path);
	return VMFW_EXIT_IMAGE;
}

/**
 * say_smm() - report the result of the search for SMM in a firmware
 * @out: for a warning, or a note that the search was not possible
 * @path: the firmware
 * @err: the result of smm_find_rom() or smm_find_image()
 * @found: the firmware is built for SMM
 */
void say_smm(struct output *out, const char *path, int err, bool found)
{
	if (!err && found)
		smm_warn(out->messages, path);
	if (err)
		message_note(out->messages, "%s: cannot check whether the firmware is built for SMM: %s",
			     path,
			     err == -ELIBACC ?
			     "cannot load liblzma.so.5; is it installed?" : strerror(-err));
}
