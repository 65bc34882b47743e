"""Name scopes of nodes, with the wrappers that saving adds taken out."""

from __future__ import annotations

import re

from tf2torch.ir.nodes import Origin

# Call nodes and signature wrappers say nothing about the model.
NOISE = re.compile(
    r"(Stateful|Stateless|Remote|TPU)?PartitionedCall(_\d+)?"
    r"|serving_default(_\d+)?|signature_wrapper(_\d+)?|__inference_.*"
)


def extend(scope: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The scope of what node ``name`` holds (a call or a loop), seen from ``scope``."""
    return join(scope, tuple(p for p in name.split("/") if not NOISE.fullmatch(p)))


def join(outer: tuple[str, ...], inner: tuple[str, ...]) -> tuple[str, ...]:
    """``inner`` below ``outer``; bodies of loops repeat the outer scope already."""
    if inner[: len(outer)] == outer:
        return inner
    overlap = 1 if outer and inner[:1] == outer[-1:] else 0
    return (*outer, *inner[overlap:])


def origin(scope: tuple[str, ...], prefix: str, name: str) -> Origin:
    """``prefix`` makes the name unique: the path of calls that were inlined."""
    parts = tuple(p for p in name.split("/")[:-1] if not NOISE.fullmatch(p))
    return Origin(join(scope, parts) if parts else scope, (prefix + name,))
