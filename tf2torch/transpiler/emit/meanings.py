"""What a value is for, as its name: told by who reads it.

F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
x * torch.sigmoid(gate)
torch.cat((branch1, branch2, branch3), dim=1)
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Block, Call, Chain, Node, Option, Siblings

ATTENTION = "F.scaled_dot_product_attention"
# What rearranges a value, or joins masks, without making another thing of it.
LIGHT = frozenset(
    (".transpose", ".permute", ".unflatten", ".reshape", ".unsqueeze", ".squeeze")
    + (".to", ".expand", ".flatten", "[]", "&", "~", "torch.tril", ".contiguous")
)
BRANCHES = 3  # joined by one concatenation
# What blocks call their inputs while nobody knows better.
UNNAMED = re.compile(r"x\d*")
GENERIC = ("x", "y", "z", "other", "another")


class Meanings:
    """Names by meaning for the values of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.readers: dict[Node, list[Node]] = {}
        for node in graph.nodes():
            for operand in dict.fromkeys(node.operands):
                self.readers.setdefault(operand, []).append(node)
        self.found: dict[Node, str] = {}

    def of(self, node: Node) -> str:
        """A name that says what ``node`` is for, or ""."""
        if node not in self.found:
            self.found[node] = ""  # while its readers are asked
            self.found[node] = self._meaning(node)
        return self.found[node]

    def _meaning(self, node: Node) -> str:
        if isinstance(node, Call) and node.func == "torch.tril":
            return "causal"
        if isinstance(node, Call) and node.func == "[]" and node.dtype == "int32":
            return ""
        words = {self._as_operand(node, r) for r in self.readers.get(node, ())}
        word = words.pop() if len(words) == 1 else ""
        return word

    def _as_operand(self, node: Node, reader: Node) -> str:
        match reader:
            case Call(func=func, args=args) if func == ATTENTION:
                for name, given in zip("qkv", args, strict=False):
                    if given is node:
                        return name
                return "mask" if reader.kwarg("attn_mask") is node else ""
            case Call(func=func) if func in LIGHT:
                inner = self.of(reader)
                if inner == "causal" and node.operands:
                    return inner
                return inner if inner in ("q", "k", "v", "mask") else ""
            case Call(func="torch.sigmoid"):
                return "gate" if self._scales(reader) else ""
            case Call(func="torch.cat", args=((*parts,), *_)) if node in parts:
                return self._branch(node, parts)
            case Block(graph=graph, args=args) | Option(graph=graph, args=args):
                return parameter_name(graph, args.index(node))
            case Siblings(graphs_=graphs, rows=rows):
                places = [row.index(node) for row in rows if node in row]
                return parameter_name(graphs[0], places[0])
            case Chain(graphs_=graphs, args=args):
                return parameter_name(graphs[0], args.index(node))
        return ""

    def _scales(self, gate: Node) -> bool:
        after = self.readers.get(gate, [])
        return len(after) == 1 and isinstance(after[0], Call) and after[0].func == "*"

    def _branch(self, node: Node, parts: Iterable[object]) -> str:
        listed = list(parts)
        if len(listed) < BRANCHES or len(set(map(id, listed))) < len(listed):
            return ""
        starts = {id(o) for p in listed if isinstance(p, Node) for o in _entry(p)}
        if len(starts) > 1:
            return ""
        return f"branch{listed.index(node) + 1}"


def _entry(part: Node) -> list[Node]:
    """Where a branch starts: what its first layer reads."""
    seen: set[Node] = set()
    stack, found = [part], []
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        data = [o for o in node.operands if o.operands or not _is_leaf(o)]
        if not data:
            found.append(node)
        stack.extend(data)
    return found


def _is_leaf(node: Node) -> bool:
    from tf2torch.ir.nodes import Const, Param

    return isinstance(node, (Const, Param))


def parameter_name(graph: Graph, index: int) -> str:
    """What a block calls its parameter ``index``; "" when nothing better than y."""
    if index == 0:
        return ""
    name = Meanings(graph).of(graph.inputs[index])
    if name:
        return name
    if not UNNAMED.fullmatch(graph.inputs[index].name):
        return graph.inputs[index].name
    for node in graph.nodes():
        if isinstance(node, Call) and graph.inputs[index] in node.operands:
            if node.func == "torch.cat":
                return "skip"
    return "mask" if graph.inputs[index].dtype == "bool" else ""


def parameter_names(graph: Graph) -> list[str]:
    """``x`` first, then by meaning, then y, z and so on; several inputs of the model
    are called as they are there."""
    own = [i.name for i in graph.inputs]
    if len(own) > 1 and not any(map(UNNAMED.fullmatch, own)):
        return own
    names: list[str] = []
    spare = iter([*GENERIC[1:], *(f"x{i}" for i in range(len(graph.inputs)))])
    for index in range(len(graph.inputs)):
        name = parameter_name(graph, index) if index else "x"
        while not name or name in names:
            name = next(spare)
        names.append(name)
    return names
