# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that acts at random: QEMU survives, and the file shows accepted values.

The seed is fixed, so that a failure is reproducible. VMM_SEED chooses another seed.
VMM_ROUNDS multiplies the number of rounds.

Copyright (C) 2026 The vmfwupdate authors
"""

import os
import random
import struct
import unittest
import zlib

import igvmgen
import qemu

SEED = int(os.environ.get("VMM_SEED", "1"))
ROUNDS = int(os.environ.get("VMM_ROUNDS", "1"))


class Transfers(unittest.TestCase):
    """Random fw_cfg transfers, many without a select before them."""

    def setUp(self):
        self.random = random.Random(SEED)
        self.vm = qemu.Machine()
        self.addCleanup(self.vm.end)

    def value(self):
        vm = self.vm
        return self.random.choice((
            0, 1, 2, 1 << 32, 1 << 32 | 1, 0x1000, vm.image_addr,
            vm.image_addr + 1, 0x20000000, 0xC0000000, (1 << 64) - 1,
            (1 << 64) - 4096, self.random.getrandbits(64)))

    def transfer(self, selector):
        pick = self.random.choice
        control = pick((qemu.DMA_READ, qemu.DMA_WRITE, qemu.DMA_SKIP,
                        qemu.DMA_WRITE, self.random.getrandbits(5)))
        if self.random.random() < 0.6:
            control |= selector << 16 | qemu.DMA_SELECT
        self.vm.write(self.vm.buffer, struct.pack(
            "<4Q", *(self.value() for _ in range(4))))
        address = pick((self.vm.buffer,) * 5 + (0, 0xC0000000, 0x1ffffff0,
                                                0xfee00000, self.value()))
        length = pick((32, 24, 16, 8, 4, 1, 0, 33, 0xffffffff,
                       self.random.randrange(64)))
        if control & qemu.DMA_READ and length > 64:
            length = 64     # limit the guest memory that a read overwrites
        self.vm.dma(control, length, address)

    def check(self, selector):
        """Expect the values of the last write in the log, or zeroes after a reset."""
        vm = self.vm
        writes = [e for e in vm.log() if e.name in ("write", "reset")]
        expected = (0, 0, 0)
        if writes and writes[-1].name == "write":
            expected = tuple(writes[-1][f"shown-{name}"]
                             for name in ("control", "addr", "size"))
        vm.dma(selector << 16 | qemu.DMA_SELECT | qemu.DMA_READ, 32,
               vm.buffer)
        self.assertEqual(struct.unpack("<4Q", vm.read(vm.buffer, 32)),
                         (qemu.CAPABILITY_IGVM, *expected))

    def test_transfers(self):
        """random transfers and resets"""
        selector = self.vm.selector()
        for number in range(600 * ROUNDS):
            self.transfer(selector)
            if number % 10 == 0:
                self.check(selector)
            if number % 60 == 0:
                self.vm.reset()
                self.check(selector)
        verdicts = {e["verdict"] for e in self.vm.log() if e.name == "write"}
        self.assertLessEqual({"cleared", "disabled", "refused"}, verdicts)
        self.assertEqual(self.vm.end(), 0)


class Images(unittest.TestCase):
    """Sound images with a few random changes and a correct checksum."""

    def seeds(self):
        for name, sample in igvmgen.SAMPLES.items():
            if name not in ("aarch64", "large-page"):
                yield bytearray(sample().build())

    def change(self, rand, file):
        headers = struct.unpack_from("<I", file, 12)[0] + 32
        for _ in range(rand.choice((1, 1, 2, 4))):
            at = rand.randrange(len(file) if rand.random() < .1 else headers)
            if rand.random() < .5:
                file[at] = rand.getrandbits(8)
            else:
                at = at & ~3
                struct.pack_into("<I", file, at, rand.choice(
                    (0, 1, 0x302, 0x305, 4096, 0xffffffff, 0x80000000,
                     len(file), rand.getrandbits(32))))
        if rand.random() < .2:
            del file[rand.randrange(len(file)):]
        fix(file)

    def test_images(self):
        """random changes: the model loads or refuses each image, and QEMU goes on"""
        rand = random.Random(SEED)
        seeds = list(self.seeds())
        with qemu.Machine() as vm:
            outcomes = set()
            for _ in range(300 * ROUNDS):
                file = bytearray(rand.choice(seeds))
                self.change(rand, file)
                if not file:
                    continue
                vm.hand_over(bytes(file))
                names = [e.name for e in vm.reset()
                         if e.name not in ("parameters", "context")]
                self.assertIn(names, (["image", "loaded", "reset"],
                                      ["image", "refused", "reset"]))
                outcomes.add(names[1])
            self.assertEqual(outcomes, {"loaded", "refused"})
            self.assertEqual(vm.end(), 0)


def fix(file):
    """Set the correct size and checksum, if the file is long enough."""
    if len(file) < 32:
        return
    version, start, size = struct.unpack_from("<3I", file, 4)
    struct.pack_into("<II", file, 16, len(file), 0)
    fixed = bytes(file[:32 if version == 2 else 24])
    checksum = zlib.crc32(file[start:start + size], zlib.crc32(fixed))
    struct.pack_into("<I", file, 20, checksum)


if __name__ == "__main__":
    unittest.main()
