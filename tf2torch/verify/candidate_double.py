"""The port in float64: also where its source says ``torch.float32``.

A source may have to name the dtype that a TensorFlow cast gives. In the float64 form of
the original that cast gives float64, and so it does here: while the copy runs, what the
port calls ``torch`` has float64 under both names.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def widened(model: Any) -> Any:
    """A copy of the model in float64."""
    return copy.deepcopy(model).double()


@contextmanager
def in_float64(port: types.ModuleType) -> Iterator[None]:
    """What the module creates or casts to in float32 is float64 meanwhile."""
    import torch

    stand_in = _Torch()
    known = {name: value for name, value in vars(port).items() if value is torch}
    narrow = torch.Tensor.float
    vars(port).update(dict.fromkeys(known, stand_in))
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign] # put back below
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
        torch.Tensor.float = narrow  # type: ignore[method-assign] # as it was
        vars(port).update(known)


class _Torch(types.ModuleType):
    """torch, but for its names of dtypes."""

    def __init__(self) -> None:
        import torch

        super().__init__("torch")
        self.float32 = self.float = torch.float64
        self.complex64 = self.cfloat = torch.complex128

    def __getattr__(self, name: str) -> Any:
        import torch

        return getattr(torch, name)
