#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Event logs of confidential guests, and the registers that result from them.

Written from the TCG's PC Client Platform Firmware Profile, and from the events of edk2
(OvmfPkg/Tcg/TdTcg2Dxe, OvmfPkg/Library/TdxHelperLib), systemd-stub and Linux's EFI
stub in a TD. No log here comes from such hardware.

usage: eventlog.py make FILE
           the log of a TD's boot, in an area of 64 KiB
       eventlog.py registers FILE
           print RTMR 0 to 3 of any log, computed by hashlib

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import pathlib
import struct
import sys
import uuid

AREA = 0x10000
SHA256, SHA384 = 0x000B, 0x000C
SIZES = {SHA256: 32, SHA384: 48}

NO_ACTION = 0x00000003
SEPARATOR = 0x00000004
EVENT_TAG = 0x00000006
CRTM_VERSION = 0x00000008
PLATFORM_CONFIG_FLAGS = 0x0000000A
IPL = 0x0000000D
VARIABLE_CONFIG = 0x80000001
VARIABLE_BOOT = 0x80000002
APPLICATION = 0x80000003
GPT = 0x80000006
ACTION = 0x80000007
FIRMWARE_BLOB2 = 0x8000000A
HANDOFF_TABLES2 = 0x8000000B
VARIABLE_BOOT2 = 0x8000000C
VARIABLE_AUTHORITY = 0x800000E0

GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c").bytes_le
SECURITY = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f").bytes_le
VENDORS = {"SecureBoot": GLOBAL, "PK": GLOBAL, "KEK": GLOBAL, "db": SECURITY,
           "dbx": SECURITY}

LOAD_OPTIONS, INITRD = 0x8F3B22ED, 0x8F3B22EC


def digest(data, algorithm=SHA384):
    name = {SHA256: "sha256", SHA384: "sha384"}[algorithm]
    return hashlib.new(name, data).digest()


def variable(name, content, vendor=GLOBAL):
    """UEFI_VARIABLE_DATA."""
    return vendor + struct.pack("<QQ", len(name), len(content)) + \
        name.encode("utf-16-le") + content


def tagged(tag, text):
    """TCG_PCClientTaggedEvent."""
    text = text.encode() + b"\0"
    return struct.pack("<II", tag, len(text)) + text


class Log:
    """A log: a header, and events."""

    def __init__(self, algorithms=(SHA384,), register=1, vendor=b""):
        self.algorithms = algorithms
        data = b"Spec ID Event03\0" + struct.pack("<IBBBB", 0, 0, 2, 105, 2) + \
            struct.pack("<I", len(algorithms)) + \
            b"".join(struct.pack("<HH", one, SIZES[one]) for one in algorithms) + \
            bytes([len(vendor)]) + vendor
        self.bytes = struct.pack("<II20sI", register, NO_ACTION, b"", len(data)) + data

    def event(self, register, kind, data, hashed=None, digests=None):
        """Add an event. By default, its digests are those of its data.

        hashed: other bytes that the digests are of. digests: other digests.
        """
        if digests is None:
            hashed = data if hashed is None else hashed
            digests = {one: digest(hashed, one) for one in self.algorithms}
        self.bytes += struct.pack("<III", register, kind, len(digests)) + \
            b"".join(struct.pack("<H", one) + value for one, value in digests.items()) + \
            struct.pack("<I", len(data)) + data
        return self

    def no_action(self, register, data):
        """Add an event that extends no register."""
        return self.event(register, NO_ACTION, data,
                          digests={one: bytes(SIZES[one]) for one in self.algorithms})

    def area(self, size=AREA, fill=0xFF):
        """The area that the operating system sees."""
        return self.bytes + bytes([fill]) * (size - len(self.bytes))


def td(databases=None, application=None, sections=(), options=None, initrd=b"an initrd",
       authority=None, **keywords):
    """The log of a TD's boot.

    databases: the contents of PK, KEK, db and dbx; without them Secure Boot is off.
    application: the digests of the program that the firmware starts.
    sections: names and contents that systemd-stub measures.
    options: the kernel's options, in UTF-16.
    authority: the entry of db that accepted the program.
    """
    log = Log(**keywords)
    log.no_action(0, b"SP800-155 Event2" + bytes(100))
    log.event(1, HANDOFF_TABLES2, b"\x09TdxTable\0" + struct.pack(
        "<Q16sQ", 1, bytes(range(16)), 0x809000), hashed=b"a list of HOBs")
    log.event(1, FIRMWARE_BLOB2, b"\x29Fv(XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX)\0" +
              struct.pack("<QQ", 0xFFC00000, 0x84000), hashed=b"a volume of variables")
    on = databases is not None
    contents = {"SecureBoot": bytes([on]), **(databases or {})}
    for name, vendor in VENDORS.items():
        log.event(1, VARIABLE_CONFIG, variable(name, contents.get(name, b""), vendor))
    log.event(1, SEPARATOR, bytes(4))
    for table in b"RSDP", b"tables", b"loader":
        log.event(1, PLATFORM_CONFIG_FLAGS, b"ACPI DATA", hashed=table)
    log.event(1, VARIABLE_BOOT, variable("BootOrder", b"\0\0"), hashed=b"\0\0")
    entry = struct.pack("<IH", 1, 4) + "Linux\0".encode("utf-16-le") + b"\x7f\xff\4\0"
    log.event(1, VARIABLE_BOOT, variable("Boot0000", entry), hashed=entry)
    log.event(2, ACTION, b"Calling EFI Application from Boot Option")
    log.event(2, SEPARATOR, bytes(4))
    if authority is not None:
        log.event(1, VARIABLE_AUTHORITY, variable("db", authority, SECURITY))
    log.event(2, GPT, b"EFI PART" + bytes(100))
    log.event(2, APPLICATION, struct.pack("<QQQQ", 0x7B446018, 0xB2F400, 0, 4) +
              b"\x7f\xff\4\0", hashed=b"a UKI", digests=application)
    for name, content in sections:
        text = (name + "\0").encode("utf-16-le")
        log.event(3, IPL, text, hashed=name.encode() + b"\0")
        log.event(3, IPL, text, hashed=content)
    log.event(3, EVENT_TAG, tagged(LOAD_OPTIONS, "LOADED_IMAGE::LoadOptions"),
              hashed="quiet\0".encode("utf-16-le") if options is None else options)
    log.event(3, EVENT_TAG, tagged(INITRD, "Linux initrd"), hashed=initrd)
    log.event(2, ACTION, b"Exit Boot Services Invocation")
    log.event(2, ACTION, b"Exit Boot Services Returned with Success")
    return log


def events(log):
    """Register, type, SHA-384 and data of each event of a sound log."""
    size, = struct.unpack_from("<I", log, 28)
    count, = struct.unpack_from("<I", log, 56)
    sizes = dict(struct.iter_unpack("<HH", log[60:60 + 4 * count]))
    at = 32 + size
    while set(log[at:]) not in (set(), {0}, {0xFF}):
        register, kind, count = struct.unpack_from("<III", log, at)
        at += 12
        digests = {}
        for _ in range(count):
            one, = struct.unpack_from("<H", log, at)
            digests[one] = log[at + 2:at + 2 + sizes[one]]
            at += 2 + sizes[one]
        size, = struct.unpack_from("<I", log, at)
        at += 4 + size
        yield register, kind, digests.get(SHA384), log[at - size:at]


def registers(log):
    """RTMR 0 to 3."""
    values = [bytes(48)] * 4
    for register, kind, extended, _ in events(log):
        if kind != NO_ACTION:
            values[register - 1] = digest(values[register - 1] + extended)
    return values


def main(verb, path):
    path = pathlib.Path(path)
    if verb == "make":
        path.write_bytes(td().area())
    else:
        assert verb == "registers", verb
        for number, value in enumerate(registers(path.read_bytes())):
            print(f"RTMR {number}: {value.hex()}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
