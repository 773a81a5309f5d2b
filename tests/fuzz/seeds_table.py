#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of changes of a partition table.

usage: seeds_table.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import sys

import corpus


def table(*partitions):
    """A table: type, UUID, first and last block of each partition."""
    return bytes([len(partitions)]) + b"".join(bytes(p) for p in partitions)


def seeds():
    old = table((1, 7, 20, 30), (2, 8, 31, 40))
    new = table((1, 7, 20, 30), (2, 8, 31, 40), (3, 9, 41, 50))
    other = table((1, 7, 20, 30), (1, 5, 31, 50))
    sound, look = b"\0", b"\0"
    for when in range(8):
        yield ("other-%d" % when,
               old + sound + look + new + sound + other + bytes([when]))
    # A field of the header differs, in the first table or in the copy.
    for at in (24, 32, 40, 48, 72, 80, 84):
        yield ("header-%d" % at,
               old + bytes([1, 0, at, 0, 60]) + look + new + sound + other)
        yield ("copy-%d" % at,
               old + sound + look + new + bytes([1, 0, at, 0, 60]) + other)
    yield "outside", table((1, 7, 20, 95)) + sound + look + new + sound + other


WORDS = (bytes([1, 0, 72, 0]), bytes([1, 0, 48, 0]), bytes([79]), bytes([18]))


if __name__ == "__main__":
    corpus.write(*sys.argv[1:], seeds(), WORDS)
