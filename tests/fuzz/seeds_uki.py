#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of UKIs.

usage: seeds_uki.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib/images"))

# pylint: disable=wrong-import-position
import ukigen       # noqa: E402
import corpus       # noqa: E402


NOBODY = "00000000-0000-0000-0000-000000000000"


def seeds():
    wide = ukigen.Pe().section(".text", b"code").section(".osrel", b"ID=x\n")
    yield "pe32plus", wide.build()
    yield "pe32", ukigen.Pe(wide=False).section(".text", b"code").build()
    wide.certificates = struct.pack("<IHH", 8, 0x200, 2)
    yield "signed", wide.build()
    uki = ukigen.Pe()
    uki.section(".hwids", ukigen.hwids([(NOBODY, "one"), (NOBODY, "two")]))
    uki.section(".efifw", ukigen.efifw("one", b"firmware"))
    uki.section(".profile", b"ID=main\n")
    uki.section(".profile", b"ID=other\n")
    uki.section(".efifw", ukigen.efifw("two", b"firmware", chid=NOBODY))
    uki.section(".hwids", ukigen.hwids([(NOBODY, "two")], trees=[NOBODY]))
    yield "uki", uki.build()
    capsule = ukigen.capsule(b"firmware")
    for name, section in (("capsule", ukigen.efifw("one", capsule)),
                          ("short-magic", ukigen.short_magic("one", b"x"))):
        yield name, ukigen.Pe().section(".efifw", section).build()


WORDS = (b"MZ", b"PE\0\0", b"\x0b\x01", b"\x0b\x02", b".profile", b".efifw\0\0",
         b".hwids\0\0", struct.pack("<II", ukigen.MAGIC, 16),
         struct.pack("<II", ukigen.MAGIC, 32),
         struct.pack("<I", ukigen.FIRMWARE), struct.pack("<I", ukigen.TREE))


if __name__ == "__main__":
    corpus.write(*sys.argv[1:], seeds(), WORDS)
