# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests that run vmfwupdate-ctl on firmware for several platforms.

The variable CTL of the environment names another program than the built one.

Copyright (C) 2026 The vmfwupdate authors
"""

import itertools
import os
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
CTL = os.environ.get("CTL", str(TOP / "build/userspace/vmfwupdate-ctl"))

# The CPUID signature of EPYC-Milan.
SIGNATURE = 0xA00F11
PLATFORMS = ("native", "snp", "sev-es", "tdx")
REGISTERS = {"snp", "sev-es"}


def sets_of_platforms():
    for number in range(1, len(PLATFORMS) + 1):
        yield from itertools.combinations(PLATFORMS, number)


class CtlCase(unittest.TestCase):
    """The tool runs in a directory of its own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def run_tool(self, *command):
        """The standard output of a program, which must succeed."""
        run = subprocess.run([*map(str, command)], cwd=self.directory,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stderr.decode())
        return run.stdout.decode()

    def run_ctl(self, *arguments):
        return self.run_tool(CTL, *arguments)

    def write(self, name, data):
        (self.directory / name).write_bytes(data)
        return name

    def wrap_rom(self, rom, image, platforms, vcpus, *arguments):
        """The bytes of an image that wrap makes of flat firmware."""
        if REGISTERS & set(platforms):
            arguments += (f"--cpu-signature={SIGNATURE}", f"--vcpus={vcpus}")
        self.run_ctl("wrap", self.write("rom.fd", rom), "-o", image,
                     "--force=overwrite", "--for=" + ",".join(platforms),
                     *arguments)
        return (self.directory / image).read_bytes()
