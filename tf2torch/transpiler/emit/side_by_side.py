"""Calls of equal blocks side by side.

[expert(x) for expert in self.experts]
[tower(x, gate) for tower, gate in zip(self.towers, gates, strict=True)]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tf2torch import pycode
from tf2torch.ir.nodes import Ladder, Node, Out, Siblings
from tf2torch.pycode import Expr

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.body import Body

# Names for what each block has of its own.
OWN = ("value", "other", "third")


def siblings(body: Body, node: Siblings) -> Expr:
    """The list of what the blocks return; what differs between them is zipped."""
    callee = body.scope.callee(node)
    block = one_of(node.name)
    args: list[Expr] = []
    names: list[str] = []
    columns: list[Expr] = []
    for column in zip(*node.rows, strict=True):
        values = [body.operand(value, node) for value in column]
        if len(set(column)) == 1:
            args.append(values[0])
            continue
        names.append(next(n for n in (*OWN, f"value{len(names)}") if n not in names))
        args.append(pycode.name(names[-1]))
        columns.append(body.enumeration(values))
    call = pycode.call(block, *args)
    if not columns:
        template = f"[{{call}} for {block} in {{callee}}]"
        return pycode.expr(template, call=call, callee=callee)
    zipped = pycode.call("zip", callee, *columns, strict=pycode.lit(True))
    targets = ", ".join([block, *names])
    return pycode.expr(
        f"[{{call}} for {targets} in {{zipped}}]", call=call, zipped=zipped
    )


def list_name(node: Node) -> str:
    """What the list of the results of several blocks is called; "" for other lists."""
    match node:
        case Siblings(name=name):
            return name
        case Out(node=Ladder()):
            return "skips"
    return ""


def one_of(name: str) -> str:
    """``expert`` for ``experts``, ``branch`` for ``branches``; else ``block``."""
    for ending in ("es", "s"):
        stem = name.removesuffix(ending)
        if stem != name and (ending == "s" or stem.endswith(("ch", "s"))):
            return stem if len(stem) > 1 else "block"
    return "block"
