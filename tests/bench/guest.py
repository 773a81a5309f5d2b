#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The numbers of the rows that guest.bats measured in a virtual machine.

usage: guest.py DIRECTORY REPORT

DIRECTORY has a file for each table, with a row for each turn. The numbers become the part
"vm" of REPORT. Each number is also a line of the output.

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import sys

import report

SIZES = (4, 64, 256)    # MiB
# A row of "stage-SIZE" has the processor time and the wall time of these commands.
COPY, HASH, ALLOCATE, STAGE = range(4)
PROCESSOR, WALL = range(2)


def rows(directory, name):
    """The rows of a table, as numbers."""
    text = (directory / name).read_text(encoding="utf-8")
    return [[float(word) for word in line.split()] for line in text.splitlines()]


def seconds(row, command, kind):
    return row[2 * command + kind] * 1e-9


def numbers_of_stage(directory):
    """The times of stage, compared with cp and sha256sum, and with the allocation."""
    for size in SIZES:
        table = rows(directory, f"stage-{size}")
        for kind, word in ((PROCESSOR, "processor time"), (WALL, "wall time")):
            yield report.number(
                "stage", f"{size} MiB, {word}", "s", table,
                lambda row, kind=kind: seconds(row, STAGE, kind), "cp and sha256sum",
                lambda row, kind=kind: seconds(row, COPY, kind) + seconds(row, HASH, kind))
        yield report.number(
            "stage and its memory", f"stage of {size} MiB, wall time", "s", table,
            lambda row: seconds(row, STAGE, WALL), "the allocation alone",
            lambda row: seconds(row, ALLOCATE, WALL))


def numbers_of_boots(directory):
    """An update, and boots with nothing to do.

    In the VM of these boots, the clock jumps while the processor waits for a disk. So the
    wall time means nothing there.
    """
    yield report.number("reboot", "with an update to the same firmware", "s",
                        rows(directory, "update"), lambda row: row[1],
                        "without an update", lambda row: row[0])
    for name, words, yardstick in (
            ("no-interface", "load of the module, without the interface", "true"),
            ("running", "auto, while the wanted firmware runs", "sha256sum of the image")):
        yield report.number("boot", words, "s", rows(directory, name),
                            lambda row: seconds(row, 1, PROCESSOR), yardstick,
                            lambda row: seconds(row, 0, PROCESSOR))


def main(arguments):
    if len(arguments) != 2:
        sys.exit("usage: guest.py DIRECTORY REPORT")
    directory = pathlib.Path(arguments[0])
    numbers = [*numbers_of_stage(directory), *numbers_of_boots(directory)]
    for each in numbers:
        print(f"# {report.line(each)}")
    report.save(arguments[1], {"vm": {"machine": report.machine(
        tool=(directory / "tool").read_text(encoding="utf-8").strip(),
        qemu=(directory / "qemu").read_text(encoding="utf-8").strip()), "numbers": numbers}})


if __name__ == "__main__":
    main(sys.argv[1:])
