"""Complex numbers and their parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, c64, c128, case, f32

raw = tf.raw_ops


def part(op: str, argument: str, x: Any) -> OpCase:
    wide = {"Tout": tf.float64} if op != "Conj" and x.dtype == "complex128" else {}
    return case(op, lambda x: getattr(raw, op)(**{argument: x}, **wide), x)


PARTS = {"Real": "input", "Imag": "input", "Conj": "input", "Angle": "input"}
PARTS |= {"ComplexAbs": "x"}


def build(real: Any, imag: Any) -> Any:
    return raw.Complex(real=real, imag=imag)


CASES = [
    *(part(op, name, x) for op, name in PARTS.items() for x in (c64(2, 3), c128(2, 3))),
    part("ComplexAbs", "x", np.array([0, 0, 1 + 1j], "complex64")),
    case("Complex", build, f32(2, 3), f32(2, 3)),
    case("Complex", build, f32(2, 3), f32(3), batch=[0]),
]
