"""Export gate: torch.export with an open batch, torch.compile as one graph (soft)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict

DATA_DEPENDENT = re.compile("data-dependent", re.IGNORECASE)
ROWS = 2  # torch.export takes a size of 1 for a constant
ROUTES = {
    "export": "torch.export with an open batch",
    "compile": "torch.compile(fullgraph=True, backend='aot_eager')",
}


@dataclass(frozen=True)
class Export:
    name = "export"
    hard = False
    dimension = Dimension.STYLE

    def check(self, case: Case) -> Verdict:
        if any(i.dtype == "string" for i in case.port.inputs):
            return Verdict(notes=("string inputs are outside of torch.export",))
        figures, hints, notes = [], [], []
        for route, title in ROUTES.items():
            problem = case.candidate.exports(route, case.rows(ROWS))
            if problem and case.oracle.branches and DATA_DEPENDENT.search(problem):
                notes.append(f"{title}: the original's control flow depends on data")
                continue
            figures.append(Figure(route, title, not problem, note=problem))
            if problem:
                hints.append(_hint(title, problem))
        return Verdict(tuple(figures), tuple(hints), tuple(notes))


def _hint(title: str, problem: str) -> Hint:
    return Hint(
        Code.EXECUTION_ERROR,
        Priority.P3,
        "",
        f"{title} refuses the port: {problem}",
        "keep sizes symbolic and control flow free of data where the original does",
        metric="export",
        observed="refused",
        expected="exported",
    )
