// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Facts about a machine that an image must match, read below a directory.
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

#include "base/exit.h"
#include "base/interrupt.h"
#include "guest/machine.h"
#include "shared/macro.h"
#include "tree.h"

static char root[64];

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

/* The exit code for each result of the checks. */
static void test_checks(void **state)
{
	static const struct {
		int err;
		enum vmfw_exit code;
		bool said;
	} all[] = {
		{ 0, VMFW_EXIT_OK, false },
		{ -EINVAL, VMFW_EXIT_IMAGE, false },
		{ -ECANCELED, VMFW_EXIT_IMAGE, false },
		{ -ENOTSUP, VMFW_EXIT_DEVICE, true },
		{ -ENOMEM, VMFW_EXIT_SYSTEM, true },
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
		assert_int_equal(messages.nr, all[i].said);
		messages_free(&messages);
		assert_int_equal(machine_check_qemu(&messages, &igvm,
						    VMFWUPDATE_ISOLATION_SEV_SNP,
						    NULL, root), all[i].code);
		assert_int_equal(messages.nr, all[i].said);
		messages_free(&messages);
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
		cmocka_unit_test_setup_teardown(test_facts_for_qemu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_known, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_isolation, set_up,
						tear_down),
		cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
