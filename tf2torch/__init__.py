"""tf2torch: TensorFlow models to PyTorch source code, verified.

    port = tf2torch.convert("saved_model/", output="port/")
    port.module, port.source, port.report, port.hints

Importing this package loads neither TensorFlow nor torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tf2torch.api import Port, convert, inspect, verify

__version__ = "0.1.0"
__all__ = ["Port", "convert", "inspect", "verify"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from tf2torch import api

        return getattr(api, name)
    raise AttributeError(f"module 'tf2torch' has no attribute {name!r}")
