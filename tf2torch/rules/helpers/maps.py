"""Dicts of tensors that are copied when they change; keys are numbers."""

from collections.abc import Mapping

import torch
from torch import Tensor

Key = bool | int | float


def with_entry(
    items: Mapping[Key, Tensor], key: Tensor, value: Tensor
) -> dict[Key, Tensor]:
    """A copy of ``items`` with ``value`` under ``key``."""
    return {**items, key.item(): value}


def without_entry(items: Mapping[Key, Tensor], key: Tensor) -> dict[Key, Tensor]:
    """A copy of ``items`` without ``key``, which must be there."""
    rest = dict(items)
    del rest[key.item()]
    return rest


def has_entry(items: Mapping[Key, Tensor], key: Tensor) -> Tensor:
    """Is there an entry under ``key``?"""
    return torch.tensor(key.item() in items)
