"""Gradients that a training graph computes by name."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from tf2torch.rules.helpers.padding import avg_pool_same, pad_same


def batch_norm_grad(
    grad: Tensor,
    x: Tensor,
    scale: Tensor,
    mean: Tensor,
    variance: Tensor,
    eps: float,
    training: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients by input [N, C, ...], scale and offset; ``variance`` is the biased one
    of the batch when training, else the moving one."""
    axes = [0, *range(2, x.dim())]
    column = [-1] + [1] * (x.dim() - 2)
    wide, x32 = grad.float(), x.float()
    inverse = torch.rsqrt(variance + eps)
    normal = (x32 - mean.reshape(column)) * inverse.reshape(column)
    by_offset = wide.sum(axes)
    by_scale = (wide * normal).sum(axes)
    by_x = wide
    if training:
        count = x.numel() // x.shape[1]
        by_x = by_x - by_offset.reshape(column) / count
        by_x = by_x - normal * by_scale.reshape(column) / count
    by_x = by_x * (scale * inverse).reshape(column)
    return by_x.to(x.dtype), by_scale, by_offset


def local_response_norm_grad(
    grad: Tensor, x: Tensor, radius: int, alpha: float, beta: float, bias: float
) -> Tensor:
    size = 2 * radius + 1
    wide = x.float()

    def norm(x: Tensor) -> Tensor:
        return F.local_response_norm(x, size, alpha * size, beta, bias)

    pull = torch.func.vjp(norm, wide)[1]
    return pull(grad.float())[0].to(x.dtype)


def max_pool_grad(
    x: Tensor,
    grad: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    same: bool = False,
) -> Tensor:
    """Of [N, C, ...]: the first maximum of each window gets its gradient."""
    pool = F.max_pool2d if len(kernel) == 2 else F.max_pool3d

    def pooled(x: Tensor) -> Tensor:
        if same:
            x = pad_same(x, tuple(kernel), tuple(stride), value=-torch.inf)
        return pool(x, tuple(kernel), tuple(stride))

    return torch.func.vjp(pooled, x)[1](grad)[0]


def max_pool_grad_grad(
    x: Tensor,
    grad: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    same: bool = False,
) -> Tensor:
    """Of [N, C, ...]: what ``grad`` has where each window has its first maximum."""
    pool = F.max_pool2d if len(kernel) == 2 else F.max_pool3d
    if same:
        x = pad_same(x, tuple(kernel), tuple(stride), value=-torch.inf)
        grad = pad_same(grad, tuple(kernel), tuple(stride))
    _, places = pool(x, tuple(kernel), tuple(stride), return_indices=True)
    return grad.flatten(2).gather(2, places.flatten(2)).reshape(places.shape)


def take_in_image(x: Tensor, places: Tensor) -> Tensor:
    """For each image of ``x`` the elements at ``places`` of its flat form."""
    return x.flatten(1).gather(1, places.flatten(1)).reshape(places.shape)


def avg_pool_grad(
    grad: Tensor,
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    same: bool = False,
) -> Tensor:
    """Of a pool of [N, C, *sizes]; padding counts nothing."""
    pool = F.avg_pool2d if len(kernel) == 2 else F.avg_pool3d

    def pooled(x: Tensor) -> Tensor:
        if same:
            return avg_pool_same(x, tuple(kernel), tuple(stride))
        return pool(x, tuple(kernel), tuple(stride))

    x = grad.new_zeros(*grad.shape[:2], *sizes)
    return torch.func.vjp(pooled, x)[1](grad)[0]


def max_unpool(
    grad: Tensor, argmax: Tensor, x: Tensor, with_batch: bool = False
) -> Tensor:
    """Add each value of ``grad`` to the cell of an ``x``-shaped zero that ``argmax``
    numbers, counting within the image or, ``with_batch``, within the batch."""
    if with_batch:
        flat = torch.zeros_like(x).flatten()
        flat = flat.index_add(0, argmax.flatten().long(), grad.flatten())
        return flat.reshape(x.shape)
    rows = torch.zeros_like(x).flatten(1)
    return rows.scatter_add(1, argmax.flatten(1).long(), grad.flatten(1)).reshape(
        x.shape
    )
