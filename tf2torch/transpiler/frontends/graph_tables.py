"""Lookup tables of v1 graphs: filled by initialiser ops beside the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Const, Node, Op, Table
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.frontends.body import Body, RawNode, Ref
from tf2torch.transpiler.frontends.build import Builder, Frame
from tf2torch.transpiler.frontends.graph_source import GraphFile
from tf2torch.transpiler.frontends.schema import Result
from tf2torch.transpiler.frontends.tables import (
    FROM_FILE,
    IMPORTS,
    INITIALISERS,
    loader,
    placeholder,
    table_node,
)
from tf2torch.transpiler.frontends.tasks import run

# Inserting is part of running the model, not of building the table.
FILLS = (IMPORTS | FROM_FILE) - {"LookupTableInsert", "LookupTableInsertV2"}


@dataclass
class GraphTables:
    """Tables of a graph; ``assets`` maps a file name's constant to the real file."""

    graph: GraphFile
    folder: Path
    assets: Mapping[str, Path] = field(default_factory=dict)
    _found: dict[str, Table] = field(default_factory=dict)

    @cached_property
    def initialisers(self) -> dict[str, RawNode]:
        """Table node → the op that fills it."""
        found: dict[str, RawNode] = {}
        for node in self.graph.nodes.values():
            if node.op in FILLS and node.inputs:
                found.setdefault(self._handle(node.inputs[0]), node)
        return found

    def _handle(self, ref: Ref) -> str:
        name = ref[0]
        seen: set[str] = set()
        while name in self.graph.nodes and name not in seen:
            seen.add(name)
            node = self.graph.nodes[name]
            if node.op not in {"Identity", "RefIdentity"}:
                break
            name = node.inputs[0][0]
        return name

    def leaf(self, raw: RawNode, path: str) -> Node | None:
        """The table that node ``raw`` creates; None for any other handle."""
        if "Table" not in raw.op or path not in self.initialisers:
            return None
        if path not in self._found:
            self._found[path] = self._table(raw, path)
        return self._found[path]

    def _table(self, raw: RawNode, path: str) -> Table:
        dtype = self.graph.library.schemas.dtype
        key, value = (
            dtype(raw.attrs["key_dtype"].type),
            dtype(raw.attrs["value_dtype"].type),
        )
        init = self._built(self.initialisers[path], path)
        load = loader(init, path, key, value, self.folder)
        return table_node(path, key, value, load)

    def _built(self, init: RawNode, path: str) -> Op:
        """The initialiser with its operands as graph nodes."""
        body = Body(
            f"initialiser of {path}",
            self.graph.nodes,
            (init.inputs[0],),
            (Result("resource"),),
            (),
            roots=(init.name,),
        )
        build = Builder(self.graph.library, self._asset)
        run(build.body(body, [placeholder()], Frame()))
        for op in build.table_inits:
            if op.op in INITIALISERS:
                return op
        raise SourceError(f"table '{path}' has no initialiser that can be read")

    def _asset(self, raw: RawNode, path: str) -> Node | None:
        """File names, which a SavedModel keeps in its assets folder."""
        if raw.op != "Const" or path not in self.assets:
            return None
        value = np.array(str(self.assets[path]).encode(), object)
        return Const(value, types=(TensorType("string", ()),))
