"""String ops that work element by element, and hashes; all run on the host.

A string tensor of the port is a numpy object array of bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tf2torch.ir.build import call, ints_of, scalar_of
from tf2torch.ir.nodes import Arg, DType, Node
from tf2torch.ir.types import FLOATS, TensorType
from tf2torch.rules.elements import number_arg
from tf2torch.rules.re2 import NotPorted, python_pattern, python_rewrite
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.text import (
    as_bytes,
    pattern_literal,
    raw_string,
    string_arg,
    text_of,
)

rules = RuleSet("strings", host=True)
Unit = Literal["BYTE", "UTF8_CHAR"]
Types = tuple[TensorType, ...]


@dataclass(frozen=True)
class EncodingAttrs:
    encoding: str


@rules.rule("StringLower")
def string_lower(x: Node, *, attrs: EncodingAttrs) -> Node:
    return call("helper.string_lower", x, *_named(attrs.encoding), type=x)


@rules.rule("StringUpper")
def string_upper(x: Node, *, attrs: EncodingAttrs) -> Node:
    return call("helper.string_upper", x, *_named(attrs.encoding), type=x)


def _named(value: str) -> tuple[Arg, ...]:
    return (value,) if value else ()


@rules.rule("StringStrip")
def string_strip(x: Node) -> Node:
    return call("helper.string_strip", x, type=x)


@dataclass(frozen=True)
class UnitAttrs:
    unit: Unit


@rules.rule("StringLength")
def string_length(x: Node, *, attrs: UnitAttrs, out: Types) -> Node:
    unit = () if attrs.unit == "BYTE" else (attrs.unit,)
    return call("helper.string_length", x, *unit, type=out[0])


@rules.rule("Substr")
def substr(x: Node, start: Node, length: Node, *, attrs: UnitAttrs, out: Types) -> Node:
    bounds = (number_arg(start), number_arg(length))
    unit = () if attrs.unit == "BYTE" else (attrs.unit,)
    return call("helper.substr", x, *bounds, *unit, type=out[0])


@dataclass(frozen=True)
class JoinAttrs:
    separator: str | bytes


@rules.rule("StringJoin")
def string_join(parts: tuple[Node, ...], *, attrs: JoinAttrs, out: Types) -> Node:
    arrays = tuple(string_arg(p) for p in parts)
    return call("helper.string_join", arrays, *_separator(attrs.separator), type=out[0])


@rules.rule("Add", strings=True)
def add(x: Node, y: Node, *, out: Types) -> Node:
    return string_join((x, y), attrs=JoinAttrs(""), out=out)


def _separator(separator: str | bytes) -> tuple[Arg, ...]:
    return (as_bytes(separator),) if separator else ()


@dataclass(frozen=True)
class ReduceJoinAttrs:
    keep_dims: bool
    separator: str | bytes


@rules.rule("ReduceJoin")
def reduce_join(
    x: Node, axes: Node, *, attrs: ReduceJoinAttrs, out: Types
) -> Node | Decline:
    known = ints_of(axes)
    if known is None:
        return Decline("the axes are computed at run time")
    if not known:
        return x
    rest: tuple[Arg, ...] = (attrs.keep_dims, as_bytes(attrs.separator))
    rest = rest if attrs.separator else rest[: int(attrs.keep_dims)]
    return call("helper.reduce_join", x, known, *rest, type=out[0])


@rules.rule("UnsortedSegmentJoin")
def segment_join(
    x: Node, segments: Node, count: Node, *, attrs: JoinAttrs, out: Types
) -> Node:
    number = scalar_of(count)
    amount: Arg = call("int", count) if number is None else number
    separator = _separator(attrs.separator)
    return call("helper.segment_join", x, segments, amount, *separator, type=out[0])


# --- regular expressions -------------------------------------------------------------


@dataclass(frozen=True)
class StaticReplaceAttrs:
    pattern: str | bytes
    rewrite: str | bytes
    replace_global: bool


@rules.rule("StaticRegexReplace")
def static_regex_replace(x: Node, *, attrs: StaticReplaceAttrs) -> Node | Decline:
    return _replace(x, attrs.pattern, attrs.rewrite, attrs.replace_global)


@dataclass(frozen=True)
class ReplaceAttrs:
    replace_global: bool


@rules.rule("RegexReplace")
def regex_replace(
    x: Node, pattern: Node, rewrite: Node, *, attrs: ReplaceAttrs
) -> Node | Decline:
    known, replacement = text_of(pattern), text_of(rewrite)
    if known is None or replacement is None:
        return Decline("the pattern or the rewrite is computed at run time")
    return _replace(x, known, replacement, attrs.replace_global)


def _replace(
    x: Node, pattern: str | bytes, rewrite: str | bytes, everywhere: bool
) -> Node | Decline:
    try:
        translated = python_pattern(_text(pattern))
        replacement = python_rewrite(_text(rewrite), translated.groups)
    except NotPorted as error:
        return Decline(str(error))
    func = "helper.regex_replace"
    if translated.empty and everywhere:
        func = "helper.regex_replace_empty"
    texts = pattern_literal(translated.text), raw_string(replacement)
    return call(func, x, *texts, *(() if everywhere else (1,)), type=x)


def _text(value: str | bytes) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise NotPorted(f"{value!r} is not UTF-8") from None
    return value


@dataclass(frozen=True)
class PatternAttrs:
    pattern: str | bytes


@rules.rule("StaticRegexFullMatch")
def static_regex_full_match(
    x: Node, *, attrs: PatternAttrs, out: Types
) -> Node | Decline:
    return _full_match(x, attrs.pattern, out)


@rules.rule("RegexFullMatch")
def regex_full_match(x: Node, pattern: Node, *, out: Types) -> Node | Decline:
    known = text_of(pattern)
    if known is None:
        return Decline("the pattern is computed at run time")
    return _full_match(x, known, out)


def _full_match(x: Node, pattern: str | bytes, out: Types) -> Node | Decline:
    try:
        translated = python_pattern(_text(pattern))
    except NotPorted as error:
        return Decline(str(error))
    return call(
        "helper.regex_full_match", x, pattern_literal(translated.text), type=out[0]
    )


# --- numbers -------------------------------------------------------------------------


@rules.rule("StringToNumber")
def string_to_number(x: Node, *, out: Types) -> Node:
    dtype = () if out[0].dtype == "float32" else (DType(out[0].dtype),)
    return call("helper.string_to_number", x, *dtype, type=out[0])


@dataclass(frozen=True)
class AsStringAttrs:
    precision: int
    scientific: bool
    shortest: bool
    width: int
    fill: str


@rules.rule("AsString")
def as_string(x: Node, *, attrs: AsStringAttrs, out: Types) -> Node:
    """printf with the flags that the attributes make."""
    if x.dtype == "bool":
        return call("helper.bool_as_string", x, type=out[0])
    if x.dtype == "string":
        width = -attrs.width if attrs.fill == "-" else attrs.width
        return x if abs(width) <= 1 else call("helper.pad_string", x, width, type=x)
    template = "%"
    if attrs.width > -1:
        template += f"{attrs.fill}{attrs.width}"
    real = x.dtype in FLOATS or x.dtype.startswith("complex")
    if attrs.precision > -1:
        template += f".{attrs.precision}"
    kind = "e" if attrs.scientific else "g" if attrs.shortest else "f"
    return call("helper.as_string", x, template + (kind if real else "d"), type=out[0])


# --- hashes --------------------------------------------------------------------------


@dataclass(frozen=True)
class BucketAttrs:
    num_buckets: int


@rules.rule("StringToHashBucketFast")
def hash_bucket_fast(x: Node, *, attrs: BucketAttrs, out: Types) -> Node:
    return call("helper.hash_bucket_fast", x, attrs.num_buckets, type=out[0])


@rules.rule("StringToHashBucket")
def hash_bucket(x: Node, *, attrs: BucketAttrs, out: Types) -> Node:
    return call("helper.hash_bucket", x, attrs.num_buckets, type=out[0])


@dataclass(frozen=True)
class StrongAttrs:
    num_buckets: int
    key: tuple[int, ...]


@rules.rule("StringToHashBucketStrong")
def hash_bucket_strong(x: Node, *, attrs: StrongAttrs, out: Types) -> Node:
    buckets = attrs.num_buckets
    return call("helper.hash_bucket_strong", x, buckets, attrs.key, type=out[0])


@rules.rule("Fingerprint")
def fingerprint(data: Node, method: Node, *, out: Types) -> Node | Decline:
    if text_of(method) != b"farmhash64":
        return Decline("the only method known is farmhash64")
    strings = data.dtype == "string"
    func = "helper.fingerprint" if strings else "helper.fingerprint_bytes"
    return call(func, data, type=out[0])


# --- comparison ----------------------------------------------------------------------


@dataclass(frozen=True)
class EqualAttrs:
    incompatible_shape_error: bool


@rules.rule("Equal", strings=True)
def equal(x: Node, y: Node, *, attrs: EqualAttrs, out: Types) -> Node:
    return call("helper.strings_equal", string_arg(x), string_arg(y), type=out[0])


@rules.rule("NotEqual", strings=True)
def not_equal(x: Node, y: Node, *, attrs: EqualAttrs, out: Types) -> Node:
    return call("~", equal(x, y, attrs=attrs, out=out), type=out[0])
