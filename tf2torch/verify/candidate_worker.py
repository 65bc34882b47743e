"""``python -m tf2torch.verify.candidate_worker``: the port, answering for itself.

It gets inputs and the seeds of cotangents, and gives back plain arrays. Expected
values never come here: whatever the port does, it cannot copy an answer.
"""

from __future__ import annotations

import copy
import importlib.util
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from tf2torch.verify import (
    candidate_double,
    candidate_layout,
    candidate_probes,
    candidate_region,
    candidate_taps,
    candidate_training,
    candidate_values,
    candidate_variants,
)
from tf2torch.verify.candidate_guard import Guard
from tf2torch.verify.process import Handler, Refused, serve
from tf2torch.verify.wire import Arrays, Message

MESSAGE_LENGTH = 600


class Candidate:
    """The handlers; ``load`` comes first."""

    def __init__(self) -> None:
        self.model: Any = None
        self._single: Any = None
        self._double: Any = None
        self._left: dict[str, np.ndarray] = {}
        self._folder, self._file = "", ""
        self._guard = Guard("")
        self._nested = False
        self._entered: Any = None

    def ready(self, message: Message, _: Arrays) -> tuple[Message, Arrays]:
        """All that is slow to import."""
        import torch

        torch.set_deterministic_debug_mode("warn")  # without what _prepare imports
        return {}, {}

    def load(self, message: Message, _: Arrays) -> tuple[Message, Arrays]:
        self._folder = message["folder"]
        self._file = str(Path(self._folder) / "model.py")
        self._guard = Guard(self._file)
        self._guard.install()
        for name in [n for n in sys.modules if n.split(".")[0] == "tf2torch"]:
            del sys.modules[name]
        self._inputs, self._outputs = message["inputs"], message["outputs"]
        self._wide = [candidate_values.widened(spec) for spec in self._inputs]
        self.model = self._guarded(lambda: _load(message["folder"], message["name"]))
        self._single, self._double = self.model, None
        return self._reply({"state": candidate_values.inventory(self.model)}), {}

    def state(self, message: Message, _: Arrays) -> tuple[Message, Arrays]:
        entries = self.model.state_dict()
        found = {n: candidate_values.to_numpy(entries[n]) for n in message["names"]}
        return {}, found

    def run(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """One call; with a ``seed``, the gradients of the weighted sum as well."""
        import torch

        torch.manual_seed(message.get("noise", 0))
        if message.get("anew"):
            self._single.load_state_dict(_weights(self._folder), strict=True)
            self._double = None
        seed, double = message.get("seed"), message.get("double", False)
        training = message.get("training", False)
        specs = self._wide if double else self._inputs
        tensors = candidate_values.tensors(specs, arrays, seed is not None)

        def call() -> tuple[Any, dict[str, Any]]:
            mode = self._training() if training else self._precision(double)
            cast = candidate_values.autocast(message.get("autocast", ""))
            with torch.set_grad_enabled(seed is not None), mode, cast:
                result = self._call(tensors, message.get("style", "position"))
                self._nested = candidate_values.is_nested(result)
                named = candidate_values.named(result, self._outputs)
                if seed is None:
                    return named, {}
                weighed = message.get("weighed")
                return named, candidate_values.gradients(
                    self.model, tensors, named, seed, weighed
                )

        outputs, found = self._guarded(call)
        dtypes = {name: candidate_values.dtype_of(v) for name, v in outputs.items()}
        results = {
            f"out:{name}": candidate_values.to_numpy(v) for name, v in outputs.items()
        }
        results |= {name: candidate_values.to_numpy(g) for name, g in found.items()}
        results |= {f"state:{name}": self._left[name] for name in message["state"]}
        return self._reply({"dtypes": dtypes, "nested": self._nested}), results

    def taps(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """What enters and leaves each module in one call, with gradients; of a call
        that raises what there was until then."""
        import torch

        torch.manual_seed(0)
        double = message["double"]
        specs = self._wide if double else self._inputs
        tensors = candidate_values.tensors(specs, arrays, True)
        recorder = candidate_taps.Recorder()

        def call() -> list[Any]:
            try:
                with self._precision(double), recorder.watching(self.model):
                    result = self._call(tensors, "position")
            except Exception:  # whatever the port raises
                return candidate_taps.report(recorder.events, {}, message["seed"])
            named = candidate_values.named(result, self._outputs)
            return candidate_taps.report(recorder.events, named, message["seed"])

        events = self._guarded(call)
        model = self._double if double else self.model
        dead = [name for name, p in model.named_parameters() if p.grad is None]
        model.zero_grad(set_to_none=True)
        return self._reply({"events": events, "dead": dead}), {}

    def train(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """Some optimizer steps on a copy of the port."""
        import torch

        _prepare()
        torch.manual_seed(0)
        double = message["double"]
        specs = self._wide if double else self._inputs
        tensors = candidate_values.tensors(specs, arrays, False)

        def run() -> tuple[list[float], dict[str, Any]]:
            with self._precision(double):
                return candidate_training.train(
                    self.model, self._on(tensors), self._outputs, message
                )

        losses, found = self._guarded(run)
        return self._reply({"losses": losses}), found

    def overfit(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """Steps on a copy of the port towards outputs that it can reach."""
        _prepare()
        tensors = candidate_values.tensors(self._inputs, arrays, False)
        losses = self._guarded(
            lambda: candidate_training.overfit(
                self.model, self._on(tensors), self._outputs, message
            )
        )
        return self._reply({"losses": losses}), {}

    def variants(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """What leaves a region under each cheap hypothesis about it."""
        tensors = candidate_values.tensors(self._inputs, arrays, False)

        def run() -> list[list[Any]]:
            model, path = self.model, message["path"]
            call = partial(self._call, tensors, "position")
            if message["before"]:
                return candidate_variants.before(model, path, call)
            return candidate_variants.try_all(model, path, call)

        return self._reply({"variants": self._guarded(run)}), {}

    def region(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """What enters a region (``capture``), or what it makes of given tensors."""

        def run() -> Arrays:
            if message["capture"]:
                tensors = candidate_values.tensors(self._inputs, arrays, False)
                call = partial(self._call, tensors, "position")
                entered = candidate_region.capture(self.model, message["path"], call)
                self._entered = entered
                return entered.arrays()
            if message["path"] is None:
                made = getattr(sys.modules["model"], message["function"])
                return candidate_region.pull(made, message["order"], arrays)
            made_alone: Arrays = self._entered.pull(arrays)
            return made_alone

        return self._reply({}), self._guarded(run)

    def time(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """Of one call, with the gradients of the weighted sum where there is a seed."""
        import torch

        seed = message["seed"]
        tensors = candidate_values.tensors(self._inputs, arrays, seed is not None)

        def call() -> float:
            start = time.process_time()
            with torch.set_grad_enabled(seed is not None):
                result = self._call(tensors, "position")
                if seed is not None:
                    named = candidate_values.named(result, self._outputs)
                    candidate_values.gradients(self.model, tensors, named, seed, None)
            return time.process_time() - start

        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # waiting for each other is no work
        try:
            return self._reply({"seconds": self._guarded(call)}), {}
        finally:
            torch.set_num_threads(threads)

    def export(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """Whether torch.export and torch.compile take the port; never raises."""
        tensors = candidate_values.tensors(self._inputs, arrays, False)
        parameters = [item["parameter"] for item in self._inputs]
        given = candidate_layout.entering(self._inputs, tensors)
        named = dict(zip(parameters, given, strict=True))
        probe = candidate_probes.PROBES[message["route"]]
        return {"problem": probe(self.model, named, self._inputs)}, {}

    def _call(self, tensors: list[Any], style: str) -> Any:
        given = candidate_layout.entering(self._inputs, tensors)
        if style == "position":
            return self.model(*given)
        names = [item["parameter"] for item in self._inputs]
        return self.model(**dict(zip(names, given, strict=True)))

    def _on(self, tensors: list[Any]) -> Callable[[Any], Any]:
        """A call of any copy of the port."""
        given = candidate_layout.entering(self._inputs, tensors)
        return lambda own: own(*given)

    @contextmanager
    def _training(self) -> Iterator[None]:
        """A copy in training mode, of which the state is read afterwards."""
        self.model = copy.deepcopy(self._single).train()
        try:
            yield
            state = self.model.state_dict().items()
            self._left = {n: candidate_values.to_numpy(v) for n, v in state}
        finally:
            self.model = self._single

    @contextmanager
    def _precision(self, double: bool) -> Iterator[None]:
        """In float64 the model is a copy, and what the port creates is float64 too."""
        if not double:
            yield
            return
        if self._double is None:
            self._double = candidate_double.widened(self._single)
        self.model = self._double
        try:
            with candidate_double.in_float64(sys.modules["model"]):
                yield
        finally:
            self.model = self._single

    def _guarded(self, action: Callable[[], Any]) -> Any:
        try:
            with self._guard.watching():
                return action()
        except Exception as error:  # whatever the port raises is its answer
            raise self._refusal(error) from None

    def _refusal(self, error: Exception) -> Refused:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [f.lineno for f in frames if f.filename == self._file]
        details = {
            "type": type(error).__name__,
            "line": lines[-1] if lines else None,
            "module": self._innermost(error.__traceback__),
            "attempts": self._guard.attempts,
        }
        return Refused(
            "port", f"{type(error).__name__}: {error}"[:MESSAGE_LENGTH], details
        )

    def _innermost(self, trace: TracebackType | None) -> str | None:
        """The path of the innermost module whose call raised."""
        if self.model is None:
            return None
        paths = {id(module): path for path, module in self.model.named_modules()}
        found = None
        while trace is not None:
            owner = trace.tb_frame.f_locals.get("self")
            found = paths.get(id(owner), found)
            trace = trace.tb_next
        return found

    def _reply(self, message: Message) -> Message:
        return {**message, "attempts": self._guard.attempts}


def _load(folder: str, cls: str) -> Any:
    """``model.py``'s class with every argument at its default and its weights."""
    spec = importlib.util.spec_from_file_location("model", Path(folder, "model.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["model"] = module
    spec.loader.exec_module(module)
    model = getattr(module, cls)()
    model.load_state_dict(_weights(folder), strict=True)
    return model.eval()


def _weights(folder: str) -> dict[str, Any]:
    from safetensors.torch import load_file

    state: dict[str, Any] = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        state.update(load_file(path))
    return state


def _prepare() -> None:
    """What optimizers import: it writes files, which no port may while it runs."""
    import torch

    torch.use_deterministic_algorithms(True, warn_only=True)
    # Writing NaN into all new memory takes a third of a step; that a port reads what it
    # has not written shows when it is called again.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined] # a property of the module


def warm_up() -> None:
    """All that is slow to import; nothing runs, and no setting is changed."""
    import torch  # noqa: F401
    import torch._functorch.aot_autograd
    import torch._inductor.config
    import torch.export  # noqa: F401


def main() -> None:
    import torch  # now, while TensorFlow starts in its own process

    torch.seed()  # not what a zygote has drawn
    np.seterr(all="ignore")
    port = Candidate()
    handlers: dict[str, Handler] = {"load": port.load, "state": port.state}
    handlers["ready"] = port.ready
    handlers |= {"run": port.run, "taps": port.taps, "export": port.export}
    handlers |= {"region": port.region}
    handlers |= {"variants": port.variants, "train": port.train}
    handlers |= {"overfit": port.overfit, "time": port.time}
    serve(handlers, _prepare)


if __name__ == "__main__":
    main()
