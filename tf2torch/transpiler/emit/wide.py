"""Long enumerations that a formatter would spread over a line per item."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

# Up to this many stay with the formatter.
MANY = 12
WIDTH = 80
SKIP = "  # fmt: skip"


def wide_header(arguments: Sequence[str], returns: str) -> list[str]:
    """The first line of forward; with many arguments, several of them per line."""
    if len(arguments) <= MANY:
        return [f"    def forward({', '.join(arguments)}) -> {returns}:"]
    kept = [a.replace(" ", "\0") for a in arguments]  # a name with its type
    lines = [w.replace("\0", " ") for w in textwrap.wrap(", ".join(kept), WIDTH)]
    return [
        "    def forward(",
        *(f"        {line}" for line in lines),
        f"    ) -> {returns}:{SKIP}",
    ]


def wide_tuple(name: str, items: Sequence[str], indent: str) -> list[str]:
    """``name = (...)``, several items per line."""
    lines = textwrap.wrap(", ".join(items), WIDTH - 4)
    return [
        f"{indent}{name} = (",
        *(f"{indent}    {line}" for line in lines),
        f"{indent}){SKIP}",
    ]
