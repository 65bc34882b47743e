"""Non-maximum suppression as TensorFlow does it: no box of equal overlap is dropped."""

import torch
from torch import Tensor


def non_max_suppression(
    boxes: Tensor,
    scores: Tensor,
    count: int,
    iou_threshold: float,
    score_threshold: float = -torch.inf,
) -> Tensor:
    """Indices of at most ``count`` of boxes [N, 4], best first; equals in order."""
    return suppress(box_iou(boxes), scores, count, iou_threshold, score_threshold)


def suppress(
    overlaps: Tensor,
    scores: Tensor,
    count: int,
    threshold: float,
    score_threshold: float = -torch.inf,
) -> Tensor:
    """The same with the overlaps given: of each box (row) with those kept (column)."""
    order = scores.argsort(descending=True, stable=True)
    order = order[scores[order] > score_threshold]
    rivals = overlaps[order][:, order].T > threshold
    alive = torch.ones_like(order, dtype=torch.bool)
    kept: list[int] = []
    for i in range(len(order)):
        if len(kept) == count:
            break
        if alive[i]:
            kept.append(i)
            alive &= ~rivals[i]
    return order[kept].int()


def soft_non_max_suppression(
    boxes: Tensor,
    scores: Tensor,
    count: int,
    iou_threshold: float,
    score_threshold: float,
    sigma: float,
) -> tuple[Tensor, Tensor]:
    """Each box kept multiplies the other scores by exp(-IoU² / 2σ); the threshold
    counts only where σ is 0. Indices, best first, and their scores."""
    overlaps, scores = box_iou(boxes), scores.clone()
    kept: list[int] = []
    kept_scores: list[Tensor] = []
    while len(kept) < min(count, len(scores)):
        best = int(scores.argmax())
        if not scores[best] > score_threshold:
            break
        kept.append(best)
        kept_scores.append(scores[best].clone())
        overlap = overlaps[best]
        if sigma > 0:
            scores = scores * torch.exp(-0.5 / sigma * overlap.square())
        else:
            scores = scores.masked_fill(overlap > iou_threshold, -torch.inf)
        scores[kept] = -torch.inf
    index = torch.tensor(kept, dtype=torch.int32, device=boxes.device)
    return index, torch.stack(kept_scores) if kept else scores[:0]


def box_iou(boxes: Tensor) -> Tensor:
    """Intersection over union of boxes (y, x, y, x), corners in any order: [N, N]."""
    low = torch.minimum(boxes[:, :2], boxes[:, 2:])
    high = torch.maximum(boxes[:, :2], boxes[:, 2:])
    area = (high - low).prod(1)
    top = torch.maximum(low[:, None], low)
    bottom = torch.minimum(high[:, None], high)
    shared = (bottom - top).clamp(min=0).prod(2)
    union = area[:, None] + area - shared
    real = (area[:, None] > 0) & (area > 0)
    return torch.where(real, shared / torch.where(real, union, 1), 0)


def pad_end(x: Tensor, count: int) -> Tensor:
    """Zeros after the last row, up to ``count``."""
    return torch.cat([x, x.new_zeros(count - len(x), *x.shape[1:])])


def combined_non_max_suppression(
    boxes: Tensor,
    scores: Tensor,
    per_class: int,
    total: int,
    iou_threshold: float,
    score_threshold: float,
    pad_per_class: bool = False,
    clip_boxes: bool = True,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Suppression per class of boxes [B, N, 1 or C, 4] by scores [B, N, C].

    Boxes [B, T, 4], scores and classes [B, T] of the best, and their number [B].
    """
    classes = scores.shape[2]
    size = min(total, per_class * classes) if pad_per_class else total
    found = []
    for image, of_class in zip(boxes, scores, strict=True):
        parts = []
        for c in range(classes):
            own = image[:, c if image.shape[1] > 1 else 0]
            limits = (per_class, iou_threshold, score_threshold)
            kept = non_max_suppression(own, of_class[:, c], *limits).long()
            label = of_class.new_full((len(kept), 1), c)
            parts.append(torch.cat([own[kept], of_class[kept, c, None], label], 1))
        rows = torch.cat(parts)
        best = rows[:, 4].argsort(descending=True, stable=True)[:size]
        found.append(rows[best])
    counts = [len(rows) for rows in found]
    made = torch.stack([pad_end(rows, size) for rows in found])
    corners = made[..., :4].clamp(0, 1) if clip_boxes else made[..., :4]
    valid = torch.tensor(counts, dtype=torch.int32, device=boxes.device)
    return corners, made[..., 4], made[..., 5], valid
