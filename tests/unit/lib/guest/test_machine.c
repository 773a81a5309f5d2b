// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What is learnt about a machine, from a system below a directory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "guest/machine.h"
#include "tree.h"

static char root[64];

static void put(const char *path, const char *text)
{
	char full[256], *slash;
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (slash = full + strlen(root) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void put_entry(unsigned int index, const char *start, const char *last,
		      const char *type)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/firmware/memmap/%u/start", index);
	put(path, start);
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%u/end", index);
	put(path, last);
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%u/type", index);
	put(path, type);
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
	/* As SeaBIOS leaves it, in no order. */
	put_entry(2, "0x100000\n", "0x1ffdffff\n", "System RAM\n");
	put_entry(0, "0x0\n", "0x9fbff\n", "System RAM\n");
	put_entry(1, "0x9fc00\n", "0x9ffff\n", "Reserved\n");
	put_entry(3, "0x1ffe0000\n", "0x1fffffff\n", "ACPI Tables\n");
	put_entry(4, "0xfffc0000\n", "0xffffffff\n", "Reserved\n");
	put_entry(5, "0xfd00000000\n", "0xffffffffff\n", "Unusable memory\n");
	/* Not looked at: there is a map. */
	put("/proc/iomem", "40000000-4fffffff : System RAM\n");
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

/* What QEMU's loader depends on. */
static void test_around(void **state)
{
	struct machine machine;

	(void)state;
	put("/proc/iomem", "");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.vga, VMFW_IGVM_UNKNOWN);
	assert_int_equal(machine.known.firmware, VMFW_IGVM_FIRMWARE_UNKNOWN);
	assert_int_equal(machine.known.vcpus, 0);
	machine_close(&machine);

	put("/sys/bus/pci/devices/0000:00:00.0/class", "0x060000\n");
	put("/sys/bus/pci/devices/0000:00:02.0/class", "0x038000\n");
	put("/sys/firmware/acpi/interrupts/sci", "1\n");
	put("/sys/devices/system/cpu/present", "0-3,8\n");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.vga, VMFW_IGVM_NO);
	assert_int_equal(machine.known.firmware, VMFW_IGVM_FIRMWARE_BIOS);
	assert_int_equal(machine.known.vcpus, 9);
	machine_close(&machine);

	put("/sys/bus/pci/devices/0000:00:01.0/class", "0x030000\n");
	put("/sys/firmware/efi/fw_platform_size", "64\n");
	put("/sys/devices/system/cpu/present", "0\n");
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
	put("/proc/iomem",
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

/* Without rights all addresses are zero; or there is nothing to read. */
static void test_not_known(void **state)
{
	struct machine machine;

	(void)state;
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.nr_memory, 0);
	machine_close(&machine);
	put("/proc/iomem", "00000000-00000000 : System RAM\n");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.nr_memory, 0);
	machine_close(&machine);
	put_entry(0, "0x0\n", "what\n", "System RAM\n");
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_NONE), 0);
	assert_int_equal(machine.known.nr_memory, 0);
	machine_close(&machine);
}

static void test_isolation(void **state)
{
	struct machine machine;
	unsigned int platform;

	(void)state;
	assert_true(machine_platform(VMFWUPDATE_ISOLATION_SEV_SNP, &platform));
	assert_int_equal(platform, VMFW_IGVM_SEV_SNP);
	assert_false(machine_platform(VMFWUPDATE_ISOLATION_OTHER, &platform));
	assert_int_equal(machine_open(&machine, root,
				      VMFWUPDATE_ISOLATION_OTHER), -ENOTSUP);
	machine_close(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_memmap, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_iomem, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_around, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_known, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_isolation, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
