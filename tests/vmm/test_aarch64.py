# SPDX-License-Identifier: GPL-2.0-or-later
"""The arm64 virt machine: firmware at address 0, restored by each reset.

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import struct
import tempfile
import unittest

import igvmgen
import qemu
from qemu import CAPABILITY_IGVM, FORMAT_IGVM

FLASH_END = 128 << 20


def rom(filler, size=2 << 20):
    """A firmware that does nothing: a jump to itself, and a pattern."""
    return (b"\0\0\0\x14" + bytes([filler]) * 60).ljust(size, bytes([filler]))


class Virt(unittest.TestCase):
    def start(self, firmware=None, plugin=()):
        options = []
        if firmware:
            bios = tempfile.NamedTemporaryFile()
            self.addCleanup(bios.close)
            bios.write(firmware)
            bios.flush()
            options = ["-bios", bios.name]
        vm = qemu.Machine(qemu.AARCH64, options=options, plugin=plugin)
        self.addCleanup(vm.end)
        return vm

    def updated(self, vm, image):
        vm.hand_over(image)
        events = vm.reset()
        self.assertEqual([e.name for e in events],
                         ["image", "loaded", "reset"], events)
        self.assertEqual(events[1]["sha256"],
                         hashlib.sha256(image).hexdigest())
        self.assertEqual(events[2].values["kind"], "update")

    def ordinary(self, vm):
        event, = vm.reset()
        self.assertEqual((event.values, event.reason),
                         ({"kind": "ordinary"}, "nothing armed"))

    def refused(self, vm, image, reason):
        vm.hand_over(image)
        events = vm.reset()
        self.assertEqual([e.name for e in events],
                         ["image", "refused", "reset"])
        self.assertEqual(events[1].reason, reason)


class Cycle(Virt):
    def test_protocol(self):
        """the file exists, and shows an accepted image"""
        vm = self.start()
        self.assertEqual(vm.files()[qemu.FILE][1], 32)
        self.assertEqual(vm.words(), (CAPABILITY_IGVM, 0, 0, 0))
        self.assertEqual(vm.offer(vm.image_addr, 0x12345),
                         (FORMAT_IGVM, vm.image_addr, 0x12345))
        vm.offer(vm.image_addr + 1, 1)
        self.assertEqual(vm.last_write().reason,
                         "the address is not page-aligned")
        vm.offer(0x09000000, 0x1000)    # the serial port
        self.assertEqual(vm.last_write().reason,
                         "the image is not all in RAM")
        vm.offer(0, 0, 0)
        self.assertEqual(vm.words(), (CAPABILITY_IGVM, 0, 0, 0))
        self.ordinary(vm)

    def test_bios(self):
        """-bios puts its firmware back at every reset, but the update stays"""
        old, new, newer = rom(0x11), rom(0x22), rom(0x33, 1 << 20)
        vm = self.start(old)
        self.assertEqual(vm.read(0, len(old)), old)
        vm.write(vm.ram + 0x2000000, b"kept")
        self.ordinary(vm)
        self.assertEqual(vm.read(0, len(old)), old)

        self.updated(vm, igvmgen.wrap_aarch64(new).build())
        for _ in range(3):
            self.assertEqual(vm.read(0, len(new)), new)
            self.ordinary(vm)
        self.assertEqual(vm.read(vm.ram + 0x2000000, 4), b"kept")

        # A shorter firmware stays over resets, too.
        self.updated(vm, igvmgen.wrap_aarch64(newer).build())
        for _ in range(3):
            self.assertEqual(vm.read(0, len(newer)), newer)
            self.ordinary(vm)

    def test_flash(self):
        """without -bios the update goes into flash"""
        vm = self.start()
        new = rom(0x44)
        self.updated(vm, igvmgen.wrap_aarch64(new).build())
        for _ in range(2):
            self.assertEqual(vm.read(0, len(new)), new)
            self.ordinary(vm)

    def test_across_flash(self):
        """an image may extend from one flash unit into the next"""
        vm = self.start()
        middle = FLASH_END // 2
        image = igvmgen.wrap_aarch64(rom(0x55, 64 << 10),
                                     gpa=middle - (32 << 10))
        self.updated(vm, image.build())
        self.assertEqual(vm.read(middle - (32 << 10), 64 << 10),
                         rom(0x55, 64 << 10))

    def test_refused_keeps_update(self):
        """a refused image leaves the firmware of the last update in place"""
        new = rom(0x66)
        vm = self.start(rom(0x11))
        self.updated(vm, igvmgen.wrap_aarch64(new).build())
        self.refused(vm, b"garbage" * 100, "not an IGVM file")
        self.assertEqual(vm.read(0, len(new)), new)


class Images(Virt):
    def test_architecture(self):
        """the model refuses files for x64, such as all files of version 1"""
        vm = self.start(rom(0x11))
        for image in (igvmgen.wrap(igvmgen.halting_rom()),
                      igvmgen.wrap(igvmgen.halting_rom(), version=2)):
            self.refused(vm, image.build(),
                         "for architecture 0, this machine has 1")

    def test_holes(self):
        """ROM does not grow on this machine: the model loads nothing into a hole"""
        vm = self.start(rom(0x11))
        for gpa in (0xff000000, 0xfffff000, 0x30000000, 1 << 40):
            image = igvmgen.wrap_aarch64(rom(0x22))
            image.page_data(gpa, b"lost")
            self.refused(vm, image.build(), f"no memory at {gpa:#x}")
            self.assertEqual(vm.read(0, 64), rom(0x11)[:64])

    def test_overlap(self):
        """the model refuses an image with contents that would overwrite the image"""
        vm = self.start()
        image = igvmgen.wrap_aarch64(rom(0x22))
        image.page_data(vm.image_addr)
        self.refused(vm, image.build(), "the image lies where a part of it must "
                     f"go, at {vm.image_addr:#x}")

    def test_real(self):
        """the distribution's own arm64 firmware, byte by byte"""
        path = qemu.firmware_file("qemu-efi-aarch64/QEMU_EFI.fd",
                                  "qemu-efi-aarch64")
        firmware = path.read_bytes()
        firmware += bytes(-len(firmware) % 4096)
        vm = self.start()
        self.updated(vm, igvmgen.wrap_aarch64(firmware).build())
        self.assertEqual(vm.read(0, len(firmware)), firmware)


class Start(Virt):
    def test_pam(self):
        """pam=reset is an error on this machine"""
        with self.assertRaisesRegex(RuntimeError,
                                    "this machine has no PAM registers"):
            self.start(plugin=["pam=reset"])

    def test_ram(self):
        """ram=clear needs a list of RAM, which this machine does not have"""
        with self.assertRaisesRegex(RuntimeError, "no list of its RAM"):
            self.start(plugin=["ram=clear"])

    def test_fault(self):
        """fault refuse-reset works on this machine, too"""
        vm = self.start(rom(0x11), plugin=["fault=refuse-reset"])
        self.refused(vm, igvmgen.wrap_aarch64(rom(0x22)).build(),
                     "fault refuse-reset")
        self.assertEqual(vm.read(0, 64), rom(0x11)[:64])

    def test_unreadable(self):
        """a write from unreadable memory does not change the file"""
        vm = self.start()
        vm.offer(vm.image_addr, 0x1000)
        self.assertEqual(vm.write_file(None, source=0x80000000, size=32),
                         qemu.DMA_ERROR)
        self.assertEqual(struct.unpack("<4Q", vm.read_file())[1:],
                         (FORMAT_IGVM, vm.image_addr, 0x1000))


if __name__ == "__main__":
    unittest.main()
