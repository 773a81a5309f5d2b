#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of attestation reports.

usage: seeds_report.py DIRECTORY DICTIONARY

The script also makes genuine/ beside DIRECTORY: keys of a chain like AMD's, certificates
and signed reports.

Copyright (C) 2026 The vmfwupdate authors
"""

import pathlib
import ssl
import struct
import subprocess
import sys

import corpus

LIB = pathlib.Path(__file__).resolve().parents[1] / "lib/attest"
DIGEST = "5e" * 48
SNP, RESPONSE, TD, QUOTE, TABLE, FILE, SIGNER, CERTIFICATES = range(8)
ROOT_ALONE = 8
# For each genuine report, the certificate of its key, and the fields that differ.
REPORTS = {
    "signed": ("vcek",),
    "signed-vlek": ("vlek", "48=04000000"),
    "signed-turin": ("turin", "180=01030008000000d3", "1a0=" + "c1" * 8 + "00" * 56),
    "signed-masked": ("vcek", "1a0=" + "00" * 64),
    "signed-none": ("vcek", "48=1c000000"),
}
SIGNERS = "vcek", "plain", "chip", "tcb", "vlek", "turin"


def attestation(kind, path, *words):
    words = [DIGEST, path, *words] if kind != "table" else [path, *words]
    subprocess.run([sys.executable, LIB / "attestation.py", kind, *words], check=True)
    return path.read_bytes()


def make_genuine(genuine):
    if not (genuine / "chain.pem").exists():
        genuine.mkdir(parents=True, exist_ok=True)
        subprocess.run([LIB / "snp-chain", genuine], check=True)
    return {name: attestation("snp", genuine / f"{name}.bin",
                              genuine / "vcek.key", *changes)
            for name, (_, *changes) in REPORTS.items()}


def seeds(genuine):
    reports = make_genuine(genuine)
    snp = reports["signed"]
    scratch = genuine / "scratch"

    def pem(name):
        return (genuine / f"{name}.pem").read_bytes()

    def der(name):
        return ssl.PEM_cert_to_DER_cert(pem(name).decode("ascii"))

    yield "snp", bytes([SNP]) + snp
    yield "response", (bytes([RESPONSE]) + struct.pack("<II24x", 0, len(snp)) + snp)
    yield "td", bytes([TD]) + attestation("td", scratch)
    for kind in "quote4", "quote5", "quote5-1.5":
        yield kind, bytes([QUOTE]) + attestation(kind, scratch)
    tables = {signer: attestation("table", scratch, *(genuine / f"{name}.pem"
                                                      for name in (signer, "ask", "ark")))
              for signer in SIGNERS}
    for signer, table in tables.items():
        yield f"table-{signer}", bytes([TABLE]) + snp + table
        yield f"signer-{signer}", bytes([SIGNER]) + snp + der(signer)
        yield f"der-{signer}", bytes([CERTIFICATES]) + der(signer)
    for name, (signer, *_) in REPORTS.items():
        yield f"table-{name}", bytes([TABLE + ROOT_ALONE]) + reports[name] + tables[signer]
        yield f"signer-{name}", bytes([SIGNER]) + reports[name] + der(signer)
    yield "file-der", bytes([FILE]) + snp + b"".join(
        der(name) for name in ("ark", "ask", "vcek"))
    yield "file", bytes([FILE]) + snp + pem("chain")
    yield "file-root", bytes([FILE]) + snp + pem("ark")
    yield "pem", bytes([CERTIFICATES]) + pem("chain")


# AMD's extensions in DER, and the bytes that identify reports and quotes.
WORDS = tuple(bytes.fromhex(word) for word in (
    "060a2b060104019c780101", "060a2b060104019c780102", "060a2b060104019c780104",
    "060a2b060104019c780105", "060b2b060104019c78010301", "060b2b060104019c78010302",
    "060b2b060104019c78010303", "060b2b060104019c78010308", "060b2b060104019c78010309",
    "02000000", "05000000", "06000000", "ffffffff", "81000000", "04000200", "05000200",
    "a0040000", "48020000", "88020000")) + (
    b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n", b"Turin")


if __name__ == "__main__":
    directory = pathlib.Path(sys.argv[1])
    corpus.write(directory, sys.argv[2], seeds(directory.parent.resolve() / "genuine"), WORDS)
