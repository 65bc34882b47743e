"""Reading channels-last images at places between pixels."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def crop_and_resize(
    image: Tensor,
    boxes: Tensor,
    index: Tensor,
    size: Sequence[int],
    method: str = "bilinear",
    outside: float = 0.0,
) -> Tensor:
    """[N, H, W, C] and boxes [M, 4] of image ``index`` [M] → crops [M, *size, C].

    Boxes are (y1, x1, y2, x2) in units of H - 1 and W - 1.
    """
    rows = crop_places(boxes[:, 0], boxes[:, 2], image.shape[1], size[0])
    columns = crop_places(boxes[:, 1], boxes[:, 3], image.shape[2], size[1])
    last_row, last_column = image.shape[1] - 1, image.shape[2] - 1
    inside_rows = (rows >= 0) & (rows <= last_row)
    inside_columns = (columns >= 0) & (columns <= last_column)
    inside = inside_rows[:, :, None, None] & inside_columns[:, None, :, None]
    rows, columns = rows.clamp(0, last_row), columns.clamp(0, last_column)

    def pixels(y: Tensor, x: Tensor) -> Tensor:
        batch = index.long()[:, None, None]
        return image[batch, y.long()[:, :, None], x.long()[:, None, :]]

    if method == "nearest":
        y, x = (rows + 0.5).floor(), (columns + 0.5).floor()
        nearest = torch.where(inside, pixels(y, x), outside)
        if not boxes.requires_grad:
            return nearest
        # TF gives the boxes the gradient of bilinear crops.
        smooth = crop_and_resize(image.detach(), boxes, index, size)
        return nearest + (smooth - smooth.detach())
    top, left = rows.detach().floor(), columns.detach().floor()
    bottom, right = rows.detach().ceil(), columns.detach().ceil()
    down = (rows - top)[:, :, None, None]
    along = (columns - left)[:, None, :, None]
    upper = torch.lerp(pixels(top, left), pixels(top, right), along)
    lower = torch.lerp(pixels(bottom, left), pixels(bottom, right), along)
    return torch.where(inside, torch.lerp(upper, lower, down), outside)


def crop_places(start: Tensor, end: Tensor, length: int, count: int) -> Tensor:
    """``count`` places from ``start`` to ``end`` [M] in pixels; the middle one of 1."""
    if count == 1:
        return (0.5 * (start + end) * (length - 1))[:, None]
    steps = torch.arange(count, device=start.device, dtype=start.dtype)
    step = (end - start) * (length - 1) / (count - 1)
    return (start * (length - 1))[:, None] + steps * step[:, None]


def projective_transform(
    image: Tensor,
    transforms: Tensor,
    size: Sequence[int],
    interpolation: str,
    fill_mode: str = "constant",
    fill_value: Tensor | float = 0.0,
) -> Tensor:
    """[N, H, W, C] read at places that ``transforms`` [N or 1, 8] maps places to."""
    args = (interpolation, fill_mode, fill_value)
    return ProjectiveTransform.apply(image, transforms, tuple(size), *args)


class ProjectiveTransform(torch.autograd.Function):
    """TF's gradient is the image of the gradient under the inverse transform."""

    @staticmethod
    def forward(
        ctx: Any,
        image: Tensor,
        transforms: Tensor,
        size: Sequence[int],
        interpolation: str,
        fill_mode: str,
        fill_value: Tensor | float,
    ) -> Tensor:
        ctx.save_for_backward(transforms)
        ctx.size, ctx.how = image.shape[1:3], (interpolation, fill_mode, 0.0)
        return project(image, transforms, size, interpolation, fill_mode, fill_value)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (transforms,) = ctx.saved_tensors
        ones = torch.ones_like(transforms[:, :1])
        inverse = torch.cat([transforms, ones], 1).unflatten(1, (3, 3)).inverse()
        inverse = (inverse / inverse[:, 2:, 2:]).flatten(1)[:, :8]
        back = project(grad, inverse, ctx.size, *ctx.how)
        return back, None, None, None, None, None


def project(
    image: Tensor,
    transforms: Tensor,
    size: Sequence[int],
    interpolation: str,
    fill_mode: str,
    fill_value: Tensor | float,
) -> Tensor:
    """The pixel at (x, y) is read at ((ax + by + c) / k, (dx + ey + f) / k)."""
    y, x = (torch.arange(n, device=image.device, dtype=torch.float32) for n in size)
    a, b, c, d, e, f, g, h = transforms[:, :, None, None].unbind(1)
    x, y = x[None, None, :], y[None, :, None]
    k = g * x + h * y + 1
    rows = fill_place((d * x + e * y + f) / k, image.shape[1], fill_mode)
    columns = fill_place((a * x + b * y + c) / k, image.shape[2], fill_mode)

    def read(y: Tensor, x: Tensor) -> Tensor:
        inside = (y >= 0) & (y < image.shape[1]) & (x >= 0) & (x < image.shape[2])
        y = torch.where(inside, y, 0).long()
        x = torch.where(inside, x, 0).long()
        batch = torch.arange(len(image), device=image.device)[:, None, None]
        return torch.where(inside[..., None], image[batch, y, x], fill_value)

    if interpolation == "nearest":
        made = read(round_away(rows), round_away(columns))
    else:
        top, left = rows.floor(), columns.floor()
        along, down = (columns - left)[..., None], (rows - top)[..., None]
        upper = (1 - along) * read(top, left) + along * read(top, left + 1)
        lower = (1 - along) * read(top + 1, left) + along * read(top + 1, left + 1)
        made = (1 - down) * upper + down * lower
    return torch.where((k == 0)[..., None], fill_value, made).to(image.dtype)


def round_away(x: Tensor) -> Tensor:
    """Halves go away from 0."""
    return x.sign() * (x.abs() + 0.5).floor()


def fill_place(place: Tensor, length: int, mode: str) -> Tensor:
    """Where a place outside of ``length`` pixels is read instead."""
    last = length - 1
    if mode == "constant":
        return place
    if mode == "reflect" and last > 0:
        period = 2 * length
        low = torch.where(
            place < -period, place + period * (-place / period).trunc(), place
        )
        low = torch.where(low < -length, low + period, -low - 1)
        high = place - period * (place / period).trunc()
        high = torch.where(high >= length, period - high - 1, high)
        place = torch.where(place < 0, low, torch.where(place > last, high, place))
    if mode == "wrap" and last > 0:
        low = place + length * ((-place / last).trunc() + 1)
        high = place - length * (place / last).trunc()
        place = torch.where(place < 0, low, torch.where(place > last, high, place))
    return place.clamp(0, last)
