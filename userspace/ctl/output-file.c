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
		message_error(out->messages, "%s needs --output=FILE", verb);
		return VMFW_EXIT_USAGE;
	}
	if (out->json && !strcmp(options->output, "-")) {
		message_error(out->messages, "standard output cannot take the image and JSON at once");
		return VMFW_EXIT_USAGE;
	}
	return VMFW_EXIT_OK;
}

/**
 * tell_output() - tell which file is written; for JSON, within an object
 * @out: the output
 * @path: the file
 * @size: bytes of it
 * @already: whether it is there already, with this content
 */
void tell_output(struct output *out, const char *path, uint64_t size,
		 bool already)
{
	output_string(out, "file", NULL, path);
	output_size(out, "size", NULL, size);
	output_bool(out, "already", NULL, already);
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
	bool already;

	if (!strcmp(path, "-"))
		return newfile_stdout(out->messages, content);
	already = newfile_same(path, content);
	output_object(out, "output");
	tell_output(out, path, content->size, already);
	output_end(out);
	if (already) {
		output_line(out, "%s: already there, with this content", path);
		return VMFW_EXIT_OK;
	}
	return newfile_write(out->messages, path, content,
			     options->force & FORCE_OVERWRITE);
}
