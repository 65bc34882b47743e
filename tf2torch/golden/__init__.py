"""Golden models: what a conversion gave once, pinned against later versions.

``record`` writes the facts of a port into a folder; ``check`` converts again and says
what got worse: code, verdicts, hints, errors, keys of the state, outputs, speed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tf2torch.golden.checking import check, judge
    from tf2torch.golden.comparison import Comparison, Limits, Regression
    from tf2torch.golden.recording import Golden, find, record

_PLACES = {
    "check": "checking",
    "judge": "checking",
    "Comparison": "comparison",
    "Limits": "comparison",
    "Regression": "comparison",
    "Golden": "recording",
    "find": "recording",
    "record": "recording",
}
__all__ = [
    "Comparison",
    "Golden",
    "Limits",
    "Regression",
    "check",
    "find",
    "judge",
    "record",
]


def __getattr__(name: str) -> object:
    """The plugin of pytest is loaded in every run, so nothing comes with it."""
    if name not in _PLACES:
        raise AttributeError(f"module 'tf2torch.golden' has no attribute {name!r}")
    import importlib

    module = importlib.import_module(f"tf2torch.golden.{_PLACES[name]}")
    return getattr(module, name)
