"""Attention as TensorFlow's layers define it, where torch's function differs."""

import torch
import torch.nn.functional as F
from torch import Tensor


def masked_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor, scale: float | None = None
) -> Tensor:
    """Attention to what ``mask`` selects; where it selects nothing, the mean of v.

    Keras fills masked scores with a large negative number, so that a row of nothing
    else has equal weights; torch's result is zero there.
    """
    x = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
    return torch.where(mask.any(-1, keepdim=True), x, v.mean(-2, keepdim=True))
