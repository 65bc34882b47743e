"""Which regions to ask for: those that hints name, then what they are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tf2torch.diagnostics import Hint, Priority
from tf2torch.repair.region import Region


@dataclass(frozen=True)
class Suspect:
    """A region that may be asked for, and the hints that speak of it."""

    region: str
    hints: tuple[Hint, ...]


def suspects(
    hints: Iterable[Hint], known: Mapping[str, Region], verified: Iterable[str]
) -> list[Suspect]:
    """Most urgent first. A hint flags the region that it names; where the fault may
    lie in a helper of that region, the helper follows it. A hint that names none
    flags every region that is not known to be right, the model's own class last.

    Regions found right are never suspects; hints of taste (P3, P4) flag nothing.
    """
    good = set(verified)
    flagged: dict[str, list[Hint]] = {}
    urgent = [h for h in hints if h.priority <= Priority.P2]
    urgent.sort(key=lambda h: (h.priority, h.code.value))
    for hint in urgent:
        for name in _named(hint, known, good):
            flagged.setdefault(name, []).append(hint)
    return [Suspect(name, tuple(found)) for name, found in flagged.items()]


def _named(hint: Hint, known: Mapping[str, Region], good: set[str]) -> Iterator[str]:
    if hint.region not in known:
        yield from (name for name in known if name not in good)
        return
    if hint.region not in good:
        yield hint.region
    for name in _below(hint.region, known):
        if name not in good:
            yield name


def _below(name: str, known: Mapping[str, Region]) -> Iterator[str]:
    """What the region calls, the nearest first."""
    seen, queue = {name}, [name]
    while queue:
        for read in sorted(known[queue.pop(0)].reads):
            if read in known and read not in seen:
                seen.add(read)
                queue.append(read)
                yield read


def primary(found: list[Suspect], vain: Collection[str] = ()) -> list[Suspect]:
    """Those as urgent as the first, each named by its hint: asked for together. Where
    all of these were asked for in ``vain``, what they are made of comes first."""
    named = [s for s in found if any(h.region == s.region for h in s.hints)]
    others = [s for s in found if s not in named and s.region not in vain]
    first = named or found
    if others and all(s.region in vain for s in named):
        first = others
    if not first:
        return []
    level = first[0].hints[0].priority
    return [s for s in first if s.hints[0].priority == level]
