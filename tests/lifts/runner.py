"""Runs a TensorFlow function and its port, and compares values and all gradients.

The port goes the whole way, like the model of a user: passes, emission, import.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
import torch

from tf2torch.ir.nodes import Param
from tf2torch.transpiler import frontends
from tf2torch.transpiler.emit.weights import apply
from tf2torch.transpiler.pipeline import Compiled, compile_source

# Relative to the largest element: both sum in their own order, in float32.
VALUES, GRADIENTS = 2e-6, 2e-5
SECOND_BATCH = 3


@dataclass
class Ported:
    """A traced function beside its port, ready to run."""

    concrete: Any
    compiled: Compiled
    module: Any

    @property
    def text(self) -> str:
        """The classes of model.py, without its header."""
        return self.compiled.text[self.compiled.text.index("\nclass ") :]


def port(function: Callable[..., Any], *specs: tf.TensorSpec) -> Ported:
    concrete = tf.function(function).get_concrete_function(*specs)
    compiled = compile_source(frontends.load(concrete))
    assert not compiled.hints, [h.message for h in compiled.hints]
    space = types.ModuleType("model")
    exec(compile(compiled.text, "model.py", "exec"), space.__dict__)
    module = getattr(space, compiled.class_name)()
    state = {k: torch.from_numpy(np.array(v)) for k, v in compiled.state.items()}
    module.load_state_dict(state, strict=True)
    module.eval()
    return Ported(concrete, compiled, module)


def check(
    function: Callable[..., Any],
    *operands: np.ndarray,
    has: Sequence[str] = (),
    lacks: Sequence[str] = (),
    sizes: Sequence[int] = (0,),
    grad: bool = True,
) -> Ported:
    """The port of ``function`` says what ``has`` lists and computes the same.

    ``sizes``: axes of the operands whose size stays unknown. The batch is also tried
    with another number of rows.
    """
    specs = [_spec(i, o, sizes) for i, o in enumerate(operands)]
    ported = port(function, *specs)
    for part in has:
        assert part in ported.text, f"no {part} in\n{ported.text}"
    for part in lacks:
        assert part not in ported.text, f"{part} in\n{ported.text}"
    for rows in (None, SECOND_BATCH) if 0 in sizes else (None,):
        try:
            compare(ported, [_rows(o, rows) for o in operands], grad)
        except AssertionError as error:
            error.add_note(ported.text)
            raise
    return ported


def _spec(index: int, operand: np.ndarray, sizes: Sequence[int]) -> tf.TensorSpec:
    shape = [None if i in sizes else s for i, s in enumerate(operand.shape)]
    return tf.TensorSpec(shape, operand.dtype, name=f"x{index}")


def _rows(operand: np.ndarray, rows: int | None) -> np.ndarray:
    """The operand; with ``rows``, that many of its rows, from the second one on."""
    if rows is None:
        return operand
    return operand[(np.arange(rows) + 1) % len(operand)]


def compare(ported: Ported, operands: Sequence[np.ndarray], grad: bool) -> None:
    """Outputs, then gradients of every float operand and every trainable variable."""
    theirs = [tf.constant(o) for o in operands]
    ours = [torch.from_numpy(o.copy()) for o in operands]
    watched = [i for i, t in enumerate(theirs) if t.dtype.is_floating and grad]
    variables = list(ported.concrete.variables)
    with tf.GradientTape() as tape:
        tape.watch([theirs[i] for i in watched])
        want = tf.nest.flatten(ported.concrete(*theirs))
    for i in watched:
        ours[i].requires_grad_()
    got = _leaves(ported.module(*ours))
    assert len(got) == len(want)
    for number, (a, b) in enumerate(zip(got, want, strict=True)):
        close(f"output {number}", a.detach().numpy(), b.numpy(), VALUES)
    if not grad:
        return
    seeds = [_cotangent(i, w) for i, w in enumerate(want)]
    sources = [*(theirs[i] for i in watched), *variables]
    expected = tape.gradient(want, sources, output_gradients=seeds)
    state = _trained(ported)
    actual = torch.autograd.grad(
        got,
        [*(ours[i] for i in watched), *(p for p, _ in state)],
        [torch.from_numpy(s.numpy()) for s in seeds],
        allow_unused=True,
    )
    # What is zero but for rounding is compared on the scale of the others.
    floor = 0.1 * max(
        (
            float(np.abs(tf.convert_to_tensor(g)).max())
            for g in expected
            if g is not None
        ),
        default=0.0,
    )
    for i, index in enumerate(watched):
        same_gradient(f"operand {index}", actual[i], expected[i], floor)
    for (_, source), found in zip(state, actual[len(watched) :], strict=True):
        wanted = expected[len(watched) + int(source.variable.key)]
        if wanted is not None:
            wanted = apply(source.transforms, tf.convert_to_tensor(wanted).numpy())
        same_gradient(source.variable.name, found, wanted, floor)


def _trained(ported: Ported) -> list[tuple[Any, Param]]:
    """Parameters of the port, each with the variable that it comes from."""
    named = dict(ported.module.named_parameters())
    found = []
    for entry in ported.compiled.entries:
        if isinstance(entry.source, Param) and entry.source.variable.trainable:
            assert entry.key in named, f"{entry.key} is not trained"
            found.append((named[entry.key], entry.source))
    return found


def same_gradient(name: str, found: Any, wanted: Any, floor: float) -> None:
    if wanted is None:
        assert found is None or not found.abs().max(), f"{name} has a gradient"
        return
    theirs = tf.convert_to_tensor(wanted).numpy()
    assert found is not None, f"{name} has no gradient"
    close(f"gradient of {name}", found.numpy(), theirs, GRADIENTS, floor)


def close(
    what: str,
    ours: np.ndarray,
    theirs: np.ndarray,
    tolerance: float,
    floor: float = 1e-3,
) -> None:
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, what
    scale = float(np.abs(theirs[np.isfinite(theirs)]).max(initial=floor))
    np.testing.assert_allclose(ours, theirs, tolerance, tolerance * scale, err_msg=what)


def _cotangent(index: int, like: Any) -> Any:
    values = np.random.default_rng(1000 + index).standard_normal(like.shape)
    return tf.constant(values, like.dtype)


def _leaves(result: Any) -> list[Any]:
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in _leaves(item)]
    return [result]


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    """Values of float32."""
    values = np.random.default_rng(seed).standard_normal(shape) * scale
    return values.astype("float32")


def enliven(layer: Any) -> Any:
    """``layer`` with random weights, statistics positive: nothing is neutral."""
    for i, weight in enumerate(layer.weights):
        values = normal(*weight.shape, seed=100 + i, scale=0.5)
        if "variance" in weight.name:
            values = np.abs(values) + 0.5
        weight.assign(values)
    return layer
