"""The verifier: runs the original and the port side by side and judges the port.

>>> from tf2torch.verify import verify
>>> board = verify("port/", "saved_model/")
>>> board.passed, board.score
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tf2torch.verify.page import write_html
from tf2torch.verify.provenance import read_port
from tf2torch.verify.report import write_json, write_timings
from tf2torch.verify.scoreboard import GateResult, Scoreboard
from tf2torch.verify.session import Session, load_sample
from tf2torch.verify.task import load_task

__all__ = ["GateResult", "Scoreboard", "Session", "verify", "write_reports"]


def verify(
    port_dir: str | Path,
    source: object = None,
    *,
    sample: str | Path | Mapping[str, object] | None = None,
    data: str | Path | Mapping[str, object] | None = None,
    metric: str | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    sandbox: bool = True,
    gates: Sequence[str] | None = None,
) -> Scoreboard:
    """Judge the port in ``port_dir`` against its original, and write the reports there.

    ``source``: the original's path, where provenance.json names none or it has moved,
    or the live object that was converted. ``sample``: representative inputs (an
    ``.npz`` or a dict by input name) instead of drawn ones. ``data`` (``.npz``,
    ``.csv`` or a dict of columns with labels) and ``metric`` (``auc``, ``rmse`` …, or
    ``auc:output``): the task that the port must do as well. ``gates``: only these, by
    name. ``progress`` is told what is being done. Raises SourceError where there is
    nothing to judge; a wrong port raises nothing, it gets hints.
    """
    folder = Path(port_dir)
    given, task = load_sample(sample), load_task(data, metric)
    with Session(source, isolated=sandbox, progress=progress) as session:
        board = session.verify(folder, given, seed, gates, task)
    write_reports(board, folder)
    return board


def write_reports(board: Scoreboard, folder: Path) -> None:
    """``report.json`` and ``report.html`` beside the port, the same bytes each time;
    ``performance.json``, which is not."""
    write_json(board, folder / "report.json")
    write_timings(board, folder / "performance.json")
    write_html(board, read_port(folder), folder / "report.html")
