"""``tf2torch explain CODE``: the page of a hint code."""

from __future__ import annotations

from importlib.resources import files

from tf2torch.diagnostics import Code, SourceError


def page(code: str) -> str:
    """The Markdown page of ``code``; SourceError lists the codes that exist."""
    known = [c.value for c in Code]
    if code.upper() not in known:
        raise SourceError(f"no hint code '{code}': choose from {', '.join(known)}")
    path = files("tf2torch.verify") / "pages" / f"{code.upper()}.md"
    return path.read_text(encoding="utf-8")
