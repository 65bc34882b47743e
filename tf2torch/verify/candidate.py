"""The candidate: a port in a fresh sandboxed process, which is told no answers."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from tf2torch.verify.candidate_guard import FOREIGN
from tf2torch.verify.process import Refused, Worker, WorkerFailed
from tf2torch.verify.provenance import Port
from tf2torch.verify.sandbox import Access, Limits
from tf2torch.verify.steps import Course, Plan
from tf2torch.verify.wire import Arrays

EXPORT_PATIENCE = 4.0  # × the time for one answer: export and compile trace the port
START_SECONDS = 300.0  # to import torch, on a machine that is busy
MODULE = "tf2torch.verify.candidate_worker"
WEIGHT_COPIES = 12  # weights, their gradients, two optimizer slots, and copies of them


@dataclass(frozen=True)
class Stored:
    """A ``state_dict`` entry as it is after loading."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    alias: str | None


@dataclass(frozen=True)
class Answer:
    """One call of the port; gradients by state entry and by input name. ``nested``:
    it returned more than one value or a flat dict."""

    outputs: Arrays
    dtypes: dict[str, str]
    gradients: Arrays = field(default_factory=dict)
    input_gradients: Arrays = field(default_factory=dict)
    nested: bool = False
    state: Arrays = field(default_factory=dict)


class PortFailed(Exception):
    """The port raised, did what it may not, or was killed. ``reason`` is one word:
    raised, forbidden, time, memory, processes or crash; ``line`` is in model.py;
    ``module`` is the path of the module in whose call it was."""

    def __init__(
        self,
        reason: str,
        message: str,
        line: int | None = None,
        module: str | None = None,
    ):
        super().__init__(message)
        self.reason = reason
        self.line = line
        self.module = module


class Candidate:
    """``limits`` hold for a port without weights; these add to the memory. ``nursery``:
    a process that stands ready for ports of the same files, see :func:`start`."""

    def __init__(
        self,
        port: Port,
        hide: tuple[Path, ...],
        limits: Limits,
        isolated: bool = True,
        nursery: Worker | None = None,
    ):
        self.anew = False  # every call begins with the state that was loaded
        self._port = port
        self._seconds = limits.seconds
        self._nursery = nursery
        if nursery is not None:
            nursery.fork(limits.seconds)
        self._worker = nursery or start(port, hide, limits, isolated)

    def start(self) -> None:
        """Wait for torch itself, on a clock of its own."""
        self._ask("ready", seconds=START_SECONDS)

    def load(self) -> tuple[Stored, ...]:
        """Import the port and load its weights."""
        self.start()
        message, _ = self._ask(
            "load",
            name=self._port.cls,
            folder=str(self._port.folder.resolve()),
            inputs=[
                {"name": i.name, "parameter": i.parameter, "dtype": i.dtype}
                | {"shape": i.shape, "axes": list(i.axes)}
                for i in self._port.inputs
            ],
            outputs={o.name: list(o.axes) for o in self._port.outputs},
        )
        return tuple(
            Stored(e["name"], tuple(e["shape"]), e["dtype"], e["trainable"], e["alias"])
            for e in message["state"]
        )

    def state(self, names: list[str]) -> Arrays:
        return self._ask("state", names=names)[1]

    def run(
        self,
        inputs: Arrays,
        seed: int | None = None,
        style: str = "position",
        noise: int = 0,
        weighed: list[str] | None = None,
        double: bool = False,
        training: bool = False,
        state: tuple[str, ...] = (),
        autocast: str = "",
    ) -> Answer:
        """One call. ``noise`` seeds torch's generator; ``weighed`` are the outputs
        that make the loss, by default all; ``double`` runs the port in float64;
        ``training`` runs a copy in training mode, and gives ``state`` after it;
        ``autocast`` names the dtype of torch.autocast."""
        options: dict[str, Any] = {
            "style": style,
            "noise": noise,
            "weighed": weighed,
            "double": double,
        }
        options |= {"training": training, "state": list(state), "autocast": autocast}
        options["anew"] = self.anew
        message, arrays = self._ask("run", inputs, seed=seed, **options)
        names = [i.name for i in self._port.inputs]
        return Answer(
            _part(arrays, "out:"),
            {str(k): str(v) for k, v in message["dtypes"].items()},
            _part(arrays, "var:"),
            {names[int(k)]: v for k, v in _part(arrays, "in:").items()},
            bool(message["nested"]),
            _part(arrays, "state:"),
        )

    def taps(
        self, inputs: Arrays, seed: int, double: bool = False
    ) -> tuple[list[list[object]], tuple[str, ...]]:
        """Events of ``candidate_taps.report``, and the parameters without gradient."""
        answer = self._ask("taps", inputs, seed=seed, double=double)[0]
        return list(answer["events"]), tuple(map(str, answer["dead"]))

    def variants(
        self, inputs: Arrays, path: str, before: bool = False
    ) -> list[list[Any]]:
        """[words, fingerprints] of ``candidate_variants.try_all``, or of ``before``."""
        answer, _ = self._ask("variants", inputs, path=path, before=before)
        return list(answer["variants"])

    def entering(self, inputs: Arrays, path: str) -> Arrays:
        """The tensors that enter the module at ``path``, ``in:`` by position."""
        return self._ask("region", inputs, capture=True, path=path)[1]

    def region(
        self, arrays: Arrays, function: str | None = None, order: Sequence[int] = ()
    ) -> Arrays:
        """``out:`` and ``grad:`` of the module last looked at by ``entering``, or of
        ``function`` (whose arguments are the arrays ``in:`` at ``order``)."""
        path = "" if function is None else None
        where: dict[str, Any] = {"path": path, "function": function}
        where["order"] = list(order)
        return self._ask("region", arrays, capture=False, **where)[1]

    def train(self, inputs: Arrays, seed: int, plan: Plan) -> Course:
        """Optimizer steps on a copy of the port."""
        message, arrays = self._ask("train", inputs, seed=seed, **asdict(plan))
        losses = [float(loss) for loss in message["losses"]]
        return Course(losses, _part(arrays, "moved:"), _part(arrays, "slot:"))

    def overfit(
        self, inputs: Arrays, seed: int, steps: int, until: float
    ) -> list[float]:
        """The loss before each step towards outputs that the port can reach; no more
        steps once it has fallen to ``until`` times what it was."""
        message, _ = self._ask("overfit", inputs, seed=seed, steps=steps, until=until)
        return [float(loss) for loss in message["losses"]]

    def time(self, inputs: Arrays, seed: int | None) -> float:
        """Processor seconds of a call, with gradients where there is a ``seed``."""
        return float(self._ask("time", inputs, seed=seed)[0]["seconds"])

    def exports(self, route: str, inputs: Arrays) -> str:
        """'' or why ``export`` or ``compile`` does not take the port."""
        return str(self._ask("export", inputs, route=route)[0]["problem"])

    def _ask(
        self,
        action: str,
        arrays: Arrays | None = None,
        seconds: float | None = None,
        **message: Any,
    ) -> tuple[dict[str, Any], Arrays]:
        patience = EXPORT_PATIENCE if action == "export" else 1.0
        seconds = seconds or self._seconds * patience
        try:
            answer, results = self._worker.ask(
                action, arrays, seconds=seconds, **message
            )
        except WorkerFailed as failure:
            raise PortFailed(failure.reason, str(failure)) from None
        except Refused as refusal:
            attempts = refusal.details.get("attempts")
            line = refusal.details.get("line")
            path = refusal.details.get("module")
            if attempts:
                raise PortFailed("forbidden", "; ".join(attempts), line, path) from None
            raise PortFailed("raised", str(refusal), line, path) from None
        if answer.get("attempts"):
            raise PortFailed("forbidden", "; ".join(answer["attempts"]))
        return answer, results

    def close(self) -> None:
        if self._nursery is None or not self._nursery.alive:
            self._worker.close()
            return
        try:
            self._nursery.leave(self._seconds)
        except (WorkerFailed, Refused):
            self._nursery.close()

    def __enter__(self) -> Candidate:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def start(
    port: Port, hide: tuple[Path, ...], limits: Limits, isolated: bool = True
) -> Worker:
    """A sandboxed process that can read the port's files. One for each candidate, or
    one that is forked for each: that is faster, but these share a sandbox and one
    could leave something behind for the next, so it is for ports that one trusts not
    to be attacks."""
    access = Access(
        read=tuple(path.resolve() for path in port.files),
        hide=(*_foreign_packages(), *hide),
    )
    weights = sum(f.stat().st_size for f in port.files if f.is_file())
    limits = replace(limits, memory=limits.memory + WEIGHT_COPIES * weights)
    return Worker(MODULE, access, limits, isolated)


def _foreign_packages() -> tuple[Path, ...]:
    """Where the original's frameworks are installed; tf2torch itself must stay, it
    runs the worker, and holds nothing that the port could use."""
    found = []
    for name in FOREIGN:
        spec = importlib.util.find_spec(name) if name != "tf2torch" else None
        for place in (spec and spec.submodule_search_locations) or ():
            found.append(Path(place))
    return tuple(found)


def _part(arrays: Arrays, prefix: str) -> Arrays:
    return {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}
