// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Facts about a machine that an image must match, read below a directory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "guest/machine.h"
#include "shared/macro.h"
#include "tree.h"

static char root[64];

/* The architecture that the kernel names; NULL: uname() fails. */
static const char *architecture = "x86_64";

int __wrap_uname(struct utsname *name);
int __wrap_uname(struct utsname *name)
{
	errno = EFAULT;
	if (!architecture)
		return -1;
	strcpy(name->machine, architecture);
	return 0;
}

/* Number of allocations of ranges before the one that fails; a negative number: none. */
static int allocations = -1;

void *__real_reallocarray(void *p, size_t nr, size_t size);
void *__wrap_reallocarray(void *p, size_t nr, size_t size);
void *__wrap_reallocarray(void *p, size_t nr, size_t size)
{
	if (allocations < 0 || allocations--)
		return __real_reallocarray(p, nr, size);
	return NULL;
}

/* The name of the file of which a read fails after some bytes, or NULL. */
static const char *broken;

int __real_root_read_line(const char *top, const char *path, char *buf,
			  size_t size);
int __wrap_root_read_line(const char *top, const char *path, char *buf,
			  size_t size);
int __wrap_root_read_line(const char *top, const char *path, char *buf,
			  size_t size)
{
	int err = __real_root_read_line(top, path, buf, size);

	return broken && !strcmp(strrchr(path, '/') + 1, broken) ? -EIO : err;
}

static void put_entry(unsigned int index, const char *start, const char *last,
		      const char *type)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/firmware/memmap/%u/start", index);
	tree_write(root, path, start);
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%u/end", index);
	tree_write(root, path, last);
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%u/type", index);
	tree_write(root, path, type);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/vmfwupdate-machine.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return tree_remove(root);
}

static void expect(const struct vmfw_igvm_range *ranges, size_t nr, size_t i,
		   uint64_t start, uint64_t end)
{
	assert_true(i < nr);
	assert_int_equal(ranges[i].start, start);
	assert_int_equal(ranges[i].end, end);
}

static void test_memmap(void **state)
{
	const struct vmfw_igvm_machine *known;
	struct machine machine;

	(void)state;
	/* The memory map of SeaBIOS, unsorted. */
	put_entry(2, "0x100000\n", "0x1ffdffff\n", "System RAM\n");
	put_entry(0, "0x0\n", "0x9fbff\n", "System RAM\n");
	put_entry(1, "0x9fc00\n", "0x9ffff\n", "Reserved\n");
	put_entry(3, "0x1ffe0000\n", "0x1fffffff\n", "ACPI Tables\n");
	put_entry(4, "0xfffc0000\n", "0xffffffff\n", "Reserved\n");
	put_entry(5, "0xfd00000000\n", "0xffffffffff\n", "Unusable memory\n");
	/* The tool does not read /proc/iomem, because there is a memory map. */
	tree_write(root, "/proc/iomem", "40000000-4fffffff : System RAM\n");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	known = &machine.known;
	assert_int_equal(known->platform, VMFW_IGVM_NATIVE);
	assert_int_equal(known->nr_memory, 2);
	expect(known->memory, known->nr_memory, 0, 0, 0x9fc00);
	expect(known->memory, known->nr_memory, 1, 0x100000, 0x20000000);
	assert_int_equal(known->nr_reserved, 2);
	expect(known->reserved, known->nr_reserved, 0, 0x9fc00, 0xa0000);
	expect(known->reserved, known->nr_reserved, 1, 0xfffc0000,
	       1ull << 32);
	machine_close(&machine);
}

static void open_machine(struct machine *machine)
{
	assert_int_equal(machine_open(machine, root, VMFWUPDATE_ISOLATION_NONE),
			 0);
}

/* Types in the memory map: those of memory, and those that firmware keeps. */
static void test_types(void **state)
{
	static const struct {
		const char *type;
		size_t memory, reserved;
	} all[] = {
		{ "System RAM\n", 1, 0 },
		{ "ACPI Tables\n", 1, 0 },
		{ "ACPI Non-volatile Storage\n", 1, 0 },
		{ "Persistent Memory\n", 1, 0 },
		{ "Soft Reserved\n", 1, 0 },
		{ "Reserved\n", 0, 1 },
		{ "reserved\n", 0, 1 },
		{ "Unusable memory\n", 0, 0 },
	};
	struct machine machine;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		put_entry(0, "0x1000\n", "0x1fff\n", all[i].type);
		open_machine(&machine);
		assert_int_equal(machine.known.nr_memory, all[i].memory);
		assert_int_equal(machine.known.nr_reserved, all[i].reserved);
		machine_close(&machine);
	}
	/* If the memory map names no memory, the tool reads /proc/iomem. */
	tree_write(root, "/proc/iomem", "40000000-4fffffff : System RAM\n");
	open_machine(&machine);
	assert_int_equal(machine.known.nr_memory, 1);
	expect(machine.known.memory, 1, 0, 0x40000000, 0x50000000);
	machine_close(&machine);
}

/* The tool joins ranges that overlap or touch, and skips those without a size. */
static void test_joined_ranges(void **state)
{
	struct machine machine;

	(void)state;
	tree_write(root, "/proc/iomem",
	    "00040000-00040000 : System RAM\n"
	    "00020000-0002ffff : System RAM\n"
	    "00008000-0001ffff : System RAM\n"
	    "00010000-00017fff : System RAM\n"
	    "  00011000-00011fff : reserved\n"
	    "00000000-0000ffff : System RAM\n"
	    "00000000-0000ffff : System RAM\n"
	    "00060000-0005ffff : System RAM\n"
	    "00070000-ffffffffffffffff : System RAM\n"
	    "00080000-000fffff : reserved\n");
	open_machine(&machine);
	assert_int_equal(machine.known.nr_memory, 2);
	expect(machine.known.memory, 2, 0, 0, 0x30000);
	expect(machine.known.memory, 2, 1, 0x40000, 0x40001);
	/* The indented line is a part of the memory above it. */
	assert_int_equal(machine.known.nr_reserved, 1);
	expect(machine.known.reserved, 1, 0, 0x80000, 0x100000);
	machine_close(&machine);
}

/* If an entry of the memory map is malformed, the memory is unknown. */
static void test_malformed_entries(void **state)
{
	static const char *const numbers[] = {
		"0x10g\n", "0x1 2\n", "\n", "what\n", "0x10000000000000000\n",
	};
	static const char *const files[] = { "type", "start", "end" };
	struct machine machine;
	char path[128];
	size_t i;

	(void)state;
	put_entry(0, "0x0\n", "0xffff\n", "System RAM\n");
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		put_entry(1, numbers[i], "0x2ffff\n", "System RAM\n");
		open_machine(&machine);
		assert_int_equal(machine.known.nr_memory, 0);
		machine_close(&machine);
		put_entry(1, "0x20000\n", numbers[i], "System RAM\n");
		open_machine(&machine);
		assert_int_equal(machine.known.nr_memory, 0);
		machine_close(&machine);
	}
	put_entry(1, "0x20000\n", "0x2ffff\n", "System RAM\n");
	open_machine(&machine);
	assert_int_equal(machine.known.nr_memory, 2);
	machine_close(&machine);
	/* An entry without all its files is not a missing map. */
	tree_write(root, "/proc/iomem", "00000000-0000ffff : System RAM\n");
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		put_entry(1, "0x20000\n", "0x2ffff\n", "System RAM\n");
		snprintf(path, sizeof(path), "%s/sys/firmware/memmap/1/%s",
			 root, files[i]);
		assert_int_equal(unlink(path), 0);
		open_machine(&machine);
		assert_int_equal(machine.known.nr_memory, 0);
		machine_close(&machine);
	}
}

/* If a read fails, the tool does not use the bytes that it got before. */
static void test_failing_reads(void **state)
{
	static const struct {
		const char *file;
		size_t memory;
		enum vmfw_igvm_known vga;
		uint32_t vcpus;
	} all[] = {
		{ NULL, 1, VMFW_IGVM_NO, 4 },
		{ "type", 0, VMFW_IGVM_NO, 4 },
		{ "start", 0, VMFW_IGVM_NO, 4 },
		{ "end", 0, VMFW_IGVM_NO, 4 },
		{ "class", 1, VMFW_IGVM_UNKNOWN, 4 },
		{ "present", 1, VMFW_IGVM_NO, 0 },
	};
	struct machine machine;
	size_t i;

	(void)state;
	put_entry(0, "0x0\n", "0xffff\n", "System RAM\n");
	tree_write(root, "/sys/bus/pci/devices/0000:00:02.0/class",
		   "0x020000\n");
	tree_write(root, "/sys/devices/system/cpu/present", "0-3\n");
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		broken = all[i].file;
		open_machine(&machine);
		broken = NULL;
		assert_int_equal(machine.known.nr_memory, all[i].memory);
		assert_int_equal(machine.known.vga, all[i].vga);
		assert_int_equal(machine.known.vcpus, all[i].vcpus);
		machine_close(&machine);
	}
}

/* An unreadable memory map is not a missing map either. */
static void test_unreadable_memmap(void **state)
{
	struct machine machine;

	(void)state;
	tree_write(root, "/proc/iomem", "00000000-0000ffff : System RAM\n");
	tree_write(root, "/sys/firmware/memmap", "");
	open_machine(&machine);
	assert_int_equal(machine.known.nr_memory, 0);
	machine_close(&machine);
}

/* Ranges for which there is no memory are an error. They are not unknown. */
static void test_no_memory(void **state)
{
	struct machine machine;
	int i;

	(void)state;
	/* At first, there is no memory map from the firmware. */
	tree_write(root, "/proc/iomem",
	    "40000000-4fffffff : System RAM\n"
	    "50000000-5000ffff : reserved\n");
	for (i = 0; i < 4; i++) {
		if (i == 2) {
			put_entry(0, "0x0\n", "0xffff\n", "System RAM\n");
			put_entry(1, "0x10000\n", "0x1ffff\n", "Reserved\n");
		}
		allocations = i % 2;
		assert_int_equal(machine_open(&machine, root,
					      VMFWUPDATE_ISOLATION_NONE),
				 -ENOMEM);
		assert_int_equal(allocations, -1);
		machine_close(&machine);
	}
}

static void test_display(void **state)
{
	static const struct {
		const char *class;
		enum vmfw_igvm_known vga;
	} all[] = {
		{ "0x030001\n", VMFW_IGVM_YES },
		{ "0x0300ff\n", VMFW_IGVM_YES },
		{ "0x030100\n", VMFW_IGVM_NO },
		{ "0x02ffff\n", VMFW_IGVM_NO },
		{ "0x0300zz\n", VMFW_IGVM_UNKNOWN },
		{ "\n", VMFW_IGVM_UNKNOWN },
	};
	struct machine machine;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		tree_write(root, "/sys/bus/pci/devices/0000:00:02.0/class",
			   all[i].class);
		open_machine(&machine);
		assert_int_equal(machine.known.vga, all[i].vga);
		machine_close(&machine);
	}
	/* One display is certain, whatever the other device is. */
	tree_write(root, "/sys/bus/pci/devices/0000:00:01.0/class",
		   "0x030000\n");
	tree_make(root, "/sys/bus/pci/devices/0000:00:03.0");
	open_machine(&machine);
	assert_int_equal(machine.known.vga, VMFW_IGVM_YES);
	machine_close(&machine);
	/* A device without a class may be a display. */
	tree_write(root, "/sys/bus/pci/devices/0000:00:01.0/class",
		   "0x020000\n");
	tree_write(root, "/sys/bus/pci/devices/0000:00:02.0/class",
		   "0x020000\n");
	open_machine(&machine);
	assert_int_equal(machine.known.vga, VMFW_IGVM_UNKNOWN);
	machine_close(&machine);
}

/* If the tool cannot look for /sys/firmware/efi, the kind of firmware is unknown. */
static void test_unknown_firmware(void **state)
{
	char path[128], longer[PATH_MAX];
	struct machine machine;

	(void)state;
	/* Of the two paths below this root, only /sys/firmware is short enough. */
	tree_make(root, "/sys/firmware");
	strcpy(longer, root);
	while (strlen(longer) < PATH_MAX - strlen("/sys/firmware/efi"))
		strcat(longer, "/");
	assert_int_equal(machine_open(&machine, longer,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.firmware, VMFW_IGVM_FIRMWARE_UNKNOWN);
	machine_close(&machine);
	snprintf(path, sizeof(path), "%s/sys/firmware/efi", root);
	assert_int_equal(symlink("efi", path), 0);
	open_machine(&machine);
	assert_int_equal(machine.known.firmware, VMFW_IGVM_FIRMWARE_UNKNOWN);
	machine_close(&machine);
	assert_int_equal(unlink(path), 0);
	open_machine(&machine);
	assert_int_equal(machine.known.firmware, VMFW_IGVM_FIRMWARE_BIOS);
	machine_close(&machine);
}

/*
 * The tool does not look at a device whose name is longer than any of PCI, and ignores
 * such an entry of the memory map.
 */
static void test_long_names(void **state)
{
	static const struct {
		unsigned int len;
		enum vmfw_igvm_known vga;
	} all[] = {
		{ 63, VMFW_IGVM_NO }, { 64, VMFW_IGVM_UNKNOWN },
		{ 200, VMFW_IGVM_UNKNOWN },
	};
	struct machine machine;
	char path[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%0*u/class",
			 (int)all[i].len, 0);
		tree_write(root, path, "0x020000\n");
		open_machine(&machine);
		assert_int_equal(machine.known.vga, all[i].vga);
		machine_close(&machine);
	}
	/* The entries have no files, so the tool refuses the one that it looks at. */
	put_entry(0, "0x0\n", "0xffff\n", "System RAM\n");
	for (i = ARRAY_SIZE(all); i-- > 0;) {
		snprintf(path, sizeof(path), "/sys/firmware/memmap/%0*u",
			 (int)all[i].len, 0);
		tree_make(root, path);
		open_machine(&machine);
		assert_int_equal(machine.known.nr_memory, all[i].len >= 64);
		machine_close(&machine);
	}
}

/* The last number in the list of processors counts. 0: the number is unknown. */
static void test_processors(void **state)
{
	static const struct {
		const char *line;
		uint32_t nr;
	} all[] = {
		{ "0-9\n", 10 }, { "0,10-255\n", 256 }, { "0-3,\n", 0 },
		{ "0\n", 1 }, { "0-4294967300\n", 0 },
		{ "none\n", 0 }, { "\n", 0 }, { "0-4294967294\n", 4294967295 },
		{ "0-4294967295\n", 0 }, { "0-99999999999999999999\n", 0 },
	};
	struct machine machine;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		tree_write(root, "/sys/devices/system/cpu/present", all[i].line);
		open_machine(&machine);
		assert_int_equal(machine.known.vcpus, all[i].nr);
		machine_close(&machine);
	}
}

/* The facts that QEMU's loader depends on. */
static void test_facts_for_qemu(void **state)
{
	struct machine machine;

	(void)state;
	tree_write(root, "/proc/iomem", "");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.vga, VMFW_IGVM_UNKNOWN);
	assert_int_equal(machine.known.firmware, VMFW_IGVM_FIRMWARE_UNKNOWN);
	assert_int_equal(machine.known.vcpus, 0);
	machine_close(&machine);

	tree_write(root, "/sys/bus/pci/devices/0000:00:00.0/class",
		   "0x060000\n");
	tree_write(root, "/sys/bus/pci/devices/0000:00:02.0/class",
		   "0x038000\n");
	tree_write(root, "/sys/firmware/acpi/interrupts/sci", "1\n");
	tree_write(root, "/sys/devices/system/cpu/present", "0-3,8\n");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.vga, VMFW_IGVM_NO);
	assert_int_equal(machine.known.firmware, VMFW_IGVM_FIRMWARE_BIOS);
	assert_int_equal(machine.known.vcpus, 9);
	machine_close(&machine);

	tree_write(root, "/sys/bus/pci/devices/0000:00:01.0/class",
		   "0x030000\n");
	tree_write(root, "/sys/firmware/efi/fw_platform_size", "64\n");
	tree_write(root, "/sys/devices/system/cpu/present", "0\n");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.vga, VMFW_IGVM_YES);
	assert_int_equal(machine.known.firmware, VMFW_IGVM_FIRMWARE_UEFI);
	assert_int_equal(machine.known.vcpus, 1);
	machine_close(&machine);
}

static void test_iomem(void **state)
{
	struct machine machine;

	(void)state;
	tree_write(root, "/proc/iomem",
	    "09000000-09000fff : pl011@9000000\n"
	    "40000000-5e5fffff : System RAM\n"
	    "  40210000-417fffff : Kernel code\n"
	    "5e600000-5e60ffff : reserved\n"
	    "5e610000-5fffffff : System RAM\n"
	    "rubbish\n");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_TDX), 0);
	assert_int_equal(machine.known.platform, VMFW_IGVM_TDX);
	assert_int_equal(machine.known.nr_memory, 2);
	expect(machine.memory.v, machine.memory.nr, 0, 0x40000000, 0x5e600000);
	expect(machine.memory.v, machine.memory.nr, 1, 0x5e610000, 0x60000000);
	assert_int_equal(machine.known.nr_reserved, 1);
	machine_close(&machine);
}

/*
 * The memory is unknown: iomem is missing or shows only zeroes (to users other than
 * root), or an entry of the memory map is malformed.
 */
static void test_not_known(void **state)
{
	struct machine machine;

	(void)state;
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.nr_memory, 0);
	machine_close(&machine);
	tree_write(root, "/proc/iomem", "00000000-00000000 : System RAM\n");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.nr_memory, 0);
	machine_close(&machine);
	/* Beside a malformed memory map, /proc/iomem does not count. */
	tree_write(root, "/proc/iomem", "40000000-4fffffff : System RAM\n");
	put_entry(0, "0x0\n", "what\n", "System RAM\n");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.nr_memory, 0);
	machine_close(&machine);
}

static void test_isolation(void **state)
{
	static const struct {
		__u32 isolation;
		unsigned int platform;
	} all[] = {
		{ VMFWUPDATE_ISOLATION_NONE, VMFW_IGVM_NATIVE },
		{ VMFWUPDATE_ISOLATION_SEV, VMFW_IGVM_SEV },
		{ VMFWUPDATE_ISOLATION_SEV_ES, VMFW_IGVM_SEV_ES },
		{ VMFWUPDATE_ISOLATION_SEV_SNP, VMFW_IGVM_SEV_SNP },
		{ VMFWUPDATE_ISOLATION_TDX, VMFW_IGVM_TDX },
	};
	struct machine machine;
	unsigned int platform;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		assert_true(machine_platform(all[i].isolation, &platform));
		assert_int_equal(platform, all[i].platform);
	}
	assert_false(machine_platform(VMFWUPDATE_ISOLATION_OTHER, &platform));
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_OTHER), -ENOTSUP);
	machine_close(&machine);
}

/* On x86, CPUID names the hypervisor. */
static bool runs_on_kvm(void)
{
#ifdef __x86_64__
	unsigned int max, words[3] = { 0 };

	__cpuid(0x40000000, max, words[0], words[1], words[2]);
	return !memcmp(words, "KVMKVMKVM\0\0\0", sizeof(words));
#else
	return false;
#endif
}

static void test_kvm(void **state)
{
	struct machine machine;

	(void)state;
	open_machine(&machine);
	assert_int_equal(machine.known.kvm, runs_on_kvm());
	machine_close(&machine);
}

static void test_architecture(void **state)
{
	static const struct {
		const char *name;
		int err;
		unsigned int number;
	} all[] = {
		{ NULL, -EFAULT, 0 },
		{ "aarch64", 0, VMFW_IGVM_AARCH64 },
		{ "i686", -ENOTSUP, 0 },
		{ "x86_64", 0, VMFW_IGVM_X64 },
	};
	struct machine machine;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		architecture = all[i].name;
		assert_int_equal(machine_open(&machine, root,
					      VMFWUPDATE_ISOLATION_NONE),
				 all[i].err);
		assert_int_equal(machine.known.architecture, all[i].number);
		machine_close(&machine);
	}
}

/*
 * The result of the checks of libvmfw-igvm, a signal, and the number of checks.
 */
static int found_err, signal_seen;
static unsigned int checks, qemu_checks;

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return signal_seen;
}

int __wrap_vmfw_igvm_check_machine(const struct vmfw_igvm *igvm,
				   const struct vmfw_igvm_machine *machine,
				   vmfw_igvm_report *report, void *arg);
int __wrap_vmfw_igvm_check_machine(const struct vmfw_igvm *igvm,
				   const struct vmfw_igvm_machine *machine,
				   vmfw_igvm_report *report, void *arg)
{
	assert_non_null(igvm);
	assert_int_equal(machine->platform, VMFW_IGVM_SEV_SNP);
	assert_null(report);
	assert_ptr_equal(arg, root);
	checks++;
	return found_err;
}

int __wrap_vmfw_igvm_check_qemu(const struct vmfw_igvm *igvm,
				const struct vmfw_igvm_machine *machine,
				vmfw_igvm_report *report, void *arg);
int __wrap_vmfw_igvm_check_qemu(const struct vmfw_igvm *igvm,
				const struct vmfw_igvm_machine *machine,
				vmfw_igvm_report *report, void *arg)
{
	qemu_checks++;
	checks--;
	return __wrap_vmfw_igvm_check_machine(igvm, machine, report, arg);
}

/* Expect one message with these words; NULL: none. */
static void said(struct messages *messages, const char *words)
{
	assert_int_equal(messages->nr, !!words);
	if (words)
		assert_non_null(strstr(messages->list[0].text, words));
	messages_free(messages);
}

/* The exit code for each result of the checks. */
static void test_checks(void **state)
{
	static const struct {
		int err;
		enum vmfw_exit code;
		const char *said;
	} all[] = {
		{ 0, VMFW_EXIT_OK, NULL },
		{ -EINVAL, VMFW_EXIT_IMAGE, NULL },
		{ -ECANCELED, VMFW_EXIT_IMAGE, NULL },
		{ -ENOTSUP, VMFW_EXIT_DEVICE, "cannot choose a platform: no platform of the image format matches" },
		{ -ENOMEM, VMFW_EXIT_SYSTEM, "cannot check the image for this machine: Cannot allocate memory" },
	};
	const struct vmfw_igvm igvm = { 0 };
	struct messages messages;
	size_t i;

	(void)state;
	messages_keep(&messages);
	signal_seen = 0;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		found_err = all[i].err;
		assert_int_equal(machine_check(&messages, &igvm,
					       VMFWUPDATE_ISOLATION_SEV_SNP,
					       NULL, root), all[i].code);
		said(&messages, all[i].said);
		assert_int_equal(machine_check_qemu(&messages, &igvm,
						    VMFWUPDATE_ISOLATION_SEV_SNP,
						    NULL, root), all[i].code);
		said(&messages, all[i].said);
	}
	assert_int_equal(checks, i);
	assert_int_equal(qemu_checks, i);
	/* No platform matches this isolation, so there is no check. */
	assert_int_equal(machine_check(&messages, &igvm,
				       VMFWUPDATE_ISOLATION_OTHER, NULL, root),
			 VMFW_EXIT_DEVICE);
	assert_int_equal(machine_check_qemu(&messages, &igvm,
					    VMFWUPDATE_ISOLATION_OTHER, NULL,
					    root), VMFW_EXIT_DEVICE);
	assert_int_equal(checks + qemu_checks, 2 * i);
	/* After a signal, an error does not count as a finding. */
	signal_seen = 15;
	found_err = -EINVAL;
	assert_true(machine_check(&messages, &igvm,
				  VMFWUPDATE_ISOLATION_SEV_SNP, NULL, root) >=
		    128);
	found_err = 0;
	assert_int_equal(machine_check(&messages, &igvm,
				       VMFWUPDATE_ISOLATION_SEV_SNP, NULL,
				       root), VMFW_EXIT_OK);
	messages_free(&messages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_memmap, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_iomem, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_types, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_joined_ranges, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_malformed_entries, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_failing_reads, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_unreadable_memmap, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_no_memory, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_display, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_firmware, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_long_names, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_processors, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_facts_for_qemu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_known, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_isolation, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_kvm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_architecture, set_up,
						tear_down),
		cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
