"""Gradients of the recurrent kernels from the gates that they computed."""

import torch
from torch import Tensor

Peepholes = tuple[Tensor, Tensor, Tensor]
CellGates = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
LstmGates = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]


def lstm_cell_grad(
    cell: Tensor,
    gates: CellGates,
    cell_grad: Tensor,
    hidden_grad: Tensor,
    peepholes: Peepholes | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """By the former cell, by the gates [batch, 4 · units] before their activation (in
    the order input, new, forget, output), and by the three peepholes."""
    i, new_cell, f, o, new, seen = gates
    by_o = o * (1 - o) * hidden_grad * seen
    by_cell = (1 - seen * seen) * hidden_grad * o + cell_grad
    if peepholes is not None:
        by_cell = by_cell + by_o * peepholes[2]
    by_new = (1 - new * new) * by_cell * i
    by_f = f * (1 - f) * by_cell * cell
    by_i = i * (1 - i) * by_cell * new
    former = by_cell * f
    zeros = torch.zeros_like(cell[0])
    by_peepholes = (zeros, zeros, zeros)
    if peepholes is not None:
        former = former + by_i * peepholes[0] + by_f * peepholes[1]
        sums = (by_i * cell, by_f * cell, by_o * new_cell)
        by_peepholes = (sums[0].sum(0), sums[1].sum(0), sums[2].sum(0))
    return former, torch.cat([by_i, by_new, by_f, by_o], 1), *by_peepholes


def block_lstm_grad(
    x: Tensor,
    cell: Tensor,
    hidden: Tensor,
    weight: Tensor,
    gates: LstmGates,
    cell_grad: Tensor,
    hidden_grad: Tensor,
    peepholes: Peepholes | None = None,
    length: int | None = None,
    order: str = "icfo",
) -> tuple[Tensor, ...]:
    """By input, first cell, first hidden state, matrix, three peepholes and bias."""
    by_x = torch.zeros_like(x)
    by_weight, by_bias = torch.zeros_like(weight), weight.new_zeros(weight.shape[1])
    sums = [weight.new_zeros(cell.shape[1]) for _ in range(3)]
    by_cell, by_hidden = torch.zeros_like(cell), torch.zeros_like(hidden)
    for t in reversed(range(len(x) if length is None else length)):
        former = (gates[1][t - 1], gates[6][t - 1]) if t else (cell, hidden)
        i, new_cell, f, o, new, seen, _ = (gate[t] for gate in gates)
        now = (i, new_cell, f, o, new, seen)
        grads = (cell_grad[t] + by_cell, hidden_grad[t] + by_hidden)
        by_cell, by_gates, *by_peepholes = lstm_cell_grad(
            former[0], now, *grads, peepholes
        )
        parts = dict(zip("icfo", by_gates.chunk(4, 1), strict=True))
        by_gates = torch.cat([parts[gate] for gate in order], 1)
        by_inputs = by_gates @ weight.T
        by_x[t], by_hidden = by_inputs[:, : x.shape[2]], by_inputs[:, x.shape[2] :]
        by_weight = by_weight + torch.cat([x[t], former[1]], 1).T @ by_gates
        by_bias = by_bias + by_gates.sum(0)
        sums = [a + b for a, b in zip(sums, by_peepholes, strict=True)]
    return by_x, by_cell, by_hidden, by_weight, *sums, by_bias


def gru_cell_grad(
    hidden: Tensor,
    weight_gates: Tensor,
    weight_new: Tensor,
    gates: tuple[Tensor, Tensor, Tensor],
    grad: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """By input, former state, and new and gates before their activation."""
    reset, update, new = gates
    units = hidden.shape[1]
    by_new = grad * (1 - update) * (1 - new * new)
    by_update = grad * (hidden - new) * update * (1 - update)
    by_inputs = by_new @ weight_new.T
    by_x, by_kept = by_inputs[:, :-units], by_inputs[:, -units:]
    by_reset = by_kept * hidden * reset * (1 - reset)
    by_gates = torch.cat([by_reset, by_update], 1)
    by_inputs = by_gates @ weight_gates.T
    by_x = by_x + by_inputs[:, :-units]
    by_hidden = by_inputs[:, -units:] + by_kept * reset + grad * update
    return by_x, by_hidden, by_new, by_gates
