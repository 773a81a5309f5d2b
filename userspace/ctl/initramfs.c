// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * initramfs: the files that an initramfs must contain for "auto".
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "base/exit.h"
#include "base/rootdir.h"
#include "ctl/ctl.h"
#include "flow/config.h"

/* Print the name of a file. Shells read the line, so do not change the name. */
static int print_file(void *arg, const char *path)
{
	struct output *out = arg;

	if (strchr(path, '\n')) {
		message_error(out->messages, "%s: cannot list a name that contains a newline",
			      path);
		return -EINVAL;
	}
	output_string(out, NULL, NULL, path);
	if (!out->json) {
		output_raw(out, path);
		output_raw(out, "\n");
	}
	return 0;
}

/*
 * Must the initramfs contain a copy of a file? It needs no copy of a file on FAT,
 * such as one on the ESP. So a user can replace that file without a new initramfs.
 * In the initramfs, auto finds such a file only by a location such as ESP:/PATH.
 */
static bool is_carried(struct output *out, const char *root, const char *path,
		       int *code)
{
	int fd = root_open(root, path, O_RDONLY | O_NONBLOCK);
	bool carried = false;
	struct statfs fs;
	struct stat st;

	if (fd == -ENOENT)
		return false;
	if (fd < 0 || fstat(fd, &st) || fstatfs(fd, &fs)) {
		message_error(out->messages, "%s: cannot use this file: %s", path,
			      strerror(fd < 0 ? -fd : errno));
		*code = VMFW_EXIT_SYSTEM;
	} else {
		carried = S_ISREG(st.st_mode) && fs.f_type != MSDOS_SUPER_MAGIC;
	}
	if (fd >= 0)
		close(fd);
	return carried;
}

/*
 * Print the name of a file that the initramfs must contain. @path is from the
 * configuration; it is "" if the configuration names no file.
 */
static int print_named(struct output *out, const char *root, const char *path)
{
	int code = VMFW_EXIT_OK;

	if (*path && is_carried(out, root, path, &code) &&
	    print_file(out, path))
		code = VMFW_EXIT_USAGE;
	return code;
}

static int print_all_named(struct output *out, const char *root,
			   const struct config *config)
{
	int code = VMFW_EXIT_OK, result;

	if (config->image.kind == LOCATION_PLAIN)
		code = print_named(out, root, config->image.path);
	result = print_named(out, root, config->certificates);
	return code ? code : result;
}

static int run_files(struct output *out, const struct options *options,
		     char **operands)
{
	struct config config;
	int code;

	(void)operands;
	output_array(out, "files");
	code = config_load_installed(&config, out->messages, options->root,
				     print_file, out);
	if (!code)
		code = print_all_named(out, options->root, &config);
	output_end(out);
	return code;
}

static int see_nothing(void *arg, const char *path)
{
	(void)arg;
	(void)path;
	return 0;
}

static int run_required(struct output *out, const struct options *options,
			char **operands)
{
	struct config config;
	int code;

	(void)operands;
	code = config_load_installed(&config, out->messages, options->root,
				     see_nothing, NULL);
	if (code)
		return code;
	output_bool(out, "required", NULL, config.required);
	output_line(out, config.required ? "required=yes" : "required=no");
	return config.required ? VMFW_EXIT_OK : VMFW_EXIT_NOTHING;
}

static const struct verb initramfs_files_verb = {
	.name = "initramfs files",
	.summary = "list the files that an initramfs must contain",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_ROOT),
	.codes = CODES_COMMON,
	.help =
	"The list has the configuration files that the next boot reads, so none in /run.\n"
	"It also has the image and the certificates that these files name by a path,\n"
	"unless they are on vfat. An initramfs finds an image on vfat only by a location\n"
	"such as ESP:/PATH. Each line has one path.\n",
	.run = run_files,
};

static const struct verb initramfs_required_verb = {
	.name = "initramfs required",
	.summary = "check whether required=yes is configured",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_ROOT),
	.codes = CODES_COMMON | CODE(NOTHING),
	.help =
	"The exit status is 0 if it is configured, and 3 if not. Any other exit status\n"
	"is an error: then do not make an initramfs.\n",
	.run = run_required,
};

static const struct verb *const initramfs_verbs[] = {
	&initramfs_files_verb,
	&initramfs_required_verb,
	NULL
};

const struct verb verb_initramfs = {
	.name = "initramfs",
	.verbs = initramfs_verbs,
	.summary = "show the files and settings that an initramfs needs",
	.operands = "VERB",
	.options = OPTIONS(OPTIONS_COMMON),
	.codes = CODE(OK) | CODE(USAGE),
	.help =
	"With this verb, programs that make an initramfs read the configuration exactly\n"
	"as auto will read it.\n",
};
