"""Front ends: from a path or a live object to a :class:`Source`."""

from tf2torch.transpiler.frontends.describe import describe
from tf2torch.transpiler.frontends.detect import detect, load
from tf2torch.transpiler.frontends.source import (
    BatchNormInfo,
    DropoutInfo,
    InputSpec,
    Source,
    Training,
)

__all__ = [
    "BatchNormInfo",
    "DropoutInfo",
    "InputSpec",
    "Source",
    "Training",
    "describe",
    "detect",
    "load",
]
