"""Unique names of variables."""

from __future__ import annotations

import re
from collections import Counter

# What TensorFlow calls a variable to which nobody gave a name.
ANONYMOUS = re.compile(r"(.*/)?(Variable|variable)?(_\d+)?")


class Names:
    """Hands out each name once; a second ``kernel`` becomes ``kernel_1``."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.counts: Counter[str] = Counter()

    def unique(self, name: str, path: str = "") -> str:
        """``name`` without ``:0``, or ``path`` where TensorFlow made the name up."""
        name = re.sub(r":\d+$", "", name)
        if path and ANONYMOUS.fullmatch(name):
            name = path
        candidate = name or "variable"
        while candidate in self.taken:
            self.counts[name] += 1
            candidate = f"{name or 'variable'}_{self.counts[name]}"
        self.taken.add(candidate)
        return candidate
