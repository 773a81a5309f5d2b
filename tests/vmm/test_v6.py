# SPDX-License-Identifier: GPL-2.0-or-later
"""Revision v6: its five files, flat images, and both revisions at once.

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import random
import struct
import tempfile
import unittest

import igvmgen
import qemu
import test_random

LOW_BIOS = 256 << 10    # bytes below 1 MiB, unless a firmware volume begins the image
KIB64 = 64 << 10
MIB1 = 1 << 20
GIB4 = 1 << 32
BIOS_RESIZE = 1 << 0
AREA_LIMIT = 16 << 20

SIZES = {"cap": 8, "bios-size": 8, "fw-blob": 16, "opaque-blob": 4096,
         "disable": 1}

ARMED = "the next reset loads it"
CLOSED = "off until the next reset"
UPDATED = ["image", "loaded", "reset"]
REFUSED = ["image", "refused", "reset"]


class Guest:
    """Plays a guest that knows revision v6."""

    def __init__(self, *plugin, revision="v6", **arguments):
        self.vm = qemu.Machine(plugin=[f"revision={revision}", *plugin],
                               **arguments)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.vm.end()

    @staticmethod
    def path(name):
        return f"{qemu.FILE}/{name}"

    def read(self, name):
        return self.vm.read_file(0, SIZES[name], self.path(name))

    def number(self, name):
        return int.from_bytes(self.read(name), "little")

    def write(self, name, data, **arguments):
        return self.vm.write_file(data, file=self.path(name), **arguments)

    def blob(self):
        """(addr, size) as the guest reads them."""
        return struct.unpack("<2Q", self.read("fw-blob"))[::-1]

    def offer(self, addr, size):
        if self.write("fw-blob", struct.pack("<2Q", size, addr)):
            raise RuntimeError("fw_cfg write failed")
        return self.blob()

    def hand_over(self, rom):
        addr = self.vm.image_addr
        self.vm.write(addr, rom)
        shown = self.offer(addr, len(rom))
        if shown != (addr, len(rom)):
            raise RuntimeError(f"not accepted: {shown}")

    def firmware(self, size):
        return self.vm.read(GIB4 - size, size)

    def low(self, size):
        return self.vm.read(MIB1 - size, size)


def names(events):
    return [event.name for event in events]


def rom(size=KIB64, mark=0):
    """A flat image in which all pages differ."""
    data = bytearray(igvmgen.halting_rom(size))
    for at in range(0, size, 4096):
        struct.pack_into("<2I", data, at, at, mark)
    return bytes(data)


class Files(unittest.TestCase):
    """One machine for all tests. A reset precedes each test."""

    plugin = ()

    @classmethod
    def setUpClass(cls):
        cls.guest = Guest(*cls.plugin)
        cls.vm = cls.guest.vm
        cls.addClassCleanup(cls.vm.end)

    def setUp(self):
        self.vm.reset()
        self.image = self.vm.image_addr
        self.shows(0, 0)

    def shows(self, addr, size):
        self.assertEqual(self.guest.blob(), (addr, size))

    def verdict(self, file, name, reason=None):
        event = self.vm.last_write()
        self.assertEqual((event["file"], event["verdict"]), (file, name),
                         event)
        if reason is not None:
            self.assertEqual(event.reason, reason)
        # The log shows the values that the guest reads.
        if file == "fw-blob":
            self.shows(event["shown-addr"], event["shown-size"])
        elif file == "disable":
            self.assertEqual(self.guest.number("disable"),
                             event["shown-value"])

    def accepted(self):
        self.guest.offer(self.image, KIB64)
        self.verdict("fw-blob", "accepted", ARMED)
        self.shows(self.image, KIB64)

    def refused(self, reason, addr, size):
        """Expect a refusal that changes nothing."""
        self.vm.reset()
        self.guest.offer(addr, size)
        self.verdict("fw-blob", "refused", reason)
        self.shows(0, 0)
        self.accepted()
        self.guest.offer(addr, size)
        self.verdict("fw-blob", "refused", reason)
        self.shows(self.image, KIB64)


class Blob(Files):
    def test_directory(self):
        """the directory has five files, but not the file of revision igvm"""
        found = {name: size for name, (_, size) in self.vm.files().items()
                 if "vmfwupdate" in name}
        self.assertEqual(found, {self.guest.path(name): size
                                 for name, size in SIZES.items()})

    def test_ready(self):
        """the log begins with the revision and its capabilities"""
        event = self.vm.log()[0]
        self.assertEqual((event.name, event["revision"],
                          event["capabilities"]), ("ready", "v6", 0))

    def test_initial(self):
        """at first nothing is armed, and bios-size is the size of the firmware"""
        self.assertEqual(self.guest.number("cap"), 0)
        self.assertEqual(self.guest.number("bios-size"), len(qemu.seabios()))
        self.assertEqual(self.guest.number("disable"), 0)

    def test_read_only(self):
        """the guest cannot write to a read-only file"""
        for name in ("cap", "bios-size"):
            before = self.guest.read(name)
            self.assertEqual(self.guest.write(name, b"\xff" * 8),
                             qemu.DMA_ERROR)
            self.assertEqual(self.guest.read(name), before)

    def test_round_trip(self):
        """the file shows an accepted image as the guest wrote it"""
        self.accepted()
        event = self.vm.last_write()
        self.assertEqual((event["offset"], event["length"], event["addr"],
                          event["size"]), ("0", "16", self.image, KIB64))

    def test_replace(self):
        """a second image, as large as the area, replaces the first"""
        self.accepted()
        size = len(qemu.seabios())
        self.assertEqual(self.guest.offer(self.image + 4096, size),
                         (self.image + 4096, size))

    def test_clear(self):
        """address 0 withdraws an image, with any size or alone"""
        for data, offset in ((bytes(16), 0), (struct.pack("<2Q", 5, 0), 0),
                             (bytes(8), 8)):
            self.accepted()
            self.guest.write("fw-blob", data, offset=offset)
            self.verdict("fw-blob", "cleared", "nothing is armed")
            self.shows(0, 0)
        event, = self.vm.reset()
        self.assertEqual(event.reason, "nothing armed")

    def test_piecemeal(self):
        """the model refuses an image in pieces, and an armed image stays"""
        self.accepted()
        for data, offset in ((struct.pack("<Q", 2 * KIB64), 0),
                             (struct.pack("<Q", self.image + 4096), 8),
                             (b"\x01", 15)):
            self.guest.write("fw-blob", data, offset=offset)
            self.verdict("fw-blob", "refused",
                         "size and address must come in one write")
            self.shows(self.image, KIB64)

    def test_size(self):
        """a size that is no multiple of 64 KiB, or 0"""
        words = "the size is not a multiple of 64 KiB"
        for size in (1, 4096, KIB64 - 1, KIB64 + 4096, (1 << 64) - 1):
            self.refused(words, self.image, size)
        self.refused("the image has no bytes", self.image, 0)

    def test_too_large(self):
        """an image larger than the area"""
        size = len(qemu.seabios()) + KIB64
        self.refused("the image is larger than bios-size", self.image, size)
        for size in (1 << 32, (1 << 64) - KIB64):
            self.refused("the image does not fit below 4 GiB", self.image,
                         size)

    def test_place(self):
        """an image at an unaligned address, around 2^64, or not in memory"""
        self.refused("the address is not page-aligned", self.image + 1, KIB64)
        self.refused("the image wraps around", (1 << 64) - KIB64, KIB64)
        for addr in (0xC0000000, 0xfee00000, (512 << 20) - 4096):
            self.refused("the image is not all in RAM", addr, KIB64)

    def test_unreadable(self):
        """a source outside of memory: an error, and nothing has changed"""
        page = bytes(range(256)) * 16
        self.guest.write("opaque-blob", page)
        self.accepted()
        events = len(self.vm.log())
        for name in ("fw-blob", "opaque-blob", "disable"):
            self.assertEqual(
                self.guest.write(name, None, source=0xC0000000,
                                 size=SIZES[name]), qemu.DMA_ERROR)
        self.assertEqual(len(self.vm.log()), events)
        self.shows(self.image, KIB64)
        self.assertEqual(self.guest.read("opaque-blob"), page)
        self.assertEqual(self.guest.number("disable"), 0)

    def test_unreadable_part(self):
        """a later write without select does not pick up the zeroes"""
        for name in ("fw-blob", "opaque-blob"):
            before = bytes(range(1, 9)) + bytes(SIZES[name] - 8)
            if name == "fw-blob":
                self.accepted()
                before = self.guest.read(name)
            self.guest.write(name, before)
            self.guest.write(name, None, source=0xC0000000, size=8)
            # The failed transfer moved on to offset 8.
            self.vm.write(self.vm.buffer, before[8:16])
            self.vm.dma(qemu.DMA_WRITE, 8, self.vm.buffer)
            event = self.vm.last_write()
            self.assertEqual((event["file"], event["offset"]), (name, "8"))
            self.assertEqual(event.values.get("size", hex(KIB64)), hex(KIB64))
            self.assertEqual(self.guest.read(name), before)

    def test_too_long(self):
        """a write past the end of a file fails and has no effect"""
        self.accepted()
        for name in ("fw-blob", "opaque-blob", "disable"):
            before = self.guest.read(name)
            self.assertEqual(
                self.guest.write(name, b"\xff" * (SIZES[name] + 1)),
                qemu.DMA_ERROR)
            self.assertEqual(self.guest.read(name), before)

    def test_random(self):
        """random transfers and resets: the files show the values in the log"""
        pick = random.Random(test_random.SEED).choice
        common = (0, 1, 0xC0000000, (1 << 64) - KIB64, (1 << 64) - 1)
        sizes = (KIB64, 2 * KIB64) * 4 + common
        addresses = (self.image, self.image + 4096) * 4 + common
        source = self.image - 4096
        verdicts = set()
        for _ in range(150 * test_random.ROUNDS):
            # A DISABLE makes a reset necessary, so it is rare.
            name = pick(("fw-blob",) * 12 + tuple(SIZES))
            self.vm.write(source, struct.pack("<2Q", pick(sizes),
                                              pick(addresses)))
            self.guest.write(
                name, None, offset=pick((0, 0, 0, 8, 1)),
                source=pick((source,) * 4 + (0xC0000000,)),
                size=pick((16, 16, 16, 8, 1, 17, 4096)))
            writes = [e for e in self.vm.log() if e.name == "reset" or
                      e.name == "write" and e["file"] == "fw-blob"]
            last = writes[-1]
            off = self.guest.number("disable")
            if last.name == "write" and not off:
                self.shows(last["shown-addr"], last["shown-size"])
                verdicts.add(last["verdict"])
            else:
                self.shows(0, 0)
            if off:
                self.vm.reset()
        self.assertLessEqual({"accepted", "cleared", "refused"}, verdicts)


class Disable(Files):
    def test_any_byte(self):
        """any byte but zero disables, and the file shows 1"""
        for value in (1, 2, 0x80, 0xff):
            self.guest.write("disable", bytes([value]))
            self.verdict("disable", "disabled", "off from now on")
            self.assertEqual(self.guest.number("disable"), 1)
            self.vm.reset()
            self.assertEqual(self.guest.number("disable"), 0)

    def test_zero(self):
        """zero has no effect, before and after another byte"""
        self.accepted()
        self.guest.write("disable", b"\0")
        self.verdict("disable", "accepted", "zero does not disable")
        self.shows(self.image, KIB64)
        self.guest.write("disable", b"\1")
        self.guest.write("disable", b"\0")
        self.verdict("disable", "disabled", CLOSED)
        self.assertEqual(self.guest.number("disable"), 1)

    def test_image(self):
        """DISABLE drops an armed image, and the reset is an ordinary one"""
        self.accepted()
        self.guest.write("disable", b"\1")
        self.shows(0, 0)
        event, = self.vm.reset()
        self.assertEqual((event.values, event.reason),
                         ({"kind": "ordinary"}, "disabled"))
        self.accepted()

    def test_sticky(self):
        """after DISABLE, no write has an effect"""
        page = b"before".ljust(4096, b".")
        self.guest.write("opaque-blob", page)
        self.guest.write("disable", b"\1")
        for name, data in (("fw-blob", struct.pack("<2Q", KIB64, self.image)),
                           ("fw-blob", bytes(16)),
                           ("opaque-blob", bytes(4096)), ("disable", b"\2")):
            self.guest.write(name, data)
            self.verdict(name, "disabled", CLOSED)
        self.shows(0, 0)
        self.assertEqual(self.guest.read("opaque-blob"), page)


class Opaque(Files):
    PAGE = bytes(range(256)) * 16

    def test_parts(self):
        """the guest may write the page in parts"""
        self.guest.write("opaque-blob", bytes(4096))
        self.guest.write("opaque-blob", self.PAGE[:100])
        self.verdict("opaque-blob", "accepted")
        self.guest.write("opaque-blob", self.PAGE[100:], offset=100)
        self.assertEqual(self.guest.read("opaque-blob"), self.PAGE)
        self.guest.write("opaque-blob", b"!", offset=4095)
        self.assertEqual(self.guest.read("opaque-blob"),
                         self.PAGE[:-1] + b"!")

    def test_resets(self):
        """the page stays over an update and resets, disabled or not"""
        self.guest.write("opaque-blob", self.PAGE)
        self.guest.hand_over(rom())
        self.assertEqual(names(self.vm.reset()), UPDATED)
        self.assertEqual(self.guest.read("opaque-blob"), self.PAGE)
        for disable in (b"\0", b"\1", b"\0"):
            self.guest.write("disable", disable)
            self.assertEqual(names(self.vm.reset()), ["reset"])
            self.assertEqual(self.guest.read("opaque-blob"), self.PAGE)


class Update(unittest.TestCase):
    def update(self, guest, flat, low):
        """Update to a flat image and check memory. low: its bytes below 1 MiB."""
        vm = guest.vm
        vm.write(0x2000000, b"what the guest left")
        guest.hand_over(flat)
        events = vm.reset()
        self.assertEqual(names(events), UPDATED)
        digest = hashlib.sha256(flat).hexdigest()
        image, loaded, reset = events
        self.assertEqual((image["addr"], image["size"], image["sha256"]),
                         (vm.image_addr, len(flat), digest))
        total = len(flat) + low
        self.assertEqual((loaded["pages"], loaded["bytes"],
                          loaded["sha256"]),
                         (str(total >> 12), total, digest))
        self.assertEqual((reset.values, reset.reason),
                         ({"kind": "update"}, "image loaded"))
        for _ in range(2):
            self.assertEqual(guest.firmware(len(flat)), flat)
            self.assertEqual(guest.low(low), flat[len(flat) - low:])
            self.assertEqual(guest.blob(), (0, 0))
            self.assertEqual(vm.read(0x2000000, 19), b"what the guest left")
            vm.reset()

    def test_bios(self):
        """pc and q35: an image replaces the whole area, or its end only"""
        for machine in ("q35", "pc"):
            with self.subTest(machine=machine), \
                    Guest(machine=machine) as guest:
                area = len(qemu.seabios())
                self.update(guest, rom(area), LOW_BIOS)
                self.update(guest, rom(KIB64, 1), KIB64)
                self.assertEqual(guest.firmware(area)[:-KIB64],
                                 rom(area)[:-KIB64])
                self.assertEqual(guest.number("bios-size"), area)

    def test_short(self):
        """firmware of 64 KiB has an alias of 64 KiB, and RAM below that stays"""
        with tempfile.NamedTemporaryFile() as bios:
            bios.write(rom(KIB64, 1))
            bios.flush()
            with Guest("bios-resize=on", machine="microvm",
                       options=["-bios", bios.name]) as guest:
                guest.vm.write(0xe0000, b"RAM")
                self.update(guest, rom(128 << 10), KIB64)
                self.assertEqual(guest.vm.read(0xe0000, 3), b"RAM")

    def test_flash(self):
        """flash: the area is all units, and an update changes the copy below 1 MiB, too"""
        code = qemu.firmware_file("OVMF/OVMF_CODE_4M.fd", "ovmf")
        variables = qemu.firmware_file("OVMF/OVMF_VARS_4M.fd", "ovmf")
        with tempfile.NamedTemporaryFile() as live:
            live.write(variables.read_bytes())
            live.flush()
            with Guest(options=[
                    "-drive",
                    f"if=pflash,format=raw,readonly=on,file={code}",
                    "-drive", f"if=pflash,format=raw,file={live.name}"
                    ]) as guest:
                area = code.stat().st_size + variables.stat().st_size
                self.assertEqual(guest.number("bios-size"), area)
                self.update(guest, rom(1 << 20), LOW_BIOS)
                self.update(guest, rom(area, 1), LOW_BIOS)

    def test_resize(self):
        """with bios-resize=on the area grows, up to 16 MiB"""
        with Guest("bios-resize=on") as guest:
            self.assertEqual(guest.number("cap"), BIOS_RESIZE)
            self.assertEqual(guest.vm.log()[0]["capabilities"], BIOS_RESIZE)
            for size in (4 << 20, AREA_LIMIT):
                self.update(guest, rom(size), LOW_BIOS)
                self.assertEqual(guest.number("bios-size"), size)
            guest.offer(guest.vm.image_addr, AREA_LIMIT + KIB64)
            self.assertEqual(guest.vm.last_write().reason,
                             "the image does not fit below 4 GiB")
            self.update(guest, rom(KIB64), KIB64)

    def test_shadow(self):
        """shadow RAM in place of the alias gets the new firmware as well"""
        # PAM registers of q35 (select, port, value), and the address of their RAM.
        for registers, addr in (
                ((("0x80000090", "0xcfc", "0x30"),), 0xf0000),
                ((("0x80000094", "0xcfd", "0x33"),
                  ("0x80000094", "0xcfe", "0x33")), 0xe0000)):
            with self.subTest(addr=hex(addr)), Guest() as guest:
                for select, port, value in registers:
                    guest.vm.qtest("outl", "0xcf8", select)
                    guest.vm.qtest("outb", port, value)
                guest.vm.write(addr, b"shadow RAM")
                self.assertEqual(guest.vm.read(addr, 10), b"shadow RAM")
                self.update(guest, rom(256 << 10), LOW_BIOS)

    def test_low(self):
        """256 KiB of a BIOS are below 1 MiB, and 128 KiB of UEFI"""
        bios = rom(512 << 10)
        for flat, low in ((bios, LOW_BIOS),
                          (bios[:40] + b"_FVH" + bios[44:], 128 << 10),
                          (rom(128 << 10), 128 << 10),
                          (rom(192 << 10), 192 << 10)):
            with self.subTest(size=len(flat), low=low), \
                    Guest("bios-resize=on") as guest:
                self.update(guest, flat, low)

    def test_overlap(self):
        """the reset refuses an image that lies in the area itself"""
        with Guest() as guest:
            before = guest.firmware(KIB64)
            guest.offer(GIB4 - KIB64, KIB64)
            events = guest.vm.reset()
            self.assertEqual(names(events), REFUSED)
            self.assertEqual(events[1].reason,
                             "the image lies where a part of it must go, at "
                             "0xffff0000")
            self.assertEqual(guest.firmware(KIB64), before)

    def test_max_size(self):
        """max-size holds for flat images too"""
        with Guest("max-size=64K") as guest:
            guest.hand_over(rom())
            guest.offer(guest.vm.image_addr, 2 * KIB64)
            self.assertEqual(guest.vm.last_write().reason,
                             "the image is larger than max-size")


class Faults(unittest.TestCase):
    def guest(self, fault):
        guest = Guest(f"fault={fault}")
        self.addCleanup(guest.vm.end)
        return guest

    def verdict(self, guest, name, reason):
        event = guest.vm.last_write()
        self.assertEqual((event["verdict"], event.reason), (name, reason))

    def unchanged(self, guest, events, expected):
        self.assertEqual(names(events), expected)
        rom = qemu.seabios()
        self.assertEqual(guest.firmware(len(rom)), rom)

    def test_no_interface(self):
        """fault no-interface: none of the files exists"""
        guest = self.guest("no-interface")
        self.assertFalse([name for name in guest.vm.files()
                          if "vmfwupdate" in name])

    def test_ignore_write(self):
        """fault ignore-write: no file changes"""
        guest = self.guest("ignore-write")
        for name in ("fw-blob", "opaque-blob", "disable"):
            guest.write(name, b"\x01" * SIZES[name])
            self.verdict(guest, "ignored", "fault ignore-write")
            self.assertEqual(guest.read(name), bytes(SIZES[name]))
        self.unchanged(guest, guest.vm.reset(), ["reset"])

    def test_size16(self):
        """fault size16: a size in blocks of 64 KiB becomes 0"""
        guest = self.guest("size16")
        addr = guest.vm.image_addr
        self.assertEqual(guest.offer(addr, 2 * KIB64), (addr, 0))
        self.verdict(guest, "altered", "fault size16")
        events = guest.vm.reset()
        self.assertEqual(events[1].reason,
                         "0x0 bytes are not in blocks of 64 KiB")
        self.unchanged(guest, events, REFUSED)

    def test_refuse_image(self):
        """fault refuse-image: the guest reads back zeroes"""
        guest = self.guest("refuse-image")
        self.assertEqual(guest.offer(guest.vm.image_addr, KIB64), (0, 0))
        self.verdict(guest, "refused", "fault refuse-image")
        self.unchanged(guest, guest.vm.reset(), ["reset"])

    def test_refuse_reset(self):
        """fault refuse-reset: the model accepts an image, and refuses it at the reset"""
        guest = self.guest("refuse-reset")
        guest.hand_over(rom())
        events = guest.vm.reset()
        self.assertEqual(events[1].reason, "fault refuse-reset")
        self.unchanged(guest, events, REFUSED)

    def test_no_withdraw(self):
        """fault no-withdraw: the file shows a withdrawn image, and the reset loads it"""
        guest = self.guest("no-withdraw")
        guest.hand_over(rom())
        shown = guest.blob()
        self.assertEqual(guest.offer(0, 0), shown)
        self.verdict(guest, "ignored", "fault no-withdraw")
        self.assertEqual(names(guest.vm.reset()), UPDATED)
        self.assertEqual(guest.firmware(KIB64), rom())

    def test_no_disable(self):
        """fault no-disable: the file does not show DISABLE, and an image stays armed"""
        guest = self.guest("no-disable")
        guest.hand_over(rom())
        guest.write("disable", b"\1")
        self.verdict(guest, "ignored", "fault no-disable")
        self.assertEqual(guest.number("disable"), 0)
        self.assertEqual(names(guest.vm.reset()), UPDATED)

    def test_vanish(self):
        """fault vanish: after the first image, bios-size is 0"""
        guest = self.guest("vanish")
        self.assertEqual(guest.number("bios-size"), len(qemu.seabios()))
        guest.hand_over(rom())
        self.assertEqual(guest.number("bios-size"), 0)
        self.assertEqual(names(guest.vm.reset()), UPDATED)
        self.assertEqual(guest.offer(guest.vm.image_addr, KIB64), (0, 0))
        self.verdict(guest, "refused", "the image is larger than bios-size")

    def test_vanish_resize(self):
        """fault vanish: after the first image the area cannot grow"""
        with Guest("fault=vanish", "bios-resize=on") as guest:
            guest.hand_over(rom())
            self.assertEqual(guest.number("cap"), 0)
            self.assertEqual(guest.number("bios-size"), 0)


class Both(unittest.TestCase):
    """revision=igvm+v6: the files of both revisions share one image."""

    @classmethod
    def setUpClass(cls):
        cls.guest = Guest(revision="igvm+v6")
        cls.vm = cls.guest.vm
        cls.addClassCleanup(cls.vm.end)

    def setUp(self):
        self.vm.reset()

    def test_files(self):
        """all files are there, and the log says ready twice"""
        found = [name for name in self.vm.files() if "vmfwupdate" in name]
        self.assertEqual(len(found), 1 + len(SIZES))
        self.assertEqual([event["revision"] for event in self.vm.log()
                          if event.name == "ready"], ["igvm", "v6"])

    def test_igvm(self):
        """the VMM loads an image of igvm, and the files of v6 do not show it"""
        self.vm.hand_over(igvmgen.sample_native().build())
        self.assertEqual(self.guest.blob(), (0, 0))
        self.assertEqual(names(self.vm.reset()), UPDATED)

    def test_flat(self):
        """the VMM loads an image of v6, and the file of igvm does not show it"""
        self.guest.hand_over(rom())
        self.assertEqual(self.vm.words(), (qemu.CAPABILITY_IGVM, 0, 0, 0))
        self.assertEqual(names(self.vm.reset()), UPDATED)
        self.assertEqual(self.guest.firmware(KIB64), rom())

    def test_last(self):
        """the image that the guest handed over last counts"""
        image = igvmgen.sample_native().build()
        self.guest.hand_over(rom())
        self.vm.hand_over(image)
        self.assertEqual(self.guest.blob(), (0, 0))
        self.guest.hand_over(rom())
        self.assertEqual(self.vm.words()[1:], (0, 0, 0))
        event = self.vm.reset()[0]
        self.assertEqual(event["sha256"], hashlib.sha256(rom()).hexdigest())

    def test_withdraw(self):
        """zeroes through either revision withdraw the image"""
        self.vm.hand_over(igvmgen.sample_native().build())
        self.guest.offer(0, 0)
        self.assertEqual(self.vm.words()[1:], (0, 0, 0))
        self.guest.hand_over(rom())
        self.vm.offer(0, 0, 0)
        self.assertEqual(self.guest.blob(), (0, 0))
        self.assertEqual(names(self.vm.reset()), ["reset"])

    def test_disable(self):
        """DISABLE through one revision disables both"""
        self.guest.write("disable", b"\1")
        self.assertEqual(self.vm.words()[1:], (qemu.DISABLE, 0, 0))
        self.vm.offer(self.vm.image_addr, 4096)
        self.assertEqual(self.vm.last_write()["verdict"], "disabled")
        self.vm.reset()
        self.vm.offer(0, 0, qemu.DISABLE)
        self.assertEqual(self.guest.number("disable"), 1)
        self.assertEqual(self.guest.offer(self.vm.image_addr, KIB64), (0, 0))

    def test_growth(self):
        """bios-size is the current size, even after an IGVM image made it grow"""
        with Guest(revision="v6+igvm") as guest:
            guest.vm.hand_over(igvmgen.wrap(rom(2 << 20)).build())
            self.assertEqual(names(guest.vm.reset()), UPDATED)
            self.assertEqual(guest.number("bios-size"), 2 << 20)


class Trace(unittest.TestCase):
    def test_select(self):
        """trace=on: the log has the name of each selected file"""
        with Guest("trace=on") as guest:
            for name in SIZES:
                guest.read(name)
            self.assertEqual([event["file"] for event in guest.vm.log()
                              if event.name == "select"], list(SIZES))


class Aarch64(unittest.TestCase):
    def test_no_area(self):
        """a machine without a firmware area: bios-size is 0, and the model takes no image"""
        # Its RAM reaches from 1 GiB to 5 GiB, across 4 GiB.
        with Guest(architecture=qemu.AARCH64, memory="4G") as guest:
            self.assertEqual(guest.number("bios-size"), 0)
            self.assertEqual(guest.number("cap"), 0)
            self.assertEqual(guest.offer(guest.vm.image_addr, KIB64), (0, 0))
            self.assertEqual(guest.vm.last_write().reason,
                             "the image is larger than bios-size")
            guest.write("opaque-blob", b"kept".ljust(4096, b"."))
            guest.vm.reset()
            self.assertEqual(guest.read("opaque-blob")[:5], b"kept.")


if __name__ == "__main__":
    unittest.main()
