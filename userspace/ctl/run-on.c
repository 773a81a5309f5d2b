// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions that open the file or the device of a verb, and run the verb on it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <string.h>

#include "base/exit.h"
#include "base/infile.h"
#include "base/interrupt.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "device/device.h"
#include "flow/config.h"
#include "source/image.h"

/* Refuse --fwid for other files than a UKI: only a UKI names its firmware. */
static int check_fwid(struct output *out, const struct options *options,
		      const struct source *source)
{
	if (!options->fwid || source->container == &uki_container)
		return VMFW_EXIT_OK;
	message_error(out->messages, "%s: cannot choose the firmware by --fwid=NAME: this is not a UKI",
		      source->path);
	return VMFW_EXIT_USAGE;
}

static bool is_stdin(const char *path)
{
	return path && !strcmp(path, INFILE_STDIN);
}

/* If the value of --nonce begins with "@", its rest is the name of a file. */
static bool is_nonce_on_stdin(const char *nonce)
{
	return nonce && nonce[0] == '@' && is_stdin(nonce + 1);
}

/**
 * check_stdin() - check that at most one file is standard input, which the tool
 *	can read only once
 * @out: for errors
 * @options: the options, some of which name files
 * @words: name of the verb's file, or NULL
 *
 * Return: an exit code.
 */
int check_stdin(struct output *out, const struct options *options,
		const char *words)
{
	unsigned int nr = is_stdin(words) + is_stdin(options->compose.key) +
			  is_stdin(options->report.path) +
			  is_nonce_on_stdin(options->report.nonce) +
			  is_stdin(options->vars) +
			  is_stdin(options->kernel.kernel) +
			  is_stdin(options->kernel.initrd) +
			  is_stdin(options->event_log) +
			  is_stdin(options->uki) +
			  is_stdin(options->recorded_uki);
	size_t i;

	for (i = 0; i < options->report.nr_certificates; i++)
		nr += is_stdin(options->report.certificates[i]);
	for (i = 0; i < options->compose.nr_files; i++)
		nr += is_stdin(options->compose.files[i].path);
	if (nr <= 1)
		return VMFW_EXIT_OK;
	message_error(out->messages, "-: cannot read more than one file from standard input");
	return VMFW_EXIT_USAGE;
}

static int open_image(struct image *image, struct output *out,
		      const struct options *options, const char *words)
{
	struct image_name name = { .words = words, .fwid = options->fwid };
	struct config config;
	int code;

	if (image_is_automatic(words)) {
		code = config_load(&config, out->messages, NULL);
		if (code)
			return code;
		name.configured = &config.image;
	}
	return image_open(image, out->messages, &name);
}

static void print_input(struct output *out, const struct source *source)
{
	static const char *const formats[] = {
		[SOURCE_UNKNOWN] = "unknown",
		[SOURCE_IGVM] = "igvm",
		[SOURCE_FLAT] = "flat",
	};

	output_string(out, "format", NULL, formats[source->kind]);
	output_size(out, "size", NULL, source->size);
	print_container(out, source);
}

/**
 * act_on_file() - open a file, run a function on it, close it
 * @out: receives the properties of the file, in JSON under the same names for
 *	every verb
 * @options: the options for @act
 * @words: the name, see image_open()
 * @act: the function; returns an exit code
 *
 * Return: an exit code.
 */
int act_on_file(struct output *out, const struct options *options,
		const char *words,
		int (*act)(struct output *out, const struct options *options,
			   struct source *source))
{
	struct image image = { .source.fd = -1 };
	int code;

	output_string(out, "file", NULL, words);
	code = check_stdin(out, options, words);
	if (!code)
		code = open_image(&image, out, options, words);
	if (!code)
		code = check_fwid(out, options, &image.source);
	if (!code) {
		print_input(out, &image.source);
		code = act(out, options, &image.source);
	}
	image_close(&image);
	return code;
}

/**
 * act_to_end() - report a signal that has ended the reading of a file
 * @out: for the error
 * @code: exit code of a verb that only reads the file
 *
 * Return: @code, or the exit code of the signal.
 */
int act_to_end(struct output *out, int code)
{
	if (!interrupt_seen() || code > 128)
		return code;
	return interrupt_exit(out->messages,
			      "the file was not read to its end");
}

/**
 * act_on_device() - open the device, run a function on it, print its state,
 *	close it
 * @out: receives the state
 * @options: the name of the device, and the options for @act
 * @act: the function, for a device that is open for reading; returns an exit
 *	code
 *
 * Return: an exit code.
 */
int act_on_device(struct output *out, const struct options *options,
		  int (*act)(struct output *out, struct device *device,
			     const struct options *options))
{
	struct device device = { .fd = -1 };
	int code;

	code = device_open(&device, out->messages, options->device);
	if (!code)
		code = act(out, &device, options);
	if (device.fd >= 0)
		output_string(out, "state", NULL,
			      device_state_word(device.info.state));
	device_close(&device);
	return code;
}
