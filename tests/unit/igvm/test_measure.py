#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Launch digests: `vmfwupdate-ctl measure` against a second computation.

Copyright (C) 2026 The vmfwupdate authors
"""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TOP / "tests/lib"))

# pylint: disable=wrong-import-position
import igvmgen          # noqa: E402
import igvmmeasure      # noqa: E402

CTL = os.environ.get("CTL", str(TOP / "build/userspace/vmfwupdate-ctl"))
SIGNATURE = 0xA00F11
EXIT_VERIFY = 9


class Measure(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "image.igvm"

    def run_ctl(self, data, *arguments, status=0):
        self.path.write_bytes(data)
        run = subprocess.run([CTL, "measure", str(self.path), *arguments],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=60, check=False)
        self.assertEqual(run.returncode, status, run.stderr.decode())
        return run.stdout.decode()

    def agree(self, data, platform, vmm, *arguments, **machine):
        self.assertEqual(
            self.run_ctl(data, f"--for={platform}", f"--vmm={vmm}",
                         *arguments),
            igvmmeasure.measure(data, platform, vmm, **machine) + "\n")

    def test_everything_that_is_told_apart(self):
        data = igvmgen.sample_measured(large=True).build()
        for platform in igvmmeasure.PLATFORMS:
            for vmm in ("qemu", "generic"):
                with self.subTest(f"{platform} {vmm}"):
                    self.agree(data, platform, vmm)

    def test_conventions_differ_for_snp_alone(self):
        data = igvmgen.sample_measured().build()
        for platform in igvmmeasure.PLATFORMS:
            with self.subTest(platform):
                digests = {self.run_ctl(data, f"--for={platform}",
                                        f"--vmm={vmm}")
                           for vmm in ("qemu", "generic")}
                # The context of SEV-ES comes before the pages in the file.
                self.assertEqual(len(digests), 1 + (platform in
                                                    ("snp", "sev-es")))

    def test_samples(self):
        for name in ("snp", "both"):
            data = igvmgen.SAMPLES[name]().build()
            for vmm in ("qemu", "generic"):
                with self.subTest(f"{name} {vmm}"):
                    self.agree(data, "snp", vmm)

    def test_processors_that_the_file_does_not_have(self):
        data = igvmgen.sample_measured().build()
        for platform in ("snp", "sev-es"):
            for vcpus in (1, 2, 5):
                with self.subTest(f"{platform} {vcpus}"):
                    self.agree(data, platform, "qemu", f"--vcpus={vcpus}",
                               f"--cpu-signature={SIGNATURE:#x}",
                               vcpus=vcpus, signature=SIGNATURE)

    def test_no_context_at_all(self):
        for platform in ("snp", "sev-es"):
            image = igvmgen.Image()
            image.platform(platform_type=igvmmeasure.PLATFORMS[platform])
            image.page_data(0x1000, b"page")
            data = image.build()
            with self.subTest(platform):
                self.agree(data, platform, "qemu")
                self.agree(data, platform, "qemu", "--vcpus=2",
                           f"--cpu-signature={SIGNATURE}", vcpus=2,
                           signature=SIGNATURE)

    def test_registers_that_do_not_count(self):
        image = igvmgen.Image(version=2)
        image.platform(platform_type=igvmgen.SEV)
        image.page_data(0x1000, b"page")
        digest = igvmmeasure.measure(image.build(), "sev")
        image.vp_context(b"\x01".ljust(igvmgen.PAGE, b"\0"))
        self.assertEqual(self.run_ctl(image.build()), digest + "\n")

    def test_a_trace_ends_in_the_digest(self):
        data = igvmgen.sample_measured().build()
        told = json.loads(self.run_ctl(data, "--for=snp", "--trace",
                                       "--json"))
        self.assertEqual(told["steps"][-1]["digest"], told["digest"])
        self.assertEqual(
            [step["gpa"] for step in told["steps"]
             if step["kind"] == "unmeasured"],
            ["0x11000", "0x12000", "0x20000", "0x21000"])
        self.assertEqual([step["header"] for step in told["steps"]
                          if step["kind"] == "vmsa"], [7, 6])

    def signed(self, vmm="qemu", **keys):
        image = igvmgen.sample_snp()
        digest = igvmmeasure.measure(image.build(), "snp", vmm)
        image.id_block(bytes.fromhex(digest), **keys)
        return image, digest

    def test_an_id_block_that_allows_the_digest(self):
        for keys in ({}, {"author": 7}):
            with self.subTest(str(keys)):
                image, digest = self.signed(**keys)
                self.assertEqual(self.run_ctl(image.build()), digest + "\n")

    def test_an_id_block_of_the_other_convention(self):
        image, digest = self.signed("generic")
        told = json.loads(self.run_ctl(image.build(), "--json",
                                       status=EXIT_VERIFY))
        self.assertEqual(told["id_block"]["expected"], digest)
        self.assertFalse(told["id_block"]["allowed"])
        self.assertTrue(told["id_block"]["id_signature"])
        self.assertIn("--vmm=generic", told["messages"][-1]["text"])
        self.run_ctl(image.build(), "--vmm=generic")

    def measured_vbs(self, digest, algorithm=1):
        image = igvmgen.sample_measured()
        image.header(igvmgen.VBS_MEASUREMENT, struct.pack(
            "<8I64s", 1 << 4, 1, 0, 0, 0, 0, algorithm, 1,
            digest).ljust(864, b"\0"))
        return image.build()

    def test_a_vbs_measurement(self):
        digest = igvmmeasure.measure(igvmgen.sample_measured().build(), "vbs")
        data = self.measured_vbs(bytes.fromhex(digest))
        self.assertEqual(self.run_ctl(data, "--for=vbs"), digest + "\n")
        told = json.loads(self.run_ctl(data, "--for=vbs", "--json"))
        self.assertTrue(told["vbs_measurement"]["same"])
        # It says nothing of other platforms.
        wrong = self.measured_vbs(bytes(32))
        self.run_ctl(wrong, "--for=snp")
        for data in (wrong, self.measured_vbs(bytes.fromhex(digest), 2)):
            told = json.loads(self.run_ctl(data, "--for=vbs", "--json",
                                           status=EXIT_VERIFY))
            self.assertEqual(told["digest"], digest)
            self.assertFalse(told["vbs_measurement"]["same"])
            self.assertIn("VBS measurement", told["messages"][-1]["text"])

    def test_signatures_that_are_wrong(self):
        # A byte of the block, of a signature, of a key, of the policy.
        for at in (56, 104, 248 + 8, 400, 544 + 8, 248, 248 + 8 + 60):
            image, _ = self.signed(author=7)
            block = image.headers[-1]
            raw = bytearray(block.raw)
            raw[at] ^= 1
            block.raw = bytes(raw)
            with self.subTest(at):
                self.run_ctl(image.build(), status=EXIT_VERIFY)
        image, _ = self.signed(policy=0x20000)
        self.run_ctl(image.build(), status=EXIT_VERIFY)


if __name__ == "__main__":
    unittest.main()
