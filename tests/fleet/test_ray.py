"""On a real Ray cluster of several nodes; one is killed while it works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tf2torch
from tf2torch.diagnostics import SourceError
from tf2torch.fleet.events import Done
from tf2torch.fleet.result import Outcome

SMALL = {"object_store_memory": 100 << 20}


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head without CPUs, so that all work is on the two other nodes."""
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **SMALL})
    made.add_node(num_cpus=1, num_gpus=1, **SMALL)  # Ray counts them and asks no driver
    made.add_node(num_cpus=1, num_gpus=1, **SMALL)
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.mark.slow
def test_node_dies(cluster: Any, registry: Path, tmp_path: Path) -> None:
    """One of two nodes is killed after the first result: both are at work then, and
    every model still comes through on what is left."""
    (victim,) = [n for n in list(cluster.worker_nodes)[:1]]
    killed = []

    def observe(event: object) -> None:
        if isinstance(event, Done) and not killed:
            cluster.remove_node(victim, allow_graceful=False)
            killed.append(event.result.name)

    include = ["*_0*", "ranker", "broken/truncated", "broken/hostile*"]
    found = tf2torch.batch(
        registry,
        tmp_path / "out",
        include=include,
        convert={"verify": False},
        executor="ray",
        address=cluster.address,
        gpus_per_model=0.25,
        jobs=4,
        observe=observe,
    )
    done = {result.name: result for result in found}
    assert killed and len(cluster.worker_nodes) == 1
    assert len(done) == 10
    for result in done.values():
        expected = Outcome.CONVERTED
        if result.name.startswith("broken/"):
            hostile = "hostile" in result.name
            expected = Outcome.UNPORTED if hostile else Outcome.UNREADABLE
        assert result.outcome is expected, result.reason
        assert result.outcome.has_port == bool(result.folder)
        if result.folder:
            assert Path(result.folder) == tmp_path / "out" / "ports" / result.name
            assert (Path(result.folder) / "model.py").is_file()
    with pytest.raises(SourceError, match="no node of the cluster has 9 GPUs"):
        run_with_gpus(registry, cluster, tmp_path)


def run_with_gpus(registry: Path, cluster: Any, tmp_path: Path) -> None:
    list(
        tf2torch.batch(
            registry,
            tmp_path / "other",
            executor="ray",
            address=cluster.address,
            gpus_per_model=9,
        )
    )


def test_no_cluster(registry: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no Ray cluster at 127\.0\.0\.1:1"):
        list(tf2torch.batch(registry, tmp_path, executor="ray", address="127.0.0.1:1"))
