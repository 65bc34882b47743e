"""Nests of tensors: what a function returns, with names as leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


def flatten(nest: Any) -> list[Any]:
    """Leaves in TensorFlow's order (dicts by sorted key); None is no leaf."""
    return [leaf for _, leaf in _walk(nest, ())]


def _walk(nest: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if nest is None:
        return
    if isinstance(nest, Mapping):
        for key in sorted(nest, key=str):
            yield from _walk(nest[key], (*path, str(key)))
    elif isinstance(nest, Sequence) and not isinstance(nest, str | bytes):
        fields = getattr(nest, "_fields", None)
        for i, item in enumerate(nest):
            yield from _walk(item, (*path, fields[i] if fields else str(i)))
    else:
        yield path, nest


def named_leaves(nest: Any, default: str) -> list[str]:
    """A name per leaf: its keys joined by ``_``; positions get ``default`` in front."""
    found: list[str] = []
    for path, _ in _walk(nest, ()):
        name = "_".join(path)
        if not path:
            name = default
        elif path[0].isdigit():
            name = f"{default}_{name}"
        found.append(name)
    return found


def positions_of(nest: Any) -> list[int]:
    """Positions of the leaves that are not None in a flat sequence of results."""
    if nest is None:
        return []
    items = list(nest) if isinstance(nest, Sequence) else [nest]
    return [i for i, item in enumerate(items) if item is not None]


def fill(nest: Any, leaves: Sequence[Any]) -> Any:
    """``nest`` with its leaves replaced in order; named tuples become tuples."""
    items = iter(leaves)
    return _map(nest, lambda _: next(items))


def _map(nest: Any, change: Callable[[Any], Any]) -> Any:
    if nest is None:
        return None
    if isinstance(nest, Mapping):
        new = {key: _map(nest[key], change) for key in sorted(nest, key=str)}
        return {key: new[key] for key in nest}
    if isinstance(nest, Sequence) and not isinstance(nest, str | bytes):
        items = [_map(item, change) for item in nest]
        return items if isinstance(nest, list) else tuple(items)
    return change(nest)
