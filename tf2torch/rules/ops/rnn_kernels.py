"""Recurrent layers that TF runs as one kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, const, outs, sizes_of
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("rnn_kernels")


@dataclass(frozen=True)
class LstmAttrs:
    forget_bias: float = 1.0
    cell_clip: float = 3.0
    use_peephole: bool = False


@dataclass(frozen=True)
class LstmV2Attrs:
    cell_clip: float = 0.0
    use_peephole: bool = False


def lstm_options(
    attrs: LstmAttrs | LstmV2Attrs, wci: Node, wcf: Node, wco: Node
) -> dict[str, Any]:
    """Keyword arguments for what this layer does beyond a plain LSTM."""
    named: dict[str, Any] = {}
    if isinstance(attrs, LstmAttrs) and attrs.forget_bias:
        named["forget_bias"] = attrs.forget_bias
    if attrs.cell_clip > 0:
        named["clip"] = attrs.cell_clip
    if attrs.use_peephole:
        named["peepholes"] = (wci, wcf, wco)
    return named


@rules.rule("LSTMBlockCell")
def lstm_block_cell(
    x: Node,
    cell: Node,
    hidden: Node,
    w: Node,
    wci: Node,
    wcf: Node,
    wco: Node,
    b: Node,
    *,
    attrs: LstmAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    """One step; the gates' order in ``w`` is input, new, forget, output."""
    named = lstm_options(attrs, wci, wcf, wco)
    return outs(call("helper.lstm_cell", x, cell, hidden, w, b, types=out, **named))


@rules.rule("BlockLSTM")
def block_lstm(
    length: Node,
    x: Node,
    cell: Node,
    hidden: Node,
    w: Node,
    wci: Node,
    wcf: Node,
    wco: Node,
    b: Node,
    *,
    attrs: LstmAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    named = lstm_options(attrs, wci, wcf, wco) | run_length(length, x)
    return outs(call("helper.block_lstm", x, cell, hidden, w, b, types=out, **named))


@rules.rule("BlockLSTMV2")
def block_lstm_v2(
    length: Node,
    x: Node,
    cell: Node,
    hidden: Node,
    w: Node,
    wci: Node,
    wcf: Node,
    wco: Node,
    b: Node,
    *,
    attrs: LstmV2Attrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    """The same in the order input, forget, new, output and without a forget bias."""
    named = lstm_options(attrs, wci, wcf, wco) | run_length(length, x)
    named["order"] = "ifco"
    return outs(call("helper.block_lstm", x, cell, hidden, w, b, types=out, **named))


def run_length(length: Node, x: Node) -> dict[str, Any]:
    """How many steps count, unless all do."""
    sizes = sizes_of(length)
    if sizes is None:
        return {"length": call(".item", length)}
    if x.shape is not None and x.shape[0] == sizes[0]:
        return {}
    return {"length": sizes[0]}


@rules.rule("GRUBlockCell")
def gru_block_cell(
    x: Node,
    hidden: Node,
    w_ru: Node,
    w_c: Node,
    b_ru: Node,
    b_c: Node,
    *,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    args = (x, hidden, w_ru, w_c, b_ru, b_c)
    return outs(call("helper.gru_cell", *args, types=out))


@dataclass(frozen=True)
class CudnnAttrs:
    rnn_mode: str = "lstm"
    input_mode: str = "linear_input"
    direction: str = "unidirectional"
    dropout: float = 0.0
    seed: int = 0
    seed2: int = 0
    is_training: bool = True


@dataclass(frozen=True)
class CudnnV3Attrs(CudnnAttrs):
    num_proj: int = 0
    time_major: bool = True


@rules.rule("CudnnRNN", "CudnnRNNV2")
def cudnn_rnn(
    x: Node,
    hidden: Node,
    cell: Node,
    params: Node,
    *,
    attrs: CudnnAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...] | Decline:
    return _cudnn(x, hidden, cell, params, {}, attrs, out)


@rules.rule("CudnnRNNV3")
def cudnn_rnn_v3(
    x: Node,
    hidden: Node,
    cell: Node,
    params: Node,
    lengths: Node,
    *,
    attrs: CudnnV3Attrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...] | Decline:
    if attrs.num_proj:
        return Decline("a projected LSTM")
    named: dict[str, Any] = {"lengths": lengths}
    if not attrs.time_major:
        named["time_major"] = False
    return _cudnn(x, hidden, cell, params, named, attrs, out)


def _cudnn(
    x: Node,
    hidden: Node,
    cell: Node,
    params: Node,
    named: dict[str, Any],
    attrs: CudnnAttrs,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...] | Decline:
    """``params`` holds all matrices, then all biases, in torch's own gate order."""
    if attrs.input_mode == "skip_input":
        return Decline("its first layer has no input matrix")
    if attrs.is_training and attrs.dropout:
        return Decline("dropout between its layers, in training mode")
    if attrs.direction == "bidirectional":
        named["bidirectional"] = True
    made = call(
        "helper.cudnn_rnn",
        x,
        hidden,
        cell,
        params,
        attrs.rnn_mode,
        types=out[:3],
        **named,
    )
    rest = (const([], t.dtype) for t in out[3:])
    return (*outs(made), *rest)


@dataclass(frozen=True)
class CanonicalAttrs:
    rnn_mode: str = "lstm"
    input_mode: str = "linear_input"
    direction: str = "unidirectional"
    dropout: float = 0.0
    seed: int = 0
    seed2: int = 0


@dataclass(frozen=True)
class CanonicalV2Attrs(CanonicalAttrs):
    num_proj: int = 0


@rules.rule("CudnnRNNCanonicalToParams")
def cudnn_rnn_canonical_to_params(
    layers: Node,
    units: Node,
    inputs: Node,
    weights: tuple[Node, ...],
    biases: tuple[Node, ...],
    *,
    attrs: CanonicalAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    """The buffer that ``CudnnRNN`` reads: all matrices, then all biases."""
    parts = (call(".flatten", p, type=p.type.with_shape(None)) for p in weights)
    return call("torch.cat", (*parts, *biases), type=out[0])


@rules.rule("CudnnRNNCanonicalToParamsV2")
def cudnn_rnn_canonical_to_params_v2(
    layers: Node,
    units: Node,
    inputs: Node,
    weights: tuple[Node, ...],
    biases: tuple[Node, ...],
    *,
    attrs: CanonicalV2Attrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    if attrs.num_proj:
        return Decline("a projected LSTM")
    args = (layers, units, inputs, weights, biases)
    return cudnn_rnn_canonical_to_params(*args, attrs=attrs, out=out)
