"""Rewrites of expressions, applied to a region's source."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

# An expression → what replaces it, or None.
Rewrite = Callable[[cst.CSTNode], cst.BaseExpression | None]
SINGLY = 4  # places at which a rewrite is also tried alone


class _Rewriter(cst.CSTTransformer):
    """``only``: the number of the one place to change; None changes all."""

    def __init__(self, rewrite: Rewrite, only: int | None) -> None:
        self.rewrite = rewrite
        self.only = only
        self.found = 0

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        return self._changed(updated_node)

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        return self._changed(updated_node)

    def _changed(self, node: cst.BaseExpression) -> cst.BaseExpression:
        made = self.rewrite(node)
        if made is None:
            return node
        self.found += 1
        return made if self.only in (None, self.found - 1) else node


def rewritten(code: str, rewrite: Rewrite) -> Iterator[str]:
    """``code`` changed at every place where the rewrite fits, then at each alone."""
    module = cst.parse_module(code)
    everywhere = _Rewriter(rewrite, None)
    made = module.visit(everywhere).code
    if made == code:
        return
    yield made
    if everywhere.found > 1:
        for place in range(min(everywhere.found, SINGLY)):
            yield module.visit(_Rewriter(rewrite, place)).code
