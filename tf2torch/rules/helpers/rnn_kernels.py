"""Recurrent kernels of TensorFlow that return what every gate computed."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

Gates = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]


def lstm_cell(
    x: Tensor,
    cell: Tensor,
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor,
    forget_bias: float = 0.0,
    clip: float = 0.0,
    peepholes: tuple[Tensor, Tensor, Tensor] | None = None,
    order: str = "icfo",
) -> Gates:
    """One step: input gate, cell, forget gate, output gate, new, tanh(cell), hidden.

    ``weight`` is [inputs + units, 4 · units]. TF's gradient passes through the clip.
    """
    gates = torch.addmm(bias, torch.cat([x, hidden], 1), weight).chunk(4, 1)
    named = dict(zip(order, gates, strict=True))
    i, new, f, o = (named[gate] for gate in "icfo")
    f = f + forget_bias
    if peepholes is not None:
        i, f = i + cell * peepholes[0], f + cell * peepholes[1]
    i, f, new = i.sigmoid(), f.sigmoid(), new.tanh()
    cell = new * i + cell * f
    if clip > 0:
        cell = cell + (cell.clamp(-clip, clip) - cell).detach()
    if peepholes is not None:
        o = o + cell * peepholes[2]
    o, seen = o.sigmoid(), cell.tanh()
    return i, cell, f, o, new, seen, seen * o


def block_lstm(
    x: Tensor,
    cell: Tensor,
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor,
    forget_bias: float = 0.0,
    clip: float = 0.0,
    peepholes: tuple[Tensor, Tensor, Tensor] | None = None,
    order: str = "icfo",
    length: int | None = None,
) -> Gates:
    """``lstm_cell`` over [time, batch, inputs]; zeros after ``length`` steps."""
    options = (forget_bias, clip, peepholes, order)
    steps: list[Gates] = []
    for step in x[:length]:
        steps.append(lstm_cell(step, cell, hidden, weight, bias, *options))
        cell, hidden = steps[-1][1], steps[-1][6]
    rest = x.new_zeros(len(x) - len(steps), *cell.shape)
    i, cells, f, o, new, seen, h = (
        torch.cat([torch.stack(values), rest]) if values else rest
        for values in (zip(*steps, strict=True) if steps else [()] * 7)
    )
    return i, cells, f, o, new, seen, h


def gru_cell(
    x: Tensor,
    hidden: Tensor,
    weight_gates: Tensor,
    weight_new: Tensor,
    bias_gates: Tensor,
    bias_new: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One step: reset, update, new, hidden. The reset gate acts before the matrix."""
    gates = torch.addmm(bias_gates, torch.cat([x, hidden], 1), weight_gates)
    reset, update = gates.sigmoid().chunk(2, 1)
    inputs = torch.cat([x, reset * hidden], 1)
    new = torch.addmm(bias_new, inputs, weight_new).tanh()
    return reset, update, new, (1 - update) * new + update * hidden


def cudnn_rnn(
    x: Tensor,
    hidden: Tensor,
    cell: Tensor,
    params: Tensor,
    mode: str = "lstm",
    bidirectional: bool = False,
    lengths: Tensor | None = None,
    time_major: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:
    """A stack of layers from cuDNN's flat buffer; states are [layers, batch, units].

    Sequences shorter than the longest give zeros after their end.
    """
    if not time_major:
        x = x.transpose(0, 1)
        hidden, cell = hidden.transpose(0, 1), cell.transpose(0, 1)
    directions = 2 if bidirectional else 1
    layers, units = hidden.shape[0] // directions, hidden.shape[2]
    weights = cudnn_weights(params, mode, x.shape[2], units, layers, directions)
    options = (True, layers, 0.0, False, bidirectional)
    run: Any = getattr(torch, mode)
    states = [hidden, cell] if mode == "lstm" else [hidden]
    if lengths is None:
        y, *states = run(x, _bundle(states), weights, *options, False)
    else:
        packed = pack_padded_sequence(x, lengths.cpu(), enforce_sorted=False)
        begin = _bundle([s[:, packed.sorted_indices] for s in states])
        data, *states = run(packed.data, packed.batch_sizes, begin, weights, *options)
        states = [s[:, packed.unsorted_indices] for s in states]
        packed = packed._replace(data=data)
        y, _ = pad_packed_sequence(packed, total_length=len(x))
    hidden, cell = states if mode == "lstm" else (states[0], x.new_zeros(0))
    if not time_major:
        y, hidden = y.transpose(0, 1), hidden.transpose(0, 1)
        cell = cell.transpose(0, 1) if mode == "lstm" else cell
    return y, hidden, cell


def cudnn_rnn_grad(
    x: Tensor,
    hidden: Tensor,
    cell: Tensor,
    params: Tensor,
    grads: tuple[Tensor, Tensor, Tensor],
    mode: str = "lstm",
    bidirectional: bool = False,
    lengths: Tensor | None = None,
    time_major: bool = True,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """By the input, both states and the buffer, from those by the three results."""
    with torch.enable_grad():
        x, hidden, cell, params = given = tuple(
            tensor.detach().requires_grad_() for tensor in (x, hidden, cell, params)
        )
        results = cudnn_rnn(
            x, hidden, cell, params, mode, bidirectional, lengths, time_major
        )
    count = 3 if mode == "lstm" else 2
    found = torch.autograd.grad(
        results[:count], given, grads[:count], allow_unused=True, materialize_grads=True
    )
    return found[0], found[1], found[2], found[3]


def cudnn_canonical(
    params: Tensor,
    mode: str,
    inputs: int,
    units: int,
    layers: int,
    bidirectional: bool = False,
) -> tuple[Tensor, ...]:
    """The matrices of all gates, then their biases, from cuDNN's flat buffer."""
    directions = 2 if bidirectional else 1
    parts = cudnn_weights(params, mode, inputs, units, layers, directions)
    gates = [gate for part in parts for gate in part.split(units)]
    return *(g for g in gates if g.ndim == 2), *(g for g in gates if g.ndim == 1)


def _bundle(states: list[Tensor]) -> Any:
    """The one state, or a tuple of an LSTM's two."""
    return states[0] if len(states) == 1 else tuple(states)


def cudnn_weights(
    params: Tensor, mode: str, inputs: int, units: int, layers: int, directions: int
) -> list[Tensor]:
    """The buffer cut as torch wants it: per layer two matrices and two biases."""
    rows = units * {"lstm": 4, "gru": 3}.get(mode, 1)
    matrices, biases = [], []
    shapes = [
        (rows, width)
        for layer in range(layers)
        for _ in range(directions)
        for width in (inputs if layer == 0 else units * directions, units)
    ]
    for shape in shapes:
        count = shape[0] * shape[1]
        matrices.append(params[:count].reshape(shape))
        params = params[count:]
    for bias in params.reshape(len(shapes), rows):
        biases.append(bias)
    pairs = [(2 * i, 2 * i + 1) for i in range(layers * directions)]
    return [part[k] for pair in pairs for part in (matrices, biases) for k in pair]
