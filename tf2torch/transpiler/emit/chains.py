"""The constructor of a chain of blocks: a loop where a person would write one.

nn.Sequential(*(Layer(64) for _ in range(12)))
nn.Sequential(*(DenseLayer(channels) for channels in range(64, 256, 32)))
nn.Sequential(*(Bottleneck(*config) for config in blocks))
nn.Sequential(*(b for _ in range(4) for b in (Attention(64), FeedForward(64))))
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from tf2torch import pycode
from tf2torch.ir.nodes import Blocks, Chain
from tf2torch.transpiler.emit.arguments import Argument
from tf2torch.transpiler.emit.hyperparameters import period_of
from tf2torch.transpiler.emit.names import snake
from tf2torch.transpiler.emit.stages import stages_text

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.class_source import ClassSource

# Fewer blocks than this are listed.
FEW = 3
# So many numbers without an order are a tuple to run over.
MANY = 5
# What fits on a line of the list, behind its indent.
WIDTH = 74
INDENT = "\n        "


def chain_text(source: ClassSource, node: Blocks, name: str) -> str:
    """The statement that makes the attribute ``name``."""
    calls = [pycode.text(source.block(node, g, i)) for i, g in enumerate(node.graphs_)]
    loop = _loop(source, node, calls)
    if loop is not None:
        return f"self.{name} = {_held(node, loop, True)}"
    stages = stages_text(source, node, name)
    if stages is not None:
        return stages
    runs = _runs(calls)
    if len(runs) >= FEW and any(len(run) > WIDTH for run in runs):
        tables, items, whole = _tables(source, node, name, calls)
        if tables:
            return f"{tables}self.{name} = {_held(node, items, whole)}"
    return f"self.{name} = {_held(node, ', '.join(runs), False)}"


def _tables(
    source: ClassSource, node: Blocks, name: str, calls: Sequence[str]
) -> tuple[str, str, bool]:
    """(tables of settings, what is made of them, is that one comprehension): a table
    for each stretch of blocks of one class."""
    names = [source.program.spec(g).name for g in node.graphs_]
    whole = len(set(names)) == 1
    tables, items = "", []
    stretches = groupby(range(len(names)), key=names.__getitem__)
    for made, places in [(made, list(places)) for made, places in stretches]:
        texts = [calls[i] for i in places]
        if len(_runs(texts)) < FEW or not any(len(t) > WIDTH for t in texts):
            items += _runs(texts)
            continue
        table = name if whole else _table_name(made, tables)
        header, rows = _table(source, node, places)
        lines = textwrap.wrap(header, WIDTH - 2)
        head = "".join(f"{INDENT}    # {line}" for line in lines)
        body = "".join(f"{INDENT}    ({row})," for row in rows)
        tables += f"{table} = ({head}{body}{INDENT}){INDENT}"
        loop = f"{made}(*config) for config in {table}"
        items.append(loop if whole else f"*({loop})")
    return tables, ", ".join(items), whole


def _table_name(made: str, tables: str) -> str:
    """``inverted_residuals``, less what is taken."""
    names = (f"{snake(made)}s{i}" for i in ("", *range(2, 99)))
    return next(n for n in names if f"{n} = (" not in tables)


def _held(node: Blocks, inside: str, loop: bool) -> str:
    if isinstance(node, Chain) and len(node.args) == 1:
        return f"nn.Sequential(*({inside}))" if loop else f"nn.Sequential({inside})"
    return f"nn.ModuleList({inside})" if loop else f"nn.ModuleList([{inside}])"


def _runs(texts: list[str]) -> list[str]:
    """Equal neighbours as one comprehension."""
    found: list[str] = []
    for text, group in groupby(texts):
        count = len(list(group))
        found.append(text if count == 1 else f"*({text} for _ in range({count}))")
    return found


def _loop(source: ClassSource, node: Blocks, calls: Sequence[str]) -> str | None:
    """One comprehension for all, when at most one number differs."""
    if len(set(calls)) == 1:
        return f"{calls[0]} for _ in range({_count(source, node, 1)})"
    period = period_of(calls)
    if period:
        made = ", ".join(calls[:period])
        count = _count(source, node, period)
        return f"block for _ in range({count}) for block in ({made})"
    specs = {source.program.spec(g).name: source.program.spec(g) for g in node.graphs_}
    if len(specs) > 1 or len(calls) < FEW:
        return None
    (spec,) = specs.values()
    given = [a for a in spec.arguments if not a.rule]
    rows = [_values(source, node, i, given) for i in range(len(calls))]
    differ = [k for k, column in enumerate(zip(*rows, strict=True)) if _many(column)]
    if len(differ) != 1:
        return None
    values = [row[differ[0]] for row in rows]
    over = number_range(values) or (
        f"({', '.join(values)})" if len(values) >= MANY else ""
    )
    if not over:
        return None
    argument = given[differ[0]]
    items: list[str] = []
    for k, (other, value) in enumerate(zip(given, rows[0], strict=True)):
        if other.has_default and k != differ[0] and value == _literal(other.default):
            continue
        text = argument.name if k == differ[0] else value
        items.append(text if k < 2 and k == len(items) else f"{other.name}={text}")
    return f"{spec.name}({', '.join(items)}) for {argument.name} in {over}"


def _count(source: ClassSource, node: Blocks, period: int) -> str:
    """The number of turns: a number, or the argument that says it."""
    for argument in source.spec.arguments:
        if node in argument.loops:
            place = (
                f"[{argument.loops.index(node)}]"
                if isinstance(argument.default, tuple)
                else ""
            )
            return f"{argument.name}{place}"
    return str(len(node.graphs_) // period)


def _many(column: Sequence[str]) -> bool:
    return len(set(column)) > 1


def _literal(value: object) -> str:
    return pycode.text(pycode.lit(value))


def number_range(values: Sequence[str]) -> str | None:
    """``range(64, 256, 32)`` for numbers in even steps; None for others."""
    if len(values) < FEW or not all(v.lstrip("-").isdigit() for v in values):
        return None
    numbers = [int(v) for v in values]
    step = numbers[1] - numbers[0]
    steps = {b - a for a, b in pairwise(numbers)}
    if step == 0 or len(steps) > 1:
        return None
    stop = numbers[-1] + step
    if step == 1:
        return f"range({stop})" if not numbers[0] else f"range({numbers[0]}, {stop})"
    return f"range({numbers[0]}, {stop}, {step})"


def _values(
    source: ClassSource, node: Blocks, index: int, given: Sequence[Argument]
) -> list[str]:
    graph = node.graphs_[index]
    pairs = [source.block_argument(node, graph, index, a) for a in given]
    return [pycode.text(pycode.lit(own) if e is None else e) for e, own in pairs]


def _table(
    source: ClassSource, node: Blocks, places: Sequence[int]
) -> tuple[str, list[str]]:
    """(names of the columns, rows) for the blocks at ``places``, of one class."""
    spec = source.program.spec(node.graphs_[places[0]])
    given = [a for a in spec.arguments if not a.rule]
    rows = [_values(source, node, i, given) for i in places]
    return ", ".join(a.name for a in given), [", ".join(row) for row in rows]
