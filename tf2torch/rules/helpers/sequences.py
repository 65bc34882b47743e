"""tf.SequenceExample protos: the feature lists; contexts are read as examples."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from tf2torch.rules.helpers.examples import (
    Example,
    _feature,
    _map_entries,
    _merged,
    as_values,
    proto_fields,
)

# Name of a feature list → per step the kind and the values.
FeatureLists = dict[bytes, list[tuple[str, list[Any]]]]


def parse_contexts(serialized: np.ndarray) -> list[Example]:
    """The context features of every serialized tf.SequenceExample."""
    return [_merged(proto, 1) for proto in np.asarray(serialized, object).ravel()]


def parse_feature_lists(serialized: np.ndarray) -> list[FeatureLists]:
    """The feature lists of every serialized tf.SequenceExample."""
    made: list[FeatureLists] = []
    for proto in np.asarray(serialized, object).ravel():
        lists: FeatureLists = {}
        for number, content in proto_fields(proto):
            if number == 2:
                for key, steps in _map_entries(content):
                    lists[key] = [_feature(s) for n, s in proto_fields(steps) if n == 1]
        made.append(lists)
    return made


def _steps(lists: FeatureLists, key: bytes, kind: str) -> list[list[Any]]:
    found = lists.get(key, [])
    if any(k not in ("", kind) for k, _ in found):
        raise ValueError(f"feature list {key!r} does not hold {kind}")
    return [values for _, values in found]


def sparse_feature_list(
    lists: list[FeatureLists], key: bytes, kind: str
) -> tuple[Tensor, Tensor | np.ndarray, Tensor]:
    """Indices [n, 3], values and shape: batch, steps, values of a step."""
    rows = [_steps(each, key, kind) for each in lists]
    places = [
        (b, s, v)
        for b, steps in enumerate(rows)
        for s, values in enumerate(steps)
        for v in range(len(values))
    ]
    flat = [value for steps in rows for values in steps for value in values]
    widest = max((len(values) for steps in rows for values in steps), default=0)
    shape = torch.tensor([len(rows), max(map(len, rows), default=0), widest])
    indices = torch.tensor(places, dtype=torch.int64).reshape(-1, 3)
    return indices, as_values(flat, kind, (len(flat),)), shape


def dense_feature_list(
    lists: list[FeatureLists],
    key: bytes,
    kind: str,
    shape: tuple[int, ...] = (),
    optional: bool = False,
) -> tuple[Tensor | np.ndarray, Tensor]:
    """[batch, steps, *shape], padded with zeros or empty strings, and the lengths."""
    if not optional and any(key not in each for each in lists):
        raise ValueError(f"feature list {key!r} is required but missing")
    size = int(np.prod(shape))
    rows = [_steps(each, key, kind) for each in lists]
    if any(len(values) != size for steps in rows for values in steps):
        raise ValueError(f"a step of feature list {key!r} has not {size} values")
    longest = max(map(len, rows), default=0)
    empty = [[b"" if kind == "bytes" else 0] * size]
    padded = [values for r in rows for values in r + empty * (longest - len(r))]
    flat = [value for values in padded for value in values]
    lengths = torch.tensor([len(steps) for steps in rows], dtype=torch.int64)
    return as_values(flat, kind, (len(rows), longest, *shape)), lengths


def ragged_feature_list(
    lists: list[FeatureLists], key: bytes, kind: str
) -> tuple[Tensor | np.ndarray, Tensor, Tensor]:
    """Values, row splits of the batch, row splits of the steps."""
    rows = [_steps(each, key, kind) for each in lists]
    flat = [value for steps in rows for values in steps for value in values]
    outer = np.cumsum([0, *map(len, rows)])
    inner = np.cumsum([0, *(len(values) for steps in rows for values in steps)])
    values = as_values(flat, kind, (len(flat),))
    return values, torch.from_numpy(outer), torch.from_numpy(inner)
