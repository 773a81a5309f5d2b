#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of Secure Boot's databases.

usage: seeds_siglist.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

# pylint: disable=wrong-import-position
import secureboot   # noqa: E402

WORDS = (secureboot.SHA256, secureboot.X509, secureboot.PKCS7,
         b"\0\x02\xf1\x0e", b"\x30\0\0\0", b"\x1c\0\0\0")


def main(directory, dictionary):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("sha256", "x509", "signed-sha256", "signed-x509"):
        (directory / name).write_bytes(secureboot.sample(name))
    (directory / "several").write_bytes(
        2 * secureboot.sample("sha256") + secureboot.sample("x509"))
    (directory / "unsigned").write_bytes(
        secureboot.variable(secureboot.sample("x509")))
    pathlib.Path(dictionary).write_text(
        "".join('"%s"\n' % "".join(f"\\x{byte:02x}" for byte in word)
                for word in WORDS), encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
