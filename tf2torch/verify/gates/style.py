"""Style gate: ruff's opinion of model.py (soft)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict, region_at

RULES = "E,F,I,UP,B"
SECONDS = 30.0


@dataclass(frozen=True)
class Style:
    name = "style"
    hard = False
    dimension = Dimension.STYLE

    def check(self, case: Case) -> Verdict:
        ruff = _ruff()
        if ruff is None:
            return Verdict(notes=("ruff is not installed: style was not checked",))
        try:
            findings = _findings(ruff, case.port.code)
            formatted = _is_formatted(ruff, case.port.code)
        except subprocess.TimeoutExpired:
            return Verdict(notes=(f"ruff was not done within {SECONDS:g} s",))
        hints = [
            Hint(
                Code.STYLE,
                Priority.P4,
                region_at(case.port, row),
                f"ruff {code}: {text}",
                "run `ruff check --fix model.py`",
                metric="ruff",
                evidence=(f"model.py:{row}",),
            )
            for code, row, text in findings
        ]
        if not formatted:
            text = "model.py is not formatted as `ruff format` would"
            hints.append(
                Hint(Code.STYLE, Priority.P4, "", text, "run `ruff format model.py`")
            )
        figures = (
            Figure("ruff findings", "model.py", not findings, float(len(findings))),
            Figure("ruff format", "model.py", formatted),
        )
        return Verdict(figures, tuple(hints))


def ruff_findings(code: str) -> int:
    """What `ruff check` and `ruff format` find in ``code``; 0 without ruff, or where
    it takes too long."""
    ruff = _ruff()
    if ruff is None:
        return 0
    try:
        return len(_findings(ruff, code)) + (not _is_formatted(ruff, code))
    except subprocess.TimeoutExpired:
        return 0


def _is_formatted(ruff: str, code: str) -> bool:
    return _run(ruff, ["format", "--check", "-"], code).returncode == 0


def _ruff() -> str | None:
    beside = Path(sys.executable).with_name("ruff")
    return str(beside) if beside.is_file() else shutil.which("ruff")


def _findings(ruff: str, code: str) -> list[tuple[str, int, str]]:
    arguments = ["check", "--select", RULES, "--line-length", "88"]
    done = _run(ruff, [*arguments, "--output-format", "json", "-"], code)
    listed = json.loads(done.stdout or "[]")
    return [(e["code"] or "E9", e["location"]["row"], e["message"]) for e in listed]


def _run(
    ruff: str, arguments: list[str], code: str
) -> subprocess.CompletedProcess[str]:
    """Isolated: the project's own configuration has no say in a port's style."""
    command = [ruff, *arguments[:1], "--isolated", *arguments[1:]]
    return subprocess.run(
        command, input=code, capture_output=True, text=True, timeout=SECONDS
    )
