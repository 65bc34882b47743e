"""A TF2 SavedModel, loaded by ``tf.saved_model.load`` and run eagerly."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import deque
from collections.abc import Iterable
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
from tf2torch.verify.wire import Arrays

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


class LoadedModel:
    """One function of a SavedModel in one precision."""

    def __init__(self, request: Request):
        import tensorflow as tf

        self.root = tf.saved_model.load(request.path)
        self._function = _resolve(self.root, request.signature)
        self.by_key = checkpoint_keys(request.path, self.root)
        self.inputs = _inputs(self._function, request.inputs)
        self.outputs = _outputs(self._function, request.outputs)
        self.variables = tuple(self._used(request.exported))
        self.is_signature = request.signature in self.root.signatures
        self.is_random = self._draws()
        self.branches = any(n.op in CONTROL_FLOW for n in self._nodes())
        self._initial = self._snapshot()
        self.writes = bool(self._initial)

    @property
    def ops(self) -> set[str]:
        """The types of op that it consists of."""
        return {node.op for node in self._nodes()}

    def run(
        self, inputs: Arrays, seed: int | None, weighed: list[str] | None = None
    ) -> Run:
        import tensorflow as tf

        for key, value in self._initial.items():
            # An integer may be the state of a generator, which is to go on.
            if not self.is_random or value.dtype.kind == "f":
                self.by_key[key].assign(value)
        tensors = {t.name: _tensor(inputs[t.name], t.dtype) for t in self.inputs}
        watched = [t.name for t in self.inputs if t.dtype in FLOATS]
        if seed is None:
            return _run(self._call(tensors))
        with tf.GradientTape() as tape:
            tape.watch([tensors[name] for name in watched])
            outputs = self._call(tensors)
            loss = _loss(outputs, seed, weighed)
        targets = {f"var:{key}": self.by_key[key] for key in self._floats()}
        targets |= {f"in:{name}": tensors[name] for name in watched}
        run = _run(outputs)
        if loss is None:
            return run
        try:
            found = tape.gradient(loss, targets)
        except LookupError as error:
            raise NoGradient(str(error)) from None
        _fill(run, found)
        return run

    def inside(self, inputs: Arrays) -> taps.Inside:
        function = self._function
        given, made = _given(function, self.inputs), _made(function, self.outputs)
        return taps.of_function(function, inputs, given, made)

    def value(self, key: str) -> np.ndarray:
        if key in self._initial:
            return self._initial[key]
        return plain(self.by_key[key].numpy())

    def current(self, key: str) -> np.ndarray:
        """What the last run has left in the variable."""
        return plain(self.by_key[key].numpy())

    def assign(self, key: str, value: np.ndarray) -> None:
        variable = self.by_key[key]
        variable.assign(value.astype(variable.dtype.as_numpy_dtype))
        if key in self._initial:
            self._initial[key] = value

    def _call(self, tensors: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        _, named = self._function.structured_input_signature
        if set(named) == set(tensors):
            result = self._function(**tensors)
        else:
            result = self._function(*tensors.values())
        if isinstance(result, dict) and set(result) == {t.name for t in self.outputs}:
            return {t.name: result[t.name] for t in self.outputs}
        flat = tf.nest.flatten(result, expand_composites=True)
        return {t.name: v for t, v in zip(self.outputs, flat, strict=True)}

    def _used(self, exported: bool) -> Iterable[StateVariable]:
        """A layer of Keras may be frozen without its variables knowing it."""
        captured = {id(v) for v in self._function.variables}
        listed = {id(v) for v in self.root.trainable_} if exported else set()
        frozen = {id(v) for v in getattr(self.root, "non_trainable_variables", ())}
        for key, variable in self.by_key.items():
            if id(variable) in captured:
                yield StateVariable(
                    key,
                    variable.name.removesuffix(":0"),
                    variable.dtype.name,
                    tuple(variable.shape.as_list()),
                    id(variable) in listed
                    if exported
                    else bool(variable.trainable) and id(variable) not in frozen,
                )

    def _floats(self) -> list[str]:
        return [v.key for v in self.variables if v.dtype in FLOATS]

    def _draws(self) -> bool:
        """By stateful ops, or by stateless ones whose seed the function moves on."""
        ops = {n.op for n in self._nodes()}
        moved = any(op.startswith(MUTATING) for op in ops)
        seeded = any(op.startswith("StatelessRandom") for op in ops)
        return any(op.startswith(RANDOM) for op in ops) or (moved and seeded)

    def _nodes(self) -> list[Any]:
        """Of the function and of all that it calls."""
        graph = self.graph_def()
        inner = [n for f in graph.library.function for n in f.node_def]
        return [*graph.node, *inner]

    def graph_def(self) -> Any:
        return self._function.graph.as_graph_def()

    def _snapshot(self) -> Arrays:
        """The variables' values, where the function may change some of them."""
        if not any(n.op.startswith(MUTATING) for n in self._nodes()):
            return {}
        return {v.key: plain(self.by_key[v.key].numpy()) for v in self.variables}


def _resolve(root: Any, signature: str | None) -> Any:
    """The signature, or any function of the model by its attribute path; ``#1`` is
    the second of its traces."""
    if signature in root.signatures:
        return root.signatures[signature]
    found = root
    path, _, trace = (signature or "__call__").partition("#")
    for part in path.split("."):
        found = getattr(found, part)
    concrete = getattr(found, "concrete_functions", None)
    return concrete[int(trace or 0)] if concrete else found


def _inputs(function: Any, claimed: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    import tensorflow as tf

    positional, named = function.structured_input_signature
    if named and not tf.nest.flatten(positional):
        return tuple(_described(name, spec) for name, spec in named.items())
    specs = tf.nest.flatten((positional, named), expand_composites=True)
    specs = [spec for spec in specs if isinstance(spec, tf.TensorSpec)]
    names = [tensor.name for tensor in claimed]
    if len(names) != len(specs):
        names = [spec.name or f"input_{i}" for i, spec in enumerate(specs)]
    return tuple(_described(n, spec) for n, spec in zip(names, specs, strict=True))


def _given(function: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """In the order of the function's arguments, which a signature's names have not."""
    named = {tensor.name: tensor for tensor in inputs}
    keywords = getattr(function, "_arg_keywords", None) or ()
    return tuple(named[k] for k in keywords) if {*keywords} == {*named} else inputs


def _made(function: Any, outputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """In the order of the function's results: a dict's are those of its sorted keys."""
    structured = function.structured_outputs
    named = {tensor.name: tensor for tensor in outputs}
    if isinstance(structured, dict) and {*structured} == {*named}:
        return tuple(named[name] for name in sorted(named))
    return outputs


def _outputs(function: Any, claimed: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    import tensorflow as tf

    structured = function.structured_outputs
    specs = tf.nest.flatten(structured, expand_composites=True)
    if isinstance(structured, dict) and len(structured) == len(specs):
        return tuple(_described(name, spec) for name, spec in structured.items())
    names = [tensor.name for tensor in claimed]
    if len(names) != len(specs):
        names = [f"output_{i}" for i in range(len(specs))]
    return tuple(_described(n, spec) for n, spec in zip(names, specs, strict=True))


def _described(name: str, spec: Any) -> Tensor:
    shape = None
    if spec.shape.rank is not None:
        shape = tuple(-1 if size is None else size for size in spec.shape.as_list())
    return Tensor(name, "", spec.dtype.name, shape)


def _tensor(value: np.ndarray, dtype: str) -> Any:
    import tensorflow as tf

    if dtype == "string":
        return tf.constant(value.astype(object), tf.string)
    return tf.cast(tf.constant(value), dtype)


def _loss(outputs: dict[str, Any], seed: int, weighed: list[str] | None) -> Any:
    """In the widest float among the outputs, or None when there is no float one."""
    import tensorflow as tf

    floats = {
        name: v
        for name, v in outputs.items()
        if v.dtype.name in FLOATS and (weighed is None or name in weighed)
    }
    if not floats:
        return None
    wide = tf.float64 if any(v.dtype == tf.float64 for v in floats.values()) else None
    total = []
    for name, value in floats.items():
        weights = cotangent(seed, name, tuple(value.shape.as_list()))
        product = value * tf.cast(weights, value.dtype)
        total.append(tf.reduce_sum(tf.cast(product, wide or tf.float32)))
    return tf.add_n(total)


def _run(outputs: dict[str, Any]) -> Run:
    return Run(
        {name: plain(value.numpy()) for name, value in outputs.items()},
        {name: value.dtype.name for name, value in outputs.items()},
    )


def _fill(run: Run, found: dict[str, Any]) -> None:
    import tensorflow as tf

    for name, gradient in found.items():
        if gradient is None:
            continue
        kind, _, key = name.partition(":")
        where = run.gradients if kind == "var" else run.input_gradients
        where[key] = plain(tf.convert_to_tensor(gradient).numpy())


def checkpoint_keys(path: str, root: Any) -> dict[str, Any]:
    """Checkpoint key → live variable: the checkpoint's object graph and the loaded
    objects are walked in step, by the names of their children."""
    import tensorflow as tf
    from tensorflow.core.protobuf import trackable_object_graph_pb2

    prefix = os.path.join(path, "variables", "variables")
    if not os.path.exists(prefix + ".index"):
        return {}
    reader = tf.train.load_checkpoint(prefix)
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    graph.ParseFromString(reader.get_tensor(OBJECT_GRAPH))
    found: dict[str, Any] = {}
    seen = {0}
    queue = deque([(root, 0)])
    while queue:
        thing, index = queue.popleft()
        node = graph.nodes[index]
        for attribute in node.attributes:
            if isinstance(thing, tf.Variable):
                found[attribute.checkpoint_key] = thing
        children = tf.train.TrackableView.children(thing)
        for child in node.children:
            if child.local_name in children and child.node_id not in seen:
                seen.add(child.node_id)
                queue.append((children[child.local_name], child.node_id))
    return found


def widen(path: str) -> tuple[str, list[str]]:
    """A copy of the SavedModel in double precision, and the ops left in float32."""
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString(Path(path, "saved_model.pb").read_bytes())
    kept: set[str] = set()
    for meta in model.meta_graphs:
        kept |= float64.widen_graph(meta.graph_def)
        for signature in meta.signature_def.values():
            float64.widen_dtypes(signature)
        float64.widen_dtypes(meta.object_graph_def)
    target = tempfile.mkdtemp(prefix="float64-")
    Path(target, "saved_model.pb").write_bytes(model.SerializeToString())
    if os.path.isdir(os.path.join(path, "assets")):
        shutil.copytree(os.path.join(path, "assets"), os.path.join(target, "assets"))
    _widen_checkpoint(os.path.join(path, "variables", "variables"), target)
    return target, sorted(kept)


def _widen_checkpoint(prefix: str, target: str) -> None:
    import tensorflow as tf

    if not os.path.exists(prefix + ".index"):
        return
    reader = tf.train.load_checkpoint(prefix)
    names = sorted(reader.get_variable_to_shape_map())
    values = [reader.get_tensor(name) for name in names]
    wide = [_wide(value) for value in values]
    os.makedirs(os.path.join(target, "variables"))
    tf.raw_ops.SaveV2(
        prefix=os.path.join(target, "variables", "variables"),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(v) for v in wide],
    )


def _wide(value: Any) -> Any:
    kinds = {"float32": "float64", "complex64": "complex128"}
    dtype = str(getattr(value, "dtype", ""))
    return value.astype(kinds[dtype]) if dtype in kinds else value
