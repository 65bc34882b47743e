"""The dashboard: its page is made from its figures, and a slower port shows."""

from __future__ import annotations

import copy
import json
from typing import Any

from bench import page
from bench.__main__ import RESULTS, WORSE

RECORDED = json.loads(RESULTS.read_text("utf-8"))


def measured() -> dict[str, Any]:
    """As a run finds it that is as fast as the recorded one."""
    found: dict[str, Any] = copy.deepcopy(RECORDED)
    del found["machine"]
    return found


def test_page_is_made_from_the_results() -> None:
    assert page.PAGE.read_text("utf-8") == page.text(RECORDED)


def test_each_slow_row_has_its_reason() -> None:
    told = [*page.misses(RECORDED), *page.slower(RECORDED)]
    assert not [text for text in told if text.endswith("not known")]


def test_regressions() -> None:
    found = measured()
    assert not page.regressions(RECORDED, found, WORSE)
    slow = found["inference"]["DeepFM, batch 32"]["seconds"]
    slow["port"] *= 1.1 * WORSE
    worse = page.regressions(RECORDED, found, WORSE)
    assert ("inference", "DeepFM, batch 32", "reference") in worse
    assert {row for _, row, _ in worse} == {"DeepFM, batch 32"}


def test_another_processor_has_other_kernels() -> None:
    found = measured()
    found["training"]["LSTM, batch 32"]["seconds"]["tensorflow"] /= 10
    elsewhere = RECORDED | {"machine": {"cpu": "another"}}
    assert not page.regressions(elsewhere, found, WORSE)
    here = RECORDED | {"machine": page.machine()}
    assert len(page.regressions(here, found, WORSE)) == 1
