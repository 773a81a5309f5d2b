// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * wrap: a flat PC firmware becomes an IGVM image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "../lib/exit.h"
#include "../lib/newfile.h"
#include "../lib/source.h"

static int say_not_flat(struct output *out, const struct source *source)
{
	switch (source->kind) {
	case SOURCE_IGVM:
		output_error(out, "%s: this is an IGVM image already",
			     source->path);
		break;
	default:
		output_error(out, "%s: this is no flat PC firmware: neither a "
			     "firmware volume at its start nor code at the "
			     "reset vector, 16 bytes before its end",
			     source->path);
		break;
	}
	return VMFW_EXIT_IMAGE;
}

static int say_error(struct output *out, const struct source *source, int err)
{
	output_error(out, "%s: %s", source->path, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * write_file() - write what --output names, or find it there already
 * @out: receives the result
 * @options: the name, and whether another file may be replaced
 * @bytes: the content
 * @size: bytes of it
 *
 * Return: an exit code.
 */
int write_file(struct output *out, const struct options *options,
	       const void *bytes, size_t size)
{
	const char *path = options->output;

	if (!strcmp(path, "-"))
		return newfile_stdout(out, bytes, size);
	output_string(out, "file", NULL, path);
	output_size(out, "size", NULL, size);
	if (newfile_same(path, bytes, size)) {
		output_bool(out, "already", NULL, true);
		output_line(out, "%s: already there, with this content", path);
		return VMFW_EXIT_OK;
	}
	output_bool(out, "already", NULL, false);
	return newfile_write(out, path, bytes, size,
			     options->force & FORCE_OVERWRITE);
}

static int wrap_rom(struct output *out, const struct options *options,
		    struct source *source)
{
	uint8_t *rom, *file = NULL;
	size_t size;
	int code, err;

	rom = malloc(source->size);
	if (!rom)
		return say_error(out, source, -ENOMEM);
	code = source_read_all(source, out, rom);
	if (code)
		goto out;
	err = vmfw_igvm_wrap_size(rom, source->size, &size);
	if (err) {
		code = say_error(out, source, err);
		goto out;
	}
	file = malloc(size);
	err = file ? vmfw_igvm_wrap(rom, source->size, file, size) : -ENOMEM;
	code = err ? say_error(out, source, err) :
		     write_file(out, options, file, size);
out:
	free(file);
	free(rom);
	return code;
}

static int wrap_file(struct output *out, const struct options *options,
		     struct source *source)
{
	int code;

	if (source->kind != SOURCE_FLAT)
		return say_not_flat(out, source);
	code = source_check_flat(source, out);
	return code ? code : wrap_rom(out, options, source);
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	if (!options->output) {
		output_error(out, "wrap needs --output=FILE");
		return VMFW_EXIT_USAGE;
	}
	if (out->json && !strcmp(options->output, "-")) {
		output_error(out, "standard output cannot take the image and "
			     "JSON at once");
		return VMFW_EXIT_USAGE;
	}
	return act_on_file(out, options, "rom", operands[0], wrap_file);
}

const struct verb verb_wrap = {
	.name = "wrap",
	.summary = "make an IGVM image from a flat PC firmware",
	.operands = "ROM",
	.nr_operands = 1,
	.options = OPTIONS_COMMON | OPTION_OUTPUT | OPTION_FORCE,
	.force = FORCE_OVERWRITE,
	.help =
	"The image is for plain guests (platform native). The firmware ends at\n"
	"4 GiB, and its last 128 KiB are there a second time below 1 MiB, as a PC\n"
	"shows them. The same ROM always gives the same bytes.\n",
	.run = run,
};
