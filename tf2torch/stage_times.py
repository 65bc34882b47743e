"""Where a conversion spends its time and memory: ``tf2torch convert --profile``."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class StageTimes:
    """A progress callback that notes when each stage begins, and tells ``say``."""

    say: Callable[[str], None]
    _begun: list[tuple[str, float]] = field(default_factory=list)
    _peaks: list[float] = field(default_factory=list)

    def __call__(self, stage: str) -> None:
        self._note(stage)
        self.say(stage)

    def _note(self, stage: str) -> None:
        self._begun.append((stage, time.perf_counter()))
        self._peaks.append(_peak_mebibytes())

    def rows(self) -> list[tuple[str, float, float]]:
        """(stage, seconds, peak memory of this process by its end in MiB), in order;
        the same stage twice in a row is one. Ends the last stage."""
        self._note("")
        found: list[tuple[str, float, float]] = []
        ends = zip(self._begun, self._begun[1:], self._peaks[1:], strict=False)
        for (stage, start), (_, end), peak in ends:
            seconds = end - start
            if found and found[-1][0] == stage:
                seconds += found.pop()[1]
            found.append((stage, seconds, peak))
        return found

    def table(self) -> str:
        """A line for each stage, then the total."""
        rows = self.rows()
        lines = [f"{s:>9.3f} s {peak:>8.0f} MiB  {name}" for name, s, peak in rows]
        total = sum(seconds for _, seconds, _ in rows)
        return "\n".join([*lines, f"{total:>9.3f} s {'':>12}  in all"])


def _peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
