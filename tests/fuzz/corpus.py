# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files that a fuzzer begins with, and words that it puts into others.

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib


def write(directory, dictionary, seeds, words):
    """Write seeds (name and bytes of each file) and words (bytes of each word)."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in seeds:
        (directory / name).write_bytes(data)
    pathlib.Path(dictionary).write_text(
        "".join('"%s"\n' % "".join(f"\\x{byte:02x}" for byte in word)
                for word in words), encoding="ascii")
