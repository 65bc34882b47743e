"""Lookup tables whose content lies in a file beside the port."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


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


class VocabularyStrings(nn.Module):
    """Id → string: the line ``id`` of a text file, counted from ``first``."""

    def __init__(self, file: str, default: bytes = b"", first: int = 0):
        super().__init__()
        lines = (Path(__file__).parent / file).read_bytes().splitlines()
        self.strings = dict(enumerate(lines, first))
        self.default = default

    def forward(self, ids: Tensor) -> np.ndarray:
        found = (self.strings.get(i, self.default) for i in ids.flatten().tolist())
        return np.fromiter(found, object, ids.numel()).reshape(ids.shape)


class StringTable(nn.Module):
    """String → numbers or string, from a JSON file of keys and values."""

    def __init__(self, file: str, default: Any, dtype: torch.dtype | None = None):
        super().__init__()
        table = json.loads((Path(__file__).parent / file).read_text())
        keys = [key.encode(errors="surrogateescape") for key in table["keys"]]
        self.rows = {key: row for row, key in enumerate(keys)}
        self.values = [*table["values"], default]
        self.dtype = dtype
        if dtype is None:
            self.values = [_bytes(value) for value in self.values]

    def forward(self, keys: np.ndarray) -> Tensor | np.ndarray:
        found = [self.values[self.rows.get(key, -1)] for key in keys.ravel()]
        if self.dtype is None:
            return np.fromiter(found, object, len(found)).reshape(keys.shape)
        shape = np.shape(self.values[-1])
        return torch.tensor(found, dtype=self.dtype).reshape(*keys.shape, *shape)


class NumberTable(nn.Module):
    """Integer → numbers, by binary search in the keys of a JSON file."""

    keys: Tensor
    values: Tensor

    def __init__(self, file: str, default: Any, dtype: torch.dtype):
        super().__init__()
        table = json.loads((Path(__file__).parent / file).read_text())
        keys, order = torch.tensor(table["keys"], dtype=torch.int64).sort()
        values = torch.tensor([*table["values"], default], dtype=dtype)
        self.register_buffer("keys", keys, persistent=False)
        self.register_buffer(
            "values", torch.cat((values[order], values[-1:])), persistent=False
        )

    def forward(self, keys: Tensor) -> Tensor:
        last = self.keys.shape[0] - 1
        at = torch.searchsorted(self.keys, keys.long()).clamp(max=last)
        return self.values[torch.where(self.keys[at] == keys, at, last + 1)]


class IntegerStrings(nn.Module):
    """Integer → string, from a JSON file of keys and values."""

    def __init__(self, file: str, default: bytes = b""):
        super().__init__()
        table = json.loads((Path(__file__).parent / file).read_text())
        strings = map(_bytes, table["values"])
        self.strings = dict(zip(table["keys"], strings, strict=True))
        self.default = default

    def forward(self, keys: Tensor) -> np.ndarray:
        found = (self.strings.get(k, self.default) for k in keys.flatten().tolist())
        return np.fromiter(found, object, keys.numel()).reshape(keys.shape)


def _bytes(value: str | bytes) -> bytes:
    return value.encode(errors="surrogateescape") if isinstance(value, str) else value
