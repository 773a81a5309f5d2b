#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""PE files, and UKIs of them, made by hand: sound ones, and broken ones.

Written from the format's description, not from the reader that it tests.

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import uuid

BLOCK = 512
HEADERS = 0x1000
PE_AT = 0x80
X64 = 0x8664
I386 = 0x14C

# Values in the sections .efifw and .hwids.
MAGIC = 0xFEEDDEAD
FIRMWARE = 0x2000001C
TREE = 0x1000001C
RECORD = 28


def padded(data, block=BLOCK):
    return data + bytes(-len(data) % block)


def efifw(fwid, image, chid=None, **fields):
    """A section with firmware. fields replace values of its header."""
    name = fwid.encode() + b"\0"
    told = {"magic": MAGIC, "header": 32 if chid else 16, "fwid": len(name),
            "payload": len(image), **fields}
    head = struct.pack("<4I", told["magic"], told["header"], told["fwid"],
                       told["payload"])
    if chid:
        head += uuid.UUID(chid).bytes_le
    return head + name + image


def short_magic(fwid, image):
    """A section whose magic is one zero byte, as some versions of ukify wrote it."""
    return b"\0" + efifw(fwid, image)[4:]


def capsule(payload):
    return struct.pack("<16sIII", b"a GUID of a firm", 28, 0x50000,
                       28 + len(payload)) + payload


def hwids(records, trees=()):
    """A section with machines: (CHID, fwid), and CHIDs with a device tree."""
    at = (len(records) + len(trees) + 1) * RECORD
    table, text = b"", b""
    for kind, chid, word in ([(TREE, chid, "a tree") for chid in trees] +
                             [(FIRMWARE, *record) for record in records]):
        place = at + len(text)
        table += struct.pack("<I16sII", kind, uuid.UUID(chid).bytes_le,
                             place, place)
        text += word.encode() + b"\0"
    return table + bytes(RECORD) + text


class Pe:
    """A PE file: its sections, in the order of their bytes."""

    def __init__(self, wide=True, machine=None):
        self.wide = wide
        self.machine = machine or (X64 if wide else I386)
        self.sections = []
        self.certificates = b""

    def section(self, name, data):
        self.sections.append((name.encode(), data))
        return self

    def optional(self, security):
        """The optional header with 16 data directories."""
        directories = [(0, 0)] * 16
        directories[4] = security
        head = struct.pack("<HBB5I", 0x20B if self.wide else 0x10B, 1, 0,
                           0, 0, 0, 0x1000, 0x1000)
        # PE32 also has BaseOfData, and narrower fields.
        head += (struct.pack("<Q", 0) if self.wide
                 else struct.pack("<II", 0, 0))
        head += struct.pack("<II6H4I2H", 0x1000, BLOCK, 0, 0, 0, 0, 0, 0, 0,
                            0x100000, HEADERS, 0, 10, 0)
        head += struct.pack("<4QII" if self.wide else "<4III",
                            0, 0, 0, 0, 0, 16)
        return head + b"".join(struct.pack("<II", *directory)
                               for directory in directories)

    def build(self):
        table, body, address = b"", b"", HEADERS
        for name, data in self.sections:
            raw = padded(data)
            table += struct.pack("<8s6I2HI", name, len(data), address,
                                 len(raw), HEADERS + len(body) if raw else 0,
                                 0, 0, 0, 0, 0x40000040)
            body += raw
            address += len(padded(data, 0x1000))
        security = ((HEADERS + len(body), len(self.certificates))
                    if self.certificates else (0, 0))
        optional = self.optional(security)
        dos = struct.pack("<2s58xI", b"MZ", PE_AT).ljust(PE_AT, b"\0")
        coff = struct.pack("<4sHHIIIHH", b"PE\0\0", self.machine,
                           len(self.sections), 0, 0, 0, len(optional), 0x22)
        head = dos + coff + optional + table
        if len(head) > HEADERS:
            raise ValueError("too many sections")
        return head.ljust(HEADERS, b"\0") + body + self.certificates
