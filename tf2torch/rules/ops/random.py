"""Random ops with state: the port draws from torch's generator, equal in distribution.

The seeds of the graph have no meaning outside of TensorFlow's own generator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, cast, scalar_of, sizes_of
from tf2torch.ir.nodes import Arg, DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import sizes_arg
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("random")


@dataclass(frozen=True)
class SeedAttrs:
    seed: int = 0
    seed2: int = 0


def drawn(func: str, sizes: Node, out: TensorType) -> Node:
    return call(func, sizes_arg(sizes), type=out, **dtype_of(out))


def dtype_of(out: TensorType) -> dict[str, Any]:
    """The keyword that torch needs where it is not its default."""
    return {} if out.dtype == "float32" else {"dtype": DType(out.dtype)}


@rules.rule("RandomUniform")
def random_uniform(
    shape: Node, *, attrs: SeedAttrs, out: tuple[TensorType, ...]
) -> Node:
    return drawn("torch.rand", shape, out[0])


@rules.rule("RandomStandardNormal")
def random_standard_normal(
    shape: Node, *, attrs: SeedAttrs, out: tuple[TensorType, ...]
) -> Node:
    return drawn("torch.randn", shape, out[0])


@rules.rule("TruncatedNormal")
def truncated_normal(
    shape: Node, *, attrs: SeedAttrs, out: tuple[TensorType, ...]
) -> Node:
    """Normal within two standard deviations."""
    wide = out[0].with_dtype("float32")
    made = call("helper.random_truncated_normal", sizes_arg(shape), type=wide)
    return cast(made, out[0].dtype)


@rules.rule("RandomUniformInt")
def random_uniform_int(
    shape: Node,
    minval: Node,
    maxval: Node,
    *,
    attrs: SeedAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    bounds = tuple(map(_number, (minval, maxval)))
    named = _integer_of(out[0])
    return call("torch.randint", *bounds, sizes_arg(shape), type=out[0], **named)


def _integer_of(out: TensorType) -> dict[str, Any]:
    return {} if out.dtype == "int64" else {"dtype": DType(out.dtype)}


def _number(node: Node) -> Arg:
    number = scalar_of(node)
    if number is not None:
        return number
    known = sizes_of(node)
    return call(".item", node) if known is None else known[0]


@rules.rule("ParameterizedTruncatedNormal")
def parameterized_truncated_normal(
    shape: Node,
    means: Node,
    stdevs: Node,
    minvals: Node,
    maxvals: Node,
    *,
    attrs: SeedAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    sizes = sizes_arg(shape)
    parameters = (means, stdevs, minvals, maxvals)
    wide = out[0].with_dtype("float64")
    made = call("helper.random_truncated_between", sizes, *parameters, type=wide)
    return cast(made, out[0].dtype)


@rules.rule("RandomGamma")
def random_gamma(
    shape: Node, alpha: Node, *, attrs: SeedAttrs, out: tuple[TensorType, ...]
) -> Node:
    return call("helper.random_gamma", sizes_arg(shape), alpha, type=out[0])


@rules.rule("RandomPoisson", "RandomPoissonV2")
def random_poisson(
    shape: Node, rate: Node, *, attrs: SeedAttrs, out: tuple[TensorType, ...]
) -> Node:
    made = call("helper.random_poisson", sizes_arg(shape), rate, type=out[0])
    return call(".to", made, DType(out[0].dtype), type=out[0])


@rules.rule("Multinomial")
def multinomial(
    logits: Node,
    num_samples: Node,
    *,
    attrs: SeedAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    shares = call(".softmax", cast(logits, _float(logits.dtype)), -1)
    count = _number(num_samples)
    made = call(
        "torch.multinomial",
        shares,
        count,
        replacement=True,
        type=out[0].with_dtype("int64"),
    )
    return cast(made, out[0].dtype)


def _float(dtype: str) -> str:
    return dtype if dtype in ("float32", "float64") else "float32"


@rules.rule("RandomShuffle")
def random_shuffle(
    value: Node, *, attrs: SeedAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    if value.shape is None or not value.shape:
        return (
            Decline("what is shuffled has no known rank")
            if value.rank is None
            else value
        )
    order = call("torch.randperm", value.shape[0])
    return call("[]", call(".detach", value, type=value), order, type=out[0])


@rules.rule("RandomCrop")
def random_crop(
    image: Node, size: Node, *, attrs: SeedAttrs, out: tuple[TensorType, ...]
) -> Node:
    """A window of the first two axes, anywhere in the image."""
    return call("helper.random_crop", image, sizes_arg(size), type=out[0])


@rules.rule("NonDeterministicInts")
def non_deterministic_ints(
    shape: Node, *, out: tuple[TensorType, ...]
) -> Node | Decline:
    ranges = {"int32": (-(2**31), 2**31), "int64": (-(2**63), 2**63 - 1)}
    if out[0].dtype not in ranges:
        return Decline(f"torch draws no {out[0].dtype} over its whole range")
    low, high = ranges[out[0].dtype]
    named = _integer_of(out[0])
    return call("torch.randint", low, high, sizes_arg(shape), type=out[0], **named)


# --- generators whose state is a variable ----------------------------------------


@rules.rule("RngReadAndSkip")
def rng_read_and_skip(
    resource: Node, alg: Node, delta: Node, *, out: tuple[TensorType, ...]
) -> Node:
    """A key and a counter that were never read before."""
    return call("torch.randint", -(2**63), 2**63 - 1, (3,), type=out[0])


@rules.rule("RngSkip")
def rng_skip(resource: Node, algorithm: Node, delta: Node) -> tuple[Node, ...]:
    return ()


def generated(func: str) -> RuleFunction:
    def rule(
        resource: Node, algorithm: Node, shape: Node, *, out: tuple[TensorType, ...]
    ) -> Node:
        return drawn(func, shape, out[0])

    return rule


rules.table(
    generated,
    {"StatefulStandardNormalV2": "torch.randn", "StatefulUniform": "torch.rand"},
)


@rules.rule("StatefulStandardNormal")
def stateful_standard_normal(
    resource: Node, shape: Node, *, out: tuple[TensorType, ...]
) -> Node:
    return drawn("torch.randn", shape, out[0])


@rules.rule("StatefulRandomBinomial")
def stateful_random_binomial(
    resource: Node,
    algorithm: Node,
    shape: Node,
    counts: Node,
    probs: Node,
    *,
    out: tuple[TensorType, ...],
) -> Node:
    wide = out[0].with_dtype("float64")
    args = (sizes_arg(shape), counts, probs)
    return cast(call("helper.random_binomial", *args, type=wide), out[0].dtype)


@rules.rule("StatefulTruncatedNormal")
def stateful_truncated_normal(
    resource: Node, algorithm: Node, shape: Node, *, out: tuple[TensorType, ...]
) -> Node:
    return truncated_normal(shape, attrs=SeedAttrs(), out=out)


@rules.rule("StatefulUniformInt")
def stateful_uniform_int(
    resource: Node,
    algorithm: Node,
    shape: Node,
    minval: Node,
    maxval: Node,
    *,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    if out[0].dtype not in ("int32", "int64"):
        return Decline(f"torch draws no {out[0].dtype} between bounds")
    return random_uniform_int(shape, minval, maxval, attrs=SeedAttrs(), out=out)


@rules.rule("StatefulUniformFullInt")
def stateful_uniform_full_int(
    resource: Node, algorithm: Node, shape: Node, *, out: tuple[TensorType, ...]
) -> Node | Decline:
    return non_deterministic_ints(shape, out=out)
