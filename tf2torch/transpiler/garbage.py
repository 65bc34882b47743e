"""Fewer runs of Python's cycle collector while a graph is compiled.

Passes make hundreds of thousands of nodes that live long and hold no cycles. The
collector walks over them, and over everything that TensorFlow's import has left, again
and again: half of the time of a large conversion.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 20, 20)


@contextmanager
def few_collections() -> Iterator[None]:
    """What is there already is not walked over, and what is new seldom."""
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    if not frozen:
        gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not frozen:
            gc.unfreeze()
