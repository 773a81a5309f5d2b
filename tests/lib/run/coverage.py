#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Line coverage of user space by its tests, as TAP.

The script builds the libraries, the tool and the unit tests with gcc --coverage, below
O/coverage. Then it runs unit tests and tests of the command line. Lists name the sources
and the lines that no test has to reach. Each list is in the directory of its unit tests:

    sources: GLOB...	below the top, the sources of the list
    tests: FILE...	tests of the command line that also run for the list

    # the reason why no test reaches the lines that follow
    FILE: text of the line

usage: coverage.py LIST...

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

TOP = pathlib.Path(__file__).resolve().parents[3]
OUT = pathlib.Path(os.environ.get("O", TOP / "build")).resolve() / "coverage"
LEAST = 95.0


class List:
    """The coverage that some sources must have."""

    def __init__(self, path):
        path = pathlib.Path(path).resolve()
        self.name = path.parent.name
        self.unit = path.parent
        self.sources = set()
        self.tests = []
        # Lines (file, text) that may stay uncovered, and the number of their copies.
        self.allowed = collections.Counter()
        self.read(path)

    def read(self, path):
        reason = False
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                reason = True
            elif line.strip():
                name, text = line.split(":", 1)
                if name == "sources":
                    for glob in text.split():
                        self.sources.update(TOP.glob(glob))
                elif name == "tests":
                    self.tests += [TOP / test for test in text.split()]
                elif reason:
                    self.allowed[name, text.strip()] += 1
                else:
                    raise ValueError(f"no reason for: {line}")

    def uncovered(self, lines):
        """Lines that no test reached, as (file, text, number)."""
        for source in sorted(self.sources):
            text = source.read_text(encoding="utf-8").splitlines()
            for line, count in sorted(lines[source].items()):
                if not count:
                    yield source.name, text[line - 1].strip(), line

    def judge(self, lines, first):
        """Print two results; return False if one of them is bad."""
        allowed = self.allowed.copy()
        number = sum(len(lines[source]) for source in self.sources)
        missed = list(self.uncovered(lines))
        unexplained = []
        for name, text, line in missed:
            if allowed[name, text]:
                allowed[name, text] -= 1
            else:
                unexplained.append(f"{name}: {text}    (line {line})")
        percent = 100 * (number - len(missed)) / max(number, 1)
        print(f"# {self.name}: {number} lines, {len(missed)} of them not "
              f"covered: {percent:.1f} %")
        enough = number > 0 and percent >= LEAST
        print(f"{'ok' if enough else 'not ok'} {first} - coverage: {self.name}: "
              f"at least {LEAST:.0f} % of the lines")
        stale = [f"{name}: {text}" for (name, text), left in allowed.items()
                 for _ in range(left)]
        for line in unexplained:
            print(f"# no reason given: {line}")
        for line in stale:
            print(f"# covered, or gone: {line}")
        listed = not unexplained and not stale
        print(f"{'ok' if listed else 'not ok'} {first + 1} - coverage: "
              f"{self.name}: a reason for every line that is not covered")
        return enough and listed


def build_and_run(lists):
    """Return False if the build or a test fails."""
    # Sanitizers would add nothing but time.
    flags = [f"O={OUT}", "CFLAGS=-O0 -g --coverage", "SANITIZE="]
    environment = dict(os.environ, O=str(OUT),
                       CTL=str(OUT / "userspace/vmfwupdate-ctl"))
    for old in OUT.rglob("*.gcda"):
        old.unlink()
    make = ["make", "--no-print-directory", "-C"]
    tests = sorted({test for wanted in lists for test in wanted.tests})
    commands = [[*make, TOP / "userspace", "all", *flags],
                *([*make, wanted.unit, "check", *flags] for wanted in lists),
                ["bats", "--tap", *tests]]
    for command in commands:
        run = subprocess.run(command, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env=environment,
                             check=False)
        if run.returncode:
            sys.stderr.write(run.stdout.decode(errors="replace"))
            return False
    return True


def collect(sources):
    """Path of each source to {line: times that it ran}."""
    lines = collections.defaultdict(collections.Counter)
    data = sorted(OUT.rglob("*.gcda"))
    with tempfile.TemporaryDirectory() as directory:
        for number, path in enumerate(data):
            place = pathlib.Path(directory) / str(number)
            place.mkdir()
            run = subprocess.run(["gcov", "--json-format", path], cwd=place,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, check=False)
            if run.returncode:
                sys.exit(f"gcov {path}: {run.stdout.decode(errors='replace')}")
            for result in place.glob("*.gcov.json.gz"):
                with gzip.open(result) as file:
                    told = json.load(file)
                base = pathlib.Path(told["current_working_directory"])
                for source in told["files"]:
                    name = (base / source["file"]).resolve()
                    if name not in sources:
                        continue
                    for line in source["lines"]:
                        lines[name][line["line_number"]] += line["count"]
    return lines


def main(arguments):
    lists = [List(argument) for argument in arguments]
    print(f"1..{2 * len(lists)}")
    if not build_and_run(lists):
        for number in range(2 * len(lists)):
            print(f"not ok {number + 1} - coverage: the tests pass with "
                  "--coverage")
        return 1
    lines = collect(set().union(*(wanted.sources for wanted in lists)))
    good = [wanted.judge(lines, 2 * number + 1)
            for number, wanted in enumerate(lists)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
