// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The VMM's side of vmfwupdate, for stock QEMU:
 *
 *	qemu-system-x86_64 -plugin vmfwupdate-vmm.so,log=FILE ...
 *
 * This file reads the arguments and the target. When the machine is complete, it starts
 * the parts of the model.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "interface.h"
#include "launch.h"
#include "log.h"
#include "memory.h"
#include "offer.h"
#include "pam.h"
#include "qemu.h"
#include "reset.h"
#include "symbols.h"

#define EXPORTED __attribute__((visibility("default")))

/* QEMU finds these by the names of its plugin interface. */
EXPORTED extern int qemu_plugin_version;
EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
				 int argc, char **argv);

EXPORTED int qemu_plugin_version;

/* IGVM counts the bytes of a file in 32 bits. */
#define MAX_SIZE_DEFAULT UINT32_MAX

static struct vmm_options options = {
	.max_size = MAX_SIZE_DEFAULT,
	.reload = true,
};

static struct {
	const struct vmm_interface *interface;
	bool offered;
	bool published;
} revisions[] = {
	{ &interface_igvm, false, false },
	{ &interface_v6, false, false },
	{ &interface_launchupdate, false, false },
};

static bool revision_given;

/* QEMU reads qemu_plugin_version before it calls the plugin. */
__attribute__((constructor)) static void choose_plugin_api(void)
{
	qemu_plugin_version = symbols_plugin_api();
}

static bool is_offered(const struct vmm_interface *interface)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(revisions); i++)
		if (revisions[i].interface == interface)
			return revisions[i].offered;
	return false;
}

static bool offer_revision(const char *name)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(revisions); i++) {
		if (strcmp(name, revisions[i].interface->name))
			continue;
		revisions[i].offered = true;
		return true;
	}
	log_error("revision=%s: unknown revision; expected igvm, v6 or vmlaunchupdate", name);
	return false;
}

static bool parse_revision(const char *value)
{
	g_auto(GStrv) names = g_strsplit(value, "+", -1);
	size_t i;

	if (!*names)
		return offer_revision("");
	revision_given = true;
	for (i = 0; i < G_N_ELEMENTS(revisions); i++)
		revisions[i].offered = false;
	for (i = 0; names[i]; i++)
		if (!offer_revision(names[i]))
			return false;
	return true;
}

static bool parse_fault(const char *value)
{
	return faults_parse(value, &options.faults);
}

static bool parse_pam(const char *value)
{
	options.pam_reset = !strcmp(value, "reset");
	if (options.pam_reset || !strcmp(value, "keep"))
		return true;
	log_error("pam=%s: expected keep or reset", value);
	return false;
}

static bool parse_ram(const char *value)
{
	options.ram_clear = !strcmp(value, "clear");
	if (options.ram_clear || !strcmp(value, "keep"))
		return true;
	log_error("ram=%s: expected keep or clear", value);
	return false;
}

/* QEMU turns a bare name into name=on. */
static bool parse_switch(const char *name, const char *value, bool *on)
{
	*on = !strcmp(value, "on");
	if (*on || !strcmp(value, "off"))
		return true;
	log_error("%s=%s: expected on or off", name, value);
	return false;
}

static bool parse_trace(const char *value)
{
	return parse_switch("trace", value, &options.trace);
}

static bool parse_bios_resize(const char *value)
{
	return parse_switch("bios-resize", value, &options.bios_resize);
}

static bool parse_host_igvm(const char *value)
{
	static char *path;

	g_free(path);
	path = g_strdup(value);
	options.host_igvm = path;
	if (*value)
		return true;
	log_error("host-igvm=: expected a file");
	return false;
}

static unsigned int unit_shift(const char *unit)
{
	if (!strcmp(unit, "K"))
		return 10;
	if (!strcmp(unit, "M"))
		return 20;
	if (!strcmp(unit, "G"))
		return 30;
	return 0;
}

static bool parse_reload(const char *value)
{
	return parse_switch("reload", value, &options.reload);
}

static bool parse_max_size(const char *value)
{
	unsigned int shift;
	char *unit;

	errno = 0;
	options.max_size = strtoull(value, &unit, 0);
	shift = unit_shift(unit);
	if (errno == 0 && g_ascii_isdigit(*value) && options.max_size &&
	    (shift || !*unit) && options.max_size <= UINT64_MAX >> shift) {
		options.max_size <<= shift;
		return true;
	}
	log_error("max-size=%s: expected a number of bytes (K, M, G)", value);
	return false;
}

static const struct {
	const char *name;
	bool (*parse)(const char *value);
} arguments[] = {
	{ "log", log_open },
	{ "bios-resize", parse_bios_resize },
	{ "fault", parse_fault },
	{ "host-igvm", parse_host_igvm },
	{ "max-size", parse_max_size },
	{ "pam", parse_pam },
	{ "power-cut", log_cut_power_at },
	{ "ram", parse_ram },
	{ "reload", parse_reload },
	{ "revision", parse_revision },
	{ "trace", parse_trace },
};

static bool parse_argument(const char *argument)
{
	const char *value = strchr(argument, '=');
	size_t length, i;

	length = value ? (size_t)(value - argument) : strlen(argument);
	for (i = 0; i < G_N_ELEMENTS(arguments); i++) {
		if (strlen(arguments[i].name) != length ||
		    strncmp(arguments[i].name, argument, length))
			continue;
		return arguments[i].parse(value ? value + 1 : "");
	}
	log_error("%s: unknown argument; expected one of log, bios-resize, fault, host-igvm, max-size, pam, power-cut, ram, reload, revision, trace",
		  argument);
	return false;
}

static bool find_target(const qemu_info_t *info)
{
	if (!info->system_emulation) {
		log_error("only for a whole machine, not for a user program");
		return false;
	}
	options.vp_count = info->system.smp_vcpus;
	if (!strcmp(info->target_name, "x86_64")) {
		options.architecture = ARCHITECTURE_X64;
		return true;
	}
	if (!strcmp(info->target_name, "aarch64")) {
		options.architecture = ARCHITECTURE_AARCH64;
		return true;
	}
	log_error("not for %s: x86_64 and aarch64 only", info->target_name);
	return false;
}

/* The default is QEMU's own interface, or the draft igvm on aarch64. */
static void choose_revision(void)
{
	offer_revision(options.architecture == ARCHITECTURE_X64 ?
		       interface_launchupdate.name : interface_igvm.name);
}

static bool check_launchupdate(void)
{
	bool offered = is_offered(&interface_launchupdate);

	if (options.host_igvm && !offered) {
		log_error("host-igvm: only for revision=vmlaunchupdate");
		return false;
	}
	if (offered && options.architecture != ARCHITECTURE_X64) {
		log_error("revision=vmlaunchupdate: only for x86_64");
		return false;
	}
	return true;
}

/* Check combinations of arguments. */
static bool check_options(void)
{
	if (!check_launchupdate())
		return false;
	if (!options.bios_resize)
		return true;
	if (options.architecture != ARCHITECTURE_X64) {
		log_error("bios-resize=on: only a PC has a firmware area");
		return false;
	}
	if (!is_offered(&interface_v6)) {
		log_error("bios-resize=on: only revision v6 has it");
		return false;
	}
	return true;
}

static void reset_revisions(void)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(revisions); i++)
		if (revisions[i].published && revisions[i].interface->reset)
			revisions[i].interface->reset();
}

static void publish_revisions(FWCfgState *fw_cfg)
{
	const struct vmm_interface *interface;
	char faults[128];
	size_t i;

	offer_start(&options);
	faults_format(&options.faults, faults, sizeof(faults));
	for (i = 0; i < G_N_ELEMENTS(revisions); i++) {
		if (!revisions[i].offered)
			continue;
		interface = revisions[i].interface;
		interface->publish(&options, fw_cfg);
		revisions[i].published = true;
		log_event("ready revision=%s capabilities=0x%" PRIx64
			  " faults=%s plugin-api=%d", interface->name,
			  interface->capabilities(), faults,
			  symbols_plugin_api());
	}
}

static void publish(void)
{
	FWCfgState *fw_cfg = fw_cfg_find();

	if (options.faults.set[FAULT_NO_INTERFACE])
		log_event("absent reason=\"fault no-interface\"");
	else if (!fw_cfg)
		log_event("absent reason=\"this machine has no fw_cfg\"");
	else if (!fw_cfg_dma_enabled(fw_cfg))
		log_event("absent reason=\"this fw_cfg has no DMA\"");
	else
		publish_revisions(fw_cfg);
}

/* QEMU has made all devices of the machine, but no guest code has run. */
static void machine_complete(Notifier *notifier, void *data)
{
	(void)notifier;
	(void)data;
	if (options.pam_reset && (options.architecture != ARCHITECTURE_X64 ||
				  !pam_present())) {
		log_error("pam=reset: this machine has no PAM registers that the model knows");
		exit(EXIT_FAILURE);
	}
	if (options.ram_clear && !memory_map_is_known()) {
		log_error("ram=clear: this machine has no list of its RAM");
		exit(EXIT_FAILURE);
	}
	launch_start(&options);
	publish();
	reset_start(&options, reset_revisions);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
			char **argv)
{
	static Notifier notifier = { .notify = machine_complete };
	int i;

	(void)id;
	if (!symbols_check() || !find_target(info))
		return -1;
	for (i = 0; i < argc; i++)
		if (!parse_argument(argv[i]))
			return -1;
	if (!revision_given)
		choose_revision();
	if (!check_options())
		return -1;
	qemu_add_machine_init_done_notifier(&notifier);
	return 0;
}
