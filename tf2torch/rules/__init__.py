"""The rule sets: one per family of TF ops, and their sum."""

from __future__ import annotations

from tf2torch.rules.ruleset import RuleSet


def all_rules() -> RuleSet:
    """Every rule that tf2torch has."""
    from tf2torch.rules.ops import (
        filling,
        gather,
        identity,
        joining,
        math,
        pad,
        scatter,
        shape,
        slicing,
    )

    families = (
        math,
        *(shape, identity, joining, filling, pad, slicing, gather, scatter),
    )
    total = RuleSet("all")
    for family in families:
        total = total + family.rules
    return total
