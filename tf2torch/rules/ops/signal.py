"""Fourier transforms and the audio kernels."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, ints_of, scalar_of, sizes_of
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import Dim, Shape, TensorType
from tf2torch.rules.elements import Element, run_time_ints
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("signal")


def complex_transform(func: str) -> RuleFunction:
    """FFT and inverse, over the last one, two or three axes."""

    def rule(x: Node, *, out: tuple[TensorType, ...]) -> Node:
        if func.endswith("n"):
            return call(f"torch.fft.{func}", x, dim=(-3, -2, -1), type=out[0])
        return call(f"torch.fft.{func}", x, type=out[0])

    return rule


COMPLEX = {"FFT": "fft", "FFT2D": "fft2", "FFT3D": "fftn"}
rules.table(complex_transform, COMPLEX)
rules.table(complex_transform, {f"I{op}": f"i{f}" for op, f in COMPLEX.items()})
rules.table(complex_transform, {f"Batch{op}": f for op, f in COMPLEX.items()})
rules.table(complex_transform, {f"BatchI{op}": f"i{f}" for op, f in COMPLEX.items()})


@rules.rule("RFFT", "RFFT2D", "RFFT3D")
def rfft(x: Node, length: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    """Cut to ``length``, which is left out where it is the input's own."""
    sizes = transform_sizes(length)
    if sizes is None:
        return Decline("the transform's length is known only when the model runs")
    own = x.shape is not None and x.shape[-len(sizes) :] == sizes
    return real_transform("rfft", x, sizes, own, out[0])


@rules.rule("IRFFT", "IRFFT2D", "IRFFT3D")
def irfft(x: Node, length: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    sizes = transform_sizes(length)
    if sizes is None:
        return Decline("the transform's length is known only when the model runs")
    own = x.shape is not None and _implied(x.shape, len(sizes)) == sizes
    return real_transform("irfft", x, sizes, own, out[0])


def transform_sizes(length: Node) -> tuple[Element, ...] | None:
    """One number per axis, also where only the run knows it."""
    known = sizes_of(length)
    if known is None and length.shape and isinstance(length.shape[0], int):
        return run_time_ints(length, length.shape[0])
    return known


def _implied(shape: Shape, count: int) -> Shape:
    """The real sizes that torch assumes for half a spectrum: the even ones."""
    last: Dim = 2 * (shape[-1] - 1)
    return (*shape[-count:-1], last)


def real_transform(
    func: str, x: Node, sizes: tuple[Element, ...], own: bool, type: TensorType
) -> Node:
    match len(sizes):
        case 1:
            args: tuple[Arg, ...] = () if own else (sizes[0],)
            return call(f"torch.fft.{func}", x, *args, type=type)
        case 2:
            args = () if own else (tuple(sizes),)
            return call(f"torch.fft.{func}2", x, *args, type=type)
    given = None if own else tuple(sizes)
    return call(f"torch.fft.{func}n", x, given, dim=(-3, -2, -1), type=type)


def along_axes(func: str) -> RuleFunction:
    """Transforms over chosen axes, cut or filled with zeros to a length along each.

    TensorFlow has kernels for GPUs only.
    """

    def rule(
        x: Node, length: Node, axes: Node, *, out: tuple[TensorType, ...]
    ) -> Node | Decline:
        sizes, dim = sizes_of(length), ints_of(axes)
        if sizes is None or dim is None:
            return Decline("the transform's length is known only when the model runs")
        return call(f"torch.fft.{func}", x, tuple(sizes), dim, type=out[0])

    return rule


rules.table(
    along_axes,
    {"FFTND": "fftn", "IFFTND": "ifftn", "RFFTND": "rfftn", "IRFFTND": "irfftn"},
)


@dataclass(frozen=True)
class AudioSpectrogramAttrs:
    window_size: int
    stride: int
    magnitude_squared: bool = False


@rules.rule("AudioSpectrogram")
def audio_spectrogram(
    x: Node, *, attrs: AudioSpectrogramAttrs, out: tuple[TensorType, ...]
) -> Node:
    return call(
        "helper.audio_spectrogram",
        x,
        attrs.window_size,
        attrs.stride,
        squared=attrs.magnitude_squared,
        type=out[0],
    )


@dataclass(frozen=True)
class MfccAttrs:
    upper_frequency_limit: float = 4000.0
    lower_frequency_limit: float = 20.0
    filterbank_channel_count: int = 40
    dct_coefficient_count: int = 13


@rules.rule("Mfcc")
def mfcc(
    x: Node, rate: Node, *, attrs: MfccAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    sample_rate = scalar_of(rate)
    if sample_rate is None:
        return Decline("the sample rate is known only when the model runs")
    return call(
        "helper.mfcc",
        x,
        sample_rate,
        lowest=attrs.lower_frequency_limit,
        highest=attrs.upper_frequency_limit,
        bands=attrs.filterbank_channel_count,
        coefficients=attrs.dct_coefficient_count,
        type=out[0],
    )
