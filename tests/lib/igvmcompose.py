#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A flat OVMF, a kernel and Secure Boot's databases in one IGVM image.

For the native platform, as a second opinion on `vmfwupdate-ctl compose`; it
shares no code with it. Written from edk2's OvmfPkg: what the firmware's table
of GUIDs says of its IGVM areas, and what is read at their addresses.

usage: igvmcompose.py [--kernel FILE] [--shim FILE] [--pk FILE] [--kek FILE]
                      [--db FILE] [--dbx FILE] [--at ADDRESS] FIRMWARE OUT
       igvmcompose.py --areas FIRMWARE

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

IGVM = "784fa70e-3176-4677-8a20-04b68699e374"
DATA_HOB = "3dd177ff-b632-4e25-bef3-065063d55fc4"
HOB_GUID_EXTENSION = 4

# What the firmware's table names.
AREAS = {0x100: "parameters", 0x101: "memory-map", 0x102: "vp-count",
         0x200: "hobs"}

# Types of data, in the order in which it is laid out here.
TYPES = {"pk": 0x100, "kek": 0x101, "db": 0x102, "dbx": 0x103, "shim": 0x200,
         "kernel": 0x201}

# Above everything that OVMF unpacks itself into.
DATA_START = 64 << 20


def areas_of(rom):
    """{name: (start, bytes)}; empty for a firmware that knows no IGVM."""
    table = ovmf.table_of(rom)
    if IGVM not in table:
        return {}
    from_end, = struct.unpack("<I", table[IGVM])
    start = len(rom) - from_end
    magic, length, version, number = struct.unpack_from("<4sIII", rom, start)
    if (magic, length, version) != (b"IGVM", 16 + 12 * number, 1):
        raise ValueError("the firmware's description of its IGVM areas is odd")
    rows = struct.iter_unpack("<III", rom[start + 16:start + length])
    return {AREAS[number]: (at, size) for at, size, number in rows}


def hob(address, length, data_type):
    content = struct.pack("<QQII", address, length, data_type, 0)
    content = uuid.UUID(DATA_HOB).bytes_le + content
    return struct.pack("<HHI", HOB_GUID_EXTENSION, 8 + len(content),
                       0) + content


def compose(rom, data, at=DATA_START, firmware=None):
    """data: {name of TYPES: bytes}; the image, to be built."""
    areas = areas_of(rom)
    image = firmware or igvmgen.wrap(rom)
    if "parameters" in areas:
        gpa, size = areas["parameters"]
        image.parameter_area(0, size)
        image.parameter(igvmgen.MEMORY_MAP, 0, areas["memory-map"][0])
        image.parameter(igvmgen.VP_COUNT, 0, areas["vp-count"][0])
    hobs = b""
    for name, number in TYPES.items():
        if name in data:
            hobs += hob(at, len(data[name]), number)
            padded = data[name] + bytes(-len(data[name]) % PAGE)
            image.pages(at, padded)
            at += len(padded)
    start, size = areas["hobs"]
    if len(hobs) > size:
        raise ValueError(f"{len(hobs)} bytes of HOBs, room for {size}")
    image.pages(start, hobs.ljust(size, b"\0"))
    if "parameters" in areas:
        image.parameter_insert(gpa, 0)
    return image


def main(arguments):
    parser = argparse.ArgumentParser(
        description="Compose an IGVM image for tests.")
    parser.add_argument("--areas", action="store_true",
                        help="what the firmware has for IGVM")
    parser.add_argument("--at", metavar="ADDRESS", default=DATA_START,
                        type=lambda text: int(text, 0),
                        help="guest physical address of the first data")
    for name in TYPES:
        parser.add_argument(f"--{name}", metavar="FILE", type=pathlib.Path)
    parser.add_argument("firmware", type=pathlib.Path)
    parser.add_argument("out", nargs="?", type=pathlib.Path)
    args = parser.parse_args(arguments)

    rom = args.firmware.read_bytes()
    if args.areas:
        for name, (start, size) in areas_of(rom).items():
            print(f"{name} {start:#x} {size:#x}")
        return 0
    if not args.out:
        parser.error("OUT is missing")
    data = {name: path.read_bytes() for name, path in
            ((name, getattr(args, name)) for name in TYPES) if path}
    args.out.write_bytes(compose(rom, data, args.at).build())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
