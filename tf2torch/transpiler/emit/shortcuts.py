"""``x`` is what flows: what is only added again later steps aside as ``shortcut``.

shortcut = x
x = F.relu(self.conv1(x))
x = shortcut + self.conv2(x)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tf2torch.ir.nodes import Call, Node, Option

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.body import Body, Step


def enter(body: Body, steps: Sequence[Step], index: int) -> None:
    """Note where a value that is added later is first read, and which statement is
    the last before that to read it."""
    for node in steps[index].reads:
        if node in body.terms and node not in body.entered:
            branch = [i for i in body.readers[node] if not _adds(steps[i], node)]
            if branch:
                body.entered[node] = (len(body.lines), branch[-1])


def free_x(body: Body, index: int, last: dict[Node, int]) -> None:
    """When all that is still to come for ``x`` is a sum, it goes on as shortcut:
    ``shortcut = x`` is said before the branch starts."""
    for node, name in list(body.names.items()):
        if (
            name == "x"
            and node in body.terms
            and last.get(node, -1) >= index + 2
            and node in body.entered
            and body.entered[node][1] <= index
            and not {"shortcut"} & (body.live(index, last) | body.reserved)
            and "x" not in body.reserved
        ):
            place = body.entered[node][0]
            body.lines.insert(place, "    " * body.indent + "shortcut = x")
            for other, (line, end) in body.entered.items():
                body.entered[other] = (line + (line >= place), end)
            body.names[node] = "shortcut"


def _adds(step: Step, node: Node) -> bool:
    """Is ``node`` only added to something in this statement?"""
    readers = [n for n in (step.node, *step.inlined) if node in n.operands]
    return all(
        (isinstance(n, Call) and n.func == "+")
        or (isinstance(n, Option) and node is not n.args[0])
        for n in readers
    )
