"""Encoded images and sounds, decoded on the host to the same pixels as TensorFlow's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import DType, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import number_arg
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("image_files", host=True)
Types = tuple[TensorType, ...]


@dataclass(frozen=True)
class ChannelAttrs:
    channels: int = 0


@rules.rule("DecodePng")
def decode_png(contents: Node, *, attrs: ChannelAttrs, out: Types) -> Node:
    return _decoded(contents, attrs.channels, out[0])


def _decoded(contents: Node, channels: int, out: TensorType, **named: Any) -> Node:
    if out.dtype != "uint8":
        named = {"dtype": DType(out.dtype), **named}
    args = (channels,) if channels else ()
    return call("helper.image_tensor", contents, *args, type=out, **named)


@rules.rule("DecodeBmp")
def decode_bmp(contents: Node, *, attrs: ChannelAttrs, out: Types) -> Node:
    args = (attrs.channels,) if attrs.channels else ()
    return call("helper.bmp_image", contents, *args, type=out[0])


@rules.rule("DecodeGif")
def decode_gif(contents: Node, *, out: Types) -> Node:
    return call("helper.gif_image", contents, type=out[0])


@dataclass(frozen=True)
class ImageAttrs(ChannelAttrs):
    expand_animations: bool = True


@rules.rule("DecodeImage")
def decode_image(contents: Node, *, attrs: ImageAttrs, out: Types) -> Node:
    animated: dict[str, Any] = {"animated": True} if attrs.expand_animations else {}
    return _decoded(contents, attrs.channels, out[0], **animated)


@dataclass(frozen=True)
class JpegAttrs(ChannelAttrs):
    ratio: int = 1
    fancy_upscaling: bool = True
    try_recover_truncated: bool = False
    acceptable_fraction: float = 1.0
    dct_method: str = ""


def _quality(attrs: JpegAttrs) -> dict[str, Any] | Decline:
    """``try_recover_truncated`` only matters for files that are damaged."""
    if attrs.ratio != 1:
        return Decline("it scales the image down while it decodes it")
    named: dict[str, Any] = {} if attrs.fancy_upscaling else {"fancy": False}
    if attrs.dct_method == "INTEGER_ACCURATE":
        named["accurate"] = True
    return named


@rules.rule("DecodeJpeg")
def decode_jpeg(contents: Node, *, attrs: JpegAttrs, out: Types) -> Node | Decline:
    named = _quality(attrs)
    if isinstance(named, Decline):
        return named
    return _decoded(contents, attrs.channels, out[0], **named)


@rules.rule("DecodeAndCropJpeg")
def decode_and_crop_jpeg(
    contents: Node, window: Node, *, attrs: JpegAttrs, out: Types
) -> Node | Decline:
    named = _quality(attrs)
    if isinstance(named, Decline):
        return named
    args = (contents, window, attrs.channels)
    return call("helper.cropped_jpeg", *args, type=out[0], **named)


@rules.rule("ExtractJpegShape")
def extract_jpeg_shape(contents: Node, *, out: Types) -> Node:
    return call("helper.image_shape", contents, DType(out[0].dtype), type=out[0])


@dataclass(frozen=True)
class WavAttrs:
    desired_channels: int = -1
    desired_samples: int = -1


@rules.rule("DecodeWav")
def decode_wav(contents: Node, *, attrs: WavAttrs, out: Types) -> tuple[Node, ...]:
    args = (attrs.desired_channels, attrs.desired_samples)
    given = args if args != (-1, -1) else ()
    return outs(call("helper.decode_wav", contents, *given, types=out))


@rules.rule("EncodeWav")
def encode_wav(audio: Node, rate: Node, *, out: Types) -> Node:
    return call("helper.encode_wav", audio, number_arg(rate), type=out[0])
