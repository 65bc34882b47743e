"""tf.Example protos as tensors: one emitted line per feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tf2torch.ir.build import array_of, call, cast, outs, python_number
from tf2torch.ir.nodes import Arg, Node, Raw, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.text import as_bytes, text_of

rules = RuleSet("parse_example", host=True)
Types = tuple[TensorType, ...]
Nodes = tuple[Node, ...]
Sizes: TypeAlias = "tuple[int | None, ...]"
Key: TypeAlias = "str | bytes"
EXAMPLES = TensorType("variant", None)
KINDS = {"string": "bytes", "float32": "float", "int64": "int64"}
INT64 = TensorType("int64", None)


def keys_of(node: Node) -> tuple[bytes, ...] | None:
    """The elements of a constant vector of feature names."""
    array = array_of(node)
    if array is None:
        return None
    return tuple(as_bytes(key) for key in array.reshape(-1).tolist())


def names_of(nodes: Nodes) -> tuple[bytes, ...] | None:
    """The values of constant scalar names."""
    found = [text_of(node) for node in nodes]
    return None if None in found else tuple(k for k in found if k is not None)


@dataclass(frozen=True)
class Features:
    """Parsed examples and how to read features of them; ``single``: no batch axis."""

    examples: Node
    single: bool = False

    def dense(
        self, key: Key, shape: Sizes, default: Node, out: TensorType
    ) -> Node | Decline:
        kind, name = KINDS[out.dtype], as_bytes(key)
        fill = default_arg(default)
        if isinstance(fill, Decline):
            return fill
        func, sizes = "dense_feature", tuple(s for s in shape if s is not None)
        if shape[:1] == (None,):
            func = "padded_feature"
            fill = fill[0] if isinstance(fill, tuple) else fill
        args: list[Arg] = [self.examples, name, kind, sizes, fill]
        return self._row(call(f"helper.{func}", *trimmed(args, func), type=out), out)

    def _row(self, made: Node, out: TensorType) -> Node:
        if not self.single:
            return made
        index: Arg = (0, Raw("...")) if out.rank == 0 else 0
        return call("[]", made, index, type=out)

    def sparse(self, key: Key, out: Types) -> Nodes:
        """indices, values, shape"""
        args = (self.examples, as_bytes(key), KINDS[out[1].dtype])
        indices, values, shape = outs(call("helper.sparse_feature", *args, types=out))
        if not self.single:
            return indices, values, shape
        columns = call("[]", indices, (Slice(), Slice(1, None)), type=out[0])
        return columns, values, call("[]", shape, Slice(1, None), type=out[2])

    def ragged(self, key: Key, out: Types) -> Nodes:
        """values, row splits"""
        args = (self.examples, as_bytes(key), KINDS[out[0].dtype])
        types = (out[0], out[1].with_dtype("int64"))
        values, splits = outs(call("helper.ragged_feature", *args, types=types))
        if self.single:
            splits = call("[]", splits, Slice(0, 0), type=types[1])
        return values, cast(splits, out[1].dtype)


def trimmed(args: list[Arg], func: str) -> list[Arg]:
    """Without trailing arguments that are the helper's defaults."""
    last: Arg = 0 if func == "padded_feature" else None
    if args[-1] == last and args[-1] is not False:
        args = args[:-1]
        args = args[:-1] if args[-1] == () else args
    return args


def default_arg(default: Node) -> Arg | Decline:
    """One value, or a tuple of those that differ; None when there is none."""
    array = array_of(default)
    if array is None:
        return Decline("a default value is computed at run time")
    flat = [plain(item) for item in array.reshape(-1)]
    if not flat:
        return None
    return flat[0] if len(set(flat)) == 1 else tuple(flat)


def plain(item: object) -> int | float | bool | bytes:
    if isinstance(item, (str, bytes)):
        return as_bytes(item)
    return python_number(np.asarray(item))


def parsed(serialized: Node) -> Features:
    examples = call("helper.parse_examples", serialized, type=EXAMPLES)
    return Features(examples, serialized.rank == 0)


def all_features(
    features: Features,
    sparse: tuple[Key, ...],
    dense: tuple[Key, ...],
    ragged: tuple[Key, ...],
    shapes: tuple[Sizes, ...],
    defaults: Nodes,
    out: Types,
) -> Nodes | Decline:
    """Results in the order of ParseExampleV2's outputs."""
    s, d, r = len(sparse), len(dense), len(ragged)
    triples = [
        features.sparse(k, (out[i], out[s + i], out[2 * s + i]))
        for i, k in enumerate(sparse)
    ]
    rows: list[Node] = []
    for i, key in enumerate(dense):
        made = features.dense(key, shapes[i], defaults[i], out[3 * s + i])
        if isinstance(made, Decline):
            return made
        rows.append(made)
    first = 3 * s + d
    pairs = [
        features.ragged(k, (out[first + i], out[first + r + i]))
        for i, k in enumerate(ragged)
    ]
    flat = [t[part] for part in range(3) for t in triples]
    return (*flat, *rows, *(p[part] for part in range(2) for p in pairs))


@dataclass(frozen=True)
class ShapesAttrs:
    dense_shapes: tuple[Sizes, ...]


@rules.rule("ParseExampleV2")
def parse_example_v2(
    serialized: Node,
    names: Node,
    sparse_keys: Node,
    dense_keys: Node,
    ragged_keys: Node,
    defaults: Nodes,
    *,
    attrs: ShapesAttrs,
    out: Types,
) -> Nodes | Decline:
    sparse, dense, ragged = map(keys_of, (sparse_keys, dense_keys, ragged_keys))
    if sparse is None or dense is None or ragged is None or serialized.rank is None:
        return Decline("the features are named at run time")
    shapes = attrs.dense_shapes
    features = parsed(serialized)
    return all_features(features, sparse, dense, ragged, shapes, defaults, out)


@rules.rule("ParseExample")
def parse_example(
    serialized: Node,
    names: Node,
    sparse_keys: Nodes,
    dense_keys: Nodes,
    defaults: Nodes,
    *,
    attrs: ShapesAttrs,
    out: Types,
) -> Nodes | Decline:
    sparse, dense = names_of(sparse_keys), names_of(dense_keys)
    if sparse is None or dense is None or serialized.rank is None:
        return Decline("the features are named at run time")
    shapes = attrs.dense_shapes
    return all_features(parsed(serialized), sparse, dense, (), shapes, defaults, out)


@dataclass(frozen=True)
class SingleAttrs:
    sparse_keys: tuple[Key, ...]
    dense_keys: tuple[Key, ...]
    dense_shapes: tuple[Sizes, ...]


@rules.rule("ParseSingleExample")
def parse_single_example(
    serialized: Node, defaults: Nodes, *, attrs: SingleAttrs, out: Types
) -> Nodes | Decline:
    features = Features(parsed(serialized).examples, single=True)
    sparse, dense = attrs.sparse_keys, attrs.dense_keys
    shapes = attrs.dense_shapes
    return all_features(features, sparse, dense, (), shapes, defaults, out)
