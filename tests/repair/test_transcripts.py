"""Runs before a real model, replayed: the same answers give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.repair.__main__ import chosen
from bench.repair.faults import Fault, faults
from bench.repair.gaps import GAPPED
from bench.repair.models import build
from bench.repair.run import Port, opened, repaired
from tf2torch.repair.providers.recorded import digest
from tf2torch.repair.providers.selection import recorded
from tf2torch.repair.transcript import End, Start, attempts, read

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.jsonl"))
OpenPort = Callable[[str], Port]


def test_there_are_enough() -> None:
    gaps = [f for f in FILES if f.name.startswith("gaps-")]
    closed = {a.region for f in gaps for a in attempts(read(f)) if a.kept}
    assert len(closed) >= 13, "functions that stood for an op without a rule"
    assert len(FILES) - len(gaps) >= 12, "faults"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_transcript_is_whole_and_holds_no_tensor(path: Path) -> None:
    first, *_, last = read(path)
    assert isinstance(first, Start) and isinstance(last, End)
    assert last.outcome == "fixed" and last.iterations <= 5
    for attempt in attempts(read(path)):
        assert attempt.answer.prompt and attempt.answer.tokens


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenPort]:
    """By model; one TensorFlow is open at a time, as the files are sorted."""
    known: dict[str, Port] = {}
    with ExitStack() as stack:

        def get(name: str) -> Port:
            if name not in known:
                stack.pop_all().close()
                known.clear()
                scratch = tmp_path_factory.mktemp(name)
                known[name] = stack.enter_context(_opened(name, scratch))
            return known[name]

        yield get


def _opened(name: str, scratch: Path):  # type: ignore[no-untyped-def] # a context
    from tf2torch.rules import all_rules

    model = name.removeprefix("gaps-")
    if model == name:
        return opened(name, build(name, scratch), scratch / "port")
    case = next(gapped for gapped in GAPPED if gapped.name == model)
    rules = all_rules().without(*case.without)
    return opened(name, case.save(scratch), scratch / "port", rules)


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_replay_ends_alike(path: Path, port: OpenPort) -> None:
    model = path.stem if path.stem.startswith("gaps-") else path.stem.split("-")[0]
    place = port(model)
    fault = _fault(path.stem, place.text)
    start = read(path)[0]
    assert isinstance(start, Start)
    if start.port != digest(fault.source):
        pytest.skip("the compiler emits another text than then: record it anew")
    row = repaired(place, fault, recorded(path))
    assert row.claimed and row.true and row.verified_changed == ()
    assert (place.folder / "repair.jsonl").read_bytes() == path.read_bytes()


def _fault(stem: str, text: str) -> Fault:
    if stem.startswith("gaps-"):
        return Fault("rule gap", "", 1, text)
    name = stem.partition("-")[2].replace("_", " ")
    return next(f for f in faults(text) if f.name.replace("_", " ") == name)


def test_every_kind_of_fault_is_known_by_name() -> None:
    source = "import torch\n\n\ndef f(x):\n    return torch.relu(x + 1.0)\n"
    kinds = {fault.kind for fault in chosen(source, 9)}
    assert {"missing term", "wrong operator", "missing activation"} <= kinds
    assert all(fault.region == "f" for fault in chosen(source, 9))
