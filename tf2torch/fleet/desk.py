"""Where the work of one run lies: folders, jobs, answers, and what is known already."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.fleet import remote
from tf2torch.fleet.job import Ending, Job, Limits, collect
from tf2torch.fleet.model import Model, arguments
from tf2torch.fleet.result import Outcome, Result

PORTS, LOGS, WORK, ANSWERS = "ports", "logs", ".work", ".answers"


@dataclass(frozen=True)
class Desk:
    """``settings``: arguments of ``convert`` for all models."""

    output: Path
    run: str
    settings: Mapping[str, Any]
    limits: Limits
    retries: int = 2

    def job(self, model: Model, key: str) -> Job:
        """The job of a model; an answer that an earlier one left is gone."""
        mark = _mark(model.name)
        port, log = self.port(model.name), self.output / LOGS / f"{model.name}.log"
        answer = self.output / ANSWERS / f"{mark}.json"
        for path in (port, log, answer):
            path.parent.mkdir(parents=True, exist_ok=True)
        answer.unlink(missing_ok=True)
        about = {"run": self.run, "name": model.name, "location": model.location}
        about |= {"owner": model.owner, "key": key}
        return Job(
            model.name,
            model.location,
            str(port),
            str(answer),
            str(log),
            str(self.output / WORK / mark),
            self.limits.seconds,
            self.limits.memory,
            {**self.settings, **arguments(model.options)},
            about,
        )

    def port(self, name: str) -> Path:
        return self.output / PORTS / name

    def result(self, job: Job, ending: Ending) -> Result:
        """What came of a job; a port that did not come is not left from before."""
        answer = collect(Path(job.answer))
        if answer is not None and not ending.killed:
            answer.pop("run")
            made = Result.from_json(answer)
        else:
            made = _unanswered(job, ending)
        if not made.outcome.has_port:
            shutil.rmtree(job.output, ignore_errors=True)
        _sweep(Path(job.output))
        return replace(
            made,
            location=job.about["location"],
            stage=ending.stage,
            seconds=round(ending.seconds, 2),
            memory=ending.memory,
        )

    def answers(self) -> Iterator[Result]:
        """Answers of this run that nobody has recorded: the run was killed between."""
        for path in sorted((self.output / ANSWERS).glob("*.json")):
            answer = collect(path)
            if answer is not None and answer.pop("run", None) == self.run:
                yield Result.from_json(answer)

    def forget(self, name: str) -> None:
        """The answer has been recorded."""
        (self.output / ANSWERS / f"{_mark(name)}.json").unlink(missing_ok=True)

    def clear(self) -> None:
        """What killed processes have left behind."""
        shutil.rmtree(self.output / WORK, ignore_errors=True)
        shutil.rmtree(self.output / ANSWERS, ignore_errors=True)
        for place, folders, _ in os.walk(self.output / PORTS):
            for folder in [f for f in folders if f.startswith(".")]:
                folders.remove(folder)
                shutil.rmtree(Path(place) / folder, ignore_errors=True)
            if "model.py" in os.listdir(place):
                folders.clear()


def fetched(model: Model, folder: Path) -> Path:
    """The model on this machine's disk."""
    if model.is_local:
        return Path(model.location)
    folder.mkdir(parents=True, exist_ok=True)
    if model.location.startswith("models:/"):
        from tf2torch.fleet import mlflow_models

        return mlflow_models.fetch(model.location, folder)
    return remote.fetch(model.location, folder)


@contextmanager
def alone(output: Path) -> Iterator[None]:
    """One run at a time in ``output``; SourceError when there is another."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        lock = (output / ".lock").open("w")
    except OSError as error:
        raise SourceError(f"{output} cannot be written: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SourceError(f"another batch is running in {output}") from None
        yield


def refused(model: Model, key: str, outcome: Outcome, reason: str) -> Result:
    """A model that could not even be fetched."""
    return Result(model.name, model.location, outcome, reason, model.owner, key)


def _unanswered(job: Job, ending: Ending) -> Result:
    if ending.killed == "time":
        outcome, reason = Outcome.TIMEOUT, f"no result within {job.seconds:g} s"
    elif ending.killed == "memory":
        bound = job.memory / (1 << 20)
        outcome, reason = Outcome.MEMORY, f"used more than {bound:.0f} MiB of memory"
    elif ending.killed == "worker":
        outcome, reason = Outcome.CRASHED, "the worker died with it, twice"
    elif ending.status < 0:
        outcome = Outcome.CRASHED
        reason = f"the process was ended by signal {-ending.status}"
        if -ending.status == signal.SIGKILL:
            reason += " (as when the machine runs out of memory)"
    else:
        outcome = Outcome.CRASHED
        reason = f"the process ended with status {ending.status} and no result"
    about = {key: value for key, value in job.about.items() if key != "run"}
    return Result(**about, outcome=outcome, reason=reason)


def _sweep(port: Path) -> None:
    """Half-written ports beside ``port``, of a process that was killed."""
    for path in port.parent.glob(f".{port.name}-*"):
        shutil.rmtree(path, ignore_errors=True)


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:20]
