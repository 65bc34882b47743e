"""BatchNorm whose statistics are chosen by a flag that is fed, as in TF1.

mean, var = (moments of x) if training else (moving averages)
y = (x - mean) * rsqrt(var + eps) * g + b
    ->   y = F.batch_norm(x, None, None, ..., training=True) if training
             else F.batch_norm(x, moving_mean, moving_var, ...)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Case, Const, Input, Node, Out, Param

SHAPES = (".squeeze", ".reshape", ".flatten")
MOST_ABOVE = 8  # nodes between a statistic and what it is of
LEAVES = (Param, Const, type(None))


@dataclass(frozen=True)
class Switch:
    """A statistic: ``moving``, or ``batch`` in branch ``training`` of a case."""

    case: Case
    moving: Param
    batch: Node
    training: int

    def same_flag(self, other: Switch) -> bool:
        flags = self.case.index is other.case.index
        return flags and self.training == other.training


def switch_of(node: Node) -> Switch | None:
    """None for what is no choice between a moving and another statistic."""
    match node:
        case Out(node=Case(branches=(_, _)) as case, index=place):
            pass
        case Case(branches=(_, _), types=(_,)) as case:
            place = 0
        case _:
            return None
    for training in (1, 0):
        moving = case.branches[1 - training].results[place]
        branch = case.branches[training]
        given = branch.results[place]
        if isinstance(moving, Param) and given in branch.inputs:
            batch = case.inputs[[*branch.inputs].index(given)]
            return Switch(case, moving, batch, training)
    return None


def sources(switch: Switch) -> Iterator[Node]:
    """What the batch's statistic may be of."""
    node: Node = switch.batch
    for _ in range(MOST_ABOVE):
        if not isinstance(node, Call) or not node.operands:
            return
        node = node.operands[0]
        yield node


def are_moments(x: Node, mean: Node, variance: Node, axis: int) -> bool:
    """Are they of ``x`` over all axes but ``axis``?"""
    axes = tuple(i for i in range(x.rank or 0) if i != axis)
    if _averaged(mean, axes) is not x:
        return False
    match _averaged(variance, axes):
        case Call("torch.square", (Call("-", (left, center)),)):
            if isinstance(center, Call) and center.func == ".detach":
                (center,) = center.operands
            own = isinstance(center, Node) and _averaged(center, axes) is x
            return left is x and own
    return False


def _averaged(node: Node, axes: tuple[int, ...]) -> Node | None:
    while isinstance(node, Call) and node.func in SHAPES:
        node = node.operands[0]
    match node:
        case Call(".mean", (Node() as inner, tuple() as over)) if over == axes:
            return inner
    return None


def switched(
    x: Node, switch: Switch, norm: Callable[[Node, bool], Call], node: Node
) -> Node:
    """The case of ``norm`` over ``x`` in training, and of it else, in place of
    ``node``."""
    branches = []
    for place in (0, 1):
        entry = Input("x", types=x.types, origin=x.origin)
        made = norm(entry, place == switch.training)
        branches.append(Graph("norm", (entry,), (("y", made),)))
    case = switch.case
    return Case(case.index, (x,), tuple(branches), types=x.types, origin=node.origin)


def in_training(x: Node, scale: Node | None, offset: Node | None, eps: float) -> Call:
    """With the statistics of the batch."""
    args = (x, None, None, scale, offset)
    return call("F.batch_norm", *args, training=True, eps=eps, type=x)
