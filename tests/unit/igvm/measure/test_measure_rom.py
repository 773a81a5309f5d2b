#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Launch digests of flat firmware: compared with a second computation, which is
compared with published digests.

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(TOP / "tests/lib/images"))

import ovmf     # noqa: E402  pylint: disable=wrong-import-position

CTL = os.environ.get("CTL", str(TOP / "build/userspace/vmfwupdate-ctl"))
# Family, model, stepping of QEMU's EPYC-v4.
SIGNATURE = 0x800F12
EXIT_USAGE = 2
EXIT_IMAGE = 4

# From the tests of sev-snp-measure (github.com/virtee), for firmware that this tree lacks:
# the digest of its pages, and its sections. The launch digests are those with KVM before
# Linux 6.10.
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


# From the same tests, for firmware with a calling area for an SVSM. The launch
# digests are those with KVM of Linux 6.10 or later.
FIRMWARE_SVSM = ("086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa"
                 "16aff8c374c2a55c467a50da6d466b74")
SECTIONS_SVSM = ((0x800000, 0x9000, 1), (0x80A000, 0x3000, 1),
                 (0x80D000, 0x1000, 2), (0x80E000, 0x1000, 3),
                 (0x80F000, 0x1000, 4), (0x810000, 0x1000, 0x10),
                 (0x811000, 0xF000, 1))
AREA = (0x810C00, 0x400)
KERNEL = ("--kernel=empty", "--initrd=empty")
ARGUMENTS = (*KERNEL, "--append=console=ttyS0 loglevel=7")
PUBLISHED = (
    (("--guest-features=0x1",),
     "19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6"
     "013b26869a5fc6ecabe033c48dd6f6db5d6d76e7c5df632d"),
    (("--guest-features=debug-swap",),
     "e1e1ca029dd7973ab9513295be68198472dcd4fc834bd9af"
     "9b63f6e8a1674dbf281a9278a4a2ebe0eed9f22adbcd0e2b"),
    (ARGUMENTS,
     "6d287813eb5222d770f75005c664e34c204f385ce832cc2c"
     "e7d0d6f354454362f390ef83a92046c042e706363b4b08fa"),
    ((*ARGUMENTS, "--guest-features=0x21"),
     "803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb2"
     "8c653360fe4b3aba7e534442e7e1e17895dfe778d0228977"),
    ((*KERNEL, "--guest-features=0x21"),
     "329c8ce0972ae52343b64d34a434a86f245dfd74f5ed7aae"
     "15d22efc78fb9683632b9b50e4e1d7fa41179ef98a7ef198"),
    ((*KERNEL, "--vcpus=4", "--guest-features=snp-active"),
     "5061fffb019493a903613d56d54b94912a1a2f9e4502385f"
     "5c194616753720a92441310ba6c4933de877c36e23046ad5"),
    ((*KERNEL, "--vcpus=4", "--guest-features=snp-active,debug-swap"),
     "4953b1fb416fa874980e8442b3706d345926d5f38879134e"
     "00813c5d7abcbe78eafe7b422907be0b4698e2414a631942"),
    ((*KERNEL, "--vmm=ec2"),
     "0883bd0eeb716e65b7b977a321c278d1e51b33b5c655fab9"
     "85443bbcc65c086b9c15e8a0bd8811050dec7e24964e5056"),
    ((*KERNEL, "--vmm=ec2", "--guest-features=debug-swap"),
     "0ce9ccc06bab55eebe8abc234f3df6514883977a68a591b7"
     "1052498ab52b2f1aa415db338033946ef93aa8278c0d67fb"),
    ((*KERNEL, "--vmm=gce"),
     "5da7106cf14cf46b1725ebab123eb9e53bd46a1e9f400cd0"
     "c08e7827b04b688ea8b4e403c8404efed4397ea5d5d0722e"),
    ((*KERNEL, "--vmm=gce", "--vcpus=4"),
     "5c5debf100fc339f90276e761ee1f1658d08922c3b20e2a2"
     "e6c7a6c3370b2452a15a00eae11886a93d6fd1e7ab81e29d"),
)


class Rom(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "rom.fd"
        for name in ("empty", "kernel", "initrd"):
            self.file(name).write_bytes(b"" if name == "empty" else
                                        name.encode() * 100000)

    def file(self, name):
        return self.path.parent / name

    def run_ctl(self, rom, *arguments, status=0):
        self.path.write_bytes(rom)
        run = subprocess.run([CTL, "measure", str(self.path), *arguments],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=120, check=False, cwd=self.path.parent)
        self.assertEqual(run.returncode, status, run.stderr.decode())
        return run.stdout.decode() or run.stderr.decode()

    def agree(self, rom, platform, vcpus=1, options=(), **launch):
        if launch.get("vmm", "qemu") == "qemu":
            options = (*options, f"--cpu-signature={SIGNATURE}")
        self.assertEqual(
            self.run_ctl(rom, f"--for={platform}", f"--vcpus={vcpus}",
                         *options),
            ovmf.measure(rom, platform, vcpus, SIGNATURE, **launch) + "\n")

    def refused(self, rom, platform, *words):
        said = self.run_ctl(rom, f"--for={platform}",
                            f"--cpu-signature={SIGNATURE}",
                            status=EXIT_IMAGE)
        for word in words:
            self.assertIn(word, said)

    def test_published_digests(self):
        for hashes, vcpus, digest in (
                (None, 1, NO_KERNEL),
                (ovmf.kernel_page(0xC00), 4, EMPTY_KERNEL_4_VCPUS)):
            launch = ovmf.Snp(FIRMWARE)
            launch.sections(SECTIONS, hashes)
            launch.processors(AP_RESET, vcpus, SIGNATURE, fpu=False)
            self.assertEqual(launch.digest.hex(), digest)

    def test_published_digests_of_every_launch(self):
        rom = ovmf.make(sev=SECTIONS_SVSM, hashes=AREA, reset=AP_RESET)
        seed = f"--snp-ovmf-hash={FIRMWARE_SVSM}"
        for options, digest in PUBLISHED:
            cloud = any("vmm" in option for option in options)
            cpu = () if cloud else (f"--cpu-signature={SIGNATURE}",)
            with self.subTest(options):
                self.assertEqual(
                    self.run_ctl(rom, "--for=snp", seed, *cpu, *options),
                    digest + "\n")

    def test_kernel_hashes(self):
        rom = ovmf.make(hashes=AREA)
        content = {name: self.file(name).read_bytes()
                   for name in ("kernel", "initrd")}
        kernel = content["kernel"], content["initrd"], "quiet ro"
        options = ("--kernel=kernel", "--initrd=initrd", "--append=quiet ro")
        for platform in ("snp", "sev-es", "sev"):
            with self.subTest(platform):
                self.agree(rom, platform, 2, options, kernel=kernel)
                self.agree(rom, platform, 1, options[:1], kernel=kernel[:1])
        self.agree(rom, "snp", 2, (*options, "--vmm=gce"), vmm="gce",
                   kernel=kernel)
        told = json.loads(self.run_ctl(rom, "--for=sev", "--json", "--trace", *options))
        self.assertEqual(told["steps"][-1], {"kind": "normal", "gpa": hex(AREA[0])})
        self.assertEqual(told["kernel_hashes"], {
            "kernel": hashlib.sha256(kernel[0]).hexdigest(),
            "initrd": hashlib.sha256(kernel[1]).hexdigest(),
            "command_line": hashlib.sha256(b"quiet ro\0").hexdigest()})

    def test_kernel_hashes_in_a_section_of_two_pages(self):
        rom = ovmf.make(sev=((0x810000, 0x2000, ovmf.KERNEL_HASHES),),
                        hashes=AREA)
        self.agree(rom, "snp", 1, ("--kernel=kernel",),
                   kernel=(self.file("kernel").read_bytes(),))

    def refused_kernel(self, rom, platform, *words):
        said = self.run_ctl(rom, f"--for={platform}", "--kernel=kernel",
                            f"--cpu-signature={SIGNATURE}", status=EXIT_IMAGE)
        for word in words:
            self.assertIn(word, said)

    def test_firmware_without_a_place_for_hashes(self):
        for platform in ("snp", "sev-es", "sev"):
            with self.subTest(platform):
                self.refused_kernel(ovmf.make(), platform, "cannot measure a kernel")
        # Only SEV-SNP needs a section for the hashes besides the area.
        rom = ovmf.make(sev=SECTIONS[:1], hashes=AREA)
        self.refused_kernel(rom, "snp", "cannot measure a kernel")
        self.agree(rom, "sev", 1, ("--kernel=empty",), kernel=(b"",))

    def test_invalid_places_for_hashes(self):
        for area, word in (
                ((0, 0x400), "at address 0"),
                ((0x810C00, 0xAF), "do not fit"),
                ((0x810F60, 0x400), "cross the end of a page"),
                ((0x811C00, 0x400), "not in the first page"),
                ((0x80FC00, 0x400), "not in the first page"),
                ((0xFFFEFFFF, 0x400), "overlaps the firmware"),
                ((0xFFFFFFFF, 0xFFFFFFFF), "overlaps the firmware")):
            with self.subTest(area):
                self.refused_kernel(ovmf.make(hashes=area), "snp", word)
                # Without a kernel, measure does not look at the area.
                self.agree(ovmf.make(hashes=area), "snp")
        for area in ((0x810F50, 0x400), (0x810000, 0xB0)):
            self.agree(ovmf.make(hashes=area), "snp", 1, ("--kernel=empty",),
                       kernel=(b"",))

    def test_features(self):
        rom = ovmf.make()
        for platform, words, features in (
                ("snp", "0x1", 1), ("snp", "0x21", 0x21), ("snp", "debug-swap", 0x21),
                ("snp", "secure-tsc,smt-protection", 0x8201),
                ("sev-es", "debug-swap", 0x20), ("sev-es", "0x20", 0x20)):
            with self.subTest(platform + " " + words):
                self.agree(rom, platform, 2, (f"--guest-features={words}",),
                           features=features)
        told = json.loads(self.run_ctl(
            rom, "--for=snp", "--json", "--guest-features=debug-swap",
            f"--cpu-signature={SIGNATURE}"))
        self.assertEqual(told["sev_features"], "0x21")
        for platform, words, error in (
                ("snp", "0x20", "0x20: bit 0, snp-active, is always set on snp"),
                ("sev-es", "0x21", "0x21: bit 0, snp-active, is never set on sev-es"),
                ("sev-es", "snp-active", "0x1: bit 0, snp-active, is never set on sev-es")):
            with self.subTest(platform + " " + words):
                self.assertIn(error, self.run_ctl(
                    rom, f"--for={platform}", f"--guest-features={words}",
                    "--cpu-signature=1", status=EXIT_USAGE))

    def test_clouds(self):
        rom = ovmf.make()
        for vmm in ("ec2", "gce"):
            for vcpus in (1, 3):
                with self.subTest(f"{vmm} {vcpus}"):
                    self.agree(rom, "snp", vcpus, (f"--vmm={vmm}",), vmm=vmm)
            told = json.loads(self.run_ctl(rom, "--for=snp", "--json",
                                           f"--vmm={vmm}", "--vcpus=2"))
            self.assertEqual(told["vmm"], vmm)
            self.assertNotIn("cpu_signature", told)

    def test_start_addresses_near_that_of_the_first_processor(self):
        """On EC2, only the code segment of the first processor is different."""
        for start in (0x80B005, 0xFFFF1000, 0x80FFF0):
            with self.subTest(hex(start)):
                self.agree(ovmf.make(reset=start), "snp", 2, ("--vmm=ec2",),
                           vmm="ec2")

    def test_digest_of_the_firmware_is_a_seed(self):
        rom = ovmf.make()
        told = json.loads(self.run_ctl(rom, "--for=snp", "--json",
                                       f"--cpu-signature={SIGNATURE}"))
        launch = ovmf.Snp()
        launch.firmware(rom)
        self.assertEqual(told["firmware_digest"], launch.digest.hex())
        # With --snp-ovmf-hash, only the table counts, not other bytes.
        other = b"\xcc" * 4096 + rom[4096:]
        seed = f"--snp-ovmf-hash={launch.digest.hex().upper()}"
        told_again = json.loads(self.run_ctl(
            other, "--for=snp", "--json", seed, f"--cpu-signature={SIGNATURE}"))
        self.assertEqual(told_again["digest"], told["digest"])
        self.assertNotIn("firmware_digest", told_again)

    def test_older_order_of_tdx(self):
        rom = ovmf.make()
        self.agree(rom, "tdx", 1, ("--two-pass-add-pages",), two_pass=True)
        self.assertNotEqual(ovmf.measure(rom, "tdx"),
                            ovmf.measure(rom, "tdx", two_pass=True))
        told = json.loads(self.run_ctl(rom, "--for=tdx", "--json",
                                       "--two-pass-add-pages"))
        self.assertIs(told["two_pass_add_pages"], True)

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
                        self.refused(rom, platform, "cannot use this firmware for")
                    elif platform == "tdx" and "CODE" in path.name:
                        # TDX also loads the variable store, which CODE lacks.
                        self.refused(rom, platform, "after the firmware's")
                    else:
                        self.agree(rom, platform, 3)

    def test_json_names_the_assumptions(self):
        rom = ovmf.make()
        told = json.loads(self.run_ctl(
            rom, "--for=snp", "--json", "--trace", "--vcpus=2",
            f"--cpu-signature={SIGNATURE}"))
        self.assertEqual(told["format"], "flat")
        self.assertEqual(told["vcpus"], 2)
        self.assertEqual(told["cpu_signature"], "0x800f12")
        self.assertEqual(told["first_processor_starts_at"], "0xfffffff0")
        self.assertEqual(told["other_processors_start_at"], "0x80b004")
        self.assertEqual(told["sev_features"], "0x1")
        self.assertEqual(told["steps"][-1]["digest"], told["digest"])
        self.assertEqual([step["kind"] for step in told["steps"][-2:]],
                         ["vmsa", "vmsa"])
        self.assertEqual(told["steps"][0]["gpa"], hex((1 << 32) - len(rom)))
        self.assertFalse([step for step in told["steps"] if "header" in step])
        told = json.loads(self.run_ctl(rom, "--for=sev-es", "--json",
                                       f"--cpu-signature={SIGNATURE}"))
        self.assertEqual(told["vcpus"], 1)
        self.assertEqual(told["sev_features"], "0x0")
        self.assertNotIn("two_pass_add_pages", told)
        told = json.loads(self.run_ctl(rom, "--for=tdx", "--json"))
        self.assertNotIn("vcpus", told)
        self.assertNotIn("sev_features", told)
        self.assertIs(told["two_pass_add_pages"], False)

    def test_options_for_each_platform(self):
        rom = ovmf.make()
        for arguments, word in (
                ((), "flat firmware names no platform; name one by --for=PLATFORM"),
                (("--for=native",), "knows no launch digest"),
                (("--for=snp",), "--cpu-signature"),
                (("--for=sev-es",), "--cpu-signature"),
                (("--for=tdx", "--vmm=generic"), "with --vmm=generic: this value is for IGVM"),
                (("--for=tdx", "--kernel=kernel"), "--kernel is only for"),
                (("--for=tdx", "--guest-features=1"), "--guest-features is only for"),
                (("--for=sev", "--guest-features=1"), "--guest-features is only for"),
                *(((f"--for={platform}", "--cpu-signature=1", option), words)
                  for option, words, right in (
                      ("--snp-ovmf-hash=" + "0" * 96,
                       "--snp-ovmf-hash is only for the platform snp", "snp"),
                      ("--two-pass-add-pages",
                       "--two-pass-add-pages is only for the platform tdx", "tdx"),
                      ("--vmm=ec2", "--vmm=ec2 is only for the platform snp", "snp"))
                  for platform in ("vbs", "snp", "tdx", "sev", "sev-es")
                  if platform != right),
                (("--for=sev", "--initrd=initrd"), "need --kernel"),
                (("--for=sev", "--append=x"), "need --kernel"),
                (("--for=snp", "--snp-ovmf-hash=12"), "96 hexadecimal"),
                (("--for=snp", "--snp-ovmf-hash=" + "g" * 96), "96 hexadecimal"),
                (("--for=snp", "--guest-features=debug-swop"), "debug-swap"),
                (("--for=snp", "--guest-features="), "a number, or names"),
                (("--for=snp", "--guest-features=0x1x"), "a number, or names"),
                (("--for=snp", "--vmm=gcp"), "gce")):
            with self.subTest(arguments):
                self.assertIn(word, self.run_ctl(rom, *arguments,
                                                 status=EXIT_USAGE))

    def test_a_platform_without_flat_firmware(self):
        self.refused(ovmf.make(), "vbs", "VMMs launch no flat firmware on vbs")

    def test_firmware_without_metadata(self):
        plain = ovmf.make(reset=None, sev=None, tdx=())
        for platform in set(ovmf.MEASURES) - {"sev"}:
            with self.subTest(platform):
                self.refused(plain, platform, f"cannot use this firmware for {platform}")
        # Plain SEV needs no metadata, because it encrypts any firmware.
        self.assertEqual(self.run_ctl(plain, "--for=sev"),
                         hashlib.sha256(plain).hexdigest() + "\n")
        self.refused(ovmf.make(), "vbs", "no flat firmware")
        # SEV-SNP also needs the entry with the start address of other processors.
        self.refused(ovmf.make(reset=None), "snp", "cannot use this firmware for snp")

    def test_invalid_sections(self):
        self.refused(ovmf.make(sev=((0x800000, 0x1000, 9),)), "snp",
                     "no such type", "0x9")
        self.refused(ovmf.make(tdx=((0, 0, 0x800000, 0x1000, 4, 0),)), "tdx",
                     "no such type", "0x4")


if __name__ == "__main__":
    unittest.main()
