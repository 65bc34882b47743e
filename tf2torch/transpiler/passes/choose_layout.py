"""Move the permutes around channels-last ops to the borders of the model.

    conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1) -> relu -> permute -> conv
    becomes   x.permute(0, 3, 1, 2) -> conv -> relu -> conv -> permute(0, 2, 3, 1)

One walk over the graph. Every value is kept as a stored node and the permutation that
makes the value of it; an op that does not care about the order of axes works on what
is stored, any other gets the value itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tf2torch.ir.build import PERMUTES, call, inverse, permute
from tf2torch.ir.graph import Graph, map_regions
from tf2torch.ir.nodes import Arg, Call, Const, Input, Module, Node, Param, Slice
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.passes.layout_readers import (
    ALONG,
    DROPOUTS,
    ELEMENTWISE,
    REDUCTIONS,
    read_plainly,
)

Axes = tuple[int, ...]
LAYOUTS = frozenset(
    {(0, 2, 1), (0, 3, 1, 2), (0, 2, 3, 1), (0, 4, 1, 2, 3), (0, 2, 3, 4, 1)}
)


@dataclass(frozen=True)
class Placed:
    """``value = stored.permute(axes)``"""

    stored: Node
    axes: Axes

    @property
    def plain(self) -> bool:
        return self.axes == tuple(range(len(self.axes)))


def choose_layout(graph: Graph) -> Graph:
    """Permutes between layers cancel; at most one stays at each border."""
    placed: dict[Node, Placed] = {}
    values: dict[Node, Node] = {}
    plainly = read_plainly(graph)

    def value(node: Node) -> Node:
        """The node as its users outside of this pass expect it."""
        if node not in values:
            home = placed[node]
            values[node] = permute(home.stored, home.axes)
            if values[node] is not home.stored:
                values[node] = replace(values[node], origin=home.stored.origin)
        return values[node]

    for node in graph.nodes():
        made = _place(node, placed)
        if made is not None and node in plainly and not made.plain:
            made = _settled(node, made, placed)
        if made is None:
            moved = node.map_operands(value)
            if moved.graphs():
                moved = map_regions(moved, choose_layout)
            made = Placed(moved, tuple(range(moved.rank or 0)))
            values[node] = moved
        placed[node] = made
    return replace(
        graph,
        outputs=tuple((name, value(n)) for name, n in graph.outputs),
        effects=tuple(value(n) for n in graph.effects),
    )


def _place(node: Node, placed: dict[Node, Placed]) -> Placed | None:
    """``node`` over what is stored, or None when it needs the values themselves."""
    if (
        not isinstance(node, Call | Module)
        or len(node.types) != 1
        or node.shape is None
    ):
        return None
    if isinstance(node, Module):
        return _elementwise(node, placed) if node.cls in DROPOUTS else None
    if node.func == ".permute":
        return _permute(node, placed)
    if node.func in ELEMENTWISE:
        return _elementwise(node, placed)
    first = node.args[0] if node.args else None
    if node.func == "torch.cat":
        return _cat(node, placed)
    if not isinstance(first, Node) or first not in placed or placed[first].plain:
        return None
    if first.rank != len(placed[first].axes):
        return None
    if node.func in REDUCTIONS:
        return _reduction(node, placed[first])
    if node.func in ALONG:
        return _along(node, placed[first])
    if node.func == "F.pad":
        return _pad(node, placed[first])
    return None


def _settled(node: Node, made: Placed, placed: dict[Node, Placed]) -> Placed | None:
    """``made`` as it is read; None where that is what some operand is already."""
    rank = len(made.axes)
    if any(placed[n].plain and n.rank == rank for n in node.operands):
        return None
    value = replace(permute(made.stored, made.axes), origin=node.origin)
    return Placed(value, tuple(range(rank)))


def _stored_type(type: TensorType, axes: Axes) -> TensorType:
    assert type.shape is not None
    return type.with_shape(tuple(type.shape[a] for a in inverse(axes)))


def _permute(node: Call, placed: dict[Node, Placed]) -> Placed | None:
    x, axes = node.args[0], node.args[1]
    assert isinstance(x, Node) and isinstance(axes, tuple)
    if axes not in LAYOUTS or isinstance(x, (Param, Const)):
        return None
    home = placed[x]
    if x.rank != len(axes) or len(home.axes) != len(axes):
        return None
    inward = axes == PERMUTES[len(axes)]  # an input may come channels first
    if home.plain and (inward or not isinstance(home.stored, Input)):
        hoisted = _hoisted(home.stored, axes)
        if hoisted is not None:
            return Placed(hoisted, tuple(range(len(axes))))
    return Placed(home.stored, tuple(home.axes[int(a)] for a in axes))


def _hoisted(node: Node, axes: Axes) -> Node | None:
    """``node.permute(axes)`` with the permute above pads and scalings of an input.

    (image / 255).permute(0, 3, 1, 2)   ->   image.permute(0, 3, 1, 2) / 255
    """
    if isinstance(node, Input):
        return replace(permute(node, axes), origin=node.origin)
    if not isinstance(node, Call) or not node.args or node.shape is None:
        return None
    first = node.args[0]
    if not isinstance(first, Node) or first.rank != len(axes):
        return None
    # In the words of this pass: ``first`` stored as its permute.
    back = inverse(axes)
    if node.func == "F.pad":
        above = _hoisted(first, axes)
        made = None if above is None else _pad(node, Placed(above, back))
        return None if made is None else made.stored
    others = [n for n in node.operands if n is not first]
    if node.func not in ELEMENTWISE or not all(
        isinstance(n, Const | Param) for n in others
    ):
        return None
    above = _hoisted(first, axes)
    if above is None:
        return None
    homes = {n: Placed(n, tuple(range(n.rank or 0))) for n in others}
    homes[first] = Placed(above, back)
    made = _elementwise(node, homes)
    return None if made is None else made.stored


def _elementwise(node: Call | Module, placed: dict[Node, Placed]) -> Placed | None:
    rank = node.type.known_rank()
    axes = next(
        (
            placed[n].axes
            for n in node.operands
            if not placed[n].plain and n.rank == rank == len(placed[n].axes)
        ),
        None,
    )
    if axes is None or any(n.rank is None for n in node.operands):
        return None
    moved = node.map_operands(lambda n: _stored_as(placed[n], n, axes))
    return Placed(replace(moved, types=(_stored_type(node.type, axes),)), axes)


def _stored_as(home: Placed, node: Node, axes: Axes) -> Node:
    """An operand in the order that is stored, so that it broadcasts there alike."""
    if home.axes == axes or node.rank == 0:
        return home.stored
    shape = node.shape
    assert shape is not None
    rank = len(axes)
    if all(s == 1 for s in shape[:-1]) and len(shape) <= rank:
        # [C] or [1, 1, C]: only the channels have a size
        position = inverse(axes).index(rank - 1)
        behind = rank - 1 - position
        value = permute(home.stored, home.axes)
        return _as_shape(value, (shape[-1], *[1] * behind))
    value = permute(home.stored, home.axes)
    order = inverse(axes)
    spread = _spread(value, order)
    if spread is not None:
        return spread
    full = (*[1] * (rank - len(shape)), *shape)
    value = _as_shape(value, full)
    if sum(s != 1 for s in full) <= 1 or [a for a in order if full[a] != 1] == sorted(
        a for a in order if full[a] != 1
    ):
        return _as_shape(value, tuple(full[a] for a in order))
    return permute(value, order)


def _spread(node: Node, order: Axes) -> Node | None:
    """``x[:, None, None]`` in another order of axes: ``x[:, :, None, None]``."""
    if not isinstance(node, Call) or node.func != "[]" or node.rank != len(order):
        return None
    x, index = node.args[0], node.args[1]
    if not isinstance(x, Node) or not isinstance(index, tuple) or x.rank is None:
        return None
    rest = x.rank - sum(i is not None for i in index)
    places = (*index, *[Slice()] * rest)
    if not all(i in (None, Slice()) for i in places):
        return None
    moved = [places[a] for a in order]
    kept = [a for a in order if places[a] is not None]
    if kept != sorted(kept):
        return None
    while moved and moved[-1] is not None:
        moved.pop()
    shape = tuple((node.shape or ())[a] for a in order)
    made = call("[]", x, tuple(moved), type=node.type.with_shape(shape))
    return replace(made, origin=node.origin)


def _as_shape(node: Node, shape: tuple[object, ...]) -> Node:
    if node.shape == shape:
        return node
    typed = node.type.with_shape(shape)
    if isinstance(node, Const):
        return replace(node, array=node.array.reshape(shape), types=(typed,))  # type: ignore[arg-type]
    return replace(call(".reshape", node, shape, type=typed), origin=node.origin)


def _reduction(node: Call, home: Placed) -> Placed | None:
    dims = node.args[1] if len(node.args) > 1 else node.kwarg("dim")
    axes = home.axes
    listed = dims if isinstance(dims, tuple) else (dims,)
    if not listed or not all(type(d) is int for d in listed):
        return None
    gone = [int(d) % len(axes) for d in listed]
    new: Arg = tuple(sorted(axes[d] for d in gone))
    if not isinstance(dims, tuple):
        new = axes[gone[0]]
    keep = node.kwarg("keepdim", False)
    left = axes
    if not keep:
        kept = [axes[a] for a in range(len(axes)) if a not in gone]
        order = sorted(kept)
        left = tuple(order.index(a) for a in kept)
    return _along_dim(node, home, new, left)


def _along(node: Call, home: Placed) -> Placed | None:
    dim = node.args[1] if len(node.args) > 1 else node.kwarg("dim")
    if type(dim) is not int:
        return None
    return _along_dim(node, home, home.axes[dim % len(home.axes)], home.axes)


def _along_dim(node: Call, home: Placed, dim: Arg, axes: Axes) -> Placed:
    if len(node.args) > 1:
        args, kwargs = (home.stored, dim, *node.args[2:]), node.kwargs
    else:
        args = (home.stored,)
        kwargs = tuple((k, dim if k == "dim" else v) for k, v in node.kwargs)
    made = replace(
        node, args=args, kwargs=kwargs, types=(_stored_type(node.type, axes),)
    )
    return Placed(made, axes)


def _cat(node: Call, placed: dict[Node, Placed]) -> Placed | None:
    parts = node.args[0]
    dim = node.args[1] if len(node.args) > 1 else node.kwarg("dim", 0)
    if not isinstance(parts, tuple) or type(dim) is not int:
        return None
    rank = node.type.known_rank()
    homes = [placed[p] for p in parts if isinstance(p, Node)]
    axes = next((h.axes for h in homes if not h.plain and len(h.axes) == rank), None)
    if axes is None or any(len(h.axes) != rank for h in homes):
        return None
    stored = tuple(_in_order(h, axes) for h in homes)
    new = axes[dim % rank]
    typed = _stored_type(node.type, axes)
    if len(node.args) > 1:
        made = replace(node, args=(stored, new), types=(typed,))
    else:
        made = replace(node, args=(stored,), kwargs=(("dim", new),), types=(typed,))
    return Placed(made, axes)


def _in_order(home: Placed, axes: Axes) -> Node:
    """What is stored, rearranged so that ``.permute(axes)`` gives the value."""
    if home.axes == axes:
        return home.stored
    return permute(permute(home.stored, home.axes), inverse(axes))


def _pad(node: Call, home: Placed) -> Placed | None:
    pads = node.args[1]
    if not isinstance(pads, tuple) or not all(type(p) is int for p in pads):
        return None
    if node.kwarg("mode", "constant") != "constant":
        return None
    rank = len(home.axes)
    by_axis = [(0, 0)] * rank
    for i in range(len(pads) // 2):
        by_axis[rank - 1 - i] = (pads[2 * i], pads[2 * i + 1])
    stored = [by_axis[a] for a in inverse(home.axes)]
    while len(stored) > 1 and stored[0] == (0, 0):
        stored.pop(0)
    flat = tuple(p for pair in reversed(stored) for p in pair)
    made = replace(
        node,
        args=(home.stored, flat, *node.args[2:]),
        types=(_stored_type(node.type, home.axes),),
    )
    return Placed(made, home.axes)
