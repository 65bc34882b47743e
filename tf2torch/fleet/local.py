"""The executor of one machine: some slots, each a thread with its worker process."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from tf2torch.diagnostics import SourceError
from tf2torch.fleet.desk import Desk, fetched, refused
from tf2torch.fleet.events import Done, Event, Stage
from tf2torch.fleet.job import Job
from tf2torch.fleet.model import Model, Unreachable
from tf2torch.fleet.result import Outcome, Result
from tf2torch.fleet.slot import Slot
from tf2torch.verify.warm import Zygotes

Task = tuple[Model, str]  # a model and its key
Finish = Callable[[Result], Result]  # what is done with a result in the slot's thread


def run(
    tasks: Iterator[Task | Result], desk: Desk, jobs: int, finish: Finish
) -> Iterator[Event]:
    """Events until every task is done. A task that is a Result already passes through.

    Closing the iterator ends the workers.
    """
    events: SimpleQueue[Event | BaseException | None] = SimpleQueue()
    zygotes = Zygotes(threads=max(1, (os.cpu_count() or 1) // jobs))
    shared = _Shared(tasks, zygotes)
    threads = [
        threading.Thread(
            target=_serve, args=(shared, desk, finish, events.put), daemon=True
        )
        for _ in range(jobs)
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            while (event := events.get()) is not None:
                if isinstance(event, BaseException):
                    raise event
                yield event
    finally:
        shared.stop()
        for thread in threads:
            thread.join()
        zygotes.close()


class _Shared:
    """One iterator for all threads; ``stop`` ends it and the slots that work on it."""

    def __init__(self, tasks: Iterator[Task | Result], zygotes: Zygotes):
        self._tasks, self._lock, self._stopped = tasks, threading.Lock(), False
        self.zygotes = zygotes
        self._slots: list[Slot] = []

    def next(self) -> Task | Result | None:
        with self._lock:
            return None if self._stopped else next(self._tasks, None)

    def slot(self) -> Slot:
        slot = Slot(self.zygotes.channels)
        with self._lock:
            self._slots.append(slot)
        return slot

    def stop(self) -> None:
        self._stopped = True
        for slot in self._slots:
            slot.stop()


def _serve(
    shared: _Shared,
    desk: Desk,
    finish: Finish,
    post: Callable[[Event | BaseException | None], None],
) -> None:
    """One slot: task by task, until there is none left."""
    slot = shared.slot()
    try:
        while (task := shared.next()) is not None:
            if isinstance(task, Result):
                post(Done(task))
                continue
            if task[0].options.get("verify", desk.settings.get("verify", True)):
                shared.zygotes.start()
            done = convert(slot, desk, *task, post)
            if slot.stopped:
                break
            post(Done(finish(done), slot.worker_memory))
    except BaseException as error:  # our own failure: it is raised by the iterator
        post(error)
    finally:
        slot.close()
        post(None)


def convert(
    slot: Slot,
    desk: Desk,
    model: Model,
    key: str,
    post: Callable[[Event], None],
) -> Result:
    """One model in one slot."""
    job = desk.job(model, key)
    post(Stage(model.name, "fetch"))
    try:
        path = fetched(model, Path(job.scratch))
    except (Unreachable, OSError) as error:
        return _refused(job, model, key, Outcome.LOST, str(error))
    except SourceError as error:
        return _refused(job, model, key, Outcome.UNREADABLE, str(error))
    there: Job = replace(job, source=str(path))
    ending = slot.run(there, lambda text: post(Stage(model.name, text)))
    return desk.result(there, ending)


def _refused(job: Job, model: Model, key: str, outcome: Outcome, why: str) -> Result:
    """Nothing of a model that could not be fetched stays."""
    for path in (job.scratch, job.output):
        shutil.rmtree(path, ignore_errors=True)
    return refused(model, key, outcome, why)
