"""``tf2torch.batch``: every model of a registry, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.fleet import local, page, registry
from tf2torch.fleet.cluster import Cluster
from tf2torch.fleet.cluster import run as run_on_cluster
from tf2torch.fleet.desk import Desk, alone
from tf2torch.fleet.digest import key, versions
from tf2torch.fleet.events import Done, Event, Observe, Planned
from tf2torch.fleet.job import Limits
from tf2torch.fleet.local import Finish, Task
from tf2torch.fleet.model import Model
from tf2torch.fleet.result import Result
from tf2torch.fleet.store import Store

EXECUTORS = ("local", "ray")
SECONDS = 1800.0
PART_OF_MEMORY = 0.9  # that all workers together may use


@dataclass(frozen=True)
class Options:
    """How a batch is run: see :func:`batch`."""

    jobs: int | None = None
    executor: str = "local"
    address: str | None = None
    gpus_per_model: float = 0.0
    retries: int = 2
    resume: bool = False
    force: bool = False
    database: str | None = None
    time_limit: float = SECONDS
    memory_limit: int | None = None
    publish: str | None = None

    def __post_init__(self) -> None:
        if self.executor not in EXECUTORS:
            known = ", ".join(EXECUTORS)
            raise SourceError(f"no executor '{self.executor}': choose from {known}")
        for name in ("jobs", "time_limit", "memory_limit"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise SourceError(f"{name} must be above zero, not {value}")

    @property
    def workers(self) -> int:
        return self.jobs or max(1, (os.cpu_count() or 1) // 2)

    @property
    def limits(self) -> Limits:
        import psutil

        share = psutil.virtual_memory().total * PART_OF_MEMORY / self.workers
        return Limits(self.time_limit, self.memory_limit or int(share))


def batch(
    source: str | Path,
    output: str | Path,
    *,
    include: Iterable[str] = (),
    all_versions: bool = False,
    convert: Mapping[str, Any] | None = None,
    observe: Observe | None = None,
    **options: Any,
) -> Iterator[Result]:
    """Convert every model of a registry; results as they come, in no fixed order.

    ``source``: a folder, a manifest (.csv, .json, .yaml), a URL of either, or
    ``models:/…`` of MLflow. ``output`` gets ``ports/``, ``logs/``, ``results.db`` and
    ``summary.html``. ``include``: patterns of names. ``convert``: arguments of
    ``tf2torch.convert`` for all models. ``options``: fields of
    :class:`tf2torch.fleet.run.Options`: ``jobs``, ``time_limit`` (seconds for a model)
    and ``memory_limit`` (bytes), ``executor`` ("local" or "ray"), ``address``,
    ``gpus_per_model``, ``retries``, ``resume`` (go on with the run that was cut off),
    ``force`` (redo what has not changed), ``database`` (SQLAlchemy URL), ``publish``
    (the name in MLflow that verified ports get; ``{name}`` is the source's).

    Whatever a model does, it yields a result. Raises SourceError for a registry or an
    option that is wrong. Stop early and resume later: nothing finished is lost.
    """
    known = {name for name in Options.__dataclass_fields__}
    unknown = sorted(set(options) - known)
    if unknown:
        raise TypeError(f"batch() got an unexpected argument '{unknown[0]}'")
    chosen = Options(**options)
    models = registry.read(str(source), tuple(include), all_versions)
    run = Run(str(source), models, Path(output).absolute(), convert or {}, chosen)
    return run.results(observe or (lambda event: None))


@dataclass
class Run:
    """One pass over a registry."""

    registry: str
    models: list[Model]
    output: Path
    settings: Mapping[str, Any]
    options: Options

    def results(self, observe: Observe) -> Iterator[Result]:
        with alone(self.output):
            url = self.options.database or f"sqlite:///{self.output / 'results.db'}"
            store = Store(url, self.output)
            try:
                yield from self._with(store, observe)
            finally:
                store.close()

    def _with(self, store: Store, observe: Observe) -> Iterator[Result]:
        desk = self._desk(store)
        done = store.results(desk.run)
        observe(Planned(len(self.models), self.options.workers))
        for event in self._events(desk, store, done):
            if isinstance(event, Done):
                self._keep(store, desk, event.result, done)
            observe(event)
            if isinstance(event, Done):
                yield event.result
        store.end(desk.run)
        found = [r for r in store.results(desk.run).values() if r.name in self._names]
        page.write(found, self.registry, self.output / "summary.html")

    def _desk(self, store: Store) -> Desk:
        """The run that is resumed, with what it left unrecorded; or a new one."""
        registry = str(Path(self.registry).absolute())
        if "://" in self.registry or self.registry.startswith("models:/"):
            registry = self.registry
        run = None
        if self.options.resume:
            run = store.last(registry, self.settings)
        id = run or store.begin(registry, self.settings, versions())
        limits, retries = self.options.limits, self.options.retries
        desk = Desk(self.output, id, self.settings, limits, retries)
        for result in desk.answers():
            store.put(id, result)
        desk.clear()
        return desk

    def _events(
        self, desk: Desk, store: Store, done: Mapping[str, Result]
    ) -> Iterator[Event]:
        tasks = self._tasks(desk, store, done)
        finish, jobs = self._finish(), self.options.workers
        if self.options.executor == "local":
            return local.run(tasks, desk, jobs, finish)
        o = self.options
        cluster = Cluster(o.address, o.gpus_per_model, o.retries)
        return run_on_cluster(tasks, desk, jobs, finish, cluster)

    def _tasks(
        self, desk: Desk, store: Store, done: Mapping[str, Result]
    ) -> Iterator[Task | Result]:
        """What is left to do; what is known already comes as its result."""
        for model in self.models:
            mark = key(model, desk.settings)
            known = done.get(model.name)
            if known is None and not self.options.force:
                known = store.latest(model.name)
                if known is not None and not known.outcome.is_final:
                    known = None
            if known is not None and mark and known.key == mark and _there(known):
                yield replace(known, reused=True)
            else:
                yield model, mark

    def _keep(
        self, store: Store, desk: Desk, result: Result, done: Mapping[str, Result]
    ) -> None:
        if not (result.reused and result.name in done):
            store.put(desk.run, result)
        desk.forget(result.name)

    def _finish(self) -> Finish:
        template = self.options.publish
        if template is None:
            return lambda result: result
        from tf2torch.fleet import mlflow_models

        def publish(result: Result) -> Result:
            if not result.outcome.is_good:
                return result
            try:
                name = mlflow_models.publish(result, template)
            except SourceError as error:
                return replace(result, reason=str(error))
            return replace(result, published=name)

        return publish

    @property
    def _names(self) -> set[str]:
        return {model.name for model in self.models}


def _there(result: Result) -> bool:
    """The port, where there is to be one, has not been removed."""
    if not result.outcome.has_port:
        return True
    return (Path(result.folder) / "provenance.json").is_file()
