"""Arithmetic, shapes and copies that do nothing, or that are shorter said otherwise.

Every value stays as it is; ``x + 0.0`` would make a negative zero a positive one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from tf2torch.ir.build import call, const, permute
from tf2torch.ir.nodes import Arg, Call, Const, Node, Out, Sizes
from tf2torch.ir.types import COMPLEX, FLOATS, Dim, Shape
from tf2torch.rules.lifts.algebra import unshaped
from tf2torch.rules.lifts.matching import both_ways, is_ones, is_zeros, plain_number
from tf2torch.rules.reshaping import spell_reshape

ELEMENTWISE = frozenset("+ - * / & | == != < <= > >=".split())
ALONG = frozenset({".softmax", ".log_softmax"})
SHORT = frozenset({".flatten", ".unflatten", ".squeeze", ".unsqueeze"})


def neutral(node: Node) -> Node | None:
    """``x * 1``, ``x / 1``, ``x ± 0``, ``ones & x``, ``-(-x)``, ``x.to(own dtype)``."""
    if not isinstance(node, Call) or not node.args:
        return None
    x = node.args[0]
    match node:
        case Call("neg", (Call("neg", (Node() as inner,)),)):
            return inner
        case Call(".to", (Node() as inner, _)) if inner.dtype == node.dtype:
            return inner
        case Call(".detach", (Node() as inner,)) if _has_no_gradient(inner):
            return inner
        case Call("torch.arange", (Call(".to", (Sizes() as count, _)),)):
            return replace(node, args=(count,))
        case Call("/" | "-" as func, (_, other)):
            return _same(x, node) if _all(other, func == "/") else None
        case Call("*" | "&" | "+" as func, (_, _)):
            for value, other in both_ways(node):
                if _all(other, func != "+"):
                    return _same(value, node)
    return None


def _has_no_gradient(node: Node) -> bool:
    if node.dtype not in FLOATS | COMPLEX or isinstance(node, (Const, Sizes)):
        return True
    match node:
        case Call(".detach" | "torch.ones_like" | "torch.zeros_like"):
            return True
        case Call(".to", (Node() as inner, _)):
            return _has_no_gradient(inner)
    return False


def _all(arg: Arg, ones: bool) -> bool:
    """Is every element 1, or else 0?"""
    if isinstance(arg, Node):
        return is_ones(arg) if ones else is_zeros(arg)
    return plain_number(arg) == float(ones)


def _same(x: Arg, node: Node) -> Node | None:
    if isinstance(x, Node) and x.shape == node.shape and x.dtype == node.dtype:
        return x if x.shape is not None else None
    return None


def signs(node: Node) -> Node | None:
    """``a + -b``   ->   ``a - b``"""
    match node:
        case Call("-", (Node() as a, Call("neg", (Node() as b,)))):
            return call("+", a, b, type=node)
        case Call("+", (_, _)):
            for negative, other in both_ways(node):
                positive = _negated(negative)
                if positive is not None:
                    return call("-", other, positive, type=node)
    return None


def _negated(arg: Arg) -> Node | None:
    match arg:
        case Call("neg", (Node() as inner,)):
            return inner
        case Call("*", (Call("neg", (Node() as left,)), Node() as right)):
            return call("*", left, right, type=arg)
        case Call("*", (Node() as left, Call("neg", (Node() as right,)))):
            return call("*", left, right, type=arg)
    return None


def reshapes(node: Node) -> Node | None:
    """Two changes of shape that are none or one."""
    inner = unshaped(node)
    if inner is None or node.shape is None:
        return None
    if inner.shape == node.shape:
        return inner
    x = unshaped(inner)
    if x is None or x.shape is None:
        return None
    made = spell_reshape(x, node.shape, node.type)
    short = made is x or (isinstance(made, Call) and made.func in SHORT)
    return made if short else None


def permutes(node: Node) -> Node | None:
    """Two permutes that are none or one, or stand around a softmax."""
    match node:
        case Call(".permute", (Call(".permute", (Node(), tuple())) as x, tuple() as a)):
            return permute(x, a)
        case Call(".permute", (Call(func, (Node() as x, int() as axis)), tuple() as a)):
            inner = _unpermuted(x, a) if func in ALONG else None
            if inner is None or not isinstance(x, Call):
                return None
            order = x.args[1]
            assert isinstance(order, tuple)
            along = order[axis % len(order)]
            last = -1 if along == len(order) - 1 else along
            return call(func, inner, last, type=node)
    return None


def _unpermuted(x: Node, axes: Sequence[Arg]) -> Node | None:
    """What ``x`` permutes, when ``axes`` take that back."""
    match x:
        case Call(".permute", (Node() as inner, tuple() as order)):
            back = [order[a] for a in axes if isinstance(a, int)]
            if back == list(range(len(order))):
                return inner
    return None


def copies(node: Node) -> Node | None:
    """``x + y.expand(...)`` where + broadcasts anyway."""
    if not isinstance(node, Call) or node.func not in ELEMENTWISE or not node.shape:
        return None
    for i, arg in enumerate(node.args):
        match arg:
            case Call(".expand", (Node() as inner, *_)):
                others = [a for a in node.args if a is not arg and isinstance(a, Node)]
                if broadcast([inner, *others]) == node.shape:
                    return replace(
                        node, args=(*node.args[:i], inner, *node.args[i + 1 :])
                    )
    return None


def broadcast(nodes: Sequence[Node]) -> Shape | None:
    """The joint shape; None where sizes are unknown or not known to be equal."""
    shapes = [n.shape for n in nodes]
    rank = max((len(s) for s in shapes if s is not None), default=0)
    joint: list[Dim] = [1] * rank
    for shape in shapes:
        if shape is None:
            return None
        for i, size in enumerate(shape, rank - len(shape)):
            if joint[i] == 1:
                joint[i] = size
            elif size not in (1, joint[i]):
                return None
    return tuple(joint)


def parts_joined(node: Node) -> Node | None:
    """``torch.stack(x.unbind(i), dim=i)`` and ``torch.cat(x.chunk(n, i), dim=i)``."""
    match node:
        case Call("torch.cat", ((Node() as only,),)):
            return only
        case Call("torch.stack" | "torch.cat", (tuple() as parts,)):
            source = _whole(parts)
            dim = node.kwarg("dim", 0)
            wanted = {"torch.stack": ".unbind", "torch.cat": ".chunk"}[node.func]
            if source is None or source.func != wanted:
                return None
            x = source.args[0]
            if not isinstance(x, Node) or x.rank is None or type(dim) is not int:
                return None
            along = (
                source.args[1] if node.func == "torch.stack" else source.kwarg("dim")
            )
            same = type(along) is int and along % x.rank == dim % x.rank
            return x if same and x.shape == node.shape else None
    return None


def nested_cats(node: Node, shared: Collection[Node]) -> Node | None:
    """``cat((a, cat((b, c), 1)), 1)``   ->   ``cat((a, b, c), 1)``"""
    match node:
        case Call("torch.cat", (tuple() as parts,)) if len(node.types) == 1:
            dim, rank = node.kwarg("dim", 0), node.rank
        case _:
            return None
    if type(dim) is not int or not rank:
        return None

    def inside(part: Arg) -> tuple[Arg, ...]:
        match part:
            case Call("torch.cat", (tuple() as inner,)) if part not in shared:
                along = part.kwarg("dim", 0)
                if type(along) is int and along % rank == dim % rank:
                    return inner
        return (part,)

    flat = tuple(leaf for part in parts for leaf in inside(part))
    return None if len(flat) == len(parts) else replace(node, args=(flat,))


def repeats(node: Node) -> Node | None:
    """``torch.cat((x, x, x), dim=1)`` of one cell   ->   ``x.expand(-1, 3, -1)``"""
    match node:
        case Call("torch.cat", ((Node() as x, *others),)) if len(others) > 1:
            dim = node.kwarg("dim", 0)
            if any(o is not x for o in others) or type(dim) is not int or not x.shape:
                return None
            axis = dim % len(x.shape)
            if x.shape[axis] != 1:
                return None
            sizes = [-1] * len(x.shape)
            sizes[axis] = len(others) + 1
            return call(".expand", x, tuple(sizes), type=node)
    return None


def zeros_chosen(node: Node) -> Node | None:
    """``torch.where(c, x, torch.zeros_like(x))``   ->   ``torch.where(c, x, 0.0)``"""
    match node:
        case Call("torch.where", (Node() as c, Node() as x, Node() as y)):
            pass
        case _:
            return None
    if x.dtype not in FLOATS or x.rank == 0 or y.rank == 0:
        return None
    zero = const(0, x.dtype)
    if is_zeros(y) and broadcast([c, x]) == node.shape is not None:
        return call("torch.where", c, x, zero, type=node)
    if is_zeros(x) and broadcast([c, y]) == node.shape is not None:
        return call("torch.where", c, zero, y, type=node)
    return None


def _whole(parts: Sequence[Arg]) -> Call | None:
    """The call whose results ``parts`` are, all of them in order."""
    first = parts[0] if parts else None
    if not isinstance(first, Out) or not isinstance(first.node, Call):
        return None
    if len(parts) != len(first.node.types):
        return None
    in_order = all(
        isinstance(p, Out) and p.node is first.node and p.index == i
        for i, p in enumerate(parts)
    )
    return first.node if in_order else None
