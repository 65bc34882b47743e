"""Colour spaces of channels-last images, [..., 3] in 0 to 1."""

import torch
from torch import Tensor


def rgb_to_hsv(rgb: Tensor) -> Tensor:
    """Hue is in turns: 0 and 1 are red."""
    red, green, blue = rgb.unbind(-1)
    value, low = rgb.max(-1).values, rgb.min(-1).values
    span = value - low
    grey = span <= 0
    norm = 1 / (6 * torch.where(grey, 1, span))
    hue = torch.where(
        red == value,
        norm * (green - blue),
        torch.where(
            green == value,
            norm * (blue - red) + 2 / 6,
            norm * (red - green) + 4 / 6,
        ),
    )
    hue = torch.where(grey, 0, hue)
    hue = torch.where(hue < 0, hue + 1, hue)
    positive = value > 0
    saturation = torch.where(positive, span / torch.where(positive, value, 1), 0)
    return torch.stack([hue, saturation, value], -1)


def hsv_to_rgb(hsv: Tensor) -> Tensor:
    hue, saturation, value = hsv.unbind(-1)
    sixths = hue * 6
    red = ((sixths - 3).abs() - 1).clamp(0, 1)
    green = (2 - (sixths - 2).abs()).clamp(0, 1)
    blue = (2 - (sixths - 4).abs()).clamp(0, 1)
    pure = torch.stack([red, green, blue], -1)
    saturation, value = saturation[..., None], value[..., None]
    return (1 - saturation + saturation * pure) * value


def adjust_hue(rgb: Tensor, delta: Tensor | float) -> Tensor:
    """Turn the hue by ``delta`` turns; brightest and darkest channel stay."""
    hue = rgb_to_hsv(rgb.float())[..., 0] + delta
    full = torch.ones_like(hue)
    pure = hsv_to_rgb(torch.stack([hue - hue.floor(), full, full], -1))
    low, high = rgb.amin(-1, keepdim=True), rgb.amax(-1, keepdim=True)
    return (low + (high - low) * pure).to(rgb.dtype)


def adjust_saturation(rgb: Tensor, scale: Tensor | float) -> Tensor:
    hue, saturation, value = rgb_to_hsv(rgb.float()).unbind(-1)
    saturation = (saturation * scale).clamp(0, 1)
    return hsv_to_rgb(torch.stack([hue, saturation, value], -1)).to(rgb.dtype)


def adjust_contrast(images: Tensor, factor: Tensor | float) -> Tensor:
    """Away from the mean of each channel of each [..., H, W, C] image."""
    mean = images.float().mean((-3, -2), keepdim=True)
    return ((images - mean) * factor + mean).to(images.dtype)
