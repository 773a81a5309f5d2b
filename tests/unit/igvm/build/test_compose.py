#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Composed images and their decomposition, compared with the bytes of a second
writer and with digests of a second computation.

Copyright (C) 2026 The vmfwupdate authors
"""

import json
import pathlib
import shutil
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "lib/images"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "lib/run"))

# pylint: disable=wrong-import-position
import composed        # noqa: E402
import igvmgen         # noqa: E402
import igvmmeasure     # noqa: E402
import p384            # noqa: E402
import ovmf            # noqa: E402
import secureboot      # noqa: E402
import ukigen          # noqa: E402
from ctlcase import (CtlCase, PLATFORMS, SIGNATURE,     # noqa: E402
                     sets_of_platforms)

MEASURED = ("snp", "sev-es", "tdx")
PAGE = 4096


def program(text, trailing=0):
    """A program for UEFI with some bytes of text, and some after its sections."""
    code = bytes(index * 7 % 251 for index in range(text))
    return ukigen.Pe().section(".text", code).build() + bytes(trailing)


class Compose(CtlCase):

    def wrap(self, rom, platforms):
        return self.wrap_rom(rom, "base.igvm", platforms, 2)

    def compose(self, **files):
        arguments = []
        for name, data in files.items():
            arguments += [f"--{name}", self.write(f"{name}.efi", data)]
        self.run_ctl("compose", "base.igvm", "-o", "image.igvm",
                     "--force=overwrite", *arguments)
        return (self.directory / "image.igvm").read_bytes()

    def take_apart(self):
        """Decompose the image: the bytes of each file by its name."""
        self.run_ctl("decompose", "image.igvm", "-o", "parts",
                     "--force=overwrite")
        return {path.name: path.read_bytes()
                for path in (self.directory / "parts").iterdir()}

    def agree(self, platforms, image):
        for platform in set(platforms) & set(MEASURED):
            self.assertEqual(
                self.run_ctl("measure", f"--for={platform}", "image.igvm"),
                igvmmeasure.measure(image, platform) + "\n")
        # The file has data for all pages of parts, so the choice of VMM has no effect.
        if "snp" in platforms:
            parts = self.run_ctl("measure", "--for=snp", "--trace", "--json",
                                 "image.igvm")
            kinds = {step["kind"] for step in json.loads(parts)["steps"]
                     if composed.FIRST <= int(step["gpa"], 16) < 1 << 31}
            self.assertEqual(kinds, {"normal"})

    def test_second_writer(self):
        rom = ovmf.make(igvm=ovmf.IGVM_AREAS)
        kernel = program(5 * PAGE, 17)
        for platforms in sets_of_platforms():
            with self.subTest(platforms):
                base = self.wrap(rom, platforms)
                image = self.compose(kernel=kernel)
                self.assertEqual(image, composed.compose(base, kernel=kernel))
                self.agree(platforms, image)

    def test_zeroes_are_stored(self):
        kernel = program(PAGE, 3 * PAGE)
        base = self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), PLATFORMS)
        image = self.compose(kernel=kernel)
        self.assertEqual(image, composed.compose(base, kernel=kernel))
        self.agree(PLATFORMS, image)

    def test_kernel_and_shim(self):
        shim, kernel = program(PAGE), program(PAGE, 1)
        base = self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), PLATFORMS)
        image = self.compose(kernel=kernel, shim=shim)
        self.assertEqual(image, composed.compose(base, kernel=kernel, shim=shim))

    def test_taken_apart(self):
        rom = ovmf.make(igvm=ovmf.IGVM_AREAS)
        shim, kernel = program(PAGE), program(9 * PAGE, 1)
        for platforms in sets_of_platforms():
            with self.subTest(platforms):
                base = self.wrap(rom, platforms)
                self.compose(kernel=kernel, shim=shim)
                self.assertEqual(self.take_apart(), {
                    "kernel.efi": kernel, "shim.efi": shim,
                    "base.igvm": base})

    def test_databases(self):
        lists = {name: secureboot.sample("x509")
                 for name in ("pk", "kek", "db", "dbx")}
        base = self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), PLATFORMS)
        image = self.compose(**lists)
        self.assertEqual(image, composed.compose(base, **{
            name: secureboot.variable(data) for name, data in lists.items()}))
        self.agree(PLATFORMS, image)
        self.assertEqual(self.take_apart(), {
            "PK.auth": secureboot.variable(lists["pk"]),
            "KEK.auth": secureboot.variable(lists["kek"]),
            "db.auth": secureboot.variable(lists["db"]),
            "dbx.auth": secureboot.variable(lists["dbx"]),
            "base.igvm": base})
        # compose accepts the extracted parts without a change.
        parts = self.take_apart()
        self.assertEqual(image, self.compose(
            pk=parts["PK.auth"], kek=parts["KEK.auth"], db=parts["db.auth"],
            dbx=parts["dbx.auth"]))

    def database(self, *arguments):
        """The content of db after compose with some options."""
        others = [f"--{name}=list" for name in ("pk", "kek", "dbx")]
        self.write("list", secureboot.sample("sha256"))
        self.run_ctl("compose", "base.igvm", "-o", "image.igvm",
                     "--force=overwrite", *others, *arguments)
        return self.take_apart()["db.auth"]

    def test_db(self):
        self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), ("native",))
        bare, signed = (secureboot.sample(name) for name in
                        ("x509", "signed-sha256"))
        kernel = program(3 * PAGE, 5)
        for name, data in (("bare", bare), ("signed", signed),
                           ("kernel", kernel)):
            self.write(name, data)
        lists = signed[-76:]
        digest = secureboot.signature_list(secureboot.SHA256,
                                           secureboot.authenticode(kernel))
        # compose keeps a single variable. It joins the lists of several variables.
        self.assertEqual(self.database("--db=signed"), signed)
        self.assertEqual(self.database("--db=signed", "--db=bare"),
                         secureboot.variable(lists + bare))
        self.assertEqual(self.database("--db=bare", "--db-hash=kernel"),
                         secureboot.variable(bare + digest))
        self.assertEqual(self.database("--db-hash=kernel"),
                         secureboot.variable(digest))
        self.assertEqual(self.database("--db-hash=kernel", "--db=signed",
                                       "--db-hash=kernel"),
                         secureboot.variable(digest + lists + digest))

    @unittest.skipUnless(shutil.which("sbsign"), "no sbsign; apt-get install "
                         "sbsigntool")
    def test_digest_that_another_tool_signs(self):
        self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), ("native",))
        self.run_tool("openssl", "req", "-x509", "-newkey", "rsa:2048",
                      "-nodes", "-subj", "/CN=test", "-keyout", "key",
                      "-out", "certificate")
        for number in (0, 8):
            self.write("program", program(2 * PAGE, number))
            self.run_tool("sbsign", "--key", "key", "--cert", "certificate",
                          "--output", "signed", "program")
            signed = (self.directory / "signed").read_bytes()
            digest = self.database("--db-hash=signed")[-32:]
            self.assertEqual(digest, secureboot.authenticode(signed))
            # The signature contains the digest, which is that of the unsigned file.
            self.assertIn(digest, signed)
            self.assertEqual(digest, self.database("--db-hash=program")[-32:])

    def id_block(self):
        headers, _ = composed.parse((self.directory / "image.igvm").read_bytes())
        self.assertEqual(headers[-1][0], igvmgen.SNP_ID_BLOCK)
        return bytes(headers[-1][1])

    def check_id_block(self, block, mask, digest, policy):
        def number(at):
            return int.from_bytes(block[at:at + 72], "little")

        self.assertEqual(struct.unpack_from("<II", block), (mask, 0))
        self.assertEqual(block[8:56].hex(), digest)
        self.assertEqual(block[56:88], bytes(32))
        self.assertEqual(struct.unpack_from("<IIII", block, 88), (1, 0, 1, 0))
        self.assertEqual(struct.unpack_from("<II", block, 248), (2, 0))
        self.assertEqual(block[400:], bytes(296))
        self.assertTrue(p384.verify(
            (number(256), number(328)), (number(104), number(176)),
            block[8:96] + struct.pack("<Q", policy)))

    def test_id_block(self):
        kernel = program(3 * PAGE)
        subprocess.run(["openssl", "ecparam", "-name", "secp384r1", "-genkey",
                        "-noout", "-out", "key"], cwd=self.directory,
                       check=True)
        for platforms, mask in ((("snp",), 1), (PLATFORMS, 2)):
            base = self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), platforms)
            image = self.compose(kernel=kernel)
            digest = igvmmeasure.measure(image, "snp")
            self.run_ctl("compose", "base.igvm", "--kernel=kernel.efi",
                         "--id-block", "--sign=key", "-o", "image.igvm",
                         "--force=overwrite")
            self.check_id_block(self.id_block(), mask, digest, 0x30000)
            # The ID block does not change the digest. measure accepts the block.
            self.assertEqual(
                self.run_ctl("measure", "--for=snp", "image.igvm"),
                digest + "\n")
            self.run_ctl("check", "--for=snp", "--vmm=qemu", "image.igvm")
            self.assertEqual(self.take_apart()["base.igvm"], base)

    def test_id_block_of_a_machine(self):
        self.write("kernel.efi", program(PAGE))
        subprocess.run(["openssl", "ecparam", "-name", "secp384r1", "-genkey",
                        "-noout", "-out", "key"], cwd=self.directory,
                       check=True)
        self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), ("snp",))
        for arguments in (["--vmm=generic"],
                          ["--vcpus=4", f"--cpu-signature={SIGNATURE}"]):
            self.run_ctl("compose", "base.igvm", "--kernel=kernel.efi",
                         "--id-block", "--sign=key", "-o", "image.igvm",
                         "--force=overwrite", *arguments)
            digest = self.run_ctl("measure", "--for=snp", "image.igvm",
                                  *arguments)
            self.assertEqual(self.id_block()[8:56].hex() + "\n", digest)

    def test_check_finds_only_known_warnings(self):
        kernel = program(3 * PAGE)
        for platforms in sets_of_platforms():
            self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), platforms)
            self.compose(kernel=kernel)
            for platform in platforms:
                arguments = [] if platform == "tdx" else ["--vmm=qemu"]
                with self.subTest(f"{platforms}: {platform}"):
                    told = json.loads(self.run_ctl(
                        "check", "--json", f"--for={platform}", *arguments,
                        "image.igvm"))
                    warnings = [finding["rule"] for finding in
                                told["findings"]]
                    # The base has registers of a second VP, and none for native.
                    self.assertLessEqual(set(warnings),
                                         {"context-vp", "qemu-registers"})


if __name__ == "__main__":
    unittest.main()
