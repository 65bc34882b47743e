"""Every case of tests/ops/cases_*.py against TensorFlow."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ops.cases import OpCase


def _cases() -> Iterator[object]:
    """One parameter per case and way of tracing: ``math-AddV2-0-static``."""
    for path in sorted(Path(__file__).parent.glob("cases_*.py")):
        family = path.stem.removeprefix("cases_")
        counts: Counter[str] = Counter()
        for case in importlib.import_module(f"tests.ops.{path.stem}").CASES:
            label = f"{family}-{case.op}-{case.name or counts[case.op]}"
            counts[case.op] += 1
            ways = [False] if case.static or not (case.batch or case.anyshape) else []
            ways += [True] if case.batch or case.anyshape else []
            for dynamic in ways:
                way = "dynamic" if dynamic else "static"
                yield pytest.param(case, dynamic, id=f"{label}-{way}")


@pytest.mark.parametrize(("case", "dynamic"), _cases())
def test_op(case: OpCase, dynamic: bool) -> None:
    from tests.ops.runner import check

    check(case, dynamic)
