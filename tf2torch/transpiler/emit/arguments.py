"""Constructor arguments of a class: the numbers in which its instances differ.

Numbers that always agree between instances are one argument. A part that only some
instances have is switched by a flag, which is computed from the sizes where they tell:
``self.residual = in_channels == out_channels``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING

from tf2torch.ir.nodes import Blocks, Call, Const, Module, Option
from tf2torch.transpiler.emit.argument_names import argument_names, slot_role
from tf2torch.transpiler.emit.derived_arguments import derive
from tf2torch.transpiler.emit.hyperparameters import (
    RATE,
    SIZES,
    Lift,
    View,
    depths,
    lifted,
    rank,
)
from tf2torch.transpiler.emit.names import Namespace
from tf2torch.transpiler.emit.roles import DEFAULTS, NAMEABLE, is_heads
from tf2torch.transpiler.emit.signature import ABSENT, Signature, Slot

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.classes import ClassSpec, Program

LARGEST_LITERAL = 4
MOST_NAMED = 8
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
    follows from the others; then no caller gives it. ``group``: what kind of number,
    where a class around this one may want it as an argument, too."""

    name: str
    slots: list[int]
    kind: str = "int"
    default: object = None
    has_default: bool = False
    in_forward: bool = False
    values: dict[Signature, object] = field(default_factory=dict)
    rule: str = ""
    group: str = ""
    loops: tuple[Blocks, ...] = ()  # whose number of blocks this is


@dataclass(eq=False)
class Column:
    """Slots that hold the same numbers in every instance; ABSENT where it has none."""

    values: list[object]
    slots: list[int]
    differs: bool
    filled: bool = False
    lift: Lift | None = None

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


def make_arguments(spec: ClassSpec, program: Program, root: bool) -> list[Argument]:
    """The arguments of ``spec``, those without a default first; those of the classes
    of its blocks are made."""
    lifts = lifted(spec, program, root)
    made = _made(spec, program, root, lifts)
    if not root and any(_is_numbered(a) for a in made):
        lifts = {i: lift for i, lift in lifts.items() if lift.group not in SIZES}
        made = _made(spec, program, root, lifts)
    return made


def _is_numbered(argument: Argument) -> bool:
    """Did the words for widths not suffice?"""
    return argument.group in SIZES and argument.name[-1].isdigit()


def _made(
    spec: ClassSpec, program: Program, root: bool, lifts: dict[int, Lift]
) -> list[Argument]:
    columns = _columns(spec, lifts)
    names = Namespace({"nn", "torch", "F", "Tensor", "math"})
    members = set(spec.members.values())
    view = View(spec, program)
    wanted = argument_names(spec, columns, view)
    arguments = []
    for column, name in zip(columns, wanted, strict=True):
        # self.dropout = nn.Dropout(dropout); what forward reads is an attribute.
        names.taken |= members if _is_read(spec, column) else set()
        arguments.append(_argument(spec, column, names.claim(name), view, root))
        names.taken -= members - {a.name for a in arguments}
    for argument in arguments:
        if argument.kind == "bool":
            argument.rule = _rule(argument, arguments, spec)
    if not root:
        arguments = derive(arguments, spec, program, names)
    arguments += _depth(view, names)
    if root:
        arguments.sort(key=lambda a: rank(a.name))
    ends = {"in_channels": 0, "out_channels": 1}
    return sorted(
        arguments, key=lambda a: (a.has_default, bool(a.rule), ends.get(a.name, 2))
    )


def _depth(view: View, names: Namespace) -> list[Argument]:
    """``depth``, or ``depths`` of several chains of equal blocks."""
    found = depths(view)
    if not found:
        return []
    counts = tuple(found.values())
    same = len(set(counts)) == 1
    word, kind = ("depth", "int") if same else ("depths", "tuple[int, ...]")
    value = counts[0] if same else counts
    return [
        Argument(
            names.claim(word), [], kind, value, True, loops=tuple(found),
            values=dict.fromkeys(view.spec.instances, value),
        )
    ]  # fmt: skip


def _argument(
    spec: ClassSpec, column: Column, name: str, view: View, root: bool
) -> Argument:
    slots = [spec.signature.slots[i] for i in column.slots]
    argument = Argument(
        name,
        column.slots,
        _annotation(column.values),
        in_forward=_is_read(spec, column),
        values=dict(zip(spec.instances, column.values, strict=True)),
        group=next((g for s in slots if (g := view.group(s))), ""),
    )
    usual = _usual(slots[0])
    if not column.differs and (root or column.lift is None):
        argument.default, argument.has_default = column.values[0], True
    elif column.differs and usual is not None and usual in column.values:
        argument.default, argument.has_default = usual, True
    elif column.filled:
        argument.default, argument.has_default = _nothing(column), True
    return argument


def _is_read(spec: ClassSpec, column: Column) -> bool:
    """Does forward read the number?"""
    slots = (spec.signature.slots[i] for i in column.slots)
    return any(isinstance(s.node, (Call, Const, Option)) for s in slots)


# --- columns ---------------------------------------------------------------------


def _columns(spec: ClassSpec, lifts: dict[int, Lift]) -> list[Column]:
    """What differs first, then numbers that want a name."""
    found: dict[object, Column] = {}
    partial: list[Column] = []
    for index, slot in enumerate(spec.signature.slots):
        values = [s.slots[index].value for s in spec.instances]
        known = [v for v in values if v is not ABSENT]
        differs = any(_unlike(v, known[0]) for v in known)
        lift = None if differs else lifts.get(index)
        if lift is None and _is_open(slot):
            continue
        if not differs and lift is None and not _needs_name(slot):
            continue
        if not differs:
            values = [known[0]] * len(values)
        column = Column(values, [index], differs, lift=lift)
        if column.is_full:
            word = "" if differs or lift else slot_role(spec, slot)
            key = (differs, word, tuple(values), column.kind(), lift)
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
    first = sorted(columns, key=lambda c: _place(spec, c))
    return sorted(first, key=_standing)


def _place(spec: ClassSpec, column: Column) -> int:
    """The first layer that has the number; the first use, when none has."""
    slots = spec.signature.slots
    made = [i for i in column.slots if not isinstance(slots[i].node, Call)]
    return (made or column.slots)[0] if column.lift else column.slots[0]


def _standing(column: Column) -> int:
    """Widths and sizes, then rates, then numbers of forward."""
    if column.lift is None:
        return 0 if column.differs else 2
    return column.lift.group == RATE


def _unlike(value: object, first: object) -> bool:
    """NaN is like NaN."""
    both_nan = value != value and first != first
    return type(value) is not type(first) or (value != first and not both_nan)


def _readable(columns: Iterable[Column]) -> list[Column]:
    """Without names for numbers, when there are so many that no name would help."""
    kept = list(columns)
    if sum(not c.differs and c.lift is None for c in kept) > MOST_NAMED:
        kept = [c for c in kept if c.differs or c.lift]
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
    return (
        isinstance(slot.node, Call)
        and type(slot.value) is int
        and abs(slot.value) > LARGEST_LITERAL
        and slot.node.func in NAMEABLE
    )


def _is_open(slot: Slot) -> bool:
    """``x.unflatten(-1, (heads, -1))``: the width of a head follows."""
    return is_heads(slot.node, slot.path) and slot.path[-1] == 1
