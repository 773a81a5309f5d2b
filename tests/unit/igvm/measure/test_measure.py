#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Launch digests: `vmfwupdate-ctl measure` against a second computation.

Copyright (C) 2026 The vmfwupdate authors
"""

import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(TOP / "tests/lib/images"))

# pylint: disable=wrong-import-position
import igvmgen          # noqa: E402
import igvmmeasure      # noqa: E402

CTL = os.environ.get("CTL", str(TOP / "build/userspace/vmfwupdate-ctl"))
SIGNATURE = 0xA00F11
VMMS = ("qemu", "generic", "native-zero")
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

    def test_all_kinds_of_steps(self):
        data = igvmgen.sample_measured(large=True).build()
        for platform in igvmmeasure.PLATFORMS:
            for vmm in VMMS:
                with self.subTest(f"{platform} {vmm}"):
                    self.agree(data, platform, vmm)

    def test_an_image_large_enough_for_a_second_thread(self):
        image = igvmgen.Image()
        image.platform(platform_type=igvmgen.SEV_SNP)
        image.guest_policy()
        for number in range(400):
            # The measurement leaves out the bytes of every seventh page.
            flags = igvmgen.FLAG_UNMEASURED if number % 7 == 0 else 0
            image.page_data(number * igvmgen.PAGE,
                            number.to_bytes(4, "little") * 1024, flags=flags)
        data = image.build()
        for vmm in VMMS:
            with self.subTest(vmm):
                self.agree(data, "snp", vmm)
        # Repeat this on one processor.
        two = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(two)})
        self.addCleanup(os.sched_setaffinity, 0, two)
        self.agree(data, "snp", "qemu")

    def test_conventions_differ_where_there_is_sev(self):
        data = igvmgen.sample_measured().build()
        for platform in igvmmeasure.PLATFORMS:
            with self.subTest(platform):
                digests = {self.run_ctl(data, f"--for={platform}",
                                        f"--vmm={vmm}")
                           for vmm in VMMS}
                # In the file, the context of SEV-ES comes before the pages.
                # QEMU loads a shared page as a private one.
                self.assertEqual(len(digests),
                                 {"snp": 3, "sev-es": 3, "sev": 2}.get(
                                     platform, 1))

    def test_samples(self):
        for name in ("snp", "both"):
            data = igvmgen.SAMPLES[name]().build()
            for vmm in VMMS:
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

    def test_contexts_in_another_order_than_processors(self):
        image = igvmgen.Image()
        image.platform(platform_type=igvmgen.SEV_SNP)
        for index in (2, 0, 1):
            image.vp_context(bytes([index]) * igvmgen.PAGE, vp_index=index,
                             gpa=igvmmeasure.KVM_VMSA_GPA)
        image.page_data(0x1000, b"page")
        for vmm in VMMS:
            with self.subTest(vmm):
                self.agree(image.build(), "snp", vmm)

    def test_contexts_that_skip_processors(self):
        """QEMU adds contexts to processors below --vcpus that have none."""
        for indices in ((0, 2), (0, 3), (0, 1, 4)):
            image = igvmgen.Image()
            image.platform(platform_type=igvmgen.SEV_SNP)
            for index in indices:
                image.vp_context(bytes([index + 1]) * igvmgen.PAGE, vp_index=index,
                                 gpa=igvmmeasure.KVM_VMSA_GPA)
            image.page_data(0x1000, b"page")
            for vcpus in range(1, 7):
                with self.subTest(f"{indices} {vcpus}"):
                    self.agree(image.build(), "snp", "qemu", f"--vcpus={vcpus}",
                               f"--cpu-signature={SIGNATURE:#x}",
                               vcpus=vcpus, signature=SIGNATURE)

    def test_a_context_of_the_second_processor_alone(self):
        """The others have the features of a reset, not those of the second."""
        image = igvmgen.Image()
        image.platform(platform_type=igvmgen.SEV_SNP)
        image.vp_context(b"\x02" * igvmgen.PAGE, vp_index=1,
                         gpa=igvmmeasure.KVM_VMSA_GPA)
        image.page_data(0x1000, b"page")
        for vcpus in (1, 2, 3):
            with self.subTest(vcpus):
                self.agree(image.build(), "snp", "qemu", f"--vcpus={vcpus}",
                           f"--cpu-signature={SIGNATURE:#x}", vcpus=vcpus,
                           signature=SIGNATURE)

    def directives(self, pick):
        """An image of random pages, inserts, and headers for other platforms."""
        image = igvmgen.Image()
        for bit, platform in enumerate((igvmgen.SEV_SNP, igvmgen.SEV,
                                        igvmgen.SEV_ES, igvmgen.TDX)):
            image.platform(1 << bit, platform)
        image.guest_policy()
        gpa, alike = 0, {}
        for number in range(pick.randrange(4, 40)):
            what = pick.random()
            if what < 0.6:
                if pick.random() < 0.4:
                    alike = {
                        "mask": pick.choice((1, 3, 5, 7, 15, 8)),
                        "flags": pick.choice((0, 0, 0, 2, 4)) |
                        (pick.random() < 0.1),
                    }
                    if pick.random() < 0.2:
                        alike.update(mask=1, data_type=pick.choice((1, 2, 3)),
                                     flags=0)
                if pick.random() < 0.15 or alike.get("flags", 0) & 1:
                    gpa = (gpa | 0x1FFFFF) + 1
                data = bytes([number + 1]) * 4096
                image.page_data(gpa, pick.choice((data, None)), **alike)
                gpa += 0x200000 if alike.get("flags", 0) & 1 else 0x1000
            elif what < 0.8:
                size = 0x1000 * pick.randrange(1, 4)
                image.parameter_area(number, size)
                if pick.random() < 0.5:
                    image.parameter(igvmgen.MEMORY_MAP, number)
                image.parameter_insert(1 << 40 | number << 16, number,
                                       mask=pick.choice((1, 6, 15, 8)))
            elif what < 0.9:
                image.required_memory(1 << 41, 0x1000)
            else:
                image.page_data(1 << 42 | number << 12, b"last",
                                mask=pick.choice((1, 8)))
        for index in range(pick.randrange(3)):
            image.vp_context(bytes([index]) * 4096, vp_index=index,
                             gpa=igvmmeasure.KVM_VMSA_GPA)
        image.page_data(1 << 43, mask=15)
        return image.build()

    def test_orders_of_directives(self):
        for seed in range(120):
            data = self.directives(random.Random(seed))
            for platform, vmm in (("snp", "qemu"), ("snp", "native-zero"),
                                  ("sev", "qemu"), ("sev-es", "qemu")):
                with self.subTest(f"{seed} {platform} {vmm}"):
                    self.agree(data, platform, vmm)

    def test_an_insert_overtakes_pages(self):
        """The expected order is that of QEMU's queue, written by hand."""
        image = igvmgen.Image()
        image.platform(platform_type=igvmgen.SEV_SNP)
        image.parameter_area(0, 4096)
        image.parameter_area(1, 4096)
        image.page_data(0x1000, b"a")
        image.page_data(0x2000, b"b")
        image.parameter_insert(0x10000, 0)
        image.page_data(0x3000, b"c")
        image.page_data(0x4000)
        image.parameter_insert(0x11000, 1)
        told = json.loads(self.run_ctl(image.build(), "--for=snp", "--trace",
                                       "--json"))
        self.assertEqual([(step["gpa"], step["kind"])
                          for step in told["steps"]],
                         [("0x10000", "unmeasured"), ("0x1000", "normal"),
                          ("0x2000", "normal"), ("0x3000", "normal"),
                          ("0x11000", "unmeasured"), ("0x4000", "normal")])

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
                          if step["kind"] == "vmsa"], [6, 7])

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
        image, digest = self.signed("native-zero")
        told = json.loads(self.run_ctl(image.build(), "--json",
                                       status=EXIT_VERIFY))
        self.assertEqual(told["id_block"]["expected"], digest)
        self.assertFalse(told["id_block"]["allowed"])
        self.assertTrue(told["id_block"]["id_signature"])
        self.assertIn("--vmm=native-zero", told["messages"][-1]["text"])
        self.run_ctl(image.build(), "--vmm=native-zero")

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
        # For another platform, the VBS measurement does not matter.
        wrong = self.measured_vbs(bytes(32))
        self.run_ctl(wrong, "--for=snp")
        for data in (wrong, self.measured_vbs(bytes.fromhex(digest), 2)):
            told = json.loads(self.run_ctl(data, "--for=vbs", "--json",
                                           status=EXIT_VERIFY))
            self.assertEqual(told["digest"], digest)
            self.assertFalse(told["vbs_measurement"]["same"])
            self.assertEqual(len(told["messages"]), 1)
            self.assertIn("algorithm 2; expected 1 (SHA-256)"
                          if told["vbs_measurement"]["algorithm"] == 2 else
                          "has another digest: " + "0" * 64,
                          told["messages"][0]["text"])

    def judge_block(self, image):
        """Return the errors, and the verdicts on the ID block in JSON."""
        told = json.loads(self.run_ctl(image.build(), "--json",
                                       status=EXIT_VERIFY))
        block = told["id_block"]
        return ([message["text"].split(": ", 1)[1] for message in told["messages"]],
                (block["allowed"], block["id_signature"],
                 block.get("author_signature")))

    def test_signatures_that_are_wrong(self):
        errors = {
            "id": "the signature of the ID block (header 37) does not match its ID key",
            "author": "the signature of the ID key (header 37) does not match the "
                      "author key",
        }
        # Change a byte of the block, of a signature, or of a key.
        for at, wrong in ((56, {"id"}), (104, {"id"}), (248 + 8, {"id", "author"}),
                          (400, {"author"}), (544 + 8, {"author"}),
                          (248, {"id", "author"}), (248 + 8 + 60, {"id", "author"})):
            image, _ = self.signed(author=7)
            block = image.headers[-1]
            raw = bytearray(block.raw)
            raw[at] ^= 1
            block.raw = bytes(raw)
            with self.subTest(at):
                self.assertEqual(self.judge_block(image), (
                    [errors[key] for key in errors if key in wrong],
                    (True, "id" not in wrong, "author" not in wrong)))
        image, _ = self.signed(policy=0x20000)
        self.assertEqual(self.judge_block(image),
                         ([errors["id"]], (True, False, None)))

    def test_an_id_block_that_no_vmm_matches(self):
        image = igvmgen.sample_snp()
        image.id_block(bytes(range(48)))
        self.assertEqual(self.judge_block(image), (
            ["the ID block (header 37) allows another digest: " +
             bytes(range(48)).hex()], (False, True, None)))


if __name__ == "__main__":
    unittest.main()
