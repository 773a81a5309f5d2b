#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make attestation reports from their description in the manuals.

usage: attestation.py snp DIGEST FILE [KEY [OFFSET=BYTES...]]
           ATTESTATION_REPORT (SEV-SNP firmware ABI), version 2, no nonce; with
           other BYTES at an OFFSET, both in hexadecimal digits
       attestation.py td DIGEST FILE
           TDREPORT_STRUCT (TDX module ABI)
       attestation.py quote4|quote5|quote5-1.5 DIGEST FILE
           a quote (TDX DCAP quoting library), no nonce: of version 4; of version
           5 with the report of a TDX module 1.0, and of 1.5
       attestation.py table FILE VCEK ASK ARK
           the host's table of certificates (GHCB), of files in PEM

DIGEST is the launch digest, 96 hexadecimal digits. KEY signs the report: PEM, on
P-384. Without KEY the signature is a pattern. MACs and other fields are patterns, too,
so that a test does not mistake them for the digest.

Copyright (C) 2026 The vmfwupdate authors
"""

import functools
import os
import ssl
import struct
import subprocess
import sys
import tempfile
import uuid


# The values in the certificate that snp-chain makes.
TCB = bytes([3, 0, 0, 0, 0, 0, 8, 211])
CHIP_ID = bytes([0xc1]) * 64


class Report:
    """Bytes with a pattern in them, and fields at offsets."""

    def __init__(self, size):
        self.bytes = bytearray((i * 7 + 3) & 0xff for i in range(size))

    def put(self, offset, value):
        assert offset + len(value) <= len(self.bytes)
        self.bytes[offset:offset + len(value)] = value


def der_integer(der, at):
    """A DER INTEGER, and the offset after it."""
    assert der[at] == 2 and der[at + 1] < 0x80
    end = at + 2 + der[at + 1]
    return int.from_bytes(der[at + 2:end], 'big'), end


def sign(report, key):
    """Set SIGNATURE: R and S, by the openssl program."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'signed')
        with open(path, 'wb') as signed:
            signed.write(report.bytes[:0x2a0])
        der = subprocess.run(
            ['openssl', 'dgst', '-sha384', '-sign', key, path],
            check=True, stdout=subprocess.PIPE).stdout
    assert der[0] == 0x30 and der[1] == len(der) - 2
    r, at = der_integer(der, 2)
    s, at = der_integer(der, at)
    assert at == len(der)
    report.put(0x2a0, r.to_bytes(72, 'little') + s.to_bytes(72, 'little'))


def snp(digest, key=None, *changes):
    fields = [(int(at, 16), bytes.fromhex(value))
              for at, value in (change.split('=') for change in changes)]
    report = Report(0x4a0)
    report.put(0x00, (2).to_bytes(4, 'little'))     # VERSION
    report.put(0x08, (0x30000).to_bytes(8, 'little'))   # POLICY
    report.put(0x30, bytes(4))                      # VMPL
    report.put(0x34, (1).to_bytes(4, 'little'))     # SIGNATURE_ALGO
    report.put(0x48, bytes(4))                      # flags: signed by a VCEK
    report.put(0x180, TCB)                          # REPORTED_TCB
    report.put(0x1a0, CHIP_ID)                      # CHIP_ID
    report.put(0x50, bytes(64))                     # REPORT_DATA
    for offset, value in fields:
        report.put(offset, value)
    report.put(0x90, digest)                        # MEASUREMENT
    if key:
        sign(report, key)
    return report.bytes


def td(digest):
    report = Report(1024)
    report.put(0, bytes([0x81, 0, 0, 0]))           # REPORTTYPE
    report.put(128, bytes(64))                      # REPORTDATA
    report.put(512, bytes(8))                       # TDINFO: ATTRIBUTES
    report.put(512 + 8 + 8, digest)                 # TDINFO: MRTD
    return report.bytes


def td_body(digest, size):
    """The part of a TD's report that a quote has."""
    body = Report(size)
    body.put(120, bytes(8))                         # TDATTRIBUTES
    body.put(136, digest)                           # MRTD
    body.put(520, bytes(64))                        # REPORTDATA
    return body.bytes


def quote(version, digest, module=None):
    header = struct.pack('<HHI4s16s20s', version, 2, 0x81, b'', b'vendor',
                         b'user data')
    body = td_body(digest, 648 if module == 1.5 else 584)
    if version == 5:
        header += struct.pack('<HI', 3 if module == 1.5 else 2, len(body))
    signature = Report(1000).bytes
    return header + body + struct.pack('<I', len(signature)) + signature


def table(*paths):
    """Entries, a last entry of zeroes, and the certificates of the entries."""
    names = ('63da758d-e664-4564-adc5-f4b93be8accd',    # VCEK
             '4ab7b379-bbac-4fe4-a02f-05aef327c782',    # ASK
             'c0b406a4-a803-4952-9743-3fb6014cd0ae')    # ARK
    entries = certificates = b''
    for name, path in zip(names, paths, strict=True):
        with open(path, encoding='ascii') as pem:
            der = ssl.PEM_cert_to_DER_cert(pem.read())
        entries += uuid.UUID(name).bytes_le
        entries += (24 * (len(names) + 1) + len(certificates)).to_bytes(4, 'little')
        entries += len(der).to_bytes(4, 'little')
        certificates += der
    return entries + bytes(24) + certificates


if sys.argv[1] == 'table':
    with open(sys.argv[2], 'wb') as out:
        out.write(table(*sys.argv[3:]))
    sys.exit()
kind, words, path, *keys = sys.argv[1:]
digest_bytes = bytes.fromhex(words)
assert len(digest_bytes) == 48
with open(path, 'wb') as out:
    out.write({
        'snp': snp,
        'td': td,
        'quote4': functools.partial(quote, 4),
        'quote5': functools.partial(quote, 5),
        'quote5-1.5': functools.partial(quote, 5, module=1.5),
    }[kind](digest_bytes, *keys))
