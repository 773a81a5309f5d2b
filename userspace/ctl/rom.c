// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a flat firmware tells of itself, or why it does not.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/exit.h"
#include "ctl/ctl.h"
#include "source/source.h"

/**
 * rom_has_registers() - does a VMM make registers for a flat firmware?
 * @platform: enum vmfw_igvm_platform_type
 *
 * Return: true: they are measured on this platform.
 */
bool rom_has_registers(unsigned int platform)
{
	return platform == VMFW_IGVM_SEV_SNP || platform == VMFW_IGVM_SEV_ES;
}

/**
 * rom_open() - read what a flat firmware wants of a platform
 * @rom: receives it, valid as long as @bytes
 * @out: for errors
 * @source: where the firmware came from
 * @bytes: all of it
 * @platform: enum vmfw_igvm_platform_type
 *
 * Return: an exit code.
 */
int rom_open(struct vmfw_igvm_rom *rom, struct output *out,
	     const struct source *source, const uint8_t *bytes,
	     unsigned int platform)
{
	const char *word = vmfw_igvm_platform_word(platform);
	struct vmfw_igvm_rom_fault fault;

	switch (vmfw_igvm_rom_open(rom, bytes, source->size, platform,
				   &fault)) {
	case 0:
		return VMFW_EXIT_OK;
	case -ENOENT:
		message_error(out->messages, "%s: this firmware is not made for %s: its table at the end has nothing for that platform",
			      source->path, word);
		break;
	case -EOPNOTSUPP:
		message_error(out->messages, "%s: VMMs launch no flat firmware on %s",
			      source->path, word);
		break;
	default:
		message_error(out->messages, "%s: at 0x%zx: %s: 0x%" PRIx64,
			      source->path, fault.offset, fault.text,
			      fault.value);
		break;
	}
	return VMFW_EXIT_IMAGE;
}

/**
 * rom_refuse() - say that a flat firmware is no image, and what can be done
 * @out: for the error
 * @source: a file of the kind SOURCE_FLAT
 *
 * What "wrap" would refuse as well, such as a variable store, is called that.
 *
 * Return: VMFW_EXIT_IMAGE.
 */
int rom_refuse(struct output *out, const struct source *source)
{
	int code = source_check_flat(source, out->messages);

	if (code)
		return code;
	message_error(out->messages, "%s: this is a flat firmware, not an IGVM image; make an image of it: %s wrap %s -o FILE.igvm",
		      source->path, PROGRAM, source->path);
	return VMFW_EXIT_IMAGE;
}

/**
 * say_smm_unknown() - say that a firmware was not searched for SMM
 * @out: for the note
 * @path: the firmware
 * @err: what smm_warn_rom() or smm_warn_image() returned
 */
void say_smm_unknown(struct output *out, const char *path, int err)
{
	if (err)
		message_note(out->messages, "%s: not checked whether the firmware is built for SMM: %s",
			     path,
			     err == -ELIBACC ?
			     "there is no liblzma" : strerror(-err));
}
