"""Random crops that keep a share of an object: the same ones for the same seed.

Those with state draw from torch's generator, equal in distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tf2torch.ir.build import call, const, outs
from tf2torch.ir.nodes import Arg, DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg, sizes_arg
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("distorted")
Types = tuple[TensorType, ...]


@dataclass(frozen=True)
class StatelessAttrs:
    aspect_ratio_range: tuple[float, ...] = (0.75, 1.33)
    area_range: tuple[float, ...] = (0.05, 1.0)
    max_attempts: int = 100
    use_image_if_no_bounding_boxes: bool = False


@dataclass(frozen=True)
class StatefulAttrs(StatelessAttrs):
    seed: int = 0
    seed2: int = 0


@dataclass(frozen=True)
class FirstAttrs(StatefulAttrs):
    min_object_covered: float = 0.1


@rules.rule("StatelessSampleDistortedBoundingBox")
def stateless_sample_distorted_bounding_box(
    size: Node,
    boxes: Node,
    covered: Node,
    seed: Node,
    *,
    attrs: StatelessAttrs,
    out: Types,
) -> tuple[Node, ...]:
    """TensorFlow's own crop for the seed."""
    generator = call("helper.philox_generator", seed, type=TensorType("int64", (3,)))
    args = (generator, sizes_arg(size), boxes, number_arg(covered))
    return _sampled("helper.distorted_box", args, attrs, out)


@rules.rule("SampleDistortedBoundingBoxV2")
def sample_distorted_bounding_box_v2(
    size: Node, boxes: Node, covered: Node, *, attrs: StatefulAttrs, out: Types
) -> tuple[Node, ...]:
    """Equal in distribution."""
    args = (sizes_arg(size), boxes, number_arg(covered))
    return _sampled("helper.random_distorted_box", args, attrs, out)


@rules.rule("SampleDistortedBoundingBox")
def sample_distorted_bounding_box(
    size: Node, boxes: Node, *, attrs: FirstAttrs, out: Types
) -> tuple[Node, ...]:
    """Equal in distribution."""
    args = (sizes_arg(size), boxes, attrs.min_object_covered)
    return _sampled("helper.random_distorted_box", args, attrs, out)


def _sampled(
    func: str, args: tuple[Arg, ...], attrs: StatelessAttrs, out: Types
) -> tuple[Node, ...]:
    """The third element of ``begin`` and ``size`` is known: all channels."""
    named: dict[str, Any] = {
        "ratios": attrs.aspect_ratio_range,
        "areas": attrs.area_range,
        "attempts": attrs.max_attempts,
    }
    if attrs.use_image_if_no_bounding_boxes:
        named["use_image"] = True
    if out[0].dtype != "int32":
        named["dtype"] = DType(out[0].dtype)
    scalar = out[0].with_shape(())
    made = call(func, *args, types=(*(scalar,) * 4, out[2]), **named)
    top, left, height, width, box = outs(made)
    first, rest = (const(np.array(n).astype(scalar.dtype)) for n in (0, -1))
    begin = call("torch.stack", (top, left, first), type=out[0])
    return begin, call("torch.stack", (height, width, rest), type=out[1]), box
