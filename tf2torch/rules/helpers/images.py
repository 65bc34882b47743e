"""Encoded images and sounds as tensors."""

import struct

import numpy as np
import torch
from torch import Tensor

from tf2torch.rules.helpers.images_lossless import decode_bmp, decode_gif, decode_png
from tf2torch.rules.helpers.jpeg_pixels import decode_jpeg, jpeg_shape


def image_tensor(
    contents: np.ndarray,
    channels: int = 0,
    dtype: torch.dtype = torch.uint8,
    animated: bool = False,
    fancy: bool = True,
    accurate: bool = False,
) -> Tensor:
    """A PNG, JPEG, BMP or GIF image, told apart by its first bytes.

    [height, width, channels], or with ``animated`` a GIF as [frames, height, width,
    3]; 0 ``channels`` are those of the file. Floats are from 0 to 1.
    """
    data = np.asarray(contents, dtype=object).item()
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        pixels = decode_png(data, channels, 8 if dtype == torch.uint8 else 16)
    elif data[:3] == b"GIF":
        frames = decode_gif(data)
        pixels = frames if animated else frames[0]
    elif data[:2] == b"BM":
        pixels = decode_bmp(data, channels)
    else:
        pixels = decode_jpeg(data, channels, fancy, accurate)
    return _scaled(pixels, dtype)


def bmp_image(contents: np.ndarray, channels: int = 0) -> Tensor:
    """[height, width, channels] of a bitmap."""
    data = np.asarray(contents, dtype=object).item()
    return torch.from_numpy(np.ascontiguousarray(decode_bmp(data, channels)))


def gif_image(contents: np.ndarray) -> Tensor:
    """[frames, height, width, 3] of a GIF."""
    return torch.from_numpy(decode_gif(np.asarray(contents, dtype=object).item()))


def _scaled(pixels: np.ndarray, dtype: torch.dtype) -> Tensor:
    wide = pixels.dtype == np.uint16
    if dtype.is_floating_point:
        scale = np.float32(1 / (65535 if wide else 255))
        return torch.from_numpy(pixels.astype(np.float32) * scale).to(dtype)
    if dtype == torch.uint16 and not wide:
        pixels = pixels.astype(np.uint16) * 256
    return torch.from_numpy(np.ascontiguousarray(pixels))


def cropped_jpeg(
    contents: np.ndarray,
    window: Tensor,
    channels: int = 0,
    fancy: bool = True,
    accurate: bool = False,
) -> Tensor:
    """The window (top, left, height, width) of a JPEG image."""
    top, left, height, width = (int(n) for n in window)
    data = np.asarray(contents, dtype=object).item()
    rows, columns, _ = jpeg_shape(data)
    inside = min(top, left) >= 0 and top + height <= rows and left + width <= columns
    if not inside or min(height, width) < 1:
        raise ValueError("the window is not in the image")
    span = (left, left + width)
    pixels = decode_jpeg(data, channels, fancy, accurate, span)[top : top + height]
    return torch.from_numpy(np.ascontiguousarray(pixels))


def image_shape(contents: np.ndarray, dtype: torch.dtype) -> Tensor:
    """Height, width and channels of a JPEG image."""
    data = np.asarray(contents, dtype=object).item()
    return torch.tensor(jpeg_shape(data), dtype=dtype)


def decode_wav(
    contents: np.ndarray, channels: int = -1, samples: int = -1
) -> tuple[Tensor, Tensor]:
    """[samples, channels] from -1 to 1 of a 16-bit WAV file, and its sample rate.

    Wanted samples beyond the end are 0; of a missing channel the last is repeated.
    """
    data = np.asarray(contents, dtype=object).item()
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("not a WAV file")
    at, rate, stored, sound = 12, 0, 1, b""
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind == b"fmt ":
            _, stored, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at + 8)
            if bits != 16:
                raise ValueError(f"WAV files of {bits} bits are not read")
        elif kind == b"data":
            sound = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    values = np.frombuffer(sound, "<i2", len(sound) // (2 * stored) * stored)
    audio = values.reshape(-1, stored).astype(np.float32) * np.float32(1 / 32768)
    count = len(audio) if samples < 0 else samples
    made = np.zeros((count, audio.shape[1]), np.float32)
    made[: len(audio)] = audio[:count]
    wanted = stored if channels < 0 else channels
    made = made[:, np.minimum(np.arange(wanted), stored - 1)]
    return torch.from_numpy(made), torch.tensor(rate, dtype=torch.int32)


def encode_wav(audio: Tensor, rate: Tensor | int) -> np.ndarray:
    """[samples, channels] from -1 to 1 as a 16-bit WAV file."""
    scaled = audio.detach().float() * 32768
    scaled = torch.floor(scaled.abs() + 0.5) * scaled.sign()
    scaled = scaled.clamp(-32768, 32767)
    sound = scaled.to(torch.int16).numpy().astype("<i2").tobytes()
    channels = audio.shape[1]
    block = 2 * channels
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(sound), b"WAVE", b"fmt ", 16)
    head += struct.pack("<HHIIHH", 1, channels, int(rate), int(rate) * block, block, 16)
    made = np.empty((), dtype=object)
    made[()] = head + struct.pack("<4sI", b"data", len(sound)) + sound
    return made
