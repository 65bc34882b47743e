"""Custom gradients as torch.autograd.Function classes."""

from __future__ import annotations

from tf2torch import pycode
from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Const, CustomGradient, Node, Unported
from tf2torch.pycode import Expr
from tf2torch.transpiler.emit.body import Body, Scope, region_nodes
from tf2torch.transpiler.emit.expressions import number, tensor_literal
from tf2torch.transpiler.emit.gaps import Gaps
from tf2torch.transpiler.emit.names import Namespace, camel, is_noise

TEMPLATE = '''class {name}(torch.autograd.Function):
    """Identity whose gradient is the source's own, not that of what it computes."""

    @staticmethod
    def forward(ctx, {inputs}):
{save}        return {results}

    @staticmethod
    def backward(ctx, {grads}):
{restore}{body}
        return {gradients}
'''


class Gradients:
    """The autograd functions of a program; equal ones are written once."""

    def __init__(self, graph: Graph, gaps: Gaps) -> None:
        self.names: dict[Node, str] = {}
        self.texts: dict[str, str] = {}
        namespace = Namespace(("nn", "torch", "F", "Tensor"))
        for node in every_node(graph):
            if isinstance(node, CustomGradient):
                text = class_text(node, gaps)
                if text not in self.texts:
                    self.texts[text] = namespace.claim(_name(node))
                self.names[node] = self.texts[text]

    def sources(self) -> list[str]:
        return [
            t.replace("class {name}(", f"class {n}(") for t, n in self.texts.items()
        ]

    def callee(self, node: Node) -> Expr:
        return pycode.attribute(pycode.name(self.names[node]), "apply")


def _name(node: CustomGradient) -> str:
    words = [p for p in node.origin.scope if not is_noise(p)]
    return camel(f"{words[-1]}_gradient") if words else "CustomGradient"


def class_text(node: CustomGradient, gaps: Gaps) -> str:
    """The class with ``{name}`` in the place of its name."""
    count = len(node.inputs)
    inputs = _numbered("x", count)
    own = node.distinct[count:]
    named = dict(zip(own, _numbered("saved", len(own)), strict=True))
    named |= dict(zip(node.inputs, inputs, strict=True))
    captures = [named[n] for n in node.captures]
    grads = _numbered("grad", count)
    body = Body(Scope(_leaf, lambda n: _callee(n, gaps)), indent=2)
    for inner, name in zip(node.backward.inputs, [*grads, *captures], strict=True):
        body.names[inner] = name
    results = list(node.backward.results)
    body.write(region_nodes(node.backward), results)
    known = {int(key): value for key, value in node.backward.outputs}
    values = [
        pycode.text(body.operand(known[i], node)) if i in known else "None"
        for i in range(count)
    ]
    values += ["None"] * len(own)
    captures = list(dict.fromkeys(captures))
    save = f"        ctx.save_for_backward({', '.join(captures)})\n" if captures else ""
    names = f"{', '.join(captures)}{',' * (len(captures) == 1)}"
    restore = f"        {names} = ctx.saved_tensors\n" if captures else ""
    kept = [f"{x}.view_as({x})" for x in inputs]
    return TEMPLATE.format(
        name="{name}",
        inputs=", ".join([*inputs, *(named[n] for n in own)]),
        save=save,
        results=", ".join(kept),
        grads=", ".join(grads),
        restore=restore,
        body="\n".join(body.lines),
        gradients=", ".join(values),
    )


def _numbered(word: str, count: int) -> list[str]:
    return [word] if count == 1 else [f"{word}{i + 1}" for i in range(count)]


def _leaf(node: Node, user: Node | None) -> Expr:
    if isinstance(node, Const):
        if node.rank == 0:
            return number(node)
        return tensor_literal(node.array, node.dtype)
    raise AssertionError(f"{type(node).__name__} {node.origin} inside a gradient")


def _callee(node: Node, gaps: Gaps) -> Expr:
    if isinstance(node, Unported):
        return gaps.callee(node)
    raise AssertionError(f"{type(node).__name__} {node.origin} inside a gradient")
