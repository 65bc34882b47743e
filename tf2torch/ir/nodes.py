"""Nodes of both dialects: frozen, compared by identity, operands are fields.

The TensorFlow dialect is :class:`Op` (any TF op) with the leaves and regions below;
the torch dialect is :class:`Call`, :class:`Module` and the same leaves and regions.
A node with several results is read through :class:`Out`; a node with one result *is*
its result, so ``match`` reads like the expression:

    case Op("AddV2", (Op("MatMul", (x, w)), b)): ...
"""

from __future__ import annotations

from tf2torch.ir.leaves import (
    Const,
    Input,
    Op,
    Out,
    Sizes,
    Table,
    TableInfo,
    Variable,
    VariableInfo,
)
from tf2torch.ir.node import (
    UNKNOWN,
    Arg,
    Attr,
    DType,
    FunctionRef,
    Node,
    Number,
    Origin,
    Raw,
    Slice,
    map_arg,
)
from tf2torch.ir.regions import (
    Case,
    CustomGradient,
    For,
    While,
)
from tf2torch.ir.torch_nodes import (
    Block,
    Blocks,
    Call,
    Chain,
    Family,
    Ladder,
    Module,
    Option,
    Param,
    Siblings,
    Transform,
    Unported,
)

__all__ = [
    "Arg",
    "Attr",
    "Block",
    "Blocks",
    "Call",
    "Case",
    "Chain",
    "Const",
    "CustomGradient",
    "DType",
    "Family",
    "For",
    "FunctionRef",
    "Input",
    "Ladder",
    "Module",
    "Node",
    "Number",
    "Op",
    "Option",
    "Origin",
    "Out",
    "Param",
    "Raw",
    "Siblings",
    "Sizes",
    "Slice",
    "Table",
    "TableInfo",
    "Transform",
    "UNKNOWN",
    "Unported",
    "Variable",
    "VariableInfo",
    "While",
    "map_arg",
]
