"""Reductions of the rows that share a segment.

Empty segments: 0 (1 for products). The extremes of none are the lowest or highest
value in the unsorted forms and the V2 ops, 0 in the sorted ones. Negative ids drop
their row.
"""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS

rules = RuleSet("segment")


def _unknown(data: Node) -> Decline | None:
    if data.dtype in WITHOUT_KERNELS:
        return Decline(f"torch scatters no {data.dtype}")
    return None


def sorted_segments(reduce: str) -> RuleFunction:
    def rule(data: Node, ids: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
        function = f"helper.segment_{reduce}"
        return _unknown(data) or call(function, data, ids, type=out[0])

    return rule


rules.table(
    sorted_segments,
    {
        "SegmentMax": "max",
        "SegmentMean": "mean",
        "SegmentMin": "min",
        "SegmentProd": "prod",
        "SegmentSum": "sum",
    },
)


def unsorted_segments(reduce: str) -> RuleFunction:
    def rule(
        data: Node, ids: Node, count: Node, *, out: tuple[TensorType, ...]
    ) -> Node | Decline:
        function = f"helper.unsorted_segment_{reduce}"
        args = data, ids, number_arg(count)
        return _unknown(data) or call(function, *args, type=out[0])

    return rule


rules.table(
    unsorted_segments,
    {
        "SegmentMaxV2": "max",
        "SegmentMinV2": "min",
        "SegmentProdV2": "prod",
        "SegmentSumV2": "sum",
        "UnsortedSegmentMax": "max",
        "UnsortedSegmentMin": "min",
        "UnsortedSegmentProd": "prod",
        "UnsortedSegmentSum": "sum",
    },
)
