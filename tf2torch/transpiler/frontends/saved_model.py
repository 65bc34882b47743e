"""TF2 SavedModels: signatures and functions over the saved object graph.

``VariableInfo.key`` is the checkpoint key in ``variables/variables``, such as
``layer/kernel/.ATTRIBUTES/VARIABLE_VALUE``; the name is TensorFlow's own, or the
path in the object graph where TensorFlow made one up (``Variable_3``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Const, Node, Variable, VariableInfo
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.frontends.body import Library, RawNode
from tf2torch.transpiler.frontends.build import CALL_OPS, Builder
from tf2torch.transpiler.frontends.checkpoint import Checkpoint, Saved, saved_objects
from tf2torch.transpiler.frontends.ends import with_feeds
from tf2torch.transpiler.frontends.gradients import saved_gradients
from tf2torch.transpiler.frontends.graph_source import GraphFile, body_between
from tf2torch.transpiler.frontends.interface import (
    Identity,
    Port,
    file_fingerprint,
    finish,
    inputs_of,
    unknown,
)
from tf2torch.transpiler.frontends.keras_metadata import saved_training
from tf2torch.transpiler.frontends.layer_scopes import layers_of, unnumber_scopes
from tf2torch.transpiler.frontends.meta_graph import (
    Request,
    ports_of,
    saved_model_files,
    signatures,
)
from tf2torch.transpiler.frontends.names import Names
from tf2torch.transpiler.frontends.protos import meta_graph, read_saved_model
from tf2torch.transpiler.frontends.schema import Proto, Schemas, array
from tf2torch.transpiler.frontends.source import Source


class SavedModel:
    """A TF2 SavedModel that has been parsed; nothing of it has run."""

    def __init__(self, path: Path):
        self.path = path
        self.meta = meta_graph(read_saved_model(path), path)
        self.schemas = Schemas.of(self.meta.meta_info_def.stripped_op_list.op)
        self.library = Library.of(self.meta.graph_def.library, self.schemas)
        self.objects = self.meta.object_graph_def
        self.checkpoint = Checkpoint(path / "variables" / "variables")
        self.names = Names()
        self.leaves: dict[int, Node] = {}
        registered = self.meta.graph_def.library.registered_gradients
        self.library.gradients.update(saved_gradients(self, registered))

    @property
    def signatures(self) -> dict[str, Proto]:
        return signatures(self.meta)

    @cached_property
    def functions(self) -> dict[str, str]:
        """Path of a function in the object graph → its concrete function.

        A function traced more than once appears as ``call#0``, ``call#1``.
        """
        found: dict[str, str] = {}
        queue = [(0, "")]
        seen = {0}
        for node_id, path in queue:
            for child in self.objects.nodes[node_id].children:
                if child.node_id in seen or child.local_name == "signatures":
                    continue
                seen.add(child.node_id)
                inner = f"{path}.{child.local_name}" if path else child.local_name
                found.update(self.traces(child.node_id, inner))
                if (
                    self.objects.nodes[child.node_id].WhichOneof("kind")
                    == "user_object"
                ):
                    queue.append((child.node_id, inner))
        return found

    @cached_property
    def frozen(self) -> frozenset[int]:
        """Variables that the root lists as not trained: Keras 3 freezes a layer without
        telling TensorFlow's variables."""
        lists = {c.local_name: c.node_id for c in self.objects.nodes[0].children}
        if "non_trainable_variables" not in lists:
            return frozenset()
        listed = self.objects.nodes[lists["non_trainable_variables"]]
        return frozenset(child.node_id for child in listed.children)

    def traces(self, node_id: int, path: str) -> dict[str, str]:
        node = self.objects.nodes[node_id]
        if node.WhichOneof("kind") == "bare_concrete_function":
            return {path: node.bare_concrete_function.concrete_function_name}
        if node.WhichOneof("kind") != "function":
            return {}
        traces = list(node.function.concrete_functions)
        if len(traces) == 1:
            return {path: traces[0]}
        return {f"{path}#{i}": name for i, name in enumerate(traces)}

    @cached_property
    def captures(self) -> dict[str, int]:
        """Node of the main graph → the saved object that it stands for.

        A signature's call in the main graph passes what the function captured after
        its arguments, in the order of ``bound_inputs``.
        """
        found: dict[str, int] = {}
        for node in self.meta.graph_def.node:
            name = node.attr["f"].func.name if "f" in node.attr else ""
            if name in self.objects.concrete_functions:
                bound = self.objects.concrete_functions[name].bound_inputs
                data = [text for text in node.input if not text.startswith("^")]
                if len(data) < len(bound):
                    raise SourceError(
                        f"{self.path}: call '{node.name}' lacks what its function "
                        "captured: the file is damaged"
                    )
                for text, object_id in zip(
                    data[len(data) - len(bound) :], bound, strict=True
                ):
                    found.setdefault(text.split(":")[0], object_id)
        return found

    @cached_property
    def saved(self) -> dict[int, Saved]:
        """Saved object → its place and its values in the checkpoint."""
        graph = self.checkpoint.objects
        if graph is None:
            raise SourceError(
                f"{self.checkpoint.prefix} is not the checkpoint of this SavedModel: "
                "copy its variables/ folder again"
            )
        return saved_objects(self.objects, graph)

    def leaf(self, raw: RawNode, path: str) -> Node | None:
        """The meaning of a handle in the main graph."""
        if path in self.captures:
            return self.object(self.captures[path])
        if raw.op == "VarHandleOp":
            # A handle that no signature captured, found by its shared name.
            shared = (
                raw.attrs["shared_name"].s.decode()
                if "shared_name" in raw.attrs
                else ""
            )
            for object_id, node in enumerate(self.objects.nodes):
                if (
                    node.WhichOneof("kind") == "variable"
                    and node.variable.name == shared
                ):
                    return self.object(object_id)
        return None

    def object(self, object_id: int) -> Node:
        """The leaf that a saved object is; the same object is the same node."""
        if object_id not in self.leaves:
            self.leaves[object_id] = self._object(object_id)
        return self.leaves[object_id]

    def _object(self, object_id: int) -> Node:
        node = self.objects.nodes[object_id]
        kind = node.WhichOneof("kind")
        if kind == "variable":
            return self._variable(object_id, node.variable)
        if kind == "constant":
            return self._constant(node.constant.operation)
        if kind == "resource":
            from tf2torch.transpiler.frontends.saved_tables import saved_table

            return saved_table(self, object_id)
        if kind == "asset":
            return asset_path(self, node.asset.asset_file_def_index)
        raise SourceError(
            f"{self.path}: a function captures object {object_id} of kind '{kind}', "
            "which only a running model has; save it without that capture"
        )

    def _variable(self, object_id: int, saved: Proto) -> Variable:
        place = self.saved.get(object_id)
        if place is None or place.variable is None:
            raise SourceError(
                f"{self.checkpoint.prefix} holds no value for variable '{saved.name}': "
                "save the model again with all variables tracked"
            )
        key = place.variable
        dtype = self.schemas.dtype(saved.dtype)
        info = VariableInfo(
            name=self.names.unique(saved.name, place.path),
            key=key,
            dtype=dtype,
            shape=tuple(self.checkpoint.shapes[key]),
            trainable=saved.trainable and object_id not in self.frozen,
            load=self.checkpoint.load(key),
        )
        return Variable(info=info, types=(TensorType("resource", ()),))

    def _constant(self, operation: str) -> Const:
        node = self.constants.get(operation)
        if node is None:
            raise SourceError(
                f"{self.path}: captured constant '{operation}' is missing"
            )
        value = array(node.attr["value"].tensor)
        dtype = self.schemas.dtype(node.attr["dtype"].type)
        return Const(value, types=(TensorType(dtype, value.shape),))

    @cached_property
    def constants(self) -> dict[str, Proto]:
        return {n.name: n for n in self.meta.graph_def.node if n.op == "Const"}

    def builder(self) -> Builder:
        return Builder(self.library, self.leaf)


def asset_path(model: SavedModel, index: int) -> Const:
    """The path of an asset file, which must lie inside the SavedModel's folder."""
    import numpy as np

    assets = model.meta.asset_file_def
    if index >= len(assets):
        raise SourceError(f"{model.path}: asset {index} is missing from the file list")
    name = assets[index].filename
    path = (model.path / "assets" / name).resolve()
    if not path.is_relative_to((model.path / "assets").resolve()):
        raise SourceError(
            f"{model.path}: asset '{name}' lies outside the model's folder"
        )
    value = np.array(str(path).encode(), object)
    return Const(value, types=(TensorType("string", ()),))


def load_saved_model(path: Path, request: Request) -> Source:
    """The signature, or the function of that name, as a Source."""
    model = SavedModel(path)
    name = choose(model, request.signature)
    fingerprint = file_fingerprint(saved_model_files(path))
    what = Identity("saved_model", path.resolve().name, path, name, fingerprint)
    source = _build(model, what, request)
    graph = unnumber_scopes(source.graph, layers_of(source.variables))
    return replace(source, graph=graph, training=saved_training(model, graph))


def _build(model: SavedModel, what: Identity, request: Request) -> Source:
    name = str(what.signature)
    if name in model.signatures:
        return from_signature(model, what, request)
    if request.inputs or request.outputs:
        raise SourceError(
            f"function '{name}' has the inputs and outputs of its Python definition: "
            "leave out --input and --output"
        )
    from tf2torch.transpiler.frontends.saved_function import from_function

    return from_function(model, what, model.functions[name])


def choose(model: SavedModel, signature: str | None) -> str:
    """The signature asked for, or the one that there is no doubt about."""
    signatures, functions = list(model.signatures), list(model.functions)
    if signature is not None:
        if signature in signatures or signature in functions:
            return signature
        raise unknown("signature", signature, [*signatures, *functions])
    if "serving_default" in signatures:
        return "serving_default"
    names = signatures or functions
    if len(names) == 1:
        return names[0]
    listed = ", ".join([*signatures, *functions][:10])
    if not listed:
        raise SourceError(
            f"{model.path} has no signature and no function: save it with "
            "signatures=, or name a @tf.function before saving"
        )
    raise SourceError(
        f"{model.path} has several signatures: choose one with --signature: {listed}"
    )


def from_signature(model: SavedModel, what: Identity, request: Request) -> Source:
    """A signature over the main graph, or the part that ``request`` cuts out of it."""
    signature = model.signatures[str(what.signature)]
    graph = GraphFile.of(model.meta.graph_def, model.library)
    known = ports_of(signature.inputs, model.schemas)
    inputs = _chosen(graph, request.inputs, in_call_order(model, known))
    outputs = _chosen(
        graph, request.outputs, ports_of(signature.outputs, model.schemas)
    )
    inputs = with_feeds(graph, inputs, outputs)
    nodes = inputs_of(inputs)
    return finish(
        what,
        model.builder(),
        body_between(graph, f"signature {what.signature}", inputs, outputs),
        nodes,
        list(zip(nodes, inputs, strict=True)),
        outputs,
    )


def _chosen(
    graph: GraphFile, names: Sequence[str] | None, known: list[Port]
) -> list[Port]:
    """The ports called ``names``, by the signature's name or the tensor's."""
    if not names:
        return known
    by_name = {port.name: port for port in known}
    by_tensor = {port.tensor: port for port in known}
    found = []
    for name in names:
        port = by_name.get(name) or by_tensor.get(name) or by_tensor.get(f"{name}:0")
        found.append(port or graph.port(graph.ref(name)))
    return found


def in_call_order(model: SavedModel, ports: list[Port]) -> list[Port]:
    """The order in which the signature's function takes its arguments."""
    order = {port.tensor.split(":")[0]: port for port in ports}
    for node in model.meta.graph_def.node:
        called = [text.split(":")[0] for text in node.input]
        if node.op in CALL_OPS and set(order) <= set(called):
            return [order[name] for name in called if name in order]
    return ports
