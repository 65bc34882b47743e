"""What surrounds cuDNN's recurrent layers: gradients, and the buffer of weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, const, outs, scalar_of
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ops.rnn_kernels import CanonicalAttrs, CanonicalV2Attrs
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("cudnn")
Types = tuple[TensorType, ...]
Results = tuple[Node, ...]
GATES = {"lstm": 4, "gru": 3}
SKIPPED = "its first layer has no input matrix"
PROJECTED = "a projected LSTM"


@dataclass(frozen=True)
class BackpropV3Attrs(CanonicalAttrs):
    num_proj: int = 0
    time_major: bool = True


@rules.rule("CudnnRNNBackprop", "CudnnRNNBackpropV2")
def backprop(
    x: Node,
    hidden: Node,
    cell: Node,
    params: Node,
    y: Node,
    last_hidden: Node,
    last_cell: Node,
    *rest: Node,
    attrs: CanonicalAttrs,
    out: Types,
) -> Results | Decline:
    """After three gradients come the reserves of the forward pass, here not needed."""
    return _backprop((x, hidden, cell, params), rest[:3], {}, attrs, out)


@rules.rule("CudnnRNNBackpropV3")
def backprop_v3(
    x: Node,
    hidden: Node,
    cell: Node,
    params: Node,
    lengths: Node,
    y: Node,
    last_hidden: Node,
    last_cell: Node,
    *rest: Node,
    attrs: BackpropV3Attrs,
    out: Types,
) -> Results | Decline:
    if attrs.num_proj:
        return Decline(PROJECTED)
    named: dict[str, Any] = {"lengths": lengths}
    if not attrs.time_major:
        named["time_major"] = False
    return _backprop((x, hidden, cell, params), rest[:3], named, attrs, out)


def _backprop(
    operands: Results,
    grads: Results,
    named: dict[str, Any],
    attrs: CanonicalAttrs,
    out: Types,
) -> Results | Decline:
    if attrs.input_mode == "skip_input":
        return Decline(SKIPPED)
    if attrs.dropout:
        return Decline("the mask of its dropout lies in cuDNN's reserve")
    if attrs.direction == "bidirectional":
        named["bidirectional"] = True
    func = "helper.cudnn_rnn_grad"
    return outs(call(func, *operands, grads, attrs.rnn_mode, types=out, **named))


def _sizes(*nodes: Node) -> tuple[int, ...] | None:
    numbers = [scalar_of(n) for n in nodes]
    if any(n is None for n in numbers):
        return None
    return tuple(int(n) for n in numbers if n is not None)


@rules.rule("CudnnRNNParamsSize")
def params_size(
    layers: Node, units: Node, inputs: Node, *, attrs: CanonicalV2Attrs, out: Types
) -> Node | Decline:
    """Per layer and direction two matrices and two biases; a constant."""
    sizes = _sizes(layers, units, inputs)
    if sizes is None:
        return Decline("the number of layers or units is computed at run time")
    if attrs.num_proj or attrs.input_mode == "skip_input":
        return Decline(PROJECTED if attrs.num_proj else SKIPPED)
    count, width, first = sizes
    directions = 2 if attrs.direction == "bidirectional" else 1
    rows = width * GATES.get(attrs.rnn_mode, 1)
    columns = first + width + (count - 1) * (directions + 1) * width + 2 * count
    return const([directions * rows * columns], out[0].dtype)


@rules.rule("CudnnRNNParamsToCanonical", "CudnnRNNParamsToCanonicalV2")
def params_to_canonical(
    layers: Node,
    units: Node,
    inputs: Node,
    params: Node,
    *,
    attrs: CanonicalV2Attrs,
    out: Types,
) -> Results | Decline:
    """The matrices of all gates, then their biases."""
    sizes = _sizes(inputs, units, layers)
    if sizes is None:
        return Decline("the number of layers or units is computed at run time")
    if attrs.num_proj or attrs.input_mode == "skip_input":
        return Decline(PROJECTED if attrs.num_proj else SKIPPED)
    named: dict[str, Any] = {}
    if attrs.direction == "bidirectional":
        named["bidirectional"] = True
    func = "helper.cudnn_canonical"
    return outs(call(func, params, attrs.rnn_mode, *sizes, types=out, **named))
