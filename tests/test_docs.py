"""Documents that are generated say what the program says."""

from __future__ import annotations

from pathlib import Path

from tf2torch.rules.coverage import coverage, to_markdown

OPS = Path(__file__).parent.parent / "docs" / "ops.md"


def test_ops_table_is_current() -> None:
    """Rewrite it with ``tf2torch ops``, below its first four lines."""
    table = "\n".join(OPS.read_text("utf-8").splitlines()[4:])
    assert table.strip() == to_markdown(coverage()).strip()
