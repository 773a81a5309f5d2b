# SPDX-License-Identifier: LGPL-2.1-or-later
"""Composed images, byte for byte as `vmfwupdate-ctl compose` writes them.

Written from Documentation/image-formats.md. It shares no code with userspace/igvm.
The firmware must expect parts at the addresses of Debian's OVMF.

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import uuid
import zlib

import igvmgen
import ovmf
from igvmgen import PAGE

TYPES = {"pk": 0x100, "kek": 0x101, "db": 0x102, "dbx": 0x103, "shim": 0x200,
         "kernel": 0x201}
DATA_HOB = uuid.UUID("3dd177ff-b632-4e25-bef3-065063d55fc4").bytes_le
AREAS = {kind: start for start, _, kind in ovmf.IGVM_AREAS}
FIRST = 64 << 20


def parse(data):
    """(type, content) of every header, and the data after them."""
    start, size = struct.unpack_from("<II", data, 8)
    headers, at = [], start
    while at < start + size:
        kind, length = struct.unpack_from("<II", data, at)
        headers.append((kind, bytearray(data[at + 8:at + 8 + length])))
        at += 8 + (length + 7) // 8 * 8
    return headers, data[start + size:]


def page(gpa, mask, offset):
    return igvmgen.PAGE_DATA, bytearray(
        struct.pack("<QIIIHH", gpa, mask, offset, 0, 0, 0))


def hob_list(parts):
    hobs, at = b"", FIRST
    for number, data in parts:
        hobs += struct.pack("<HHI16sQQII", 4, 48, 0, DATA_HOB, at, len(data),
                            number, 0)
        at += -(-len(data) // PAGE) * PAGE
    return (hobs + struct.pack("<HHI", 0xFFFF, 8, 0)).ljust(PAGE, b"\0")


def added(headers, base_size, parts):
    """Make the new pages. Their data offsets do not count the new headers."""
    everyone = 0
    there = {start: 0 for start in AREAS.values()}
    for kind, content in headers:
        if kind == igvmgen.SUPPORTED_PLATFORM:
            everyone |= struct.unpack_from("<I", content)[0]
        elif kind in (igvmgen.PAGE_DATA, igvmgen.PARAMETER_INSERT):
            gpa, mask = struct.unpack_from("<QI", content)
            if gpa in there:
                there[gpa] |= mask
    new = []
    for kind, offset in ((ovmf.PARAMETER_AREA, 0), (ovmf.HOB_AREA, base_size)):
        rest = everyone & ~there[AREAS[kind]]
        if rest:
            new.append(page(AREAS[kind], rest, offset))
    gpa, offset = FIRST, base_size + PAGE
    for _, data in parts:
        for _ in range(0, len(data), PAGE):
            new.append(page(gpa, everyone, offset))
            gpa, offset = gpa + PAGE, offset + PAGE
    return new


def compose(base, **files):
    """Return the expected bytes of a base of version 1 with parts."""
    parts = sorted((TYPES[name], data) for name, data in files.items())
    headers, data = parse(base)
    for kind, content in headers:
        if kind == igvmgen.PAGE_DATA and \
                struct.unpack_from("<Q", content)[0] == AREAS[ovmf.HOB_AREA]:
            struct.pack_into("<II", content, 12, len(base), 0)
    last = max(index for index, (kind, _) in enumerate(headers)
               if kind != igvmgen.VP_CONTEXT) + 1
    new = added(headers, len(base), parts)
    grown = sum(8 + len(content) for _, content in new)
    out = b""
    for kind, content in headers[:last] + new + headers[last:]:
        if kind in (igvmgen.PAGE_DATA, igvmgen.VP_CONTEXT):
            offset, = struct.unpack_from("<I", content, 12)
            struct.pack_into("<I", content, 12, offset and offset + grown)
        out += struct.pack("<II", kind, len(content)) + content
        out += bytes(-len(content) % 8)
    data += hob_list(parts)
    for _, part in parts:
        data += part + bytes(-len(part) % PAGE)
    fixed = struct.pack("<4s5I", b"IGVM", 1, 24, len(out),
                        24 + len(out) + len(data), 0)
    return fixed[:20] + struct.pack("<I", zlib.crc32(fixed + out)) + out + data
