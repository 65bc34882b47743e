"""A real MLflow registry in a database: models out, ports back in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tf2torch
from tf2torch.diagnostics import SourceError
from tf2torch.fleet.registry import read
from tf2torch.fleet.result import Outcome, Result

UNVERIFIED = {"verify": False}


@pytest.fixture
def client(registry: Path, tmp_path: Path) -> Iterator[Any]:
    """``ranker`` in two versions, the first aliased; ``words``, which is no model."""
    import mlflow
    from mlflow import MlflowClient

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    mlflow.set_registry_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    client = MlflowClient()
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "notes.txt").write_text("no model")
    where = (tmp_path / "artifacts").as_uri()
    experiment = client.create_experiment("tf2torch", artifact_location=where)
    for name, sources in {
        "ranker": [registry / "module_0", registry / "exported_0"],
        "words": [tmp_path / "words"],
    }.items():
        client.create_registered_model(name)
        for source in sources:
            run = client.create_run(experiment)
            client.log_artifacts(run.info.run_id, str(source), "model")
            uri = f"{run.info.artifact_uri}/model"
            tags = {"owner": "ann"}
            client.create_model_version(name, uri, run.info.run_id, tags=tags)
    client.set_registered_model_alias("ranker", "champion", "1")
    yield client
    mlflow.set_tracking_uri(before)
    mlflow.set_registry_uri(None)


def located(registry: str, all_versions: bool = False) -> dict[str, str]:
    found = read(registry, all_versions=all_versions)
    return {model.name: model.location for model in found}


def test_versions_and_aliases(client: Any) -> None:
    newest = {"ranker": "models:/ranker/2"}
    assert located("models:/ranker") == newest
    assert located("models:/ranker@champion") == {"ranker": "models:/ranker/1"}
    assert located("models:/ranker/1") == {"ranker": "models:/ranker/1"}
    assert located("models:/") == newest | {"words": "models:/words/1"}
    assert located("models:/ra*", all_versions=True) == {
        "ranker/1": "models:/ranker/1",
        "ranker/2": "models:/ranker/2",
    }
    assert read("models:/ranker")[0].owner == "ann"


@pytest.mark.parametrize("wrong", ["nothing", "ranker/7", "ranker@none"])
def test_not_in_the_registry(wrong: str, client: Any) -> None:
    with pytest.raises(SourceError):
        read(f"models:/{wrong}")


def test_round_trip(client: Any, tmp_path: Path) -> None:
    """Out of the registry, converted, and back in as a version that stands alone."""

    def run() -> dict[str, Result]:
        found = tf2torch.batch(
            "models:/",
            tmp_path / "out",
            convert=UNVERIFIED,
            publish="{name}",
            force=True,
        )
        return {result.name: result for result in found}

    done = run()
    ranker, words = done["ranker"], done["words"]
    assert ranker.outcome is Outcome.CONVERTED, ranker.reason
    assert ranker.published == "models:/ranker/3"
    assert (words.outcome, words.published) == (Outcome.UNREADABLE, "")
    assert "holds 0 TensorFlow models" in words.reason
    made = client.get_model_version("ranker", "3")
    assert made.tags["tf2torch.source"] == "models:/ranker/2"
    assert made.tags["tf2torch.outcome"] == "converted"
    assert made.tags["tf2torch.by.torch"]
    assert_it_runs(tmp_path / "downloaded")
    assert located("models:/ranker") == {"ranker": "models:/ranker/2"}
    assert run()["ranker"].published == "models:/ranker/3", "registered twice"


def assert_it_runs(folder: Path) -> None:
    import mlflow
    import torch

    from tf2torch.api import load_port

    folder.mkdir()
    place = mlflow.artifacts.download_artifacts(
        artifact_uri="models:/ranker/3", dst_path=str(folder)
    )
    module = load_port(place)
    assert module(torch.ones(2, 3)).shape == (2, 2)
    assert "tf2torch" in (Path(place) / "MLmodel").read_text("utf-8")
