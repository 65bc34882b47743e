"""Recognise one step of an LSTM, GRU or simple RNN by its formula.

    c' = σ(f)·c + σ(i)·tanh(g);  h' = σ(o)·tanh(c')            LSTM
    h' = z·h + (1 - z)·tanh(x_n + r·h_n)                       GRU, reset after
    h' = tanh(x_n) or relu(x_n)                                simple RNN

where every letter is a sum of products of x and h with variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tf2torch.ir.build import scalar_of
from tf2torch.ir.nodes import Node, Op
from tf2torch.rules.lifts.affine import Affine, Slab, affine, source

ADD = ("AddV2", "Add")


@dataclass(frozen=True, eq=False)
class Cell:
    """``inputs`` and ``hidden`` hold one Affine per gate, in torch's order.

    ``inputs`` are the products with x and the biases that belong to them.
    """

    cls: str
    x: Node
    inputs: tuple[Affine, ...]
    hidden: tuple[Affine, ...]
    nonlinearity: str = "tanh"


def sides(node: Node, *ops: str) -> Iterator[tuple[Node, Node]]:
    """Both orders of the operands of a commutative op."""
    node = source(node)
    if isinstance(node, Op) and node.op in ops and len(node.inputs) == 2:
        left, right = map(source, node.inputs)
        yield left, right
        yield right, left


def inside(node: Node, op: str) -> Node | None:
    node = source(node)
    if isinstance(node, Op) and node.op == op:
        return source(node.inputs[0])
    return None


def lstm(h: Node, c: Node, new_h: Node, new_c: Node) -> Cell | None:
    """The cell whose state (h, c) becomes (new_h, new_c)."""
    output = _output_gate(new_h, new_c)
    if output is None:
        return None
    for kept, added in sides(new_c, *ADD):
        forget = _gate_times(kept, c)
        if forget is None:
            continue
        for gate, candidate in sides(added, "Mul"):
            into, values = inside(gate, "Sigmoid"), inside(candidate, "Tanh")
            if into is None or values is None:
                continue
            return _cell("nn.LSTM", h, (into, forget, values, output))
    return None


def _gate_times(node: Node, value: Node) -> Node | None:
    """The gate's operand in ``sigmoid(gate) * value``."""
    for gate, other in sides(node, "Mul"):
        if other is value:
            return inside(gate, "Sigmoid")
    return None


def _output_gate(new_h: Node, new_c: Node) -> Node | None:
    for gate, squashed in sides(new_h, "Mul"):
        if inside(squashed, "Tanh") is source(new_c):
            return inside(gate, "Sigmoid")
    return None


def _cell(cls: str, h: Node, gates: tuple[Node, ...]) -> Cell | None:
    """A cell whose gates mix x and h; the biases go with x."""
    found = [affine(gate) for gate in gates]
    inputs, hidden = [], []
    for gate in found:
        parts = None if gate is None else _parted(gate, h)
        if parts is None:
            return None
        inputs.append(parts[0])
        hidden.append(parts[1])
    x = inputs[0].products[0][0]
    if any(i.products[0][0] is not x for i in inputs):
        return None
    return Cell(cls, x, tuple(inputs), tuple(hidden))


def _parted(gate: Affine, h: Node) -> tuple[Affine, Affine] | None:
    """The products with x and biases, and the product with h."""
    from_h = tuple(p for p in gate.products if p[0] is h)
    from_x = tuple(p for p in gate.products if p[0] is not h)
    if len(from_h) != 1 or len(from_x) != 1:
        return None
    return (
        Affine(from_x, gate.biases, gate.offset, gate.width),
        Affine(from_h, (), 0.0, gate.width),
    )


def gru(h: Node, new_h: Node) -> Cell | None:
    """``z·h + (1 - z)·n`` with the reset gate after the product with h."""
    for kept, added in sides(new_h, *ADD):
        for update, other in sides(kept, "Mul"):
            if other is not h or inside(update, "Sigmoid") is None:
                continue
            for rest, candidate in sides(added, "Mul"):
                values = inside(candidate, "Tanh")
                if _is_complement(rest, update) and values is not None:
                    found = _gru(h, update, values)
                    if found is not None:
                        return found
    return None


def _is_complement(node: Node, gate: Node) -> bool:
    """Is ``node`` 1 - gate?"""
    match node:
        case Op("Sub", (one, other)):
            return scalar_of(one) == 1 and source(other) is gate
    return False


def _gru(h: Node, update: Node, values: Node) -> Cell | None:
    for from_x, scaled in sides(values, *ADD):
        for reset, from_h in sides(scaled, "Mul"):
            gate = inside(reset, "Sigmoid")
            n_x, n_h = affine(from_x), affine(from_h)
            if gate is None or n_x is None or n_h is None:
                continue
            if [p[0] for p in n_h.products] != [h] or len(n_x.products) != 1:
                continue
            mixed = _cell("nn.GRU", h, (gate, inside(update, "Sigmoid") or update))
            if mixed is None or mixed.x is not n_x.products[0][0]:
                continue
            parted = [
                _with_biases_of(i, j, n_x, n_h)
                for i, j in zip(mixed.inputs, mixed.hidden, strict=True)
            ]
            if any(p is None for p in parted):
                continue
            pairs = [p for p in parted if p is not None]
            inputs = (*(p[0] for p in pairs), n_x)
            return Cell("nn.GRU", mixed.x, inputs, (*(p[1] for p in pairs), n_h))
    return None


def _with_biases_of(
    from_x: Affine, from_h: Affine, like_x: Affine, like_h: Affine
) -> tuple[Affine, Affine] | None:
    """The biases of a mixed gate where the candidate has them: with x or with h."""
    x_biases = tuple(b for b in from_x.biases if _same_row(b, like_x.biases))
    h_biases = tuple(b for b in from_x.biases if _same_row(b, like_h.biases))
    if len(x_biases) + len(h_biases) != len(from_x.biases):
        return None
    return (
        Affine(from_x.products, x_biases, from_x.offset, from_x.width),
        Affine(from_h.products, h_biases, 0.0, from_h.width),
    )


def _same_row(bias: Slab, others: tuple[Slab, ...]) -> bool:
    return any(
        bias.variable is o.variable
        and bias.dropped == o.dropped
        and all(bias.box[i] == o.box[i] for i in o.dropped)
        for o in others
    )


def simple_rnn(h: Node, new_h: Node) -> Cell | None:
    for op, nonlinearity in (("Tanh", "tanh"), ("Relu", "relu")):
        inner = inside(new_h, op)
        if inner is not None:
            found = _cell("nn.RNN", h, (inner,))
            if found is not None:
                return Cell(
                    found.cls, found.x, found.inputs, found.hidden, nonlinearity
                )
    return None
