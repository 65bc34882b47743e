"""The verifier: runs the original and the port side by side and judges the port.

    >>> from tf2torch.verify import verify
    >>> board = verify("port/", "saved_model/")
    >>> board.passed, board.score
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tf2torch.verify.check import check, load_sample
from tf2torch.verify.scoreboard import GateResult, Scoreboard

__all__ = ["GateResult", "Scoreboard", "verify"]


def verify(
    port_dir: str | Path,
    source: str | Path | None = None,
    *,
    sample: str | Path | Mapping[str, object] | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    sandbox: bool = True,
    gates: Sequence[str] | None = None,
) -> Scoreboard:
    """Judge the port in ``port_dir`` against its original.

    ``source``: the original, where provenance.json names none or it has moved; for a
    live object, the SavedModel that it was saved to. ``sample``: representative
    inputs (an ``.npz`` or a dict) instead of drawn ones. ``gates``: only these, by
    name. ``progress`` is told what is being done. Raises SourceError where there is
    nothing to judge; a wrong port raises nothing, it gets hints.
    """
    return check(
        Path(port_dir),
        None if source is None else Path(source),
        load_sample(sample),
        seed,
        progress,
        sandbox,
        gates,
    )
