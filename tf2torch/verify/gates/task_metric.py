"""Task metric gate: on the user's data the port scores what TensorFlow scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tf2torch.diagnostics import Code, Direction, Hint, Priority, SourceError
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict
from tf2torch.verify.metrics import METRICS, chance
from tf2torch.verify.original.model import FLOATS
from tf2torch.verify.task import Task

ROWS = 256  # in one call of either side
SHOWN = 5  # rows that differ most
ROUNDING = 1e-6  # of a metric: what float32 may move where chance has no room


@dataclass(frozen=True)
class TaskMetric:
    name = "task metric"
    hard = True
    dimension = Dimension.METRIC

    def check(self, case: Case) -> Verdict:
        if case.task is None:
            return Verdict(notes=("no data of the user's: --data and --metric",))
        task, output = case.task, _output(case, case.task)
        truth, port = _predictions(case, task, output)
        measure = METRICS[task.metric]
        expected = measure(truth, task.labels, task.groups)
        found = measure(port, task.labels, task.groups)
        if np.isnan(expected):
            raise SourceError(f"{task.metric} of these labels is not defined")
        noise = chance(measure, truth, task.labels, task.groups, case.seed)
        bound = max(noise, ROUNDING * max(abs(expected), 1.0))
        gap = abs(found - expected)
        figure = Figure(
            task.metric,
            f"{output}, {len(truth)} rows",
            bool(gap <= bound),
            gap,
            bound,
            expected,
            None,
            found,
        )
        hints = () if figure.passed else (_hint(case, figure, _rows(truth, port)),)
        return Verdict((figure,), hints)


def _output(case: Case, task: Task) -> str:
    names = {tensor.name: tensor.dtype for tensor in case.oracle.outputs}
    if task.output and task.output not in names:
        raise SourceError(f"no output '{task.output}': choose from {', '.join(names)}")
    floats = [name for name, dtype in names.items() if dtype in FLOATS]
    if not task.output and not floats:
        raise SourceError("no output is a float: there is nothing to score")
    return task.output or floats[0]


def _predictions(case: Case, task: Task, output: str) -> tuple[np.ndarray, np.ndarray]:
    """TensorFlow's and the port's, all rows."""
    _ = case.stored
    pairs = [*_parts(case, task, output)]
    truth, port = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return truth, port


def _parts(
    case: Case, task: Task, output: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for arrays in task.rows(case.port.inputs, ROWS):
        yield (
            case.oracle.outputs_for(arrays).outputs[output],
            case.candidate.run(arrays).outputs[output],
        )


def _rows(truth: np.ndarray, port: np.ndarray) -> list[int]:
    """The rows that differ most, the furthest first."""
    apart = np.abs(port.astype(np.float64) - truth).reshape(len(truth), -1).max(1)
    return [int(row) for row in np.argsort(-apart, kind="stable")[:SHOWN]]


def _hint(case: Case, figure: Figure, rows: list[int]) -> Hint:
    return Hint(
        Code.METRIC_GAP,
        Priority.P2,
        case.port.region_at_path(""),
        f"{figure.name} {figure.value:.4g}, TensorFlow's {figure.scale:.4g}; chance "
        f"moves it by {figure.tolerance:.2g}",
        f"verify with the rows that differ most as --sample: {rows}",
        metric=figure.name,
        observed=figure.value,
        expected=figure.scale,
        tolerance=figure.tolerance,
        direction=Direction.EQUAL,
    )
