"""Stateless draws by rejection, number for number as TensorFlow's kernels make them.

Output number i owns the 256 blocks of Philox from 256·i; it takes uniform or normal
doubles from them, two to a block and the second one first, until a draw is accepted.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from tf2torch.rules.helpers.gamma import gamma_sample_grad
from tf2torch.rules.helpers.philox import (
    box_muller,
    philox_words,
    stateless_words,
    unit_floats,
)

# The tail of Stirling's series at 0, 1, …, 9.
_STIRLING = (
    0.0810614667953272,
    0.0413406959554092,
    0.0276779256849983,
    0.02079067210376509,
    0.0166446911898211,
    0.0138761288230707,
    0.0118967099458917,
    0.0104112652619720,
    0.00925546218271273,
    0.00833056343336287,
)


class PhiloxStreams:
    """A stream of random doubles for each of ``count`` outputs."""

    def __init__(self, generator: Tensor, count: int, blocks: int = 256):
        self.generator = generator
        self.block = blocks * torch.arange(count, device=generator.device)
        self.left = {k: torch.zeros_like(self.block) for k in ("uniform", "normal")}
        self.pairs = {
            k: torch.zeros(count, 2, dtype=torch.float64, device=generator.device)
            for k in self.left
        }

    def draw(self, rows: Tensor, kind: str = "uniform") -> Tensor:
        """The next number of those outputs."""
        left, pairs = self.left[kind], self.pairs[kind]
        empty = rows[left[rows] == 0]
        words = philox_words(self.generator, self.block[empty])
        if kind == "normal":
            pairs[empty] = box_muller(words, torch.float64)
        else:
            pairs[empty] = unit_floats(words.reshape(-1, 2, 2), torch.float64)
        self.block[empty] += 1
        left[empty] = 2
        left[rows] -= 1
        return pairs[rows, left[rows]]


def rejected(
    generator: Tensor,
    size: Sequence[int],
    attempt: Callable[..., tuple[Tensor, Tensor]],
    *parameters: Tensor,
) -> Tensor:
    """Draws of shape ``size``, whose last axes are those of the parameters.

    ``attempt`` takes the streams, the outputs still to be drawn and their parameters;
    it gives a value for each and whether that is accepted.
    """
    flat = [p.detach().double().broadcast_to(size).flatten() for p in parameters]
    inner = math.prod(torch.broadcast_shapes(*(p.shape for p in parameters)))
    # Outputs count along the samples of one parameter first.
    places = torch.arange(math.prod(size), device=generator.device)
    order = places.reshape(-1, max(inner, 1)).T.flatten()
    streams = PhiloxStreams(generator, len(order))
    made = torch.zeros(len(order), dtype=torch.float64, device=generator.device)
    rows = places
    while len(rows):
        value, accepted = attempt(streams, rows, *(p[order[rows]] for p in flat))
        made[order[rows[accepted]]] = value[accepted]
        rows = rows[~accepted]
    return made.reshape(size)


# --- gamma -----------------------------------------------------------------------


def _gamma_attempt(
    streams: PhiloxStreams, rows: Tensor, alpha: Tensor
) -> tuple[Tensor, Tensor]:
    """Marsaglia and Tsang's rejection; alpha 1 is the exponential distribution."""
    value, accepted = torch.zeros_like(alpha), alpha == 1
    value[accepted] = -torch.log1p(-streams.draw(rows[accepted]))
    (others,) = torch.where(~accepted)
    small = alpha[others] < 1
    d = alpha[others] + torch.where(small, 2.0, -1.0).double() / 3
    x = streams.draw(rows[others], "normal")
    v = 1 + 1 / 3 / d.sqrt() * x
    positive = v > 0
    others, small, d, x, v = (t[positive] for t in (others, small, d, x, v))
    v = v * v * v
    u = streams.draw(rows[others])
    squeezed = u < 1 - 0.0331 * (x * x) * (x * x)
    taken = squeezed | (u.log() < 0.5 * x * x + d * (1 - v + v.log()))
    others, small, made = others[taken], small[taken], (d * v)[taken]
    made[small] *= streams.draw(rows[others[small]]) ** (1 / alpha[others[small]])
    value[others], accepted[others] = made, True
    return value, accepted


class StatelessGamma(torch.autograd.Function):
    """Gamma draws of scale 1 with their implicit gradient."""

    @staticmethod
    def forward(ctx: Any, alpha: Tensor, generator: Tensor, size: Any) -> Tensor:
        made = rejected(generator, size, _gamma_attempt, alpha).to(alpha.dtype)
        ctx.save_for_backward(alpha, made)
        return made

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        alpha, made = ctx.saved_tensors
        slope = gamma_sample_grad(alpha, made)
        return (grad * slope).sum_to_size(alpha.shape), None, None


def stateless_gamma(generator: Tensor, size: Sequence[int], alpha: Tensor) -> Tensor:
    """Gamma draws; the last axes of ``size`` are those of ``alpha``."""
    return StatelessGamma.apply(alpha, generator, tuple(int(s) for s in size))


# --- Poisson ---------------------------------------------------------------------


def _poisson_large(
    streams: PhiloxStreams, rows: Tensor, rate: Tensor
) -> tuple[Tensor, Tensor]:
    """Hörmann's transformed rejection."""
    b = 0.931 + 2.53 * rate.sqrt()
    a = -0.059 + 0.02483 * b
    u, v = streams.draw(rows) - 0.5, streams.draw(rows)
    shifted = 0.5 - u.abs()
    k = torch.floor((2 * a / shifted + b) * u + rate + 0.43)
    s = torch.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (shifted * shifted) + b))
    t = -rate + k * rate.log() - torch.lgamma(k + 1)
    boxed = (shifted >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2))
    refused = (k < 0) | (shifted < 0.013) & (v > shifted)
    return k, boxed | ~refused & (s <= t)


def _poisson_small(streams: PhiloxStreams, rows: Tensor, rate: Tensor) -> Tensor:
    """Knuth: how many uniform numbers multiply to more than exp(-rate)."""
    count, product = torch.zeros_like(rate), torch.ones_like(rate)
    limit, active = torch.exp(-rate), torch.arange(len(rows), device=rows.device)
    while len(active):
        product[active] *= streams.draw(rows[active])
        active = active[product[active] > limit[active]]
        count[active] += 1
    return count


def _poisson_attempt(
    streams: PhiloxStreams, rows: Tensor, rate: Tensor
) -> tuple[Tensor, Tensor]:
    value, accepted = torch.zeros_like(rate), rate < 10
    value[accepted] = _poisson_small(streams, rows[accepted], rate[accepted])
    large = ~accepted
    value[large], accepted[large] = _poisson_large(streams, rows[large], rate[large])
    return value, accepted


def stateless_poisson(generator: Tensor, size: Sequence[int], rate: Tensor) -> Tensor:
    """Poisson draws, float64; the last axes of ``size`` are those of ``rate``."""
    return rejected(generator, [int(s) for s in size], _poisson_attempt, rate)


# --- binomial --------------------------------------------------------------------


def _stirling_tail(k: Tensor) -> Tensor:
    table = torch.tensor(_STIRLING, dtype=torch.float64, device=k.device)
    square = (k + 1) * (k + 1)
    tail = (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)
    return torch.where(k <= 9, table[k.clamp(0, 9).long()], tail)


def _binomial_large(
    streams: PhiloxStreams, rows: Tensor, n: Tensor, p: Tensor
) -> tuple[Tensor, Tensor]:
    """Hörmann's BTRS."""
    deviation = torch.sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    r, alpha = p / (1 - p), (2.83 + 5.1 / b) * deviation
    m = torch.floor((n + 1) * p)
    u, v = streams.draw(rows) - 0.5, streams.draw(rows)
    us = 0.5 - u.abs()
    k = torch.floor((2 * a / us + b) * u + n * p + 0.5)
    boxed = (us >= 0.07) & (v <= 0.92 - 4.2 / b)
    bound = (m + 0.5) * torch.log((m + 1) / (r * (n - m + 1)))
    bound += (n + 1) * torch.log((n - m + 1) / (n - k + 1))
    bound += (k + 0.5) * torch.log(r * (n - k + 1) / (k + 1))
    bound += _stirling_tail(m) + _stirling_tail(n - m)
    bound -= _stirling_tail(k) + _stirling_tail(n - k)
    inside = (k >= 0) & (k <= n)
    return k, boxed | inside & (torch.log(v * alpha / (a / (us * us) + b)) <= bound)


def _binomial_small(
    streams: PhiloxStreams, rows: Tensor, n: Tensor, p: Tensor
) -> Tensor:
    """How many geometric steps fit into ``n``."""
    count, total = torch.zeros_like(n), torch.zeros_like(n)
    active = torch.arange(len(rows), device=rows.device)
    while len(active):
        drawn = streams.draw(rows[active])
        total[active] += torch.ceil(drawn.log() / torch.log1p(-p[active]))
        active = active[total[active] <= n[active]]
        count[active] += 1
    return count


def _binomial_attempt(
    streams: PhiloxStreams, rows: Tensor, n: Tensor, p: Tensor
) -> tuple[Tensor, Tensor]:
    value, accepted = torch.where(p >= 1, n, 0.0), (n <= 0) | (p <= 0) | (p >= 1)
    value[(n <= 0) | (p <= 0)] = 0.0
    value[p.isnan()], accepted[p.isnan()] = torch.nan, True
    share = torch.where(p > 0.5, 1 - p, p)
    small, large = ~accepted & (n * share < 10), ~accepted & (n * share >= 10)
    # This kernel gives such outputs 42 blocks each.
    fewer = PhiloxStreams(streams.generator, len(streams.block), 42)
    value[small] = _binomial_small(fewer, rows[small], n[small], share[small])
    value[large], accepted[large] = _binomial_large(
        streams, rows[large], n[large], share[large]
    )
    turned = (small | large) & (p > 0.5)
    return torch.where(turned, n - value, value), accepted | small


def stateless_binomial(
    generator: Tensor, size: Sequence[int], counts: Tensor, probs: Tensor
) -> Tensor:
    """Binomial draws, float64; the last axes of ``size`` are those of both."""
    sizes = [int(s) for s in size]
    return rejected(generator, sizes, _binomial_attempt, counts, probs)


# --- shuffles --------------------------------------------------------------------


def stateless_order(generator: Tensor, count: int) -> Tensor:
    """The order into which TensorFlow shuffles ``count`` rows: Fisher and Yates."""
    words = stateless_words(generator, (max(count - 1, 0),), 1)[:, 0].tolist()
    order = list(range(count))
    for i, word in enumerate(words):
        j = i + word % (count - i)
        order[i], order[j] = order[j], order[i]
    return torch.tensor(order, dtype=torch.int64, device=generator.device)
