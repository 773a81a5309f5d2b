# SPDX-License-Identifier: GPL-2.0-or-later
"""The fw_cfg file: a guest's writes, and the values that it then reads.

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import unittest

import qemu
from qemu import CAPABILITY_IGVM, DISABLE, FORMAT_IGVM

INITIAL = (CAPABILITY_IGVM, 0, 0, 0)
SIZE = 0x12345


class Protocol(unittest.TestCase):
    """One machine for all tests. A reset precedes each test."""

    plugin = ()

    @classmethod
    def setUpClass(cls):
        cls.vm = qemu.Machine(plugin=cls.plugin)
        cls.addClassCleanup(cls.vm.end)

    def setUp(self):
        self.vm.reset()
        self.assertEqual(self.vm.words(), self.initial)
        self.image = self.vm.image_addr

    initial = INITIAL

    def shows(self, control, addr, size):
        self.assertEqual(self.vm.words(),
                         (self.initial[0], control, addr, size))

    def verdict(self, name, reason=None):
        event = self.vm.last_write()
        self.assertEqual(event["verdict"], name, event)
        if reason is not None:
            self.assertEqual(event.reason, reason)
        # The log shows the values that the guest reads.
        self.shows(event["shown-control"], event["shown-addr"],
                   event["shown-size"])

    def accepted(self):
        self.vm.offer(self.image, SIZE)
        self.verdict("accepted")
        self.shows(FORMAT_IGVM, self.image, SIZE)

    def refused(self, reason, addr, size, control=FORMAT_IGVM):
        """Expect a refusal that changes nothing."""
        before = self.vm.words()
        self.vm.offer(addr, size, control)
        self.verdict("refused", reason)
        self.assertEqual(self.vm.words(), before)


class File(Protocol):
    def test_directory(self):
        """the directory has one file of vmfwupdate, with 32 bytes"""
        files = self.vm.files()
        self.assertEqual(files[qemu.FILE][1], 32)
        self.assertEqual([name for name in files if "vmfwupdate" in name],
                         [qemu.FILE])

    def test_initial(self):
        """at first the file offers IGVM, and nothing is armed"""
        self.assertEqual(self.vm.words(), INITIAL)

    def test_round_trip(self):
        """the file shows an accepted image as the guest wrote it"""
        self.accepted()
        event = self.vm.last_write()
        self.assertEqual((event["offset"], event["length"]), ("0", "32"))
        self.assertEqual((event["control"], event["addr"], event["size"]),
                         (FORMAT_IGVM, self.image, SIZE))

    def test_replace(self):
        """a second image replaces the first"""
        self.accepted()
        self.vm.offer(self.image + 0x100000, 1)
        self.verdict("accepted")
        self.shows(FORMAT_IGVM, self.image + 0x100000, 1)

    def test_read_only(self):
        """the model ignores a write to the capability word"""
        self.vm.write_file(struct.pack("<4Q", 0xffffffffffffffff, 0, 0, 0))
        self.assertEqual(self.vm.words(), INITIAL)
        self.vm.write_file(b"\xff" * 8)
        self.assertEqual(self.vm.words(), INITIAL)

    def test_reads(self):
        """reading in parts gives the same bytes, and zeroes past the end"""
        self.accepted()
        whole = self.vm.read_file()
        for offset, size in ((0, 8), (8, 24), (16, 4), (31, 1), (1, 30)):
            self.assertEqual(self.vm.read_file(offset, size),
                             whole[offset:offset + size])
        self.assertEqual(self.vm.read_file(0, 64), whole.ljust(64, b"\0"))


class Clearing(Protocol):
    def test_zeroes(self):
        """writing zeroes withdraws the image"""
        self.accepted()
        self.vm.offer(0, 0, 0)
        self.verdict("cleared", "nothing is armed")
        self.shows(0, 0, 0)

    def test_address(self):
        """address 0 withdraws the image, with any size"""
        self.accepted()
        self.vm.offer(0, SIZE)
        self.verdict("cleared")
        self.shows(FORMAT_IGVM, 0, 0)

    def test_reset(self):
        """a reset that cannot load the image clears it, too"""
        self.accepted()
        self.vm.reset()
        self.assertEqual(self.vm.words(), INITIAL)


class Disabling(Protocol):
    def test_disable(self):
        """DISABLE withdraws the image, and the file shows only DISABLE"""
        self.accepted()
        self.vm.offer(0, 0, DISABLE)
        self.verdict("disabled", "off from now on")
        self.shows(DISABLE, 0, 0)

    def test_sticky(self):
        """after DISABLE, no write has an effect"""
        self.vm.offer(0, 0, DISABLE)
        for words in ((self.image, SIZE, FORMAT_IGVM), (0, 0, 0),
                      (self.image, SIZE, DISABLE | FORMAT_IGVM)):
            self.vm.offer(*words)
            self.verdict("disabled", "off until the next reset")
            self.shows(DISABLE, 0, 0)

    def test_with_image(self):
        """DISABLE together with an image disables"""
        self.vm.offer(self.image, SIZE, DISABLE | FORMAT_IGVM)
        self.verdict("disabled")
        self.shows(DISABLE, 0, 0)

    def test_alone(self):
        """the guest may write the control word alone to disable"""
        self.accepted()
        self.vm.write_file(struct.pack("<Q", DISABLE), offset=8)
        self.verdict("disabled")
        self.shows(DISABLE, 0, 0)

    def test_reset(self):
        """a reset ends DISABLE, and is an ordinary one"""
        self.accepted()
        self.vm.offer(0, 0, DISABLE)
        event, = self.vm.reset()
        self.assertEqual((event.values, event.reason),
                         ({"kind": "ordinary"}, "disabled"))
        self.assertEqual(self.vm.words(), INITIAL)
        self.accepted()


class PartialWrites(Protocol):
    REASON = "control, address and size must come in one write"

    def test_without_capabilities(self):
        """the guest may write the other three words without the capability word"""
        self.vm.write_file(struct.pack("<3Q", FORMAT_IGVM, self.image, SIZE),
                           offset=8)
        self.verdict("accepted")
        self.shows(FORMAT_IGVM, self.image, SIZE)

    def test_piecemeal(self):
        """the model refuses an image in pieces, and an armed image stays"""
        self.accepted()
        for data, offset in (
                (struct.pack("<Q", self.image + 0x1000), 16),
                (struct.pack("<2Q", self.image, SIZE + 1), 16),
                (struct.pack("<Q", SIZE + 1), 24),
                (struct.pack("<2Q", FORMAT_IGVM, self.image), 8),
                (struct.pack("<3Q", 0, FORMAT_IGVM, self.image), 0),
                (b"\x01", 31), (b"\x01", 0)):
            with self.subTest(offset=offset, length=len(data)):
                self.vm.write_file(data, offset=offset)
                self.verdict("refused", self.REASON)
                self.shows(FORMAT_IGVM, self.image, SIZE)

    def test_clear_address(self):
        """the guest may write the address alone to withdraw the image"""
        self.accepted()
        self.vm.write_file(bytes(8), offset=16)
        self.verdict("cleared")
        self.shows(FORMAT_IGVM, 0, 0)

    def test_too_long(self):
        """a write past the end fails and has no effect"""
        self.accepted()
        writes = len(self.vm.log())
        data = struct.pack("<4Q", 0, 0, 0, 0) + b"\0"
        self.assertEqual(self.vm.write_file(data), qemu.DMA_ERROR)
        self.assertEqual(self.vm.write_file(bytes(17), offset=16),
                         qemu.DMA_ERROR)
        self.assertEqual(self.vm.write_file(bytes(8), offset=32),
                         qemu.DMA_ERROR)
        self.assertEqual(len(self.vm.log()), writes)
        self.shows(FORMAT_IGVM, self.image, SIZE)


class UnreadableSource(Protocol):
    """fw_cfg leaves zeroes in the file and does not call the model."""

    HOLE = 0xC0000000

    def test_whole(self):
        """a source outside of memory: an error, and nothing has changed"""
        self.accepted()
        events = len(self.vm.log())
        self.assertEqual(
            self.vm.write_file(None, source=self.HOLE, size=32),
            qemu.DMA_ERROR)
        self.assertEqual(len(self.vm.log()), events)
        self.shows(FORMAT_IGVM, self.image, SIZE)

    def test_end_of_memory(self):
        """a source across the end of memory: an error, and nothing has changed"""
        self.accepted()
        end = 512 << 20
        self.vm.write(end - 16, struct.pack("<2Q", 0, DISABLE))
        self.assertEqual(
            self.vm.write_file(None, source=end - 16, size=32),
            qemu.DMA_ERROR)
        self.shows(FORMAT_IGVM, self.image, SIZE)

    def test_followed_by_write(self):
        """a later write without select does not pick up the zeroes"""
        self.accepted()
        self.assertEqual(
            self.vm.write_file(None, offset=8, source=self.HOLE, size=8),
            qemu.DMA_ERROR)
        # The failed transfer moved on to offset 16 and zeroed the control word.
        self.vm.write(self.vm.buffer, struct.pack("<2Q", 0, 0))
        self.vm.dma(qemu.DMA_WRITE, 16, self.vm.buffer)
        event = self.vm.last_write()
        self.assertEqual((event["offset"], event["control"]),
                         ("16", FORMAT_IGVM))
        self.verdict("cleared")
        self.shows(FORMAT_IGVM, 0, 0)


class Refusals(Protocol):
    def each(self, *arguments):
        """Expect a refusal with no image armed, and again with one."""
        self.refused(*arguments)
        self.accepted()
        self.refused(*arguments)

    def test_control(self):
        """undefined control bits"""
        for bit in (1, 31, 33, 63):
            self.refused("unknown control bits", self.image, SIZE,
                         FORMAT_IGVM | 1 << bit)
        self.each("unknown control bits", 0, 0, 1 << 33)

    def test_no_format(self):
        """an image without its format"""
        self.each("the VMM does not take this format", self.image, SIZE, 0)

    def test_size(self):
        """an image of no bytes"""
        self.each("the image has no bytes", self.image, 0)

    def test_alignment(self):
        """an address within a page"""
        for addr in (1, 8, 0x800, 0xfff):
            self.refused("the address is not page-aligned", self.image + addr,
                         SIZE)
        self.each("the address is not page-aligned", self.image + 1, SIZE)

    def test_wrap(self):
        """an image around the end of the address space"""
        self.each("the image wraps around", self.image,
                  0xffffffffffffffff - self.image + 1)
        self.refused("the image wraps around", 0xfffffffffffff000, 0x1000)
        self.refused("the image wraps around", self.image, (1 << 64) - 1)

    def test_not_ram(self):
        """an image in a hole, in a device, or past the end of memory"""
        words = "the image is not all in RAM"
        end = 512 << 20
        self.each(words, 0xC0000000, 1)
        self.each(words, end - 0x1000, 0x1001)
        self.refused(words, end, 1)
        self.refused(words, 0xfee00000, 0x1000)     # local APIC
        self.refused(words, 0xfec00000, 0x1000)     # I/O APIC
        self.refused(words, self.image, 0xffffffff)
        self.refused(words, 0xfffffffffffff000, 0xfff)

    def test_last_byte(self):
        """an image may end with the last byte of memory"""
        end = 512 << 20
        self.vm.offer(end - 0x1000, 0x1000)
        self.verdict("accepted")


class MaxSize(Protocol):
    plugin = ("max-size=1M",)

    def test_limit(self):
        """the model accepts an image of max-size bytes, but not one byte more"""
        self.vm.offer(self.image, 1 << 20)
        self.verdict("accepted")
        self.refused("the image is larger than max-size", self.image,
                     (1 << 20) + 1)


class Large(unittest.TestCase):
    def test_above_4_gib(self):
        """an image may lie above 4 GiB"""
        with qemu.Machine(memory="3G") as vm:
            self.assertEqual(vm.offer(1 << 32, 0x1000),
                             (FORMAT_IGVM, 1 << 32, 0x1000))

    def test_default_limit(self):
        """without max-size the limit is that of the format, 2^32-1 bytes"""
        with qemu.Machine(memory="6G") as vm:
            self.assertEqual(vm.offer(1 << 32, 1 << 31)[2], 1 << 31)
            vm.offer(1 << 32, 1 << 32)
            self.assertEqual(vm.last_write().reason,
                             "the image is larger than max-size")


class NoInterface(unittest.TestCase):
    def test_absent(self):
        """fault no-interface: no file, and resets are ordinary"""
        with qemu.Machine(plugin=["fault=no-interface"]) as vm:
            self.assertNotIn(qemu.FILE, vm.files())
            event, = vm.log()
            self.assertEqual((event.name, event.reason),
                             ("absent", "fault no-interface"))
            event, = vm.reset()
            self.assertEqual(event.values, {"kind": "ordinary"})


class NoIgvm(Protocol):
    plugin = ("fault=no-igvm",)
    initial = (0, 0, 0, 0)

    def test_capability(self):
        """fault no-igvm: the model offers no format, and takes no image"""
        self.refused("the VMM does not take this format", self.image, SIZE)


class IgnoreWrite(Protocol):
    plugin = ("fault=ignore-write",)

    def test_ignored(self):
        """fault ignore-write: no write changes the file"""
        for words in ((self.image, SIZE, FORMAT_IGVM), (0, 0, DISABLE)):
            self.vm.offer(*words)
            self.verdict("ignored", "fault ignore-write")
            self.shows(0, 0, 0)


class Size16(Protocol):
    plugin = ("fault=size16",)

    def test_altered(self):
        """fault size16: the guest reads back the size modulo 2^16"""
        self.vm.offer(self.image, 0x12345)
        self.verdict("altered", "fault size16")
        self.shows(FORMAT_IGVM, self.image, 0x2345)


class RefuseImage(Protocol):
    plugin = ("fault=refuse-image",)

    def test_refused(self):
        """fault refuse-image: the guest reads back zeroes"""
        self.vm.offer(self.image, SIZE)
        self.verdict("refused", "fault refuse-image")
        self.shows(0, 0, 0)


class NoWithdraw(Protocol):
    plugin = ("fault=no-withdraw",)

    def test_withdraw(self):
        """fault no-withdraw: the file shows an armed image after a withdrawal"""
        self.accepted()
        for words in ((0, 0, 0), (0, SIZE, FORMAT_IGVM)):
            self.vm.offer(*words)
            self.verdict("ignored", "fault no-withdraw")
            self.shows(FORMAT_IGVM, self.image, SIZE)

    def test_replace(self):
        """fault no-withdraw: another image or DISABLE still has an effect"""
        self.accepted()
        self.vm.offer(self.image + 0x100000, 1)
        self.verdict("accepted")
        self.vm.offer(0, 0, DISABLE)
        self.verdict("disabled", "off from now on")
        self.shows(DISABLE, 0, 0)

    def test_nothing(self):
        """fault no-withdraw: with nothing armed, a withdrawal succeeds"""
        self.vm.offer(0, 0, 0)
        self.verdict("cleared")


class NoDisable(Protocol):
    plugin = ("fault=no-disable",)

    def test_ignored(self):
        """fault no-disable: the file does not show DISABLE, and an image stays armed"""
        self.accepted()
        for words in ((0, 0, DISABLE), (self.image, 1, DISABLE | FORMAT_IGVM)):
            self.vm.offer(*words)
            self.verdict("ignored", "fault no-disable")
            self.shows(FORMAT_IGVM, self.image, SIZE)
        self.vm.offer(0, 0, 0)
        self.verdict("cleared")


class Vanish(unittest.TestCase):
    def test_vanish(self):
        """fault vanish: after the first image, the file offers no format"""
        with qemu.Machine(plugin=["fault=vanish"]) as vm:
            image = vm.image_addr
            # A refused offer or a withdrawal does not count as the first image.
            vm.offer(image, 0)
            vm.offer(0, 0, 0)
            self.assertEqual(vm.words()[0], CAPABILITY_IGVM)
            self.assertEqual(vm.offer(image, SIZE),
                             (FORMAT_IGVM, image, SIZE))
            self.assertEqual(vm.words()[0], 0)
            vm.offer(0, 0, 0)
            self.assertEqual(vm.last_write()["verdict"], "cleared")
            for _ in range(2):
                self.assertEqual(vm.offer(image, SIZE), (0, 0, 0))
                self.assertEqual(vm.last_write().reason,
                                 "the VMM does not take this format")
                vm.reset()
                self.assertEqual(vm.words(), (0, 0, 0, 0))


class Trace(Protocol):
    plugin = ("trace=on",)

    def test_select(self):
        """trace=on: the log has each selection of the file"""
        before = len(self.vm.log())
        self.vm.words()
        self.assertEqual([e.name for e in self.vm.log()[before:]],
                         ["select"])


if __name__ == "__main__":
    unittest.main()
