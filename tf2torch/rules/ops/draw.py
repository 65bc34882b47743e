"""Drawing boxes into images."""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("draw")


@rules.rule("DrawBoundingBoxes")
def draw_bounding_boxes(
    images: Node, boxes: Node, *, out: tuple[TensorType, ...]
) -> Node:
    return call("helper.draw_bounding_boxes", images, boxes, type=out[0])


@rules.rule("DrawBoundingBoxesV2")
def draw_bounding_boxes_v2(
    images: Node, boxes: Node, colors: Node, *, out: tuple[TensorType, ...]
) -> Node:
    return call("helper.draw_bounding_boxes", images, boxes, colors, type=out[0])
