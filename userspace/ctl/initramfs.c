// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * initramfs: what an initramfs has to carry for "auto"; for those who make one.
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

/* The files, one a line: for shells, so a name goes out as it is. */
static int tell_file(void *arg, const char *path)
{
	struct output *out = arg;

	if (strchr(path, '\n')) {
		message_error(out->messages, "%s: a name with a newline cannot be listed",
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

/* What lies on the ESP is read there, where it can be replaced. */
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
		message_error(out->messages, "%s: %s", path,
			      strerror(fd < 0 ? -fd :
			      errno));
		*code = VMFW_EXIT_SYSTEM;
	} else {
		carried = S_ISREG(st.st_mode) && fs.f_type != MSDOS_SUPER_MAGIC;
	}
	if (fd >= 0)
		close(fd);
	return carried;
}

static int tell_named(struct output *out, const struct config *config,
		      const char *root)
{
	const char *image = config->image.kind == LOCATION_PLAIN ?
			    config->image.path : "";
	int code = VMFW_EXIT_OK;

	if (*image && is_carried(out, root, image, &code))
		tell_file(out, image);
	if (config->certificates[0] &&
	    is_carried(out, root, config->certificates, &code))
		tell_file(out, config->certificates);
	return code;
}

static int run_files(struct output *out, const struct options *options,
		     char **operands)
{
	struct config config;
	int code;

	(void)operands;
	output_array(out, "files");
	code = config_load_installed(&config, out->messages, options->root,
				     tell_file, out);
	if (!code)
		code = tell_named(out, &config, options->root);
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
	.summary = "list the files that an initramfs has to carry",
	.options = OPTIONS_COMMON | OPTION_ROOT,
	.codes = CODES_COMMON,
	.help =
	"The files of the configuration that count at the next boot, so not those in\n"
	"/run; the image and the certificates that they name, unless these are on a\n"
	"boot partition, where auto reads them. One path a line.\n",
	.run = run_files,
};

static const struct verb initramfs_required_verb = {
	.name = "initramfs required",
	.summary = "tell whether the configuration says required=yes",
	.options = OPTIONS_COMMON | OPTION_ROOT,
	.codes = CODES_COMMON | CODE(NOTHING),
	.help =
	"The exit status is 0 if it does and 3 if it does not. Any other one is an\n"
	"error: then no initramfs should be made.\n",
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
	.summary = "say what an initramfs has to carry for auto",
	.operands = "VERB",
	.options = OPTIONS_COMMON,
	.codes = CODE(OK) | CODE(USAGE),
	.help =
	"For programs that make one. They read the configuration by this, so that\n"
	"they read what auto will read.\n",
};
