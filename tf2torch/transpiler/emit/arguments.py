"""Constructor arguments of a class: the numbers in which its instances differ.

Numbers that always agree between instances are one argument. A part that only some
instances have is switched by a flag, which is computed from the sizes where they tell:
``self.residual = in_channels == out_channels``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING

from tf2torch.ir.nodes import Block, Blocks, Call, Const, Module, Node, Option
from tf2torch.transpiler.emit.names import Namespace
from tf2torch.transpiler.emit.roles import DEFAULTS, NAMEABLE, flag_word, is_heads, role
from tf2torch.transpiler.emit.signature import ABSENT, Signature, Slot

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.classes import ClassSpec

LARGEST_LITERAL = 4
MOST_NAMED = 8
HIDDEN = {"out_channels": "hidden_channels", "out_features": "hidden_features"}
# Sizes that a flag may be computed from.
WIDTHS = frozenset(
    f"{side}_{what}"
    for side in ("in", "out", "hidden")
    for what in ("channels", "features")
)


@dataclass(eq=False)
class Argument:
    """A constructor argument, and the slots that it fills. ``default`` is the value
    when all instances agree (the argument only names the number). ``rule``: how it
    follows from the others; then no caller gives it."""

    name: str
    slots: list[int]
    kind: str = "int"
    default: object = None
    has_default: bool = False
    in_forward: bool = False
    values: dict[Signature, object] = field(default_factory=dict)
    rule: str = ""


@dataclass(eq=False)
class Column:
    """Slots that hold the same numbers in every instance; ABSENT where it has none."""

    values: list[object]
    slots: list[int]
    differs: bool
    filled: bool = False

    def kind(self) -> tuple[object, ...]:
        return tuple(type(v) for v in self.values if v is not ABSENT)

    @property
    def is_full(self) -> bool:
        return ABSENT not in self.values

    def agrees(self, other: Column) -> bool:
        pairs = zip(self.values, other.values, strict=True)
        return all(
            a is ABSENT or b is ABSENT or (a == b and type(a) is type(b))
            for a, b in pairs
        )

    def join(self, other: Column) -> None:
        pairs = zip(self.values, other.values, strict=True)
        self.values = [b if a is ABSENT else a for a, b in pairs]
        self.slots += other.slots


def make_arguments(spec: ClassSpec) -> list[Argument]:
    """The arguments of ``spec``, those without a default first."""
    columns = _columns(spec)
    names = Namespace(
        set(spec.members.values()) | {"nn", "torch", "F", "Tensor", "math"}
    )
    wanted = _argument_names(spec, [c.slots for c in columns])
    arguments = [
        _argument(spec, column, names.claim(name))
        for column, name in zip(columns, wanted, strict=True)
    ]
    for argument in arguments:
        if argument.kind == "bool":
            argument.rule = _rule(argument, arguments, spec)
    return sorted(arguments, key=lambda a: (a.has_default, bool(a.rule)))


def _argument(spec: ClassSpec, column: Column, name: str) -> Argument:
    slots = [spec.signature.slots[i] for i in column.slots]
    argument = Argument(
        name,
        column.slots,
        _annotation(column.values),
        in_forward=any(isinstance(s.node, (Call, Const, Option)) for s in slots),
        values=dict(zip(spec.instances, column.values, strict=True)),
    )
    usual = _usual(slots[0])
    if not column.differs:
        argument.default, argument.has_default = column.values[0], True
    elif usual is not None and usual in column.values:
        argument.default, argument.has_default = usual, True
    elif column.filled:
        argument.default, argument.has_default = _nothing(column), True
    return argument


# --- columns ---------------------------------------------------------------------


def _columns(spec: ClassSpec) -> list[Column]:
    """What differs first, then numbers of forward that want a name."""
    found: dict[object, Column] = {}
    partial: list[Column] = []
    for index, slot in enumerate(spec.signature.slots):
        values = [s.slots[index].value for s in spec.instances]
        known = [v for v in values if v is not ABSENT]
        differs = any(_unlike(v, known[0]) for v in known)
        if not differs and not _needs_name(slot):
            continue
        if not differs:
            values = [known[0]] * len(values)
        column = Column(values, [index], differs)
        if column.is_full:
            word = "" if differs else _slot_role(spec, slot)
            key = (differs, word, tuple(values), column.kind())
            if key in found:
                found[key].slots.append(index)
            else:
                found[key] = column
        else:
            partial.append(column)
    columns = _readable(found.values())
    for column in partial:
        home = next((c for c in columns if c.differs and c.agrees(column)), None)
        if home is None:
            columns.append(column)
        else:
            home.join(column)
    for column in columns:
        _fill(spec, column)
        column.slots.sort()
    first = sorted(columns, key=lambda c: c.slots[0])
    return sorted(first, key=lambda c: not c.differs)


def _unlike(value: object, first: object) -> bool:
    """NaN is like NaN."""
    both_nan = value != value and first != first
    return type(value) is not type(first) or (value != first and not both_nan)


def _readable(columns: Iterable[Column]) -> list[Column]:
    """Without names for numbers, when there are so many that no name would help."""
    kept = list(columns)
    if sum(not c.differs for c in kept) > MOST_NAMED:
        kept = [c for c in kept if c.differs]
    return kept


def _fill(spec: ClassSpec, column: Column) -> None:
    """Numbers that an instance has not, from what flows in or as nothing."""
    for place, value in enumerate(column.values):
        if value is not ABSENT:
            continue
        flowing = _flowing(spec.instances[place], column.slots)
        if flowing is None:
            column.filled = True
        column.values[place] = _nothing(column) if flowing is None else flowing


def _nothing(column: Column) -> object:
    known = next(v for v in column.values if v is not ABSENT)
    return type(known)() if isinstance(known, (int, float)) else known


def _flowing(instance: Signature, slots: list[int]) -> int | None:
    """The channels of what an absent layer would have read."""
    for index in slots:
        slot = instance.slots[index]
        node = slot.node
        if not isinstance(node, Module) or slot.path[1:] not in (
            ("in_channels",),
            ("in_features",),
        ):
            continue
        axis = 1 if slot.path[1] == "in_channels" else -1
        for option in instance.options.values():
            inputs = list(option.graph.inputs)
            if node.args[0] in inputs:
                outer = option.args[inputs.index(node.args[0])]  # type: ignore[arg-type] # found there
                size = (outer.shape or ())[axis]
                return size if isinstance(size, int) else None
    return None


def _rule(argument: Argument, others: list[Argument], spec: ClassSpec) -> str:
    """``in_channels == out_channels``, when that is what the flag says everywhere."""
    widths = [a for a in others if a.kind == "int" and a.name in WIDTHS]
    flags = [argument.values[s] for s in spec.instances]
    for left, right in permutations(widths, 2):
        same = [left.values[s] == right.values[s] for s in spec.instances]
        if same == flags:
            return f"{left.name} == {right.name}"
        if [not s for s in same] == flags:
            return f"{left.name} != {right.name}"
    return ""


def _usual(slot: Slot) -> int | None:
    """The default of the layer's own constructor, as in ``stride: int = 1``."""
    if isinstance(slot.node, Module) and slot.path[0] == "config":
        return DEFAULTS.get(slot.node.cls, {}).get(str(slot.path[1]))
    return None


def _annotation(values: list[object]) -> str:
    kinds = {type(v).__name__ for v in values}
    names: list[str] = [k for k in ("int", "float", "bool", "str") if k in kinds]
    if "tuple" in kinds:
        names.append("tuple[int, ...]")
    return " | ".join(names)


def _needs_name(slot: Slot) -> bool:
    """A number in forward that a reader would want named."""
    if isinstance(slot.value, int) and is_heads(slot.node, slot.path):
        return True
    return (
        isinstance(slot.node, Call)
        and type(slot.value) is int
        and abs(slot.value) > LARGEST_LITERAL
        and slot.node.func in NAMEABLE
    )


# --- names -----------------------------------------------------------------------


def _argument_names(spec: ClassSpec, columns: list[list[int]]) -> list[str]:
    """A column is called after its first use; only what the last layer gives is an
    output, the widths between are hidden, or called after their layer."""
    slots = [[spec.signature.slots[i] for i in column] for column in columns]
    roles = [_best_role(spec, column) for column in slots]
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
    return roles


def _best_role(spec: ClassSpec, column: list[Slot]) -> str:
    return _slot_role(spec, column[0])


def _last_with(spec: ClassSpec, role_: str) -> Slot | None:
    """The last number of this role in the class."""
    found = [s for s in spec.signature.slots if _slot_role(spec, s) == role_]
    return found[-1] if found else None


def _attribute(spec: ClassSpec, node: Node) -> str:
    for index, other in enumerate(spec.signature.order):
        if other is node:
            return spec.members.get(index, "")
    return ""


def _slot_role(spec: ClassSpec, slot: Slot) -> str:
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
