"""Tensor maps: a Python dict with scalar keys, never changed in place."""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("maps")
MAP = TensorType("variant", ())


@rules.rule("EmptyTensorMap")
def empty_tensor_map() -> Node:
    return call("dict", type=MAP)


@rules.rule("TensorMapInsert")
def tensor_map_insert(items: Node, key: Node, value: Node) -> Node:
    return call("helper.with_entry", items, key, value, type=MAP)


@rules.rule("TensorMapErase")
def tensor_map_erase(items: Node, key: Node) -> Node:
    return call("helper.without_entry", items, key, type=MAP)


@rules.rule("TensorMapLookup")
def tensor_map_lookup(items: Node, key: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("[]", items, call(".item", key, type=key.type), type=out[0])


@rules.rule("TensorMapHasKey")
def tensor_map_has_key(items: Node, key: Node) -> Node:
    return call("helper.has_entry", items, key, type=TensorType("bool", ()))


@rules.rule("TensorMapSize")
def tensor_map_size(items: Node) -> Node:
    return call("torch.tensor", call("len", items), dtype=DType("int32"))


@rules.rule("TensorMapStackKeys")
def tensor_map_stack_keys(items: Node, *, out: tuple[TensorType, ...]) -> Node:
    keys = call("sorted", items)
    return call("torch.tensor", keys, dtype=DType(out[0].dtype), type=out[0])
