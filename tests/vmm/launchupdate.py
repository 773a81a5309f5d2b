# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's side of vmlaunchupdate, for tests without a guest.

Copyright (C) 2026 The vmfwupdate authors
"""

import struct

import igvmgen

FILE = "etc/vmlaunchupdate"
LAYOUT = "<HHI6Q"
SIZE = struct.calcsize(LAYOUT)

IGVM = 1 << 32
DISABLE = 1 << 0
HOST_IGVM = 1 << 1

DONE, NOT_LOADED, NOT_STARTED_FROM_IGVM = range(3)

LOW = 256 << 10
MIB1 = 1 << 20
GIB4 = 1 << 32


class Registers:
    """The registers, as the guest reads them from the file."""

    NAMES = ("version status padding capabilities control addr size "
             "opaque_addr opaque_size").split()

    def __init__(self, data):
        for name, value in zip(self.NAMES, struct.unpack(LAYOUT, data),
                               strict=True):
            setattr(self, name, value)

    def answer(self):
        """The registers that show whether a write has succeeded."""
        return self.status, self.addr, self.size

    def __repr__(self):
        return " ".join(f"{name}={getattr(self, name):#x}"
                        for name in self.NAMES)


def read(vm):
    return Registers(vm.read_file(0, SIZE, FILE))


def write(vm, control=IGVM, addr=0, size=0, opaque=(0, 0), status=0):
    """Write all registers at once, and read none."""
    data = struct.pack(LAYOUT, 0, status, 0, 0, control, addr, size, *opaque)
    left = vm.write_file(data, file=FILE)
    if left:
        raise RuntimeError(f"fw_cfg write failed: {left:#x}")


def offer(vm, addr, size, control=IGVM):
    write(vm, control, addr, size)
    return read(vm)


def hand_over(vm, image, addr=None, control=IGVM):
    addr = vm.image_addr if addr is None else addr
    vm.write(addr, image)
    registers = offer(vm, addr, len(image), control)
    if registers.answer() != (DONE, 0, 0):
        raise RuntimeError(f"not taken: {registers}")


def restore(vm):
    write(vm, HOST_IGVM)


def wrap(rom):
    """Wrap a flat firmware in an image that QEMU can load at every reset.

    The pages below 1 MiB are in descending order, so that each page is a run of its own.
    A longer run could cross regions that an earlier firmware made with PAM registers.
    """
    image = igvmgen.Image()
    image.platform()
    image.pages(GIB4 - len(rom), rom)
    low = rom[-LOW:]
    for at in reversed(range(0, len(low), igvmgen.PAGE)):
        image.page_data(MIB1 - len(low) + at, low[at:at + igvmgen.PAGE])
    return image.build()
