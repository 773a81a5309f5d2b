#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Read the log of the device mapper's target log-writes.

usage: logwrites.py LOG
       logwrites.py LOG FROM TO DISK

Without DISK, print a line for each entry: its number, its kind (write, flush, discard
or mark), its first sector and the number of sectors. With DISK, repeat the writes FROM
to TO - 1 on it.

The format is that of drivers/md/dm-log-writes.c: a sector for the super block;
for each entry a sector, and after it its data.

Copyright (C) 2026 The vmfwupdate authors
"""

import struct
import sys

MAGIC = 0x6a736677736872
SECTOR = 512
FLUSH, DISCARD, MARK = 1 << 0, 1 << 2, 1 << 3


class Entry:
    """One entry, whose data is at an offset of the log."""

    def __init__(self, fields, size, offset):
        self.sector, self.sectors, self.flags, data_len = fields
        self.offset = offset
        if self.flags & (DISCARD | MARK):
            self.size = 0
            self.stored = data_len
        else:
            self.size = self.sectors * size
            self.stored = self.size

    def word(self):
        """The kind of the entry."""
        if self.flags & MARK:
            return "mark"
        if self.flags & DISCARD:
            return "discard"
        return "write" if self.size else "flush"


def read_log(log):
    """Read the super block and all entries."""
    magic, version, number, size = struct.unpack("<QQQI", log.read(28))
    if magic != MAGIC or version != 1:
        raise ValueError("this is no log of writes")
    entries = []
    at = size
    for _ in range(number):
        log.seek(at)
        entry = Entry(struct.unpack("<QQQQ", log.read(32)), size, at + size)
        entries.append(entry)
        at += size + -(-entry.stored // size) * size
    return entries


def repeat(log, entries, path):
    """Write the data of the entries to the disk."""
    with open(path, "r+b") as disk:
        for entry in entries:
            if entry.word() == "discard":
                raise ValueError("cannot repeat a discard")
            log.seek(entry.offset)
            disk.seek(entry.sector * SECTOR)
            disk.write(log.read(entry.size))


def main(arguments):
    with open(arguments[0], "rb") as log:
        entries = read_log(log)
        if len(arguments) == 1:
            for number, entry in enumerate(entries):
                print(number, entry.word(), entry.sector, entry.sectors)
        else:
            first, last = (int(word) for word in arguments[1:3])
            repeat(log, entries[first:last], arguments[3])


if __name__ == "__main__":
    main(sys.argv[1:])
