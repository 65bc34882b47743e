"""Image and sound files: every kind of PNG, JPEG, BMP, GIF and WAV that is read."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32

raw = tf.raw_ops
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4))
PASSES += ((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def text(contents: bytes) -> np.ndarray:
    made = np.empty((), object)
    made[()] = contents
    return made


def photo(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Waves and noise, uint8."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 7 + y / 9), np.cos(y / 5), np.sin(x / 3), np.cos(x / 11 - y)]
    noise = np.random.default_rng(0).normal(0, 12, (height, width, channels))
    made = 128 + 100 * np.stack(waves[:channels], -1) + noise
    return np.clip(made, 0, 255).astype(np.uint8)


def filtered(rows: np.ndarray, step: int) -> bytes:
    """Rows of bytes, each with another of PNG's five filters."""
    made, above = b"", np.zeros(rows.shape[1], np.int64)
    for number, row in enumerate(rows.astype(np.int64)):
        left = np.concatenate((np.zeros(step, np.int64), row))[: len(row)]
        corner = np.concatenate((np.zeros(step, np.int64), above))[: len(row)]
        far = (above - corner, left - corner, left + above - 2 * corner)
        nearest = np.abs(np.stack(far))
        paeth = np.stack((left, above, corner))[nearest.argmin(0), np.arange(len(row))]
        kind = number % 5
        guess = [0 * row, left, above, left + above >> 1, paeth][kind]
        made += bytes([kind]) + (row - guess & 255).astype(np.uint8).tobytes()
        above = row
    return made


def packed(samples: np.ndarray, depth: int) -> np.ndarray:
    """[rows, bytes] of [rows, samples]."""
    if depth == 16:
        return samples.astype(">u2").view(np.uint8).reshape(len(samples), -1)
    if depth == 8:
        return samples.astype(np.uint8)
    bits = samples[..., None] >> np.arange(depth)[::-1] & 1
    return np.packbits(bits.reshape(len(samples), -1).astype(np.uint8), axis=1)


def png(
    color: int, depth: int, interlaced: bool = False, transparent: bytes = b""
) -> np.ndarray:
    """A PNG of random samples."""
    channels, size = CHANNELS[color], (13, 11)
    random = np.random.default_rng(depth)
    top = 5 if color == 3 else 1 << depth
    samples = random.integers(0, min(top, 1 << depth), (*size, channels))
    step, body = max(1, channels * depth // 8), b""
    for x, y, across, down in PASSES if interlaced else ((0, 0, 1, 1),):
        part = samples[y::down, x::across]
        if part.size:
            body += filtered(packed(part.reshape(len(part), -1), depth), step)
    head = struct.pack(">IIBBBBB", *size[::-1], depth, color, 0, 0, interlaced)
    chunks = [(b"IHDR", head)]
    if color == 3:
        chunks.append((b"PLTE", random.integers(0, 256, 15).astype(np.uint8).tobytes()))
    if transparent:
        chunks.append((b"tRNS", transparent))
    chunks += [(b"IDAT", zlib.compress(body)), (b"IEND", b"")]
    made = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        crc = zlib.crc32(kind + data)
        made += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)
    return text(made)


def bmp(channels: int, top_down: bool) -> np.ndarray:
    pixels = photo(5, 7, max(channels, 1))
    stride = -(-7 * channels // 4) * 4
    rows = np.zeros((5, stride), np.uint8)
    rows[:, : 7 * channels] = pixels.reshape(5, -1)
    height = -5 if top_down else 5
    head = struct.pack("<2sIHHI", b"BM", 54 + rows.size, 0, 0, 54)
    head += struct.pack("<IiiHHIIiiII", 40, 7, height, 1, 8 * channels, *[0] * 6)
    return text(head + rows.tobytes())


def jpeg(height: int, width: int, channels: int = 3, **options: Any) -> np.ndarray:
    made = tf.io.encode_jpeg(photo(height, width, channels), **options)
    return text(made.numpy())


def wav(channels: int, samples: int) -> np.ndarray:
    random = np.random.default_rng(0)
    audio = random.uniform(-1, 1, (samples, channels)).astype("f")
    return text(tf.audio.encode_wav(audio, 16000).numpy())


def decoded(op: str, contents: np.ndarray, name: str, **attrs: Any) -> OpCase:
    def run(x: tf.Tensor) -> tf.Tensor:
        return getattr(raw, op)(contents=x, **attrs)

    return case(op, run, contents, grad=False, name=name)


DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# Two frames of 6 by 5 pixels; the second covers a part and has a transparent colour.
GIF = text(
    base64.b64decode(
        "R0lGODlhBgAFAIIAANgsFtwFihRMe2xnBwEfAquGpUGdw2J1/yH5BAUAAAMALAAAAAAGAAUA"
        "AAgeAA0UICBAAICDAQQeIEDgQIGBDQUIBDDAAAEAAgMCACH5BAUAAAMALAAAAAAGAAUAgriY"
        "gVbCZFTjQzq2nwwVYNVmyVE9yuAUDgghAA0cGFDgQAEDBQoMOBCAwEECAwQMIHgAwAECAgpg"
        "FBAQADs="
    )
)
CASES: list[OpCase] = [
    *(
        decoded("DecodePng", png(color, depth, flag), f"{color}_{depth}_{flag}")
        for color, depths in DEPTHS.items()
        for depth in depths
        for flag in (False, True)
    ),
    *(
        decoded("DecodePng", png(color, 8), f"{color}_to_{n}", channels=n)
        for color in DEPTHS
        for n in (1, 3, 4)
    ),
    *(
        decoded("DecodePng", png(color, depth), f"{color}_{depth}_wide", dtype="uint16")
        for color, depth in ((0, 4), (2, 8), (2, 16), (6, 16))
    ),
    decoded("DecodePng", png(3, 4, False, b"\0\x80"), "transparent_palette"),
    decoded("DecodePng", png(3, 4, False, b"\0\x80"), "opaque_palette", channels=3),
    decoded("DecodePng", png(0, 4, False, b"\0\5"), "transparent_grey", channels=4),
    decoded("DecodePng", jpeg(9, 9), "of_jpeg"),
    *(
        decoded("DecodeJpeg", jpeg(*size, quality=q, progressive=p), f"{size}_{q}_{p}")
        for size in ((33, 47), (8, 16), (3, 5), (1, 1), (30, 2))
        for q, p in ((95, False), (30, True))
    ),
    *(
        decoded("DecodeJpeg", jpeg(25, 19), name, **attrs)
        for name, attrs in (
            ("grey", {"channels": 1}),
            ("rough", {"fancy_upscaling": False}),
            ("accurate", {"dct_method": "INTEGER_ACCURATE"}),
        )
    ),
    decoded("DecodeJpeg", jpeg(25, 19, chroma_downsampling=False), "full"),
    decoded("DecodeJpeg", jpeg(25, 19, 1), "one"),
    decoded("DecodeJpeg", jpeg(25, 19, 1), "one_to_three", channels=3),
    case(
        "DecodeJpeg",
        lambda x: tf.io.decode_jpeg(x, ratio=2),
        jpeg(16, 16),
        declines="scales the image down",
    ),
    *(
        decoded("DecodeAndCropJpeg", jpeg(40, 60), f"{window}", crop_window=window)
        for window in ([7, 3, 20, 17], [0, 16, 40, 30], [39, 40, 1, 20])
    ),
    decoded("ExtractJpegShape", jpeg(40, 30), "shape"),
    decoded("ExtractJpegShape", jpeg(4, 3, 1), "grey", output_type="int64"),
    *(
        decoded("DecodeBmp", bmp(n, flag), f"{n}_{flag}")
        for n in (1, 3, 4)
        for flag in (False, True)
    ),
    decoded("DecodeGif", GIF, "frames"),
    *(
        decoded("DecodeImage", contents, f"{kind}_{dtype}", dtype=dtype)
        for kind, contents in (("png", png(2, 8)), ("jpeg", jpeg(9, 7)), ("gif", GIF))
        for dtype in ("uint8", "uint16", "float32")
    ),
    decoded("DecodeImage", bmp(3, False), "bmp"),
    decoded("DecodeImage", png(2, 16), "wide", dtype="float32"),
    decoded("DecodeImage", GIF, "first", expand_animations=False),
    *(
        decoded("DecodeWav", wav(n, 37), f"{n}_{attrs}", **attrs)
        for n in (1, 2)
        for attrs in ({}, {"desired_samples": 50}, {"desired_samples": 9})
    ),
    decoded("DecodeWav", wav(1, 5), "one_to_two", desired_channels=2),
    case(
        "EncodeWav",
        lambda x: raw.EncodeWav(audio=x, sample_rate=8000),
        f32(40, 2, low=-1.2, high=1.2),
        grad=False,
    ),
]
