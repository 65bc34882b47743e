"""Tables that a TF2 SavedModel captured: created and filled by functions of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.ir.graph import topological
from tf2torch.ir.nodes import Node, Op, Table
from tf2torch.transpiler.frontends.build import Builder, Frame
from tf2torch.transpiler.frontends.tables import (
    Loader,
    fold,
    loader,
    placeholder,
    table_node,
)
from tf2torch.transpiler.frontends.tasks import run

if TYPE_CHECKING:
    from tf2torch.transpiler.frontends.saved_model import SavedModel


def saved_table(model: SavedModel, object_id: int) -> Table:
    """The table that resource object ``object_id`` is."""
    place = model.saved.get(object_id)
    name = place.path if place else f"table_{object_id}"
    created = _created(model, object_id, name)
    key, value = str(created.attrs["key_dtype"]), str(created.attrs["value_dtype"])
    init = _initialiser(model, object_id)
    if init is not None:
        load = loader(init, name, key, value, model.path)
        return table_node(name, key, value, load)
    keys = place.table(model.checkpoint.shapes) if place else None
    if keys is not None:
        return table_node(name, key, value, _checkpointed(model, keys, created))
    return table_node(name, key, value, lambda: (_empty(key), _empty(value)))


def _empty(dtype: str) -> np.ndarray:
    return np.zeros((0,), object if dtype == "string" else dtype)


def _child_function(model: SavedModel, object_id: int, child: str) -> str | None:
    for edge in model.objects.nodes[object_id].children:
        if edge.local_name == child:
            traces = list(model.traces(edge.node_id, child).values())
            return traces[0] if traces else None
    return None


def _created(model: SavedModel, object_id: int, name: str) -> Op:
    """The op that creates the table, from its ``_create_resource`` function."""
    function = _child_function(model, object_id, "_create_resource")
    if function is not None:
        build = Builder(model.library, lambda raw, path: None)
        results = run(build.body(model.library.body(function), (), Frame()))
        for node in topological(results):
            if isinstance(node, Op) and "key_dtype" in node.attrs:
                return node
    raise SourceError(
        f"{model.path}: resource '{name}' is no lookup table; only variables and "
        "tables can be captured by a model that is to be ported"
    )


def _initialiser(model: SavedModel, object_id: int) -> Op | None:
    function = _child_function(model, object_id, "_initialize")
    if function is None:
        return None
    body = model.library.body(function)
    bound = model.objects.concrete_functions[function].bound_inputs
    args: list[Node] = [
        placeholder() if i == object_id else model.object(i) for i in bound
    ]
    build = Builder(model.library, model.leaf)
    run(build.body(body, args, Frame()))
    for op in build.table_inits:
        return op
    return None


def _checkpointed(model: SavedModel, keys: tuple[str, str], created: Op) -> Loader:
    """The content of a mutable table, which the checkpoint holds.

    A dense table is saved with its free buckets, which hold the empty or the
    deleted key, and with the keys' own axis even where keys are scalars.
    """
    load_keys, load_values = map(model.checkpoint.load, keys)
    if "Dense" not in created.op:
        return lambda: (load_keys(), load_values())
    marks = [fold(node, created.op).reshape(-1) for node in created.inputs]

    def load() -> tuple[np.ndarray, np.ndarray]:
        found, values = load_keys(), load_values()
        rows = found.reshape(len(found), -1)
        used = np.ones(len(found), bool)
        for mark in marks:
            used &= ~(rows == mark).all(axis=1)
        if rows.shape[1] == 1:
            found, values = rows[:, 0], values.reshape(len(values), -1).squeeze(-1)
        return found[used], values[used]

    return load
