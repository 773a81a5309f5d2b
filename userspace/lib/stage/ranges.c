// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "guest/machine.h"
#include "source/flat.h"
#include "stage/ranges.h"

/**
 * plan_machine() - find out whether firmware is for the architecture of this
 *	machine
 * @messages: for errors
 * @path: the file's name, for errors
 * @architecture: enum vmfw_igvm_architecture of the firmware
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the firmware is for another
 * architecture.
 */
enum vmfw_exit plan_machine(struct messages *messages, const char *path,
			    uint32_t architecture)
{
	const char *wanted = architecture == VMFW_IGVM_AARCH64 ?
			     "aarch64" : "x86_64";
	struct utsname machine;

	if (uname(&machine)) {
		message_error(messages, "cannot find out the architecture of this machine: %s",
			      strerror(errno));
		return VMFW_EXIT_SYSTEM;
	}
	if (strcmp(machine.machine, wanted)) {
		message_error(messages, "%s: this is firmware for %s, not for %s",
			      path, wanted, machine.machine);
		return VMFW_EXIT_IMAGE;
	}
	return VMFW_EXIT_OK;
}

/* List the platforms of a file: "native, snp". */
static void name_platforms(const struct vmfw_igvm *igvm, char *buf, size_t len)
{
	unsigned int i;
	size_t used = 0;

	buf[0] = '\0';
	for (i = 0; i < igvm->nr_platforms && used < len; i++)
		used += snprintf(buf + used, len - used, "%s%s", i ? ", " : "",
				 vmfw_igvm_platform_word(igvm->platforms[i].type));
}

/**
 * plan_platform() - find the platform that this machine will start from
 * @messages: for errors
 * @path: the file's name, for errors
 * @igvm: the file
 * @isolation: enum vmfwupdate_isolation
 * @platform: receives the file's platform, valid as long as @igvm
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: the file is not for this machine;
 * VMFW_EXIT_DEVICE: the platform of this machine is unknown.
 */
enum vmfw_exit plan_platform(struct messages *messages, const char *path,
			     const struct vmfw_igvm *igvm, __u32 isolation,
			     const struct vmfw_igvm_platform **platform)
{
	unsigned int type;
	char words[128];
	enum vmfw_exit code;

	code = plan_machine(messages, path, igvm->architecture);
	if (code)
		return code;
	if (!machine_platform(isolation, &type)) {
		message_error(messages, "cannot tell which platform of an image this guest needs: its memory encryption is unknown");
		return VMFW_EXIT_DEVICE;
	}

	*platform = vmfw_igvm_platform(igvm, type);
	if (*platform)
		return VMFW_EXIT_OK;
	name_platforms(igvm, words, sizeof(words));
	message_error(messages, "%s: this machine needs an image for the platform %s; this one is for: %s",
		      path, vmfw_igvm_platform_word(type), words);
	return VMFW_EXIT_IMAGE;
}

/*
 * Reduce the ranges to @max by closing gaps: first gaps of at most one page, then
 * of two pages, of four, and so on. Then the image avoids more memory than
 * necessary, which is safe.
 */
static size_t join_ranges(struct vmfw_igvm_range *ranges, size_t nr, size_t max)
{
	uint64_t gap;
	size_t i, n;

	/*
	 * If a faulty kernel takes no range at all, one range remains here. The
	 * kernel refuses it.
	 */
	for (gap = VMFW_IGVM_PAGE_SIZE; nr > max && nr > 1;
	     gap = gap > UINT64_MAX / 2 ? UINT64_MAX : 2 * gap) {
		for (i = 1, n = 1; i < nr; i++) {
			if (ranges[i].start - ranges[n - 1].end <= gap)
				ranges[n - 1].end = ranges[i].end;
			else
				ranges[n++] = ranges[i];
		}
		nr = n;
	}
	return nr;
}

static enum vmfw_exit say_error(struct messages *messages, int err)
{
	message_error(messages, "cannot list the memory that the image must avoid: %s",
		      strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

static struct vmfwupdate_range to_device(struct vmfw_igvm_range range)
{
	return (struct vmfwupdate_range) {
		.start = range.start,
		.size = range.end - range.start,
	};
}

/**
 * plan_ranges() - find the ranges where an image must not be
 * @messages: for errors
 * @igvm: the image
 * @platform: the platform that this machine will start from
 * @max: most ranges that the device takes
 * @ranges: receives an array, which the caller frees; NULL if @nr is 0
 * @nr: receives the number of ranges
 *
 * The ranges cover all memory that the loader may use, of every kind in enum
 * vmfw_igvm_kind.
 *
 * Return: an exit code.
 */
enum vmfw_exit plan_ranges(struct messages *messages,
			   const struct vmfw_igvm *igvm,
			   const struct vmfw_igvm_platform *platform,
			   size_t max, struct vmfwupdate_range **ranges,
			   size_t *nr)
{
	struct vmfw_igvm_range *found;
	size_t i;
	int err;

	*ranges = NULL;
	err = vmfw_igvm_ranges(igvm, platform->mask, VMFW_IGVM_ANY_KIND,
			       &found, nr);
	if (err && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	if (err)
		return say_error(messages, err);
	if (!*nr)
		return VMFW_EXIT_OK;
	*nr = join_ranges(found, *nr, max);
	*ranges = calloc(*nr, sizeof(**ranges));
	for (i = 0; *ranges && i < *nr; i++)
		(*ranges)[i] = to_device(found[i]);
	free(found);
	return *ranges ? VMFW_EXIT_OK : say_error(messages, -ENOMEM);
}

/**
 * plan_flat_ranges() - find the ranges where a flat image must not be
 * @messages: for errors
 * @size: bytes of the flat firmware, at most 4 GiB
 * @ranges: receives an array, which the caller frees
 * @nr: receives the number of ranges
 *
 * Return: an exit code.
 */
enum vmfw_exit plan_flat_ranges(struct messages *messages, uint64_t size,
				struct vmfwupdate_range **ranges, size_t *nr)
{
	*ranges = calloc(2, sizeof(**ranges));
	if (!*ranges)
		return say_error(messages, -ENOMEM);
	(*ranges)[0] = to_device(flat_alias(size));
	(*ranges)[1] = to_device(flat_range(size));
	*nr = 2;
	return VMFW_EXIT_OK;
}
