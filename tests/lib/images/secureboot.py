#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Databases of Secure Boot, and digests of programs, computed a second time.

Written from the UEFI specification and from Microsoft's description of
Authenticode. It shares no code with userspace/efi.

usage: secureboot.py NAME FILE
       NAME: a database with one entry, sha256 or x509, bare or signed-...
       secureboot.py lists FILE ENTRY...
       ENTRY: x509:CERTIFICATE, sha256:PROGRAM or x509-sha256:CERTIFICATE;
       certificates are in DER; sha256 takes the Authenticode digest of the program, and
       x509-sha256 the digest of the part that the issuer signed

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib
import pathlib
import struct
import sys
import uuid

SHA256 = uuid.UUID("c1c41626-504c-4092-aca9-41f936934328").bytes_le
X509_SHA256 = uuid.UUID("3bd2a492-96c0-4079-b420-fcf98ef103ed").bytes_le
X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
PKCS7 = uuid.UUID("4aafd29d-68df-49ee-8aa9-347d375665a7").bytes_le
NOBODY = bytes(16)


def signature_list(kind, *entries, owner=NOBODY):
    size = 16 + len(entries[0])
    return kind + struct.pack("<III", 28 + size * len(entries), 0, size) + \
        b"".join(owner + entry for entry in entries)


def variable(lists, signature=b"", year=1970):
    """An authenticated variable, by default without a signature."""
    return struct.pack("<HBBBBBBIhBB", year, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0) + \
        struct.pack("<IHH", 24 + len(signature), 0x200, 0xEF1) + PKCS7 + \
        signature + lists


def authenticode(program, algorithm="sha256"):
    """The digest of a program whose header has an entry for certificates."""
    pe, = struct.unpack_from("<I", program, 60)
    sections, = struct.unpack_from("<H", program, pe + 6)
    optional_size, = struct.unpack_from("<H", program, pe + 20)
    optional = pe + 24
    wide = struct.unpack_from("<H", program, optional)[0] == 0x20B
    headers, = struct.unpack_from("<I", program, optional + 60)
    entry = optional + (144 if wide else 128)
    _, certificates = struct.unpack_from("<II", program, entry)
    running = hashlib.new(algorithm, program[:optional + 64])
    running.update(program[optional + 68:entry])
    running.update(program[entry + 8:headers])
    counted = headers
    rows = [struct.unpack_from("<II", program,
                               optional + optional_size + 40 * index + 16)
            for index in range(sections)]
    for size, start in sorted(rows, key=lambda row: row[1]):
        running.update(program[start:start + size])
        counted += size
    running.update(program[counted:len(program) - certificates])
    return running.digest()


def element(der, at=0):
    """Offsets of start, content and end of a DER element with a long length."""
    if der[at + 1] & 0x80 == 0:
        raise ValueError("this length is short")
    content = at + 2 + (der[at + 1] & 0x7F)
    size = int.from_bytes(der[at + 2:content], "big")
    return at, content, content + size


def signed_part(der):
    """The part of a certificate that its issuer signed."""
    start, _, end = element(der, element(der)[1])
    return der[start:end]


def list_of(word):
    """A signature list with one entry; word: TYPE:FILE."""
    kind, _, path = word.partition(":")
    data = pathlib.Path(path).read_bytes()
    if kind == "x509":
        return signature_list(X509, data)
    if kind == "sha256":
        return signature_list(SHA256, authenticode(data))
    if kind == "x509-sha256":
        return signature_list(X509_SHA256, hashlib.sha256(
            signed_part(data)).digest() + bytes(16))
    raise ValueError(word)


def sample(name):
    kind = name.rsplit("-", 1)[-1]
    lists = (signature_list(SHA256, b"\x5a" * 32) if kind == "sha256" else
             signature_list(X509, b"\x30\x82" + b"\xce" * 700))
    return variable(lists, b"\x30" * 99, 2020) if "-" in name else lists


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_bytes(
        b"".join(map(list_of, sys.argv[3:])) if sys.argv[1] == "lists"
        else sample(sys.argv[1]))
