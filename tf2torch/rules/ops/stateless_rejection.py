"""Stateless draws that reject: gamma, Poisson, binomial; and shuffles."""

from __future__ import annotations

from tf2torch.ir.build import call, cast
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import sizes_arg
from tf2torch.rules.ops.stateless import GENERATOR, generator_of
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("stateless_rejection")
Types = tuple[TensorType, ...]
UNRANKED = Decline("what is shuffled has no known rank")


def seeded(seed: Node) -> Node:
    return call("helper.philox_generator", seed, type=GENERATOR)


def _gamma(generator: Node, shape: Node, alpha: Node, out: TensorType) -> Node:
    args = (generator, sizes_arg(shape), alpha)
    return call("helper.stateless_gamma", *args, type=out)


@rules.rule("StatelessRandomGammaV2")
def stateless_gamma_v2(shape: Node, seed: Node, alpha: Node, *, out: Types) -> Node:
    return _gamma(seeded(seed), shape, alpha, out[0])


@rules.rule("StatelessRandomGammaV3")
def stateless_gamma_v3(
    shape: Node, key: Node, counter: Node, alg: Node, alpha: Node, *, out: Types
) -> Node | Decline:
    generator = generator_of(key, counter, alg)
    if isinstance(generator, Decline):
        return generator
    return _gamma(generator, shape, alpha, out[0])


@rules.rule("StatelessRandomPoisson")
def stateless_poisson(shape: Node, seed: Node, rate: Node, *, out: Types) -> Node:
    args = (seeded(seed), sizes_arg(shape), rate)
    wide = out[0].with_dtype("float64")
    return cast(call("helper.stateless_poisson", *args, type=wide), out[0].dtype)


@rules.rule("StatelessRandomBinomial")
def stateless_binomial(
    shape: Node, seed: Node, counts: Node, probs: Node, *, out: Types
) -> Node:
    args = (seeded(seed), sizes_arg(shape), counts, probs)
    wide = out[0].with_dtype("float64")
    return cast(call("helper.stateless_binomial", *args, type=wide), out[0].dtype)


@rules.rule("StatelessShuffle")
def stateless_shuffle(
    value: Node, key: Node, counter: Node, alg: Node, *, out: Types
) -> Node | Decline:
    generator = generator_of(key, counter, alg)
    if isinstance(generator, Decline):
        return generator
    if not value.shape:
        return value if value.rank == 0 else UNRANKED
    order = call("helper.stateless_order", generator, value.shape[0])
    return call("[]", value, order, type=out[0])
