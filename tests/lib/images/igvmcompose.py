#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A flat OVMF as a native IGVM image, and a kernel in it.

The image asks the VMM for all parameters that the firmware's own table has places
for. `vmfwupdate-ctl wrap` writes images without them. Written from edk2's OvmfPkg.
It shares no code with userspace/igvm.

usage: igvmcompose.py FIRMWARE OUT [KERNEL]

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import struct
import sys

import composed
import igvmgen
import ovmf


def areas_of(rom):
    """The areas in the firmware's table: {kind: (start, bytes)}."""
    from_end, = struct.unpack("<I", ovmf.table_of(rom)[ovmf.IGVM])
    start = len(rom) - from_end
    magic, length, version, number = struct.unpack_from("<4sIII", rom, start)
    if (magic, length, version) != (b"IGVM", 16 + 12 * number, 1):
        raise ValueError("the firmware's table of IGVM areas has a wrong magic, length or version")
    rows = struct.iter_unpack("<III", rom[start + 16:start + length])
    return {kind: (at, size) for at, size, kind in rows}


def base(rom):
    """The firmware alone, and a page of parameters for the VMM to fill."""
    areas = areas_of(rom)
    gpa, size = areas[ovmf.PARAMETER_AREA]
    image = igvmgen.wrap(rom)
    image.parameter_area(0, size)
    image.parameter(igvmgen.MEMORY_MAP, 0, areas[ovmf.MEMORY_MAP][0])
    image.parameter(igvmgen.VP_COUNT, 0, areas[ovmf.VP_COUNT][0])
    image.parameter_insert(gpa, 0)
    return image.build()


def main(firmware, out, kernel=None):
    image = base(pathlib.Path(firmware).read_bytes())
    if kernel:
        image = composed.compose(image, kernel=pathlib.Path(kernel).read_bytes())
    pathlib.Path(out).write_bytes(image)


if __name__ == "__main__":
    main(*sys.argv[1:])
