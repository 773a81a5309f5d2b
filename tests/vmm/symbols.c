// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A check that this QEMU has all symbols that the model needs.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <inttypes.h>
#include <stdio.h>

#include "qemu.h"
#include "symbols.h"

#define NEEDED(symbol) { #symbol, (const void *)symbol }

static const struct {
	const char *name;
	const void *address;
} needed[] = {
	NEEDED(qemu_add_machine_init_done_notifier),
	NEEDED(qemu_get_aio_context),
	NEEDED(aio_bh_schedule_oneshot_full),
	NEEDED(qemu_register_reset_nosnapshotload),
	NEEDED(fw_cfg_find),
	NEEDED(fw_cfg_dma_enabled),
	NEEDED(fw_cfg_add_file_callback),
	NEEDED(address_space_memory),
	NEEDED(address_space_io),
	NEEDED(address_space_rw),
	NEEDED(address_space_write_rom),
	NEEDED(address_space_get_flatview),
	NEEDED(flatview_unref),
	NEEDED(flatview_for_each_range),
	NEEDED(memory_region_get_ram_addr),
	NEEDED(get_system_memory),
	NEEDED(memory_region_init_rom),
	NEEDED(memory_region_add_subregion_overlap),
	NEEDED(memory_region_init_ram),
	NEEDED(memory_region_add_subregion),
	NEEDED(memory_region_del_subregion),
	NEEDED(memory_region_set_enabled),
	NEEDED(qemu_add_vm_change_state_handler),
	NEEDED(qemu_get_cpu),
	NEEDED(vmstate_save_state),
	NEEDED(vmstate_load_state),
	NEEDED(qemu_file_new_input),
	NEEDED(qemu_file_new_output),
	NEEDED(qemu_fflush),
	NEEDED(qemu_fclose),
	NEEDED(qio_channel_buffer_new),
	NEEDED(qio_channel_io_seek),
	NEEDED(qio_channel_read),
	NEEDED(qio_channel_write_all),
	NEEDED(object_unref),
	NEEDED(error_get_pretty),
	NEEDED(error_free),
};

static void print_version(void)
{
	VersionInfo *info;

	if (!qmp_query_version || !qapi_free_VersionInfo) {
		fputs("this program (is it QEMU?)", stderr);
		return;
	}
	info = qmp_query_version(NULL);
	fprintf(stderr, "QEMU %" PRId64 ".%" PRId64 ".%" PRId64 " %s",
		info->qemu->major, info->qemu->minor, info->qemu->micro,
		info->package);
	qapi_free_VersionInfo(info);
}

bool symbols_check(void)
{
	bool complete = true;
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (needed[i].address)
			continue;
		fputs("vmfwupdate-vmm: ", stderr);
		print_version();
		fprintf(stderr, " does not export %s\n", needed[i].name);
		complete = false;
	}
	return complete;
}

/*
 * QEMU refuses a plugin whose interface version is too old. The model works with all
 * versions, so it claims one that this QEMU accepts. Each of these symbols came with a
 * QEMU that raised the minimum version.
 */
int symbols_plugin_api(void)
{
	if (physical_memory_read)
		return 7;
	if (qemu_register_resettable)
		return 2;
	return 1;
}
