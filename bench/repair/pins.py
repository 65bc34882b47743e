"""What a transcript needs to be replayed: the faulty port, word for word.

<stem>.jsonl   what was asked, answered and measured
<stem>/        model.py with the fault, its weights and provenance, and task.npz
               where the loop was given rows with labels
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.repair.faults import Fault
from bench.repair.run import HARD, SECONDS, Port
from tf2torch.verify import Session
from tf2torch.verify.session import with_seconds
from tf2torch.verify.task import Task

MODEL = "model.txt"
TASK = "task.npz"
METRIC = "metric"  # its name and the output's, beside the columns


def pin(port: Port, fault: Fault, place: Path) -> None:
    """Keep the faulty port in ``place``."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for file in sorted(port.folder.glob("*.safetensors*")):
        shutil.copy(file, place)
    shutil.copy(port.folder / "provenance.json", place)
    if (port.folder / "vocabularies").is_dir():
        shutil.copytree(port.folder / "vocabularies", place / "vocabularies")
    (place / MODEL).write_text(fault.source)
    if port.task is not None:
        named = np.array([port.task.metric, port.task.output])
        np.savez(place / TASK, **{METRIC: named, **port.task.columns})  # type: ignore[arg-type] # a stub that takes no mapping


@contextmanager
def pinned(place: Path, model: Path, scratch: Path) -> Iterator[Port]:
    """A copy in ``scratch`` of what is kept in ``place``; ``model`` is the original."""
    folder = scratch / place.name
    shutil.copytree(place, folder)
    text = (folder / MODEL).read_text()
    (folder / MODEL).rename(folder / "model.py")
    with Session(model, limits=with_seconds(SECONDS), trusting=True) as session:
        yield Port(place.name, folder, text, session, None, HARD, None, _task(folder))


def _task(folder: Path) -> Task | None:
    if not (folder / TASK).is_file():
        return None
    with np.load(folder / TASK) as file:
        columns = {name: file[name] for name in file.files}
    metric, output = columns.pop(METRIC).tolist()
    return Task(columns, metric, output)
