"""The user's own rows with their labels, and the metric that they are judged by."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.verify.metrics import METRICS
from tf2torch.verify.provenance import Input
from tf2torch.verify.wire import Arrays

LABELS = ("label", "labels", "target", "y")
GROUPS = ("group", "query", "qid")


@dataclass(frozen=True)
class Task:
    """``columns`` are named after inputs, one of LABELS, and for ndcg one of GROUPS;
    ``output`` is the one that is scored, by default the first float one."""

    columns: Arrays
    metric: str
    output: str = ""

    @property
    def labels(self) -> np.ndarray:
        return self.columns[_only(self.columns, LABELS, "labels")]

    @property
    def groups(self) -> np.ndarray | None:
        if self.metric != "ndcg":
            return None
        return self.columns[_only(self.columns, GROUPS, "groups")]

    def rows(self, inputs: Sequence[Input], size: int) -> Iterator[Arrays]:
        """Parts of ``size`` rows, one array per input."""
        arrays = {i.name: _column(self.columns, i) for i in inputs}
        counts = {len(value) for value in (*arrays.values(), self.labels)}
        if len(counts) != 1:
            raise SourceError(f"--data: columns of {sorted(counts)} rows; give as many")
        for start in range(0, counts.pop(), size):
            yield {name: value[start : start + size] for name, value in arrays.items()}


def load_task(
    data: str | Path | Mapping[str, object] | None, metric: str | None
) -> Task | None:
    """``data``: an ``.npz`` or ``.csv`` file, or a dict of columns. ``metric``: its
    name, and after a colon the output's, as in ``auc:scores``."""
    if data is None and metric is None:
        return None
    if data is None or metric is None:
        raise SourceError("--data and --metric belong together: give both")
    name, _, output = metric.partition(":")
    if name not in METRICS:
        raise SourceError(f"no metric '{name}': choose from {', '.join(METRICS)}")
    columns = _read(Path(data)) if isinstance(data, str | Path) else data
    task = Task({k: np.asarray(v) for k, v in columns.items()}, name, output)
    if not len(task.labels):
        raise SourceError("--data has no rows")
    _ = task.groups
    return task


def _read(path: Path) -> Mapping[str, object]:
    try:
        if path.suffix == ".csv":
            return _read_csv(path)
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} is no readable .npz or .csv: {error}") from None


def _read_csv(path: Path) -> Arrays:
    """Numbers where every field of a column is one, else texts."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found: Arrays = {}
    for name in rows[0] if rows else ():
        fields = [row[name] or "" for row in rows]
        try:
            found[name] = np.array([float(field) for field in fields])
        except ValueError:
            found[name] = np.array([field.encode() for field in fields], object)
    return found


def _column(columns: Arrays, spec: Input) -> np.ndarray:
    """The input's array; of a flat table its columns ``name_0``, ``name_1`` … ."""
    value = columns.get(spec.name, columns.get(spec.parameter))
    if value is None:
        parts: list[np.ndarray] = []
        while (part := columns.get(f"{spec.name}_{len(parts)}")) is not None:
            parts.append(part)
        if not parts:
            raise SourceError(f"--data has no column for input '{spec.name}'")
        value = np.stack(parts, axis=1)
    if spec.shape is not None and value.ndim + 1 == len(spec.shape):
        value = value[..., None]  # one feature per row, as tables have it
    if spec.dtype == "string":
        return value.astype(object) if value.dtype == object else value.astype("S")
    return value.astype("float32" if spec.dtype == "bfloat16" else spec.dtype)


def _only(columns: Arrays, names: tuple[str, ...], what: str) -> str:
    found = [name for name in names if name in columns]
    if not found:
        raise SourceError(f"--data has no {what}: name a column one of {names}")
    return found[0]
