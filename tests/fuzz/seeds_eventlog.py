#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of event logs.

usage: seeds_eventlog.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib/attest"))

# pylint: disable=wrong-import-position
import eventlog     # noqa: E402
import corpus       # noqa: E402


def seeds():
    log = eventlog.Log()
    yield "header", log.bytes
    yield "separator", log.event(1, eventlog.SEPARATOR, bytes(4)).bytes
    yield "td", eventlog.td().bytes
    yield "padded", eventlog.td().area(4096)
    yield "zeroes", eventlog.td().area(4096, fill=0)
    yield "two", eventlog.td(algorithms=(eventlog.SHA256, eventlog.SHA384)).bytes
    yield "vendor", eventlog.Log(vendor=b"vendor").no_action(0, b"StartupLocality\0\3").bytes


WORDS = (b"Spec ID Event03\0", b"\x0c\0", b"\x0b\0", b"\x0c\0\x30\0", b"\x01\0\0\x80",
         b"\x02\0\0\x80", b"\xe0\0\0\x80", b"\x04\0\0\0", eventlog.GLOBAL,
         eventlog.variable("db", b"", eventlog.SECURITY))


if __name__ == "__main__":
    corpus.write(*sys.argv[1:], seeds(), WORDS)
