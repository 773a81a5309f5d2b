# SPDX-License-Identifier: GPL-2.0-or-later
"""vmlaunchupdate: writes and reads of a guest, and resets.

With VMM=qemu, the tests use the device of the QEMU in QEMU_X86 instead of the model.
They then leave out checks that need a fault or the log of the model.

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import pathlib
import struct
import tempfile
import unittest

import igvmgen
import launchupdate
import qemu
from launchupdate import (DISABLE, DONE, HOST_IGVM, IGVM, NOT_LOADED,
                          NOT_STARTED_FROM_IGVM)

MIB1 = 1 << 20
GIB4 = 1 << 32
REVISION = "revision=vmlaunchupdate"
# Each image puts its name at this address, in RAM that no firmware uses.
MARK = 0x200000
HOLE = 0x60000000
LOCAL_APIC = 0xfee00000

PERSISTS = "the same image again"


def image(name, addr=MARK):
    """An image that leaves its name in memory."""
    made = igvmgen.Image()
    made.platform()
    made.page_data(addr, name.encode())
    return made


class Launch(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.host_file = pathlib.Path(directory.name) / "host.igvm"
        self.host_file.write_bytes(image("host").build())

    def start(self, *plugin, host=True, **options):
        if qemu.DEVICE:
            self.start_device(plugin, host, **options)
        else:
            arguments = [REVISION, *plugin]
            if host:
                arguments.append(f"host-igvm={self.host_file}")
            self.vm = qemu.Machine(plugin=arguments, **options)
        self.addCleanup(self.vm.end)
        return self.vm

    def start_device(self, plugin, host, machine="q35", options=(), **others):
        if plugin:
            self.skipTest("only the model has " + plugin[0])
        devices = ["-device", "vm-launch-update"]
        if host:
            machine += ",igvm-cfg=igvm0"
            devices += ["-object", f"igvm-cfg,id=igvm0,file={self.host_file}"]
        self.vm = qemu.Machine(plugin=None, machine=machine,
                               options=[*devices, *options], **others)

    def runs(self, name, addr=MARK):
        """Check which image is in memory, then erase its name."""
        found = self.vm.read(addr, 8).rstrip(b"\0").decode()
        self.assertEqual(found, name)
        self.vm.write(addr, bytes(8))

    def read(self):
        return launchupdate.read(self.vm)

    def shows(self, status, addr=0, size=0, control=0):
        registers = self.read()
        self.assertEqual(registers.answer(), (status, addr, size), registers)
        self.assertEqual(registers.control, control, registers)

    def verdict(self, name, reason=None):
        if qemu.DEVICE:
            return      # QEMU's device has no log
        event = self.vm.last_write()
        self.assertEqual(event["verdict"], name, event)
        if reason is not None:
            self.assertEqual(event.reason, reason)

    def taken(self, data, addr=None, control=IGVM):
        launchupdate.hand_over(self.vm, data, addr, control)
        self.verdict("accepted")

    def refused(self, reason, addr, size, control=IGVM, status=NOT_LOADED):
        launchupdate.write(self.vm, control, addr, size)
        self.shows(status, addr, size)
        self.verdict("refused", reason)

    def reset(self, kind, reason=None):
        events = self.vm.reset()
        if qemu.DEVICE:
            return events
        event, = [event for event in events if event.name == "reset"]
        self.assertEqual(event["kind"], kind)
        if reason:
            self.assertEqual(event.reason, reason)
        return events

    def ends(self, reason):
        """Expect that the next reset ends QEMU."""
        with self.assertRaises((OSError, RuntimeError)):
            self.vm.reset()
        status = self.vm.process.wait(timeout=qemu.PATIENCE)
        if qemu.DEVICE:
            self.assertNotEqual(status, 0)
            return
        self.assertEqual(status, 1)
        event = self.vm.log()[-1]
        self.assertEqual(event.name, "ended")
        self.assertIn(reason, event.reason)
        self.assertIn(f"vmfwupdate-vmm: {event.reason}", self.vm.stderr())


class File(Launch):
    def test_directory(self):
        """the directory has one file of 56 bytes"""
        vm = self.start()
        files = vm.files()
        self.assertEqual(files[launchupdate.FILE][1], 56)
        self.assertNotIn(qemu.FILE, files)

    def test_initial(self):
        """at first: version 1, IGVM, all else zero"""
        self.start()
        registers = self.read()
        self.assertEqual((registers.version, registers.status,
                          registers.padding, registers.capabilities),
                         (1, DONE, 0, IGVM))
        self.assertEqual((registers.control, registers.addr, registers.size,
                          registers.opaque_addr, registers.opaque_size),
                         (0, 0, 0, 0, 0))

    def test_opaque(self):
        """the opaque fields stay as written, over resets and a refusal"""
        vm = self.start()
        launchupdate.write(vm, 0, opaque=(0x1234, 0x5678))
        self.reset("ordinary")
        registers = self.read()
        self.assertEqual((registers.opaque_addr, registers.opaque_size),
                         (0x1234, 0x5678))
        launchupdate.write(vm, IGVM, 1, 1, opaque=(2, 3))
        registers = self.read()
        self.assertEqual((registers.opaque_addr, registers.opaque_size),
                         (2, 3))

    def test_select(self):
        """a select sets version, capabilities and control, nothing else"""
        vm = self.start()
        data = struct.pack(launchupdate.LAYOUT, 9, 9, 9, 9, HOST_IGVM, 7, 9,
                           5, 6)
        vm.write_file(data, file=launchupdate.FILE)
        registers = self.read()
        self.assertEqual((registers.version, registers.capabilities,
                          registers.control), (1, IGVM, 0))
        self.assertEqual((registers.status, registers.padding, registers.addr,
                          registers.size), (NOT_LOADED, 9, 7, 9))

    def test_unreadable(self):
        """a transfer from a hole in memory is an error, and the model sees no write"""
        vm = self.start()
        before = len(vm.log())
        left = vm.write_file(b"", source=HOLE, size=56,
                             file=launchupdate.FILE)
        self.assertEqual(left & qemu.DMA_ERROR, qemu.DMA_ERROR)
        self.assertEqual(len(vm.log()), before)

    def test_machines(self):
        """pc and microvm have the file as well as q35"""
        for machine in ("pc", "microvm"):
            with self.subTest(machine=machine):
                self.start(machine=machine, host=machine == "pc")
                self.assertEqual(self.read().capabilities, IGVM)


class Images(Launch):
    def test_success(self):
        """status 0, address and size 0; the log has size and digest"""
        self.start()
        data = image("new").build()
        self.taken(data)
        if qemu.DEVICE:
            return
        event = [e for e in self.vm.log() if e.name == "image"][-1]
        self.assertEqual((event["size"], event["sha256"]),
                         (len(data), hashlib.sha256(data).hexdigest()))
        self.reset("update", "image loaded")
        self.runs("new")

    def test_copied(self):
        """the guest may use the memory again as soon as the write has returned"""
        vm = self.start()
        data = image("new").build()
        self.taken(data)
        vm.write(vm.image_addr, bytes(len(data)))
        self.reset("update")
        self.runs("new")

    def test_exact(self):
        """an image with a byte or a page too many or too few gets status 1"""
        vm = self.start()
        data = image("new").build()
        vm.write(vm.image_addr, data)
        for wrong in (1, -1, 4096, -4096 + len(data) % 4096):
            size = len(data) + wrong
            launchupdate.write(vm, IGVM, vm.image_addr, size)
            self.shows(NOT_LOADED, vm.image_addr, size)
        self.reset("ordinary", PERSISTS)
        self.runs("host")

    def test_alignment(self):
        """an image may have any alignment"""
        self.start()
        for addr in (self.vm.image_addr + 1, self.vm.image_addr + 4095):
            self.taken(image("new").build(), addr)

    def test_above_4g(self):
        """an image may lie above 4 GiB"""
        self.start(memory="5G")
        self.taken(image("new").build(), GIB4 + 0x123457)
        self.reset("update")
        self.runs("new")

    def test_zero(self):
        """no address, or no size: status 1"""
        self.start()
        self.refused("no address or no size", 0, 0)
        self.refused("no address or no size", 0x100000, 0)
        self.refused("no address or no size", 0, 4096)

    def test_no_format(self):
        """an address or a size without the format gets status 1"""
        self.start()
        for control in (0, HOST_IGVM, 1 << 33, 1 << 2):
            for addr, size in ((0x100000, 10), (0, 10), (0x100000, 0)):
                self.refused("the VMM does not take this format", addr, size, control)

    def test_places(self):
        """an image in a hole, in a device, past RAM or around 2^64: status 1"""
        self.start(memory="512M")
        for addr, size in ((HOLE, 4096), (LOCAL_APIC, 4096),
                           ((512 << 20) - 4096, 8192),
                           ((1 << 64) - 4096, 8192), (GIB4, 4096)):
            self.refused("the image is not in one piece of RAM", addr, size)

    def test_size_modulo(self):
        """a size that is 2^32 too large: status 1 if RAM ends before that"""
        self.start()
        data = image("new").build()
        self.vm.write(self.vm.image_addr, data)
        self.refused("the image is not in one piece of RAM",
                     self.vm.image_addr, len(data) + (1 << 32))

    def test_size_modulo_taken(self):
        """a size that is 2^32 too large: status 0 if RAM reaches that far"""
        self.start(memory="7G", machine="q35,max-ram-below-4g=1G")
        data = image("new").build()
        self.vm.write(GIB4, data)
        registers = launchupdate.offer(self.vm, GIB4, len(data) + (1 << 32))
        self.assertEqual(registers.answer(), (DONE, 0, 0))
        self.reset("update")
        self.runs("new")

    def test_junk(self):
        """a file of another format gets status 1, and the earlier image stays"""
        self.start()
        self.taken(image("good").build())
        self.vm.write(self.vm.image_addr, b"junk" * 1024)
        self.refused("not an IGVM file", self.vm.image_addr, 4096)
        self.reset("update")
        self.runs("good")

    def test_parts(self):
        """the device acts at once on a write of a part of its registers"""
        vm = self.start()
        data = image("new").build()
        vm.write(vm.image_addr, data)
        vm.write_file(struct.pack("<Q", vm.image_addr), 24,
                      file=launchupdate.FILE)
        self.verdict("refused", "the VMM does not take this format")
        vm.write_file(struct.pack("<Q", len(data)), 32,
                      file=launchupdate.FILE)
        self.verdict("refused", "the VMM does not take this format")
        vm.write_file(struct.pack("<Q", IGVM), 16, file=launchupdate.FILE)
        self.verdict("accepted")
        self.shows(DONE)
        self.reset("update")
        self.runs("new")

    def test_two(self):
        """of two images in a row the last one counts"""
        self.start()
        self.taken(image("one").build())
        self.taken(image("two").build())
        self.reset("update")
        self.runs("two")

    def test_withdraw(self):
        """a write of zeroes changes no image"""
        self.start()
        self.taken(image("new").build())
        launchupdate.write(self.vm, 0)
        self.verdict("nothing")
        self.shows(DONE)
        self.reset("update")
        self.runs("new")

    def test_stays(self):
        """every later reset loads the image again"""
        self.start()
        self.taken(image("new").build())
        self.reset("update")
        for _ in range(3):
            self.runs("new")
            self.reset("ordinary", PERSISTS)
        self.runs("new")

    def test_stale(self):
        """the file shows a refused address over resets"""
        self.start()
        self.refused("the image is not in one piece of RAM", HOLE, 4096)
        self.reset("ordinary")
        self.shows(NOT_LOADED, HOLE, 4096)
        self.taken(image("new").build())
        self.shows(DONE)

    def test_max_size(self):
        """max-size= limits the images of this interface, too"""
        self.start("max-size=4K")
        self.refused("the image is larger than max-size",
                     self.vm.image_addr, 4097)


class NoHost(Launch):
    def test_status(self):
        """not started from IGVM: status 2 for every image, and without an image"""
        vm = self.start(host=False)
        for addr, size in ((vm.image_addr, 4096), (0, 0), (HOLE, 1)):
            self.refused("the host did not start the machine from an IGVM file",
                         addr, size, status=NOT_STARTED_FROM_IGVM)
        self.reset("ordinary", "nothing armed")
        self.assertEqual(vm.read(GIB4 - 16, 16), qemu.seabios()[-16:])

    def test_restore(self):
        """not started from IGVM: HOST_IGVM does nothing"""
        self.start(host=False)
        launchupdate.restore(self.vm)
        self.reset("ordinary", "nothing armed")

    def test_disable(self):
        """not started from IGVM: the file shows DISABLE, also after a reset"""
        self.start(host=False)
        launchupdate.write(self.vm, DISABLE)
        self.reset("ordinary")
        self.shows(DONE, control=DISABLE)


class Probe(Launch):
    def test_probe(self):
        """started from IGVM: the format without an image gets status 1"""
        self.start()
        self.taken(image("new").build())
        self.refused("no address or no size", 0, 0)
        self.reset("update")
        self.runs("new")


class Host(Launch):
    def test_start(self):
        """the machine starts from the host's file"""
        self.start()
        self.runs("host")
        self.reset("ordinary", PERSISTS)
        self.runs("host")

    def test_log(self):
        """the model's log begins with the host's file"""
        if qemu.DEVICE:
            self.skipTest("only the model has a log")
        self.start()
        self.assertEqual([event.name for event in self.vm.log()],
                         ["host", "started", "ready"])

    def test_firmware(self):
        """the host's image replaces the firmware of the command line"""
        rom = bytes(range(256)) * 256
        self.host_file.write_bytes(launchupdate.wrap(rom))
        for machine in ("q35", "pc"):
            with self.subTest(machine=machine):
                vm = self.start(machine=machine)
                for _ in range(2):
                    self.assertEqual(vm.read(GIB4 - len(rom), len(rom)), rom)
                    self.assertEqual(vm.read(MIB1 - len(rom), len(rom)), rom)
                    below = vm.read(GIB4 - 2 * len(rom), len(rom))
                    self.assertFalse(any(below))
                    self.reset("ordinary", PERSISTS)

    def test_bad(self):
        """a host's file that is missing or bad: QEMU does not start"""
        for content, words in ((None, "No such file"), (b"junk", "not an IGVM"),
                               (image("x", LOCAL_APIC).build(), "non-RAM")):
            with self.subTest(words=words):
                self.host_file.unlink(missing_ok=True)
                if content:
                    self.host_file.write_bytes(content)
                said = "" if qemu.DEVICE else f"vmfwupdate-vmm: .*{words}"
                with self.assertRaisesRegex(RuntimeError, said):
                    self.start()

    def test_restore(self):
        """HOST_IGVM with zeroes: the next reset brings the host's file"""
        self.start()
        self.taken(image("new").build())
        self.reset("update")
        launchupdate.restore(self.vm)
        self.verdict("restore")
        self.shows(DONE)
        self.reset("restore", "the host's image is back")
        self.runs("host")
        self.reset("ordinary", PERSISTS)
        self.runs("host")

    def test_restore_reads(self):
        """a read of the file does not end a request for the host's image"""
        self.start()
        self.taken(image("new").build())
        self.reset("update")
        launchupdate.restore(self.vm)
        self.read()
        self.reset("restore")
        self.runs("host")

    def test_restore_wins(self):
        """a pending request drops an image that the guest hands over after it"""
        self.start()
        launchupdate.restore(self.vm)
        self.taken(image("new").build())
        self.reset("restore")
        self.runs("host")
        self.reset("ordinary", PERSISTS)
        self.runs("host")

    def test_restore_rereads(self):
        """a restore reads the host's file again, even if it has changed"""
        self.start()
        self.host_file.write_bytes(image("other").build())
        self.reset("ordinary")
        self.runs("host")
        launchupdate.restore(self.vm)
        self.reset("restore")
        self.runs("other")

    def test_restore_missing(self):
        """the host's file is missing: QEMU ends at the reset"""
        self.start()
        self.host_file.unlink()
        launchupdate.restore(self.vm)
        self.shows(DONE)
        self.ends("No such file or directory")

    def test_restore_junk(self):
        """the host's file is no IGVM file any more: QEMU ends at the reset"""
        self.start()
        self.host_file.write_bytes(b"junk")
        launchupdate.restore(self.vm)
        self.ends("not an IGVM file")


class Once(Launch):
    def once(self):
        data = image("new").build()
        self.vm.write(self.vm.image_addr, data)
        launchupdate.write(self.vm, IGVM | HOST_IGVM, self.vm.image_addr,
                           len(data))
        self.verdict("accepted")

    def test_once(self):
        """image and HOST_IGVM: the image for one reset, then the host's image"""
        self.start()
        self.once()
        events = self.reset("update")
        self.assertTrue(qemu.DEVICE or
                        "once" in [event.name for event in events])
        self.runs("new")
        self.reset("restore")
        self.runs("host")
        self.reset("ordinary", PERSISTS)
        self.runs("host")

    def test_selected(self):
        """after a select before the reset, an image for one reset stays for every reset"""
        self.start()
        self.once()
        self.vm.dma(self.vm.selector(launchupdate.FILE) << 16 |
                    qemu.DMA_SELECT, 0, 0)
        self.reset("update")
        self.runs("new")
        self.reset("ordinary", PERSISTS)
        self.runs("new")

    def test_other_file(self):
        """a select of another file leaves "once" in force"""
        self.start()
        self.once()
        self.vm.files()
        self.reset("update")
        self.reset("restore")
        self.runs("host")

    def test_selected_later(self):
        """a select after the first reset leaves "once" in force"""
        self.start()
        self.once()
        self.reset("update")
        self.read()
        self.reset("restore")
        self.runs("host")

    def test_refused_later(self):
        """"once" ends with a refused write before the reset"""
        self.start()
        self.once()
        launchupdate.write(self.vm, IGVM | HOST_IGVM, HOLE, 1)
        self.verdict("refused")
        self.reset("update")
        self.reset("ordinary", PERSISTS)
        self.runs("new")

    def test_twice(self):
        """an image without HOST_IGVM, then one with it: once"""
        self.start()
        self.taken(image("new").build())
        self.once()
        self.reset("update")
        self.runs("new")
        self.reset("restore")
        self.runs("host")


class Disabling(Launch):
    def test_disable(self):
        """the file shows DISABLE, also after a reset, and the device takes no image"""
        self.start()
        launchupdate.write(self.vm, DISABLE)
        self.verdict("disabled", "off until the host's image is back")
        self.shows(DONE, control=DISABLE)
        for _ in range(2):
            data = image("new").build()
            self.vm.write(self.vm.image_addr, data)
            launchupdate.write(self.vm, IGVM, self.vm.image_addr, len(data))
            self.verdict("disabled", "off already")
            # Status 0 is no proof of success.
            self.shows(DONE, self.vm.image_addr, len(data), DISABLE)
            self.reset("ordinary", PERSISTS)
            self.runs("host")

    def test_with_image(self):
        """DISABLE and an image in one write: no reset loads the image"""
        self.start()
        data = image("new").build()
        self.vm.write(self.vm.image_addr, data)
        launchupdate.write(self.vm, IGVM | DISABLE, self.vm.image_addr,
                           len(data))
        self.shows(DONE, self.vm.image_addr, len(data), DISABLE)
        self.reset("ordinary", PERSISTS)
        self.runs("host")

    def test_after_image(self):
        """an image from before DISABLE still applies"""
        self.start()
        self.taken(image("new").build())
        launchupdate.write(self.vm, DISABLE)
        self.reset("update")
        self.runs("new")
        self.shows(DONE, control=DISABLE)

    def test_restored(self):
        """DISABLE ends when the host's image comes back"""
        self.start()
        launchupdate.restore(self.vm)
        launchupdate.write(self.vm, DISABLE)
        self.shows(DONE, control=DISABLE)
        self.reset("restore")
        self.shows(DONE)
        self.taken(image("new").build())

    def test_back_door(self):
        """HOST_IGVM as the last write before a reset: the reset after that ends DISABLE"""
        self.start()
        self.taken(image("new").build())
        launchupdate.write(self.vm, DISABLE)
        self.reset("update")
        launchupdate.write(self.vm, HOST_IGVM)
        self.verdict("disabled", "off already")
        self.reset("ordinary", PERSISTS)
        self.runs("new")
        self.reset("restore")
        self.runs("host")
        self.shows(DONE)


class Faults(Launch):
    def offered(self, fault):
        self.start(f"fault={fault}")
        data = image("new").build()
        self.vm.write(self.vm.image_addr, data)
        self.size = len(data)
        return launchupdate.offer(self.vm, self.vm.image_addr, len(data))

    def answers(self, fault, answer, control=0):
        registers = self.offered(fault)
        self.assertEqual(registers.answer(), answer(self), registers)
        self.assertEqual(registers.control, control)
        return registers

    def applies(self):
        self.reset("update")
        self.runs("new")

    def applies_not(self):
        self.reset("ordinary", PERSISTS)
        self.runs("host")

    def test_keep_addr(self):
        """keep-addr: status 0, and the address stays"""
        self.answers("keep-addr", lambda s: (DONE, s.vm.image_addr, 0))
        self.applies_not()

    def test_keep_size(self):
        """keep-size: status 0, and the size stays"""
        self.answers("keep-size", lambda s: (DONE, 0, s.size))
        self.applies_not()

    def test_lose_image(self):
        """lose-image: the file shows success, but the model loads nothing"""
        self.answers("lose-image", lambda s: (DONE, 0, 0))
        self.applies_not()

    def test_ignore_write(self):
        """ignore-write: the registers stay as the guest wrote them"""
        self.answers("ignore-write", lambda s: (DONE, s.vm.image_addr, s.size))
        self.applies_not()

    def test_refuse_image(self):
        """refuse-image: status 1 for each image"""
        self.answers("refuse-image",
                     lambda s: (NOT_LOADED, s.vm.image_addr, s.size))
        self.applies_not()

    def test_refuse_cleared(self):
        """refuse-cleared: status 1 with address and size 0"""
        self.answers("refuse-cleared", lambda s: (NOT_LOADED, 0, 0))
        self.applies_not()

    def test_odd_status(self):
        """odd-status: status 7, but the model loads the image"""
        self.answers("odd-status", lambda s: (7, 0, 0))
        self.applies()

    def test_odd_version(self):
        """odd-version: version 2"""
        self.assertEqual(self.offered("odd-version").version, 2)

    def test_no_igvm(self):
        """no-igvm: no capabilities, and status 1"""
        registers = self.answers(
            "no-igvm", lambda s: (NOT_LOADED, s.vm.image_addr, s.size))
        self.assertEqual(registers.capabilities, 0)
        self.applies_not()

    def test_show_disabled(self):
        """show-disabled: the file shows DISABLE, but the model loads the image"""
        self.answers("show-disabled", lambda s: (DONE, 0, 0), DISABLE)
        self.applies()

    def test_lose_opaque(self):
        """lose-opaque: the opaque registers read 0"""
        self.start("fault=lose-opaque")
        launchupdate.write(self.vm, 0, opaque=(1, 2))
        registers = self.read()
        self.assertEqual((registers.opaque_addr, registers.opaque_size),
                         (0, 0))

    def test_vanish(self):
        """vanish: the model loads the first image, and takes no other"""
        registers = self.answers("vanish", lambda s: (DONE, 0, 0))
        self.assertEqual(registers.capabilities, 0)
        self.refused("fault: no format is taken", self.vm.image_addr,
                     self.size)
        self.applies()

    def test_refuse_reset(self):
        """refuse-reset: the device takes the image, and QEMU ends at the reset"""
        self.answers("refuse-reset", lambda s: (DONE, 0, 0))
        self.ends("fault refuse-reset")

    def test_no_restore(self):
        """no-restore: the request changes nothing"""
        self.answers("no-restore", lambda s: (DONE, 0, 0))
        self.applies()
        launchupdate.restore(self.vm)
        self.reset("ordinary", PERSISTS)
        self.runs("new")

    def test_no_disable(self):
        """no-disable: the file does not show DISABLE, and the model takes images"""
        self.start("fault=no-disable")
        launchupdate.write(self.vm, DISABLE)
        self.verdict("ignored", "fault no-disable")
        self.shows(DONE)
        self.taken(image("new").build())

    def test_no_interface(self):
        """no-interface: no file, but the machine runs the host's image"""
        self.start("fault=no-interface")
        self.assertNotIn(launchupdate.FILE, self.vm.files())
        self.runs("host")
        self.reset("ordinary", PERSISTS)
        self.runs("host")


@unittest.skipIf(qemu.DEVICE, "only the model has several interfaces")
class Several(unittest.TestCase):
    def test_files(self):
        """all three interfaces at once have their files"""
        with qemu.Machine(plugin=["revision=vmlaunchupdate+igvm+v6"]) as vm:
            names = {name for name in vm.files() if name.startswith("etc/vm")}
            self.assertIn(launchupdate.FILE, names)
            self.assertIn(qemu.FILE, names)
            self.assertIn(qemu.FILE + "/fw-blob", names)

    def test_draft_stays(self):
        """an image that a draft loads stays until this interface gets one"""
        with tempfile.NamedTemporaryFile() as host:
            host.write(image("host").build())
            host.flush()
            with qemu.Machine(plugin=["revision=vmlaunchupdate+igvm",
                                      f"host-igvm={host.name}"]) as vm:
                vm.hand_over(image("draft").build())
                self.assertEqual(vm.reset()[-1]["kind"], "update")
                self.assertEqual(vm.read(MARK, 5), b"draft")
                vm.reset()
                self.assertEqual(vm.read(MARK, 5), b"draft")
                launchupdate.hand_over(vm, image("new").build())
                vm.reset()
                self.assertEqual(vm.read(MARK, 4), b"new\0")


if __name__ == "__main__":
    unittest.main()
