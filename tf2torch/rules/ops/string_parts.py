"""Strings taken apart: splits and n-grams."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.text import as_bytes, text_of

rules = RuleSet("string_parts", host=True)
Types = tuple[TensorType, ...]


@dataclass(frozen=True)
class SplitV2Attrs:
    maxsplit: int


@rules.rule("StringSplitV2")
def string_split_v2(
    x: Node, separator: Node, *, attrs: SplitV2Attrs, out: Types
) -> tuple[Node, ...] | Decline:
    known = text_of(separator)
    if known is None:
        return Decline("the separator is computed at run time")
    rest: tuple[Arg, ...] = (known,) if known else ()
    if attrs.maxsplit >= 0:
        rest = (known, attrs.maxsplit)
    return outs(call("helper.string_split", x, *rest, types=out))


@dataclass(frozen=True)
class SplitAttrs:
    skip_empty: bool


@rules.rule("StringSplit")
def string_split(
    x: Node, separators: Node, *, attrs: SplitAttrs, out: Types
) -> tuple[Node, ...] | Decline:
    known = text_of(separators)
    if known is None:
        return Decline("the delimiter is computed at run time")
    rest = () if attrs.skip_empty else (False,)
    return outs(call("helper.string_split_chars", x, known, *rest, types=out))


@dataclass(frozen=True)
class NGramsAttrs:
    separator: str | bytes
    ngram_widths: tuple[int, ...]
    left_pad: str | bytes
    right_pad: str | bytes
    pad_width: int
    preserve_short_sequences: bool


@rules.rule("StringNGrams")
def string_ngrams(
    x: Node, splits: Node, *, attrs: NGramsAttrs, out: Types
) -> tuple[Node, ...]:
    made = call(
        "helper.string_ngrams",
        x,
        splits,
        attrs.ngram_widths,
        as_bytes(attrs.separator),
        (as_bytes(attrs.left_pad), as_bytes(attrs.right_pad)),
        attrs.pad_width,
        attrs.preserve_short_sequences,
        types=out,
    )
    return outs(made)
