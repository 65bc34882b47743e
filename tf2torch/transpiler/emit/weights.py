"""state_dict entries: their names, and where their values come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tf2torch.ir.nodes import Block, Blocks, Const, Family, Module, Param, Transform
from tf2torch.transpiler.emit.classes import Program
from tf2torch.transpiler.emit.signature import Signature, is_literal


@dataclass(frozen=True, eq=False)
class Entry:
    """One state_dict entry. ``source`` is a Param, or a Const that is stored."""

    key: str
    source: Param | Const

    @property
    def trainable(self) -> bool:
        return isinstance(self.source, Param) and self.source.variable.trainable

    def load(self) -> np.ndarray:
        """The value in torch's layout."""
        if isinstance(self.source, Const):
            return self.source.array
        return apply(self.source.transforms, self.source.variable.load())


def state_entries(program: Program) -> list[Entry]:
    """Every entry of the model's state_dict, each tensor once, in class order."""
    found: dict[str, Entry] = {}
    seen: set[object] = set()
    for entry in _entries(program, program.root.signature, ""):
        source = entry.source
        identity: object = entry.key
        if isinstance(source, Param):
            identity = (source.variable, source.transforms)
        if identity in seen or entry.key in found:
            continue
        seen.add(identity)
        found[entry.key] = entry
    return list(found.values())


def _entries(program: Program, signature: Signature, prefix: str) -> Iterator[Entry]:
    spec = program.by_key[signature.key]
    for index, name in spec.members.items():
        if not signature.has(index):
            continue
        node = signature.order[index]
        path = prefix + name
        match node:
            case Module():
                for suffix, source in node.state:
                    yield Entry(f"{path}.{suffix}", source)
            case Family():
                for i, module in enumerate(node.modules):
                    for suffix, source in module.state:
                        yield Entry(f"{path}.{i}.{suffix}", source)
            case Param():
                yield Entry(path, node)
            case Const() if stored(node):
                yield Entry(path, node)
            case Block():
                yield from _entries(program, program.signatures[node.graph], f"{path}.")
            case Blocks():
                for i, graph in enumerate(node.graphs_):
                    child = program.signatures[graph]
                    yield from _entries(program, child, f"{path}.{i}.")


def stored(node: Const) -> bool:
    return node.array.dtype != object and not is_literal(node)


def apply(transforms: tuple[Transform, ...], value: np.ndarray) -> np.ndarray:
    """``value`` after every transform in order."""
    for transform in transforms:
        value = _STEPS[transform.kind](value, transform.args)
    return np.require(value, requirements="C")


def _blocks(value: np.ndarray, args: tuple[int, ...]) -> np.ndarray:
    axis, *order = args
    parts = np.split(value, len(order), axis)
    return np.concatenate([parts[i] for i in order], axis)


def _slice(value: np.ndarray, args: tuple[int, ...]) -> np.ndarray:
    axis, start, stop = args
    index = [slice(None)] * value.ndim
    index[axis] = slice(start, stop)
    return value[tuple(index)]


_STEPS: dict[str, Callable[[np.ndarray, tuple[int, ...]], np.ndarray]] = {
    "permute": lambda value, axes: value.transpose(axes),
    "reshape": lambda value, sizes: value.reshape(sizes),
    "flip": lambda value, axes: np.flip(value, axes),
    "index": lambda value, args: value[args[0]],
    "slice": _slice,
    "blocks": _blocks,
}
