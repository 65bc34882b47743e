"""Fourier transforms, cut where TF cuts, and the audio kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tests.ops.cases import OpCase, c64, c128, case, f32, f64

raw = tf.raw_ops


def plain(op: str, x: Any) -> OpCase:
    return case(op, lambda x: getattr(raw, op)(input=x), x)


def real(op: str, x: Any, lengths: Sequence[int], grad: bool = True) -> OpCase:
    """TensorFlow has the gradient only where nothing is cut, and not in 3-D."""
    wide = {"float64": tf.complex128, "complex128": tf.float64}.get(x.dtype)
    name = "Treal" if op.startswith("I") else "Tcomplex"
    given = {name: wide} if wide else {}
    return case(
        op,
        lambda x: getattr(raw, op)(input=x, fft_length=tf.constant(lengths), **given),
        x,
        grad=grad,
        name=f"{'x'.join(map(str, lengths))}-{x.dtype}",
    )


def spectrogram(x: Any, squared: bool) -> Any:
    return raw.AudioSpectrogram(
        input=x, window_size=100, stride=40, magnitude_squared=squared
    )


def mfcc(high: float, low: float) -> OpCase:
    return case(
        "Mfcc",
        lambda x: raw.Mfcc(
            spectrogram=spectrogram(x, True),
            sample_rate=tf.constant(16000),
            upper_frequency_limit=high,
            lower_frequency_limit=low,
        ),
        f32(400, 2),
        grad=False,
        atol=1e-5,
        dynamic=False,
    )


PLAIN = ("FFT", "IFFT", "FFT2D", "IFFT2D", "FFT3D", "IFFT3D")
CASES = [
    *(plain(op, x) for op in PLAIN for x in (c64(2, 3, 4, 5), c128(2, 3, 4, 5))),
    real("RFFT", f32(2, 8), [8]),
    real("RFFT", f64(2, 8), [8]),
    *(real("RFFT", f32(2, 8), [n], grad=False) for n in (5, 6, 7)),
    real("IRFFT", c64(2, 5), [8]),
    real("IRFFT", c128(2, 5), [8]),
    *(real("IRFFT", c64(2, 5), [n], grad=False) for n in (5, 6, 7)),
    real("RFFT2D", f32(2, 6, 8), [6, 8]),
    real("RFFT2D", f32(2, 6, 8), [4, 6], grad=False),
    real("IRFFT2D", c64(2, 6, 5), [6, 8]),
    real("IRFFT2D", c64(2, 6, 5), [4, 6], grad=False),
    real("RFFT3D", f32(2, 4, 6, 8), [4, 6, 8], grad=False),
    real("RFFT3D", f32(2, 4, 6, 8), [4, 4, 6], grad=False),
    real("IRFFT3D", c64(2, 4, 6, 5), [4, 6, 8], grad=False),
    real("IRFFT3D", c64(2, 4, 6, 5), [4, 4, 6], grad=False),
    case("RFFT", lambda x: tf.signal.rfft(x), f32(2, 8), all=True, name="any length"),
    *(
        case(
            "AudioSpectrogram",
            lambda x, squared=squared: spectrogram(x, squared),
            f32(400, 2),
            grad=False,
            dynamic=False,
        )
        for squared in (True, False)
    ),
    mfcc(4000.0, 20.0),
    mfcc(7000.0, 200.0),
]
