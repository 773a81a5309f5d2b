#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast and how small vmfwupdate-ctl is, beside something known.

Ratios and differences within one run: absolute times say more of the machine.
Each is processor time, the best of several turns, taken in alternation, so
that other load hits both sides. Every program here has one thread. Prints TAP;
CTL names another program.

Copyright (C) 2026 The vmfwupdate authors
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib/images"))

import igvmgen      # noqa: E402  pylint: disable=wrong-import-position

CTL = os.environ.get("CTL", str(TOP / "build/userspace/vmfwupdate-ctl"))
TURNS = 7
MIB = 1 << 20


def run(*command):
    """Seconds of processor time of one run, which other load adds little to."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime


def memory(*command):
    """The least address space, in bytes, with which a command succeeds.

    The kernel's count of resident memory would include that of this process,
    from which the command is forked.
    """
    least, enough = 0, 1 << 20      # KiB
    while enough - least > 16:
        limit = (least + enough) // 2
        status = subprocess.run(
            ["sh", "-c", 'ulimit -v "$0"; exec "$@"', str(limit), *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False).returncode
        if status:
            least = limit
        else:
            enough = limit
    return enough << 10


def best(*commands):
    """Best times of some commands, taking turns."""
    times = [[] for _ in commands]
    for _ in range(TURNS):
        for command, taken in zip(commands, times):
            taken.append(run(*command))
    return [min(taken) for taken in times]


def note(text):
    print(f"# {text}", flush=True)


class Bench(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def write(self, name, image):
        path = self.directory / name
        path.write_bytes(image.build())
        return str(path)

    def pages(self, number, **arguments):
        """An image for SEV-SNP of that many pages, no two alike."""
        image = igvmgen.Image()
        image.platform(platform_type=igvmgen.SEV_SNP)
        image.guest_policy()
        for page in range(number):
            image.page_data(page * igvmgen.PAGE,
                            page.to_bytes(4, "little") * 1024, **arguments)
        return image

    @unittest.skipUnless(shutil.which("openssl"),
                         "openssl is missing; apt-get install openssl")
    def test_measure_takes_little_more_than_hashing(self):
        number = 8192
        image = self.write("image.igvm", self.pages(number))
        plain = self.directory / "plain"
        plain.write_bytes(bytes(range(256)) * 16 * number)
        openssl = ("openssl", "dgst", "-sha384", str(plain))
        ours, theirs, start = best((CTL, "measure", image), openssl,
                                   (CTL, "--version"))
        note(f"measure {ours * 1e3:.1f} ms, openssl dgst -sha384 "
             f"{theirs * 1e3:.1f} ms: {ours / theirs:.2f}; "
             f"start alone {start * 1e3:.1f} ms")
        self.assertLessEqual(ours / theirs, 1.25)

    def test_check_of_20000_directives(self):
        image = igvmgen.Image()
        image.platform()
        for page in range(20000):
            # Far from ascending: each overlap check must sort.
            image.page_data(page * 7919 % 20000 * igvmgen.PAGE)
        path = self.write("image.igvm", image)
        ours, start = best((CTL, "check", path), (CTL, "--version"))
        note(f"check {ours * 1e3:.1f} ms, start alone {start * 1e3:.1f} ms")
        self.assertLess(ours - start, 0.010)

    def test_memory_does_not_follow_the_file(self):
        small = self.write("small.igvm", self.pages(1))
        large = self.write("large.igvm", self.pages(8192))
        for verb in ("check", "measure"):
            with self.subTest(verb):
                least = memory(CTL, verb, small)
                most = memory(CTL, verb, large)
                size = os.stat(large).st_size
                note(f"{verb}: {(most - least) / MIB:.1f} MiB more for a "
                     f"file of {size / MIB:.0f} MiB")
                self.assertGreater(most, least)
                self.assertLess(most - least, 2 * MIB)


if __name__ == "__main__":
    unittest.main()
