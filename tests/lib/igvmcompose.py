#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A flat OVMF, a kernel and Secure Boot's databases in one IGVM image.

For the native platform, and asking the VMM for what the firmware can be told:
`vmfwupdate-ctl compose` writes images without that. It shares no code with it.
Written from edk2's OvmfPkg.

usage: igvmcompose.py [--kernel FILE] [--shim FILE] [--pk FILE] [--kek FILE]
                      [--db FILE] [--dbx FILE] FIRMWARE OUT

Copyright (C) 2026 The vmfwupdate authors
"""

import argparse
import pathlib
import struct
import sys
import uuid

import igvmgen
import ovmf
from igvmgen import PAGE

DATA_HOB = "3dd177ff-b632-4e25-bef3-065063d55fc4"
HOB_GUID_EXTENSION = 4
HOB_END = struct.pack("<HHI", 0xFFFF, 8, 0)

# Types of data, in the order in which it is laid out here.
TYPES = {"pk": 0x100, "kek": 0x101, "db": 0x102, "dbx": 0x103, "shim": 0x200,
         "kernel": 0x201}

# Above everything that OVMF unpacks itself into.
DATA_START = 64 << 20


def areas_of(rom):
    """{kind: (start, bytes)}, as the firmware's table has it."""
    from_end, = struct.unpack("<I", ovmf.table_of(rom)[ovmf.IGVM])
    start = len(rom) - from_end
    magic, length, version, number = struct.unpack_from("<4sIII", rom, start)
    if (magic, length, version) != (b"IGVM", 16 + 12 * number, 1):
        raise ValueError("the firmware's description of its IGVM areas is odd")
    rows = struct.iter_unpack("<III", rom[start + 16:start + length])
    return {kind: (at, size) for at, size, kind in rows}


def hob(address, length, data_type):
    content = struct.pack("<QQII", address, length, data_type, 0)
    content = uuid.UUID(DATA_HOB).bytes_le + content
    return struct.pack("<HHI", HOB_GUID_EXTENSION, 8 + len(content),
                       0) + content


def ask(image, areas):
    """Have the VMM fill the page of parameters."""
    gpa, size = areas[ovmf.PARAMETER_AREA]
    image.parameter_area(0, size)
    image.parameter(igvmgen.MEMORY_MAP, 0, areas[ovmf.MEMORY_MAP][0])
    image.parameter(igvmgen.VP_COUNT, 0, areas[ovmf.VP_COUNT][0])
    image.parameter_insert(gpa, 0)


def compose(rom, data):
    """data: {name of TYPES: bytes}; the image, to be built."""
    areas = areas_of(rom)
    image = igvmgen.wrap(rom)
    ask(image, areas)
    at, hobs = DATA_START, b""
    for name, number in TYPES.items():
        if name in data:
            hobs += hob(at, len(data[name]), number)
            padded = data[name] + bytes(-len(data[name]) % PAGE)
            image.pages(at, padded)
            at += len(padded)
    start, size = areas[ovmf.HOB_AREA]
    image.pages(start, (hobs + HOB_END).ljust(size, b"\0"))
    return image


def main(arguments):
    parser = argparse.ArgumentParser(
        description="Compose an IGVM image for tests.")
    for name in TYPES:
        parser.add_argument(f"--{name}", metavar="FILE", type=pathlib.Path)
    parser.add_argument("firmware", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args(arguments)

    data = {name: path.read_bytes() for name, path in
            ((name, getattr(args, name)) for name in TYPES) if path}
    args.out.write_bytes(compose(args.firmware.read_bytes(), data).build())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
