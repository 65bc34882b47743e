"""Which constants of a frozen graph were the statistics of a normalisation.

    x * (Rsqrt(var + eps) * g) + (b - mean * (Rsqrt(var + eps) * g))

Freezing forgets what was trained. A vector below a root with a number added is a
variance, whatever it is called; what is multiplied with that root and always
subtracted is its mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tf2torch.ir.build import array_of
from tf2torch.ir.nodes import Const, Node, Op

ADDS = ("Add", "AddV2")
SHAPERS = ("Reshape", "ExpandDims", "Squeeze", "Identity")


@dataclass(frozen=True)
class NormVectors:
    """``statistics``: means and variances; ``learned``: scales and offsets."""

    statistics: set[Const] = field(default_factory=set)
    learned: dict[Const, None] = field(default_factory=dict)


def norm_vectors(nodes: Iterable[Node]) -> NormVectors:
    """What was state of a normalisation among the constants of ``nodes``."""
    ops = [n for n in nodes if isinstance(n, Op)]
    readers: dict[Node, list[Op]] = {}
    for op in ops:
        for operand in dict.fromkeys(op.inputs):
            readers.setdefault(operand, []).append(op)
    found = NormVectors()
    scales: dict[Node, None] = {}
    for op in ops:
        variance = _variance(op)
        if variance is not None:
            found.statistics.add(variance)
            scales[op] = None
            # With the scale of the layer: Rsqrt(var + eps) * g
            scales.update(dict.fromkeys(r for r in readers.get(op, ()) if _scaled(r)))
    for op in ops:
        mean = _mean(op, scales)
        after = readers.get(op, [])
        if mean is not None and _is_subtracted(op, after):
            found.statistics.add(mean)
            around = [r.inputs[0] for r in after if r.op == "Sub"]
            around += [o for s in op.inputs if s in scales for o in s.operands]
            learned = [c for c in map(unshaped, around) if isinstance(c, Const)]
            found.learned.update(dict.fromkeys(learned))
    return found


def unshaped(node: Node) -> Node:
    """What was given another shape, as a normalisation does with its vectors."""
    while isinstance(node, Op) and node.op in SHAPERS:
        node = node.inputs[0]
    return node


def _variance(op: Op) -> Const | None:
    """var, when ``op`` is ``Rsqrt(var + eps)``."""
    match op:
        case Op("Rsqrt", (Op(add, (left, right)),)) if add in ADDS:
            for vector, number in ((left, right), (right, left)):
                inner, eps = unshaped(vector), array_of(unshaped(number))
                if isinstance(inner, Const) and inner.array.size > 1:
                    if eps is not None and eps.size == 1:
                        return inner
    return None


def _scaled(op: Op) -> bool:
    return op.op == "Mul" and any(isinstance(unshaped(i), Const) for i in op.inputs)


def _mean(op: Op, scales: dict[Node, None]) -> Const | None:
    """mean, when ``op`` is ``mean * scale``."""
    if op.op != "Mul" or not any(i in scales for i in op.inputs):
        return None
    others = [unshaped(i) for i in op.inputs if i not in scales]
    return others[0] if others and isinstance(others[0], Const) else None


def _is_subtracted(op: Op, readers: Iterable[Op]) -> bool:
    """Is ``op`` read by nothing but ``... - op``?"""
    listed = list(readers)
    signs = [r.op == "Neg" or (r.op == "Sub" and r.inputs[1] is op) for r in listed]
    return bool(signs) and all(signs)
