"""The state_dict entries of nn.LSTM, nn.GRU and nn.RNN from slabs of TF variables.

torch stores [gates * hidden, in]; TensorFlow [in, gates * hidden], its gates in
another order, sometimes the products with x and with h below each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tf2torch.ir.nodes import Const, Param, Transform
from tf2torch.ir.types import TensorType
from tf2torch.rules.lifts.affine import Affine, Slab
from tf2torch.rules.lifts.cells import Cell

State = tuple[tuple[str, "Param | Const"], ...]


def state_of(cell: Cell, dtype: str, layer: str = "_l0") -> State | None:
    """Weights, then biases; empty biases are left out, or zeros beside others.

    ``layer`` ends the names: ``_l0`` in a layer, nothing in a single cell.
    """
    weights = [_weight([g.products[0][1] for g in part]) for part in _parts(cell)]
    if any(w is None for w in weights):
        return None
    state: list[tuple[str, Param | Const]] = [
        (f"weight_{name}{layer}", w)
        for name, w in zip(("ih", "hh"), weights, strict=True)
        if w is not None
    ]
    if not any(g.biases or g.offset for part in _parts(cell) for g in part):
        return tuple(state)
    biases = _biases(cell, dtype)
    if biases is None:
        return None
    return (*state, *((f"{name}{layer}", bias) for name, bias in biases))


def layer_name(state: State) -> str:
    """The scope of the weights, less the cell's own."""
    name = next(p.variable.name for _, p in state if isinstance(p, Param))
    parts = name.split("/")[:-1]
    if len(parts) > 1 and parts[-1].rstrip("_0123456789").endswith("cell"):
        parts.pop()
    return "/".join(parts)


def _parts(cell: Cell) -> tuple[tuple[Affine, ...], tuple[Affine, ...]]:
    return cell.inputs, cell.hidden


def _biases(cell: Cell, dtype: str) -> State | None:
    """One entry each for x and h; numbers added at run time go to a free one."""
    entries: list[Param | Const | None] = []
    for part in _parts(cell):
        if not any(g.biases for g in part):
            entries.append(None)
            continue
        if any(len(g.biases) != 1 for g in part):
            return None
        made = _bias([g.biases[0] for g in part])
        if made is None:
            return None
        entries.append(made)
    offsets = np.concatenate(
        [
            np.full(x.width, x.offset + h.offset, np.float64)
            for x, h in zip(cell.inputs, cell.hidden, strict=True)
        ]
    )
    free = [i for i, e in enumerate(entries) if e is None]
    if offsets.any() and not free:
        return None
    for i in free:
        value = offsets if i == free[-1] else np.zeros_like(offsets)
        array = value.astype(np.float32 if dtype == "bfloat16" else dtype)
        entries[i] = Const(array, types=(TensorType(dtype, array.shape),))
    first, second = entries
    assert first is not None and second is not None
    return ("bias_ih", first), ("bias_hh", second)


def _order(slabs: Sequence[Slab], axis: int) -> tuple[Slab, tuple[int, ...]] | None:
    """The box that ``slabs`` tile along ``axis``, and their places in it."""
    first = slabs[0]
    size = first.shape[axis]
    at = first.axes[axis]
    for slab in slabs:
        others = (b for i, b in enumerate(slab.box) if i != at)
        same = tuple(others) == tuple(b for i, b in enumerate(first.box) if i != at)
        if slab.variable is not first.variable or slab.dropped != first.dropped:
            return None
        if not same or slab.shape[axis] != size:
            return None
    starts = [slab.box[at][0] for slab in slabs]
    base = min(starts)
    if sorted(starts) != [base + i * size for i in range(len(slabs))]:
        return None
    box = list(first.box)
    box[at] = (base, base + size * len(slabs))
    places = tuple((s - base) // size for s in starts)
    return Slab(first.variable, tuple(box), first.dropped), places


def _taken(slab: Slab) -> list[Transform]:
    """Steps from the whole variable to ``slab``."""
    steps = []
    for axis, (span, size) in enumerate(
        zip(slab.box, slab.variable.shape or (), strict=True)
    ):
        if axis not in slab.dropped and span != (0, size):
            steps.append(Transform("slice", (axis, *span)))
    steps += [
        Transform("index", (slab.box[axis][0],)) for axis in slab.dropped if axis == 0
    ]
    return steps


def _weight(slabs: Sequence[Slab]) -> Param | None:
    if any(s.dropped for s in slabs):
        return None
    found = _order(slabs, 1)
    if found is None:
        return None
    whole, places = found
    steps = [*_taken(whole), Transform("permute", (1, 0)), *_reordered(places)]
    rows, columns = whole.shape
    return _param(whole, steps, (columns, rows))


def _bias(slabs: Sequence[Slab]) -> Param | None:
    if any(s.dropped not in ((), (0,)) or len(s.shape) != 1 for s in slabs):
        return None
    found = _order(slabs, 0)
    if found is None:
        return None
    whole, places = found
    return _param(whole, [*_taken(whole), *_reordered(places)], whole.shape)


def _reordered(places: tuple[int, ...]) -> list[Transform]:
    if places == tuple(range(len(places))):
        return []
    return [Transform("blocks", (0, *places))]


def _param(slab: Slab, steps: list[Transform], shape: tuple[int, ...]) -> Param:
    return Param(
        variable=slab.variable,
        transforms=tuple(steps),
        types=(TensorType(slab.variable.dtype, shape),),
    )
