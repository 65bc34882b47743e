"""Variables of v1 graphs (``VariableV2``, ``VarHandleOp``) over a checkpoint.

``VariableInfo.name`` is the name of the variable's node, so that ``name:0`` is the
variable in a session; ``key`` is its key in the checkpoint, as the graph's own restore
ops have it. A partition of a larger tensor has ``key[slice]``, the slice as
``RestoreV2`` writes it (``10 4 0,5:0,4``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Node, Variable, VariableInfo
from tf2torch.ir.types import FLOATS, TensorType
from tf2torch.transpiler.frontends.body import RawNode
from tf2torch.transpiler.frontends.checkpoint import Checkpoint
from tf2torch.transpiler.frontends.graph_source import GraphFile
from tf2torch.transpiler.frontends.names import Names
from tf2torch.transpiler.frontends.promote import MOVING
from tf2torch.transpiler.frontends.schema import Proto, array

VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable", "AutoReloadVariable"})
ASSIGNS = frozenset({"Assign", "AssignVariableOp"})
# Ops between a restored tensor and its assignment that do not change the value.
PLAIN = frozenset({"Identity", "Reshape"})


@dataclass(frozen=True)
class Restored:
    """Where a variable's value lies: a checkpoint key, or a slice of its tensor."""

    key: str
    spec: str = ""

    @property
    def label(self) -> str:
        return f"{self.key}[{self.spec}]" if self.spec else self.key


@dataclass
class GraphVariables:
    """The variables of a graph, found again in a checkpoint."""

    graph: GraphFile
    meta: Proto
    checkpoint: Checkpoint
    names: Names = field(default_factory=Names)
    _found: dict[str, Variable] = field(default_factory=dict)

    def leaf(self, raw: RawNode, path: str) -> Node | None:
        if raw.op not in VARIABLES:
            return None
        name = self._name(raw)
        if name not in self._found:
            self._found[name] = self._variable(raw, name)
        return self._found[name]

    def _name(self, raw: RawNode) -> str:
        """Handles in functions share their variable by ``shared_name``."""
        if raw.name in self.graph.nodes:
            return raw.name
        shared = (
            raw.attrs["shared_name"].s.decode() if "shared_name" in raw.attrs else ""
        )
        return shared or raw.name

    def _variable(self, raw: RawNode, name: str) -> Variable:
        place = self._place(raw, name)
        dtype = self.graph.library.schemas.dtype(raw.attrs["dtype"].type)
        sizes = tuple(self.checkpoint.shapes[place.key])
        load = self.checkpoint.load(place.key)
        if place.spec:
            sizes, window = parse_slice(place.spec)
            load = _sliced(load, window)
        info = VariableInfo(
            name=self.names.unique(name),
            key=place.label,
            dtype=dtype,
            shape=sizes,
            trainable=self._trainable(name, dtype),
            load=load,
        )
        origin = self.graph.origin(name)
        return Variable(info=info, types=(TensorType("resource", ()),), origin=origin)

    def _place(self, raw: RawNode, name: str) -> Restored:
        place = self.restored.get(name)
        if place is not None and place.key in self.checkpoint.shapes:
            return place
        shared = (
            raw.attrs["shared_name"].s.decode() if "shared_name" in raw.attrs else ""
        )
        for key in (name, shared):
            if key and key in self.checkpoint.shapes:
                return Restored(key)
        raise SourceError(
            f"checkpoint {self.checkpoint.prefix} holds no value for variable "
            f"'{name}': it belongs to another graph, or the variable was not saved"
        )

    @cached_property
    def restored(self) -> dict[str, Restored]:
        """Variable → what the graph's restore ops assign to it."""
        found: dict[str, Restored] = {}
        tables: dict[str, list[Restored]] = {}
        for node in self.graph.nodes.values():
            if node.op not in ASSIGNS:
                continue
            target, (source, port) = node.inputs[0][0], self._behind(node.inputs[1])
            restore = self.graph.nodes.get(source)
            if restore is not None and restore.op == "RestoreV2":
                if source not in tables:
                    tables[source] = self._restore(restore)
                if port < len(tables[source]):
                    found.setdefault(target, tables[source][port])
        return found

    def _behind(self, ref: tuple[str, int]) -> tuple[str, int]:
        for _ in range(8):
            node = self.graph.nodes.get(ref[0])
            if node is None or node.op not in PLAIN:
                break
            ref = node.inputs[0]
        return ref

    def _restore(self, node: RawNode) -> list[Restored]:
        keys, specs = (self._strings(ref[0]) for ref in node.inputs[1:3])
        return [Restored(k, s) for k, s in zip(keys, specs, strict=False)]

    def _strings(self, name: str) -> list[str]:
        node = self.graph.nodes.get(name)
        if node is None or node.op != "Const":
            return []
        return [
            bytes(v).decode() for v in array(node.attrs["value"].tensor).reshape(-1)
        ]

    def _trainable(self, name: str, dtype: str) -> bool:
        """As the collection says; without one, floats that are no moving average."""
        if self.trainable is not None:
            return name in self.trainable
        return dtype in FLOATS and MOVING.fullmatch(name) is None

    @cached_property
    def trainable(self) -> frozenset[str] | None:
        if "trainable_variables" not in self.meta.collection_def:
            return None
        return frozenset(_collected(self.meta.collection_def["trainable_variables"]))


def _collected(collection: Proto) -> Iterable[str]:
    """Names of variables in a collection, in either form that TF has used."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.framework import variable_pb2

    for text in collection.node_list.value:
        yield text.split(":")[0]
    for data in collection.bytes_list.value:
        definition = variable_pb2.VariableDef()
        try:
            definition.ParseFromString(data)
        except DecodeError:
            continue
        yield definition.variable_name.split(":")[0]


def parse_slice(spec: str) -> tuple[tuple[int, ...], tuple[slice, ...]]:
    """``10 4 0,5:0,4`` → sizes of the part and where it lies; ``-`` is a whole axis."""
    *sizes, window = spec.split(" ")
    if not re.fullmatch(r"(-|\d+,\d+)(:(-|\d+,\d+))*", window):
        raise SourceError(f"the graph restores a malformed slice '{spec}'")
    parts, cut = [], []
    for full, part in zip(sizes, window.split(":"), strict=True):
        start, length = (0, int(full)) if part == "-" else map(int, part.split(","))
        parts.append(length)
        cut.append(slice(start, start + length))
    return tuple(parts), tuple(cut)


def _sliced(
    load: Callable[[], np.ndarray], window: tuple[slice, ...]
) -> Callable[[], np.ndarray]:
    return lambda: load()[window]
