#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of UEFI's boot options.

usage: seeds_bootoption.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import sys
import uuid

import corpus

PARTUUID = uuid.UUID("12345678-9abc-def0-1122-334455667788")

END = struct.pack("<BBH", 0x7f, 0xff, 4)
ACPI = struct.pack("<BBHII", 2, 1, 12, 0x0a0341d0, 0)
FILE = struct.pack("<BBH", 4, 4, 4 + 26) + "\\EFI\\a.efi\0".encode("utf-16-le").ljust(26, b"\0")


def disk(table, kind, signature):
    """A node of a partition: number 1, from sector 2048."""
    return struct.pack("<BBHIQQ16sBB", 4, 1, 42, 1, 2048, 4096, signature, table, kind)


GPT = disk(2, 2, PARTUUID.bytes_le)
MBR = disk(1, 1, struct.pack("<I", 0x89abcdef))


def option(*nodes, data=b""):
    path = b"".join(nodes)
    return struct.pack("<IH", 1, len(path)) + "Linux\0".encode("utf-16-le") + path + data


def seeds():
    yield "gpt", option(GPT, FILE, END)
    yield "mbr", option(ACPI, MBR, FILE, END)
    yield "none", option(ACPI, END)
    yield "loader-data", option(GPT, FILE, END, data=b"quiet\0")
    yield "no-signature", option(disk(2, 0, bytes(16)), END)


if __name__ == "__main__":
    corpus.write(*sys.argv[1:], seeds(), (GPT[:4], GPT[-2:], MBR[-2:], END, ACPI[:4]))
