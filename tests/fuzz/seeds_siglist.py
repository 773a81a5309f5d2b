#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of Secure Boot's databases.

usage: seeds_siglist.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib/images"))

# pylint: disable=wrong-import-position
import secureboot   # noqa: E402
import corpus       # noqa: E402

WORDS = (secureboot.SHA256, secureboot.X509, secureboot.PKCS7,
         b"\0\x02\xf1\x0e", b"\x30\0\0\0", b"\x1c\0\0\0")


def seeds():
    for name in ("sha256", "x509", "signed-sha256", "signed-x509"):
        yield name, secureboot.sample(name)
    yield "several", (2 * secureboot.sample("sha256") +
                      secureboot.sample("x509"))
    yield "unsigned", secureboot.variable(secureboot.sample("x509"))


if __name__ == "__main__":
    corpus.write(*sys.argv[1:], seeds(), WORDS)
