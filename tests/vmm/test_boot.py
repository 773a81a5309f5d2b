# SPDX-License-Identifier: GPL-2.0-or-later
"""Real firmware that runs: after an update the new firmware starts.

Without a disk the machine runs only firmware, which writes to a serial port (OVMF)
or to its debug port (SeaBIOS). The tests still play the guest that hands the image
over.

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import struct
import tempfile
import time
import unittest

import igvmgen
import qemu

# The text that each firmware writes when it finds nothing to boot.
SIGN = {"ovmf": ("serial", b"BdsDxe"), "seabios": ("debug", b"No bootable")}


class Boot(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def start(self, machine, firmware, plugin):
        bios = self.directory / "bios"
        bios.write_bytes(firmware)
        vm = qemu.Machine(machine=machine, running=True, plugin=plugin, options=[
            "-bios", str(bios), "-serial", f"file:{self.directory}/serial",
            "-chardev", f"file,id=debug,path={self.directory}/debug",
            "-device", "isa-debugcon,iobase=0x402,chardev=debug"])
        self.addCleanup(vm.end)
        return vm

    def starts(self, name, since=(0, 0)):
        """Wait for the firmware's text. Return the sizes of both outputs after it."""
        channel, sign = SIGN[name]
        paths = [self.directory / each for each in ("serial", "debug")]
        skip = since[("serial", "debug").index(channel)]
        deadline = time.monotonic() + qemu.PATIENCE
        while sign not in (self.directory / channel).read_bytes()[skip:]:
            if time.monotonic() > deadline:
                self.fail(f"{name} does not start")
            time.sleep(0.05)
        return [path.stat().st_size for path in paths]

    def hand_over_igvm(self, vm, firmware):
        vm.hand_over(igvmgen.wrap(firmware).build())

    def hand_over_flat(self, vm, firmware):
        vm.write(vm.image_addr, firmware)
        vm.write_file(struct.pack("<2Q", len(firmware), vm.image_addr),
                      file=qemu.FILE + "/fw-blob")

    def cycle(self, machine, before, after, plugin=(), hand_over=None):
        firmware = {"ovmf": qemu.ovmf(), "seabios": qemu.seabios()}
        vm = self.start(machine, firmware[before], plugin)
        seen = self.starts(before)
        (hand_over or self.hand_over_igvm)(vm, firmware[after])
        vm.reset()
        seen = self.starts(after, seen)
        vm.reset()
        self.starts(after, seen)
        kinds = [e["kind"] for e in vm.log() if e.name == "reset"]
        self.assertEqual(kinds[0], "update")
        # A firmware may reset the machine once or twice while it starts.
        self.assertEqual(set(kinds[1:]), {"ordinary"})

    def test_q35(self):
        """q35: from SeaBIOS to OVMF, which stays"""
        self.cycle("q35", "seabios", "ovmf")

    def test_pc(self):
        """pc: from SeaBIOS to OVMF, which stays"""
        self.cycle("pc", "seabios", "ovmf")

    def test_back(self):
        """q35: from OVMF to SeaBIOS, which stays"""
        self.cycle("q35", "ovmf", "seabios")

    def test_pam(self):
        """q35 with pam=reset: from SeaBIOS to OVMF, which stays"""
        self.cycle("q35", "seabios", "ovmf", ["pam=reset"])

    def test_v6(self):
        """q35, a flat image: from SeaBIOS to OVMF, which stays"""
        self.cycle("q35", "seabios", "ovmf", ["revision=v6", "bios-resize=on"],
                   self.hand_over_flat)

    def test_v6_back(self):
        """q35, a flat image: from OVMF to SeaBIOS, which stays"""
        self.cycle("q35", "ovmf", "seabios", ["revision=v6"],
                   self.hand_over_flat)


if __name__ == "__main__":
    unittest.main()
