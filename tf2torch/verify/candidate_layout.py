"""Tensors between TensorFlow's order of axes and the port's, in its process.

A port that takes [N, C, H, W] where the original takes [N, H, W, C] is asked with the
same values: what enters it is permuted, what leaves it is permuted back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# By the name of an output: ``port's = original's.permute(axes)``, or [] for equal.
Outputs = Mapping[str, Sequence[int]]


def entering(specs: list[dict[str, Any]], tensors: list[Any]) -> list[Any]:
    """The port's arguments from tensors as TensorFlow has them."""
    pairs = zip(specs, tensors, strict=True)
    return [
        value.permute(*spec["axes"]).contiguous() if spec["axes"] else value
        for spec, value in pairs
    ]


def leaving(outputs: Outputs, named: dict[str, Any]) -> dict[str, Any]:
    """What the port returned in TensorFlow's order; a wrong rank is left to be told."""
    found = dict(named)
    for name, axes in outputs.items():
        value = found.get(name)
        if axes and getattr(value, "ndim", None) == len(axes):
            back = [list(axes).index(i) for i in range(len(axes))]
            found[name] = value.permute(*back)  # type: ignore[union-attr] # a tensor
    return found
