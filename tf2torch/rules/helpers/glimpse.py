"""Windows cut out of images at given centres."""

from collections.abc import Sequence

import torch
from torch import Tensor


def extract_glimpse(
    x: Tensor,
    size: Sequence[int],
    offsets: Tensor,
    centered: bool = True,
    normalized: bool = True,
    first_version: bool = False,
    uniform_noise: bool = False,
) -> Tensor:
    """[N, h, w, C] windows of [N, H, W, C]; 0 or noise where they stick out.

    ``offsets`` are (y, x), in units of the image where they are normalised. The first
    version takes them for centres of the window always, the second one where they are
    both centered and normalised; otherwise they are its corner.
    """
    count, height, width, channels = x.shape
    image, window = offsets.new_tensor([height, width]), offsets.new_tensor(tuple(size))
    if normalized:
        offsets = offsets * image
    if centered:
        halved = normalized or first_version
        offsets = (offsets / 2 if halved else offsets) + image / 2
    if first_version or (centered and normalized):
        offsets = offsets - window / 2
    top, left = offsets.long().unbind(1)
    rows = top[:, None] + torch.arange(size[0], device=x.device)
    columns = left[:, None] + torch.arange(size[1], device=x.device)
    inside = ((rows >= 0) & (rows < height))[:, :, None]
    inside = inside & ((columns >= 0) & (columns < width))[:, None, :]
    place = rows.clamp(0, height - 1)[:, :, None] * width
    place = (place + columns.clamp(0, width - 1)[:, None, :]).flatten(1)
    cut = x.flatten(1, 2).gather(1, place[..., None].expand(-1, -1, channels))
    cut = cut.reshape(count, *size, channels)
    fill = torch.zeros_like(cut)
    if uniform_noise:
        low, high = (f(x, (1, 2, 3), keepdim=True) for f in (torch.amin, torch.amax))
        fill = low + (high - low) * torch.rand_like(cut)
    return torch.where(inside[..., None], cut, fill)
