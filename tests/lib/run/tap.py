#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run files of unittest cases and report in TAP 13.

usage: tap.py [--match WORD] FILE...

Only the TAP document goes to standard output. Output of the tests goes to standard
error. Exit status: 0 all passed or skipped, 1 a failure, 2 usage.

Copyright (C) 2026 The vmfwupdate authors
"""

import contextlib
import importlib.util
import inspect
import pathlib
import sys
import time
import unittest
from unittest.util import strclass


class InTextOrder(unittest.TestLoader):
    """Run tests in the order of the file, not by name as unittest does."""

    def getTestCaseNames(self, case):
        names = super().getTestCaseNames(case)
        return sorted(names, key=lambda name: inspect.unwrap(
            getattr(case, name)).__code__.co_firstlineno)


# The folders of helpers, which a test file may import.
HELPERS = [room for room in pathlib.Path(__file__).resolve().parents[1].iterdir()
           if room.is_dir()]


def load(path):
    """The cases of one file, in the order of its text."""
    # A file can import its neighbours, as it can when it runs by itself.
    for directory in map(str, [*HELPERS, path.resolve().parent]):
        if directory not in sys.path:
            sys.path.insert(0, directory)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return InTextOrder().loadTestsFromModule(module)


def cases(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item)
        else:
            yield item


def title(test):
    """Words for a test: its file, then the first line of its docstring, or its name."""
    words = test.shortDescription()
    if not words:
        words = test.id().rsplit(".", 1)[-1]
        words = words[5:] if words.startswith("test_") else words
        words = words.replace("_", " ")
    where = type(test).__module__
    return f"{where}: {words}".replace("#", "no. ")


class TapResult(unittest.TestResult):
    """Writes one line per test, and the text of a failure as a comment.

    If setUpClass fails or skips, unittest reports a stand-in that is no test case.
    Every test of the class then gets its line. This project has no expected failures:
    they count as not reported.
    """

    def __init__(self, out, tests):
        super().__init__()
        self.out = out
        self.tests = tests
        self.failed = False
        self.reported = set()
        self.started = {}
        self.partly = set()
        print(f"TAP version 13\n1..{len(tests)}", file=out, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.started[test.id()] = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        if test.id() in self.partly - self.reported:
            self.line("ok", test)

    def meant(self, test):
        """The tests that a report is about, except those that have a line."""
        if isinstance(test, unittest.TestCase):
            about = [test]
        else:
            about = [t for t in self.tests
                     if f"({strclass(type(t))})" in test.id()]
        return [t for t in about if t.id() not in self.reported]

    def line(self, verdict, test, note=""):
        self.reported.add(test.id())
        print(f"{verdict} {len(self.reported)} - {title(test)}{note}",
              file=self.out)
        elapsed = time.monotonic() - self.started.get(test.id(),
                                                      time.monotonic())
        if elapsed > 5:
            self.comment(f"{elapsed:.1f} s")
        self.out.flush()

    def comment(self, text):
        for row in text.rstrip().splitlines():
            print(f"# {row}", file=self.out)
        self.out.flush()

    def failure(self, test, text):
        self.failed = True
        for each in self.meant(test):
            self.line("not ok", each)
        self.comment(text)

    def addSuccess(self, test):
        self.line("ok", test)

    def addSkip(self, test, reason):
        # unittest has skipped a subTest: the test itself still gets its line.
        if hasattr(test, "test_case"):
            self.comment(f"skipped: {test}: {reason}")
            self.partly.add(test.test_case.id())
            return
        for each in self.meant(test):
            self.line("ok", each, f" # SKIP {reason}")

    def addFailure(self, test, err):
        self.failure(test, self._exc_info_to_string(err, test))

    def addError(self, test, err):
        self.failure(test, self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.failure(test, f"{subtest}\n"
                         + self._exc_info_to_string(err, test))


def run(paths, match, out):
    tests = [t for path in paths for t in cases(load(path))
             if match in title(t)]
    result = TapResult(out, tests)
    unittest.TestSuite(tests).run(result)
    missing = len(tests) - len(result.reported)
    if missing:
        result.comment(f"{missing} of {len(tests)} tests did not report")
    return bool(tests) and not missing and not result.failed


def main(arguments):
    match = ""
    if len(arguments) >= 2 and arguments[0] == "--match":
        match, arguments = arguments[1], arguments[2:]
    paths = [pathlib.Path(a) for a in arguments]
    missing = [p for p in paths if not p.is_file()]
    if not paths or missing:
        for path in missing:
            print(f"tap.py: no file {path}", file=sys.stderr)
        print("usage: tap.py [--match WORD] FILE...", file=sys.stderr)
        return 2
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        passed = run(paths, match, out)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
