"""Ops without a rule, and why: what a port refuses, and what it cannot have."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

from tf2torch.rules.gap_families import LIMIT_FAMILIES, REFUSED_FAMILIES
from tf2torch.rules.structure import LIFTED_FAMILIES

Families = tuple[tuple[str, str], ...]


def reason_in(families: Families, op: str) -> str | None:
    """The reason of the first family with a pattern that ``op`` matches."""
    for reason, patterns in families:
        if any(fnmatchcase(op, pattern) for pattern in patterns.split()):
            return reason
    return None


@cache
def refusal(op: str) -> str | None:
    """Why ``op`` is refused: it reaches outside of the process."""
    return reason_in(REFUSED_FAMILIES, op)


@cache
def limit(op: str) -> str | None:
    """Why ``op`` cannot be ported; None where a rule could be written."""
    return None if refusal(op) else reason_in(LIMIT_FAMILIES, op)


def why_unported(op: str) -> str:
    """The reason of a hint about ``op``, which has no rule."""
    refused = refusal(op)
    if refused is not None:
        return f"refused, {refused}"
    if reason_in(LIFTED_FAMILIES, op):
        return (
            "it is made or used in a way that only the running graph knows; make it "
            "once, outside of the function, and use it directly"
        )
    return limit(op) or "no rule ports it yet"
