"""What a map of events tells: copies that nothing reads, and what is redeemed."""

from __future__ import annotations

import numpy as np

from tf2torch.verify.events import Event, Map
from tf2torch.verify.fingerprint import Fingerprint, fingerprint
from tf2torch.verify.original.model import Tap

VALUE, SLOPE = fingerprint(np.arange(6.0)), fingerprint(np.ones(6))
TAP = Tap("h:0", VALUE, SLOPE)
OTHER = Tap("k:0", fingerprint(np.arange(7.0)), SLOPE)


def event(
    path: str, gradient: Fingerprint | None, before: tuple[int, ...] = ()
) -> Event:
    return Event(path, "out", VALUE, gradient, frozenset(before), False)


def drawn(*events: Event, taps: tuple[Tap, ...] = (TAP, TAP)) -> Map:
    return Map(events, tuple((tap,) for tap in taps), frozenset(), frozenset())


def test_a_copy_that_nothing_reads_is_no_fault() -> None:
    made_of = drawn(event("a", SLOPE), event("b", None, (0,)))
    beside = drawn(event("a", SLOPE), event("a", None))
    assert made_of.is_unread_copy(1) and beside.is_unread_copy(1)


def test_what_was_cut_is() -> None:
    """No tensor of its value that it is made of, or that leaves with it, has one."""
    assert not drawn(event("a", None), event("b", SLOPE, (0,))).is_unread_copy(0)
    wrong = fingerprint(np.full(6, 2.0))
    assert not drawn(event("a", wrong), event("b", None, (0,))).is_unread_copy(1)
    other = drawn(event("a", SLOPE), event("b", None, (0,)), taps=(OTHER, TAP))
    assert not other.is_unread_copy(1)
