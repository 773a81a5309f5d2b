#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write a sound IGVM file with very many headers.

usage: manyheaders.py FILE HEADERS [PLATFORMS [pages|areas]]

"pages" (default): pages in descending order, with gaps, so that none joins another.
All PLATFORMS (1 to 4) have them. "areas": one page, and parameter areas with numbers
in descending order, which no header inserts.

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import sys
import zlib

PAGE = 4096
# Native, SEV-SNP, SEV, SEV-ES.
TYPES = 0, 2, 4, 5


def main():
    path, count = sys.argv[1], int(sys.argv[2])
    platforms = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    pages = 1 if sys.argv[4:] == ['areas'] else count
    mask = (1 << platforms) - 1
    body = bytearray()
    for i in range(platforms):
        # Supported platform: mask, highest VTL, type, version, boundary.
        body += struct.pack('<II', 1, 16)
        body += struct.pack('<IBBHQ', 1 << i, 0, TYPES[i], 1, 0)
    start = len(body)
    body += bytes(32 * pages)
    header = struct.Struct('<IIQIIIHH')
    for i in range(pages):
        header.pack_into(body, start + 32 * i, 0x302, 24, (count - i) * 2 * PAGE,
                         mask, 0, 0, 0, 0)
    area = struct.Struct('<IIQII')
    start = len(body)
    body += bytes(24 * (count - pages))
    for i in range(count - pages):
        area.pack_into(body, start + 24 * i, 0x301, 16, PAGE, count - i, 0)
    head = struct.pack('<IIIIII', 0x4d564749, 1, 24, len(body), 24 + len(body), 0)
    sum_ = zlib.crc32(bytes(body), zlib.crc32(head))
    with open(path, 'wb') as out:
        out.write(head[:20] + struct.pack('<I', sum_) + body)


if __name__ == '__main__':
    main()
