#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make attestation reports from their description in the manuals.

usage: attestation.py snp DIGEST FILE     ATTESTATION_REPORT (SEV-SNP firmware
                                          ABI), version 2, no nonce
       attestation.py td DIGEST FILE      TDREPORT_STRUCT (TDX module ABI)

DIGEST is the launch digest, 96 hexadecimal digits. Signatures and MACs are not
right: they are filled with a pattern, like all that a test may not mistake for
the digest.

Copyright (C) 2026 The vmfwupdate authors
"""

import sys


class Report:
    """Bytes with a pattern in them, and fields at offsets."""

    def __init__(self, size):
        self.bytes = bytearray((i * 7 + 3) & 0xff for i in range(size))

    def put(self, offset, value):
        assert offset + len(value) <= len(self.bytes)
        self.bytes[offset:offset + len(value)] = value


def snp(digest):
    report = Report(0x4a0)
    report.put(0x00, (2).to_bytes(4, 'little'))     # VERSION
    report.put(0x34, (1).to_bytes(4, 'little'))     # SIGNATURE_ALGO
    report.put(0x50, bytes(64))                     # REPORT_DATA
    report.put(0x90, digest)                        # MEASUREMENT
    return report.bytes


def td(digest):
    report = Report(1024)
    report.put(0, bytes([0x81, 0, 0, 0]))           # REPORTTYPE
    report.put(128, bytes(64))                      # REPORTDATA
    report.put(512 + 8 + 8, digest)                 # TDINFO: MRTD
    return report.bytes


kind, words, path = sys.argv[1:]
digest_bytes = bytes.fromhex(words)
assert len(digest_bytes) == 48
with open(path, 'wb') as out:
    out.write({'snp': snp, 'td': td}[kind](digest_bytes))
