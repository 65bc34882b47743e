"""Where a port goes wrong: the first region whose inputs agree and outputs do not.

Tensors at the borders of the port's modules are looked up, by value, among all tensors
inside the original. Going forward, the first one that TensorFlow does not know, and
after which nothing is right again, is where the values part; going backward from the
loss, the same is done with gradients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tf2torch.diagnostics import Code, Hint
from tf2torch.verify import hypotheses, precision
from tf2torch.verify.candidate import PortFailed
from tf2torch.verify.events import GRADIENT_AGREEMENT, Event, Map, event_of
from tf2torch.verify.fingerprint import (
    AGREEMENT,
    Match,
    compare,
    same_sizes,
)
from tf2torch.verify.gate import Case
from tf2torch.verify.inputs import Sample
from tf2torch.verify.original.model import Tap
from tf2torch.verify.process import Refused

ZERO = np.zeros(())

# In float64 on both sides: what rounded constants leave at most, and then nothing.
EXACT = (precision.PROOF, 1e-9)


@dataclass(frozen=True)
class Place:
    """``instance`` is the module path of the region at fault; ``path`` and ``kind``
    name the first wrong tensor. ``known`` is the TF tensor that still agreed, ``order``
    says that only the order of elements is wrong."""

    region: str
    instance: str
    path: str
    kind: str
    known: str
    order: bool


def draw_map(case: Case, sample: Sample) -> Map:
    """Run both sides once more, with taps; the port's modules must all be callable."""
    return _matched(*_tapped(case, sample), AGREEMENT, GRADIENT_AGREEMENT)


def exact_maps(case: Case, sample: Sample) -> Iterator[Map]:
    """The same in float64, where float32 does not tell the two apart."""
    if case.binding and case.double_answer(sample) is not None:
        tapped = _tapped(case, sample, double=True)
        for agreement in EXACT:
            yield _matched(*tapped, agreement, agreement)


def _tapped(
    case: Case, sample: Sample, double: bool = False
) -> tuple[tuple[Event, ...], list[Tap], tuple[str, ...]]:
    taps = case.oracle.taps(sample.arrays, case.seed, double)
    entries, dead = case.candidate.taps(sample.arrays, case.seed, double)
    return tuple(map(event_of, entries)), taps, dead


def _matched(
    events: tuple[Event, ...],
    taps: list[Tap],
    dead: tuple[str, ...],
    agreement: float,
    gradients: float,
) -> Map:
    by_count: dict[int, list[Tap]] = {}
    for tap in taps:
        by_count.setdefault(tap.value.count, []).append(tap)
    calls = Counter(event.path for event in events if event.kind == "out")
    found, reordered, zeros = [], set(), set()
    for index, event in enumerate(events):
        near = by_count.get(event.value.count, [])
        if event.value.is_zero and any(tap.value.is_zero for tap in near):
            zeros.add(index)
        if calls[event.path] == 1:  # no step of a loop; one that raised gave nothing
            near = [tap for tap in near if not tap.passing]
        same, turned = _matches(event, near, agreement)
        found.append(same)
        if turned:
            reordered.add(index)
    marks = frozenset(reordered), frozenset(zeros)
    return Map(events, tuple(found), *marks, dead, gradients)


def _matches(
    event: Event, taps: Sequence[Tap], agreement: float
) -> tuple[tuple[Tap, ...], bool]:
    """Taps with this value; and whether, of this shape, all have another order.

    A tap of another shape (axes merged or split) says nothing about order, so it only
    counts where there is none of the same shape. Equal elements are no value that one
    could know again.
    """
    if event.value.count > 1 and event.value.low == event.value.high:
        return (), False
    kinds = [(compare(event.value, tap.value, agreement), tap) for tap in taps]
    near = [(kind, tap) for kind, tap in kinds if kind is not Match.NONE]
    shaped = [pair for pair in near if same_sizes(event.value, pair[1].value)]
    same = tuple(tap for kind, tap in shaped or near if kind is Match.SAME)
    return same, bool(shaped) and not same


def value_fault(case: Case, drawn: Map) -> Place | None:
    """The first tensor that no tap knows and after which none is known."""
    redeemed: set[int] = set()
    for index in filter(drawn.agrees, range(len(drawn.events))):
        redeemed |= drawn.redeemed_by(index)
    forgotten = _left_out(case, drawn)
    for index, event in enumerate(drawn.events):
        if event.value.is_zero and (event.kind == "in" or index in drawn.zeros):
            continue  # the state before a first step: zeros are no value to know again
        if not drawn.agrees(index) and index not in redeemed:
            if forgotten is not None:
                return Place(*forgotten, event.path, event.kind, "", False)
            owner = event.path if event.kind == "out" else _parent(event.path)
            earlier = [i for i in sorted(event.before) if drawn.agrees(i)]
            known = [drawn.taps[i][0].name for i in earlier]
            return Place(
                *case.port.innermost(owner),
                event.path,
                event.kind,
                known[-1] if known else "",
                index in drawn.reordered,
            )
    return None


def _left_out(case: Case, drawn: Map) -> tuple[str, str] | None:
    """The region that holds a module which the port leaves out and TensorFlow does
    not, by their gradients: the topmost such module, and of several the first; or the
    region that leaves out its own weights. None where all are used, and where none
    is."""
    known = case.truth(case.samples[0]).single.gradients
    used = {e.name for e in case.port.state if known.get(e.key or "", ZERO).any()}
    trainable = [s.name for s in case.stored if s.trainable and s.name in used]
    dead = set(drawn.dead) & set(trainable)
    if not dead or dead == set(trainable):
        return None
    called = {event.path for event in drawn.events}
    paths = [_parent(name) for name in trainable if name in dead and _parent(name)]
    paths = [path for path in paths if _all_dead(path, trainable, dead)]
    for path in sorted(paths, key=lambda path: path in called):  # those never called
        if path in called and drawn.passes_on(path):
            return case.port.innermost(path)  # which makes nothing of its own weights
        while _parent(path) and _all_dead(_parent(path), trainable, dead):
            if drawn.passes_on(_parent(path)):
                break
            path = _parent(path)
        return case.port.innermost(_parent(path))
    return None


def _all_dead(path: str, trainable: Sequence[str], dead: set[str]) -> bool:
    return all(name in dead for name in trainable if name.startswith(f"{path}."))


def gradient_fault(case: Case, drawn: Map) -> Place | None:
    """The last tensor in forward order whose gradient differs: all after it agree."""
    for index in reversed(range(len(drawn.events))):
        event = drawn.events[index]
        if not drawn.agrees(index) or drawn.gradient_agrees(index):
            continue
        if drawn.is_unread_copy(index):
            continue
        inside = event.kind == "in" and not event.shared
        owner = event.path if inside else _parent(event.path)
        region, instance = case.port.innermost(owner)
        name = drawn.taps[index][0].name
        return Place(region, instance, event.path, event.kind, name, False)
    return None


def good_regions(case: Case, drawn: Map, gradients: bool) -> tuple[str, ...]:
    """Regions of which every instance was called and gave what TensorFlow has; its
    gradients too, where these are in question."""
    results: dict[str, list[bool]] = {}
    for index, event in enumerate(drawn.events):
        if event.kind == "out" or gradients:
            agrees = drawn.agrees(index)
            if agrees and gradients:
                agrees = drawn.gradient_agrees(index)
            results.setdefault(event.path, []).append(agrees)
    return tuple(
        region.id
        for region in case.port.regions
        if region.instances
        and all(path in results and all(results[path]) for path in region.instances)
    )


def point(
    case: Case, hints: Sequence[Hint], sample: Sample, gradients: bool
) -> list[Hint]:
    """The hints with the region at fault and what still agreed before it."""
    if not hints:
        return []
    try:
        drawn = draw_map(case, sample)
    except (PortFailed, Refused):
        return [_at_root(case, hint) for hint in hints]
    find = gradient_fault if gradients else value_fault
    place, exact = find(case, drawn), False
    if place is None:
        place, drawn = _exact_fault(case, sample, drawn, find)
        exact = True
    case.good = good_regions(case, drawn, gradients)
    if place is None:
        return [_at_root(case, hint) for hint in hints]
    if exact:  # no cause: one tells another in float32 alone
        return [_pointed(hint, place, None) for hint in hints]
    cause = None if gradients else _cause(case, sample, drawn, place)
    if not gradients and cause is None and place.kind == "out" and place.path:
        place, cause = _lacking(case, sample, drawn, place)
    return [_pointed(hint, place, cause) for hint in hints]


def _exact_fault(
    case: Case, sample: Sample, drawn: Map, find: Callable[[Case, Map], Place | None]
) -> tuple[Place | None, Map]:
    """Where the two part by less than float32 shows, and the map that shows it."""
    try:
        for exact in exact_maps(case, sample):
            place = find(case, exact)
            if place is not None:
                return place, exact
    except (PortFailed, Refused):
        pass
    return None, drawn


def before_failure(case: Case, hint: Hint, module: str) -> Hint:
    """Of a port that raises in the call of a module: where the values had parted
    before that, or the module that called it with a shape that TensorFlow has not."""
    try:
        drawn = draw_map(case, case.samples[0])
    except (PortFailed, Refused):
        return hint
    place = value_fault(case, drawn)
    if place is None:
        path = _incomplete(case, drawn, module) or _misused(drawn, module)
        return replace(hint, region=case.port.region_at_path(path))
    if not place.region:
        return hint
    side = "what enters" if place.kind == "in" else "what leaves"
    evidence = f"wrong before it raised: {side} {place.path or 'the model'}"
    return replace(hint, region=place.region, evidence=(*hint.evidence, evidence))


def _misused(drawn: Map, path: str) -> str:
    """Upwards from a module that raised, past all that were given a wrong shape; one
    that was given no floats has nothing to show for it."""
    while path:
        given = [
            any(same_sizes(event.value, tap.value) for tap in drawn.taps[index])
            for index, event in enumerate(drawn.events)
            if event.path == path and event.kind == "in" and not event.value.is_zero
        ]
        if all(given):
            break
        path = _parent(path)
    return path


def _incomplete(case: Case, drawn: Map, module: str) -> str:
    """Of the modules inside the region that raised, the first that has returned without
    a call of one that it holds: its result may be known, from before that layer."""
    called = {event.path for event in drawn.events}
    returned = {event.path for event in drawn.events if event.kind == "out"}
    owners = (_parent(s.name) for s in case.stored if s.trainable)
    missing = (path for path in owners if path and path not in called)
    found = (_parent(path) for path in missing if _parent(path) in returned)
    scope = case.port.innermost(module)[1]
    return next((p for p in found if not scope or p.startswith(f"{scope}.")), "")


def _at_root(case: Case, hint: Hint) -> Hint:
    """Every module agrees: what is wrong is what the model does with their results."""
    if hint.region or hint.code not in LOCATED:
        return hint
    return replace(hint, region=case.port.region_at_path(""))


def _lacking(
    case: Case, sample: Sample, drawn: Map, place: Place
) -> tuple[Place, str | None]:
    """The region before, where what it hands on lacks an activation: TensorFlow knows
    that value too, from the step before the one that is missing. Or is another value
    that TensorFlow knows: a layer whose weights are right gets its result from it."""
    try:
        cause = hypotheses.lacking_before(case, sample, place.path)
    except (PortFailed, Refused):
        return place, None
    if cause is None and not _is_linear(case, place.path):
        return place, None
    entered = [e.value for e in drawn.events if (e.path, e.kind) == (place.path, "in")]
    made = [e.path for e in drawn.events if e.kind == "out" and e.value in entered]
    if not made:
        return place, cause
    region, instance = case.port.innermost(made[-1])
    return replace(place, region=region, instance=instance), cause


def _is_linear(case: Case, path: str) -> bool:
    """By its state, which is known to be right: a matrix, and a vector at most."""
    own = {s.name: s.shape for s in case.stored if _parent(s.name) == path}
    sizes = {name.rpartition(".")[2]: len(shape) for name, shape in own.items()}
    is_region = case.port.innermost(path)[1] == path
    return not is_region and sizes in ({"weight": 2}, {"weight": 2, "bias": 1})


def _cause(case: Case, sample: Sample, drawn: Map, place: Place) -> str | None:
    """The usual mistake that explains the region instance at fault."""
    wrong = [
        event.value
        for index, event in enumerate(drawn.events)
        if event.path == place.instance
        and event.kind == "out"
        and not drawn.agrees(index)
    ]
    try:
        return hypotheses.explain(case, sample, place.instance, wrong)
    except (PortFailed, Refused):
        return None


LOCATED = frozenset(
    {Code.OUTPUT_MISMATCH, Code.NO_GRADIENT, Code.GRADIENT_MISMATCH}
    | {Code.NUMERICAL_INSTABILITY, Code.SHAPE_MISMATCH, Code.DTYPE_MISMATCH}
)


def _pointed(hint: Hint, place: Place, cause: str | None) -> Hint:
    if hint.code not in LOCATED:
        return hint
    side = "what enters" if place.kind == "in" else "what leaves"
    evidence = [f"first difference: {side} {place.path or 'the model'}"]
    if place.known:
        evidence.append(f"still agrees: {place.known}")
    if place.order:
        evidence.append("the elements are right, but an axis is in another order")
    region = place.region or hint.region
    fix = hint.fix
    if cause is not None:
        evidence.append(cause)
        fix = f"{cause}: look there first"
    return replace(hint, region=region, fix=fix, evidence=(*hint.evidence, *evidence))


def _parent(path: str) -> str:
    return path.rpartition(".")[0]
