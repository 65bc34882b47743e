"""Front ends: from a path or a live object to a :class:`Source`."""

from tf2torch.transpiler.frontends.detect import detect, load
from tf2torch.transpiler.frontends.source import (
    BatchNormInfo,
    InputSpec,
    Source,
    Training,
)

__all__ = ["BatchNormInfo", "InputSpec", "Source", "Training", "detect", "load"]
