#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Flat firmware wrapped for confidential guests: compared with the bytes of a
second writer, and with the digests of the flat firmware.

Copyright (C) 2026 The vmfwupdate authors
"""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "lib/images"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "lib/run"))

# pylint: disable=wrong-import-position
import igvmmeasure     # noqa: E402
import ovmf            # noqa: E402
from ctlcase import (CtlCase, PLATFORMS, SIGNATURE,     # noqa: E402
                     sets_of_platforms)


def with_zeroes():
    """A firmware with pages of zeroes, and equal pages, also in its variable store."""
    rom = bytearray(ovmf.make())
    rom[ovmf.PAGE:2 * ovmf.PAGE] = bytes(ovmf.PAGE)
    rom[4 * ovmf.PAGE:6 * ovmf.PAGE] = bytes(2 * ovmf.PAGE)
    rom[7 * ovmf.PAGE:8 * ovmf.PAGE] = rom[3 * ovmf.PAGE:4 * ovmf.PAGE]
    return bytes(rom)


class Wrap(CtlCase):

    def wrap(self, rom, platforms, vcpus=1, *arguments):
        return self.wrap_rom(rom, "image.igvm", platforms, vcpus, *arguments)

    def agree(self, rom, platforms, vcpus=1):
        """The image has the digest of the firmware, except with QEMU on SEV-SNP.

        On SEV-SNP, a launch without IGVM has pages that SEV-SNP zeroes.
        """
        data = self.wrap(rom, platforms, vcpus)
        for platform in set(platforms) & set(ovmf.MEASURES):
            digest = ovmf.measure(rom, platform, vcpus, SIGNATURE)
            for vmm in ("qemu", "native-zero"):
                image = igvmmeasure.measure(data, platform, vmm)
                self.assertEqual(image == digest,
                                 platform != "snp" or vmm == "native-zero")
                self.assertEqual(
                    self.run_ctl("measure", f"--for={platform}",
                                 f"--vmm={vmm}", "image.igvm"), image + "\n")
            self.assertEqual(
                self.run_ctl("measure", f"--for={platform}", "rom.fd",
                             f"--vcpus={vcpus}",
                             f"--cpu-signature={SIGNATURE}"), digest + "\n")

    def test_every_set_of_platforms(self):
        rom = with_zeroes()
        for platforms in sets_of_platforms():
            with self.subTest(platforms):
                self.agree(rom, platforms)

    def test_processors(self):
        for vcpus in (2, 5):
            with self.subTest(vcpus):
                self.agree(with_zeroes(), PLATFORMS, vcpus)

    def test_firmware_of_the_distribution(self):
        path = pathlib.Path("/usr/share/ovmf/OVMF.fd")
        if not path.is_file():
            self.skipTest("no OVMF; apt-get install ovmf")
        rom = path.read_bytes()
        if not {ovmf.SEV, ovmf.TDX, ovmf.RESET} <= set(ovmf.table_of(rom)):
            self.skipTest("this OVMF is not made for SEV-SNP and TDX")
        self.agree(rom, PLATFORMS, 2)

    def test_second_writer(self):
        rom = with_zeroes()
        for platforms in sets_of_platforms():
            if "snp" not in platforms:
                continue
            for vcpus in (1, 3):
                with self.subTest(f"{platforms} {vcpus}"):
                    self.assertEqual(
                        self.wrap(rom, platforms, vcpus, "--policy=0xb0000"),
                        ovmf.wrap(rom, platforms, vcpus, SIGNATURE, 0xB0000))

    def test_message_about_another_digest_on_qemu(self):
        """If SEV-SNP zeroes no page, the digest is that of the firmware."""
        def messages(rom, platforms):
            return json.loads(self.run_ctl(
                "wrap", self.write("rom.fd", rom), "-o", "image.igvm",
                "--force=overwrite", "--json", f"--for={platforms}",
                f"--cpu-signature={SIGNATURE}"))["messages"]

        told = messages(ovmf.make(), "native,snp")
        self.assertIn("differently than in flat firmware, so the launch digest differs", told[-1]["text"])
        self.assertEqual(messages(ovmf.make(), "sev-es,tdx"), [])
        rom = ovmf.make(sev=[section for section in ovmf.SEV_SECTIONS
                             if section[2] in (ovmf.SECRETS, ovmf.CPUID)])
        self.assertEqual(messages(rom, "snp"), [])
        data = (self.directory / "image.igvm").read_bytes()
        for vmm in ("qemu", "native-zero"):
            self.assertEqual(igvmmeasure.measure(data, "snp", vmm),
                             ovmf.measure(rom, "snp", 1, SIGNATURE))

    def test_order_of_the_list(self):
        rom = ovmf.make()
        self.assertEqual(self.wrap(rom, PLATFORMS),
                         self.wrap(rom, PLATFORMS[::-1] + PLATFORMS))

    def test_check_finds_only_known_warnings(self):
        for platforms in sets_of_platforms():
            self.wrap(ovmf.make(), platforms)
            for platform in platforms:
                arguments = [] if platform == "tdx" else ["--vmm=qemu"]
                with self.subTest(f"{platforms}: {platform}"):
                    told = json.loads(self.run_ctl(
                        "check", "--json", f"--for={platform}", *arguments,
                        "image.igvm"))
                    self.assertLessEqual({finding["rule"] for finding in
                                          told["findings"]},
                                         {"qemu-registers",
                                          "qemu-pam-unknown"})
                    self.assertEqual(len(told["platforms"]), len(platforms))

    def test_only_images_for_sev_snp_store_zeroes(self):
        rom = with_zeroes()
        stored = len(self.wrap(rom, ("sev-es", "tdx", "snp")))
        self.assertEqual(stored - len(self.wrap(rom, ("sev-es", "tdx"))) -
                         ovmf.PAGE,
                         # Headers of platform, policy and sections, then the registers.
                         24 + 24 + 32 * (sum(size for _, size, _ in
                                             ovmf.SEV_SECTIONS) // ovmf.PAGE) +
                         32 + ovmf.PAGE)


if __name__ == "__main__":
    unittest.main()
