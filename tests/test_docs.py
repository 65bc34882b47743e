"""Documents that are generated say what the program says."""

from __future__ import annotations

from pathlib import Path

from tf2torch.rules.coverage import coverage, to_markdown

OPS = Path(__file__).parent.parent / "docs" / "ops.md"


def test_ops_table_is_current() -> None:
    """Rewrite it with ``tf2torch ops``, below its first four lines."""
    table = "\n".join(OPS.read_text("utf-8").splitlines()[4:])
    assert table.strip() == to_markdown(coverage()).strip()


def test_every_op_is_in_one_state() -> None:
    rows = coverage()
    assert len({row.op for row in rows}) == len(rows)
    assert {row.state for row in rows} <= {"rule", "erased", "refused", "limit", "open"}
