"""Read the body of a loop over time as cells, one stacked on the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from tf2torch.ir.graph import substitute, users
from tf2torch.ir.nodes import For, Input, Node, Op
from tf2torch.ir.types import ListType
from tf2torch.rules.lifts.affine import source
from tf2torch.rules.lifts.cells import Cell, gru, lstm, simple_rnn


@dataclass(frozen=True, eq=False)
class Layer:
    """A cell, and which variables of the loop are its states."""

    cell: Cell
    states: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Step:
    """A loop body read as cells: which variable is which.

    ``outputs``: a list that grows → the layer whose state it gets. ``copies``: a
    variable that no turn reads and that gets a state too → that state's variable.
    ``items`` is the list, outside of the loop, whose elements are the first x.
    """

    layers: tuple[Layer, ...]
    outputs: dict[int, int]
    copies: dict[int, int]
    items: Node


@dataclass(frozen=True, eq=False)
class Reading:
    """A loop with its invariants read where they come from outside."""

    loop: For
    variables: Sequence[Input]
    results: Sequence[Node]
    moving: tuple[int, ...]

    @classmethod
    def of(cls, loop: For) -> Reading:
        variables = loop.body.inputs[1:]
        fixed: dict[Node, Node] = {
            v: loop.inputs[k]
            for k, v in enumerate(variables)
            if source(loop.body.results[k]) is v
        }
        body = substitute(loop.body, fixed)
        moving = tuple(k for k, v in enumerate(variables) if v not in fixed)
        return cls(loop, variables, [source(r) for r in body.results], moving)

    def copies(self) -> dict[int, int]:
        """Variables that only hold what another variable holds after a turn."""
        read = users(self.loop.body)
        unread = [k for k in self.moving if self.variables[k] not in read]
        found = {}
        for k in unread:
            for other in self.moving:
                if other not in unread and self.results[other] is self.results[k]:
                    found[k] = other
        return found

    def is_list(self, k: int) -> bool:
        return isinstance(self.loop.types[k], ListType)


def read_step(loop: For) -> Step | None:
    """The cells of ``loop`` when its body does nothing else."""
    if loop.body.effects:
        return None
    reading = Reading.of(loop)
    copies = reading.copies()
    left = [k for k in reading.moving if not reading.is_list(k) and k not in copies]
    layers: list[Layer] = []
    items: Node | None = None
    while left:
        layer = next(_layers(reading, left, layers), None)
        if layer is None:
            return None
        if not layers:
            items = list_read(layer.cell.x, loop.body.inputs[0])
        layers.append(layer)
        left = [k for k in left if k not in layer.states]
    if items is None:
        return None
    outputs: dict[int, int] = {}
    for k in filter(reading.is_list, reading.moving):
        at = _layer_appended(reading, k, layers)
        if at is None:
            return None
        outputs[k] = at
    return Step(tuple(layers), outputs, copies, items)


def _layers(
    reading: Reading, states: Sequence[int], below: Sequence[Layer]
) -> Iterator[Layer]:
    """Cells over one or two of ``states`` whose x is the input or the layer below."""
    for count in (1, 2):
        for order in permutations(states, count):
            cell = _cell(
                [reading.variables[k] for k in order],
                [reading.results[k] for k in order],
            )
            if cell is None:
                continue
            if below and cell.x is reading.results[below[-1].states[0]]:
                yield Layer(cell, order)
            if not below and list_read(cell.x, reading.loop.body.inputs[0]):
                yield Layer(cell, order)


def _cell(before: Sequence[Node], after: Sequence[Node]) -> Cell | None:
    match len(before):
        case 1:
            (h,), (new_h,) = before, after
            return gru(h, new_h) or simple_rnn(h, new_h)
        case 2:
            (h, c), (new_h, new_c) = before, after
            return lstm(h, c, new_h, new_c)
    return None


def list_read(x: Node, index: Node) -> Node | None:
    """The list whose element number ``index`` is ``x``."""
    match x:
        case Op("TensorListGetItem", (items, place, _)) if source(place) is index:
            return source(items)
    return None


def _layer_appended(reading: Reading, k: int, layers: Sequence[Layer]) -> int | None:
    """Which layer's state is appended to variable ``k``, an empty list at first."""
    first = source(reading.loop.inputs[k])
    if not isinstance(first, Op) or first.op != "EmptyTensorList":
        return None
    match reading.results[k]:
        case Op("TensorListPushBack", (items, item)):
            if source(items) is not reading.variables[k]:
                return None
            for i, layer in enumerate(layers):
                if reading.results[layer.states[0]] is source(item):
                    return i
    return None
