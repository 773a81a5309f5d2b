// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * partition: an image in a partition of its own.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "base/size.h"
#include "ctl/ctl.h"
#include "disk/blockdev.h"
#include "install/install.h"
#include "source/check.h"
#include "source/source.h"

#define OPTIONS_ALL	OPTIONS_COMMON, OPTION_DISK

/* Print a partition for JSON, within an object. */
static void print_one(struct output *out, const struct partition *partition)
{
	output_string(out, "disk", NULL, partition->disk);
	output_number(out, "number", NULL, partition->number);
	output_string(out, "partuuid", NULL, partition->uuid);
	output_number(out, "offset", NULL, partition->start);
	output_size(out, "size", NULL, partition->size);
	output_string(out, "state", NULL,
		      partition_state_word(partition->state));
	if (partition->state == PARTITION_IMAGE)
		output_size(out, "image_size", NULL, partition->file.size);
}

static const char *state_words(const struct partition *partition, char *buf,
			       size_t size)
{
	char words[SIZE_WORDS];

	switch (partition->state) {
	case PARTITION_IMAGE:
		snprintf(buf, size, "an image, %s",
			 size_words(words, partition->file.size));
		return buf;
	case PARTITION_EMPTY:
		return "no image; the next installation removes this partition";
	case PARTITION_OTHER:
		return "no readable IGVM image, or one that is longer than the partition";
	default:
		return "unfinished; the next installation removes this partition";
	}
}

static void print_line(struct output *out, const struct partition *partition)
{
	char state[96], words[SIZE_WORDS];

	output_line(out, "%s, partition %u: %s", partition->disk,
		    partition->number,
		    state_words(partition, state, sizeof(state)));
	output_line(out, "  PARTUUID=%s, %s", partition->uuid,
		    size_words(words, partition->size));
}

static int run_list(struct output *out, const struct options *options,
		    char **operands)
{
	struct volumes volumes = { 0 };
	struct partitions found;
	size_t i;
	int code;

	(void)operands;
	code = partition_list(&found, &volumes, out->messages,
			      options->disk ? options->disk : PARTITION_ANY);
	output_array(out, "partitions");
	for (i = 0; !code && i < found.nr; i++) {
		output_object(out, NULL);
		print_one(out, &found.v[i]);
		output_end(out);
		print_line(out, &found.v[i]);
	}
	output_end(out);
	if (!code && !found.nr)
		output_line(out, "there is no firmware partition");
	partition_free(&found);
	return code;
}

/* Bytes of a disk, which read_span() reads like a file. */
struct disk_span {
	struct blockdev disk;
	uint64_t start;
};

static int read_span(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct disk_span *span = arg;

	return blockdev_read(&span->disk, span->start + offset, buf, len);
}

static int read_image(struct output *out, const struct options *options,
		      const struct partition *partition)
{
	struct disk_span span = {
		.start = partition->start + partition->file.start,
	};
	const struct newfile_content content = {
		.size = partition->file.size,
		.read = read_span,
		.arg = &span,
	};
	int code, err;

	err = blockdev_open(&span.disk, partition->disk, false);
	if (err) {
		message_error(out->messages, "%s: cannot open this disk: %s",
			      partition->disk, strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	code = write_file(out, options, &content);
	blockdev_close(&span.disk);
	return code;
}

static int run_read(struct output *out, const struct options *options,
		    char **operands)
{
	const char *where = options->disk;
	struct volumes volumes = { 0 };
	const struct partition *picked;
	struct partitions found;
	int code;

	(void)operands;
	code = check_output(out, options, "partition read");
	if (code)
		return code;
	code = partition_list(&found, &volumes, out->messages, where);
	if (!code)
		code = partition_pick(&found, out->messages, where ? where :
				      "the disk of the EFI system partition",
				      &picked);
	if (!code) {
		output_object(out, "partition");
		print_one(out, picked);
		output_end(out);
		code = read_image(out, options, picked);
	}
	partition_free(&found);
	return code;
}

/* Find the disk to change. --disk=any is an error, because it means all disks. */
static int find_disk(struct output *out, const struct options *options,
		     char *path, unsigned int *number)
{
	struct volumes volumes = { 0 };

	if (options->disk && !strcmp(options->disk, PARTITION_ANY)) {
		message_error(out->messages, "--disk=any: this verb changes only one disk; name it");
		return VMFW_EXIT_USAGE;
	}
	return partition_disk(&volumes, out->messages, options->disk, path,
			      number);
}

static void print_installed(struct output *out, const struct source *source,
			    const struct partition_change *change)
{
	const struct partition *now = &change->now;
	char digest[DIGEST_WORDS], words[SIZE_WORDS];

	output_bool(out, "already", NULL, change->already);
	output_number(out, "removed", NULL, change->removed);
	output_object(out, "partition");
	print_one(out, now);
	output_end(out);
	if (change->dry_run && !change->already) {
		output_line(out, "%s: could be installed: %s, partition %u",
			    source->path, now->disk, now->number);
		return;
	}
	digest_words(digest, change->digest);
	output_string(out, "sha256", NULL, digest);
	output_line(out, "%s: %sinstalled: %s, partition %u, PARTUUID=%s",
		    source->path, change->already ? "already " : "",
		    now->disk, now->number, now->uuid);
	output_line(out, "%s, SHA-256 %s",
		    size_words(words, source->size), digest);
}

static int check_image(struct output *out, struct source *source)
{
	struct vmfw_igvm igvm;

	if (source->kind != SOURCE_FLAT)
		return findings_check(source, out->messages, &igvm);
	return rom_refuse(out, source);
}

static int install_file(struct output *out, const struct options *options,
			struct source *source)
{
	struct partition_change change = {
		.dry_run = options_given(options, OPTION_DRY_RUN),
		.progress = options->progress,
	};
	unsigned int number;
	char path[PATH_MAX];
	int code;

	code = check_image(out, source);
	if (!code)
		code = find_disk(out, options, path, &number);
	if (code)
		return code;
	change.disk = path;
	code = partition_install(out->messages, &change, source);
	if (!code)
		print_installed(out, source, &change);
	return code;
}

static int run_install(struct output *out, const struct options *options,
		       char **operands)
{
	output_bool(out, "dry_run", NULL,
		    options_given(options, OPTION_DRY_RUN));
	return act_on_file(out, options, operands[0], install_file);
}

static int run_remove(struct output *out, const struct options *options,
		      char **operands)
{
	struct partition_change change = {
		.dry_run = options_given(options, OPTION_DRY_RUN),
	};
	char path[PATH_MAX];
	int code;

	(void)operands;
	output_bool(out, "dry_run", NULL, change.dry_run);
	code = find_disk(out, options, path, &change.number);
	if (code)
		return code;
	change.disk = path;
	output_string(out, "disk", NULL, path);
	code = partition_remove(out->messages, &change);
	output_number(out, "removed", NULL, change.removed);
	if (code == VMFW_EXIT_NOTHING)
		output_line(out, "%s: there is no firmware partition", path);
	else if (!code)
		output_line(out, "%s: partitions %sremoved: %u", path,
			    change.dry_run ? "that would be " : "",
			    change.removed);
	return code;
}

static const struct verb partition_list_verb = {
	.name = "partition list",
	.summary = "list partitions for firmware, on any disk",
	.options = OPTIONS(OPTIONS_ALL),
	.codes = CODES_COMMON | CODE(SOURCE),
	.help =
	"These are partitions of the type for firmware images, and those that an\n"
	"interrupted installation has left.\n",
	.run = run_list,
};

static const struct verb partition_read_verb = {
	.name = "partition read",
	.summary = "write the image in the partition to a file",
	.options = OPTIONS(OPTIONS_ALL, OPTION_OUTPUT, OPTION_FORCE),
	.force = FORCE_OVERWRITE,
	.codes = CODES_COMMON | CODE(SOURCE),
	.help =
	"If there is no image, or more than one, that is an error.\n",
	.run = run_read,
};

static const struct verb partition_install_verb = {
	.name = "partition install",
	.summary = "install an image, in place of the old one",
	.operands = "FILE",
	.nr_operands = 1,
	.files = "igvm efi",
	.options = OPTIONS(OPTIONS_ALL, OPTION_DRY_RUN, OPTION_PROGRESS,
			   OPTION_FWID),
	.codes = CODES_IMAGE,
	.help =
	"install writes the image to a new partition, reads it back and compares it.\n"
	"Then one change of the partition table gives the new partition its type and\n"
	"removes the old one. At every moment the disk has the old image or the new\n"
	"one. The disk needs free room for both.\n",
	.run = run_install,
};

static const struct verb partition_remove_verb = {
	.name = "partition remove",
	.summary = "remove the partition with the image",
	.options = OPTIONS(OPTIONS_ALL, OPTION_DRY_RUN),
	.codes = CODES_COMMON | CODE(NOTHING) | CODE(SOURCE),
	.help =
	"This also removes the remains of an interrupted installation.\n",
	.run = run_remove,
};

static const struct verb *const partition_verbs[] = {
	&partition_list_verb,
	&partition_read_verb,
	&partition_install_verb,
	&partition_remove_verb,
	NULL
};

const struct verb verb_partition = {
	.name = "partition",
	.verbs = partition_verbs,
	.summary = "keep an image in a partition of its own",
	.operands = "VERB",
	.options = OPTIONS(OPTIONS_COMMON),
	.codes = CODE(OK) | CODE(USAGE),
	.help =
	"The partition is on the disk of the EFI system partition. --disk names\n"
	"another one: a disk, one of its partitions, PARTUUID=..., or a file with a\n"
	"disk's content. For list and read, --disk=any stands for all disks.\n",
};
