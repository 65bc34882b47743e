"""Prompts are files with named holes; an unknown hole is an error."""

from __future__ import annotations

from pathlib import Path
from string import Template

from tf2torch.repair.providers import Request

FOLDER = Path(__file__).parent / "prompts"


def render(name: str, **holes: str) -> str:
    """``prompts/<name>.md`` with ``$hole`` filled; KeyError for one that is missing."""
    return Template((FOLDER / f"{name}.md").read_text()).substitute(holes)


def messages(request: Request) -> list[dict[str, str]]:
    """System and user message for one region."""
    attempts = "\n\n".join(
        f"### attempt {i}\n{outcome}\n```python\n{code}```"
        for i, (code, outcome) in enumerate(request.attempts, 1)
    )
    hints = "\n".join(f"- {h}\n  {h.fix}" for h in request.hints)
    user = render(
        "region",
        region=request.region,
        code=request.code,
        hints=hints,
        source=request.source,
        locked=", ".join(request.locked) or "nothing",
        attempts=attempts or "none yet",
    )
    return [
        {"role": "system", "content": render("system")},
        {"role": "user", "content": user},
    ]
