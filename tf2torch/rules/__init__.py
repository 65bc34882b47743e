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
    "candidates",
    "cast",
    "color",
    "compare",
    "complex",
    "control",
    "conv",
    "conv_transpose",
    "counting",
    "crop",
    "cross",
    "ctc",
    "cudnn",
    "decoding",
    "diagonal",
    "distances",
    "distorted",
    "draw",
    "filling",
    "fractional",
    "fused",
    "gather",
    "gradients",
    "identity",
    "image_files",
    "image_gradients",
    "joining",
    "linalg",
    "loss",
    "maps",
    "math",
    "matmul",
    "nms",
    "norm",
    "optimizers",
    "ordering",
    "pad",
    "parse_example",
    "parse_sequence",
    "patches",
    "pool",
    "quantise",
    "ragged",
    "random",
    "reduce",
    "resize",
    "rnn_gradients",
    "rnn_kernels",
    "runtime",
    "scatter",
    "segment",
    "serial",
    "sets",
    "shape",
    "signal",
    "slicing",
    "space",
    "sparse",
    "sparse_match",
    "sparse_math",
    "special",
    "state",
    "stateless",
    "stateless_rejection",
    "string_arrays",
    "string_parts",
    "strings",
    "tables",
    "unicode",
    "variants",
    "window_gradients",
    "xla",
    "xla_windows",
)


@lru_cache(maxsize=1)
def all_rules() -> RuleSet:
    """Every rule that tf2torch has."""
    total = RuleSet("all")
    for family in FAMILIES:
        rules: RuleSet = import_module(f"tf2torch.rules.ops.{family}").rules
        total = total + rules
    return total
