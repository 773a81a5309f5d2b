#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Launch digests of flat firmware, against a second computation; and that one
against digests that others have published.

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest
import uuid

TOP = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(TOP / "tests/lib"))

import ovmf     # noqa: E402  pylint: disable=wrong-import-position

CTL = os.environ.get("CTL", str(TOP / "build/userspace/vmfwupdate-ctl"))
# Family, model, stepping of QEMU's EPYC-v4.
SIGNATURE = 0x800F12
EXIT_USAGE = 2
EXIT_IMAGE = 4

# What the tests of sev-snp-measure (github.com/virtee) say of a firmware that
# is not here: its digest before the sections, which are these. That was with
# KVM before Linux 6.10.
FIRMWARE = bytes.fromhex(
    "edcf6d1c57ce868a167c990f58c8667c698269ef9e0803246419eea914186343"
    "054d557e1f17acd93b032c106bc70d25")
SECTIONS = ((0x800000, 0x9000, 1), (0x80A000, 0x3000, 1),
            (0x80D000, 0x1000, 2), (0x80E000, 0x1000, 3),
            (0x80F000, 0x1000, 0x10), (0x810000, 0x10000, 1))
AP_RESET = 0x80B004
NO_KERNEL = ("e5e6be5a8fa6256f0245666bb237e2d028b7928148ce78d5"
             "1b8a64dc9506c377709a5b5d7ab75554593bced304fcff93")
EMPTY_KERNEL_4_VCPUS = (
    "1c784beb8c49aa604b7fd57fbc73b36ec53a3f5fb48a2b89"
    "5ad6cc2ea15d18ee7cc15e3e57c792766b45f944c3e81cfe")


def empty_hashes(offset=0xC00):
    """The page of hashes of a kernel, initrd and command line of no bytes."""
    table = b""
    for guid, content in (
            ("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", b"\0"),
            ("44baf731-3a2f-4bd7-9af1-41e29169781d", b""),
            ("4de79437-abd2-427f-b835-d5b172d2045b", b"")):
        table += uuid.UUID(guid).bytes_le + struct.pack("<H", 50)
        table += hashlib.sha256(content).digest()
    table = (uuid.UUID("9438d606-4f22-4cc9-b479-a793d411fd21").bytes_le +
             struct.pack("<H", 18 + len(table)) + table)
    return (bytes(offset) + table).ljust(ovmf.PAGE, b"\0")


class Rom(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "rom.fd"

    def run_ctl(self, rom, *arguments, status=0):
        self.path.write_bytes(rom)
        run = subprocess.run([CTL, "measure", str(self.path), *arguments],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=120, check=False)
        self.assertEqual(run.returncode, status, run.stderr.decode())
        return run.stdout.decode() or run.stderr.decode()

    def agree(self, rom, platform, vcpus=1):
        self.assertEqual(
            self.run_ctl(rom, f"--for={platform}", f"--vcpus={vcpus}",
                         f"--cpu-signature={SIGNATURE}"),
            ovmf.measure(rom, platform, vcpus, SIGNATURE) + "\n")

    def refused(self, rom, platform, *words):
        said = self.run_ctl(rom, f"--for={platform}",
                            f"--cpu-signature={SIGNATURE}",
                            status=EXIT_IMAGE)
        for word in words:
            self.assertIn(word, said)

    def test_published_digests(self):
        for hashes, vcpus, digest in (
                (None, 1, NO_KERNEL),
                (empty_hashes(), 4, EMPTY_KERNEL_4_VCPUS)):
            launch = ovmf.Snp(FIRMWARE)
            launch.sections(SECTIONS, hashes)
            launch.processors(AP_RESET, vcpus, SIGNATURE, fpu=False)
            self.assertEqual(launch.digest.hex(), digest)

    def test_every_platform(self):
        rom = ovmf.make()
        for platform in ovmf.MEASURES:
            for vcpus in (1, 2, 5):
                with self.subTest(f"{platform} {vcpus}"):
                    self.agree(rom, platform, vcpus)

    def test_firmware_of_the_distribution(self):
        found = [path for path in (pathlib.Path("/usr/share/ovmf/OVMF.fd"),
                                   pathlib.Path("/usr/share/OVMF/OVMF_CODE.fd"))
                 if path.is_file()]
        if not found:
            self.skipTest("no OVMF; apt-get install ovmf")
        for path in found:
            rom = path.read_bytes()
            table = ovmf.table_of(rom)
            platforms = {"snp": ovmf.SEV, "sev-es": ovmf.RESET,
                         "sev": ovmf.RESET, "tdx": ovmf.TDX}
            for platform, guid in platforms.items():
                with self.subTest(f"{path} {platform}"):
                    if guid not in table:
                        self.refused(rom, platform, "not made for")
                    elif platform == "tdx" and "CODE" in path.name:
                        # TDX loads the variable store, too.
                        self.refused(rom, platform, "behind the firmware's")
                    else:
                        self.agree(rom, platform, 3)

    def test_json_tells_what_was_assumed(self):
        rom = ovmf.make()
        told = json.loads(self.run_ctl(
            rom, "--for=snp", "--json", "--trace", "--vcpus=2",
            f"--cpu-signature={SIGNATURE}"))
        self.assertEqual(told["format"], "flat")
        self.assertEqual(told["vcpus"], 2)
        self.assertEqual(told["cpu_signature"], "0x800f12")
        self.assertEqual(told["other_processors_start_at"], "0x80b004")
        self.assertEqual(told["steps"][-1]["digest"], told["digest"])
        self.assertEqual([step["kind"] for step in told["steps"][-2:]],
                         ["vmsa", "vmsa"])
        self.assertEqual(told["steps"][0]["gpa"], hex((1 << 32) - len(rom)))
        told = json.loads(self.run_ctl(rom, "--for=tdx", "--json"))
        self.assertNotIn("vcpus", told)

    def test_what_the_command_line_must_say(self):
        rom = ovmf.make()
        for arguments, word in (
                ((), "--for"), (("--for=native",), "nothing is measured"),
                (("--for=snp",), "--cpu-signature"),
                (("--for=sev-es",), "--cpu-signature"),
                (("--for=tdx", "--vmm=generic"), "--vmm=qemu")):
            with self.subTest(arguments):
                self.assertIn(word, self.run_ctl(rom, *arguments,
                                                 status=EXIT_USAGE))

    def test_firmware_that_tells_nothing(self):
        plain = ovmf.make(reset=None, sev=None, tdx=())
        for platform in set(ovmf.MEASURES) - {"sev"}:
            with self.subTest(platform):
                self.refused(plain, platform, f"not made for {platform}")
        # Plain SEV encrypts it, whatever it is.
        self.assertEqual(self.run_ctl(plain, "--for=sev"),
                         hashlib.sha256(plain).hexdigest() + "\n")
        self.refused(ovmf.make(), "vbs", "no flat firmware")
        # SEV-SNP wants to know where other processors start, too.
        self.refused(ovmf.make(reset=None), "snp", "not made for snp")

    def test_firmware_that_cannot_be(self):
        self.refused(ovmf.make(sev=((0x800000, 0x1000, 9),)), "snp",
                     "no such type", "0x9")
        self.refused(ovmf.make(tdx=((0, 0, 0x800000, 0x1000, 4, 0),)), "tdx",
                     "no such type", "0x4")


if __name__ == "__main__":
    unittest.main()
