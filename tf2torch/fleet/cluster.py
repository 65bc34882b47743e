"""The executor on a Ray cluster: each model is a task that any node may take.

The nodes need tf2torch, and the models' paths: a shared disk, or an object store, whose
URLs each node fetches from. Ports come back through Ray. A task whose node dies is
started again elsewhere.
"""

from __future__ import annotations

import io
import shutil
import socket
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.fleet.desk import Desk
from tf2torch.fleet.events import Done, Event, Stage
from tf2torch.fleet.local import Finish, Task, convert
from tf2torch.fleet.result import Outcome, Result
from tf2torch.fleet.slot import Slot
from tf2torch.verify.warm import Zygotes

CONNECT_SECONDS = 10.0
ONE_MACHINE = ("memory://",)  # stores that only this process sees
CPUS = 1  # of a task
# Of this Ray worker process, which Ray uses again and again:
_slots: list[Slot] = []
_zygotes: list[Zygotes] = []


@dataclass(frozen=True)
class Cluster:
    """``address``: as for ``ray.init``; None starts Ray on this machine. ``gpus``: the
    part of a GPU that a model reserves; ``retries``: when its node is lost."""

    address: str | None = None
    gpus: float = 0.0
    retries: int = 2


def run(
    tasks: Iterator[Task | Result],
    desk: Desk,
    jobs: int,
    finish: Finish,
    cluster: Cluster,
) -> Iterator[Event]:
    """Events until every task is done; at most ``jobs`` are with Ray at a time."""
    ray = _connect(cluster)
    needs = {"num_cpus": CPUS, "num_gpus": cluster.gpus}
    remote = ray.remote(**needs, max_retries=cluster.retries)(on_node)
    flying: dict[Any, Task] = {}
    try:
        while True:
            while len(flying) < jobs and (task := next(tasks, None)) is not None:
                if isinstance(task, Result):
                    yield Done(task)
                    continue
                _reachable(task[0].location)
                flying[remote.remote(*task, desk)] = task
                yield Stage(task[0].name, "with Ray")
            if not flying:
                return
            (ready,), _ = ray.wait(list(flying), num_returns=1)
            yield Done(finish(_landed(ray, ready, flying.pop(ready), desk)))
    finally:
        for reference in flying:
            ray.cancel(reference, force=True)


def on_node(model: Any, key: str, desk: Desk) -> tuple[Result, bytes]:
    """On a node: the result, and the port as a tar archive."""
    if not _slots:
        _zygotes.append(Zygotes(CPUS))
        _slots.append(Slot(_zygotes[0].channels))
    with tempfile.TemporaryDirectory(prefix="tf2torch-node-") as place:
        there = replace(desk, output=Path(place))
        result = convert(_slots[0], there, model, key, lambda event: None)
        port = there.port(model.name)
        return result, _packed(port) if port.is_dir() else b""


def _connect(cluster: Cluster) -> Any:
    try:
        import ray
    except ImportError:
        told = "Ray is not installed: pip install 'tf2torch[ray]'"
        raise SourceError(told) from None
    if not ray.is_initialized():
        _answering(cluster.address)
        try:
            ray.init(
                address=cluster.address, log_to_driver=False, logging_level="error"
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            line = str(error).splitlines()[0]
            raise SourceError(f"no Ray cluster at {cluster.address}: {line}") from None
    if cluster.gpus > ray.cluster_resources().get("GPU", 0.0):
        raise SourceError(f"no node of the cluster has {cluster.gpus:g} GPUs")
    return ray


def _answering(address: str | None) -> None:
    """SourceError at once where nobody listens: Ray itself tries for minutes."""
    host, _, port = (address or "").rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except OSError as error:
        raise SourceError(f"no Ray cluster at {address}: {error.strerror}") from None


def _landed(ray: Any, reference: Any, task: Task, desk: Desk) -> Result:
    """The result of a task; its port is unpacked where it belongs."""
    model, key = task
    try:
        landed: tuple[Result, bytes] = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise RuntimeError(f"a task failed on its node: {error}") from error
    except ray.exceptions.RayError as error:
        kind = type(error).__name__
        reason = f"its node was lost on each of {desk.retries + 1} attempts ({kind})"
        return Result(
            model.name, model.location, Outcome.LOST, reason, model.owner, key
        )
    result, packed = landed
    port = desk.port(model.name)
    shutil.rmtree(port, ignore_errors=True)
    if not packed:
        return replace(result, folder="")
    _unpack(packed, port)
    return replace(result, folder=str(port))


def _packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, arcname=".")
    return buffer.getvalue()


def _unpack(packed: bytes, port: Path) -> None:
    """Beside first, then renamed: half a port is no port."""
    port.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{port.name}-", dir=port.parent) as work:
        inside = Path(work) / "port"
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(inside, filter="data")
        inside.chmod(0o755)
        inside.rename(port)


def _reachable(location: str) -> None:
    if location.startswith(ONE_MACHINE):
        raise SourceError(f"{location} lies in the memory of one process alone")
