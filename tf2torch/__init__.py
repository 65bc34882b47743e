"""tf2torch: TensorFlow models to PyTorch source code, verified.

    port = tf2torch.convert("saved_model/", output="port/")
    port.module, port.source, port.report, port.hints

    for result in tf2torch.batch("registry/", "ported/"): ...

Importing this package loads neither TensorFlow nor torch.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tf2torch.api import Port, convert, inspect, verify
    from tf2torch.fleet.run import batch

__version__ = "0.1.0"
__all__ = ["Port", "batch", "convert", "inspect", "verify"]


def __getattr__(name: str) -> object:
    if name in __all__:
        place = "tf2torch.fleet.run" if name == "batch" else "tf2torch.api"
        return getattr(importlib.import_module(place), name)
    raise AttributeError(f"module 'tf2torch' has no attribute {name!r}")


class _Package(ModuleType):
    """``tf2torch.verify`` is the function, also once its package has been imported,
    which Python would bind to that name."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
