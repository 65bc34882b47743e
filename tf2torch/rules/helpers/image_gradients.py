"""Gradients of resizing and cropping by the image, which needs none of its values."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from tf2torch.rules.helpers.crop import crop_and_resize
from tf2torch.rules.helpers.resize import (
    resize_bicubic,
    resize_bilinear,
    resize_nearest,
    scale_and_translate,
)


def resize_grad(grad: Tensor, size: Sequence[int], kind: str, mode: str) -> Tensor:
    """[N, C, h, w] back to [N, C, *size]; ``mode`` is where pixels lie."""
    target = tuple(grad.shape[2:])
    corners, half = mode == "align_corners", mode == "half_pixel"

    def resized(x: Tensor) -> Tensor:
        if kind == "nearest":
            return resize_nearest(x, target, corners, half)
        if kind == "bicubic":
            return resize_bicubic(x, target, corners, half)
        if mode == "legacy":
            return resize_bilinear(x, target)
        return F.interpolate(x, target, mode="bilinear", align_corners=corners)

    x = grad.new_zeros(*grad.shape[:2], *size)
    return torch.func.vjp(resized, x)[1](grad)[0]


def scale_and_translate_grad(
    grad: Tensor,
    size: Sequence[int],
    scale: Tensor,
    translation: Tensor,
    kernel: str,
    antialias: bool,
) -> Tensor:
    """[N, C, h, w] back to [N, C, *size]."""
    target = tuple(grad.shape[2:])

    def moved(x: Tensor) -> Tensor:
        return scale_and_translate(x, target, scale, translation, kernel, antialias)

    x = grad.new_zeros(*grad.shape[:2], *size)
    return torch.func.vjp(moved, x)[1](grad)[0]


def crop_and_resize_grad_image(
    grad: Tensor, boxes: Tensor, index: Tensor, sizes: Sequence[int], method: str
) -> Tensor:
    """Crops [M, h, w, C] back to images of ``sizes`` [N, H, W, C]."""
    target = (grad.shape[1], grad.shape[2])

    def cropped(image: Tensor) -> Tensor:
        return crop_and_resize(image, boxes, index, target, method)

    return torch.func.vjp(cropped, grad.new_zeros(*sizes))[1](grad)[0]


def crop_and_resize_grad_boxes(
    grad: Tensor, image: Tensor, boxes: Tensor, index: Tensor
) -> Tensor:
    """By the boxes [M, 4], as if crops were bilinear."""
    target = (grad.shape[1], grad.shape[2])

    def cropped(boxes: Tensor) -> Tensor:
        return crop_and_resize(image, boxes, index, target)

    return torch.func.vjp(cropped, boxes)[1](grad)[0]
