# SPDX-License-Identifier: LGPL-2.1-or-later
"""ECDSA on P-384, for the ID blocks of tests. It is slow, and not safe for real keys.

Copyright (C) 2026 The vmfwupdate authors
"""

import hashlib

P = 2**384 - 2**128 - 2**96 + 2**32 - 1
A = P - 3
N = int("ffffffffffffffffffffffffffffffffffffffffffffffff"
        "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)
G = (int("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b98"
         "59f741e082542a385502f25dbf55296c3a545e3872760ab7", 16),
     int("3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147c"
         "e9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f", 16))


def add(left, right):
    if left is None or right is None:
        return left or right
    if left[0] == right[0] and (left[1] + right[1]) % P == 0:
        return None
    if left == right:
        slope = (3 * left[0] ** 2 + A) * pow(2 * left[1], -1, P)
    else:
        slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, P)
    x = (slope * slope - left[0] - right[0]) % P
    return x, (slope * (left[0] - x) - left[1]) % P


def multiply(factor, point):
    result = None
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def sign(private, message):
    """(r, s) of SHA-384 of the message. Key and message determine the nonce."""
    digest = hashlib.sha384(message).digest()
    nonce = int.from_bytes(
        hashlib.sha384(private.to_bytes(48, "big") + digest).digest(),
        "big") % (N - 1) + 1
    r = multiply(nonce, G)[0] % N
    s = pow(nonce, -1, N) * (int.from_bytes(digest, "big") + r * private) % N
    return r, s


def verify(public, signature, message):
    """True if (r, s) is a signature of the message by this public key."""
    r, s = signature
    digest = int.from_bytes(hashlib.sha384(message).digest(), "big")
    inverse = pow(s, -1, N)
    point = add(multiply(digest * inverse % N, G),
                multiply(r * inverse % N, public))
    return 0 < r < N and 0 < s < N and point[0] % N == r
