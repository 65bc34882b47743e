"""TF1 models and frozen graphs: a session over a graph, in either precision."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tf2torch.verify.cotangents import cotangent
from tf2torch.verify.original import float64, taps
from tf2torch.verify.original.model import (
    CONTROL_FLOW,
    FLOATS,
    MUTATING,
    RANDOM,
    NoGradient,
    Request,
    Run,
    StateVariable,
    Tensor,
    plain,
)
from tf2torch.verify.original.seeding import seed_graph
from tf2torch.verify.wire import Arrays

REFERENCES = frozenset({"Variable", "VariableV2", "AutoReloadVariable"})
HANDLES = frozenset({"VarHandleOp"})
TABLE_INITIALIZERS = "table_initializer"
TEXT = (".pbtxt", ".prototxt", ".txt")
INIT_OPS = ("saved_model_main_op", "legacy_init_op")


class GraphModel:
    """A MetaGraphDef (``prefix``: its checkpoint) or a frozen GraphDef in a session."""

    def __init__(self, meta: Any, prefix: str | None, request: Request, folder: str):
        import tensorflow as tf

        self._graph = tf.Graph()
        with self._graph.as_default():
            _import(meta)
            self.inputs = tuple(_tensor(self._graph, t) for t in request.inputs)
            self.outputs = tuple(_tensor(self._graph, t) for t in request.outputs)
            reader = tf.train.load_checkpoint(prefix) if prefix else None
            self._targets: dict[str, Any] = {}
            self._assigns: dict[str, Any] = {}
            self._fed: dict[str, np.ndarray] = {}
            self.variables = tuple(self._variables(meta, reader, request.keys))
            self.is_signature = True
            kinds = self.ops
            self.is_random = any(kind.startswith(RANDOM) for kind in kinds)
            self.writes = any(kind.startswith(MUTATING) for kind in kinds)
            self.branches = any(
                op.type in CONTROL_FLOW for op in self._graph.get_operations()
            )
            # Before anything runs: a gradient may change the while loop it belongs to.
            self._loss_inputs, self._gradients = self._differentiate()
            self._session = tf.compat.v1.Session(
                graph=self._graph, config=_as_written()
            )
            self._run_initializers(meta, folder)
            self._initial: Arrays = {}
            if reader is not None:
                for key in self._assigns:
                    self.assign(key, reader.get_tensor(key))

    def run(
        self, inputs: Arrays, seed: int | None, weighed: list[str] | None = None
    ) -> Run:
        for key, value in self._initial.items():
            self.assign(key, value)
        feeds = self._feeds(inputs)
        fetches: dict[str, Any] = {f"out:{t.name}": t.tensor for t in self.outputs}
        outputs = self._session.run(fetches, feeds)
        run = Run(
            {name[4:]: plain(value) for name, value in outputs.items()},
            {t.name: t.dtype for t in self.outputs},
        )
        if seed is None or not self._loss_inputs:
            return run
        if isinstance(self._gradients, Exception):
            raise NoGradient(str(self._gradients))
        for name, placeholder in self._loss_inputs.items():
            shape = run.outputs[name].shape
            counts = weighed is None or name in weighed
            feeds[placeholder] = (
                cotangent(seed, name, shape) if counts else np.zeros(shape)
            )
        for name, value in self._session.run(self._gradients, feeds).items():
            kind, _, key = name.partition(":")
            where = run.gradients if kind == "var" else run.input_gradients
            where[key] = plain(value)
        return run

    def inside(self, inputs: Arrays) -> taps.Inside:
        get = self._graph.get_tensor_by_name
        feeds = self._feeds(inputs)
        outputs = {t.name: get(t.tensor) for t in self.outputs if t.dtype in FLOATS}

        def fetch(tensors: Sequence[Any]) -> list[np.ndarray]:
            return list(self._session.run(list(tensors), feeds)) if tensors else []

        given = [get(t.tensor) for t in self.inputs]
        return taps.Inside(self._graph, fetch, given, outputs)

    def graph_def(self) -> Any:
        return self._graph.as_graph_def()

    def _feeds(self, inputs: Arrays) -> dict[Any, Any]:
        named = {t.tensor: _feed(inputs[t.name], t.dtype) for t in self.inputs}
        return named | self._fed

    def value(self, key: str) -> np.ndarray:
        return self._initial[key] if key in self._initial else self.current(key)

    def current(self, key: str) -> np.ndarray:
        target = self._targets[key]
        if target.name in self._fed:
            return self._fed[target.name]
        if target.dtype.name == "resource":
            import tensorflow as tf

            dtype = target.op.get_attr("dtype")
            with self._graph.as_default():
                target = tf.raw_ops.ReadVariableOp(resource=target, dtype=dtype)
        return plain(self._session.run(target))

    def assign(self, key: str, value: np.ndarray) -> None:
        """A constant of a frozen graph is fed another value from now on."""
        if key not in self._assigns:
            self._fed[self._targets[key].name] = value
            return
        if self.writes:
            self._initial[key] = value
        operation, placeholder = self._assigns[key]
        self._session.run(operation, {placeholder: value})

    def _run_initializers(self, meta: Any, folder: str) -> None:
        """Fill the lookup tables; the vocabulary files are fed from the model's own
        folder, as the SavedModel loader does."""
        import tensorflow as tf

        feeds = {}
        for entry in _assets(meta):
            path = os.path.join(folder, "assets", entry.filename)
            feeds[entry.tensor_info.name] = path
        tables = self._graph.get_collection(TABLE_INITIALIZERS)
        inits = [op for name in INIT_OPS for op in self._graph.get_collection(name)]
        named = meta.signature_def.get("__saved_model_init_op")
        if named is not None:
            name = named.outputs["__saved_model_init_op"].name.split(":")[0]
            inits.append(self._graph.get_operation_by_name(name))
        for operation in (*inits, *tables):
            if isinstance(operation, (tf.Operation, tf.Tensor)):
                self._session.run(operation, feeds)

    def _variables(
        self, meta: Any, reader: Any, keys: tuple[str, ...]
    ) -> Iterable[StateVariable]:
        known = {} if reader is None else reader.get_variable_to_shape_map()
        trainable = _trainable(meta)
        for operation in self._reachable():
            name, output = operation.name, (operation.outputs or [None])[0]
            if operation.type in REFERENCES | HANDLES:
                stored = _stored_name(operation)
                if stored not in known:
                    continue
                self._targets[stored] = output
                self._assigns[stored] = _assignment(output, known[stored])
                dtype = operation.get_attr("dtype").name
                shape = tuple(known[stored])
                flag = trainable.get(name)
                yield StateVariable(stored, name, _narrow(dtype), shape, flag)
            elif operation.type == "Const" and name in keys:
                self._targets[name] = output
                dtype = _narrow(output.dtype.name)
                shape = tuple(output.shape.as_list())
                yield StateVariable(name, name, dtype, shape, None)

    @property
    def ops(self) -> set[str]:
        """Types of all operations that the outputs depend on, in functions too."""
        library = {
            f.signature.name: f for f in self._graph.as_graph_def().library.function
        }
        found: set[str] = set()
        queue = deque(op.node_def for op in self._reachable())
        while queue:
            node = queue.popleft()
            found.add(node.op)
            for attr in node.attr.values():
                for name in (attr.func.name, *(f.name for f in attr.list.func)):
                    if name in library:
                        queue.extend(library.pop(name).node_def)
        return found

    def _reachable(self) -> list[Any]:
        """Operations that the outputs depend on, in the graph's order."""
        fed = {t.tensor for t in self.inputs}
        queue = deque(self._graph.get_tensor_by_name(t.tensor).op for t in self.outputs)
        seen = set(queue)
        while queue:
            operation = queue.popleft()
            tensors = [t for t in operation.inputs if t.name not in fed]
            for operand in (*(t.op for t in tensors), *operation.control_inputs):
                if operand not in seen:
                    seen.add(operand)
                    queue.append(operand)
        return [op for op in self._graph.get_operations() if op in seen]

    def _differentiate(self) -> tuple[dict[str, Any], Any]:
        """Placeholders of the cotangents, and the gradients (or why there are none)."""
        import tensorflow as tf

        get = self._graph.get_tensor_by_name
        outputs = {t.name: get(t.tensor) for t in self.outputs if t.dtype in FLOATS}
        sources = {
            f"in:{t.name}": get(t.tensor) for t in self.inputs if t.dtype in FLOATS
        }
        for variable in self.variables:
            if variable.dtype in FLOATS:
                sources[f"var:{variable.key}"] = self._targets[variable.key]
        if not outputs or not sources:
            return {}, {}
        weights = {
            name: tf.compat.v1.placeholder(v.dtype) for name, v in outputs.items()
        }
        try:
            with _control_flow_of(self._graph):
                found = tf.gradients(
                    list(outputs.values()),
                    list(sources.values()),
                    list(weights.values()),
                )
        except (LookupError, ValueError, TypeError, NotImplementedError) as error:
            return weights, error
        pairs = zip(sources, found, strict=True)
        dense = {k: tf.convert_to_tensor(g) for k, g in pairs if g is not None}
        return weights, dense


@contextmanager
def _control_flow_of(graph: Any) -> Iterator[None]:
    """The gradients of TF1's loops and tensor arrays are built as TF1 built them."""
    import tensorflow as tf

    old = any(op.type in ("Enter", "TensorArrayV3") for op in graph.get_operations())
    if not old or not tf.compat.v1.control_flow_v2_enabled():
        yield
        return
    tf.compat.v1.disable_control_flow_v2()
    try:
        yield
    finally:
        tf.compat.v1.enable_control_flow_v2()


def _as_written() -> Any:
    """Without the remapper: it turns a FusedBatchNorm of constants into an Add of one
    output, also where another output of it is fetched, and the run then fails."""
    import tensorflow as tf
    from tensorflow.core.protobuf import rewriter_config_pb2

    config = tf.compat.v1.ConfigProto()
    options = config.graph_options.rewrite_options
    options.remapping = rewriter_config_pb2.RewriterConfig.OFF
    return config


def _import(meta: Any) -> None:
    """Old files hold shapes that newer versions refuse: shapes are inferred anew."""
    import tensorflow as tf

    for node in meta.graph_def.node:
        node.device = ""
        node.attr.pop("_output_shapes", None)
        if "_class" in node.attr:
            del node.attr["_class"]
    tf.compat.v1.train.import_meta_graph(meta, clear_devices=True)


def _assignment(target: Any, shape: list[int]) -> tuple[Any, Any]:
    """An operation that sets a variable, and the placeholder of its value."""
    import tensorflow as tf

    is_handle = target.dtype.name == "resource"
    dtype = target.op.get_attr("dtype") if is_handle else target.dtype.base_dtype
    placeholder = tf.compat.v1.placeholder(dtype, shape)
    if is_handle:
        made = tf.raw_ops.AssignVariableOp(resource=target, value=placeholder)
    else:
        made = tf.raw_ops.Assign(ref=target, value=placeholder, validate_shape=False)
    return made, placeholder


def _assets(meta: Any) -> list[Any]:
    from tensorflow.core.protobuf import meta_graph_pb2

    found = list(meta.asset_file_def)
    if "saved_model_assets" in meta.collection_def and not found:
        for packed in meta.collection_def["saved_model_assets"].any_list.value:
            entry = meta_graph_pb2.AssetFileDef()
            packed.Unpack(entry)
            found.append(entry)
    return found


def _trainable(meta: Any) -> dict[str, bool]:
    """Variable's node name → trainable, where the collections say so."""
    from tensorflow.core.framework import variable_pb2

    flags: dict[str, bool] = {}
    for collection in ("variables", "trainable_variables"):
        for data in meta.collection_def[collection].bytes_list.value:
            entry = variable_pb2.VariableDef.FromString(data)
            name = entry.variable_name.split(":")[0]
            flags[name] = collection == "trainable_variables"
    return flags


def _stored_name(operation: Any) -> str:
    if operation.type in HANDLES:
        shared = operation.get_attr("shared_name").decode()
        return shared or str(operation.name)
    return str(operation.name)


def _narrow(dtype: str) -> str:
    return dtype.removesuffix("_ref")


def _tensor(graph: Any, claimed: Tensor) -> Tensor:
    name = claimed.tensor if ":" in claimed.tensor else f"{claimed.tensor}:0"
    tensor = graph.get_tensor_by_name(name)
    shape = None
    if tensor.shape.rank is not None:
        shape = tuple(-1 if s is None else s for s in tensor.shape.as_list())
    return Tensor(claimed.name, name, _narrow(tensor.dtype.name), shape)


def _feed(value: np.ndarray, dtype: str) -> np.ndarray:
    import tensorflow as tf

    if dtype == "string":
        return value.astype(object)
    return value.astype(tf.as_dtype(dtype).as_numpy_dtype)


def read_meta(path: str) -> tuple[Any, str | None, str]:
    """The meta graph of a TF1 SavedModel, of a ``.meta`` file or around a frozen
    graph; its checkpoint's prefix; and the folder of its assets."""
    from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

    meta = meta_graph_pb2.MetaGraphDef()
    folder = Path(path)
    if folder.is_dir():
        model = saved_model_pb2.SavedModel()
        binary = folder / "saved_model.pb"
        _read(model, binary if binary.exists() else folder / "saved_model.pbtxt")
        serving = [m for m in model.meta_graphs if "serve" in m.meta_info_def.tags]
        meta = (serving or list(model.meta_graphs))[0]
        prefix = folder / "variables" / "variables"
        stored = prefix.with_name("variables.index").exists()
        return meta, str(prefix) if stored else None, path
    prefix_text = path.removesuffix(".meta")
    if not Path(prefix_text + ".meta").is_file():
        _read(meta.graph_def, folder)
        return meta, None, str(folder.parent)
    meta.ParseFromString(Path(prefix_text + ".meta").read_bytes())
    return meta, prefix_text, str(folder.parent)


def _read(proto: Any, path: Path) -> None:
    """A proto, binary or text."""
    from google.protobuf import text_format

    data = path.read_bytes()
    if path.suffix in TEXT:
        text_format.Parse(data, proto)
    else:
        proto.ParseFromString(data)


def open_graph(request: Request, wide: bool) -> tuple[GraphModel, list[str]]:
    meta, prefix, folder = read_meta(request.path)
    seed_graph(meta.graph_def)
    kept: set[str] = set()
    if wide:
        kept = float64.widen_graph(meta.graph_def, request.keys)
    model = GraphModel(meta, prefix, request, folder)
    return model, sorted(kept & model.ops)
