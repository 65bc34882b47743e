"""The verifier behind the loop: one session for all candidates of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.verify import Scoreboard, Session
from tf2torch.verify.alone import Alone
from tf2torch.verify.task import Task
from tf2torch.verify.wire import Arrays


@dataclass(frozen=True)
class Verifier:
    """``sample``: representative inputs; ``gates``: only these, by default all."""

    session: Session
    sample: Arrays | None = None
    task: Task | None = None
    seed: int = 0
    gates: tuple[str, ...] | None = None

    def static(self, folder: Path) -> Scoreboard:
        return self.session.verify(folder, None, self.seed, ("static",))

    def alone(self, folder: Path, region: str) -> Alone:
        try:
            return self.session.alone(folder, region, self.sample, self.seed)
        except SourceError as error:
            return Alone(None, str(error))

    def whole(self, folder: Path) -> Scoreboard:
        return self.session.verify(
            folder, self.sample, self.seed, self.gates, self.task
        )
