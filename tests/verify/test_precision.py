"""In float64 a difference is one: of the whole, and of each element."""

from __future__ import annotations

import types

import numpy as np
import pytest

from tf2torch.verify import candidate_double
from tf2torch.verify.precision import ELEMENT, VANISHED, Exact, casts, exact_part

# Boxes in pixels beside a probability, and TensorFlow's rounding of each.
TRUTH = np.array([[900.0, 0.01], [500.0, 0.02], [700.0, 0.03]])
SINGLE = TRUTH.astype(np.float32).astype(np.float64)


def off(row: int, column: int, by: float) -> np.ndarray:
    found = TRUTH.copy()
    found[row, column] *= 1.0 + by
    return found


def test_a_small_element_counts_by_its_own_size() -> None:
    assert exact_part(off(0, 1, 0.01), TRUTH, SINGLE) > ELEMENT
    assert exact_part(off(0, 0, 0.01), TRUTH, SINGLE) > ELEMENT
    assert exact_part(off(0, 1, 1e-5), TRUTH, SINGLE) < ELEMENT


def test_an_element_that_is_rounding_alone_counts_for_nothing() -> None:
    truth, single, port = TRUTH.copy(), SINGLE.copy(), TRUTH.copy()
    truth[:, 1], single[:, 1], port[:, 1] = 1e-12, 3e-8, 1e-8
    assert exact_part(port, truth, single) < ELEMENT
    port[:, 1] = 1e-5
    assert exact_part(port, truth, single) > ELEMENT


def test_an_element_that_vanishes_is_held_against_the_largest() -> None:
    truth, port = np.array([1.0, 0.0]), np.array([1.0, 0.5 * VANISHED])
    assert exact_part(port, truth, truth) < ELEMENT
    assert exact_part(3 * port - 2 * truth, truth, truth) > ELEMENT
    assert exact_part(3 * port - 2 * truth, truth, truth, 4 * VANISHED) < ELEMENT


def test_a_wrong_element_is_no_proof() -> None:
    assert Exact(0.0, True, 0.0).proves
    wrong = Exact(0.0, True, 0.0, 2 * ELEMENT)
    assert wrong.refutes_part and not wrong.proves and not wrong.refutes


@pytest.mark.parametrize(
    ("body", "narrows"),
    [
        ("def forward(x):\n    return x.float() + torch.zeros(1).to(torch.float32)", 0),
        ("def forward(x):\n    return torch.finfo(x.dtype).max", 0),
        ("def forward(x):\n    return torch.finfo(torch.float32).max", 1),
        ("def forward(x):\n    return x.half()", 1),
        ("def forward(x, dtype=torch.float32):\n    return x.to(dtype)", 1),
        ("from torch import float32", 1),
        ("def forward(x):\n    import torch\n    return x", 1),
    ],
)
def test_what_is_no_float64_throughout(body: str, narrows: int) -> None:
    assert casts(f"import torch\n\n\n{body}\n") == bool(narrows)


def test_what_a_port_names_float32_is_float64_in_its_float64_run() -> None:
    import torch

    port = types.ModuleType("port")
    body = (
        "def forward(x):\n    return x.float(), x.to(torch.float32), x.half().float()"
    )
    exec(f"import torch\n\n\n{body}\n", vars(port))  # noqa: S102 # as a port is
    x = torch.zeros(2, dtype=torch.float64)
    with candidate_double.in_float64(port):
        assert all(y.dtype is torch.float64 for y in port.forward(x))
        assert port.torch.nn is torch.nn
    assert port.torch is torch and x.float().dtype is torch.float32
    assert torch.get_default_dtype() is torch.float32


@pytest.mark.parametrize(
    "line",
    [
        "x.element_size() == 4",
        "x.dtype.itemsize",
        "x.dtype == torch.float64",
        "x.dtype in (torch.double,)",
        "x.is_double()",
    ],
)
def test_a_port_that_asks_for_its_precision_is_not_widened(line: str) -> None:
    assert casts(f"def forward(x):\n    return {line}")


def test_a_port_that_computes_in_double_is() -> None:
    assert not casts("def forward(x):\n    return x.to(torch.float64) + 1")


def test_a_scalar_has_one_element() -> None:
    exact, single = np.array(2.0), np.array(2.0, "f")
    assert exact_part(np.array(2.0), exact, single) == 0.0
    assert exact_part(np.array(2.5), exact, single) == pytest.approx(0.25, rel=1e-3)
