"""The port in float64, beside TensorFlow in float64: where rounding explains nothing.

In float32 a rounding can move a value across a corner of relu6 or a step of round, and
a gradient of a deep model then differs by more than any tolerance worth having, in
TensorFlow's own float32 run as in the port's. In float64 on both sides it does not.

Where a port names float32, its float64 run has float64. A port that narrows in another
way is not float64 throughout, nor is an original with ops that have no such form: there
a difference in float64 proves nothing, only an agreement does.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

import numpy as np

from tf2torch.verify import tolerance
from tf2torch.verify.norms import norm

# Agreement that only the same function gives. What is left are constants that
# TensorFlow rounds to float32 and the port's source does not, or the other way round:
# each is off by 6e-8 at most, and few of them act on one number. Over the golden models
# agreement is 1e-12 where there are none, and 1e-7 at worst (GPT-2, Basic Pitch).
PROOF = 5e-7

# A difference that such constants do not explain either: ten times the worst of an
# honest port. Where one rounding moves much, TensorFlow's own float32 error tells how
# far many do, and up to that constants may be the reason.
CEILING = 1e-6
LAST_CEILING = 1e-5

# Of one element, beside its own size: an output's scale and a gradient's norm are those
# of its largest elements, and a small one that is wrong altogether is lost in them.
ELEMENT = 1e-3

# What float64 itself, and rounded constants, leave of an element that cancels: this
# part of the array's largest.
VANISHED = 1e-9

# What float64 leaves of a gradient that cancels, of the model's largest.
NOTHING = 4e-12

# What the sums of float64 itself round, of the model's largest gradient: some twenty of
# its last places. A bias that a softmax takes out again has a gradient of nothing else.
ROUNDED = 5e-15

NARROW = frozenset({"float32", "float", "complex64", "cfloat"})
OPAQUE = frozenset(
    "float16 bfloat16 half FloatTensor set_default_dtype "
    "element_size itemsize nbytes is_double".split()  # they tell the two runs apart
)
WIDE = frozenset({"float64", "double"})


@dataclass(frozen=True)
class Exact:
    """``error`` is relative to the truth's scale (outputs) or norm (gradients), and
    ``part``, where the port is in float64 throughout, that of the worst element to its
    own size. ``binding``: a difference means that the port is wrong. ``own``:
    TensorFlow's float32 error."""

    error: float
    binding: bool
    own: float
    part: float = 0.0

    @property
    def proves(self) -> bool:
        return self.error <= PROOF and self.part <= ELEMENT

    @property
    def refutes(self) -> bool:
        return self.binding and self.error > self.ceiling

    @property
    def refutes_part(self) -> bool:
        return self.part > ELEMENT

    @property
    def ceiling(self) -> float:
        return max(CEILING, min(self.own, LAST_CEILING))


def casts(code: str) -> bool:
    """Whether model.py names a narrower dtype in a way that its float64 run does not
    widen (``candidate_double``): 16 bits, or float32 when it is imported or defined."""
    tree = ast.parse(code)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    inside = [n for f in functions for part in f.body for n in ast.walk(part)]
    widened = {id(node) for node in inside if not isinstance(node, _IMPORTS)}
    limits = [n for n in inside if isinstance(n, ast.Call) and _named(n.func, "finfo")]
    widened -= {id(node) for call in limits for node in ast.walk(call)}
    for node in ast.walk(tree):
        name = getattr(node, "attr", getattr(node, "name", None))
        if name in OPAQUE or (name in NARROW and id(node) not in widened):
            return True
        if isinstance(node, ast.Compare) and _attributes(node) & WIDE:
            return True
    return any(isinstance(node, _IMPORTS) for node in inside)


_IMPORTS = (ast.Import, ast.ImportFrom, ast.alias)


def _attributes(node: ast.AST) -> set[str]:
    return {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def _named(function: ast.expr, name: str) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == name


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
    size = norm(truth)
    scale = max(size, NOTHING * largest) or 1.0
    error = norm(port - truth)
    return max(0.0, error - ROUNDED * largest) / scale


def exact_part(
    port: np.ndarray, truth: np.ndarray, single: np.ndarray, least: float = 0.0
) -> float:
    """The largest error of an element beside its own size, once what rounding explains
    is allowed for: ``K`` times TensorFlow's float32 error in the same row or column.
    ``least`` is what of an element is noise anyway."""
    if port.shape != truth.shape or port.dtype.kind not in "fc" or not port.size:
        return 0.0
    finite = np.isfinite(port) & np.isfinite(truth) & np.isfinite(single)
    size = np.where(finite, np.abs(truth), 0.0)
    noise = _beside(np.where(finite, np.abs(single - truth), 0.0))
    floor = max(VANISHED * float(size.max()), least) + tolerance.K * noise
    error = np.where(finite, np.abs(port - truth), 0.0)
    whole = size + floor / ELEMENT
    parts = np.zeros(np.shape(whole))
    return float(np.divide(error, whole, where=whole > 0.0, out=parts).max())


def _beside(own: np.ndarray) -> np.ndarray:
    """The largest of each element's row (first axis) or column (last), the smaller."""
    if own.ndim < 2:
        return own
    rows = own.max(axis=tuple(range(1, own.ndim)), keepdims=True)
    columns = own.max(axis=tuple(range(own.ndim - 1)), keepdims=True)
    return np.asarray(np.minimum(rows, columns))
