"""PyTorch port of `two_tower` (saved model, signature `serving_default`).

age: float32 [N, 1]
country: string [N]
price: float32 [N, 1]
query: string [N]
title: string [N]
user_id: string [N]
->
item: float32 [N, 12]
score: float32 [N, 1]
user: float32 [N, 12]
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Embedding(nn.Embedding):
    """An embedding whose negative ids count from the end, as in Keras 3."""

    def forward(self, ids: Tensor) -> Tensor:
        return self.weight[ids]


def row_splits(row_ids: Tensor, rows: Tensor | int) -> Tensor:
    """``row_splits`` of values whose sorted row numbers are ``row_ids``."""
    lengths = torch.bincount(row_ids, minlength=int(rows))
    return torch.cat((lengths.new_zeros(1), lengths.cumsum(0)))


def ragged_places(splits: Sequence[Tensor]) -> list[Tensor]:
    """Per ragged axis (and the one before it) the position of every value."""
    places: list[Tensor] = []
    for split in splits:
        rows = torch.arange(split.shape[0] - 1, device=split.device)
        row_of = rows.repeat_interleave(split.diff())
        column = torch.arange(row_of.shape[0], device=split.device) - split[row_of]
        outer = places or [rows]
        places = [*(p[row_of] for p in outer), column]
    return places


def ragged_sizes(
    splits: Sequence[Tensor], shape: Sequence[int | Tensor] | Tensor | None = None
) -> list[int]:
    """The smallest box around the rows; sizes in ``shape`` other than -1 win."""
    sizes = [splits[0].shape[0] - 1]
    for split in splits:
        lengths = split.diff()
        sizes.append(int(lengths.max()) if lengths.numel() else 0)
    wanted = [-1] * len(sizes) if shape is None else [int(s) for s in shape]
    pairs = zip(wanted[: len(sizes)], sizes, strict=True)
    return [size if want < 0 else want for want, size in pairs]


def ragged_to_dense(
    values: Tensor,
    splits: Sequence[Tensor],
    default: Tensor | float = 0,
    shape: Sequence[int | Tensor] | Tensor | None = None,
) -> Tensor:
    """Rows padded with ``default`` (or cut) to one size."""
    sizes = ragged_sizes(splits, shape)
    places = ragged_places(splits)
    inside = torch.ones_like(places[0], dtype=torch.bool)
    for place, size in zip(places, sizes, strict=True):
        inside = inside & (place < size)
    fill = torch.as_tensor(default, dtype=values.dtype, device=values.device)
    dense = fill.expand(*sizes, *values.shape[1:])
    kept = tuple(place[inside] for place in places)
    return dense.index_put(kept, values[inside])


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


def string_split(
    strings: np.ndarray, separator: bytes = b"", maxsplit: int = -1
) -> tuple[Tensor, np.ndarray, Tensor]:
    """Split every string of a vector, at whitespace when ``separator`` is empty.

    Returns a sparse matrix: indices [n, 2], the n parts, and its shape [2].
    """
    return _sparse_rows([_split(s, separator, maxsplit) for s in strings])


def _split(string: bytes, separator: bytes, maxsplit: int) -> list[bytes]:
    if maxsplit == 0:
        return [string]
    parts = string.split(separator or None, maxsplit)
    # TensorFlow keeps what is left after the last split, even if it is empty.
    if not separator and len(parts) == maxsplit:
        parts.append(b"")
    return parts


def _sparse_rows(rows: Sequence[list[bytes]]) -> tuple[Tensor, np.ndarray, Tensor]:
    places = [(r, c) for r, row in enumerate(rows) for c in range(len(row))]
    parts = np.fromiter((part for row in rows for part in row), object, len(places))
    indices = torch.tensor(places, dtype=torch.int64).reshape(-1, 2)
    widest = max(map(len, rows), default=0)
    return indices, parts, torch.tensor([len(rows), widest])


def _each_text(function: Callable[[str], str], strings: np.ndarray) -> np.ndarray:
    """Bytes that are no UTF-8 pass through as the surrogates U+DC80 to U+DCFF."""
    return each(
        lambda s: function(s.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        ),
        strings,
    )


def regex_replace(
    strings: np.ndarray, pattern: str, rewrite: str, count: int = 0
) -> np.ndarray:
    """Replace matches of ``pattern`` (all, or the first ``count``)."""
    compiled = re.compile(pattern, re.ASCII)
    return _each_text(lambda text: compiled.sub(rewrite, text, count), strings)


def as_bytes_array(strings: np.ndarray | Sequence[Any] | str | bytes) -> np.ndarray:
    """Any nest of ``str`` and ``bytes`` as an object array of bytes (UTF-8)."""
    array = np.asarray(strings, dtype=object)
    return each(lambda s: s.encode() if isinstance(s, str) else bytes(s), array)


def each(function: Callable[[Any], object], strings: np.ndarray) -> np.ndarray:
    """``function`` of every element, in the shape of ``strings``."""
    array = np.asarray(strings, dtype=object)
    done = np.fromiter(map(function, array.ravel()), object, array.size)
    return done.reshape(array.shape)


def string_lower(strings: np.ndarray, encoding: str = "") -> np.ndarray:
    """Lower case of ASCII letters, or of all letters with ``encoding="utf-8"``."""
    if not encoding:
        return each(bytes.lower, strings)
    return each(lambda s: s.decode("utf-8", "replace").lower().encode(), strings)


def strings_equal(x: np.ndarray, y: np.ndarray) -> Tensor:
    """Elementwise ``x == y`` with broadcasting."""
    same = np.equal(np.asarray(x, dtype=object), np.asarray(y, dtype=object))
    return torch.from_numpy(np.asarray(same, dtype=bool))


class VocabularyTable(nn.Module):
    """String → id: the line of the string in a text file, counted from ``first``."""

    def __init__(self, file: str, default: int = -1, first: int = 0):
        super().__init__()
        lines = (Path(__file__).parent / file).read_bytes().splitlines()
        self.ids = {string: i for i, string in enumerate(lines, first)}
        self.default = default

    def forward(self, strings: np.ndarray) -> Tensor:
        ids = [self.ids.get(string, self.default) for string in strings.ravel()]
        return torch.tensor(ids, dtype=torch.int64).reshape(strings.shape)


class EmbeddingBlock(nn.Module):
    """Embedding."""

    def __init__(self, file: str, vocab_size: int, dim: int, length: int = 6):
        super().__init__()
        self.length = length
        self.table = VocabularyTable(file, default=1, first=2)
        self.embedding = Embedding(vocab_size, dim)

    def forward(self, x: np.ndarray) -> Tensor:
        x = string_lower(as_bytes_array(x))
        x, y, z = string_split(
            regex_replace(x, r"[!\"#$%&()*+,-./:;<=>?@\[\\\]\^_`{|}~']", "")
        )
        inside = strings_equal(y, b"")
        y = torch.where(inside, 0, self.table(y))
        x = row_splits(x[:, 0], z[0])
        x = self.embedding(ragged_to_dense(y, (x,), 0, (-1, self.length)))
        return x.mean(1)


class ItemTower(nn.Module):
    """Title → embedding → Linear → ReLU → Linear."""

    def __init__(self):
        super().__init__()
        self.title = EmbeddingBlock("vocabularies/title.txt", 15, dim=8)
        self.price_embedding = Embedding(5, 4)
        self.item_hidden = nn.Linear(13, 24)
        self.fc = nn.Linear(24, 12)
        self.register_buffer(
            "price_scale_mean", torch.tensor([[25.0]]), persistent=False
        )
        self.register_buffer(
            "price_scale_std", torch.tensor([[20.0]]), persistent=False
        )
        self.register_buffer(
            "price_bucket", torch.tensor([5.0, 10.0, 20.0, 50.0]), persistent=False
        )

    def forward(self, price: Tensor, title: np.ndarray) -> Tensor:
        x = (price - self.price_scale_mean) / self.price_scale_std
        y = torch.bucketize(price, self.price_bucket, out_int32=True, right=True)
        y = self.price_embedding(y).flatten(0, 1)
        x = self.item_hidden(torch.cat((self.title(title), x, y), dim=-1))
        return self.fc(F.relu(x))


class UserTower(nn.Module):
    """Embedding → embedding → query → Linear → ReLU → Linear."""

    def __init__(self, buckets: int = 16):
        super().__init__()
        self.buckets = buckets
        self.user_id_table = VocabularyTable(
            "vocabularies/user_id.txt", default=-1, first=2
        )
        self.user_embedding = Embedding(32, 8)
        self.country_embedding = Embedding(16, 4)
        self.query = EmbeddingBlock("vocabularies/query.txt", 15, dim=8)
        self.user_hidden = nn.Linear(21, 24)
        self.fc = nn.Linear(24, 12)
        self.register_buffer("age_scale_mean", torch.tensor([[38.0]]), persistent=False)
        self.register_buffer("age_scale_std", torch.tensor([[12.0]]), persistent=False)

    def forward(
        self, age: Tensor, user_id: np.ndarray, country: np.ndarray, query: np.ndarray
    ) -> Tensor:
        x = as_bytes_array(user_id)
        ids = self.user_id_table(x)
        x = hash_bucket_fast(x, 2)
        x = self.user_embedding(torch.where(ids == -1, x, ids))
        y = hash_bucket_fast(as_bytes_array(country), self.buckets)
        z = (age - self.age_scale_mean) / self.age_scale_std
        x = torch.cat((x, self.country_embedding(y), z, self.query(query)), dim=-1)
        return self.fc(F.relu(self.user_hidden(x)))


class TwoTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.item_tower = ItemTower()
        self.user_tower = UserTower()

    def forward(
        self,
        age: Tensor,
        country: np.ndarray,
        price: Tensor,
        query: np.ndarray,
        title: np.ndarray,
        user_id: np.ndarray,
    ) -> dict[str, Tensor]:
        x = self.item_tower(price, title)
        user_tower = self.user_tower(age, user_id, country, query)
        similarity = F.normalize(user_tower, dim=-1, eps=1e-7).unsqueeze(1)
        similarity = similarity @ F.normalize(x, dim=-1, eps=1e-7).unsqueeze(2)
        similarity = similarity.squeeze(1)
        return {"item": x, "score": similarity, "user": user_tower}
