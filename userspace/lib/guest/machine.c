// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/rootdir.h"
#include "guest/machine.h"
#include "shared/macro.h"

/*
 * The memory map from the firmware. It lacks memory that the VMM added later.
 */
#define MEMMAP		"/sys/firmware/memmap"
#define IOMEM		"/proc/iomem"
#define PCI		"/sys/bus/pci/devices"
#define EFI		"/sys/firmware/efi"
#define PRESENT		"/sys/devices/system/cpu/present"

/* Class and subclass of a PCI device, without the programming interface. */
#define CLASS_VGA	0x0300

#define NAME		64
#define LINE		256

#define HYPERVISOR_BIT	(1u << 31)	/* ECX of CPUID leaf 1 */
#define HYPERVISOR_LEAF	0x40000000

/* The platform of an image for each kind of guest. */
static const struct {
	__u32 isolation;
	unsigned int platform;
} kinds[] = {
	{ VMFWUPDATE_ISOLATION_NONE, VMFW_IGVM_NATIVE },
	{ VMFWUPDATE_ISOLATION_SEV, VMFW_IGVM_SEV },
	{ VMFWUPDATE_ISOLATION_SEV_ES, VMFW_IGVM_SEV_ES },
	{ VMFWUPDATE_ISOLATION_SEV_SNP, VMFW_IGVM_SEV_SNP },
	{ VMFWUPDATE_ISOLATION_TDX, VMFW_IGVM_TDX },
};

/**
 * machine_platform() - the platform of an image that this machine needs
 * @isolation: enum vmfwupdate_isolation
 * @platform: receives enum vmfw_igvm_platform_type
 *
 * Return: false: no platform matches this isolation.
 */
bool machine_platform(__u32 isolation, unsigned int *platform)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].isolation != isolation)
			continue;
		*platform = kinds[i].platform;
		return true;
	}
	return false;
}

/**
 * machine_architecture() - the architecture of this machine
 * @architecture: receives enum vmfw_igvm_architecture
 *
 * Return: 0; -ENOTSUP: the image format does not know it; or another negative
 * errno value.
 */
int machine_architecture(unsigned int *architecture)
{
	struct utsname name;

	if (uname(&name))
		return -errno;
	if (!strcmp(name.machine, "x86_64"))
		*architecture = VMFW_IGVM_X64;
	else if (!strcmp(name.machine, "aarch64"))
		*architecture = VMFW_IGVM_AARCH64;
	else
		return -ENOTSUP;
	return 0;
}

/*
 * Does KVM run this machine? On Arm, or if the VMM hides KVM, the answer is no.
 * Then the tool does not check the rules of KVM.
 */
static bool on_kvm(void)
{
#ifdef __x86_64__
	unsigned int a, b, c, d;
	char name[12];

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & HYPERVISOR_BIT))
		return false;
	__cpuid(HYPERVISOR_LEAF, a, b, c, d);
	memcpy(name, &b, 4);
	memcpy(name + 4, &c, 4);
	memcpy(name + 8, &d, 4);
	return !memcmp(name, "KVMKVMKVM\0\0\0", sizeof(name));
#else
	return false;
#endif
}

static int add_range(struct machine_map *map, uint64_t start, uint64_t last)
{
	struct vmfw_igvm_range *v;

	if (last < start || last == UINT64_MAX)
		return 0;
	v = reallocarray(map->v, map->nr + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	map->v = v;
	v[map->nr++] = (struct vmfw_igvm_range) { start, last + 1 };
	return 0;
}

/*
 * Add a range by the kernel's name for it. Persistent memory and memory with
 * ACPI tables also count as memory: they are there after a reset, too.
 */
static int add_by_words(struct machine *machine, const char *words,
			uint64_t start, uint64_t last)
{
	static const char *const memory[] = {
		"System RAM", "ACPI Tables", "ACPI Non-volatile Storage",
		"Persistent Memory", "Soft Reserved",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(memory); i++)
		if (!strcmp(words, memory[i]))
			return add_range(&machine->memory, start, last);
	if (!strcmp(words, "Reserved") || !strcmp(words, "reserved"))
		return add_range(&machine->reserved, start, last);
	return 0;
}

static int read_number(const char *root, const char *entry, const char *name,
		       uint64_t *number)
{
	char path[sizeof(MEMMAP) + NAME + 16], line[NAME], *end;
	int err;

	snprintf(path, sizeof(path), "%s/%s/%s", MEMMAP, entry, name);
	err = root_read_line(root, path, line, sizeof(line));
	if (err)
		return err;
	errno = 0;
	*number = strtoull(line, &end, 16);
	return errno || end == line || *end ? -EINVAL : 0;
}

static int read_memmap_entry(struct machine *machine, const char *root,
			     const char *entry)
{
	char path[sizeof(MEMMAP) + NAME + 16], words[NAME];
	uint64_t start, last;
	int err;

	snprintf(path, sizeof(path), "%s/%s/type", MEMMAP, entry);
	err = root_read_line(root, path, words, sizeof(words));
	if (!err)
		err = read_number(root, entry, "start", &start);
	if (!err)
		err = read_number(root, entry, "end", &last);
	if (err)
		/* -ENOENT would mean that there is no map at all. */
		return err == -ENOENT ? -ENODATA : err;
	return add_by_words(machine, words, start, last);
}

static int read_memmap(struct machine *machine, const char *root)
{
	struct dirent *entry;
	DIR *directory;
	int err;

	err = root_open_directory(root, MEMMAP, &directory);
	if (err)
		return err;
	while (!err && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < NAME)
			err = read_memmap_entry(machine, root, entry->d_name);
	closedir(directory);
	return err;
}

/*
 * Read the memory map of the kernel, if there is none from the firmware (Arm).
 * Only root sees addresses there.
 */
static int read_iomem(struct machine *machine, const char *root)
{
	char line[LINE], words[LINE];
	uint64_t start, last;
	FILE *file;
	int err;

	err = root_open_stream(root, IOMEM, &file);
	if (err)
		return err;
	while (!err && fgets(line, sizeof(line), file)) {
		/* An indented line is part of the range above it. */
		if (line[0] == ' ')
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " : %255[^\n]", &start,
			   &last, words) == 3 && last)
			err = add_by_words(machine, words, start, last);
	}
	fclose(file);
	return err;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct vmfw_igvm_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Sort ranges in ascending order, and join ranges that overlap or touch. */
static void sort_ranges(struct machine_map *map)
{
	size_t i, n = 0;

	if (!map->nr)
		return;
	qsort(map->v, map->nr, sizeof(*map->v), compare_ranges);
	for (i = 1; i < map->nr; i++) {
		if (map->v[i].start > map->v[n].end)
			map->v[++n] = map->v[i];
		else if (map->v[i].end > map->v[n].end)
			map->v[n].end = map->v[i].end;
	}
	map->nr = n + 1;
}

static int read_maps(struct machine *machine, const char *root)
{
	int err = read_memmap(machine, root);

	if (err == -ENOENT || (!err && !machine->memory.nr))
		err = read_iomem(machine, root);
	if (!err || err == -ENOMEM)
		return err;
	/* Without all ranges of memory, do not check memory at all. */
	machine->memory.nr = 0;
	return 0;
}

static int read_class(const char *root, const char *entry, unsigned int *class)
{
	char path[sizeof(PCI) + NAME + 16], line[NAME], *end;
	int err;

	snprintf(path, sizeof(path), "%s/%s/class", PCI, entry);
	err = root_read_line(root, path, line, sizeof(line));
	if (err)
		return err;
	*class = strtoul(line, &end, 16) >> 8;
	return end == line || *end ? -EINVAL : 0;
}

/* Is there a VGA device? A device whose class is unreadable may be one. */
static enum vmfw_igvm_known find_vga(const char *root)
{
	enum vmfw_igvm_known found = VMFW_IGVM_NO;
	struct dirent *entry;
	unsigned int class;
	DIR *directory;

	if (root_open_directory(root, PCI, &directory))
		return VMFW_IGVM_UNKNOWN;
	while (found != VMFW_IGVM_YES && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (strlen(entry->d_name) >= NAME ||
		    read_class(root, entry->d_name, &class))
			found = VMFW_IGVM_UNKNOWN;
		else if (class == CLASS_VGA)
			found = VMFW_IGVM_YES;
	}
	closedir(directory);
	return found;
}

/*
 * Only a machine with UEFI has /sys/firmware/efi. Without /sys/firmware, the
 * kind of firmware is unknown.
 */
static enum vmfw_igvm_firmware find_firmware(const char *root)
{
	char path[PATH_MAX];

	if (root_path(path, root, EFI) ||
	    (access(path, F_OK) && errno != ENOENT))
		return VMFW_IGVM_FIRMWARE_UNKNOWN;
	if (!access(path, F_OK))
		return VMFW_IGVM_FIRMWARE_UEFI;
	if (root_path(path, root, "/sys/firmware") || access(path, F_OK))
		return VMFW_IGVM_FIRMWARE_UNKNOWN;
	return VMFW_IGVM_FIRMWARE_BIOS;
}

/*
 * Return the number of virtual processors, or 0: unknown. It is one more than
 * the last number in the kernel's list, such as 0-3,8.
 */
static uint32_t count_processors(const char *root)
{
	char line[LINE], *last, *end;
	unsigned long number;

	if (root_read_line(root, PRESENT, line, sizeof(line)))
		return 0;
	last = line + strlen(line);
	while (last > line && last[-1] >= '0' && last[-1] <= '9')
		last--;
	number = strtoul(last, &end, 10);
	return end == last || number >= UINT32_MAX ? 0 : number + 1;
}

static void look_around(struct vmfw_igvm_machine *known, const char *root)
{
	known->vga = find_vga(root);
	known->firmware = find_firmware(root);
	known->vcpus = count_processors(root);
}

/**
 * machine_open() - read the facts about this machine
 * @machine: to be filled in; close it even after an error
 * @root: root of the running system, see root_path()
 * @isolation: enum vmfwupdate_isolation, from the device
 *
 * If the memory is not visible, it counts as unknown. That is not an error.
 *
 * Return: 0; -ENOTSUP: the image format does not know this architecture or
 * isolation; -ENOMEM; or another negative errno value.
 */
int machine_open(struct machine *machine, const char *root, __u32 isolation)
{
	int err;

	*machine = (struct machine) { .known.kvm = on_kvm() };
	if (!machine_platform(isolation, &machine->known.platform))
		return -ENOTSUP;
	err = machine_architecture(&machine->known.architecture);
	if (!err)
		err = read_maps(machine, root);
	if (err)
		return err;
	look_around(&machine->known, root);
	sort_ranges(&machine->memory);
	sort_ranges(&machine->reserved);
	machine->known.memory = machine->memory.v;
	machine->known.nr_memory = machine->memory.nr;
	machine->known.reserved = machine->reserved.v;
	machine->known.nr_reserved = machine->reserved.nr;
	return 0;
}

/**
 * machine_close() - free the facts about a machine
 * @machine: from machine_open(), which may have failed
 */
void machine_close(struct machine *machine)
{
	free(machine->memory.v);
	free(machine->reserved.v);
}

static enum vmfw_exit say_result(struct messages *messages, int err)
{
	if (err && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	switch (err) {
	case 0:
		return VMFW_EXIT_OK;
	case -EINVAL:
	case -ECANCELED:
		return VMFW_EXIT_IMAGE;
	case -ENOTSUP:
		message_error(messages, "cannot choose a platform: no platform of the image format matches this machine's architecture or memory encryption");
		return VMFW_EXIT_DEVICE;
	default:
		message_error(messages, "cannot check the image for this machine: %s",
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
}

/**
 * machine_check() - check whether this machine can start from a file
 * @messages: for errors other than findings
 * @igvm: a sound file
 * @isolation: enum vmfwupdate_isolation, from the device
 * @report: see vmfw_igvm_check_machine()
 * @arg: for @report
 *
 * Return: an exit code; VMFW_EXIT_IMAGE: there were errors among the findings,
 * or @report ended the check; VMFW_EXIT_DEVICE: the image format does not know
 * this machine.
 */
enum vmfw_exit machine_check(struct messages *messages,
			     const struct vmfw_igvm *igvm, __u32 isolation,
			     vmfw_igvm_report *report, void *arg)
{
	struct machine machine;
	int err;

	err = machine_open(&machine, NULL, isolation);
	if (!err)
		err = vmfw_igvm_check_machine(igvm, &machine.known, report,
					      arg);
	machine_close(&machine);
	return say_result(messages, err);
}

/**
 * machine_check_qemu() - check whether QEMU's loader takes a file on this
 *	machine
 * @messages: for errors other than findings
 * @igvm: a sound file
 * @isolation: enum vmfwupdate_isolation, from the device
 * @report: called for each finding, errors and warnings
 * @arg: for @report
 *
 * The function checks all rules of vmfw_igvm_check_qemu() for this machine: its
 * memory, VGA, platform, processors and kind of firmware. It does not repeat
 * machine_check(). On the interface vmlaunchupdate, this check protects a guest
 * from an image that ends QEMU at the reset.
 *
 * Return: as machine_check().
 */
enum vmfw_exit machine_check_qemu(struct messages *messages,
				  const struct vmfw_igvm *igvm, __u32 isolation,
				  vmfw_igvm_report *report, void *arg)
{
	struct machine machine;
	int err;

	err = machine_open(&machine, NULL, isolation);
	if (!err)
		err = vmfw_igvm_check_qemu(igvm, &machine.known, report, arg);
	machine_close(&machine);
	return say_result(messages, err);
}
