"""The rule sets: one per family of TF ops, and their sum."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from tf2torch.rules.ruleset import RuleSet

# One module of tf2torch.rules.ops each, in alphabetical order.
FAMILIES = (
    "activation",
    "bias",
    "bitwise",
    "cast",
    "compare",
    "complex",
    "control",
    "conv",
    "conv_transpose",
    "filling",
    "gather",
    "identity",
    "joining",
    "loss",
    "math",
    "matmul",
    "norm",
    "pad",
    "pool",
    "reduce",
    "resize",
    "scatter",
    "shape",
    "signal",
    "slicing",
    "space",
    "string_arrays",
    "strings",
    "tables",
)


@lru_cache(maxsize=1)
def all_rules() -> RuleSet:
    """Every rule that tf2torch has."""
    total = RuleSet("all")
    for family in FAMILIES:
        rules: RuleSet = import_module(f"tf2torch.rules.ops.{family}").rules
        total = total + rules
    return total
