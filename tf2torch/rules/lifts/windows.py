"""The lifts of everything that slides over a sequence or an image."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from tf2torch.ir.nodes import Node
from tf2torch.rules.lifts.dilated_conv import dilated_conv
from tf2torch.rules.lifts.frames import frames, longer_transform
from tf2torch.rules.lifts.one_dimension import one_dimension
from tf2torch.rules.lifts.upsample import upsample


def lifts(shared: Collection[Node]) -> tuple[Callable[[Node], Node | None], ...]:
    """In order: dilation is seen once a sequence is no image any more."""
    wide = (one_dimension, dilated_conv, upsample)
    return (frames, longer_transform, *(partial(lift, shared=shared) for lift in wide))
