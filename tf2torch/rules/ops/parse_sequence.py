"""tf.SequenceExample protos as tensors: one emitted line per feature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tf2torch.ir.build import array_of, call, cast, outs
from tf2torch.ir.nodes import Arg, Node, Raw, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.ops.parse_example import (
    EXAMPLES,
    KINDS,
    Features,
    Key,
    Nodes,
    Sizes,
    Types,
    keys_of,
    names_of,
)
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.text import as_bytes

rules = RuleSet("parse_sequence", host=True)
INT64 = TensorType("int64", None)
Names = tuple[Key, ...]


@dataclass(frozen=True)
class Wanted:
    """The features to read; ``optional`` are dense lists that may be missing."""

    context_sparse: Names
    context_dense: Names
    list_sparse: Names
    list_dense: Names
    context_shapes: tuple[Sizes, ...]
    list_shapes: tuple[Sizes, ...]
    defaults: Nodes
    optional: frozenset[bytes]
    context_ragged: Names = ()
    list_ragged: Names = ()
    lengths: bool = True


@dataclass
class Results:
    """The result types, handed out group by group in the schema's order."""

    types: Types
    at: int = 0
    nodes: list[Node] = field(default_factory=list)

    def take(self, count: int, parts: int) -> Iterator[Types]:
        """Per feature its ``parts`` types; a part of all features is one group."""
        block = self.types[self.at : self.at + count * parts]
        self.at += count * parts
        return iter([block[i::count] for i in range(count)])

    def add(self, made: list[Nodes], parts: int) -> None:
        self.nodes += [m[part] for part in range(parts) for m in made]


def _sequence(
    serialized: Node, single: bool, want: Wanted, out: Types
) -> Nodes | Decline:
    results = Results(out)
    declined = _contexts(serialized, single, want, results)
    if declined is not None:
        return declined
    if want.list_sparse or want.list_dense or want.list_ragged:
        lists = call("helper.parse_feature_lists", serialized, type=EXAMPLES)
        _lists(lists, single, want, results)
    return tuple(results.nodes)


def _contexts(
    serialized: Node, single: bool, want: Wanted, results: Results
) -> Decline | None:
    context = call("helper.parse_contexts", serialized, type=EXAMPLES)
    features = Features(context, single)
    types = results.take(len(want.context_sparse), 3)
    results.add([features.sparse(k, next(types)) for k in want.context_sparse], 3)
    types = results.take(len(want.context_dense), 1)
    for key, shape, default in zip(
        want.context_dense, want.context_shapes, want.defaults, strict=True
    ):
        made = features.dense(key, shape, default, next(types)[0])
        if isinstance(made, Decline):
            return made
        results.nodes.append(made)
    types = results.take(len(want.context_ragged), 2)
    results.add([features.ragged(k, next(types)) for k in want.context_ragged], 2)
    return None


def _lists(lists: Node, single: bool, want: Wanted, results: Results) -> None:
    types = results.take(len(want.list_sparse), 3)
    results.add([_sparse(lists, k, single, next(types)) for k in want.list_sparse], 3)
    parts = 2 if want.lengths else 1
    types = results.take(len(want.list_dense), parts)
    rows = zip(want.list_dense, want.list_shapes, strict=True)
    results.add(
        [_dense(lists, k, s, single, want, next(types)) for k, s in rows], parts
    )
    types = results.take(len(want.list_ragged), 3)
    results.add([_ragged(lists, k, single, next(types)) for k in want.list_ragged], 3)


def _sparse(lists: Node, key: Key, single: bool, out: Types) -> Nodes:
    args = (lists, as_bytes(key), KINDS[out[1].dtype])
    indices, values, shape = outs(call("helper.sparse_feature_list", *args, types=out))
    if not single:
        return indices, values, shape
    columns = call("[]", indices, (Slice(), Slice(1, None)), type=out[0])
    return columns, values, call("[]", shape, Slice(1, None), type=out[2])


def _dense(
    lists: Node, key: Key, shape: Sizes, single: bool, want: Wanted, out: Types
) -> Nodes:
    sizes: Arg = tuple(s for s in shape if s is not None)
    args: tuple[Arg, ...] = (lists, as_bytes(key), KINDS[out[0].dtype], sizes)
    if as_bytes(key) in want.optional:
        args = (*args, True)
    types = (out[0], INT64)
    values, lengths = outs(call("helper.dense_feature_list", *args, types=types))
    if not single:
        return values, lengths
    return (
        call("[]", values, 0, type=out[0]),
        call("[]", lengths, (0, Raw("...")), type=out[-1]),
    )


def _ragged(lists: Node, key: Key, single: bool, out: Types) -> Nodes:
    args = (lists, as_bytes(key), KINDS[out[0].dtype])
    types = (out[0], INT64, INT64)
    values, outer, inner = outs(call("helper.ragged_feature_list", *args, types=types))
    if single:
        outer = call("[]", outer, Slice(0, 0), type=INT64)
    return values, cast(outer, out[1].dtype), cast(inner, out[2].dtype)


# --- the ops -----------------------------------------------------------------------


@dataclass(frozen=True)
class ShapesAttrs:
    context_dense_shapes: tuple[Sizes, ...]
    feature_list_dense_shapes: tuple[Sizes, ...]


@rules.rule("ParseSequenceExampleV2")
def parse_sequence_example_v2(
    serialized: Node,
    debug_name: Node,
    context_sparse: Node,
    context_dense: Node,
    context_ragged: Node,
    list_sparse: Node,
    list_dense: Node,
    list_ragged: Node,
    missing_allowed: Node,
    defaults: Nodes,
    *,
    attrs: ShapesAttrs,
    out: Types,
) -> Nodes | Decline:
    operands = (context_sparse, context_dense, list_sparse, list_dense)
    keys = [keys_of(n) for n in (*operands, context_ragged, list_ragged)]
    allowed = array_of(missing_allowed)
    if None in keys or allowed is None or serialized.rank is None:
        return Decline("the features are named at run time")
    cs, cd, ls, ld, cr, lr = (k for k in keys if k is not None)
    flags = allowed.reshape(-1).tolist()
    optional = frozenset(k for k, flag in zip(ld, flags, strict=True) if flag)
    shapes = (attrs.context_dense_shapes, attrs.feature_list_dense_shapes)
    want = Wanted(cs, cd, ls, ld, *shapes, defaults, optional, cr, lr)
    return _sequence(serialized, serialized.rank == 0, want, out)


@dataclass(frozen=True)
class KeysAttrs:
    Ncontext_dense: int
    feature_list_dense_missing_assumed_empty: Names
    context_sparse_keys: Names
    context_dense_keys: Names
    feature_list_sparse_keys: Names
    feature_list_dense_keys: Names
    context_dense_shapes: tuple[Sizes, ...]
    feature_list_dense_shapes: tuple[Sizes, ...]


@rules.rule("ParseSequenceExample")
def parse_sequence_example(
    serialized: Node, debug_name: Node, defaults: Nodes, *, attrs: KeysAttrs, out: Types
) -> Nodes | Decline:
    want = Wanted(
        attrs.context_sparse_keys,
        attrs.context_dense_keys,
        attrs.feature_list_sparse_keys,
        attrs.feature_list_dense_keys,
        attrs.context_dense_shapes,
        attrs.feature_list_dense_shapes,
        defaults,
        frozenset(map(as_bytes, attrs.feature_list_dense_missing_assumed_empty)),
    )
    return _sequence(serialized, False, want, out)


@rules.rule("ParseSingleSequenceExample")
def parse_single_sequence_example(
    serialized: Node,
    missing_allowed: Node,
    context_sparse: Nodes,
    context_dense: Nodes,
    list_sparse: Nodes,
    list_dense: Nodes,
    defaults: Nodes,
    debug_name: Node,
    *,
    attrs: ShapesAttrs,
    out: Types,
) -> Nodes | Decline:
    keys = [
        names_of(n) for n in (context_sparse, context_dense, list_sparse, list_dense)
    ]
    allowed = keys_of(missing_allowed)
    if None in keys or allowed is None:
        return Decline("the features are named at run time")
    cs, cd, ls, ld = (k for k in keys if k is not None)
    shapes = (attrs.context_dense_shapes, attrs.feature_list_dense_shapes)
    optional = frozenset(allowed)
    want = Wanted(cs, cd, ls, ld, *shapes, defaults, optional, lengths=False)
    return _sequence(serialized, True, want, out)
