#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds and dictionary for the fuzzer of signed programs.

usage: seeds_signature.py DIRECTORY DICTIONARY

Copyright (C) 2026 The vmfwupdate authors
"""

import os
import pathlib
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib/images"))

# pylint: disable=wrong-import-position
import secureboot   # noqa: E402
import ukigen       # noqa: E402
import corpus       # noqa: E402

SHA256 = bytes.fromhex("0609608648016503040201")
# SpcIndirectDataContent, SHA-256, signedData.
OIDS = (bytes.fromhex("060a2b060104018237020104"),
        SHA256,
        bytes.fromhex("06092a864886f70d010702"))
WORDS = (secureboot.SHA256, secureboot.X509, secureboot.X509_SHA256,
         secureboot.PKCS7, b"\0\x02\x02\0", b"\0\x02\xf1\x0e", *OIDS)


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def certificate(name):
    """Make a key and a self-signed certificate, and return the certificate in DER."""
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
        f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}",
        "-days", "1")
    run("openssl", "x509", "-in", f"{name}.pem", "-outform", "DER", "-out",
        f"{name}.der")
    return pathlib.Path(f"{name}.der").read_bytes()


def signed(program, *names):
    """A program with a signature by each of some keys."""
    path = pathlib.Path("program")
    path.write_bytes(program)
    for name in names:
        run("sbsign", "--key", f"{name}.key", "--cert", f"{name}.pem",
            "--output", "signed", str(path))
        pathlib.Path("signed").rename(path)
    return path.read_bytes()


def odd_digest(program, plain):
    """A signed program whose signature names a digest that libcrypto lacks.

    The names of digests stand in front of the signed content. Given such a
    name, PKCS7_verify() of libcrypto 3.0 leaks memory.
    """
    at = program.index(SHA256, len(plain)) + len(SHA256) - 1
    return program[:at] + b"\x7f" + program[at + 1:]


def seed(lists, program):
    return struct.pack("<H", len(lists)) + lists + program


def seeds():
    """Make seeds. Keys and certificates go to the current directory."""
    plain = ukigen.Pe().section(".efifw", ukigen.efifw("one", b"x")).build()
    keys = {name: certificate(name) for name in ("owner", "other")}
    owner = secureboot.signature_list(secureboot.X509, keys["owner"])
    digest = secureboot.signature_list(secureboot.SHA256,
                                       secureboot.authenticode(plain))
    hashed = secureboot.signature_list(secureboot.X509_SHA256, bytes(48))
    yield "unsigned", seed(owner, plain)
    yield "digest", seed(hashed + digest, plain)
    one = signed(plain, "owner")
    yield "signed", seed(owner, one)
    yield "odd-digest", seed(owner, odd_digest(one, plain))
    yield "stranger", seed(hashed + owner, signed(plain, "other"))
    yield "several", seed(owner + digest, signed(plain, "other", "owner"))


def main(directory, dictionary):
    directory, dictionary = (pathlib.Path(path).resolve()
                             for path in (directory, dictionary))
    with tempfile.TemporaryDirectory() as room:
        os.chdir(room)
        corpus.write(directory, dictionary, seeds(), WORDS)
        os.chdir("/")


if __name__ == "__main__":
    main(*sys.argv[1:])
