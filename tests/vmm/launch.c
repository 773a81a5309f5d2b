// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The image from which a machine with vmlaunchupdate starts.
 *
 * In QEMU this is the object igvm-cfg: it holds a parsed file and executes it at
 * each reset. The device vm-launch-update replaces that file.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdlib.h>

#include "launch.h"
#include "launch_file.h"
#include "launch_loader.h"
#include "log.h"
#include "memory.h"

static const struct vmm_options *options;
static struct launch_file *current;
static bool restored;
static bool forgotten;

/* End the process, as QEMU does when a reset fails. */
static void end(const char *sha256, const char *reason)
{
	log_event("ended sha256=%s reason=\"%s\"", sha256, reason);
	log_error("%s", reason);
	exit(EXIT_FAILURE);
}

static struct launch_file *read_host_file(void)
{
	g_autoptr(GError) error = NULL;
	char reason[IMAGE_REASON_SIZE];
	struct launch_file *file;
	char *bytes;
	gsize size;

	if (!g_file_get_contents(options->host_igvm, &bytes, &size, &error)) {
		end("unknown", error->message);
		return NULL;
	}
	file = launch_file_parse((uint8_t *)bytes, size, reason);
	if (!file)
		end("unknown", reason);
	return file;
}

static void use(struct launch_file *file)
{
	launch_file_free(current);
	current = file;
	forgotten = false;
}

bool launch_has_host_image(void)
{
	return options->host_igvm;
}

/* libigvm takes the size in 32 bits. */
static uint32_t parsed_size(uint64_t size)
{
	return (uint32_t)size;
}

bool launch_replace(uint64_t addr, uint64_t size,
		    char reason[IMAGE_REASON_SIZE])
{
	struct memory_range range = { addr, size };
	struct launch_file *file;
	uint8_t *bytes;

	if (!addr || !size)
		return image_refuse(reason, "no address or no size");
	if (memory_find_place(range) != MEMORY_PLACE_WHOLE)
		return image_refuse(reason, "the image is not in one piece of RAM");
	range.size = parsed_size(size);
	if (range.size > options->max_size)
		return image_refuse(reason, "the image is larger than max-size");
	bytes = g_try_malloc(range.size + 1);
	if (!bytes || !memory_read(range, bytes)) {
		g_free(bytes);
		return image_refuse(reason, "cannot read the image");
	}
	file = launch_file_parse(bytes, range.size, reason);
	if (!file)
		return false;
	use(file);
	restored = false;
	log_event("image addr=0x%" PRIx64 " size=0x%" PRIx64 " sha256=%s",
		  addr, range.size, file->sha256);
	return true;
}

void launch_restore(void)
{
	if (!launch_has_host_image())
		return;
	use(read_host_file());
	restored = true;
	log_event("restored sha256=%s", current->sha256);
}

void launch_forget(void)
{
	memory_remove_added();
	forgotten = true;
}

static struct launch_amount load_part(enum launch_part part)
{
	char reason[IMAGE_REASON_SIZE];
	struct launch_amount amount;

	if (!launch_load(options, current, part, &amount, reason))
		end(current->sha256, reason);
	return amount;
}

static void load(const char *event)
{
	struct launch_amount amount = load_part(LAUNCH_ALL);

	log_event("%s pages=%u bytes=0x%" PRIx64 " sha256=%s", event,
		  amount.pages, amount.bytes, current->sha256);
	current->executed = true;
}

static void hide_firmware(void)
{
	if (!memory_hide(GIB4 - 1))
		end(current->sha256, "this machine has no firmware that ends at 4 GiB");
}

/*
 * With igvm-cfg, QEMU loads no firmware of its own. With this model, QEMU loads
 * the command line's firmware in the reset that follows this function. So the
 * function shows the hidden memory again before it returns.
 */
void launch_start(const struct vmm_options *the_options)
{
	options = the_options;
	if (!launch_has_host_image())
		return;
	use(read_host_file());
	log_event("host size=0x%" PRIx64 " sha256=%s", current->size,
		  current->sha256);
	hide_firmware();
	load("started");
	memory_remove_added();
	memory_show();
}

void launch_power_on(void)
{
	if (!current)
		return;
	hide_firmware();
	load_part(LAUNCH_HIGH);
	launch_start_processor();
}

const char *launch_reset(void)
{
	bool again;

	if (!current || forgotten)
		return NULL;
	again = current->executed;
	if (!again && options->ram_clear)
		memory_clear_ram();
	if (options->faults.set[FAULT_REFUSE_RESET] && !again && !restored)
		end(current->sha256, "fault refuse-reset");
	load(again ? "reloaded" : "loaded");
	if (again)
		return "ordinary reason=\"the same image again\"";
	return restored ? "restore reason=\"the host's image is back\"" :
		"update reason=\"image loaded\"";
}
