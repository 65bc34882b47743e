"""What every opened original offers, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tf2torch.verify.fingerprint import Fingerprint
from tf2torch.verify.wire import Arrays

if TYPE_CHECKING:
    from tf2torch.verify.original.taps import Inside


@dataclass(frozen=True)
class Tensor:
    """An input or output: its name, its TF tensor name, TF's dtype and its shape.

    ``shape`` holds -1 for a size that is open, and is None for an unknown rank.
    """

    name: str
    tensor: str
    dtype: str
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class StateVariable:
    """A variable that the outputs may depend on, under the key of its source.

    ``trainable`` is None where the source does not say (a frozen graph).
    """

    key: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    trainable: bool | None


@dataclass(frozen=True)
class Request:
    """Which function of the model is meant. ``keys`` are the variables that the port
    claims to hold: of a frozen graph they say which constants are weights.
    ``exported``: ``path`` is what ``live.save`` wrote."""

    path: str
    signature: str | None
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    keys: tuple[str, ...] = ()
    exported: bool = False


@dataclass(frozen=True)
class Run:
    """One run. Gradients are of the sum over float outputs of output · cotangent;
    a variable that no output depends on has none. ``dtypes`` are the outputs' own:
    bfloat16 travels as float32. ``state`` is what the run has left in variables."""

    outputs: Arrays
    dtypes: dict[str, str]
    gradients: Arrays = field(default_factory=dict)
    input_gradients: Arrays = field(default_factory=dict)
    state: Arrays = field(default_factory=dict)


@dataclass(frozen=True)
class Tap:
    """A tensor by TF name: its value, and its gradient where there is one. ``passing``:
    of a step of a loop, so that nothing after the loop reads it."""

    name: str
    value: Fingerprint
    gradient: Fingerprint | None

    @property
    def passing(self) -> bool:
        return f"/{STEP}" in self.name


STEP = "unrolled_"  # in the names of all steps of a loop


class NoGradient(Exception):
    """TensorFlow itself cannot differentiate this model."""


class Original(Protocol):
    """A model that TensorFlow has opened, in one precision.

    ``is_signature``: it returns one value or a flat dict, as signatures do.
    ``branches``: control flow is left in its graph, which may depend on data.
    ``is_random``: it draws from a generator, and runs differ. ``writes``: it assigns
    variables, and every run begins with their first values.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    variables: tuple[StateVariable, ...]
    is_signature: bool
    branches: bool
    is_random: bool
    writes: bool

    def run(self, inputs: Arrays, seed: int | None, weighed: list[str] | None) -> Run:
        """``seed`` draws the cotangents; None leaves the gradients out. ``weighed``
        are the outputs that make the loss, by default all."""
        ...

    def inside(self, inputs: Arrays) -> Inside:
        """The flat graph with these inputs, to look into."""
        ...

    def graph_def(self) -> Any:
        """The graph with its functions, as a proto."""
        ...

    def value(self, key: str) -> np.ndarray: ...

    def current(self, key: str) -> np.ndarray: ...

    def assign(self, key: str, value: np.ndarray) -> None: ...


def plain(array: Any) -> np.ndarray:
    """A numpy array that can cross the wire: bfloat16 and its kin as float32."""
    value = np.asarray(array)
    known = value.dtype.kind in "biufcSUO" and value.dtype.name.isidentifier()
    if value.dtype == object or value.dtype.kind in "SU":
        return value.astype(object)
    if known and value.dtype.name in PLAIN:
        return value
    return value.astype(np.float32)


PLAIN = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    "float16 float32 float64 complex64 complex128".split()
)
RANDOM = (
    "Random",
    "Multinomial",
    "TruncatedNormal",
    "ParameterizedTruncatedNormal",
    "StatefulUniform",
    "StatefulStandardNormal",
    "StatefulTruncatedNormal",
    "StatefulRandom",
    "SampleDistorted",
)
MUTATING = ("Assign", "ResourceScatter", "ResourceApply", "RngSkip", "StatefulRandom")
CONTROL_FLOW = frozenset(
    "If StatelessIf While StatelessWhile Case StatelessCase Switch RefSwitch".split()
)
FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})
