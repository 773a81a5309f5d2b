#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files and verdicts of independent IGVM implementations.

SHARED_DATA names their directory. Without it, they are beside the checkout, in
../shared/data/igvm. The tests run `vmfwupdate-ctl check --json` and `measure`.

Copyright (C) 2026 The vmfwupdate authors
"""

import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TOP / "tests/lib/images"))

# pylint: disable=wrong-import-position
import igvmmeasure      # noqa: E402

DATA = pathlib.Path(os.environ.get("SHARED_DATA",
                                   TOP.parent / "shared/data/igvm"))
CTL = os.environ.get("CTL", str(TOP / "build/userspace/vmfwupdate-ctl"))

# The tool's words for the platforms that the IGVM format defines.
WORDS = {"NATIVE": "native", "VSM_ISOLATION": "vbs", "SEV_SNP": "snp",
         "TDX": "tdx", "SEV": "sev", "SEV_ES": "sev-es", "CCA": "cca"}

EXIT_SOUND = 0
EXIT_IMAGE = 4


def check(path, *arguments):
    """The exit status and the JSON of check for a file."""
    run = subprocess.run([CTL, "check", "--json", str(path), *arguments],
                         stdout=subprocess.PIPE, timeout=60, check=False)
    return run.returncode, json.loads(run.stdout)


def measure(path, platform, vmm):
    """The launch digest, or the error.

    If an ID block allows another digest, measure still prints that of this VMM.
    """
    run = subprocess.run([CTL, "measure", f"--for={platform}",
                          f"--vmm={vmm}", str(path)],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=60, check=False)
    return (run.stdout or run.stderr).decode().strip()


def findings(report):
    return "\n".join(f["text"] for f in report["findings"])


@unittest.skipUnless((DATA / "expected.json").is_file(),
                     f"no test data of other implementations at {DATA}; "
                     "SHARED_DATA names another place")
class SharedData(unittest.TestCase):
    WARNINGS = {"pad-nonzero-vpctx"}

    @classmethod
    def setUpClass(cls):
        with open(DATA / "expected.json", encoding="utf-8") as file:
            cls.expected = json.load(file)
        cls.directory = tempfile.TemporaryDirectory()
        cls.malformed = pathlib.Path(cls.directory.name)
        with tarfile.open(DATA / "malformed.tar.gz") as archive:
            for member in archive.getmembers():
                if not member.isfile():
                    continue
                content = archive.extractfile(member).read()
                (cls.malformed / pathlib.Path(member.name).name).write_bytes(
                    content)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_valid_files_are_sound(self):
        for name in self.expected["valid"]:
            with self.subTest(name):
                status, report = check(DATA / "valid" / f"{name}.igvm")
                self.assertEqual(status, EXIT_SOUND, findings(report))
                self.assertEqual(report["errors"], 0)

    def test_facts_about_valid_files(self):
        for name, expected in self.expected["valid"].items():
            with self.subTest(name):
                _, report = check(DATA / "valid" / f"{name}.igvm")
                self.assertEqual(report["format_version"],
                                 expected["fixed_header"]["format_version"])
                self.assertEqual(report["header_count"],
                                 sum(expected["header_counts"].values()))
                self.assertEqual(
                    [(p["platform"], p["compatibility_mask"],
                      p["highest_vtl"], p["shared_gpa_boundary"])
                     for p in report["memory"]],
                    [(WORDS[p["platform"]], p["compatibility_mask"],
                      p["highest_vtl"], p["shared_gpa_boundary"])
                     for p in expected["platforms"]])

    def test_ranges_of_valid_files(self):
        for name, expected in self.expected["valid"].items():
            _, report = check(DATA / "valid" / f"{name}.igvm")
            platforms = {p["platform"]: p for p in report["memory"]}
            for platform in expected["platforms"]:
                ours = platforms[WORDS[platform["platform"]]]["ranges"]
                for kind, ranges in platform["ranges"].items():
                    with self.subTest(f"{name} {platform['platform']} {kind}"):
                        self.assertEqual(ours[kind], ranges)

    def test_headers_that_qemu_does_not_know(self):
        for name, expected in self.expected["valid"].items():
            with self.subTest(name):
                _, report = check(DATA / "valid" / f"{name}.igvm",
                                  "--vmm=qemu")
                self.assertEqual(
                    sorted({f["type_name"] for f in report["findings"]
                            if f["rule"] == "qemu-type"}),
                    sorted(expected["qemu_backend_unhandled_types"]))

    def test_launch_digests(self):
        """Compare with the values of the other implementations.

        Two kinds of values of igvmmeasure are missing here, because they differ.
        igvmmeasure measures the registers of all platforms for each of them (multi-small:
        SEV-SNP, SEV and SEV-ES). It measures only one page of an inserted parameter area of
        any size (params).
        """
        platforms = {"snp_launch_digest": "snp", "tdx_mrtd": "tdx",
                     "vbs_boot_digest_sha256": "vbs",
                     "sev_es_digest_sha256": "sev-es"}
        by_vmm = {"generic": ("microsoft_igvm_crate", "recheck",
                              "recheck_spec_zero_as_normal"),
                  "native-zero": ("recheck", "recheck_native_zero_vmsa_last")}
        for name, expected in self.expected["valid"].items():
            for kind, values in expected["digests"].items():
                if kind not in platforms:
                    continue
                for vmm, keys in by_vmm.items():
                    ours = measure(DATA / "valid" / f"{name}.igvm",
                                   platforms[kind], vmm)
                    for key in keys:
                        if key in values:
                            with self.subTest(f"{name} {kind} {vmm} {key}"):
                                self.assertEqual(ours, values[key])

    def test_launch_digests_on_qemu(self):
        for name, expected in self.expected["valid"].items():
            if "snp_launch_digest" not in expected["digests"]:
                continue
            path = DATA / "valid" / f"{name}.igvm"
            with self.subTest(name):
                self.assertEqual(
                    measure(path, "snp", "qemu"),
                    igvmmeasure.measure(path.read_bytes(), "snp", "qemu"))

    def verdicts(self, spec, status):
        for name, expected in self.expected["malformed"].items():
            if expected["spec"] != spec or name in self.WARNINGS:
                continue
            with self.subTest(f"{name}: {expected['what']}"):
                ours, report = check(self.malformed / f"{name}.igvm")
                self.assertEqual(ours, status, findings(report))

    def test_files_that_the_format_rejects(self):
        self.verdicts("reject", EXIT_IMAGE)

    def test_harmless_faults_are_warnings(self):
        """Some tools write padding that is not zero."""
        for name in self.WARNINGS:
            with self.subTest(name):
                ours, report = check(self.malformed / f"{name}.igvm")
                self.assertEqual(ours, EXIT_SOUND, findings(report))
                self.assertEqual(report["warnings"], 1)
                ours, _ = check(self.malformed / f"{name}.igvm", "--strict")
                self.assertEqual(ours, EXIT_IMAGE)

    def test_files_that_the_format_accepts(self):
        self.verdicts("accept", EXIT_SOUND)

    def test_files_about_which_the_format_is_silent(self):
        """check refuses these files, except those that no loader can misread."""
        sound = {"cca-no-policy", "corim-doc-sig", "fix-vho-32-gap-junk",
                 "vc-index-ffff"}
        for name, expected in self.expected["malformed"].items():
            if expected["spec"] != "unspecified":
                continue
            with self.subTest(f"{name}: {expected['what']}"):
                ours, report = check(self.malformed / f"{name}.igvm")
                self.assertEqual(
                    ours, EXIT_SOUND if name in sound else EXIT_IMAGE,
                    findings(report))


if __name__ == "__main__":
    unittest.main()
