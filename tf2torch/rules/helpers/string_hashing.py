"""Hashes of strings, equal to TensorFlow's to the bit."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

_MASK = 0xFFFFFFFFFFFFFFFF
_K0 = 0xC3A5C85C97CB3127
_K1 = 0xB492B66FBE98F273
_K2 = 0x9AE16A3B2F90404F


def hash_bucket_fast(strings: np.ndarray, buckets: int) -> Tensor:
    """FarmHash Fingerprint64 of each string, modulo ``buckets``."""
    return _hashed(strings, lambda s: farmhash64(s) % buckets)


def hash_bucket_strong(
    strings: np.ndarray, buckets: int, key: tuple[int, int]
) -> Tensor:
    """SipHash-2-4 of each string under ``key``, modulo ``buckets``."""
    return _hashed(strings, lambda s: siphash24(s, key) % buckets)


def hash_bucket(strings: np.ndarray, buckets: int) -> Tensor:
    """MurmurHash64A of each string, modulo ``buckets``."""
    return _hashed(strings, lambda s: murmurhash64(s) % buckets)


def fingerprint(strings: np.ndarray) -> Tensor:
    """FarmHash Fingerprint64 per row as uint8 [rows, 8], lowest byte first.

    A row of several strings is the fingerprint of their fingerprints.
    """
    rows = np.asarray(strings, dtype=object)
    digests = np.array([farmhash64(s) for s in rows.ravel()], dtype="<u8")
    digests = digests.reshape(rows.shape[0], -1)
    if digests.shape[1] != 1:
        packed = [farmhash64(row.tobytes()) for row in digests]
        digests = np.array(packed, dtype="<u8").reshape(-1, 1)
    return torch.from_numpy(digests.view(np.uint8).copy())


def fingerprint_bytes(data: Tensor) -> Tensor:
    """FarmHash Fingerprint64 of each row's bytes as uint8 [rows, 8]."""
    rows = data.detach().cpu().reshape(data.shape[0], -1).contiguous()
    raw = rows.view(torch.uint8) if rows.dtype != torch.bool else rows.byte()
    digests = [farmhash64(row.tobytes()) for row in raw.numpy()]
    return torch.from_numpy(
        np.array(digests, dtype="<u8").reshape(-1, 1).view(np.uint8)
    )


def _hashed(strings: np.ndarray, bucket: Callable[[bytes], int]) -> Tensor:
    array = np.asarray(strings, dtype=object)
    ids = [bucket(s) for s in array.ravel()]
    return torch.tensor(ids, dtype=torch.int64).reshape(array.shape)


def farmhash64(s: bytes) -> int:
    """FarmHash's Fingerprint64, which is stable over platforms and releases."""
    n = len(s)
    if n <= 16:
        return _farm_16(s, n)
    if n <= 32:
        return _farm_32(s, n)
    if n <= 64:
        return _farm_64(s, n)
    return _farm_long(s, n)


def _u64(s: bytes, i: int) -> int:
    return int.from_bytes(s[i : i + 8], "little")


def _rotate(x: int, by: int) -> int:
    x &= _MASK
    return (x >> by) | (x << (64 - by)) & _MASK


def _shift_mix(x: int) -> int:
    x &= _MASK
    return x ^ (x >> 47)


def _mix(u: int, v: int, mul: int) -> int:
    """Two words to one."""
    a = _shift_mix((u ^ v) * mul)
    return _shift_mix((v ^ a) * mul) * mul & _MASK


def _farm_16(s: bytes, n: int) -> int:
    mul = _K2 + n * 2
    if n >= 8:
        a, b = _u64(s, 0) + _K2 & _MASK, _u64(s, n - 8)
        c = _rotate(b, 37) * mul + a & _MASK
        d = (_rotate(a, 25) + b) * mul & _MASK
        return _mix(c, d, mul)
    if n >= 4:
        a, b = int.from_bytes(s[:4], "little"), int.from_bytes(s[-4:], "little")
        return _mix(n + (a << 3), b, mul)
    if n > 0:
        y, z = s[0] + (s[n >> 1] << 8), n + (s[n - 1] << 2)
        return _shift_mix(y * _K2 ^ z * _K0) * _K2 & _MASK
    return _K2


def _farm_32(s: bytes, n: int) -> int:
    mul = _K2 + n * 2
    a, b = _u64(s, 0) * _K1, _u64(s, 8)
    c, d = _u64(s, n - 8) * mul, _u64(s, n - 16) * _K2
    u = _rotate(a + b, 43) + _rotate(c, 30) + d
    v = a + _rotate(b + _K2, 18) + c
    return _mix(u & _MASK, v & _MASK, mul)


def _farm_64(s: bytes, n: int) -> int:
    mul = _K2 + n * 2
    a, b = _u64(s, 0) * _K2, _u64(s, 8)
    c, d = _u64(s, n - 8) * mul, _u64(s, n - 16) * _K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d & _MASK
    z = _mix(y, a + _rotate(b + _K2, 18) + c & _MASK, mul)
    e, f = _u64(s, 16) * mul, _u64(s, 24)
    g, h = (y + _u64(s, n - 32)) * mul, (z + _u64(s, n - 24)) * mul
    u = _rotate(e + f, 43) + _rotate(g, 30) + h
    v = e + _rotate(f + a, 18) + g
    return _mix(u & _MASK, v & _MASK, mul)


def _farm_half(s: bytes, i: int, a: int, b: int) -> tuple[int, int]:
    """Hash the 32 bytes at ``i`` with two seeds."""
    w, x, y, z = (_u64(s, i + 8 * k) for k in range(4))
    a += w
    b = _rotate(b + a + z, 21)
    c = a
    a += x + y
    b += _rotate(a, 44)
    return a + z & _MASK, b + c & _MASK


def _farm_long(s: bytes, n: int) -> int:
    x, y = 81 * _K2 + _u64(s, 0) & _MASK, 81 * _K1 + 113 & _MASK
    z = _shift_mix(y * _K2 + 113) * _K2 & _MASK
    v0 = v1 = w0 = w1 = 0
    mul = _K1
    last = n - 64
    starts = [*range(0, (n - 1) // 64 * 64, 64), last]
    for i in starts:
        nines = 1
        if i == starts[-1]:
            mul, nines = _K1 + ((z & 0xFF) << 1), 9
            w0 += (n - 1) & 63
            v0 += w0
            w0 += v0
        x = _rotate(x + y + v0 + _u64(s, i + 8), 37) * mul
        y = _rotate(y + v1 + _u64(s, i + 48), 42) * mul
        x = (x ^ w1 * nines) & _MASK
        y = y + v0 * nines + _u64(s, i + 40) & _MASK
        z = _rotate(z + w0, 33) * mul & _MASK
        v0, v1 = _farm_half(s, i, v1 * mul, x + w0)
        w0, w1 = _farm_half(s, i + 32, z + w1, y + _u64(s, i + 16))
        x, z = z, x
    u = _mix(v0, w0, mul) + _shift_mix(y) * _K0 + z
    return _mix(u & _MASK, _mix(v1, w1, mul) + x & _MASK, mul)


def siphash24(s: bytes, key: tuple[int, int]) -> int:
    """SipHash-2-4 with a key of two 64-bit words."""
    k0, k1 = key[0] & _MASK, key[1] & _MASK
    v = [
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    ]
    tail = len(s) & 7
    padded = s + bytes(7 - tail) + bytes([len(s) & 0xFF])
    for i in range(0, len(padded), 8):
        word = _u64(padded, i)
        v[3] ^= word
        _sip_rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    _sip_rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _sip_rounds(v: list[int], rounds: int) -> None:
    """Mix the state in place."""
    for _ in range(rounds):
        for a, b, r in ((0, 1, 13), (2, 3, 16)):
            v[a] = v[a] + v[b] & _MASK
            v[b] = _rotate(v[b], 64 - r) ^ v[a]
        v[0] = _rotate(v[0], 32)
        for a, b, r in ((2, 1, 17), (0, 3, 21)):
            v[a] = v[a] + v[b] & _MASK
            v[b] = _rotate(v[b], 64 - r) ^ v[a]
        v[2] = _rotate(v[2], 32)


def murmurhash64(s: bytes) -> int:
    """MurmurHash64A with TensorFlow's seed."""
    m = 0xC6A4A7935BD1E995
    h = 0xDECAFCAFFE ^ (len(s) * m & _MASK)
    whole = len(s) & ~7
    for i in range(0, whole, 8):
        k = _u64(s, i) * m & _MASK
        h = (h ^ (k ^ k >> 47) * m) * m & _MASK
    if whole < len(s):
        h = (h ^ int.from_bytes(s[whole:], "little")) * m & _MASK
    h = (h ^ h >> 47) * m & _MASK
    return h ^ h >> 47
