"""What torch lacks for bits."""

import torch
from torch import Tensor


def population_count(x: Tensor, bits: int) -> Tensor:
    """How many of the ``bits`` bits of each element are set."""
    places = torch.arange(bits, device=x.device)
    return (x.long().unsqueeze(-1) >> places & 1).sum(-1).to(torch.uint8)
