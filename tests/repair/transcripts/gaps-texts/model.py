"""PyTorch port of `texts` (saved model, signature `serving_default`).

text: string [batch]
->
clean: string [batch]
ids: int64 [batch]
places: int64 [s1, 2]
words: string [s2]
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_MASK = 0xFFFFFFFFFFFFFFFF


_K0 = 0xC3A5C85C97CB3127


_K1 = 0xB492B66FBE98F273


_K2 = 0x9AE16A3B2F90404F


def hash_bucket_fast(strings: np.ndarray, buckets: int) -> Tensor:
    """FarmHash Fingerprint64 of each string, modulo ``buckets``."""
    return _hashed(strings, lambda s: farmhash64(s) % buckets)


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


def as_bytes_array(strings: np.ndarray | Sequence[Any] | str | bytes) -> np.ndarray:
    """Any nest of ``str`` and ``bytes`` as an object array of bytes (UTF-8)."""
    array = np.asarray(strings, dtype=object)
    return each(lambda s: s.encode() if isinstance(s, str) else bytes(s), array)


def each(function: Callable[[Any], object], strings: np.ndarray) -> np.ndarray:
    """``function`` of every element, in the shape of ``strings``."""
    array = np.asarray(strings, dtype=object)
    done = np.fromiter(map(function, array.ravel()), object, array.size)
    return done.reshape(array.shape)


def regex_replace(
    input_: np.ndarray,
    pattern: np.ndarray,
    rewrite: np.ndarray,
    *,
    replace_global: bool = True,
) -> np.ndarray:
    """Write it by hand: TensorFlow's RegexReplace with these attributes."""
    raise NotImplementedError("TensorFlow op RegexReplace was not ported")


def substr(
    input_: np.ndarray, pos: Tensor, len_: Tensor, *, unit: str = "BYTE"
) -> np.ndarray:
    """Write it by hand: TensorFlow's Substr with these attributes."""
    raise NotImplementedError("TensorFlow op Substr was not ported")


def string_split_v2(
    input_: np.ndarray, sep: np.ndarray, *, maxsplit: int = -1
) -> tuple[Tensor, np.ndarray, Tensor]:
    """Write it by hand: TensorFlow's StringSplitV2 with these attributes."""
    raise NotImplementedError("TensorFlow op StringSplitV2 was not ported")


class Texts(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer(
            "substr", torch.tensor(0, dtype=torch.int32), persistent=False
        )
        self.register_buffer(
            "substr2", torch.tensor(3, dtype=torch.int32), persistent=False
        )

    def forward(self, text: np.ndarray) -> dict[str, Tensor]:
        x = regex_replace(
            as_bytes_array(text),
            np.array(b"([aeiou])+", dtype=object),
            np.array(b"<\\1>", dtype=object),
        )
        y = hash_bucket_fast(substr(x, self.substr, self.substr2), 17)
        z, u, _ = string_split_v2(x, np.array(b" ", dtype=object))
        return {"clean": x, "ids": y, "places": z, "words": u}
