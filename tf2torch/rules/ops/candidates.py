"""Candidate samplers: equal in distribution, drawn from torch's generator."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, const, outs
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("candidates")
Types = tuple[TensorType, ...]


@dataclass(frozen=True)
class SamplerAttrs:
    num_true: int
    num_sampled: int
    unique: bool
    range_max: int
    seed: int = 0
    seed2: int = 0


def sampler(func: str) -> RuleFunction:
    def rule(true: Node, *, attrs: SamplerAttrs, out: Types) -> tuple[Node, ...]:
        args: tuple[Arg, ...] = (true, attrs.num_sampled, attrs.range_max, attrs.unique)
        return outs(call(f"helper.{func}", *args, types=out))

    return rule


rules.table(
    sampler,
    {
        "UniformCandidateSampler": "random_uniform_candidates",
        "LogUniformCandidateSampler": "random_log_uniform_candidates",
    },
)


@dataclass(frozen=True)
class UnigramAttrs(SamplerAttrs):
    vocab_file: str = ""
    distortion: float = 1.0
    num_reserved_ids: int = 0
    num_shards: int = 1
    shard: int = 0
    unigrams: tuple[float, ...] = ()


@rules.rule("FixedUnigramCandidateSampler")
def fixed_unigram(
    true: Node, *, attrs: UnigramAttrs, out: Types
) -> tuple[Node, ...] | Decline:
    """Classes in proportion to weights to the power of ``distortion``."""
    if attrs.vocab_file or not attrs.unigrams:
        return Decline("its weights are in a file that is not part of the model")
    if attrs.num_shards > 1:
        return Decline("it draws from one shard of the classes")
    weights = [0.0] * attrs.num_reserved_ids
    weights += [w**attrs.distortion for w in attrs.unigrams]
    table = const(weights, "float64")
    args = (true, attrs.num_sampled, table, attrs.unique)
    return outs(call("helper.random_weighted_candidates", *args, types=out))


@dataclass(frozen=True)
class AllAttrs:
    num_true: int
    num_sampled: int
    unique: bool
    seed: int = 0
    seed2: int = 0


@rules.rule("AllCandidateSampler")
def all_candidates(true: Node, *, attrs: AllAttrs, out: Types) -> tuple[Node, ...]:
    """Every class once."""
    classes = call("torch.arange", attrs.num_sampled, type=out[0])
    of_true = call("torch.ones", call("@shape", true), type=out[1])
    return classes, of_true, call("torch.ones", attrs.num_sampled, type=out[2])


@dataclass(frozen=True)
class HitAttrs:
    num_true: int
    seed: int = 0
    seed2: int = 0


@rules.rule("ComputeAccidentalHits")
def accidental_hits(
    true: Node, sampled: Node, *, attrs: HitAttrs, out: Types
) -> tuple[Node, ...]:
    return outs(call("helper.accidental_hits", true, sampled, types=out))
