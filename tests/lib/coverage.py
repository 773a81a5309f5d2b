#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Line coverage of libvmfw-igvm by its tests, as TAP.

The library, the tool and the unit tests are built once more, by gcc with
--coverage, below O/coverage; unit tests and the tests of the command line run.
What no test reaches must be in a list, with a reason:

    # reason, for the lines that follow
    FILE: text of the line

usage: coverage.py LIST

Copyright (C) 2026 The vmfwupdate authors
"""

import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
SOURCES = TOP / "userspace/igvm"
OUT = pathlib.Path(os.environ.get("O", TOP / "build")).resolve() / "coverage"
LEAST = 95.0
TESTS = ("tests/cli/check.bats", "tests/cli/compose.bats",
         "tests/cli/decompose.bats", "tests/cli/inspect.bats",
         "tests/cli/measure.bats", "tests/cli/wrap.bats")


def build_and_run():
    """False: a test failed."""
    # Sanitizers would add nothing but time.
    flags = [f"O={OUT}", "CFLAGS=-O0 -g --coverage", "SANITIZE="]
    environment = dict(os.environ, O=str(OUT),
                       CTL=str(OUT / "userspace/vmfwupdate-ctl"))
    for old in OUT.rglob("*.gcda"):
        old.unlink()
    commands = [["make", "--no-print-directory", "-C", TOP / "userspace",
                 "all", *flags],
                ["make", "--no-print-directory", "-C", TOP / "tests/unit/igvm",
                 "check", *flags],
                ["bats", "--tap", *(TOP / test for test in TESTS)]]
    for command in commands:
        run = subprocess.run(command, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env=environment,
                             check=False)
        if run.returncode:
            sys.stderr.write(run.stdout.decode(errors="replace"))
            return False
    return True


def collect():
    """File name to {line: times that it ran}."""
    lines = collections.defaultdict(collections.Counter)
    data = sorted(OUT.rglob("*.gcda"))
    with tempfile.TemporaryDirectory() as directory:
        for number, path in enumerate(data):
            place = pathlib.Path(directory) / str(number)
            place.mkdir()
            subprocess.run(["gcov", "--json-format", path], cwd=place,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
            for result in place.glob("*.gcov.json.gz"):
                with gzip.open(result) as file:
                    told = json.load(file)
                base = pathlib.Path(told["current_working_directory"])
                for source in told["files"]:
                    name = (base / source["file"]).resolve()
                    if name.parent != SOURCES:
                        continue
                    for line in source["lines"]:
                        lines[name.name][line["line_number"]] += line["count"]
    return lines


def read_list(path):
    """The lines that may stay uncovered, as (file, text), how often each."""
    allowed = collections.Counter()
    reason = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            reason = True
        elif line.strip():
            if not reason:
                raise ValueError(f"no reason for: {line}")
            name, text = line.split(":", 1)
            allowed[name, text.strip()] += 1
    return allowed


def main(arguments):
    allowed = read_list(pathlib.Path(arguments[0]))
    print("1..2")
    if not build_and_run():
        print("not ok 1 - coverage: the tests pass with --coverage")
        print("not ok 2 - coverage: not known")
        return 1
    lines = collect()
    number = sum(len(counts) for counts in lines.values())
    uncovered = 0
    unexplained = []
    for name in sorted(lines):
        text = (SOURCES / name).read_text(encoding="utf-8").splitlines()
        for line, count in sorted(lines[name].items()):
            if count:
                continue
            uncovered += 1
            key = name, text[line - 1].strip()
            if allowed[key]:
                allowed[key] -= 1
            else:
                unexplained.append(f"{name}: {key[1]}    (line {line})")
    percent = 100 * (number - uncovered) / max(number, 1)
    print(f"# {number} lines, {uncovered} of them not covered: "
          f"{percent:.1f} %")
    enough = number > 0 and percent >= LEAST
    print(f"{'ok' if enough else 'not ok'} 1 - coverage: "
          f"at least {LEAST:.0f} % of the lines")
    stale = [f"{name}: {text}" for (name, text), left in allowed.items()
             for _ in range(left)]
    for line in unexplained:
        print(f"# no reason given: {line}")
    for line in stale:
        print(f"# covered, or gone: {line}")
    listed = not unexplained and not stale
    print(f"{'ok' if listed else 'not ok'} 2 - coverage: "
          f"a reason for every line that is not covered")
    return 0 if enough and listed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
