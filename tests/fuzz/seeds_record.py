#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of records of attempts.

usage: seeds_record.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import struct
import sys

import corpus

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib/disk"))
import vmfwrecord  # noqa: E402

IMAGE = "07" * 32
SEAL = 3


def block(sequence, *attempts):
    """A block without the zeroes at its end."""
    return vmfwrecord.block(sequence, attempts)[:64 + 504 * len(attempts)]


def pair(first, second, flags=SEAL):
    size = max(len(first), len(second))
    return bytes([flags]) + first.ljust(size, b"\0") + second.ljust(size, b"\0")


def seeds():
    closed = IMAGE + ",2,1,2,Provider,Tenant"
    opened = IMAGE + ",1,3,0,Provider,"
    yield "fresh", pair(block(1), block(2))
    yield "closed", pair(block(3), block(4, closed))
    yield "open", pair(block(5, opened), block(4))
    yield "both", pair(block(5, closed, opened), block(4, closed))
    yield "torn", pair(block(5, opened), b"", 1)
    yield "last", pair(block(2 ** 64 - 1, closed), block(4, opened))
    yield "bound", pair(block(2 ** 62, closed), block(2 ** 62 - 1, opened))
    yield "page", bytes([5 + 8]) + block(9, closed)


WORDS = tuple(struct.pack("<Q", number) for number in
              (1, 2, 8, 2 ** 62, 2 ** 62 - 1, 2 ** 63, 2 ** 64 - 1))


if __name__ == "__main__":
    corpus.write(*sys.argv[1:], seeds(), WORDS)
