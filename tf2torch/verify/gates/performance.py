"""Performance gate: how long the port takes, beside TensorFlow (soft).

Processor time is compared, over all threads: other load on the machine is in neither.
It differs from run to run all the same, so there are no figures: it goes to its own
file. Only a gross ratio between the port's best round and TensorFlow's worst becomes a
hint, which names the bound and not the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tf2torch.diagnostics import Code, Direction, Hint, Priority
from tf2torch.verify.gate import Case, Dimension, Timing, Verdict
from tf2torch.verify.wire import Arrays

ROUNDS = 6
LONG_SECONDS = 0.5  # once they have taken so long, two rounds do; or of one example
GROSS = 5.0  # × TensorFlow's time
NOTICED_SECONDS = 0.5  # below this the ratio may be that of two overheads, or of load


@dataclass(frozen=True)
class Performance:
    name = "performance"
    hard = False
    dimension = Dimension.STYLE

    def check(self, case: Case) -> Verdict:
        truth = case.truth(case.samples[0])
        kinds = ["forward"]
        if not truth.no_gradient and truth.single.gradients and not case.stochastic:
            kinds.append("training step")
        timings = tuple(_timing(case, kind) for kind in kinds)
        return Verdict((), tuple(_hints(case, timings)), timings=timings)


def _timing(case: Case, kind: str) -> Timing:
    """The two sides by turns, so that other load on the machine meets both. The best
    round counts, so that the first one warms up."""
    seed = None if kind == "forward" else case.seed
    arrays = case.samples[0].arrays
    rounds = [_round(case, arrays, seed)]
    if sum(rounds[0]) > LONG_SECONDS:
        arrays = case.rows(1)
        rounds = [_round(case, arrays, seed)]
    while len(rounds) < ROUNDS and (
        len(rounds) < 2 or sum(map(sum, rounds)) < LONG_SECONDS
    ):
        rounds.append(_round(case, arrays, seed))
    port, original = zip(*rounds, strict=True)
    return Timing(kind, port, original)


def _round(case: Case, arrays: Arrays, seed: int | None) -> tuple[float, float]:
    """Seconds of the port and of the original."""
    original = case.oracle.time(arrays, seed)
    return case.candidate.time(arrays, seed), original


def _hints(case: Case, timings: tuple[Timing, ...]) -> Iterator[Hint]:
    for timing in timings:
        bound = max(GROSS * max(timing.original[1:]), NOTICED_SECONDS)
        if min(timing.port) > bound:
            yield Hint(
                Code.PERFORMANCE,
                Priority.P4,
                case.port.region_at_path(""),
                f"a {timing.kind} takes more than {GROSS:g} times as long as "
                "TensorFlow's",
                "look for a loop over steps or examples that torch has a module for",
                metric=timing.kind,
                observed=f"> {GROSS:g}",
                expected=1.0,
                tolerance=GROSS,
                direction=Direction.LOWER,
            )
