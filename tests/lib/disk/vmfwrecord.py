#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write and read the record of attempts.

The layout follows userspace/lib/record/record.h. The tool shares no code with this script.

usage: vmfwrecord.py FILE SEQUENCE [ATTEMPT...]
       vmfwrecord.py --show FILE

An ATTEMPT is IMAGE,OUTCOME,BOOT,END_BOOT,BEFORE,AFTER: the SHA-256 of the image, the
number of the outcome, the bytes that fill two boot_ids, and the firmware's vendor
before and after.

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import sys
import zlib

SIZE = 4096
OPEN = 1          # an outcome
ATTEMPT = '<32sBBB5sQqq16s16s80s96s24s80s96s24s8x'


def attempt(number, words):
    image, outcome, boot, end_boot, before, after = words.split(',')
    bits = (1 if before else 0) | (4 if after else 0)
    rung = 1 if outcome in '23' else 0
    return struct.pack(ATTEMPT, bytes.fromhex(image), int(outcome), rung, bits,
                       b'', number, 1000000000, 1000000000,
                       bytes([int(boot)] * 16), bytes([int(end_boot)] * 16),
                       before.encode(), b'1.0', b'01/01/2024',
                       after.encode(), b'1.0' if after else b'',
                       b'01/01/2024' if after else b'')


def block(sequence, attempts):
    assert struct.calcsize(ATTEMPT) == 504
    head = struct.pack('<8sIIQII16s16x', b'VMFWREC', 1, 0, sequence,
                       len(attempts), 0, b'')
    body = b''.join(attempt(i + 1, a) for i, a in enumerate(attempts))
    whole = (head + body).ljust(SIZE, b'\0')
    return whole[:12] + struct.pack('<I', zlib.crc32(whole)) + whole[16:]


class Damaged(ValueError):
    pass


def read(whole):
    """The sequence number of a block, and its attempts: image and outcome."""
    if len(whole) != SIZE or whole[:8] != b'VMFWREC\0':
        raise Damaged('no record')
    version, crc, sequence, count = struct.unpack_from('<IIQI', whole, 8)
    if zlib.crc32(whole[:12] + bytes(4) + whole[16:]) != crc:
        raise Damaged('wrong checksum')
    if version != 1 or 64 + 504 * count > SIZE:
        raise Damaged('wrong version or count')
    return sequence, [struct.unpack_from('<32sB', whole, 64 + 504 * i)
                      for i in range(count)]


def show(path):
    with open(path, 'rb') as file:
        whole = file.read()
    try:
        sequence, attempts = read(whole)
    except Damaged as error:
        print('damaged', error)
    else:
        print('sound', 1, sequence, len(attempts))


def main():
    if sys.argv[1] == '--show':
        show(sys.argv[2])
        return
    with open(sys.argv[1], 'wb') as out:
        out.write(block(int(sys.argv[2]), sys.argv[3:]))


if __name__ == '__main__':
    main()
