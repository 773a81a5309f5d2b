#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The speed and the size of vmfwupdate-ctl, compared with other programs.

The numbers are ratios and differences within one run, because absolute times depend on the
machine. Programs run in turns, so that other load affects all of them. The best turns
count. tests/lib/run/tap.py runs this file. CTL names another program. BENCH_JSON names a
file for the numbers, which report.py reads.

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
import report       # noqa: E402  pylint: disable=wrong-import-position
import turns        # noqa: E402  pylint: disable=wrong-import-position

CTL = os.environ.get("CTL", str(TOP / "build/userspace/vmfwupdate-ctl"))
START = (CTL, "--version")
MIB = 1 << 20
PAGES = 8192            # 32 MiB
HASHED = "openssl dgst -sha384"
HEADERS = (5000, 10000, 20000, 40000)
SIZES = (4, 64, 256)    # MiB

MACHINE = {}
NUMBERS = []


def setUpModule():
    MACHINE.update(report.machine(tool=output(*START), openssl=openssl_version()))


def tearDownModule():
    if "BENCH_JSON" in os.environ and NUMBERS:
        report.save(os.environ["BENCH_JSON"],
                    {"host": {"machine": MACHINE, "numbers": NUMBERS}})


def note(text):
    print(f"# {text}", flush=True)


def add(*arguments):
    """Keep a number, made by report.number(), and return its ratio."""
    item = report.number(*arguments)
    NUMBERS.append(item)
    note(report.line(item))
    return item["ratio"]["value"]


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True,
                          text=True).stdout.strip()


def openssl_version():
    return output("openssl", "version") if shutil.which("openssl") else None


def page(number):
    return number.to_bytes(4, "little") * 1024


def pages(number):
    """An image for SEV-SNP of that many pages, no two alike."""
    image = igvmgen.Image()
    image.platform(platform_type=igvmgen.SEV_SNP)
    image.guest_policy()
    for each in range(number):
        image.page_data(each * igvmgen.PAGE, page(each))
    return image


def worst_order(number):
    """An image of so many headers whose order is far from ascending."""
    image = igvmgen.Image()
    image.platform()
    for each in range(number):
        # Because of this order, each overlap check must sort the addresses.
        image.page_data(each * 7919 % number * igvmgen.PAGE)
    return image


def hashing(row):
    """The time of openssl without its start-up, in a row of Hashing.checks()."""
    return row[1] - row[0]


def net(row):
    """The times of the checks without the tool's start-up."""
    return [taken - row[2] for taken in row[3:]]


class Bench(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def write(self, name, data):
        path = self.directory / name
        path.write_bytes(data)
        return str(path)

    def write_of_size(self, mib):
        """An image with a header for each page. The data of the pages is a hole."""
        number = mib * MIB // igvmgen.PAGE
        image = igvmgen.Image()
        image.platform()
        for each in range(number):
            image.page_data(each * igvmgen.PAGE).fields["file_offset"] = 1
        start = len(image.build())
        for each, header in enumerate(image.headers[1:]):
            header.fields["file_offset"] = start + each * igvmgen.PAGE
        size = start + mib * MIB
        path = self.write(f"{mib}.igvm", image.build(total_file_size=size))
        os.truncate(path, size)
        return path


class Start(Bench):

    def test_start_up_of_verbs(self):
        image = self.write("image.igvm", pages(1).build())
        verbs = {"help": ("help",), "--version": ("--version",),
                 "check of an image of one page": ("check", image)}
        status = subprocess.run((CTL, "status"), stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, check=False)
        self.assertTrue(status.stdout.startswith(b"Firmware "), status)
        if status.returncode == 5:
            verbs["status without a device"] = ("status",)
        else:
            note("this machine has the interface, so status does more than start")
        rows, _ = turns.take_turns(("true",), *[(CTL, *verb) for verb in verbs.values()],
                                   turns=100, codes=(0, 5))
        for at, name in enumerate(verbs, 1):
            ratio = add("start-up", name, "s", rows, lambda row, at=at: row[at],
                        "true", lambda row: row[0])
            self.assertLess(ratio, 20)


@unittest.skipUnless(shutil.which("openssl"), "openssl is missing; apt-get install openssl")
class Hashing(Bench):
    """Compared with openssl, which computes SHA-384 of 32 MiB."""

    def setUp(self):
        super().setUp()
        plain = self.write("plain", b"".join(map(page, range(PAGES))))
        self.openssl = ("openssl", "dgst", "-sha384", plain)

    def checks(self, paths):
        """Rows of processor time: openssl without and with a hash, the tool's start, the checks."""
        rows, _ = turns.take_turns(("openssl", "version"), self.openssl, START,
                                   *[(CTL, "check", path) for path in paths])
        return rows

    def check_in_worst_order(self, numbers):
        return self.checks([
            self.write(f"{number}.igvm", worst_order(number).build())
            for number in numbers])

    def test_measure_takes_little_more_than_hashing(self):
        image = self.write("image.igvm", pages(PAGES).build())
        cpu = str(min(os.sched_getaffinity(0)))
        # Two threads on one core slow each other. So one CPU alone shows the work.
        processor, _ = turns.take_turns(self.openssl, ("taskset", "-c", cpu, CTL, "measure", image))
        _, wall = turns.take_turns(self.openssl, (CTL, "measure", image))
        ratios = [add("measure", f"SNP, 32 MiB, {of}", "s", rows,
                      lambda row: row[1], f"{HASHED} of the same bytes", lambda row: row[0])
                  for of, rows in (("processor time on one CPU", processor), ("wall time", wall))]
        self.assertLessEqual(ratios[0], 1.25)
        # Without the second thread, both ratios would be the same.
        if len(os.sched_getaffinity(0)) > 1:
            self.assertLessEqual(ratios[1], 0.9)

    def test_check_of_20000_directives(self):
        rows = self.check_in_worst_order([20000])
        ratio = add("check", "20,000 headers in the worst order", "s", rows,
                    lambda row: net(row)[0], f"{HASHED} of 32 MiB", hashing)
        self.assertLess(ratio, 0.5)

    def test_check_grows_with_the_headers(self):
        rows = self.check_in_worst_order(HEADERS)
        ratio = add("check", "each further header in the worst order", "s", rows,
                    lambda row: turns.slope(HEADERS, net(row)),
                    f"{HASHED} of a page", lambda row: hashing(row) / PAGES)
        self.assertLess(ratio, 0.5)
        # A sort takes time proportional to n log n, which looks like the power 1.11 here.
        power = add("check", "growth with the number of headers, as a power", "", rows,
                    lambda row: turns.exponent(HEADERS, net(row)),
                    "growth in proportion", lambda row: 1)
        self.assertLess(power, 1.5)

    def test_check_grows_with_the_file(self):
        rows = self.checks([self.write_of_size(mib) for mib in SIZES])
        ratio = add("check", "each further MiB, which has 256 headers", "s", rows,
                    lambda row: turns.slope(SIZES, net(row)),
                    f"{HASHED} of a MiB",
                    lambda row: hashing(row) / (PAGES * igvmgen.PAGE / MIB))
        self.assertLess(ratio, 0.5)


class Memory(Bench):

    def test_memory_does_not_follow_the_file(self):
        small = self.write("small.igvm", pages(1).build())
        large = self.write("large.igvm", pages(PAGES).build())
        size = os.stat(large).st_size
        for verb in ("check", "measure"):
            with self.subTest(verb):
                rows = turns.memory_turns(START, (CTL, verb, small), (CTL, verb, large))
                add("memory", f"{verb} of 32 MiB", "bytes", rows, lambda row: row[2],
                    "--version", lambda row: row[0])
                add("memory", f"{verb}: growth from one page to 32 MiB", "bytes", rows,
                    lambda row: row[2] - row[1], "size of the file", lambda row: size)
                for row in rows:
                    self.assertGreater(row[2], row[1])
                    self.assertLess(row[2] - row[1], 2 * MIB)

    def test_memory_grows_with_the_headers(self):
        paths = [self.write(f"{number}.igvm", worst_order(number).build())
                 for number in HEADERS]
        rows = turns.memory_turns(START, *[(CTL, "check", path) for path in paths])
        add("memory", "check of 20,000 headers", "bytes", rows,
            lambda row: row[1 + HEADERS.index(20000)], "--version", lambda row: row[0])
        sizes = [os.stat(path).st_size for path in paths]
        ratio = add("memory", "check: each further header", "bytes", rows,
                    lambda row: turns.slope(HEADERS, row[1:]),
                    "size of a header", lambda row: turns.slope(HEADERS, sizes))
        self.assertLess(ratio, 2)


if __name__ == "__main__":
    unittest.main()
