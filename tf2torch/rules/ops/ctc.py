"""Connectionist temporal classification: the loss and greedy decoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("ctc")


@dataclass(frozen=True)
class CtcAttrs:
    preprocess_collapse_repeated: bool = False
    ctc_merge_repeated: bool = True
    ignore_longer_outputs_than_inputs: bool = False


@rules.rule("CTCLoss")
def ctc_loss(
    logits: Node,
    indices: Node,
    values: Node,
    lengths: Node,
    *,
    attrs: CtcAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...] | Decline:
    """The blank is the last class."""
    return _loss(logits, indices, values, lengths, -1, attrs, out)


@rules.rule("CTCLossV2")
def ctc_loss_v2(
    logits: Node,
    indices: Node,
    values: Node,
    lengths: Node,
    *,
    attrs: CtcAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...] | Decline:
    """The blank is the first class."""
    return _loss(logits, indices, values, lengths, 0, attrs, out)


def _loss(
    logits: Node,
    indices: Node,
    values: Node,
    lengths: Node,
    blank: int,
    attrs: CtcAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...] | Decline:
    if attrs.preprocess_collapse_repeated or not attrs.ctc_merge_repeated:
        return Decline("torch's CTC loss merges repeated classes and nothing else")
    named: dict[str, Any] = {}
    if attrs.ignore_longer_outputs_than_inputs:
        named["ignore_longer"] = True
    args = (logits, indices, values, lengths, blank)
    loss = call("helper.ctc_loss", *args, type=out[0], **named)
    return loss, call("helper.ctc_loss_grad", *args, type=out[1], **named)


@dataclass(frozen=True)
class GreedyAttrs:
    merge_repeated: bool = False
    blank_index: int = -1


@rules.rule("CTCGreedyDecoder")
def ctc_greedy_decoder(
    logits: Node, lengths: Node, *, attrs: GreedyAttrs, out: tuple[TensorType, ...]
) -> tuple[Node, ...]:
    named: dict[str, Any] = {}
    if attrs.merge_repeated:
        named["merge_repeated"] = True
    args = (logits, lengths, attrs.blank_index)
    return outs(call("helper.ctc_greedy_decode", *args, types=out, **named))


@dataclass(frozen=True)
class BeamAttrs:
    beam_width: int
    merge_repeated: bool = True


@rules.rule("CTCBeamSearchDecoder")
def ctc_beam_search_decoder(
    logits: Node, lengths: Node, *, attrs: BeamAttrs, out: tuple[TensorType, ...]
) -> tuple[Node, ...]:
    """Indices, values and shape of each path, then the scores."""
    made = call(
        "helper.ctc_beam_search",
        logits,
        lengths,
        attrs.beam_width,
        (len(out) - 1) // 3,
        merge_repeated=attrs.merge_repeated,
        types=out,
    )
    return outs(made)
