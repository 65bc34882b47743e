"""Runs the gates on a port, cheap to dear, and gathers what they found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from tf2torch.diagnostics import Hint, SourceError
from tf2torch.verify import localise
from tf2torch.verify.candidate import PortFailed
from tf2torch.verify.gate import Case, Gate, Verdict, failure_hint
from tf2torch.verify.gates import GATES
from tf2torch.verify.inputs import Unsampled
from tf2torch.verify.oracle import Rejected
from tf2torch.verify.provenance import Port
from tf2torch.verify.scoreboard import GateResult

Tell: TypeAlias = Callable[[str], None]


def run_gates(
    case: Case, gates: Iterable[Gate], tell: Tell
) -> tuple[tuple[GateResult, ...], tuple[Hint, ...]]:
    """In order; once a hard gate has failed the rest is skipped."""
    results: list[GateResult] = []
    hints: list[Hint] = []
    stopped = ""
    for gate in gates:
        head = (gate.name, gate.hard, gate.dimension)
        if stopped:
            results.append(
                GateResult(*head, False, skipped=f"not run: {stopped} failed")
            )
            continue
        tell(gate.name)
        verdict = _verdict(gate, case)
        hints += (hint for hint in verdict.hints if hint not in hints)
        results.append(
            GateResult(
                *head,
                verdict.passed,
                verdict.figures,
                verdict.notes,
                timings=verdict.timings,
            )
        )
        if gate.hard and not verdict.passed:
            stopped = gate.name
    ordered = sorted(hints, key=lambda hint: hint.priority)
    return tuple(results), tuple(ordered)


def chosen_gates(names: Sequence[str] | None) -> list[Gate]:
    """All gates, or those named, in the order of GATES."""
    known = {gate.name: gate for gate in GATES}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise SourceError(f"no gate '{unknown[0]}': choose from {', '.join(known)}")
    return [gate for gate in GATES if names is None or gate.name in names]


def verified_regions(
    port: Port,
    results: tuple[GateResult, ...],
    hints: tuple[Hint, ...],
    good: tuple[str, ...],
) -> tuple[str, ...]:
    """The regions found right: all without a finding once every hard gate passed, and
    before that those that localisation has seen compute the right values."""
    flagged = {hint.region for hint in hints}
    if not all(gate.passed for gate in results if gate.hard):
        return tuple(region for region in good if region not in flagged)
    return tuple(region.id for region in port.regions if region.id not in flagged)


def _verdict(gate: Gate, case: Case) -> Verdict:
    try:
        return gate.check(case)
    except PortFailed as failure:
        hint = failure_hint(case.port, failure)
        if failure.reason == "raised" and failure.module is not None:
            hint = localise.before_failure(case, hint, failure.module)
        return Verdict(hints=(hint,))
    except Unsampled as error:
        raise SourceError(str(error)) from None
    except Rejected as error:
        raise SourceError(f"TensorFlow refuses the inputs: {error}") from None
