"""Text and byte formats that models decode themselves; all run on the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import Arg, DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg
from tf2torch.rules.ops.parse_example import default_arg
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.text import as_bytes

rules = RuleSet("decoding", host=True)
Types = tuple[TensorType, ...]
SINGLE_BYTES = frozenset({"bool", "int8", "uint8"})


@dataclass(frozen=True)
class PadAttrs:
    pad: bool


@rules.rule("EncodeBase64")
def encode_base64(x: Node, *, attrs: PadAttrs) -> Node:
    return call("helper.encode_base64", x, *((True,) if attrs.pad else ()), type=x)


@rules.rule("DecodeBase64")
def decode_base64(x: Node) -> Node:
    return call("helper.decode_base64", x, type=x)


@dataclass(frozen=True)
class EndianAttrs:
    little_endian: bool

    def swapped(self, dtype: str) -> bool | Decline:
        if self.little_endian or dtype in SINGLE_BYTES:
            return False
        if dtype.startswith("complex"):
            return Decline("big-endian complex numbers")
        return True


@rules.rule("DecodeRaw")
def decode_raw(x: Node, *, attrs: EndianAttrs, out: Types) -> Node | Decline:
    swapped = attrs.swapped(out[0].dtype)
    if isinstance(swapped, Decline):
        return swapped
    flags = (True,) if swapped else ()
    return call("helper.decode_raw", x, DType(out[0].dtype), *flags, type=out[0])


@rules.rule("DecodePaddedRaw")
def decode_padded_raw(
    x: Node, length: Node, *, attrs: EndianAttrs, out: Types
) -> Node | Decline:
    swapped = attrs.swapped(out[0].dtype)
    if isinstance(swapped, Decline):
        return swapped
    args = (x, number_arg(length), DType(out[0].dtype), swapped)
    return call("helper.decode_padded_raw", *args, type=out[0])


@dataclass(frozen=True)
class CsvAttrs:
    field_delim: str
    use_quote_delim: bool
    na_value: str | bytes
    select_cols: tuple[int, ...]


@rules.rule("DecodeCSV")
def decode_csv(
    records: Node, defaults: tuple[Node, ...], *, attrs: CsvAttrs, out: Types
) -> tuple[Node, ...] | Decline:
    fills: list[Arg] = []
    for default in defaults:
        fill = default_arg(default)
        if isinstance(fill, Decline):
            return fill
        fills.append(fill)
    dtypes = tuple(None if t.dtype == "string" else DType(t.dtype) for t in out)
    rest: list[Arg] = [
        attrs.field_delim,
        attrs.use_quote_delim,
        as_bytes(attrs.na_value),
        attrs.select_cols,
    ]
    plain: list[Arg] = [",", True, b"", ()]
    while rest and rest[-1] == plain[len(rest) - 1]:
        rest.pop()
    return outs(
        call("helper.decode_csv", records, dtypes, tuple(fills), *rest, types=out)
    )


@rules.rule("DecodeJSONExample")
def decode_json_example(x: Node) -> Node:
    """The order of the features in the bytes is free, and TensorFlow's is random."""
    return call("helper.decode_json_examples", x, type=x)


@dataclass(frozen=True)
class CompressionAttrs:
    compression_type: Literal["", "ZLIB", "GZIP"]


@rules.rule("DecodeCompressed")
def decode_compressed(x: Node, *, attrs: CompressionAttrs) -> Node:
    if not attrs.compression_type:
        return x
    return call("helper.decompress", x, attrs.compression_type, type=x)


@rules.rule("ParseTensor")
def parse_tensor(x: Node, *, out: Types) -> Node:
    dtype = None if out[0].dtype == "string" else DType(out[0].dtype)
    return call("helper.parse_tensor", x, dtype, type=out[0])


@dataclass(frozen=True)
class FormatAttrs:
    template: str
    placeholder: str
    summarize: int


@rules.rule("StringFormat")
def string_format(
    values: tuple[Node, ...], *, attrs: FormatAttrs, out: Types
) -> Node | Decline:
    if attrs.template.count(attrs.placeholder) != len(values):
        return Decline("the template has not one placeholder for each tensor")
    args = (attrs.template, values, attrs.placeholder, attrs.summarize)
    return call("helper.format_tensors", *args, type=out[0])
