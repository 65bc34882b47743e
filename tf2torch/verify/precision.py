"""The port in float64, beside TensorFlow in float64: where rounding explains nothing.

In float32 a rounding can move a value across a corner of relu6 or a step of round, and
a gradient of a deep model then differs by more than any tolerance worth having, in
TensorFlow's own float32 run as in the port's. In float64 on both sides it does not.

A port that casts to float32 inside is not float64 throughout, nor is an original with
ops that have no such form: there a difference in float64 proves nothing, only an
agreement does.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

import numpy as np

from tf2torch.verify.provenance import Port

# Agreement that only the same function gives. What is left are constants that
# TensorFlow rounds to float32 and the port's source does not.
PROOF = 2e-6

# A difference that such constants do not explain either, where one rounding moves
# nothing much. TensorFlow's own float32 error tells how far many of them do.
CEILING = 1e-5
LAST_CEILING = 1e-4

NARROW_DTYPES = frozenset({"float32", "float16", "bfloat16", "float", "half"})


@dataclass(frozen=True)
class Exact:
    """``error`` is relative to the truth's scale (outputs) or norm (gradients).
    ``binding``: a difference means that the port is wrong. ``own``: TensorFlow's
    float32 error."""

    error: float
    binding: bool
    own: float

    @property
    def proves(self) -> bool:
        return self.error <= PROOF

    @property
    def refutes(self) -> bool:
        return self.binding and self.error > self.ceiling

    @property
    def ceiling(self) -> float:
        return max(CEILING, min(self.own, LAST_CEILING))


def casts(port: Port) -> bool:
    """Whether model.py names a narrower dtype (``torch.float32``, ``x.float()``)."""
    attributes = (
        n for n in ast.walk(ast.parse(port.code)) if isinstance(n, ast.Attribute)
    )
    return any(node.attr in NARROW_DTYPES for node in attributes)


def exact_output(port: np.ndarray, truth: np.ndarray) -> float | None:
    """The largest error over the scale; None where there is nothing to compare."""
    if port.shape != truth.shape or port.dtype.kind not in "fc":
        return None
    finite = np.isfinite(port) & np.isfinite(truth)
    if not finite.any():
        return None
    scale = float(np.abs(truth[finite]).max()) or 1.0
    return float(np.abs(port[finite] - truth[finite]).max()) / scale


def exact_gradient(port: np.ndarray, truth: np.ndarray, largest: float) -> float | None:
    """The norm of the difference over the truth's norm; of a gradient that vanishes
    beside the model's ``largest`` one, over that."""
    if port.shape != truth.shape or not np.isfinite(truth).all():
        return None
    if not np.isfinite(port).all():
        return float("inf")
    norm = float(np.linalg.norm(truth.ravel()))
    scale = max(norm, PROOF * PROOF * largest) or 1.0
    return float(np.linalg.norm((port - truth).ravel())) / scale
