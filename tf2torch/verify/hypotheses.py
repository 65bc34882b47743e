"""Which of the usual mistakes explains a wrong region, with its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tf2torch.verify.fingerprint import Fingerprint, Match, compare, from_json
from tf2torch.verify.gate import Case
from tf2torch.verify.inputs import Sample
from tf2torch.verify.original.model import Tap

# A factor is taken for one when all sums agree on it this closely.
FACTOR_AGREEMENT = 1e-5
LEAST_ELEMENTS = 8  # of fewer, some ratio to some tensor always looks constant


def explain(
    case: Case, sample: Sample, path: str, wrong: Sequence[Fingerprint]
) -> str | None:
    """The first variant of the module at ``path`` after which everything that leaves
    it is known to TensorFlow; else a constant factor of what leaves it now."""
    taps = case.oracle.taps(sample.arrays, case.seed)
    for words, prints in case.candidate.variants(sample.arrays, path):
        results = [from_json(entry) for entry in prints]
        fits = results and all(_known(result, taps) for result in results)
        if fits and any(not _known(now, taps) for now in wrong):
            return f"it agrees with {words}"
    for print_ in wrong:
        factor = _factor(print_, taps)
        if factor is not None:
            return f"what leaves it is {factor:.6g} times TensorFlow's"
    return None


def lacking_before(case: Case, sample: Sample, path: str) -> str | None:
    """The activation that what enters the module at ``path`` has not gone through."""
    taps = case.oracle.taps(sample.arrays, case.seed)
    for words, prints in case.candidate.variants(sample.arrays, path, before=True):
        results = [from_json(entry) for entry in prints]
        if results and all(_known(result, taps) for result in results):
            return f"it agrees with {words}"
    return None


def _known(print_: Fingerprint, taps: Iterable[Tap]) -> bool:
    return any(compare(print_, tap.value) is Match.SAME for tap in taps)


def _factor(print_: Fingerprint, taps: Iterable[Tap]) -> float | None:
    """c where the tensor is c times one of TensorFlow's, by all its sums."""
    if print_.count < LEAST_ELEMENTS or not print_.sums[1]:
        return None
    for tap in taps:
        other = tap.value
        if other.count != print_.count or not other.sums[1]:
            continue
        factor = print_.sums[1] / other.sums[1]
        for signed in (factor, -factor):
            if _fits(print_, other, signed):
                return signed
    return None


def _fits(print_: Fingerprint, other: Fingerprint, factor: float) -> bool:
    powers = (factor, abs(factor), factor**2, factor**3)
    scales = (other.sums[1], other.sums[1], other.sums[2], other.sums[2])
    ends = sorted((other.low * factor, other.high * factor))
    near = FACTOR_AGREEMENT * max(abs(print_.low), abs(print_.high))
    return (
        abs(ends[0] - print_.low) <= near
        and abs(ends[1] - print_.high) <= near
        and all(
            abs(have - power * want) <= FACTOR_AGREEMENT * abs(power) * scale + 1e-30
            for have, want, power, scale in zip(
                print_.sums[:3], other.sums[:3], powers[:3], scales[:3], strict=True
            )
        )
    )
