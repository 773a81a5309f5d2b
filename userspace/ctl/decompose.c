// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The verb decompose, which writes the parts of an image, and its base, to files.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/infile.h"
#include "base/newfile.h"
#include "base/size.h"
#include "compose/compose.h"
#include "ctl/ctl.h"
#include "source/check.h"
#include "source/source.h"

/*
 * The bytes to read at once. They are many, because each vmfw_igvm_read() walks
 * over all headers first.
 */
#define WINDOW		(4u << 20)
/*
 * Bytes of the longest name below the directory, with slash and final zero. No finished
 * file has such a long name.
 */
#define LONGEST_NAME	sizeof("/" NEWFILE_UNFINISHED)
/* The most files: all parts, and the base. */
#define MAX_FILES	(VMFW_IGVM_MAX_PARTS + 1)

/**
 * struct part_window - the bytes of a part that the tool read last
 * @part: the part
 * @start: place of the bytes in the part
 * @len: number of bytes; 0: none, and the other members do not matter
 * @bytes: WINDOW bytes
 */
struct part_window {
	const struct vmfw_igvm_part *part;
	uint64_t start;
	size_t len;
	uint8_t *bytes;
};

/**
 * struct part_reader - a part in the memory of an image
 * @igvm: the image
 * @part: the part
 * @window: window that the readers of all parts share
 */
struct part_reader {
	const struct vmfw_igvm *igvm;
	const struct vmfw_igvm_part *part;
	struct part_window *window;
};

/**
 * struct decomposition - an image to take apart
 * @igvm: the image
 * @parts: the parts of its firmware
 * @readers: a reader for each part
 * @window: window that all readers share
 * @base: the base, or NULL if the tool cannot restore it
 * @names: names of the files
 * @contents: contents of the files
 * @nr: number of files
 */
struct decomposition {
	struct vmfw_igvm igvm;
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	struct part_reader readers[VMFW_IGVM_MAX_PARTS];
	struct part_window window;
	struct vmfw_igvm_draft *base;
	char names[MAX_FILES][PATH_MAX];
	struct newfile_content contents[MAX_FILES];
	size_t nr;
};

static int fill_window(const struct part_reader *reader, uint64_t offset)
{
	struct part_window *window = reader->window;
	uint64_t len = reader->part->size - offset;
	int err;

	if (len > WINDOW)
		len = WINDOW;
	window->len = 0;
	err = vmfw_igvm_read(reader->igvm, reader->igvm->platforms[0].mask,
			     reader->part->gpa + offset, window->bytes, len);
	if (err)
		return err;
	window->part = reader->part;
	window->start = offset;
	window->len = len;
	return 0;
}

static int read_part(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct part_reader *reader = arg;
	const struct part_window *window = reader->window;
	uint64_t at = offset - window->start;
	int err;

	if (window->part != reader->part || at >= window->len ||
	    len > window->len - at) {
		err = fill_window(reader, offset);
		if (err)
			return err;
		at = 0;
	}
	memcpy(buf, window->bytes + at, len);
	return 0;
}

static const char *suffix(unsigned int type)
{
	return type == VMFW_IGVM_PART_KERNEL || type == VMFW_IGVM_PART_SHIM ?
	       "efi" : "auth";
}

static struct newfile_content *add_file(struct decomposition *decomposition,
					const char *directory,
					const char *name, const char *end)
{
	snprintf(decomposition->names[decomposition->nr], PATH_MAX, "%s/%s.%s",
		 directory, name, end);
	return &decomposition->contents[decomposition->nr++];
}

static int find_parts(struct decomposition *decomposition, struct output *out,
		      const char *path, const char *directory)
{
	struct vmfw_igvm_obstacle why;
	size_t i, nr;
	int err;

	err = vmfw_igvm_parts(&decomposition->igvm, decomposition->parts, &nr,
			      &why);
	if (err == -EINVAL)
		return composition_obstacle(out->messages, path, &why);
	if (!err) {
		decomposition->window.bytes = malloc(WINDOW);
		err = decomposition->window.bytes ? 0 : -ENOMEM;
	}
	if (err)
		return infile_error(out->messages, path, err);
	for (i = 0; i < nr; i++) {
		struct part_reader *reader = &decomposition->readers[i];
		const struct vmfw_igvm_part *part = &decomposition->parts[i];

		*reader = (struct part_reader) {
			.igvm = &decomposition->igvm,
			.part = part,
			.window = &decomposition->window,
		};
		*add_file(decomposition, directory,
			  vmfw_igvm_part_name(part->type), suffix(part->type)) =
			(struct newfile_content) {
				.size = part->size,
				.read = read_part,
				.arg = reader,
			};
	}
	return VMFW_EXIT_OK;
}

/* If compose did not make the image, only warn: decompose still writes the parts. */
static int find_base(struct decomposition *decomposition, struct output *out,
		     const char *path, const char *directory)
{
	const struct vmfw_igvm_input *input;
	struct vmfw_igvm_obstacle why;
	int err;

	err = vmfw_igvm_decompose(&decomposition->igvm, &decomposition->base,
				  &why);
	output_bool(out, "restored", NULL, !err);
	if (err == -EINVAL) {
		message_warning(out->messages, "%s: %s", path, why.text);
		return VMFW_EXIT_OK;
	}
	if (err)
		return infile_error(out->messages, path, err);
	input = vmfw_igvm_draft_input(decomposition->base);
	*add_file(decomposition, directory, "base", "igvm") =
		(struct newfile_content) {
			.size = input->size,
			.read = input->read,
			.arg = input->arg,
		};
	return VMFW_EXIT_OK;
}

/* Fail if one of the files exists with other content, unless @force allows it. */
static int check_files(const struct decomposition *decomposition,
		       struct output *out, unsigned int force)
{
	int code = VMFW_EXIT_OK;
	struct stat st;
	size_t i;

	for (i = 0; !(force & FORCE_OVERWRITE) && i < decomposition->nr; i++) {
		const char *name = decomposition->names[i];

		if (lstat(name, &st) ||
		    newfile_same(name, &decomposition->contents[i]))
			continue;
		newfile_say_exists(out->messages, name);
		code = VMFW_EXIT_SYSTEM;
	}
	return code;
}

static int write_files(const struct decomposition *decomposition,
		       struct output *out, unsigned int force)
{
	char words[SIZE_WORDS];
	int code = VMFW_EXIT_OK;
	size_t i;

	output_array(out, "outputs");
	for (i = 0; !code && i < decomposition->nr; i++) {
		const struct newfile_content *content =
			&decomposition->contents[i];
		const char *name = decomposition->names[i];
		bool already = newfile_same(name, content);

		if (!already)
			code = newfile_write(out->messages, name, content,
					     force & FORCE_OVERWRITE);
		if (code)
			break;
		output_object(out, NULL);
		print_output(out, name, content->size, already);
		output_end(out);
		output_line(out, "%s: %s%s", name,
			    already ? "already there, " : "",
			    size_words(words, content->size));
	}
	output_end(out);
	return code;
}

static int make_directory(struct output *out, const char *path)
{
	struct stat st;
	int err = mkdir(path, 0777) ? -errno : 0;

	if (!err || (err == -EEXIST && !stat(path, &st) &&
		     S_ISDIR(st.st_mode)))
		return VMFW_EXIT_OK;
	if (err == -EEXIST)
		err = errno == ENOENT ? -ENOENT : -ENOTDIR;
	message_error(out->messages, "cannot make the directory %s: %s", path,
		      strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

static int take_apart(struct decomposition *decomposition, struct output *out,
		      const struct options *options, struct source *source)
{
	const char *directory = options->output;
	int code;

	if (source->kind == SOURCE_FLAT)
		return rom_refuse(out, source);
	code = findings_check(source, out->messages, &decomposition->igvm);
	if (!code)
		code = find_parts(decomposition, out, source->path, directory);
	if (code)
		return code;
	if (!decomposition->nr) {
		message_error(out->messages, "%s: this image has no parts besides its firmware",
			      source->path);
		return VMFW_EXIT_NOTHING;
	}
	code = find_base(decomposition, out, source->path, directory);
	if (!code)
		code = make_directory(out, directory);
	if (!code)
		code = check_files(decomposition, out, options->force);
	return code ? code : write_files(decomposition, out, options->force);
}

static int decompose(struct output *out, const struct options *options,
		     struct source *source)
{
	struct decomposition decomposition = { .nr = 0 };
	int code;

	code = take_apart(&decomposition, out, options, source);
	vmfw_igvm_draft_free(decomposition.base);
	free(decomposition.window.bytes);
	return code;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	if (!options->output) {
		message_error(out->messages, "decompose needs --output=DIRECTORY");
		return VMFW_EXIT_USAGE;
	}
	if (strlen(options->output) > PATH_MAX - LONGEST_NAME)
		return infile_error(out->messages, options->output,
				    -ENAMETOOLONG);
	return act_on_file(out, options, operands[0], decompose);
}

const struct verb verb_decompose = {
	.name = "decompose",
	.summary = "extract the parts that compose put into an image",
	.operands = "FILE",
	.nr_operands = 1,
	.files = "igvm efi",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_OUTPUT, OPTION_FORCE,
			   OPTION_FWID),
	.force = FORCE_OVERWRITE,
	.codes = CODES_IMAGE | CODE(NOTHING),
	.help =
	"The files in the directory of --output are base.igvm and, if the image has\n"
	"them, kernel.efi, shim.efi, PK.auth, KEK.auth, db.auth and dbx.auth. The same\n"
	"parts on that base make the same image again, but without its ID block. If the\n"
	"image is not as compose writes it, decompose writes only the parts, and warns.\n",
	.run = run,
};
