"""deepctr without its look-up of newer releases on the network."""

from __future__ import annotations

import sys
from types import ModuleType


def import_deepctr() -> ModuleType:
    """The package, with the module that starts the look-up replaced before import."""
    import importlib

    quiet = ModuleType("deepctr.utils")
    quiet.check_version = lambda version: None  # type: ignore[attr-defined]
    sys.modules.setdefault("deepctr.utils", quiet)
    importlib.import_module("deepctr.models")
    importlib.import_module("deepctr.feature_column")
    return sys.modules["deepctr"]
