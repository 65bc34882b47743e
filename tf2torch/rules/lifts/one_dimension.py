"""Windows along one axis, which TensorFlow runs on images of height 1.

    F.conv2d(x.unsqueeze(2), w[:, :, None], padding=(0, 1)).squeeze(2)
    becomes   F.conv1d(x, w, padding=1)

and so do transposed convolutions, pools, paddings and whatever works on each element
between the ``unsqueeze`` and the ``squeeze``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from tf2torch.ir.build import permute
from tf2torch.ir.nodes import Arg, Call, Node, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.lifts.weights import reshaped

# Of their first operand, element by element.
ELEMENTWISE = frozenset(
    {f"torch.{f}" for f in "relu sigmoid tanh abs exp selu".split()}
    | {
        f"F.{f}"
        for f in "relu relu6 silu gelu elu leaky_relu softplus softsign mish".split()
    }
    | {".to", ".detach", "neg", "helper.selu"}
)
OPERATORS = frozenset("+ - * /".split())
# Cost nothing, so others may need them as well.
VIEWS = frozenset({".unsqueeze", ".permute"})
# Keyword arguments with one entry per spatial axis, and what says nothing.
WINDOWS = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}
NEUTRAL = {**WINDOWS, "stride": None}


def one_dimension(node: Node, shared: Collection[Node] = ()) -> Node | None:
    """``node`` is the ``squeeze`` of such an axis."""
    match node:
        case Call(".squeeze", (Call() as x, int() as axis)) if x.rank in (4, 5):
            if isinstance(x, Call) and x.func == ".unsqueeze":
                return None
            assert x.rank is not None
            made = _without(x, axis % x.rank, shared)
            return None if made is None else replace(made, types=node.types)
    return None


def _without(node: Node, axis: int, shared: Collection[Node]) -> Node | None:
    """The value of ``node``, whose ``axis`` has one cell, without that axis."""
    if not isinstance(node, Call) or not node.args:
        return None
    if node in shared and node.func not in VIEWS:
        return None
    if node.func == "helper.pad_same":  # types do not know its size
        return _pad_same(node, axis, shared)
    if node.shape is None or node.shape[axis] != 1:
        return None
    if node.func == ".unsqueeze":
        return _inserted(node, axis)
    if node.func == ".permute":
        return _permuted(node, axis, shared)
    maker = MAKERS.get(node.func)
    if maker is None and node.func in ELEMENTWISE:
        maker = _elementwise
    if maker is None and node.func in OPERATORS:
        maker = _operator
    return None if maker is None else maker(node, axis, shared)


def _inserted(node: Call, axis: int) -> Node | None:
    x, place = node.args
    if not isinstance(x, Node) or not isinstance(place, int) or node.rank is None:
        return None
    return x if place % node.rank == axis else None


def _permuted(node: Call, axis: int, shared: Collection[Node]) -> Node | None:
    x, axes = node.args
    assert isinstance(x, Node) and isinstance(axes, tuple)
    old = axes[axis]
    assert isinstance(old, int)
    inner = _without(x, old, shared)
    if inner is None:
        return None
    rest = [a for a in axes if a != old]
    return permute(inner, [a - (a > old) for a in rest])


def _type(node: Node, axis: int) -> TensorType:
    assert node.shape is not None
    return node.type.with_shape((*node.shape[:axis], *node.shape[axis + 1 :]))


def _inner(node: Call, axis: int, shared: Collection[Node]) -> Node | None:
    x = node.args[0]
    return _without(x, axis, shared) if isinstance(x, Node) else None


def _elementwise(node: Call, axis: int, shared: Collection[Node]) -> Node | None:
    x = _inner(node, axis, shared)
    if x is None or len(node.operands) != 1:
        return None
    return replace(node, args=(x, *node.args[1:]), types=(_type(node, axis),))


def _operator(node: Call, axis: int, shared: Collection[Node]) -> Node | None:
    """With a number or a vector along the last axis."""
    x, other = node.args
    if isinstance(other, Node) and not (
        other.rank == 0 or (other.rank == 1 and axis + 1 != node.rank)
    ):
        return None
    inner = _inner(node, axis, shared)
    if inner is None:
        return None
    return replace(node, args=(inner, other), types=(_type(node, axis),))


def _conv(node: Call, axis: int, shared: Collection[Node]) -> Node | None:
    x, w, *rest = node.args
    if not isinstance(w, Node) or w.shape is None or axis < 2 or w.shape[axis] != 1:
        return None
    kwargs = _fewer(node, axis)
    inner = _inner(node, axis, shared)
    if inner is None or kwargs is None:
        return None
    weight = reshaped(w, (*w.shape[:axis], *w.shape[axis + 1 :]))
    args = (inner, weight, *rest)
    return _renamed(node, axis, args, kwargs)


def _pool(node: Call, axis: int, shared: Collection[Node]) -> Node | None:
    kernel, kwargs = node.args[1], _fewer(node, axis)
    inner = _inner(node, axis, shared)
    if inner is None or kwargs is None or axis < 2:
        return None
    window = kernel if isinstance(kernel, tuple) else (kernel,) * 2
    if len(window) != 2 or window[axis - 2] != 1 or len(node.args) != 2:
        return None
    return _renamed(node, axis, (inner, window[3 - axis]), kwargs)


def _fewer(node: Call, axis: int) -> tuple[tuple[str, Arg], ...] | None:
    """Keyword arguments for one spatial axis less, if that one has no window."""
    made: list[tuple[str, Arg]] = []
    for name, value in node.kwargs:
        if name in WINDOWS and isinstance(value, tuple):
            dropped = value[axis - 2]
            if name == "padding" and dropped != 0:
                return None
            rest = (*value[: axis - 2], *value[axis - 1 :])
            value = rest[0] if len(set(rest)) == 1 else rest
        elif name == "padding" and value not in (0, "same"):
            return None
        if name in WINDOWS and value == NEUTRAL[name]:
            continue
        made.append((name, value))
    if "conv" in node.func:
        made = [(k, v) for k, v in made if (k, v) != ("stride", 1)]
    return tuple(made)


def _renamed(
    node: Call, axis: int, args: tuple[Arg, ...], kwargs: tuple[tuple[str, Arg], ...]
) -> Node:
    less = {"2d": "1d", "3d": "2d"}[node.func[-2:]]
    types = (_type(node, axis),)
    return Call(node.func[:-2] + less, args, kwargs, types=types)


def _pad(node: Call, axis: int, shared: Collection[Node]) -> Node | None:
    """``F.pad`` counts from the last axis."""
    amounts = node.args[1]
    assert node.rank is not None
    if not isinstance(amounts, tuple):
        return None
    place = 2 * (node.rank - 1 - axis)
    if any(a != 0 for a in amounts[place : place + 2]):
        return None
    inner = _inner(node, axis, shared)
    if inner is None:
        return None
    rest = (*amounts[:place], *amounts[place + 2 :])
    return replace(node, args=(inner, rest), types=(_type(node, axis),))


def _subscript(node: Call, axis: int, shared: Collection[Node]) -> Node | None:
    """A cut along other axes."""
    index = node.args[1]
    if not isinstance(index, tuple) or len(index) != node.rank:
        return None
    whole = all(isinstance(i, Slice) for i in index) and index[axis] == Slice()
    inner = _inner(node, axis, shared) if whole else None
    if inner is None:
        return None
    rest = (*index[:axis], *index[axis + 1 :])
    return replace(node, args=(inner, rest), types=(_type(node, axis),))


def _pad_same(node: Call, axis: int, shared: Collection[Node]) -> Node | None:
    kernel, stride = node.args[1:3]
    assert isinstance(kernel, tuple) and isinstance(stride, tuple)
    inner = _inner(node, axis, shared)
    if inner is None or axis < 2 or kernel[axis - 2] != 1:
        return None

    def less(values: Arg) -> Arg:
        assert isinstance(values, tuple)
        return (*values[: axis - 2], *values[axis - 1 :])

    kwargs = tuple((k, less(v) if k == "dilation" else v) for k, v in node.kwargs)
    return replace(node, args=(inner, less(kernel), less(stride)), kwargs=kwargs)


Maker = Callable[[Call, int, Collection[Node]], "Node | None"]
MAKERS: dict[str, Maker] = {
    "F.conv2d": _conv,
    "F.conv_transpose2d": _conv,
    "F.max_pool2d": _pool,
    "F.avg_pool2d": _pool,
    "F.pad": _pad,
    "[]": _subscript,
}
