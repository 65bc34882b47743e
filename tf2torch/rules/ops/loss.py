"""Fused losses, whose second result is the gradient by the logits."""

from __future__ import annotations

from tf2torch.ir.build import call, cast
from tf2torch.ir.nodes import Call, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("loss")


@rules.rule("SoftmaxCrossEntropyWithLogits")
def softmax_cross_entropy(
    logits: Node, labels: Node, *, out: tuple[TensorType, ...]
) -> tuple[Node, ...]:
    """TF's gradient is softmax - labels even where labels do not add up to 1."""
    if is_distribution(labels) and logits.shape == labels.shape:
        loss = call("F.cross_entropy", logits, labels, reduction="none", type=out[0])
    else:
        loss = call("helper.softmax_cross_entropy", logits, labels, type=out[0])
    softmax = call(".softmax", logits, -1, type=out[1])
    return loss, call("-", softmax, labels, type=out[1])


def is_distribution(labels: Node) -> bool:
    return isinstance(labels, Call) and labels.func == ".softmax"


@rules.rule("SparseSoftmaxCrossEntropyWithLogits")
def sparse_softmax_cross_entropy(
    logits: Node, labels: Node, *, out: tuple[TensorType, ...]
) -> tuple[Node, ...] | Decline:
    if logits.shape is None:
        return Decline("the number of classes is not known")
    index = cast(labels, "int64")
    loss = call("F.cross_entropy", logits, index, reduction="none", type=out[0])
    classes = logits.shape[-1]
    hot = call("F.one_hot", index, classes, type=out[1].with_dtype("int64"))
    softmax = call(".softmax", logits, -1, type=out[1])
    return loss, call("-", softmax, hot, type=out[1])
