// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What --output names.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "ctl/ctl.h"

/**
 * check_output() - check that --output was given, and can be
 * @out: for errors
 * @options: what was given
 * @verb: whose output it is
 *
 * Return: an exit code.
 */
int check_output(struct output *out, const struct options *options,
		 const char *verb)
{
	if (!options->output) {
		output_error(out, "%s needs --output=FILE", verb);
		return VMFW_EXIT_USAGE;
	}
	if (out->json && !strcmp(options->output, "-")) {
		output_error(out, "standard output cannot take the image and "
			     "JSON at once");
		return VMFW_EXIT_USAGE;
	}
	return VMFW_EXIT_OK;
}

/**
 * write_file() - write what --output names, or find it there already
 * @out: receives the result
 * @options: the name, and whether another file may be replaced
 * @content: what the file is to hold
 *
 * Return: an exit code.
 */
int write_file(struct output *out, const struct options *options,
	       const struct newfile_content *content)
{
	const char *path = options->output;

	if (!strcmp(path, "-"))
		return newfile_stdout(out, content);
	output_string(out, "file", NULL, path);
	output_size(out, "size", NULL, content->size);
	if (newfile_same(path, content)) {
		output_bool(out, "already", NULL, true);
		output_line(out, "%s: already there, with this content", path);
		return VMFW_EXIT_OK;
	}
	output_bool(out, "already", NULL, false);
	return newfile_write(out, path, content,
			     options->force & FORCE_OVERWRITE);
}
