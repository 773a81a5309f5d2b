#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The reports to QEMU in Documentation/qemu-reports.md, each with its proof.

A test passes as long as QEMU behaves as the report says. If a test fails, QEMU has
changed. Then the page needs a change, too.

usage: QEMU_X86=PROGRAM test_reports.py [-v] [Reports.test_NAME...]

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import time
import unittest

from device import (DISABLE, HOST, IGVM, NAME_GPA, LaunchUpdate, igvmgen,
                    image, require_device)

APIC_GPA = 0xFEE00000
TOP = (1 << 32) - igvmgen.PAGE


def host():
    return image("host").build()


def other(*pages):
    return image("other", *pages).build()


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_device()

    def test_disable_drops_image(self):
        """DISABLE and an image in one write: QEMU does not load the image."""
        for control in DISABLE, DISABLE | HOST:
            with self.subTest(control=control), LaunchUpdate(host()) as vm:
                vm.hand_over(other(), IGVM | control)
                self.assertEqual(vm.get().status, 0)
                self.assertEqual(vm.reset(), "host")

    def test_once_lost_by_read(self):
        """After a read of the file, an image for one reset stays for every reset."""
        for look, second in (False, "host"), (True, "other"):
            with self.subTest(look=look), LaunchUpdate(host()) as vm:
                vm.hand_over(other(), IGVM | HOST)
                if look:
                    vm.get()
                self.assertEqual(vm.reset(), "other")
                self.assertEqual(vm.reset(), second)

    def test_restore_wins(self):
        """QEMU accepts an image after a request for the host's image, and drops it."""
        with LaunchUpdate(host()) as vm:
            vm.put(HOST)
            vm.hand_over(other())
            shown = vm.get()
            self.assertEqual((shown.status, shown.addr, shown.size), (0, 0, 0))
            self.assertEqual(vm.reset(), "host")

    def test_disabled_looks_done(self):
        """An ignored write has the status of a successful one."""
        with LaunchUpdate(host()) as vm:
            vm.put(DISABLE)
            vm.hand_over(b"no IGVM file")
            self.assertEqual(vm.get().status, 0)

    def test_size_truncated(self):
        """QEMU takes a size that is 2^32 too large, if there is as much RAM."""
        gib4 = 1 << 32
        with LaunchUpdate(host(), memory="9G") as vm:
            data = other()
            vm.write(gib4, data)
            vm.put(IGVM, gib4, len(data) + gib4)
            shown = vm.get()
            self.assertEqual((shown.status, shown.size), (0, 0))
            self.assertEqual(vm.reset(), "other")

    def test_disabled_takes_request(self):
        """A disabled interface takes a request for the host's image."""
        for look, second in (False, "host"), (True, "other"):
            with self.subTest(look=look), LaunchUpdate(host()) as vm:
                vm.hand_over(other())
                vm.put(DISABLE)
                vm.put(HOST)
                if look:
                    vm.get()
                self.assertEqual(vm.reset(), "other")
                self.assertEqual(vm.reset(), second)
                self.assertEqual(vm.get().control, DISABLE if look else 0)

    def test_bad_image_ends_qemu(self):
        """An image that QEMU can parse but not load ends QEMU."""
        with LaunchUpdate(host()) as vm:
            vm.hand_over(other(APIC_GPA))
            self.assertEqual(vm.get().status, 0)
            self.assertEqual(vm.reset_ends(), 1)
            self.assertIn("existing non-RAM region", vm.stderr())

    def test_missing_host_file(self):
        """The host's file is gone: an assertion ends QEMU."""
        with LaunchUpdate(host()) as vm:
            vm.put(HOST)
            self.assertEqual(vm.get().status, 0)
            vm.host.unlink()
            self.assertEqual(vm.reset_ends(), -6)
            self.assertIn("Assertion", vm.stderr())

    def test_stale_registers(self):
        """Registers of an image stay when the next image has none."""
        context = struct.pack("<16Q", *[0x1111] * 16) + struct.pack(
            "<QQ", 0x200000, 2)
        first = image("first", version=2)
        first.vp_context(context.ljust(igvmgen.PAGE, b"\0"))
        with LaunchUpdate(host()) as vm:
            self.assertEqual(self.instruction(vm), 0xFFF0)
            vm.hand_over(first.build())
            self.assertEqual(vm.reset(), "first")
            self.assertEqual(self.instruction(vm), 0x200000)
            vm.hand_over(other())
            self.assertEqual(vm.reset(), "other")
            self.assertEqual(self.instruction(vm), 0x200000)

    @staticmethod
    def instruction(vm):
        text = vm.qmp.command("human-monitor-command",
                              **{"command-line": "info registers"})
        return int(text.split("IP=")[1].split()[0], 16)

    def test_pam(self):
        """The PAM registers decide whether an image below 1 MiB fits."""
        low = image("low", *range(0xE0000, 0x100000, igvmgen.PAGE)).build()
        with LaunchUpdate(host()) as vm:
            vm.hand_over(low)
            self.assertEqual(vm.reset(), "low")
        with LaunchUpdate(host()) as vm:
            # Make 0xF0000-0xFFFFF read-only RAM through PAM0 of the host bridge, as
            # SeaBIOS does. The image then crosses two regions.
            vm.qtest("outl", "0xcf8", "0x80000090")
            vm.qtest("outb", "0xcfc", "0x10")
            vm.hand_over(low)
            self.assertEqual(vm.get().status, 0)
            self.assertEqual(vm.reset_ends(), 1)
            self.assertIn("region size 0x20000 exceeded", vm.stderr())

    def test_memory_lost(self):
        """Every reset costs about twice the memory that the image populates."""
        pages = 4096
        large = igvmgen.Image()
        large.platform()
        large.page_data(NAME_GPA, b"large")
        for number in range(pages):
            large.page_data(0x8000000 + number * igvmgen.PAGE, b"data")
        with LaunchUpdate(large.build()) as vm:
            vm.reset()
            before = vm.resident()
            resets = 5
            for _ in range(resets):
                self.assertEqual(vm.reset(), "large")
            lost = (vm.resident() - before) / resets
            self.assertGreater(lost, 1.5 * pages * igvmgen.PAGE / 1024)

    @staticmethod
    def wait_migration(vm):
        while vm.qmp.command("query-migrate").get("status") not in (
                "completed", "failed"):
            time.sleep(0.01)

    def migrated(self, vm):
        """Migrate to another QEMU, whose host has the same file."""
        state = vm.directory / "state"
        vm.qmp.command("migrate", uri=f"exec:cat >{state}")
        self.wait_migration(vm)
        there = LaunchUpdate(vm.host.read_bytes(),
                             options=["-incoming", f"exec:cat {state}"])
        try:
            self.wait_migration(there)
        except (OSError, RuntimeError) as error:
            text = there.stderr()
            there.end()
            raise RuntimeError(text) from error
        return there

    def test_migration_forgets_image(self):
        """The other host does not load an image from before the migration."""
        with LaunchUpdate(host()) as vm:
            vm.hand_over(other())
            with self.migrated(vm) as there:
                self.assertEqual(there.reset(), "host")

    def test_migration_forgets_disable(self):
        """DISABLE does not hold on the other host."""
        with LaunchUpdate(host()) as vm:
            vm.put(DISABLE)
            self.assertEqual(vm.get().control, DISABLE)
            with self.migrated(vm) as there:
                self.assertEqual(there.get().control, 0)

    def test_migration_fails(self):
        """Firmware of another size above RAM: the other host refuses the migration."""
        with LaunchUpdate(image("host", TOP).build()) as vm:
            vm.hand_over(other(TOP - igvmgen.PAGE, TOP))
            self.assertEqual(vm.reset(), "other")
            with self.assertRaises(RuntimeError) as caught:
                self.migrated(vm)
            self.assertIn("Size mismatch: igvm.", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
