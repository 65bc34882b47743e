"""What the verifier's hypothesis names: one setting of one layer.

    "it agrees with eps=0.001 of blocks.0.norm (now 1e-05)"
        nn.LayerNorm(8)   ->   nn.LayerNorm(8, eps=0.001)

The layer is the attribute that the last part of its path names; a layer of a
``Sequential`` or a loop has a number there and is found by its kind of setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import libcst as cst
import libcst.matchers as m

from tf2torch.diagnostics import Hint

SETTING = re.compile(r"agrees with (\w+)=([^ ]+) of ([\w.]+)")
PADDING = re.compile(r"agrees with padding (\([\d, ]+\)) of ([\w.]+)")
LAYER = re.compile(r"agrees with (\w+\(.*\)) at ([\w.]+) \(now (\w+)\(")
LITERAL = re.compile(r"True|False|'\w*'|[-+.\de]+|\([\d, ]+\)")
Change = Callable[[cst.Call], cst.BaseExpression | None]
# Settings that may stand without their keyword, and where.
POSITIONS = {"padding": 0, "negative_slope": 0}


def proposals(code: str, hints: Iterable[Hint]) -> Iterator[str]:
    """``code`` with the setting that a hint's evidence names, at each layer that it
    may mean."""
    for hint in hints:
        for text in hint.evidence:
            yield from _of(code, text)


def _of(code: str, text: str) -> Iterator[str]:
    setting = SETTING.search(text)
    padding = PADDING.search(text)
    layer = LAYER.search(text)
    if setting and LITERAL.fullmatch(setting[2]):
        yield from _set(code, setting[1], setting[2], setting[3])
    elif padding:
        yield from _set(code, "padding", padding[1], padding[2])
    elif layer and re.fullmatch(r"\w+\([\w=., ']*\)", layer[1]):
        yield from _replaced(code, f"nn.{layer[1]}", layer[3], layer[2])


def _set(code: str, keyword: str, value: str, path: str) -> Iterator[str]:
    """Each layer call at ``path`` with ``keyword=value``."""

    def change(call: cst.Call) -> cst.BaseExpression | None:
        return _with_setting(call, keyword, cst.parse_expression(value))

    yield from _at_layers(code, path, change)


def _replaced(code: str, made: str, kind: str, path: str) -> Iterator[str]:
    """Each ``nn.<kind>`` at ``path`` as ``made``."""
    of_kind = m.Attribute(m.Name("nn"), m.Name(kind))

    def change(call: cst.Call) -> cst.BaseExpression | None:
        return cst.parse_expression(made) if m.matches(call.func, of_kind) else None

    yield from _at_layers(code, path, change)


def _with_setting(call: cst.Call, keyword: str, value: cst.BaseExpression) -> cst.Call:
    args = list(call.args)
    for index, arg in enumerate(args):
        by_place = arg.keyword is None and POSITIONS.get(keyword) == index
        if by_place or (arg.keyword is not None and arg.keyword.value == keyword):
            args[index] = arg.with_changes(value=value)
            return call.with_changes(args=args)
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    added = cst.Arg(value, keyword=cst.Name(keyword), equal=equal)
    if args:
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        args[-1] = args[-1].with_changes(comma=comma)
    return call.with_changes(args=[*args, added])


class _Layers(cst.CSTTransformer):
    """Changes the ``only``-th layer call that ``change`` takes, inside assignments to
    ``self.<attribute>`` (any, where that is None)."""

    def __init__(self, attribute: str | None, change: Change, only: int) -> None:
        self.attribute = attribute
        self.change = change
        self.only = only
        self.found = 0
        self.inside = 0

    def visit_Assign(self, node: cst.Assign) -> None:
        self.inside += self._is_ours(node)

    def leave_Assign(
        self, original_node: cst.Assign, updated_node: cst.Assign
    ) -> cst.Assign:
        self.inside -= self._is_ours(original_node)
        return updated_node

    def _is_ours(self, node: cst.Assign) -> bool:
        target = node.targets[0].target
        name = m.DoNotCare() if self.attribute is None else m.Name(self.attribute)
        return m.matches(target, m.Attribute(m.Name("self"), name))

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        layer = m.matches(original_node.func, m.Attribute(m.Name("nn")))
        if not (self.inside or self.attribute is None) or not layer:
            return updated_node
        made = self.change(updated_node)
        if made is None:
            return updated_node
        self.found += 1
        return made if self.found - 1 == self.only else updated_node


def _at_layers(code: str, path: str, change: Change) -> Iterator[str]:
    last = path.rpartition(".")[2]
    module = cst.parse_module(code)
    for attribute in (last, None) if not last.isdigit() else (None,):
        count = 0
        while True:
            changer = _Layers(attribute, change, count)
            made = module.visit(changer).code
            if count >= changer.found or count > 8:
                break
            count += 1
            if made != code:
                yield made
        if count:
            return
