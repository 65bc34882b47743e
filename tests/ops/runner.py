"""Runs a case: TensorFlow's function against its port, by value and by gradient.

The port goes the whole way: traced function, passes, emitted source, imported module.
"""

from __future__ import annotations

import tempfile
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import torch

from tests.ops.cases import Given, OpCase, Operand, numpy_dtype

SECOND_BATCH = 3
# Relative to the scale of the result: TF and torch sum in different orders.
TOLERANCE = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 3e-6, "float64": 1e-11}
TOLERANCE |= {"complex64": 3e-6, "complex128": 1e-11}
GRADIENT_FACTOR = 3.0


class Port:
    """The imported module of a traced function, or of what else can be loaded."""

    def __init__(self, model: Any, **options: Any) -> None:
        from tf2torch.transpiler import frontends
        from tf2torch.transpiler.pipeline import compile_source

        compiled = compile_source(frontends.load(model, **options))
        self.text = compiled.text
        self.hints = compiled.hints
        self.entries = compiled.entries
        module = types.ModuleType("model")
        with tempfile.TemporaryDirectory() as folder:
            module.__file__ = f"{folder}/model.py"
            for name, content in compiled.files():
                (Path(folder) / name).parent.mkdir(exist_ok=True)
                (Path(folder) / name).write_bytes(content)
            exec(compile(self.text, "model.py", "exec"), module.__dict__)
            self.module = getattr(module, compiled.class_name)()
        state = {k: to_torch(v, v.dtype.name) for k, v in compiled.state.items()}
        self.module.load_state_dict(state, strict=True)
        self.module.eval()

    def __call__(self, *operands: Any) -> list[Any]:
        return _leaves(self.module(*operands))


def _leaves(result: Any) -> list[Any]:
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in _leaves(item)]
    return [result]


def check(case: OpCase, dynamic: bool) -> None:
    """Convert and compare; with ``dynamic`` sizes also for a second batch."""
    specs = [_spec(case, i, dynamic) for i in range(len(case.operands))]
    concrete = traced(case.function, specs)
    port = Port(concrete)
    reasons = " ".join(h.message for h in port.hints)
    if case.declines:
        assert case.declines in reasons, f"not declined: {port.text}"
        return
    assert not port.hints, reasons
    assert case.source in port.text, port.text
    batches = [None, SECOND_BATCH] if dynamic and case.batch else [None]
    for seed, batch in enumerate(batches):
        arrays = [
            o.value(100 * seed + i, batch if i in case.batch else None)
            for i, o in enumerate(case.operands)
        ]
        try:
            compare(case, concrete, port, arrays)
        except Exception as error:
            error.add_note(f"batch {batch}\n{port.text}")
            raise


def traced(function: Callable[..., Any], specs: Sequence[tf.TensorSpec]) -> Any:
    """The graph; with AutoGraph, which takes most of the time, only if need be."""
    try:
        return tf.function(function, autograph=False).get_concrete_function(*specs)
    except TypeError:  # Python's control flow over tensors
        return tf.function(function).get_concrete_function(*specs)


def _spec(case: OpCase, index: int, dynamic: bool) -> tf.TensorSpec:
    operand: Operand | Given = case.operands[index]
    shape: list[int | None] = list(operand.shape)
    if dynamic and case.anyshape:
        shape = [None] * len(shape)
    elif dynamic and index in case.batch:
        shape[0] = None
    return tf.TensorSpec(shape, operand.dtype, name=f"x{index}")


def compare(
    case: OpCase, concrete: Any, port: Port, arrays: Sequence[np.ndarray]
) -> None:
    """Values, dtypes and shapes of every output, then the gradients."""
    dtypes = [o.dtype for o in case.operands]
    theirs = [tf.constant(a, d) for a, d in zip(arrays, dtypes, strict=True)]
    ours = [to_torch(a, d) for a, d in zip(arrays, dtypes, strict=True)]
    sources = [i for i, t in enumerate(theirs) if case.grad and differentiable(t)]
    tape, want = _recorded(concrete, theirs, sources)
    chosen = _with_gradient(case, want) if sources and tape is not None else []
    for i in sources if chosen else ():
        ours[i].requires_grad_()
    got = port(*ours)
    assert len(got) == len(want), f"{len(got)} outputs, TensorFlow has {len(want)}"
    for index, (a, b) in enumerate(zip(got, want, strict=True)):
        check_output(case, f"output {index}", a, b)
    if not chosen:
        return
    assert tape is not None
    cotangents = [_cotangent(i, want[i]) for i in chosen]
    tf_sources = [theirs[i] for i in sources]
    expected = _tf_gradients(tape, [want[i] for i in chosen], tf_sources, cotangents)
    torch_sources = [ours[i] for i in sources]
    actual = _torch_gradients([got[i] for i in chosen], torch_sources, cotangents)
    for index, a, b in zip(sources, actual, expected, strict=True):
        check_output(case, f"gradient of operand {index}", a, b, GRADIENT_FACTOR)


def differentiable(tensor: Any) -> bool:
    return bool(tensor.dtype.is_floating or tensor.dtype.is_complex)


def _with_gradient(case: OpCase, want: Sequence[Any]) -> list[int]:
    if case.grad is False:
        return []
    among = range(len(want)) if case.grad is True else case.grad
    return [i for i in among if differentiable(want[i])]


def _cotangent(index: int, tensor: Any) -> np.ndarray:
    random = np.random.default_rng(7 + index)
    values = random.standard_normal(tensor.shape)
    if tensor.dtype.is_complex:
        values = values + 1j * random.standard_normal(tensor.shape)
    return np.asarray(values).astype(numpy_dtype(tensor.dtype.name))


def _recorded(
    concrete: Any, operands: list[Any], sources: list[int]
) -> tuple[Any | None, list[Any]]:
    """A tape and the outputs; no tape where TensorFlow registers no gradient."""
    try:
        with tf.GradientTape() as tape:
            tape.watch([operands[i] for i in sources])
            return tape, tf.nest.flatten(concrete(*operands))
    except LookupError:
        return None, tf.nest.flatten(concrete(*operands))


def _tf_gradients(
    tape: Any, outputs: list[Any], sources: list[Any], cotangents: list[np.ndarray]
) -> list[Any]:
    """Zeros where no gradient flows."""
    given = [tf.constant(c, t.dtype) for c, t in zip(cotangents, outputs, strict=True)]
    found = tape.gradient(outputs, sources, output_gradients=given)
    return [
        tf.zeros_like(s) if g is None else tf.convert_to_tensor(g)
        for g, s in zip(found, sources, strict=True)
    ]


def _torch_gradients(
    outputs: list[Any], sources: list[Any], cotangents: list[np.ndarray]
) -> list[Any]:
    pairs = [
        (output, to_torch(c, c.dtype.name))
        for output, c in zip(outputs, cotangents, strict=True)
        if output.requires_grad
    ]
    found: Sequence[Any] = [None] * len(sources)
    if pairs:
        ours, given = zip(*pairs, strict=True)
        found = torch.autograd.grad(ours, sources, given, allow_unused=True)
    return [
        torch.zeros_like(s) if g is None else g
        for g, s in zip(found, sources, strict=True)
    ]


def check_output(
    case: OpCase, what: str, got: Any, want: Any, factor: float = 1.0
) -> None:
    """Same dtype, same shape, same values; floats relative to their scale."""
    if want.dtype == tf.string:
        theirs = np.asarray(want.numpy(), object)  # else numpy drops trailing NULs
        np.testing.assert_array_equal(np.asarray(got, object), theirs, what)
        return
    dtype = str(got.dtype).removeprefix("torch.")
    assert dtype == want.dtype.name, f"{what}: {dtype}, TensorFlow {want.dtype.name}"
    assert tuple(got.shape) == tuple(want.shape), (
        f"{what}: {tuple(got.shape)}, TensorFlow {tuple(want.shape)}"
    )
    ours, theirs = to_numpy(got), want.numpy()
    if dtype not in TOLERANCE:
        np.testing.assert_array_equal(ours, theirs, what)
        return
    wide = np.complex128 if theirs.dtype.kind == "c" else np.float64
    ours, theirs = ours.astype(wide), theirs.astype(wide)
    finite = np.abs(theirs[np.isfinite(theirs)])
    tolerance = (TOLERANCE[dtype] if case.atol is None else case.atol) * factor
    scale = max(1.0, float(finite.max(initial=0.0)))
    np.testing.assert_allclose(
        ours, theirs, rtol=tolerance, atol=tolerance * scale, err_msg=what
    )
    if case.signed and factor == 1.0:
        zero = theirs == 0
        np.testing.assert_array_equal(
            np.signbit(ours[zero]), np.signbit(theirs[zero]), f"{what}: sign of zero"
        )


def to_torch(array: np.ndarray, dtype: str) -> Any:
    """A tensor that owns its memory; strings stay numpy arrays."""
    if dtype in ("string", "object"):
        return array
    if dtype == "bfloat16":
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(np.array(array))


def to_numpy(tensor: Any) -> np.ndarray:
    tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor.dtype == torch.bfloat16:
        return (
            tensor.contiguous().view(torch.int16).numpy().view(numpy_dtype("bfloat16"))
        )
    return tensor.numpy()
