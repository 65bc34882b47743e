"""Unicode: decoding to code points, encoding, transcoding, scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tf2torch.ir.build import call, cast, outs
from tf2torch.ir.nodes import Arg, Module, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("unicode", host=True)
Types = tuple[TensorType, ...]
Errors = Literal["strict", "replace", "ignore"]
# ICU's names of encodings (upper case, no dashes) → Python's.
ENCODINGS = {
    "UTF8": "utf-8",
    "UTF16BE": "utf-16-be",
    "UTF32BE": "utf-32-be",
    "USASCII": "ascii",
    "ASCII": "ascii",
    "ISO88591": "latin-1",
    "LATIN1": "latin-1",
}
PLAIN: tuple[Arg, ...] = ("utf-8", "replace", 0xFFFD, False)


def encoding_of(name: str) -> str | None:
    return ENCODINGS.get(name.upper().replace("-", "").replace("_", ""))


def trimmed(args: tuple[Arg, ...], plain: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """Without the trailing arguments that are defaults."""
    count = len(args)
    while count and args[count - 1] == plain[count - 1]:
        count -= 1
    return args[:count]


@dataclass(frozen=True)
class DecodeAttrs:
    input_encoding: str
    errors: Errors
    replacement_char: int
    replace_control_characters: bool


def _decode(x: Node, attrs: DecodeAttrs, out: Types) -> tuple[Node, ...] | Decline:
    encoding = encoding_of(attrs.input_encoding)
    if encoding is None:
        return Decline(f"encoding {attrs.input_encoding}")
    args: tuple[Arg, ...] = (encoding, attrs.errors, attrs.replacement_char)
    args = trimmed((*args, attrs.replace_control_characters), PLAIN)
    int64 = TensorType("int64", out[0].shape)
    types = (int64, out[1], out[2] if len(out) > 2 else int64)
    splits, *rest = outs(call("helper.unicode_decode", x, *args, types=types))
    return (cast(splits, out[0].dtype), *rest)[: len(out)]


@rules.rule("UnicodeDecode", "UnicodeDecodeWithOffsets")
def unicode_decode(
    x: Node, *, attrs: DecodeAttrs, out: Types
) -> tuple[Node, ...] | Decline:
    return _decode(x, attrs, out)


@dataclass(frozen=True)
class EncodeAttrs:
    errors: Errors
    output_encoding: str
    replacement_char: int


@rules.rule("UnicodeEncode")
def unicode_encode(
    codes: Node, splits: Node, *, attrs: EncodeAttrs, out: Types
) -> Node | Decline:
    encoding = encoding_of(attrs.output_encoding)
    if encoding is None:
        return Decline(f"encoding {attrs.output_encoding}")
    args = trimmed((encoding, attrs.errors, attrs.replacement_char), PLAIN[:3])
    return call("helper.unicode_encode", codes, splits, *args, type=out[0])


@dataclass(frozen=True)
class TranscodeAttrs:
    input_encoding: str
    output_encoding: str
    errors: Errors
    replacement_char: int
    replace_control_characters: bool


@rules.rule("UnicodeTranscode")
def unicode_transcode(x: Node, *, attrs: TranscodeAttrs) -> Node | Decline:
    source, target = map(encoding_of, (attrs.input_encoding, attrs.output_encoding))
    if source is None or target is None or not target.startswith("utf"):
        return Decline(f"from {attrs.input_encoding} to {attrs.output_encoding}")
    args: tuple[Arg, ...] = (source, target, attrs.errors, attrs.replacement_char)
    args = trimmed((*args, attrs.replace_control_characters), ("utf-8", *PLAIN))
    return call("helper.unicode_transcode", x, *args, type=x)


@rules.rule("UnicodeScript")
def unicode_script(x: Node, *, out: Types) -> Node:
    path = "vocabularies/unicode_scripts.json"
    return Module(
        "helper.UnicodeScripts",
        (x,),
        (("file", path),),
        key=("unicode_scripts", path),
        name="unicode_scripts",
        files=((path, script_table),),
        types=(out[0],),
    )


@cache
def script_table() -> bytes:
    """Runs of equal scripts over all code points, by TensorFlow's own table."""
    import tensorflow as tf

    with tf.device("/CPU:0"):
        scripts = tf.strings.unicode_script(tf.range(0x110000)).numpy().tolist()
    starts, runs = [-(2**31)], [-1]
    for code, script in enumerate([*scripts, -1]):
        if script != runs[-1]:
            starts.append(code)
            runs.append(script)
    return json.dumps({"starts": starts, "scripts": runs}).encode() + b"\n"
