"""Drawing boxes into images as TensorFlow does it."""

import torch
from torch import Tensor

BOX_COLORS = (
    (1.0, 1.0, 0.0, 1.0),
    (0.0, 0.0, 1.0, 1.0),
    (1.0, 0.0, 0.0, 1.0),
    (0.0, 1.0, 0.0, 1.0),
    (0.5, 0.0, 0.5, 1.0),
    (0.5, 0.5, 0.0, 1.0),
    (0.5, 0.0, 0.0, 1.0),
    (0.0, 0.0, 0.5, 1.0),
    (0.0, 1.0, 1.0, 1.0),
    (1.0, 0.0, 1.0, 1.0),
)


def draw_bounding_boxes(
    images: Tensor, boxes: Tensor, colors: Tensor | None = None
) -> Tensor:
    """Outlines one pixel wide of boxes [N, M, 4] in images [N, H, W, C], in order.

    Boxes are (y1, x1, y2, x2) in units of H - 1 and W - 1; edges outside of the image
    are not drawn.
    """
    _, height, width, channels = images.shape
    table = torch.tensor(BOX_COLORS) if colors is None or not len(colors) else colors
    table = table.to(images)[:, :channels]
    if channels == 1:
        table = torch.ones_like(table)
    rows = torch.arange(height, device=images.device)[None, :, None]
    columns = torch.arange(width, device=images.device)[None, None, :]
    scale = boxes.new_tensor([height - 1, width - 1, height - 1, width - 1])
    edges = (boxes * scale).long()
    for k in range(boxes.shape[1]):
        top, left, bottom, right = edges[:, k, :, None, None].unbind(1)
        across = (columns >= left) & (columns <= right) & (top <= bottom)
        down = (rows >= top) & (rows <= bottom) & (left <= right)
        line = ((rows == top) | (rows == bottom)) & across
        line = line | (((columns == left) | (columns == right)) & down)
        images = torch.where(line[..., None], table[k % len(table)], images)
    return images
