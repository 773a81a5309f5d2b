# SPDX-License-Identifier: GPL-2.0-or-later
"""Resets: updates, ordinary resets, and the effect of faults.

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import struct
import tempfile
import unittest

import igvmgen
import qemu

GIB4 = 1 << 32
MIB1 = 1 << 20
RESET_VECTOR = GIB4 - 16

NOTHING_ARMED = ({"kind": "ordinary"}, "nothing armed")
REFUSED = ({"kind": "ordinary"}, "image refused")
UPDATED = ({"kind": "update"}, "image loaded")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def summary(event):
    return event.values, event.reason


class Resets(unittest.TestCase):
    def loaded(self, events, image, addr, pages, size):
        """Expect the events of a reset that loads this image."""
        digest = sha256(image)
        self.assertEqual([e.name for e in events],
                         ["image", "loaded", "reset"])
        self.assertEqual(
            (events[0]["addr"], events[0]["size"], events[0]["sha256"]),
            (addr, len(image), digest))
        self.assertEqual(
            (events[1]["pages"], events[1]["bytes"], events[1]["sha256"]),
            (str(pages), size, digest))
        self.assertEqual(summary(events[2]), UPDATED)

    def refused(self, events, image, reason):
        """Expect the events of a reset that refuses this image."""
        digest = sha256(image)
        self.assertEqual([e.name for e in events],
                         ["image", "refused", "reset"])
        self.assertEqual(events[0]["sha256"], digest)
        self.assertEqual(events[1]["sha256"], digest)
        self.assertEqual(events[1].reason, reason)
        self.assertEqual(summary(events[2]), REFUSED)


class Cycle(Resets):
    def cycle(self, machine, rom, before=None, plugin=()):
        """Update one firmware to another. Compare memory before and after."""
        image = igvmgen.wrap(rom).build()
        options = []
        with tempfile.NamedTemporaryFile() as bios:
            if before is not None:
                bios.write(before)
                bios.flush()
                options = ["-bios", bios.name]
            else:
                before = qemu.seabios()
            with qemu.Machine(machine=machine, options=options,
                              plugin=plugin) as vm:
                self.update(vm, before, rom, image)

    def firmware(self, vm, size):
        return vm.read(GIB4 - size, size)

    def update(self, vm, before, rom, image):
        self.assertEqual(vm.read(RESET_VECTOR, 16), before[-16:])
        kept = b"what the guest left in its memory" * 100
        vm.write(vm.ram + 0x2000000, kept)
        vm.hand_over(image)
        self.assertEqual(self.firmware(vm, len(before)), before)

        low = rom[-sum(len(page) for _, page in igvmgen.low_pages(rom)):]
        events = vm.reset()
        self.loaded(events, image, vm.image_addr,
                    (len(rom) + len(low)) >> 12, len(rom) + len(low))
        self.assertEqual(vm.read(RESET_VECTOR, 16), rom[-16:])
        self.assertEqual(self.firmware(vm, len(rom)), rom)
        self.assertEqual(vm.read(MIB1 - len(low), len(low)), low)
        self.assertEqual(vm.words()[1:], (0, 0, 0))
        self.assertEqual(vm.read(vm.image_addr, len(image)), image)
        self.assertEqual(vm.read(vm.ram + 0x2000000, len(kept)), kept)

        event, = vm.reset()
        self.assertEqual(summary(event), NOTHING_ARMED)
        self.assertEqual(self.firmware(vm, len(rom)), rom)
        self.assertEqual(vm.read(vm.ram + 0x2000000, len(kept)), kept)

    def test_to_ovmf(self):
        """from SeaBIOS to a larger OVMF: the ROM below 4 GiB grows"""
        for machine in ("q35", "pc"):
            with self.subTest(machine=machine):
                self.cycle(machine, qemu.ovmf())

    def test_to_seabios(self):
        """from OVMF to SeaBIOS"""
        for machine in ("q35", "pc"):
            with self.subTest(machine=machine):
                self.cycle(machine, qemu.seabios(), before=qemu.ovmf())

    def test_pam_reset(self):
        """from SeaBIOS to OVMF with pam=reset"""
        for machine in ("q35", "pc"):
            with self.subTest(machine=machine):
                self.cycle(machine, qemu.ovmf(), plugin=["pam=reset"])

    def test_ram_clear(self):
        """with ram=clear an update leaves zeroes in RAM, and its firmware"""
        rom = qemu.ovmf()
        image = igvmgen.wrap(rom).build()
        marks = (0x9f000, MIB1, 0x2000000, (512 << 20) - 4096)
        for machine in ("q35", "pc"):
            with self.subTest(machine=machine), \
                    qemu.Machine(machine=machine, plugin=["ram=clear"]) as vm:
                for addr in marks:
                    vm.write(addr, b"left by the guest")
                event, = vm.reset()
                self.assertEqual(summary(event), NOTHING_ARMED)
                for addr in marks:
                    self.assertEqual(vm.read(addr, 4), b"left")
                vm.hand_over(image)
                self.assertEqual(summary(vm.reset()[-1]), UPDATED)
                for addr in (*marks, vm.image_addr):
                    self.assertEqual(vm.read(addr, 4096), bytes(4096))
                self.assertEqual(self.firmware(vm, len(rom)), rom)
                low = rom[-(128 << 10):]
                self.assertEqual(vm.read(MIB1 - len(low), len(low)), low)

    def test_there_and_back(self):
        """OVMF, SeaBIOS, and OVMF again, without a power-off"""
        with qemu.Machine() as vm:
            for rom in (qemu.ovmf(), qemu.seabios(), qemu.ovmf()):
                image = igvmgen.wrap(rom).build()
                vm.hand_over(image)
                self.assertEqual(summary(vm.reset()[-1]), UPDATED)
                self.assertEqual(self.firmware(vm, len(rom)), rom)

    def test_many(self):
        """forty updates in a row, small and large in turn"""
        small = igvmgen.halting_rom()
        large = igvmgen.halting_rom(2 << 20)
        with qemu.Machine() as vm:
            for number in range(40):
                rom = bytearray(large if number % 2 else small)
                rom[100] = number
                vm.hand_over(igvmgen.wrap(bytes(rom)).build())
                self.assertEqual(summary(vm.reset()[-1]), UPDATED)
                self.assertEqual(self.firmware(vm, len(rom)), rom)

    def test_flash(self):
        """an update replaces firmware in flash in the machine, not in its file"""
        code = qemu.firmware_file("OVMF/OVMF_CODE_4M.fd", "ovmf")
        rom = igvmgen.halting_rom(1 << 20)
        with qemu.Machine(options=[
                "-drive",
                f"if=pflash,format=raw,readonly=on,file={code}"]) as vm:
            vm.hand_over(igvmgen.wrap(rom).build())
            self.assertEqual(summary(vm.reset()[-1]), UPDATED)
            self.assertEqual(self.firmware(vm, len(rom)), rom)
            vm.reset()
            self.assertEqual(self.firmware(vm, len(rom)), rom)

    def test_microvm(self):
        """microvm puts its own firmware back at each reset, but the update stays"""
        rom = igvmgen.halting_rom()
        with qemu.Machine(machine="microvm") as vm:
            vm.hand_over(igvmgen.wrap(rom).build())
            self.assertEqual(summary(vm.reset()[-1]), UPDATED)
            for _ in range(3):
                self.assertEqual(self.firmware(vm, len(rom)), rom)
                self.assertEqual(summary(vm.reset()[-1]), NOTHING_ARMED)


class Changed(Resets):
    def test_ram_of_the_image(self):
        """a later reset undoes the guest's writes to loaded RAM"""
        self.overwrite([], [b"from the image", b"elsewhere     "],
                       ["reloaded", "reset"])

    def test_no_reload(self):
        """with reload=off the guest's writes to loaded RAM stay"""
        self.overwrite(["reload=off"], [b"from the guest", b"elsewhere     "],
                       ["reset"])

    def overwrite(self, plugin, found, events):
        image = igvmgen.wrap(igvmgen.halting_rom())
        image.page_data(0x200000, b"from the image")
        with qemu.Machine(plugin=plugin) as vm:
            vm.hand_over(image.build())
            vm.reset()
            self.assertEqual(vm.read(0x200000, 14), b"from the image")
            vm.write(0x200000, b"from the guest")
            vm.write(0x201000, b"elsewhere     ")
            after = vm.reset()
            self.assertEqual([event.name for event in after], events)
            self.assertEqual([vm.read(at, 14) for at in (0x200000, 0x201000)],
                             found)
            self.assertEqual(vm.reset()[0].name, "reset")

    def test_next_in_ram(self):
        """the reload of an image does not overwrite the next image in the same RAM"""
        first = igvmgen.wrap(igvmgen.halting_rom())
        second = igvmgen.wrap(igvmgen.halting_rom()).build()
        with qemu.Machine() as vm:
            addr = vm.ram + (1 << 20)
            first.pages(addr, b"first".ljust(4096) * (len(second) // 4096 + 1))
            vm.hand_over(first.build())
            vm.reset()
            vm.hand_over(second, addr)
            self.assertEqual(summary(vm.reset()[-1]), UPDATED)
            self.assertEqual(vm.read(addr, len(second)), second)

    def test_image_changed(self):
        """the VMM loads the bytes that the image has at the reset, not at the offer"""
        first = igvmgen.wrap(igvmgen.halting_rom()).build()
        rom = bytearray(igvmgen.halting_rom())
        rom[200] = 1
        second = igvmgen.wrap(bytes(rom)).build()
        self.assertEqual(len(first), len(second))
        with qemu.Machine() as vm:
            vm.hand_over(first)
            vm.write(vm.image_addr, second)
            self.assertEqual(vm.reset()[0]["sha256"], sha256(second))

    def test_withdrawn(self):
        """the VMM does not load a withdrawn image"""
        with qemu.Machine() as vm:
            vm.hand_over(igvmgen.sample_native().build())
            vm.offer(0, 0, 0)
            event, = vm.reset()
            self.assertEqual(summary(event), NOTHING_ARMED)
            self.assertEqual(vm.read(RESET_VECTOR, 16), qemu.seabios()[-16:])

    def test_disabled(self):
        """the VMM does not load an image if DISABLE came after it"""
        with qemu.Machine() as vm:
            vm.hand_over(igvmgen.sample_native().build())
            vm.offer(0, 0, qemu.DISABLE)
            event, = vm.reset()
            self.assertEqual(summary(event),
                             ({"kind": "ordinary"}, "disabled"))
            self.assertEqual(vm.read(RESET_VECTOR, 16), qemu.seabios()[-16:])


class Faults(Resets):
    def with_fault(self, fault):
        return qemu.Machine(plugin=[f"fault={fault}"])

    def unchanged(self, vm):
        self.assertEqual(vm.read(RESET_VECTOR, 16), qemu.seabios()[-16:])

    def test_refuse_reset(self):
        """fault refuse-reset: the model accepts an image, and refuses it at the reset"""
        image = igvmgen.sample_native().build()
        with self.with_fault("refuse-reset") as vm:
            vm.hand_over(image)
            self.refused(vm.reset(), image, "fault refuse-reset")
            self.unchanged(vm)
            event, = vm.reset()
            self.assertEqual(summary(event), NOTHING_ARMED)

    def test_refuse_image(self):
        """fault refuse-image: the reset loads nothing"""
        with self.with_fault("refuse-image") as vm:
            vm.write(vm.image_addr, igvmgen.sample_native().build())
            vm.offer(vm.image_addr, 0x1000)
            event, = vm.reset()
            self.assertEqual(summary(event), NOTHING_ARMED)
            self.unchanged(vm)

    def test_size16(self):
        """fault size16: the reset refuses an image with a wrong size"""
        image = igvmgen.wrap(qemu.seabios()).build()
        cut = image[:len(image) & 0xffff]
        with self.with_fault("size16") as vm:
            vm.write(vm.image_addr, image)
            vm.offer(vm.image_addr, len(image))
            self.refused(vm.reset(), cut,
                         f"total_file_size is {len(image):#x}, "
                         f"{len(cut):#x} bytes are here")
            self.unchanged(vm)

    def test_size16_short(self):
        """fault size16: the reset loads an image below 64 KiB"""
        image = igvmgen.sample_native().build()
        self.assertLess(len(image), 1 << 16)
        with self.with_fault("size16") as vm:
            vm.hand_over(image)
            self.assertEqual(summary(vm.reset()[-1]), UPDATED)

    def test_size16_nothing(self):
        """fault size16: the reset refuses an image of 64 KiB"""
        with self.with_fault("size16") as vm:
            vm.offer(vm.image_addr, 1 << 16)
            self.refused(vm.reset(), b"", "0x0 bytes are too few for a header")

    def test_ignore_write(self):
        """fault ignore-write: the reset loads nothing"""
        with self.with_fault("ignore-write") as vm:
            vm.write(vm.image_addr, igvmgen.sample_native().build())
            vm.offer(vm.image_addr, 0x1000)
            event, = vm.reset()
            self.assertEqual(summary(event), NOTHING_ARMED)

    def test_no_withdraw(self):
        """fault no-withdraw: the reset loads a withdrawn image, and only once"""
        with self.with_fault("no-withdraw") as vm:
            vm.hand_over(igvmgen.sample_native().build())
            vm.offer(0, 0, 0)
            self.assertEqual(summary(vm.reset()[-1]), UPDATED)
            event, = vm.reset()
            self.assertEqual(summary(event), NOTHING_ARMED)

    def test_no_disable(self):
        """fault no-disable: the reset loads the image in spite of DISABLE"""
        with self.with_fault("no-disable") as vm:
            vm.hand_over(igvmgen.sample_native().build())
            vm.offer(0, 0, qemu.DISABLE)
            self.assertEqual(summary(vm.reset()[-1]), UPDATED)

    def test_vanish(self):
        """fault vanish: the model loads the first image, and no other"""
        image = igvmgen.sample_native().build()
        with self.with_fault("vanish") as vm:
            vm.hand_over(image)
            self.assertEqual(summary(vm.reset()[-1]), UPDATED)
            vm.offer(vm.image_addr, len(image))
            event, = vm.reset()
            self.assertEqual(summary(event), NOTHING_ARMED)

    def test_two(self):
        """two faults at once"""
        with self.with_fault("refuse-reset+size16") as vm:
            vm.write(vm.image_addr, bytes(0x2345))
            self.assertEqual(vm.offer(vm.image_addr, 0x12345)[2], 0x2345)
            self.refused(vm.reset(), bytes(0x2345), "fault refuse-reset")


class Pam(unittest.TestCase):
    """The PAM registers decide whether 0xF0000 shows RAM or ROM."""

    REGISTER = {"q35": 0x80000090, "pc": 0x80000058}
    SHADOW = {"q35": (0xcfc, 0x30), "pc": (0xcfd, 0x30)}

    def shadow(self, vm, machine):
        """Make 0xF0000-0xFFFFF RAM, as SeaBIOS does."""
        port, value = self.SHADOW[machine]
        vm.qtest("outl", "0xcf8", hex(self.REGISTER[machine]))
        vm.qtest("outb", hex(port), hex(value))
        vm.write(0xffff0, b"shadow RAM")

    def test_reset(self):
        """with pam=reset, each reset shows ROM again; otherwise RAM stays"""
        rom = qemu.seabios()[-16:-6]
        for machine in ("q35", "pc"):
            for plugin, expected in ((["pam=reset"], rom),
                                     (["pam=keep"], b"shadow RAM"),
                                     ([], b"shadow RAM")):
                with self.subTest(machine=machine, plugin=plugin), \
                        qemu.Machine(machine=machine, plugin=plugin) as vm:
                    self.assertEqual(vm.read(0xffff0, 10), rom)
                    self.shadow(vm, machine)
                    self.assertEqual(vm.read(0xffff0, 10), b"shadow RAM")
                    vm.reset()
                    self.assertEqual(vm.read(0xffff0, 10), expected)
                    vm.reset()
                    self.assertEqual(vm.read(0xffff0, 10), expected)

    def test_update(self):
        """an image that contains its low 128 KiB is complete with and without pam=reset"""
        rom = igvmgen.halting_rom(256 << 10)
        for machine in ("q35", "pc"):
            for plugin in (["pam=reset"], []):
                with self.subTest(machine=machine, plugin=plugin), \
                        qemu.Machine(machine=machine, plugin=plugin) as vm:
                    self.shadow(vm, machine)
                    vm.hand_over(igvmgen.wrap(rom).build())
                    self.assertEqual(summary(vm.reset()[-1]), UPDATED)
                    self.assertEqual(vm.read(0xe0000, 0x20000), rom[-0x20000:])
                    self.assertEqual(vm.read(RESET_VECTOR, 16), rom[-16:])


class Placement(Resets):
    """The place of an image, and the places of its contents."""

    @classmethod
    def setUpClass(cls):
        cls.vm = qemu.Machine()
        cls.addClassCleanup(cls.vm.end)

    def refusal(self, image, reason, addr=None):
        """Expect a refusal at the reset that leaves the old firmware in place."""
        vm = self.vm
        data = image.build()
        before = [vm.read(0xfffc0000, 0x40000), vm.read(0xe0000, 0x20000)]
        vm.hand_over(data, addr)
        self.refused(vm.reset(), data, reason)
        self.assertEqual([vm.read(0xfffc0000, 0x40000),
                          vm.read(0xe0000, 0x20000)], before)

    def test_overlap(self):
        """the model refuses an image with contents that would overwrite the image"""
        addr = self.vm.image_addr
        size = len(igvmgen.sample_native().build()) + 32
        for gpa in (addr, addr + size // 4096 * 4096):
            image = igvmgen.sample_native()
            image.page_data(gpa)
            self.refusal(image, "the image lies where a part of it must go, at "
                         f"{gpa:#x}")

    def test_overlap_large_page(self):
        """the model refuses an image if the end of its 2 MiB page would overwrite it"""
        image = igvmgen.sample_native()
        image.page_data(self.vm.image_addr, flags=igvmgen.FLAG_2MB)
        self.refusal(image, "the image lies where a part of it must go, at "
                     f"{self.vm.image_addr:#x}",
                     self.vm.image_addr + 0x1ff000)

    def test_neighbours(self):
        """pages right before and after the image are no overlap"""
        addr = self.vm.image_addr
        image = igvmgen.sample_native()
        image.page_data(addr - 4096, b"before")
        after = image.page_data(addr, b"after")
        whole_pages = bytes(-len(image.build()) % 4096)
        after.fields["gpa"] = addr + len(image.build(trailer=whole_pages))
        data = image.build(trailer=whole_pages)
        self.vm.hand_over(data)
        self.assertEqual(summary(self.vm.reset()[-1]), UPDATED)
        self.assertEqual(self.vm.read(addr - 4096, 6), b"before")
        self.assertEqual(self.vm.read(addr + len(data), 5), b"after")
        self.assertEqual(self.vm.read(addr, len(data)), data)

    def test_no_memory(self):
        """the model refuses pages in a hole or in a device"""
        for gpa in (0xC0000000, 512 << 20, 0xfee00000, 0xfec00000, GIB4,
                    (1 << 52) - 4096, 0xfffffffffffff000 - 4096):
            with self.subTest(gpa=hex(gpa)):
                image = igvmgen.sample_native()
                image.page_data(gpa, b"lost")
                self.refusal(image, f"no memory at {gpa:#x}")

    def test_half_in_memory(self):
        """a 2 MiB page of which only the first part is memory"""
        with qemu.Machine(memory="511M") as vm:
            image = igvmgen.sample_native()
            image.page_data(510 << 20, flags=igvmgen.FLAG_2MB)
            data = image.build()
            vm.hand_over(data)
            self.refused(vm.reset(), data, "no memory at 0x1ff00000")

    def test_required_memory(self):
        """required memory must exist, and the model does not change it"""
        vm = self.vm
        vm.write(0x800000, b"as it was")
        image = igvmgen.sample_native()
        image.required_memory(0x800000, 1 << 20)
        vm.hand_over(image.build())
        self.assertEqual(summary(vm.reset()[-1]), UPDATED)
        self.assertEqual(vm.read(0x800000, 9), b"as it was")

        for gpa, size, missing in ((0xC0000000, 4096, 0xC0000000),
                                   (0x1ff00000, 2 << 20, 0x20000000),
                                   (0xff000000, 4096, 0xff000000)):
            image = igvmgen.sample_native()
            image.required_memory(gpa, size)
            self.refusal(image, f"required memory is missing at {missing:#x}")

    def test_may_be_required(self):
        """the image may lie in memory that it requires"""
        image = igvmgen.sample_native()
        image.required_memory(self.vm.image_addr, 1 << 20)
        self.vm.hand_over(image.build())
        self.assertEqual(summary(self.vm.reset()[-1]), UPDATED)

    def test_aliased(self):
        """memory that does not keep a write: the VMM restores the old bytes"""
        rom = igvmgen.halting_rom(256 << 10)
        image = igvmgen.wrap(rom)
        # The low pages are aliases of pages at the top. Their headers begin
        # with the highest low page. Give other bytes to this page.
        image.headers[-len(rom) // 4096].data = b"\xaa" * 4096
        image.page_data(0x300000, b"never")
        with qemu.Machine() as vm:
            vm.write(0x300000, b"still")
            before = vm.read(0xfffc0000, 0x40000)
            data = image.build()
            vm.hand_over(data)
            events = vm.reset()
            self.assertEqual(events[1].name, "refused")
            self.assertRegex(events[1].reason,
                             "memory at 0x[0-9a-f]+ does not keep a "
                             "write")
            self.assertEqual(vm.read(0xfffc0000, 0x40000), before)
            self.assertEqual(vm.read(0x300000, 5), b"still")

    def test_window(self):
        """ROM may grow to 16 MiB below 4 GiB and no further"""
        rom = igvmgen.halting_rom(16 << 20)
        with qemu.Machine() as vm:
            vm.hand_over(igvmgen.wrap(rom).build())
            self.assertEqual(summary(vm.reset()[-1]), UPDATED)
            self.assertEqual(vm.read(GIB4 - len(rom), 16), rom[:16])
        image = igvmgen.sample_native()
        image.page_data(0xff000000 - 4096, b"too low")
        self.refusal(image, "no memory at 0xfefff000")

    def test_rom_is_read_only(self):
        """the guest cannot write to ROM that the model made for an image"""
        rom = igvmgen.halting_rom(1 << 20)
        with qemu.Machine() as vm:
            vm.hand_over(igvmgen.wrap(rom).build())
            vm.reset()
            vm.write(GIB4 - len(rom), b"overwritten")
            self.assertEqual(vm.read(GIB4 - len(rom), 11), rom[:11])

    def test_gone(self):
        """the model does not read RAM that is gone at the reset"""
        with qemu.Machine(options=["-device", "ivshmem-plain,memdev=shm",
                                   "-object", "memory-backend-ram,id=shm,"
                                   "size=1M,share=on"]) as vm:
            # Map BAR 2 of the device. A reset unmaps the BAR.
            device = self.find_device(vm, 0x11101af4)
            self.config(vm, device, 0x18, 0xd0000000)
            self.config(vm, device, 0x1c, 0)
            self.config(vm, device, 0x04, 2)
            vm.write(0xd0000000, igvmgen.sample_native().build())
            self.assertEqual(vm.offer(0xd0000000, 0x2000)[1], 0xd0000000)
            events = vm.reset()
            self.assertEqual([e.name for e in events], ["refused", "reset"])
            self.assertEqual(events[0].reason,
                             "no RAM at 0xd0000000 any more")
            self.assertEqual(summary(events[1]), REFUSED)

    def config(self, vm, device, register, value):
        vm.qtest("outl", "0xcf8", hex(0x80000000 | device << 11 | register))
        vm.qtest("outl", "0xcfc", hex(value))

    def find_device(self, vm, wanted):
        for device in range(32):
            vm.qtest("outl", "0xcf8", hex(0x80000000 | device << 11))
            if int(vm.qtest("inl", "0xcfc"), 16) == wanted:
                return device
        raise AssertionError(f"no device {wanted:#x}")


class Digest(Resets):
    def test_large(self):
        """an image of 64 MiB: the digest in the log is the file's"""
        image = igvmgen.sample_native().build(total_file_size=64 << 20)
        image = image.ljust(64 << 20, b"\0")
        with qemu.Machine() as vm:
            vm.write(vm.image_addr, image[:1 << 20])    # RAM is zero
            vm.offer(vm.image_addr, len(image))
            events = vm.reset()
            self.loaded(events, image, vm.image_addr, 32, 128 << 10)
            self.assertEqual(vm.words()[1:], (0, 0, 0))

    def test_garbage(self):
        """the model refuses garbage as an image, and logs its digest"""
        with qemu.Machine() as vm:
            image = struct.pack("<512Q", *range(512))
            vm.hand_over(image)
            self.refused(vm.reset(), image, "not an IGVM file")


if __name__ == "__main__":
    unittest.main()
