"""What TensorFlow's runtime tells: the time, and values that nobody reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tf2torch.ir.build import call, const
from tf2torch.ir.nodes import DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("runtime")
Types = tuple[TensorType, ...]


@rules.rule("Timestamp")
def timestamp(*, out: Types) -> Node:
    """Seconds since 1970."""
    return call("helper.timestamp", type=out[0])


@rules.rule("Fact")
def fact(*, out: Types) -> Node:
    return const(np.array(b"0! == 1", object))


@dataclass(frozen=True)
class FakeAttrs:
    shape: tuple[int | None, ...] | None


@rules.rule("FakeParam")
def fake_param(*, attrs: FakeAttrs, out: Types) -> Node:
    """A value that no taken branch reads; sizes left open are 0."""
    sizes = tuple(size or 0 for size in attrs.shape or ())
    return call("torch.zeros", sizes, dtype=DType(out[0].dtype), type=out[0])
