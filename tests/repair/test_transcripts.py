"""Runs before a real model, replayed: the same answers are kept, and end alike.

The faulty port lies beside its transcript, so a replay does not depend on what the
compiler emits today. The verifier is today's: its words and figures may differ from
those of the recording (``pytest --update`` writes them anew), what it decides may not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench.repair.faults import Fault, chosen
from bench.repair.gaps import GAPPED
from bench.repair.models import build
from bench.repair.pins import MODEL, pinned
from bench.repair.run import Port, repaired
from tf2torch.repair.providers.recorded import digest
from tf2torch.repair.providers.selection import recorded
from tf2torch.repair.region import regions
from tf2torch.repair.transcript import TOGETHER, End, Start, attempts, read

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.jsonl"))
KINDS = (
    "missing_rule",
    "wrong_semantics",
    "dead_gradient",
    "instability",
    "metric_gap",
)
Original = Callable[[str], Path]


def test_there_are_enough() -> None:
    gaps = [f for f in FILES if f.name.startswith("gaps-")]
    closed = {a.region for f in gaps for a in attempts(read(f)) if a.kept}
    assert len(closed) >= 13, "functions that stood for an op without a rule"
    assert len(FILES) - len(gaps) >= 20, "faults"
    for kind in KINDS:
        assert any(f"-{kind}-" in f.name for f in FILES), kind


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_transcript_is_whole_and_holds_no_tensor(path: Path) -> None:
    first, *_, last = read(path)
    assert isinstance(first, Start) and isinstance(last, End)
    assert last.outcome == "fixed" and last.iterations <= 5
    for attempt in attempts(read(path)):
        asked = attempt.provider != TOGETHER
        assert bool(attempt.answer.prompt and attempt.answer.tokens) == asked
    text = (FOLDER / path.stem / MODEL).read_text()
    assert digest(text) == first.port and tuple(regions(text)) == first.regions


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    """The model that a transcript's port was made of, built once."""
    known: dict[str, Path] = {}

    def get(stem: str) -> Path:
        gaps = stem.startswith("gaps-")
        name = stem.split("-")[1 if gaps else 0]
        if stem not in known and gaps:
            case = next(gapped for gapped in GAPPED if gapped.name == name)
            known[stem] = case.save(tmp_path_factory.mktemp(stem))
        elif name not in known and not gaps:
            known[name] = build(name, tmp_path_factory.mktemp(name))
        return known[stem if gaps else name]

    return get


# What the verifier says and measures gets better with the verifier.
VERIFIER = frozenset({"hints", "outcome", "alone", "before", "after", "score"})


# Recorded as right; today's verifier finds ties that `crop_and_resize` gets wrong.
OVERTAKEN = "gaps-images"


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [f for f in FILES if f.stem != OVERTAKEN], ids=lambda p: p.stem
)
def test_a_replay_ends_alike(
    path: Path, original: Original, tmp_path: Path, update: bool
) -> None:
    with pinned(FOLDER / path.stem, original(path.stem), tmp_path) as port:
        replayed = _replayed(port, path)
        if update:
            shutil.copy(replayed, path)
        assert decisions(replayed) == decisions(path)


@pytest.mark.slow
def test_an_answer_that_was_right_once_is_no_claim(
    original: Original, tmp_path: Path
) -> None:
    path = FOLDER / f"{OVERTAKEN}.jsonl"
    with pinned(FOLDER / OVERTAKEN, original(OVERTAKEN), tmp_path) as port:
        fault = Fault("recorded", "", 1, port.text)
        row = repaired(port, fault, recorded(path))
        assert not row.claimed and not row.true
        kept = attempts(read(port.folder / "repair.jsonl"))
        assert len(kept) == 4 and all(a.kept and "agrees" in a.alone for a in kept)


@pytest.mark.slow
def test_a_replay_of_a_replay_has_the_same_bytes(
    original: Original, tmp_path: Path
) -> None:
    path = FOLDER / "features-missing_rule-Cumsum-taken_out.jsonl"
    with pinned(FOLDER / path.stem, original(path.stem), tmp_path) as port:
        first = tmp_path / "first.jsonl"
        shutil.copy(_replayed(port, path), first)
        assert _replayed(port, first).read_bytes() == first.read_bytes()


def _replayed(port: Port, path: Path) -> Path:
    row = repaired(port, Fault("recorded", "", 1, port.text), recorded(path))
    assert row.claimed and row.true and row.verified_changed == ()
    return port.folder / "repair.jsonl"


def decisions(path: Path) -> list[dict[str, Any]]:
    """What was asked and answered, what was kept, and what came of it."""
    return [
        {k: v for k, v in asdict(event).items() if k not in VERIFIER}
        for event in read(path)
    ]


def test_every_kind_of_fault_is_known_by_name() -> None:
    source = "import torch\n\n\ndef f(x):\n    return torch.relu(x + 1.0)\n"
    kinds = {fault.kind for fault in chosen(source, 9)}
    assert {"missing term", "wrong operator", "missing activation"} <= kinds
    assert all(fault.region == "f" for fault in chosen(source, 9))
