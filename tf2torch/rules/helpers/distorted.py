"""Random crops of an image that keep a share of one of its objects.

All is in single precision and rounds half to even, as in TensorFlow's kernel; a box is
(top, left, bottom, right) in pixels.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from tf2torch.rules.helpers.philox import philox_words

EPSILON = 1.0000000116860974e-07  # 1e-7 in single precision


def word_stream(generator: Tensor) -> Iterator[int]:
    """The 32-bit words of a generator, one by one."""
    for first in itertools.count(0, 64):
        blocks = torch.arange(first, first + 64, device=generator.device)
        yield from philox_words(generator, blocks).flatten().tolist()


def uniform_below(words: Iterator[int], count: int) -> int:
    """An integer from 0 up to ``count``; words that would favour some are skipped."""
    return next(w for w in words if w >= 2**32 % count) % count


def crop_within(
    words: Iterator[int], size: Sequence[int], areas: Tensor, ratio: Tensor
) -> list[int] | None:
    """A crop of that width / height whose area is between ``areas``, if there is one.

    Its height is uniform among those possible, its place uniform where it fits.
    """
    rows, columns = size
    lowest, highest = torch.sqrt(areas / ratio).round().long().tolist()
    if _width(highest, ratio) > columns:
        highest = int((columns + 0.5 - EPSILON) / float(ratio))
        highest -= _width(highest, ratio) > columns
    highest = min(highest, rows)
    height = min(lowest, highest)
    if height < highest:
        height += uniform_below(words, highest - height + 1)
    # Rounding may have moved the area out of its bounds by one row.
    height += bool(height * _width(height, ratio) < areas[0])
    height -= bool(height * _width(height, ratio) > areas[1])
    width = _width(height, ratio)
    area = torch.tensor(height * width, dtype=torch.float32)
    if not (
        areas[0] <= area <= areas[1] and 0 < width <= columns and 0 < height <= rows
    ):
        return None
    top = uniform_below(words, rows - height) if height < rows else 0
    left = uniform_below(words, columns - width) if width < columns else 0
    return [top, left, top + height, left + width]


def _width(height: int, ratio: Tensor) -> int:
    return int((height * ratio).round())


def shares_covered(crop: Tensor, boxes: Tensor) -> Tensor:
    """Which share of each of ``boxes`` [boxes, 4] the crop covers; -1 of empty ones."""
    first = torch.maximum(crop[:2], boxes[:, :2])
    last = torch.minimum(crop[2:], boxes[:, 2:])
    common = torch.where((first > last).any(1), 0, (last - first).prod(1))
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return torch.where(areas > 0, common.float() / areas.float(), -1.0)


def pixel_boxes(image: Tensor, boxes: Tensor, use_image: bool) -> Tensor:
    """[boxes, 4] of ``boxes`` in parts of the image; see ``distorted_box``."""
    if not bool(((boxes >= 0) & (boxes <= 1)).all()):
        raise ValueError("a bounding box is not within the image, from 0 to 1")
    if not boxes.numel() and not use_image:
        raise ValueError("there is no bounding box")
    scale = image[[2, 3, 2, 3]].float()
    objects = (boxes.detach().cpu().reshape(-1, 4) * scale).long()
    return objects if len(objects) else image[None]


def attempted_crop(
    words: Iterator[int],
    size: Sequence[int],
    objects: Tensor,
    least: Tensor,
    ratios: Tensor,
    areas: Tensor,
) -> Tensor | None:
    """One crop, if it covers at least the share ``least`` of one of the objects."""
    ratio = (next(words) & 0x7FFFFF) * 2.0**-23 * (ratios[1] - ratios[0]) + ratios[0]
    found = crop_within(words, size, areas, ratio)
    if found is None:
        return None
    crop = torch.tensor(found)
    return crop if bool((shares_covered(crop, objects) >= least).any()) else None


def distorted_box(
    generator: Tensor,
    size: Sequence[int],
    boxes: Tensor,
    min_covered: Tensor | float = 0.1,
    *,
    ratios: Sequence[float] = (0.75, 1.33),
    areas: Sequence[float] = (0.05, 1.0),
    attempts: int = 100,
    use_image: bool = False,
    dtype: torch.dtype = torch.int32,
) -> tuple[Tensor, ...]:
    """Top, left, height and width of a crop of an image of ``size``; its box [1, 1, 4].

    ``boxes`` [..., boxes, 4] are the objects in parts of the image, one of which the
    crop covers to ``min_covered``. ``ratios``, ``areas``: bounds of the crop's
    width / height and of its part of the image. It is the whole image where no attempt
    succeeds. ``use_image``: without objects the image is one.

    Raises ValueError for boxes beyond the image, and for none without ``use_image``.
    """
    rows, columns = size[:2]
    image = torch.tensor([0, 0, rows, columns])
    scale = image[[2, 3, 2, 3]].float()
    objects = pixel_boxes(image, boxes, use_image)
    least, shapes, parts = (
        torch.as_tensor(t, dtype=torch.float32, device="cpu")
        for t in (min_covered, ratios, areas)
    )
    words, pixels, found = word_stream(generator), parts * columns * rows, None
    for _ in range(attempts if rows and columns and areas[0] <= areas[1] else 0):
        found = attempted_crop(words, (rows, columns), objects, least, shapes, pixels)
        if found is not None:
            break
    box = image if found is None else found
    made = torch.cat((box[:2], box[2:] - box[:2])).to(boxes.device, dtype)
    return *made.unbind(), (box / scale).to(boxes.device).reshape(1, 1, 4)


def random_distorted_box(
    size: Sequence[int], boxes: Tensor, *given: Any, **options: Any
) -> tuple[Tensor, ...]:
    """``distorted_box`` of a generator that torch's own one draws."""
    generator = torch.randint(-(2**63), 2**63 - 1, (3,))
    return distorted_box(generator, size, boxes, *given, **options)
