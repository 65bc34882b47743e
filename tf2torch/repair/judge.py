"""How good a candidate is: refused unseen, then the region alone, then the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tf2torch.diagnostics import Code
from tf2torch.repair.region import Refused, splice

if TYPE_CHECKING:
    from tf2torch.verify import Scoreboard
    from tf2torch.verify.alone import Alone


class Judge(Protocol):
    """The verifier, as the loop needs it. Each method reads the port in a folder."""

    def static(self, folder: Path) -> Scoreboard:
        """What can be said without running anything."""
        ...

    def alone(self, folder: Path, region: str) -> Alone: ...

    def whole(self, folder: Path) -> Scoreboard: ...


@dataclass(frozen=True)
class Verdict:
    """``board`` is None where the whole was not run: ``outcome`` says why."""

    text: str
    alone: str
    outcome: str
    board: Scoreboard | None = None


@dataclass(frozen=True)
class Bench:
    """The folder that candidates are written into, one after the other."""

    folder: Path
    judge: Judge

    @property
    def model(self) -> Path:
        return self.folder / "model.py"

    def try_(self, text: str, region: str, code: str) -> Verdict:
        """``text`` with the region replaced; the file is left as the candidate's."""
        try:
            made = splice(text, region, code)
        except Refused as error:
            return Verdict(text, "", f"refused: {error}")
        if made == text:
            return Verdict(text, "", "changes nothing")
        self.model.write_text(made)
        forbidden = _forbidden(self.judge.static(self.folder))
        if forbidden:
            return Verdict(made, "", f"refused: {forbidden}")
        alone = self.judge.alone(self.folder, region)
        if alone.passed is False:
            return Verdict(made, alone.why, f"wrong by itself: {alone.why}")
        board = self.judge.whole(self.folder)
        return Verdict(made, alone.why, said(board), board)

    def try_together(self, text: str, codes: Mapping[str, str]) -> Verdict:
        """``text`` with several regions replaced, each of which was judged before."""
        for region, code in codes.items():
            text = splice(text, region, code)
        self.model.write_text(text)
        board = self.judge.whole(self.folder)
        return Verdict(text, "", said(board), board)


def _forbidden(board: Scoreboard) -> str:
    """What a port may not do, as far as its text tells."""
    found = [h for h in board.hints if h.code is Code.EXECUTION_ERROR]
    return found[0].message if found else ""


def better_than(found: Scoreboard, best: Scoreboard) -> bool:
    """Strictly: passing, then the gates reached and their figures, then fewer urgent
    hints, then more regions found right."""

    def rank(board: Scoreboard) -> tuple[float, ...]:
        return (float(board.passed), *board.rank, float(len(board.verified)))

    return rank(found) > rank(best)


def said(board: Scoreboard) -> str:
    """One line for the next prompt: the score and the hints that are left."""
    if board.passed:
        return f"passes, score {board.score:.4g}"
    urgent = [str(h) for h in board.hints if h.priority <= 2]
    return f"score {board.score:.4g}; " + "; ".join(urgent[:3])


Tell = Callable[[str], None]
