"""How the constructor arguments of a class are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tf2torch.ir.nodes import Block, Blocks, Module, Node, Option
from tf2torch.transpiler.emit.hyperparameters import View
from tf2torch.transpiler.emit.roles import flag_word, role
from tf2torch.transpiler.emit.signature import Slot

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.arguments import Column
    from tf2torch.transpiler.emit.classes import ClassSpec

HIDDEN = {"out_channels": "hidden_channels", "out_features": "hidden_features"}


def argument_names(spec: ClassSpec, columns: list[Column], view: View) -> list[str]:
    """A column is called after its first use; only what the last layer gives is an
    output, the widths between are hidden, or called after their layer."""
    slots = [[spec.signature.slots[i] for i in column.slots] for column in columns]
    roles = [c.lift.name if c.lift else "" for c in columns]
    roles = [
        r or slot_role(spec, own[0], view) for r, own in zip(roles, slots, strict=True)
    ]
    for role_, inner in HIDDEN.items():
        final = _last_with(spec, role_)
        hidden = [
            i
            for i, r in enumerate(roles)
            if r == role_ and not any(s is final for s in slots[i])
        ]
        for count, place in enumerate(hidden):
            layer = _attribute(spec, slots[place][0].node)
            suffix = inner.split("_")[1]
            roles[place] = f"{layer}_{suffix}" if count and layer else inner
    return _as_width(spec, roles, slots, view)


def _as_width(
    spec: ClassSpec, roles: list[str], slots: list[list[Slot]], view: View
) -> list[str]:
    """``dim`` for what enters and leaves, and ``hidden_dim`` between; ``channels``
    where convolutions do so."""
    ends = {"in_features": "out_features", "in_channels": "out_channels"}
    made = list(roles)
    for place, (role_, own) in enumerate(zip(roles, slots, strict=True)):
        words = [view.word(s) for s in own]
        if role_ in ends and _last_with(spec, ends[role_]) in own:
            made[place] = "dim" if role_ == "in_features" else "channels"
        elif role_ in ends and "dim" in words:
            made[place] = "dim"
        if made[place] != role_ and "normalized_shape" in {s.path[-1] for s in own}:
            made[place] = "dim"
    if "dim" in made:
        made = ["hidden_dim" if r == "hidden_features" else r for r in made]
    return made


def _last_with(spec: ClassSpec, role_: str) -> Slot | None:
    """The last number of this role in the class."""
    found = [s for s in spec.signature.slots if slot_role(spec, s) == role_]
    return found[-1] if found else None


def _attribute(spec: ClassSpec, node: Node) -> str:
    for index, other in enumerate(spec.signature.order):
        if other is node:
            return spec.members.get(index, "")
    return ""


def slot_role(spec: ClassSpec, slot: Slot, view: View | None = None) -> str:
    named = None if view is None else view.child_argument(slot)
    if named is not None:
        return named.name
    if isinstance(slot.node, Option):
        return flag_word(slot.node, [_attribute(spec, n) for n in _layers(slot.node)])
    if slot.path[0] != "child":
        return role(slot.node, slot.path)
    _, index, number = slot.path
    assert isinstance(index, int) and isinstance(number, int)
    node = slot.node
    assert isinstance(node, (Block, Blocks))
    child = spec.signature.children[_child_position(spec, node, index)]
    inner = child.slots[number]
    if inner.path[0] == "child":
        return "size"
    return role(inner.node, inner.path)


def _layers(option: Option) -> Iterator[Node]:
    for node in option.graph.nodes():
        if isinstance(node, Module) and node.state:
            yield node


def _child_position(spec: ClassSpec, node: Node, index: int) -> int:
    position = 0
    for other in spec.signature.order:
        if other is node:
            return position + index
        if isinstance(other, Block):
            position += 1
        elif isinstance(other, Blocks):
            position += len(other.graphs_)
    raise AssertionError("a slot of a child that its class does not have")
