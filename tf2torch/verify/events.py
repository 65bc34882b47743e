"""What enters and leaves the port's modules in a run, beside what TensorFlow knows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tf2torch.verify.fingerprint import Fingerprint, Match, compare, from_json
from tf2torch.verify.original.model import Tap

# Backward passes add their own roundings, and cancel more.
GRADIENT_AGREEMENT = 2e-4


@dataclass(frozen=True)
class Event:
    """A tensor at the border of the module at ``path``; ``before`` are the indices of
    events that it was computed from; ``shared``: more than one operation reads it."""

    path: str
    kind: str
    value: Fingerprint
    gradient: Fingerprint | None
    before: frozenset[int]
    shared: bool


@dataclass(frozen=True)
class Map:
    """The events of a run, and for each the taps that have its value; ``zeros`` are all
    zero as a tensor of TensorFlow of that size, ``dead`` are the parameters that no
    gradient reaches."""

    events: tuple[Event, ...]
    taps: tuple[tuple[Tap, ...], ...]
    reordered: frozenset[int]
    zeros: frozenset[int]
    dead: tuple[str, ...] = ()
    gradients: float = GRADIENT_AGREEMENT  # how far they may be apart

    def agrees(self, index: int) -> bool:
        return bool(self.taps[index])

    def redeemed_by(self, index: int) -> frozenset[int]:
        """What was right after all, as something that it leads to is. A step of a loop
        vouches for steps: of what they are all made from it has seen a part."""
        before = self.events[index].before
        if not all(tap.passing for tap in self.taps[index]):
            return before
        once = Counter(event.path for event in self.events if event.kind == "out")
        return frozenset(i for i in before if once[self.events[i].path] > 1)

    def passes_on(self, path: str) -> bool:
        """Whether something that the module at ``path`` gives is used later on."""
        used = frozenset().union(*(event.before for event in self.events))
        return any(
            (event.path, event.kind) == (path, "out") and index in used
            for index, event in enumerate(self.events)
        )

    def is_unread_copy(self, index: int) -> bool:
        """Whether it is made of a tensor with its value and the right gradient, or
        handed out beside one: nothing reads it, so it has none of its own."""
        event, names = self.events[index], {tap.name for tap in self.taps[index]}
        own = (event.path, event.kind)
        beside = (i for i, e in enumerate(self.events) if (e.path, e.kind) == own)
        return event.gradient is None and any(
            names & {tap.name for tap in self.taps[i]} and self.gradient_agrees(i)
            for i in (*event.before, *beside)
        )

    def gradient_agrees(self, index: int) -> bool:
        """With that of a tap that has the event's value."""
        event = self.events[index]
        for tap in self.taps[index]:
            if tap.gradient is None and event.gradient is None:
                return True
            if tap.gradient is None or event.gradient is None:
                if not _any(tap.gradient or event.gradient):
                    return True
                continue
            if compare(event.gradient, tap.gradient, self.gradients) is Match.SAME:
                return True
        return False


def _any(gradient: Fingerprint | None) -> bool:
    return gradient is not None and gradient.sums[1] > 0.0


def event_of(entry: list[object]) -> Event:
    path, kind, value, gradient, before, shared = entry
    assert isinstance(value, list) and isinstance(before, list)
    return Event(
        str(path),
        str(kind),
        from_json(value),
        from_json(gradient) if isinstance(gradient, list) else None,
        frozenset(int(i) for i in before),
        bool(shared),
    )
