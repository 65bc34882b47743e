"""One conversion, in the process that was forked for it."""

from __future__ import annotations

import json
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tf2torch.api import Port, convert
from tf2torch.diagnostics import Code, SourceError, TranspileError
from tf2torch.fleet.job import Job
from tf2torch.fleet.result import Outcome

REASON_LENGTH = 400
Verdict = dict[str, Any]


def run(job: Job, tell: Callable[[str], None]) -> Verdict:
    """Convert and verify; the fields of a Result that only this process knows."""
    try:
        port = convert(job.source, output=job.output, progress=tell, **job.options)
    except SourceError as error:
        return _without_port(Outcome.UNREADABLE, str(error), job)
    except MemoryError:
        return _without_port(Outcome.MEMORY, "an allocation failed", job)
    except TranspileError as error:
        hints = [hint.to_json() for hint in error.hints]
        return _without_port(Outcome.INTERNAL, str(error), job) | {"hints": hints}
    except RecursionError:
        return _without_port(Outcome.INTERNAL, "the model nests too deep", job)
    except Exception as error:  # the log has the whole of it
        traceback.print_exc(file=sys.stderr)
        told = f"{type(error).__name__}: {error}"
        return _without_port(Outcome.INTERNAL, told, job)
    return _with_port(port, job)


def _with_port(port: Port, job: Job) -> Verdict:
    missing = _missing(port.folder)
    hints = [hint.to_json() for hint in port.hints]
    found: Verdict = {"folder": job.output, "hints": hints, "missing": missing}
    if port.report is not None:
        found["score"] = port.report.to_json()["score"]
    gaps = missing or any(h.code is Code.UNSUPPORTED_OP for h in port.hints)
    if gaps:
        ops = ", ".join(sorted(missing))
        return found | {"outcome": Outcome.UNPORTED.value, "reason": f"no rule: {ops}"}
    if port.report is None:
        return found | {"outcome": Outcome.CONVERTED.value}
    if port.report.passed:
        return found | {"outcome": Outcome.VERIFIED.value}
    failed = [g for g in port.report.gates if g.hard and not g.passed and not g.skipped]
    reason = f"the {failed[0].name} gate failed" if failed else "no hard gate ran"
    if port.hints:
        reason += f": {port.hints[0].code.value}"
    return found | {"outcome": Outcome.FAILED.value, "reason": reason}


def _missing(folder: Path) -> dict[str, int]:
    """Ops that the port raises for, from its provenance."""
    known = json.loads((folder / "provenance.json").read_text("utf-8"))
    return dict(sorted(Counter(gap["op"] for gap in known["unported"]).items()))


def _without_port(outcome: Outcome, reason: str, job: Job) -> Verdict:
    lines = reason.strip().splitlines() or [outcome.value]
    short = lines[0].replace(job.source, Path(job.source).name)
    return {"outcome": outcome.value, "reason": short[:REASON_LENGTH]}
