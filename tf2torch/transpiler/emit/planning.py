"""What the writer of a body needs to know of nodes: widths, uses, kinds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tf2torch.ir.graph import Graph, topological
from tf2torch.ir.nodes import (
    Block,
    Call,
    Case,
    Chain,
    Const,
    CustomGradient,
    Family,
    For,
    Input,
    Ladder,
    Module,
    Node,
    Option,
    Out,
    Param,
    Siblings,
    Table,
    Unported,
    Variable,
    While,
)

LEAVES = (Const, Param, Input, Variable, Table)
REGIONS = (Case, For, Option, While)
TUPLES = (Block, Call, CustomGradient, Family, Module, Siblings, Unported)


@dataclass(eq=False)
class Step:
    """One statement: the node it computes and the values that it reads."""

    node: Node
    reads: tuple[Node, ...]
    inlined: tuple[Node, ...] = ()


def region_nodes(graph: Graph) -> list[Node]:
    """What a region computes, operands first."""
    inputs = set(graph.inputs)
    return [n for n in topological((*graph.effects, *graph.results)) if n not in inputs]


def is_expression(node: Node) -> bool:
    if isinstance(node, Chain) and len(node.args) > 1:
        return False
    return isinstance(node, (Chain, *TUPLES)) and len(node.types) == 1


def may_inline(node: Node) -> bool:
    if isinstance(node, (Ladder, *REGIONS)) or len(node.types) > 1:
        return False
    if isinstance(node, Chain) and len(node.args) > 1:
        return False
    return not (isinstance(node, Call) and is_effect(node))


def is_effect(node: Call) -> bool:
    """What changes its operand, and reads of variables that the model writes."""
    return node.func.endswith("_") or node.func == ".clone"


def is_size(node: Node) -> bool:
    """``x.shape[0]``, which is written wherever it is needed."""
    match node:
        case Call("@shape" | "@device"):
            return True
        case Call("[]", (Call("@shape"), int())):
            return True
    return False


def is_item(node: Node) -> bool:
    """``experts[0]``, which is written wherever it is needed."""
    match node:
        case Call("[]", (Siblings() | Out(node=Ladder()), int())):
            return True
    return False


def is_light(node: Node) -> bool:
    """What is written wherever it is needed: sizes, and items of lists."""
    return is_size(node) or is_item(node)


def is_list(node: Node) -> bool:
    """Is the value a list of tensors?"""
    return node.dtype == "variant"


def is_star(node: Node) -> bool:
    """``*values``, which is no value by itself."""
    return isinstance(node, Call) and node.func == "star"


def own_width(node: Node) -> int:
    stored = sum(14 for o in node.operands if _is_stored(o))
    if isinstance(node, Call):
        literals = 6 * max(0, len(node.args) + len(node.kwargs) - 1)
        return (
            len(node.func) + literals + sum(len(k) for k, _ in node.kwargs) + 3 + stored
        )
    return 14 + 3 * len(node.operands)


def _is_stored(node: Node) -> bool:
    return isinstance(node, Param) or (isinstance(node, Const) and node.array.ndim > 0)


def own_depth(node: Node) -> int:
    """Shape and index plumbing does not count as an idea of its own."""
    light = isinstance(node, Call) and (
        node.func[0] in ".@[" or node.func in ("neg", "~")
    )
    return 0 if light else 1


def count_uses(nodes: Sequence[Node], results: Sequence[Node]) -> dict[Node, int]:
    uses: dict[Node, int] = {}
    for node in nodes:
        for operand in node.operands:
            uses[operand] = uses.get(operand, 0) + 1
    for node in results:
        uses[node] = uses.get(node, 0) + 1
    return uses


def terms_of_sums(nodes: Sequence[Node]) -> set[Node]:
    """What is added to something, in an optional part, too."""
    found: set[Node] = set()
    for node in nodes:
        match node:
            case Call(func="+"):
                found.update(node.operands)
            case Option(graph=graph, args=(_, *rest)):
                inner = terms_of_sums(region_nodes(graph))
                pairs = zip(graph.inputs[1:], rest, strict=True)
                found.update(o for i, o in pairs if i in inner)
    return {n for n in found if not _is_given(n)}


def _is_given(node: Node) -> bool:
    """Is this no value that went around something: a weight, or rows of one?"""
    if isinstance(node, Call) and node.func == "[]":
        return isinstance(node.args[0], Param)
    return isinstance(node, LEAVES) and not isinstance(node, Input)


def out_owners(nodes: Sequence[Node]) -> set[Node]:
    return {n.node for n in nodes if isinstance(n, Out)}


def flat(nest: tuple[object, ...]) -> list[object]:
    found: list[object] = []
    for item in nest:
        found.extend(flat(item) if isinstance(item, tuple) else [item])
    return found


def last_reads(
    steps: Sequence[Step], results: Sequence[Node], inline: set[Node]
) -> dict[Node, int]:
    last: dict[Node, int] = {}
    for index, step in enumerate(steps):
        for node in step.reads:
            last[node] = index
    stack = list(results)
    while stack:
        node = stack.pop()
        if node in inline:
            stack.extend(node.operands)
        else:
            last[node] = len(steps)
    return last


def readers_of(steps: Sequence[Step]) -> dict[Node, list[int]]:
    """Value → the statements that read it."""
    found: dict[Node, list[int]] = {}
    for index, step in enumerate(steps):
        for node in step.reads:
            found.setdefault(node, []).append(index)
    return found


def outs_of(last: Iterable[Node]) -> dict[Node, list[Out]]:
    """Node → the results of it that are read."""
    found: dict[Node, list[Out]] = {}
    for node in last:
        if isinstance(node, Out):
            found.setdefault(node.node, []).append(node)
    return found
