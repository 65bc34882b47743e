"""Results in a real PostgreSQL, which the test starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import tf2torch
from tests.fleet.models import module
from tf2torch.diagnostics import SourceError
from tf2torch.fleet.result import Outcome, Result
from tf2torch.fleet.store import Store


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an empty database."""
    import pgserver

    running = pgserver.get_server(tmp_path_factory.mktemp("postgresql"))
    yield str(running.get_uri())
    running.cleanup()


def test_batch_and_resume(server: str, tmp_path: Path) -> None:
    root = tmp_path / "registry"
    for seed in range(2):
        module(root / f"model_{seed}", seed)

    def run() -> dict[str, Result]:
        found = tf2torch.batch(
            root,
            tmp_path / "out",
            database=server,
            convert={"verify": False},
            resume=True,
        )
        return {result.name: result for result in found}

    first = run()
    assert {r.outcome for r in first.values()} == {Outcome.CONVERTED}
    assert all(result.reused for result in run().values())
    assert not (tmp_path / "out" / "results.db").exists()
    store = Store(server, tmp_path / "out")
    assert store.latest("model_0") == first["model_0"]
    store.close()


def test_any_text(server: str, tmp_path: Path) -> None:
    store = Store(server, tmp_path)
    run = store.begin("models", {}, {})
    result = Result(
        name="team/" * 300 + "model",
        location="models",
        outcome=Outcome.UNREADABLE,
        reason="no such op: \0\x01 \U0001f600",
        owner="o" * 300,
    )
    for seconds in (1.0, 2.0):
        store.put(run, replace(result, seconds=seconds))
    assert store.results(run) == {result.name: replace(result, seconds=2.0)}
    store.close()


def test_no_server(tmp_path: Path) -> None:
    url = f"postgresql://user:secret@/none?host={tmp_path}"
    with pytest.raises(SourceError) as caught:
        Store(url, tmp_path)
    assert "is no database" in str(caught.value)
    assert "secret" not in str(caught.value)
