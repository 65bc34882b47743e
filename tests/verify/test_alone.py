"""A region by itself: fed with the original's tensors, judged by what leaves it.

Both sides are doubles here (TensorFlow's is arithmetic in numpy, the port's the module
under test); tests/repair has the real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tf2torch.verify.alone import Alone, Bench, check, found_alone
from tf2torch.verify.candidate import PortFailed
from tf2torch.verify.oracle import Around, Crossing
from tf2torch.verify.process import Refused
from tf2torch.verify.provenance import Region, Unported
from tf2torch.verify.wire import Arrays

# TensorFlow's side: y = 2·x + 1 over channels that come last; dL/dy = g.
DRAW = np.random.default_rng(3)
X = DRAW.normal(size=(2, 3, 4, 5)).astype("f")
Y = 2 * X + 1
G = DRAW.normal(size=Y.shape).astype("f")
NCHW = (0, 3, 1, 2)
Side = Callable[[np.ndarray], np.ndarray]


@dataclass
class Oracle:
    """``refuses``: the original's tensors cannot be read."""

    refuses: bool = False

    def around(self, inputs: Arrays, nodes: Sequence[str]) -> Around:
        if self.refuses:
            raise Refused("border", "no such node", {})
        return Around(("x",), ("y",), {"x": X, "y": Y})

    def crossing(self, inputs: Arrays, reads: Any, makes: Any, seed: int) -> Crossing:
        return Crossing({"0": X}, {"0": Y}, {"0": G}, {"0": 2 * G})


@dataclass
class Candidate:
    """A module that sees channels first, as ports do."""

    forward: Side
    backward: Side
    enters: np.ndarray

    def entering(self, inputs: Arrays, path: str) -> Arrays:
        return {"in:0": self.enters}

    def region(self, given: Arrays, function: Any = None, order: Any = ()) -> Arrays:
        found = {"out:0": self.forward(given["in:0"])}
        if "cot:0" in given:
            found["grad:0"] = self.backward(given["cot:0"])
        return found


def judged(
    forward: Side = lambda x: 2 * x + 1,
    backward: Side = lambda g: 2 * g,
    enters: np.ndarray | None = None,
    gap: bool = False,
    oracle: Any = None,
) -> Alone:
    first = X.transpose(NCHW) if enters is None else enters
    unported = (Unported("Op", "Block", ""),) if gap else ()
    region = Region("Block", (1, 9), ("a", "b"), () if gap else ("blocks.0",))
    port: Any = SimpleNamespace(regions=(region,), unported=unported)
    candidate: Any = Candidate(forward, backward, first)
    return check(Bench(port, oracle or Oracle(), candidate, {}, 0), region)


def test_a_right_module_agrees_whatever_its_layout() -> None:
    assert judged() == Alone(True, "values and gradients agree")
    assert judged(enters=X).passed is True
    turned = judged(
        lambda x: (2 * x + 1).transpose(0, 2, 3, 1),
        lambda g: 2 * g.transpose(NCHW),
    )
    assert turned.passed is True, "what leaves may have another order of axes"


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: 2 * x,
        lambda x: 2.02 * x + 1,
        lambda x: (2 * x + 1)[:, ::-1],
        lambda x: np.full_like(x, np.nan),
        lambda x: np.where(x == x.max(), np.inf, 2 * x + 1).astype("f"),
        np.zeros_like,
    ],
)
def test_wrong_values_are_told_in_figures_only(forward: Side) -> None:
    found = judged(forward)
    assert found.passed is False and "TensorFlow has" in found.why
    assert len(found.why) < 250 and "\n" not in found.why


@pytest.mark.parametrize("factor", [0.0, 1.0, -2.0, 2.05])
def test_a_wrong_gradient_is_told(factor: float) -> None:
    found = judged(backward=lambda g: factor * g)
    assert found.passed is False and found.why.startswith("gradient at input 0")


def test_a_gradient_that_is_missing_is_told() -> None:
    class Detached(Candidate):
        def region(
            self, given: Arrays, function: Any = None, order: Any = ()
        ) -> Arrays:
            return {"out:0": self.forward(given["in:0"])}

    region = Region("Block", (1, 9), ("a",), ("block",))
    port: Any = SimpleNamespace(regions=(region,), unported=())
    candidate: Any = Detached(lambda x: 2 * x + 1, lambda g: g, X)
    oracle: Any = Oracle()
    found = check(Bench(port, oracle, candidate, {}, 0), region)
    assert found == Alone(False, "gradient at input 0: none, TensorFlow has one")


def test_what_cannot_be_judged_says_so() -> None:
    assert judged(enters=X + 1).passed is None
    assert judged(lambda x: x[:, :2]).passed is None, "no tensor of that size"
    refused = judged(oracle=Oracle(refuses=True))
    assert refused.passed is None and "no such node" in refused.why


def test_a_function_takes_the_tensors_of_its_op() -> None:
    assert judged(gap=True).passed is True
    assert judged(lambda x: x, gap=True).why.startswith("output 0: largest difference")
    other = judged(lambda x: (2 * x + 1).astype(np.int32), gap=True)
    assert other.why == "output 0: int32, expected float32"
    assert "shape (2, 3)" in judged(lambda x: x[:, :, 0, 0], gap=True).why


def test_what_the_port_raises_is_its_own_fault() -> None:
    def broken(x: np.ndarray) -> np.ndarray:
        raise PortFailed("raised", "ValueError: no", line=7)

    found = judged(broken)
    assert found.passed is False and found.why.endswith("(model.py:7)")


def test_which_regions_stand_by_themselves() -> None:
    root = Region("Model", (1, 2), (), ("",))
    block = Region("Block", (3, 4), (), ("block",))
    gap = Region("op", (5, 6), (), ())
    port: Any = SimpleNamespace(
        regions=(root, block, gap), unported=(Unported("Op", "op", ""),)
    )
    assert found_alone(port, "Model") is None and found_alone(port, "nobody") is None
    assert found_alone(port, "Block") is block and found_alone(port, "op") is gap
