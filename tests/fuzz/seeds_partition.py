#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of partitions and their tables.

usage: seeds_partition.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import sys
import zlib

import corpus


def table(used=92):
    """The header of a table. A fuzzer cannot guess its checksum."""
    fields = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, used, 0, 0,
                         1, 9999, 34, 9966, bytes(16), 2, 128, 128, 1)
    fields = fields.ljust(used, b"\0")
    checksum = struct.pack("<I", zlib.crc32(fields))
    return (fields[:16] + checksum + fields[20:]).ljust(512, b"\0")


def seeds():
    yield "narrow", b"1FILE FS" + struct.pack("<I", 8) + b"IGVM\1\0\0\0"
    yield "wide", b"1FILE FS" + struct.pack("<Q", 8) + b"IGVM\1\0\0\0"
    yield "both", b"1FILE FS" + struct.pack("<I", 8) + b"IGVMIGVM"
    yield "table", table()
    yield "longer-table", table(100)


WORDS = (b"1FILE FS", b"IGVM", b"EFI PART", struct.pack("<I", 92),
         struct.pack("<I", 128), struct.pack("<Q", 2))


if __name__ == "__main__":
    corpus.write(*sys.argv[1:], seeds(), WORDS)
