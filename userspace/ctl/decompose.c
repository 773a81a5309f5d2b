// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * decompose: what travels with the firmware of an image, as files.
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
#include "base/size.h"
#include "ctl/ctl.h"
#include "source/check.h"
#include "source/source.h"

/* To find memory in the file takes time; so much of it is read at once. */
#define WINDOW		(4u << 20)
/* What is added to the name of the directory. */
#define LONGEST_NAME	sizeof("/kernel.efi")
/* All parts, and the base. */
#define MAX_FILES	(VMFW_IGVM_MAX_PARTS + 1)

/**
 * struct part_reader - a part in the memory of an image
 * @igvm: the image
 * @part: the part
 * @window: WINDOW bytes of it
 * @start: place of the window in the part
 * @len: bytes in the window
 */
struct part_reader {
	const struct vmfw_igvm *igvm;
	const struct vmfw_igvm_part *part;
	uint8_t *window;
	uint64_t start;
	size_t len;
};

/**
 * struct decomposition - an image that is taken apart
 * @igvm: the image
 * @parts: what travels with its firmware
 * @readers: the same, as it is read
 * @window: for the one that is read
 * @base: the base, or NULL: it cannot be restored
 * @names: names of the files
 * @contents: of the files
 * @nr: how many
 */
struct decomposition {
	struct vmfw_igvm igvm;
	struct vmfw_igvm_part parts[VMFW_IGVM_MAX_PARTS];
	struct part_reader readers[VMFW_IGVM_MAX_PARTS];
	uint8_t *window;
	struct vmfw_igvm_draft *base;
	char names[MAX_FILES][PATH_MAX];
	struct newfile_content contents[MAX_FILES];
	size_t nr;
};

static int fill_window(struct part_reader *reader, uint64_t offset)
{
	uint64_t len = reader->part->size - offset;
	int err;

	if (len > WINDOW)
		len = WINDOW;
	reader->len = 0;
	err = vmfw_igvm_read(reader->igvm, reader->igvm->platforms[0].mask,
			     reader->part->gpa + offset, reader->window, len);
	if (err)
		return err;
	reader->start = offset;
	reader->len = len;
	return 0;
}

static int read_part(void *arg, uint64_t offset, void *buf, size_t len)
{
	struct part_reader *reader = arg;
	uint64_t at = offset - reader->start;
	int err;

	if (at >= reader->len || len > reader->len - at) {
		err = fill_window(reader, offset);
		if (err)
			return err;
		at = 0;
	}
	memcpy(buf, reader->window + at, len);
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
		decomposition->window = malloc(WINDOW);
		err = decomposition->window ? 0 : -ENOMEM;
	}
	if (err)
		return infile_error(out->messages, path, err);
	for (i = 0; i < nr; i++) {
		struct part_reader *reader = &decomposition->readers[i];
		const struct vmfw_igvm_part *part = &decomposition->parts[i];

		*reader = (struct part_reader) {
			.igvm = &decomposition->igvm,
			.part = part,
			.window = decomposition->window,
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

/* The parts are there even if the base is not. */
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
		decomposition->base = NULL;
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

/* The first one is not written if the last one exists. */
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
		tell_output(out, name, content->size, already);
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
	return infile_error(out->messages, path, err);
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
		message_error(out->messages, "%s: nothing travels with this firmware",
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
	free(decomposition.window);
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
	.summary = "take out what compose put into an image",
	.operands = "FILE",
	.nr_operands = 1,
	.files = "igvm efi",
	.options = OPTIONS_COMMON | OPTION_OUTPUT | OPTION_FORCE |
		   OPTION_FWID,
	.force = FORCE_OVERWRITE,
	.codes = CODES_IMAGE | CODE(NOTHING),
	.help =
	"The files are kernel.efi, shim.efi, PK.auth, KEK.auth, db.auth, dbx.auth,\n"
	"those that there are, and base.igvm, in the directory of --output. The same\n"
	"parts on that base make the same image again. The base of an image that\n"
	"another tool composed cannot be restored; its parts are written\n"
	"nevertheless.\n",
	.run = run,
};
