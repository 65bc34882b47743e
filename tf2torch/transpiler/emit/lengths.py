"""How long a forward will be."""

from __future__ import annotations

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Node
from tf2torch.pycode import Expr, name
from tf2torch.transpiler.emit.body import Body, Scope, region_nodes

# As many results are returned on one line.
FEW = 2


def statements(graph: Graph) -> int:
    """Statements of the forward that computes ``graph``, those in loops and branches
    and the return among them; many results have a line each."""
    scope = Scope(_unread, lambda node: _unread(node, None))
    steps = Body(scope).plan(region_nodes(graph), graph.results)
    inner = [g for step in steps for g in _regions(step.node)]
    count = len(graph.results)
    returned = count + 2 if count > FEW else 1
    return len(steps) + returned + sum(map(statements, inner))


def _regions(node: Node) -> tuple[Graph, ...]:
    from tf2torch.ir.nodes import Case, For, While

    return node.graphs() if isinstance(node, (Case, For, While)) else ()


def _unread(node: Node, user: Node | None) -> Expr:
    return name("_")
