"""TensorFlow's audio kernels."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def frames(x: Tensor, axis: int, size: int, step: int) -> Tensor:
    """``x.unfold(axis, size, step)``, and no window of a signal shorter than one."""
    count = torch.sym_max((x.shape[axis] - size) // step + 1, 0)
    missing = torch.sym_max(size - x.shape[axis], 0)
    after = x.dim() - 1 - axis
    x = F.pad(x, (0, 0) * after + (0, missing))
    return x.unfold(axis, size, step).narrow(axis, 0, count)


def audio_spectrogram(
    samples: Tensor, window_size: int, stride: int, squared: bool = False
) -> Tensor:
    """[samples, channels] → magnitudes [channels, frames, bins] of Hann windows.

    The transform is padded to a power of two.
    """
    window = torch.hann_window(window_size, dtype=torch.float64, device=samples.device)
    frames = samples.T.to(torch.float64).unfold(1, window_size, stride) * window
    spectrum = torch.fft.rfft(frames, 1 << (window_size - 1).bit_length())
    power = spectrum.real.square() + spectrum.imag.square()
    return (power if squared else power.sqrt()).to(samples.dtype)


def mfcc(
    spectrogram: Tensor,
    sample_rate: float,
    lowest: float,
    highest: float,
    bands: int,
    coefficients: int,
) -> Tensor:
    """Squared magnitudes [..., bins] → mel frequency cepstral coefficients."""
    filters = mel_filters(spectrogram.shape[-1], sample_rate, lowest, highest, bands)
    filters = filters.to(spectrogram.device)
    energy = spectrogram.to(torch.float64).sqrt() @ filters
    energy = energy.clamp_min(1e-12).log()
    places = torch.arange(bands, dtype=torch.float64, device=energy.device) + 0.5
    orders = torch.arange(coefficients, dtype=torch.float64, device=energy.device)
    waves = math.sqrt(2 / bands) * torch.cos(math.pi / bands * places[:, None] * orders)
    return (energy @ waves).to(spectrogram.dtype)


def mel_filters(
    bins: int, sample_rate: float, lowest: float, highest: float, bands: int
) -> Tensor:
    """[bins, bands] triangles, equally wide in mel; bins out of range count nothing."""
    width = 0.5 * sample_rate / (bins - 1)
    low, high = (1127 * math.log1p(f / 700) for f in (lowest, highest))
    centers = low + (high - low) / (bands + 1) * torch.arange(bands + 2).double()
    mel = 1127 * torch.log1p(width * torch.arange(bins).double() / 700)
    upper = torch.searchsorted(centers, mel).clamp(1, bands + 1)
    rising = (mel - centers[upper - 1]) / (centers[upper] - centers[upper - 1])
    filters = torch.zeros(bins, bands + 2, dtype=torch.float64)
    filters.scatter_(1, upper[:, None], rising[:, None])
    filters.scatter_(1, upper[:, None] - 1, 1 - rising[:, None])
    index = torch.arange(bins)
    inside = (index >= int(1.5 + lowest / width)) & (index <= int(highest / width))
    return (filters * inside[:, None])[:, 1:-1]
