"""LayerNorm and RMSNorm over the last axes, from moments or from TensorFlow's detour.

    (x - mean(x)) * rsqrt(mean((x - mean(x))**2) + eps) * g + b
        ->   F.layer_norm(x, (d,), g, b, eps=eps)
    x * rsqrt(mean(x**2) + eps) * g   ->   F.rms_norm(x, (d,), g, eps=eps)

Keras 2 has the fused batch norm kernel normalise the rows of a [1, rows, d, 1].
"""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Call, Node
from tf2torch.ir.types import Shape, dim, product
from tf2torch.rules.lifts.algebra import Atom
from tf2torch.rules.lifts.matching import is_ones, is_zeros
from tf2torch.rules.lifts.normalised import Moments, affine, moments, roots, trailing
from tf2torch.rules.lifts.weights import reshaped, trimmed

TOPS = frozenset({"+", "-", "*", "/"})


def layer_norm(node: Node) -> Node | None:
    """Of moments over the last axes; scale and offset where the formula has them."""
    if not isinstance(node, Call) or node.func not in TOPS:
        return None
    for root in roots(node):
        found = moments(root.variance)
        if found is None or found.x.shape is None or node.shape != found.x.shape:
            continue
        if not trailing(found.x.shape, found.axes):
            continue
        shape = _sizes(found)
        around = affine(node, found.x, found.mean, root)
        if shape is None or around is None:
            continue
        scale, offset = _fit(around.scale, shape), _fit(around.offset, shape)
        if (scale is None) == (around.scale is None) and (offset is None) == (
            around.offset is None
        ):
            return _normalised(node, found, shape, scale, offset, root.eps)
    return None


def _sizes(found: Moments) -> tuple[int, ...] | None:
    assert found.x.shape is not None
    sizes = found.x.shape[len(found.x.shape) - len(found.axes) :]
    if not all(isinstance(s, int) for s in sizes):
        return None
    return tuple(int(s) for s in sizes)


def _fit(atom: Atom | None, shape: tuple[int, ...]) -> Node | None:
    """The weight of that shape; None where it has another one."""
    if atom is None or atom.shape is None:
        return None
    full = (1,) * (len(shape) - len(atom.shape)) + atom.shape
    return reshaped(atom.node, shape) if full == shape else None


def _normalised(
    node: Node,
    found: Moments,
    shape: Shape,
    scale: Node | None,
    offset: Node | None,
    eps: float,
) -> Node | None:
    if found.mean is None:
        if offset is not None:
            return None
        args = trimmed(found.x, shape, scale)
        return call("F.rms_norm", *args, eps=eps, type=node)
    args = trimmed(found.x, shape, scale, offset)
    return call("F.layer_norm", *args, eps=eps, type=node)


def rows_as_channels(node: Node) -> Node | None:
    """The detour of Keras 2: every row is a channel of a batch of one."""
    if not isinstance(node, Call) or node.func not in (".reshape", ".unflatten"):
        return None
    match node.args[0]:
        case Call(
            "F.batch_norm",
            (Call(".reshape", (Node() as x, *_)) as rows, None, None, *ab),
        ) as norm if norm.kwarg("training"):
            pass
        case _:
            return None
    if x.shape is None or x.shape != node.shape or not _neutral(ab):
        return None
    shape = _row(x.shape, rows.shape)
    if shape is None:
        return None
    eps = norm.kwarg("eps")
    return call("F.layer_norm", x, shape, eps=eps, type=node)


def _neutral(affine: list[object]) -> bool:
    scale, offset = (*affine, None, None)[:2]
    plain_scale = scale is None or (isinstance(scale, Node) and is_ones(scale))
    plain_offset = offset is None or (isinstance(offset, Node) and is_zeros(offset))
    return plain_scale and plain_offset


def _row(shape: Shape, rows: Shape | None) -> Shape | None:
    """The last sizes of ``shape`` that make up one channel of [1, n, d, 1]."""
    if rows is None or len(rows) < 3 or rows[0] != 1:
        return None
    width = product(rows[2:])
    for start in range(len(shape) - 1, 0, -1):
        row = shape[start:]
        if all(isinstance(s, int) for s in row) and product(row) == width:
            same = dim(product(shape[:start]) - rows[1]) == 0
            return row if same else None
    return None
