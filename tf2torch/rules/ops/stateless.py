"""Random ops that are functions of their seed: the same numbers as TensorFlow's.

The algorithm on a CPU is Philox. A generator is made of the seed (the first versions
of the ops) or of a key and a counter (the second ones).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tf2torch.ir.build import call, cast, const, scalar_of
from tf2torch.ir.nodes import Arg, Call, Const, DType, Node, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg, sizes_arg
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("stateless")
Types = tuple[TensorType, ...]
GENERATOR = TensorType("int64", (3,))
PHILOX = 1
UINT64 = DType("uint64")
INT64 = DType("int64")


# --- generators ------------------------------------------------------------------


@rules.rule("StatelessRandomGetAlg")
def get_alg(*, out: Types) -> Node:
    return const(PHILOX, "int32")


@rules.rule("StatelessRandomGetKeyCounter")
def get_key_counter(seed: Node, *, out: Types) -> tuple[Node, ...]:
    generator = call("helper.philox_generator", seed, type=GENERATOR)
    return _part(generator, 0, 1, out[0]), _part(generator, 1, 3, out[1])


@rules.rule("StatelessRandomGetKeyCounterAlg")
def get_key_counter_alg(seed: Node, *, out: Types) -> tuple[Node, ...]:
    return *get_key_counter(seed, out=out), const(PHILOX, "int32")


def _part(generator: Node, start: int, stop: int, out: TensorType) -> Node:
    wide = out.with_dtype("int64")
    words = call("[]", generator, Slice(start, stop), type=wide)
    return call(".view", words, UINT64, type=out)


def generator_of(key: Node, counter: Node, alg: Node) -> Node | Decline:
    """The generator with that key and counter; the one they were cut from."""
    if scalar_of(alg) not in (PHILOX, 3):
        return Decline("its algorithm is not known to be Philox")
    match key, counter:
        case (
            Call(".view", (Call("[]", (Node() as first, Slice(0, 1))), _)),
            Call(".view", (Call("[]", (Node() as second, Slice(1, 3))), _)),
        ) if first is second:
            return first
    if isinstance(key, Const) and isinstance(counter, Const):
        known = np.concatenate((key.array, counter.array))
        return const(known.view(np.int64))
    words = tuple(
        call(".view", n, INT64, type=n.type.with_dtype("int64")) for n in (key, counter)
    )
    return call("torch.cat", words, type=GENERATOR)


# --- draws -----------------------------------------------------------------------


def _drawn(func: str, generator: Node, shape: Node, out: TensorType) -> Node:
    named: dict[str, Any] = {}
    if out.dtype != "float32":
        named["dtype"] = DType(out.dtype)
    return call(f"helper.{func}", generator, sizes_arg(shape), type=out, **named)


def from_seed(func: str) -> RuleFunction:
    def rule(shape: Node, seed: Node, *, out: Types) -> Node:
        generator = call("helper.philox_generator", seed, type=GENERATOR)
        return _drawn(func, generator, shape, out[0])

    return rule


def from_key(func: str) -> RuleFunction:
    def rule(
        shape: Node, key: Node, counter: Node, alg: Node, *, out: Types
    ) -> Node | Decline:
        generator = generator_of(key, counter, alg)
        if isinstance(generator, Decline):
            return generator
        return _drawn(func, generator, shape, out[0])

    return rule


KINDS = {
    "StatelessRandomNormal": "stateless_normal",
    "StatelessRandomUniform": "stateless_uniform",
    "StatelessRandomUniformFullInt": "stateless_integers",
    "StatelessTruncatedNormal": "stateless_truncated_normal",
}
rules.table(from_seed, KINDS)
rules.table(from_key, {f"{op}V2": func for op, func in KINDS.items()})


@rules.rule("StatelessRandomUniformInt")
def uniform_int(
    shape: Node, seed: Node, low: Node, high: Node, *, out: Types
) -> Node | Decline:
    generator = call("helper.philox_generator", seed, type=GENERATOR)
    return _integers(generator, shape, low, high, out[0])


@rules.rule("StatelessRandomUniformIntV2")
def uniform_int_v2(
    shape: Node,
    key: Node,
    counter: Node,
    alg: Node,
    low: Node,
    high: Node,
    *,
    out: Types,
) -> Node | Decline:
    generator = generator_of(key, counter, alg)
    if isinstance(generator, Decline):
        return generator
    return _integers(generator, shape, low, high, out[0])


def _integers(
    generator: Node, shape: Node, low: Node, high: Node, out: TensorType
) -> Node | Decline:
    bounds = number_arg(low), number_arg(high)
    args = (generator, *bounds, sizes_arg(shape))
    if out.dtype == "int32":
        return call("helper.stateless_randint32", *args, type=out)
    if out.dtype == "int64":
        return call("helper.stateless_randint", *args, type=out)
    return Decline(f"torch has no arithmetic for {out.dtype}")


@rules.rule("StatelessMultinomial")
def multinomial(logits: Node, count: Node, seed: Node, *, out: Types) -> Node:
    generator = call("helper.philox_generator", seed, type=GENERATOR)
    args: tuple[Arg, ...] = (generator, logits, number_arg(count))
    wide = out[0].with_dtype("int64")
    made = call("helper.stateless_multinomial", *args, type=wide)
    return cast(made, out[0].dtype)
