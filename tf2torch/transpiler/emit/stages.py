"""A chain of blocks as its stages: what repeats is told once.

stages = (
    # out_channels, stride, depth
    (256, 1, 3),
    (512, 2, 4),
)
self.blocks = nn.Sequential()
in_channels = 64
for out_channels, stride, depth in stages:
    for i in range(depth):
        first = stride if i == 0 else 1
        self.blocks.append(Bottleneck(in_channels, out_channels, first))
        in_channels = out_channels
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from tf2torch.ir.nodes import Blocks, Chain
from tf2torch.transpiler.emit.arguments import Argument
from tf2torch.transpiler.emit.signature import ABSENT

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.class_source import ClassSource

FEW = 3
INDENT = "\n        "
# Digits of a rate that a person gave.
DIGITS = 3
# Rates are told with eight digits: a schedule is as near to the source as they are.
ROUNDING = 1e-8


@dataclass(frozen=True)
class Row:
    """What one block is given: its number in the chain and its values by argument."""

    place: int
    values: dict[str, object]


def stages_text(source: ClassSource, node: Blocks, name: str) -> str | None:
    """The statements that make the attribute ``name``, or None where no stages are."""
    specs = {source.program.spec(g) for g in node.graphs_}
    if not isinstance(node, Chain) or len(node.args) != 1 or len(specs) != 1:
        return None
    (spec,) = specs
    given = [a for a in spec.arguments if not a.rule]
    rows = []
    for place, graph in enumerate(node.graphs_):
        pairs = [source.block_argument(node, graph, place, a) for a in given]
        if any(text is not None for text, _ in pairs):
            return None
        values = {a.name: own for a, (_, own) in zip(given, pairs, strict=True)}
        rows.append(Row(place, values))
    if not _threads(rows):
        return None
    widths = _widths(spec.name, name, given, rows)
    if widths is not None:
        return widths
    scheduled = _schedule(source, node, given)
    own = [a for a in given if a.name != "in_channels" and a.name not in scheduled]
    found = list(_stages(own, rows))
    if len(found) < FEW or len(found) > len(rows) * 0.7:
        return None
    return _text(spec.name, name, given, scheduled, rows[0], found)


def _threads(rows: Sequence[Row]) -> bool:
    """Does each block take in what the one before gives out?"""
    if len(rows) < FEW or any("out_channels" not in r.values for r in rows):
        return False
    pairs = zip(rows, rows[1:], strict=False)
    return all(
        after.values.get("in_channels") == before.values["out_channels"]
        for before, after in pairs
    )


def _widths(
    cls: str, name: str, given: Sequence[Argument], rows: Sequence[Row]
) -> str | None:
    """``map(ConvBlock, channels, channels[1:])`` where widths are all there is."""
    needed = [a.name for a in given if not a.has_default]
    usual = all(
        r.values[a.name] == a.default for a in given if a.has_default for r in rows
    )
    if needed != ["in_channels", "out_channels"] or not usual:
        return None
    if [a.name for a in given][:2] != needed:
        return None
    sizes = [rows[0].values["in_channels"], *(r.values["out_channels"] for r in rows)]
    if len(set(sizes)) < len(sizes):
        return None
    held = f"self.{name} = nn.Sequential(*map({cls}, channels, channels[1:]))"
    return f"channels = {tuple(sizes)}{INDENT}{held}"


def _stages(
    own: Sequence[Argument], rows: Sequence[Row]
) -> Iterator[tuple[list[object], int]]:
    """(values, depth) of each stage: blocks that differ in the stride of the first."""
    stride = next((a.name for a in own if a.name == "stride"), None)
    still = [a.name for a in own if a.name != stride]

    def alike(row: Row) -> tuple[object, ...]:
        return tuple(row.values[k] for k in still)

    for _, group in groupby(rows, key=alike):
        part: list[Row] = []
        for row in group:
            if part and stride is not None and row.values[stride] != 1:
                yield [part[0].values[a.name] for a in own], len(part)
                part = []
            part.append(row)
        yield [part[0].values[a.name] for a in own], len(part)


def _schedule(
    source: ClassSource, node: Blocks, given: Sequence[Argument]
) -> dict[str, str]:
    """A rate that grows evenly from block to block, as an expression of ``block``."""
    found: dict[str, str] = {}
    count = len(node.graphs_)
    for argument in given:
        if argument.name != "drop_rate":
            continue
        known: dict[int, float] = {}
        for place, graph in enumerate(node.graphs_):
            signature = source.program.signatures[graph]
            if any(signature.slots[i].value is not ABSENT for i in argument.slots):
                known[place] = float(str(argument.values[signature]))
        steps = {round(v * count / p, DIGITS) for p, v in known.items() if p}
        rate = steps.pop() if len(steps) == 1 else 0.0
        exact = all(abs(rate * p / count - v) < ROUNDING for p, v in known.items())
        if rate and exact and len(known) >= FEW:
            found[argument.name] = f"{rate!r} * len(self.{{name}}) / {count}"
    return found


def _text(
    cls: str,
    name: str,
    given: Sequence[Argument],
    scheduled: dict[str, str],
    first: Row,
    found: Sequence[tuple[list[object], int]],
) -> str:
    own = [a.name for a in given if a.name != "in_channels" and a.name not in scheduled]
    table = "".join(
        f"{INDENT}    ({', '.join(map(repr, [*row, depth]))})," for row, depth in found
    )
    words: list[str] = []
    for place, argument in enumerate(given):
        value = argument.name
        if value == "stride":
            value = "stride if i == 0 else 1"
        value = scheduled.get(argument.name, value).format(name=name)
        words.append(
            value
            if place < 2 or value == argument.name and all("=" not in w for w in words)
            else f"{argument.name}={value}"
        )
    columns = ", ".join([*own, "depth"])
    strided = "stride" in own
    return "".join(
        [
            f"stages = ({INDENT}    # {columns}{table}{INDENT})",
            f"{INDENT}self.{name} = nn.Sequential()",
            f"{INDENT}in_channels = {first.values['in_channels']!r}",
            f"{INDENT}for {columns} in stages:",
            f"{INDENT}    for {'i' if strided else '_'} in range(depth):",
            f"{INDENT}        block = {cls}({', '.join(words)})",
            f"{INDENT}        self.{name}.append(block)",
            f"{INDENT}        in_channels = out_channels",
        ]
    )
