# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk with an EFI system partition that holds an image and the record.

The functions read and write the disk's file, mostly with mtools. Do not call those that
write while a machine uses the disk.

Copyright (C) 2026 The vmfwupdate authors
"""

import enum
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "lib/disk"))

# pylint: disable=wrong-import-position
import vmfwrecord   # noqa: E402

WANTED = "EFI/fw/fw.igvm"
STOCK = "EFI/stock"
SLOTS = ("EFI/vmfwupdate/record.a", "EFI/vmfwupdate/record.b")
FILLER = "full"
SECTOR = 512


class Record(enum.Enum):
    """The state of the record, as the documentation defines it."""

    NONE = "none"           # a file is missing, and nothing was ever written
    BLANK = "blank"         # the files are there, and nothing was ever written
    CLOSED = "closed"       # the outcome of the last attempt is known
    OPEN = "open"           # the outcome of the last attempt is not known
    TORN = "torn"           # one of the files is damaged
    DAMAGED = "damaged"     # both files are damaged
    UNFINISHED = "unfinished"   # a first write was cut off, and nothing was attempted


def state_of(blocks):
    """Return the state of a record of two blocks. A missing file has no bytes."""
    missing = sum(not block for block in blocks)
    blocks = [block.ljust(vmfwrecord.SIZE, b"\0") for block in blocks]
    sound = []
    for block in blocks:
        try:
            sound.append(vmfwrecord.read(block))
        except vmfwrecord.Damaged:
            continue
    blank = sum(not any(block) for block in blocks)
    if not sound:
        return (Record.DAMAGED, Record.UNFINISHED,
                Record.NONE if missing else Record.BLANK)[blank]
    _, attempts = max(sound)
    if len(sound) < 2:
        return Record.TORN if attempts else Record.UNFINISHED
    if attempts and attempts[-1][1] == vmfwrecord.OPEN:
        return Record.OPEN
    return Record.CLOSED


class Disk:
    def __init__(self, path):
        self.path = path

    @classmethod
    def make(cls, path, images):
        """Make a GPT and an ESP of 32 MiB with all images."""
        disk = cls(path)
        with open(path, "wb") as file:
            file.truncate(40 << 20)
        run("sfdisk", "--quiet", path,
            input=b"label: gpt\nstart=2048, size=65536, type=U\n")
        run("mkfs.vfat", "--offset=2048", path, "32768")
        for directory in ("EFI", "EFI/fw", STOCK):
            disk.tool("mmd", f"::/{directory}")
        for image in images:
            disk.tool("mcopy", image, f"::/{STOCK}/")
        return disk

    def copy(self, path):
        run("cp", "--sparse=always", self.path, path)
        return Disk(path)

    def tool(self, name, *arguments, check=True):
        return run(name, "-i", f"{self.path}@@1M", *arguments, check=check)

    def read(self, name):
        """Return the bytes of a file, or none if it does not exist."""
        return self.tool("mtype", f"::/{name}", check=False)

    def write(self, name, data):
        part = self.path.with_suffix(".part")
        part.write_bytes(data)
        self.tool("mcopy", "-o", "-D", "o", part, f"::/{name}")

    def want(self, image):
        """Replace the wanted image by another image or by none."""
        if image:
            self.write(WANTED, self.read(f"{STOCK}/{image}.igvm"))
        else:
            self.tool("mdel", f"::/{WANTED}", check=False)

    def fill(self):
        words = self.tool("mdir", "::/").decode()
        free = int(re.search(r"([\d ]+) bytes free", words)[1].replace(" ", ""))
        part = self.path.with_suffix(".part")
        with open(part, "wb") as file:
            file.truncate(free)
        self.tool("mcopy", part, f"::/{FILLER}")

    def make_room(self):
        self.tool("mdel", f"::/{FILLER}", check=False)

    # The record

    def blocks(self):
        return [self.read(name).ljust(vmfwrecord.SIZE, b"\0")
                for name in SLOTS]

    def record(self):
        return state_of([self.read(name) for name in SLOTS])

    def tear(self):
        """Imitate a power cut after the first sector of a write of the newest block."""
        blocks = self.blocks()
        newest = max((0, 1), key=lambda i: blocks[i][16:24][::-1])
        if any(blocks[newest]):
            self.write(SLOTS[newest], blocks[newest][:SECTOR] +
                       blocks[1 - newest][SECTOR:])

    def damage(self):
        for name, block in zip(SLOTS, self.blocks()):
            if any(block):
                self.write(name, block[:100] + b"damage" + block[106:])

    def forget(self):
        for name in SLOTS:
            self.tool("mdel", f"::/{name}", check=False)


def run(*command, check=True, **options):
    done = subprocess.run([str(word) for word in command], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **options)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: "
                           f"{done.stderr.decode()}")
    return done.stdout if not done.returncode else b""
