"""Variables and what shapes them, as the functionals of torch want them."""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.build import reshape
from tf2torch.ir.nodes import Arg, Const, Node, Param, Transform
from tf2torch.ir.types import Shape, TensorType
from tf2torch.rules.lifts.algebra import unshaped


def reshaped(node: Node, shape: Shape) -> Node:
    """``node.reshape(shape)``; of a variable or a constant as its arrangement."""
    if node.shape == shape:
        return node
    if isinstance(node, Param) and all(isinstance(s, int) for s in shape):
        return _reshaped_param(node, shape)
    if isinstance(node, Const):
        typed = node.type.with_shape(shape)
        return replace(node, array=node.array.reshape(shape), types=(typed,))
    inner = unshaped(node)
    if inner is not None and inner.shape is not None:
        return reshaped(inner, shape)
    return reshape(node, shape)


def _reshaped_param(param: Param, shape: Shape) -> Param:
    steps = param.transforms
    if steps and steps[-1].kind == "reshape":
        steps = steps[:-1]
    if steps or shape != param.variable.shape:
        steps = (*steps, Transform("reshape", tuple(map(int, shape))))
    typed = TensorType(param.dtype, shape)
    return replace(param, transforms=steps, types=(typed,))


def permuted(param: Param, axes: tuple[int, ...]) -> Param:
    """``param.permute(axes)`` as its arrangement."""
    assert param.shape is not None
    if axes == tuple(range(len(axes))):
        return param
    steps, last = param.transforms, param.transforms[-1:]
    if last and last[0].kind == "permute":
        steps = steps[:-1]
        axes_of_stored = tuple(last[0].args[a] for a in axes)
    else:
        axes_of_stored = axes
    if axes_of_stored != tuple(range(len(axes))):
        steps = (*steps, Transform("permute", axes_of_stored))
    shape = tuple(param.shape[a] for a in axes)
    return replace(param, transforms=steps, types=(TensorType(param.dtype, shape),))


def is_state(node: Node) -> bool:
    """A variable or a constant: something that a module can hold."""
    return isinstance(node, (Param, Const))


def trimmed(*args: Arg) -> tuple[Arg, ...]:
    """Arguments without the Nones behind the last one that is given."""
    last = max((i for i, a in enumerate(args) if a is not None), default=-1)
    return args[: last + 1]
