"""BatchNorm in inference, which Keras exports as plain arithmetic.

    x * (rsqrt(var + eps) * g) + (b - mean * (rsqrt(var + eps) * g))
        ->   F.batch_norm(x, mean, var, g, b, eps=eps)

Only where mean and variance are no trainable variables: ``F.batch_norm`` gives the
statistics no gradient.
"""

from __future__ import annotations

from tf2torch.ir.build import call, permute, reshape
from tf2torch.ir.nodes import Call, Const, Node, Param
from tf2torch.ir.types import Shape, product
from tf2torch.rules.lifts.algebra import Algebra, Atom, Product, without_ones
from tf2torch.rules.lifts.matching import data_path
from tf2torch.rules.lifts.normalised import Affine, Root, holds, roots, split
from tf2torch.rules.lifts.switched_norm import (
    LEAVES,
    Switch,
    are_moments,
    in_training,
    sources,
    switch_of,
    switched,
)
from tf2torch.rules.lifts.weights import reshaped, trimmed

TOPS = frozenset({"+", "-", "*", "/"})
PRODUCTS = frozenset({"@", "F.linear", "F.embedding"})
WINDOWS = ("F.conv", "F.max_pool", "F.avg_pool")
MOST_ABOVE = 64  # nodes looked at


def batch_norm(node: Node) -> Node | None:
    """Over any axis, of any rank from 2; with or without scale and offset."""
    if not isinstance(node, Call) or node.func not in TOPS or node.shape is None:
        return None
    for root in roots(node):
        variance = _statistic(root.variance)
        if variance is None:
            continue
        switch = switch_of(variance)
        for x in data_path(node) if switch is None else sources(switch):
            if x.shape == node.shape:
                made = _from(node, x, root, variance)
                if made is not None:
                    return made
    return None


def _statistic(node: Node) -> Node | None:
    """A vector that no gradient should reach."""
    algebra = Algebra()
    vector = algebra.atom(node).node
    while isinstance(vector, Call) and vector.shape is not None:
        inner = vector.args[0]
        if not isinstance(inner, Node) or inner.shape is None:
            return None
        if without_ones(inner.shape) != without_ones(vector.shape):
            return None
        vector = inner
    switch = switch_of(vector)
    if switch is not None:
        return vector if _statistic(switch.moving) is not None else None
    if isinstance(vector, Param) and vector.variable.trainable:
        return None
    is_vector = vector.shape is not None and len(without_ones(vector.shape)) <= 1
    return vector if isinstance(vector, (Param, Const)) and is_vector else None


def _from(node: Call, x: Node, root: Root, variance: Node) -> Node | None:
    algebra = Algebra((x, root.inside))
    whole = algebra.expand(node)
    if whole is None:
        return None
    data, below = algebra.atom(x), Atom(root.inside, None)
    below = next((a for a in _atoms(whole) if a.node is root.inside), below)
    for mean in _centers(whole, below, data):
        around = split(whole, data, below, mean)
        if around is not None and _statistic(mean.node) is not None:
            return _applied(node, x, root, variance, mean, around, below)
    return None


def _atoms(whole: dict[Product, float]) -> list[Atom]:
    return [atom for factors in whole for atom, _ in factors]


def _centers(whole: dict[Product, float], below: Atom, data: Atom) -> list[Atom]:
    """Atoms that may be the mean: they stand beside the root, without x."""
    return [
        atom
        for factors in whole
        if holds(factors, below) and not holds(factors, data)
        for atom, power in factors
        if power == 1 and atom != below
    ]


def _applied(
    node: Call,
    x: Node,
    root: Root,
    variance: Node,
    mean: Atom,
    around: Affine,
    below: Atom,
) -> Node | None:
    assert x.shape is not None
    atoms = [a for a in (around.scale, around.offset, mean, below) if a is not None]
    axis = _axis(x.shape, {a.shape for a in atoms})
    if axis is None or len(x.shape) < 2:
        return None
    size = x.shape[axis]
    own = without_ones(variance.shape or ())
    if not isinstance(size, int) or own not in ((size,), ()):
        return None
    scale, offset = (
        None if a is None else reshaped(a.node, (size,))
        for a in (around.scale, around.offset)
    )
    stats = reshaped(mean.node, (size,)), reshaped(variance, (size,))
    if len(x.shape) == 3 and axis == 2 and _of_dense(x):
        rows = reshape(x, (product(x.shape[:2]), size))
        args = trimmed(rows, *stats, scale, offset)
        normed = call("F.batch_norm", *args, eps=root.eps, type=rows)
        return reshape(normed, x.shape)
    order = _channels_second(len(x.shape), axis)
    inner = permute(x, order)
    switches = switch_of(mean.node), switch_of(variance)
    y: Node | None
    if any(switches):
        y = _switched(x, inner, axis, switches, (scale, offset, root.eps), node)
    else:
        args = trimmed(inner, *stats, scale, offset)
        y = call("F.batch_norm", *args, eps=root.eps, type=inner)
    return (
        None if y is None else permute(y, [order.index(i) for i in range(len(order))])
    )


def _switched(
    x: Node,
    inner: Node,
    axis: int,
    switches: tuple[Switch | None, Switch | None],
    rest: tuple[Node | None, Node | None, float],
    node: Node,
) -> Node | None:
    """Statistics of the batch or moving ones, as a flag of the model says; over one
    value per channel torch computes none."""
    mean, variance = switches
    scale, offset, eps = rest
    if mean is None or variance is None or not mean.same_flag(variance):
        return None
    if len(x.shape or ()) < 3 or not isinstance(scale, LEAVES):
        return None
    if not isinstance(offset, LEAVES):
        return None
    if not are_moments(x, mean.batch, variance.batch, axis):
        return None

    def norm(entry: Node, training: bool) -> Call:
        if training:
            return in_training(entry, scale, offset, eps)
        args = trimmed(entry, mean.moving, variance.moving, scale, offset)
        return call("F.batch_norm", *args, eps=eps, type=entry)

    return switched(inner, mean, norm, node)


def _of_dense(x: Node) -> bool:
    """Is ``x`` [N, L, C] what dense layers made at each position, and no convolution?

    Its channels stay last then: nothing around it wants them second.
    """
    stack, seen, dense = [x], {x}, False
    while stack and len(seen) < MOST_ABOVE:
        node = stack.pop()
        if isinstance(node, Call):
            if node.func.startswith(WINDOWS):
                return False
            if node.func in PRODUCTS:
                dense = True
                continue
        above = [n for n in node.operands if n not in seen]
        seen.update(above)
        stack.extend(above)
    return dense


def _axis(shape: Shape, kinds: set[Shape | None]) -> int | None:
    """The axis along which all vectors lie, from how they are placed."""
    if len(kinds) != 1:
        return None
    [kind] = kinds
    if kind is None or len(kind) > len(shape):
        return None
    if kind:
        one = len(without_ones(kind)) == 1
        axis = len(shape) - len(kind)
        return axis if one and axis > 0 and kind[0] == shape[axis] else None
    ones = [i for i in (len(shape) - 1, 1) if shape[i] == 1]
    return ones[0] if ones else None


def _channels_second(rank: int, axis: int) -> list[int]:
    rest = [i for i in range(1, rank) if i != axis]
    return [0, axis, *rest]
