#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of IGVM files, from the independent generator.

usage: seeds_igvm.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import struct
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib/images"))

# pylint: disable=wrong-import-position
import composed     # noqa: E402
import igvmgen      # noqa: E402
import ovmf         # noqa: E402
import corpus       # noqa: E402

MOST = 128 << 10


def everything():
    """An image with most types of headers, in few bytes."""
    image = igvmgen.Image(version=2)
    for bit, kind in enumerate((igvmgen.NATIVE, igvmgen.SEV_SNP,
                                igvmgen.VSM_ISOLATION, igvmgen.TDX,
                                igvmgen.SEV, igvmgen.SEV_ES)):
        image.platform(1 << bit, kind, vtl=2 * (kind == 1))
    image.guest_policy(mask=2)
    image.page_data(0xFFFFF000, b"page", mask=0x3F)
    image.page_data(0x200000, mask=0x3F, flags=igvmgen.FLAG_UNMEASURED)
    image.page_data(0x201000, mask=2, data_type=igvmgen.CPUID_DATA)
    for index, kind in enumerate((
            igvmgen.VP_COUNT, igvmgen.MEMORY_MAP, igvmgen.SRAT, igvmgen.MADT,
            igvmgen.MMIO_RANGES, igvmgen.COMMAND_LINE, igvmgen.SLIT,
            igvmgen.PPTT, igvmgen.DEVICE_TREE, igvmgen.ENVIRONMENT_INFO)):
        image.parameter_area(index)
        image.parameter(kind, index)
        image.parameter_insert(0x10000 + index * igvmgen.PAGE, index,
                               mask=0x3F)
    image.required_memory(0x400000, 1 << 20, mask=0x3F)
    image.error_range(0x300000, mask=4)
    image.vp_context(bytes(igvmgen.PAGE), 0xFFFFFFFFF000, mask=2)
    image.vp_context(bytes(igvmgen.PAGE), 0xFFFFFFFFF000, mask=0x20)
    image.vp_context(struct.pack("<IBI11xQQ", 1, 2, 0x20010, 1, 0), mask=4)
    image.id_block(bytes(48), mask=2, author=3)
    image.header(igvmgen.VBS_MEASUREMENT,
                 struct.pack("<I", 4).ljust(864, b"\0"))
    image.header(0x399 | igvmgen.OPTIONAL, b"optional")
    return image.build()


def bases():
    """Images of firmware that looks for parts: with parts, or without any."""
    rom = ovmf.make(8 << 10, tdx=(), igvm=ovmf.IGVM_AREAS)
    native = igvmgen.wrap(rom).build()
    several = ovmf.wrap(rom, ("native", "snp"))
    for name, base in (("native", native), ("several", several)):
        yield name, base
        yield f"{name}-kernel", composed.compose(base, kernel=b"kernel" * 1000)
        yield f"{name}-all", composed.compose(
            base, **{part: part.encode() for part in composed.TYPES})


def roms():
    """The ends of firmware, from the first list of sections on."""
    for name, rom in (("rom", ovmf.make(16 << 10)),
                      ("rom-igvm", ovmf.make(16 << 10, tdx=(),
                                             igvm=ovmf.IGVM_AREAS)),
                      ("rom-sev", ovmf.make(16 << 10, tdx=())),
                      ("rom-hashes", ovmf.make(16 << 10, tdx=(),
                                               hashes=(0x810C00, 0x400))),
                      ("rom-tdx", ovmf.make(16 << 10, reset=None, sev=None))):
        yield name, rom[-2048:]


def seeds():
    for name, sample in igvmgen.SAMPLES.items():
        data = sample().build()
        if len(data) <= MOST:
            yield name, data
    yield "everything", everything()
    for name, image in bases():
        yield f"base-{name}", image
    yield from roms()


def words():
    """Signatures, GUIDs, types with lengths, and numbers at limits of rules."""
    found = {b"IGVM", b"ASEV", b"TDVF", composed.DATA_HOB}
    for guid in (ovmf.FOOTER, ovmf.RESET, ovmf.SEV, ovmf.TDX, ovmf.IGVM,
                 ovmf.HASHES):
        found.add(uuid.UUID(guid).bytes_le)
    for kind, (layout, _) in igvmgen.LAYOUTS.items():
        found.add(struct.pack("<II", kind, struct.calcsize(layout)))
    for kind in (0x104, 0x105, 0x106, igvmgen.SNP_ID_BLOCK,
                 igvmgen.VBS_MEASUREMENT):
        found.add(struct.pack("<I", kind))
    for kind in range(0x301, 0x314):
        found.add(struct.pack("<II", kind, 8))
    for value in (0x1000, 0x200000, 1 << 31, (1 << 32) - 1, 1 << 32,
                  0xFFFFF000, 1 << 52, (1 << 64) - 0x1000,
                  0xFFFFFFFFF000):
        found.add(struct.pack("<Q", value))
    return sorted(found)


if __name__ == "__main__":
    corpus.write(*sys.argv[1:], seeds(), words())
