"""Many values in few questions, without holding all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def portions(sizes: Sequence[int], most: int) -> Iterator[list[int]]:
    """Consecutive indices whose sizes add up to ``most`` at most, or a single one."""
    part: list[int] = []
    total = 0
    for index, size in enumerate(sizes):
        if part and total + size > most:
            yield part
            part, total = [], 0
        part.append(index)
        total += size
    if part:
        yield part
