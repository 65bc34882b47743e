"""Non-maximum suppression: a loop over boxes, best score first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, outs, scalar_of
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("nms")


@dataclass(frozen=True)
class NmsAttrs:
    iou_threshold: float = 0.5


def number(node: Node) -> Arg:
    """A scalar operand as a Python number."""
    value = scalar_of(node)
    return call(".item", node) if value is None else value


@rules.rule("NonMaxSuppression")
def non_max_suppression(
    boxes: Node,
    scores: Node,
    count: Node,
    *,
    attrs: NmsAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    return _kept(boxes, scores, count, attrs.iou_threshold, None, out[0])


@rules.rule("NonMaxSuppressionV2")
def non_max_suppression_v2(
    boxes: Node, scores: Node, count: Node, iou: Node, *, out: tuple[TensorType, ...]
) -> Node:
    return _kept(boxes, scores, count, number(iou), None, out[0])


@rules.rule("NonMaxSuppressionV3")
def non_max_suppression_v3(
    boxes: Node,
    scores: Node,
    count: Node,
    iou: Node,
    lowest: Node,
    *,
    out: tuple[TensorType, ...],
) -> Node:
    return _kept(boxes, scores, count, number(iou), number(lowest), out[0])


def _kept(
    boxes: Node, scores: Node, count: Node, iou: Arg, lowest: Arg, type: TensorType
) -> Node:
    """Indices of the boxes that stay, best first."""
    named: dict[str, Any] = {} if lowest is None else {"score_threshold": lowest}
    return call(
        "helper.non_max_suppression",
        boxes,
        scores,
        number(count),
        iou,
        type=type,
        **named,
    )


@dataclass(frozen=True)
class PaddedNmsAttrs:
    pad_to_max_output_size: bool = False


@rules.rule("NonMaxSuppressionV4")
def non_max_suppression_v4(
    boxes: Node,
    scores: Node,
    count: Node,
    iou: Node,
    lowest: Node,
    *,
    attrs: PaddedNmsAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    """Indices and how many of them count; the rest is zeros."""
    kept = _kept(boxes, scores, count, number(iou), number(lowest), out[0])
    valid = _length(kept, out[1])
    if attrs.pad_to_max_output_size:
        kept = call("helper.pad_end", kept, number(count), type=out[0])
    return kept, valid


def _length(kept: Node, type: TensorType) -> Node:
    """The number of rows as an int32 tensor."""
    ones = call("torch.ones_like", kept, type=kept.type)
    return call(".int", call(".sum", ones, type=type), type=type)


@rules.rule("NonMaxSuppressionV5")
def non_max_suppression_v5(
    boxes: Node,
    scores: Node,
    count: Node,
    iou: Node,
    lowest: Node,
    sigma: Node,
    *,
    attrs: PaddedNmsAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    """Scores decay by overlap when sigma is positive; they come out decayed."""
    kept, decayed = outs(
        call(
            "helper.soft_non_max_suppression",
            boxes,
            scores,
            number(count),
            number(iou),
            number(lowest),
            number(sigma),
            types=(out[0], out[1]),
        )
    )
    valid = _length(kept, out[2])
    if attrs.pad_to_max_output_size:
        kept = call("helper.pad_end", kept, number(count), type=out[0])
        decayed = call("helper.pad_end", decayed, number(count), type=out[1])
    return kept, decayed, valid


@rules.rule("NonMaxSuppressionWithOverlaps")
def non_max_suppression_with_overlaps(
    overlaps: Node,
    scores: Node,
    count: Node,
    threshold: Node,
    lowest: Node,
    *,
    out: tuple[TensorType, ...],
) -> Node:
    return call(
        "helper.suppress",
        overlaps,
        scores,
        number(count),
        number(threshold),
        score_threshold=number(lowest),
        type=out[0],
    )


@dataclass(frozen=True)
class CombinedNmsAttrs:
    pad_per_class: bool = False
    clip_boxes: bool = True


@rules.rule("CombinedNonMaxSuppression")
def combined_non_max_suppression(
    boxes: Node,
    scores: Node,
    per_class: Node,
    total: Node,
    iou: Node,
    lowest: Node,
    *,
    attrs: CombinedNmsAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    made = call(
        "helper.combined_non_max_suppression",
        boxes,
        scores,
        number(per_class),
        number(total),
        number(iou),
        number(lowest),
        pad_per_class=attrs.pad_per_class,
        clip_boxes=attrs.clip_boxes,
        types=out,
    )
    return outs(made)
