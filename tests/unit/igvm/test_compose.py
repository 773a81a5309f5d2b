#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Composed images: the bytes of a second writer, digests computed elsewhere,
and the way back.

Copyright (C) 2026 The vmfwupdate authors
"""

import itertools
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest
import uuid
import zlib

TOP = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TOP / "tests/lib"))

import igvmgen         # noqa: E402  pylint: disable=wrong-import-position
import igvmmeasure     # noqa: E402  pylint: disable=wrong-import-position
import ovmf            # noqa: E402  pylint: disable=wrong-import-position
import ukigen          # noqa: E402  pylint: disable=wrong-import-position

CTL = os.environ.get("CTL", str(TOP / "build/userspace/vmfwupdate-ctl"))
SIGNATURE = 0xA00F11
PLATFORMS = ("native", "snp", "sev-es", "tdx")
MEASURED = ("snp", "sev-es", "tdx")
TYPES = {"pk": 0x100, "kek": 0x101, "db": 0x102, "dbx": 0x103, "shim": 0x200,
         "kernel": 0x201}
DATA_HOB = uuid.UUID("3dd177ff-b632-4e25-bef3-065063d55fc4").bytes_le
AREAS = {kind: start for start, _, kind in ovmf.IGVM_AREAS}
FIRST = 64 << 20
PAGE = 4096


def program(text, trailing=0):
    """A program for UEFI with so many bytes of text."""
    code = bytes(index * 7 % 251 for index in range(text))
    return ukigen.Pe().section(".text", code).build() + bytes(trailing)


def parse(data):
    """(type, content) of every header, and the data behind them."""
    start, size = struct.unpack_from("<II", data, 8)
    headers, at = [], start
    while at < start + size:
        kind, length = struct.unpack_from("<II", data, at)
        headers.append((kind, bytearray(data[at + 8:at + 8 + length])))
        at += 8 + (length + 7) // 8 * 8
    return headers, data[start + size:]


def page(gpa, mask, offset):
    return igvmgen.PAGE_DATA, bytearray(
        struct.pack("<QIIIHH", gpa, mask, offset, 0, 0, 0))


def hob_list(parts):
    hobs, at = b"", FIRST
    for number, data in parts:
        hobs += struct.pack("<HHI16sQQII", 4, 48, 0, DATA_HOB, at, len(data),
                            number, 0)
        at += -(-len(data) // PAGE) * PAGE
    return (hobs + struct.pack("<HHI", 0xFFFF, 8, 0)).ljust(PAGE, b"\0")


def added(headers, base_size, parts):
    """The new pages; data offsets as if headers had not grown."""
    everyone = 0
    there = {start: 0 for start in AREAS.values()}
    for kind, content in headers:
        if kind == igvmgen.SUPPORTED_PLATFORM:
            everyone |= struct.unpack_from("<I", content)[0]
        elif kind == igvmgen.PAGE_DATA:
            gpa, mask = struct.unpack_from("<QI", content)
            if gpa in there:
                there[gpa] |= mask
    new = []
    for kind, offset in ((ovmf.PARAMETER_AREA, 0), (ovmf.HOB_AREA, base_size)):
        rest = everyone & ~there[AREAS[kind]]
        if rest:
            new.append(page(AREAS[kind], rest, offset))
    gpa, offset = FIRST, base_size + PAGE
    for _, data in parts:
        for _ in range(0, len(data), PAGE):
            new.append(page(gpa, everyone, offset))
            gpa, offset = gpa + PAGE, offset + PAGE
    return new


def compose(base, **files):
    """A base of version 1 with parts: the expected bytes."""
    parts = sorted((TYPES[name], data) for name, data in files.items())
    headers, data = parse(base)
    for kind, content in headers:
        if kind == igvmgen.PAGE_DATA and \
                struct.unpack_from("<Q", content)[0] == AREAS[ovmf.HOB_AREA]:
            struct.pack_into("<II", content, 12, len(base), 0)
    last = max(index for index, (kind, _) in enumerate(headers)
               if kind != igvmgen.VP_CONTEXT) + 1
    new = added(headers, len(base), parts)
    grown = sum(8 + len(content) for _, content in new)
    out = b""
    for kind, content in headers[:last] + new + headers[last:]:
        if kind in (igvmgen.PAGE_DATA, igvmgen.VP_CONTEXT):
            offset, = struct.unpack_from("<I", content, 12)
            struct.pack_into("<I", content, 12, offset and offset + grown)
        out += struct.pack("<II", kind, len(content)) + content
        out += bytes(-len(content) % 8)
    data += hob_list(parts)
    for _, part in parts:
        data += part + bytes(-len(part) % PAGE)
    fixed = struct.pack("<4s5I", b"IGVM", 1, 24, len(out),
                        24 + len(out) + len(data), 0)
    return fixed[:20] + struct.pack("<I", zlib.crc32(fixed + out)) + out + data


def sets_of_platforms():
    for number in range(1, len(PLATFORMS) + 1):
        yield from itertools.combinations(PLATFORMS, number)


class Compose(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def run_ctl(self, *arguments):
        run = subprocess.run([CTL, *map(str, arguments)], cwd=self.directory,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stderr.decode())
        return run.stdout.decode()

    def write(self, name, data):
        (self.directory / name).write_bytes(data)
        return name

    def wrap(self, rom, platforms):
        arguments = []
        if {"snp", "sev-es"} & set(platforms):
            arguments = [f"--cpu-signature={SIGNATURE}", "--vcpus=2"]
        self.run_ctl("wrap", self.write("rom.fd", rom), "-o", "base.igvm",
                     "--force=overwrite", "--for=" + ",".join(platforms),
                     *arguments)
        return (self.directory / "base.igvm").read_bytes()

    def compose(self, **files):
        arguments = []
        for name, data in files.items():
            arguments += [f"--{name}", self.write(f"{name}.efi", data)]
        self.run_ctl("compose", "base.igvm", "-o", "image.igvm",
                     "--force=overwrite", *arguments)
        return (self.directory / "image.igvm").read_bytes()

    def agree(self, platforms, image):
        for platform in set(platforms) & set(MEASURED):
            self.assertEqual(
                self.run_ctl("measure", f"--for={platform}", "image.igvm"),
                igvmmeasure.measure(image, platform) + "\n")
        # Parts have their bytes in the file: both conventions agree.
        if "snp" in platforms:
            parts = self.run_ctl("measure", "--for=snp", "--trace", "--json",
                                 "image.igvm")
            kinds = {step["kind"] for step in json.loads(parts)["steps"]
                     if FIRST <= int(step["gpa"], 16) < 1 << 31}
            self.assertEqual(kinds, {"normal"})

    def test_second_writer(self):
        rom = ovmf.make(igvm=ovmf.IGVM_AREAS)
        kernel = program(5 * PAGE, 17)
        for platforms in sets_of_platforms():
            with self.subTest(platforms):
                base = self.wrap(rom, platforms)
                image = self.compose(kernel=kernel)
                self.assertEqual(image, compose(base, kernel=kernel))
                self.agree(platforms, image)

    def test_zeroes_are_stored(self):
        kernel = program(PAGE, 3 * PAGE)
        base = self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), PLATFORMS)
        image = self.compose(kernel=kernel)
        self.assertEqual(image, compose(base, kernel=kernel))
        self.agree(PLATFORMS, image)

    def test_kernel_and_shim(self):
        shim, kernel = program(PAGE), program(PAGE, 1)
        base = self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), PLATFORMS)
        image = self.compose(kernel=kernel, shim=shim)
        self.assertEqual(image, compose(base, kernel=kernel, shim=shim))

    def test_nothing_to_complain_of(self):
        kernel = program(3 * PAGE)
        for platforms in sets_of_platforms():
            self.wrap(ovmf.make(igvm=ovmf.IGVM_AREAS), platforms)
            self.compose(kernel=kernel)
            arguments = [] if platforms == ("tdx",) else ["--vmm=qemu"]
            for platform in platforms:
                with self.subTest(f"{platforms}: {platform}"):
                    told = json.loads(self.run_ctl(
                        "check", "--json", f"--for={platform}", *arguments,
                        "image.igvm"))
                    warnings = [finding["rule"] for finding in
                                told["findings"]]
                    # A second VP's registers, which the base has, too.
                    self.assertLessEqual(set(warnings), {"context-vp"})


if __name__ == "__main__":
    unittest.main()
