// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file of --output.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "ctl/ctl.h"

/**
 * check_output() - check that --output was given, and is valid
 * @out: for errors
 * @options: the options
 * @verb: name of the verb, for errors
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
		message_error(out->messages, "--output=-: cannot write both the image and JSON to standard output; name a file");
		return VMFW_EXIT_USAGE;
	}
	return VMFW_EXIT_OK;
}

/**
 * print_output() - print the properties of the written file, for JSON, within
 *	an object
 * @out: the output
 * @path: the file
 * @size: bytes of it
 * @already: whether it already existed with this content
 */
void print_output(struct output *out, const char *path, uint64_t size,
		  bool already)
{
	output_string(out, "file", NULL, path);
	output_size(out, "size", NULL, size);
	output_bool(out, "already", NULL, already);
}

/**
 * write_file() - write the file of --output, unless it has the content already
 * @out: receives the result
 * @options: the file's name, and whether it may replace another file
 * @content: the content of the file
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
	print_output(out, path, content->size, already);
	output_end(out);
	if (already) {
		output_line(out, "%s: already there, with this content", path);
		return VMFW_EXIT_OK;
	}
	return newfile_write(out->messages, path, content,
			     options->force & FORCE_OVERWRITE);
}
