#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of UKIs.

usage: seeds_uki.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

# pylint: disable=wrong-import-position
import ukigen       # noqa: E402


def seeds():
    wide = ukigen.Pe().section(".text", b"code").section(".osrel", b"ID=x\n")
    yield "pe32plus", wide.build()
    yield "pe32", ukigen.Pe(wide=False).section(".text", b"code").build()
    wide.certificates = struct.pack("<IHH", 8, 0x200, 2)
    yield "signed", wide.build()


WORDS = (b"MZ", b"PE\0\0", b"\x0b\x01", b"\x0b\x02", b".profile")


def main(directory, dictionary):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (directory / name).write_bytes(data)
    pathlib.Path(dictionary).write_text(
        "".join('"%s"\n' % "".join(f"\\x{byte:02x}" for byte in word)
                for word in WORDS), encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
