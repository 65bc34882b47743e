"""What is measured, one process a side: a function of no arguments for each name.

A side builds its contenders for one model and one batch size. What cannot be built is
a reason (str) in the place of a function, and shows as such in the table.
"""

from __future__ import annotations

import importlib.util
import inspect
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

Run: TypeAlias = Callable[[], object]
Contenders: TypeAlias = dict[str, Run | str]
THREADS = 2
RATE = 1e-6  # of the optimizer: the weights hardly move, so every step costs the same


@dataclass(frozen=True)
class Task:
    """One model and what to do with it.

    ``saved_model`` is the original, ``port`` the folder of its port, ``reference`` a
    file with a hand-written module (its last class) or None, ``inputs`` by name of the
    signature.
    """

    name: str
    saved_model: Path
    port: Path
    reference: Path | None
    inputs: dict[str, np.ndarray]
    training: bool
    compiled: bool
    order: int = 0  # in which its contenders are built: the first finds memory as new


def built(make: Callable[[], Run]) -> Run | str:
    """The contender after a first run, or in one line why there is none."""
    try:
        run = make()
        run()
    except Exception as error:  # any failure of another tool is a result
        lines = str(error).strip().splitlines() or [""]
        return f"{type(error).__name__}: {lines[0][:160]}"
    return run


# --- TensorFlow -------------------------------------------------------------------


def tensorflow_side(task: Task) -> Contenders:
    """tf.function; for inference XLA too."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(task.saved_model))
    signature = loaded.signatures["serving_default"]
    arguments = {name: tf.constant(value) for name, value in task.inputs.items()}
    body = _tf_step(signature) if task.training else signature
    found: Contenders = {}
    kinds = {"tensorflow": False} | ({} if task.training else {"tensorflow_xla": True})
    for name, xla in kinds.items():
        found[name] = built(lambda xla=xla: _tf_run(body, arguments, xla))
    found["keep"] = lambda: loaded  # a signature does not keep its variables alive
    return found


def _tf_run(body: Any, arguments: dict[str, Any], xla: bool) -> Run:
    import tensorflow as tf

    function = tf.function(lambda **given: body(**given), jit_compile=xla)

    def run() -> None:
        for value in tf.nest.flatten(function(**arguments)):
            value.numpy()

    return run


def _tf_step(signature: Any) -> Callable[..., Any]:
    import tensorflow as tf

    variables = [v for v in signature.variables if v.trainable]

    def step(**given: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = [o for o in signature(**given).values() if o.dtype.is_floating]
            loss = tf.add_n([tf.reduce_mean(tf.square(o)) for o in outputs])
        for variable, slope in zip(
            variables, tape.gradient(loss, variables), strict=True
        ):
            if isinstance(slope, tf.IndexedSlices):
                variable.scatter_sub(
                    tf.IndexedSlices(RATE * slope.values, slope.indices)
                )
            elif slope is not None:
                variable.assign_sub(RATE * slope)
        return loss

    return step


# --- PyTorch ----------------------------------------------------------------------


def torch_side(task: Task) -> Contenders:
    """The port, the reference, and the route over ONNX."""
    import torch

    from tf2torch.api import load_port

    torch.set_num_threads(THREADS)
    torch._dynamo.config.allow_rnn = True
    arguments = _tensors(task.inputs)

    def port() -> Run:
        return _torch_run(load_port(task.port), arguments, task)

    def compiled() -> Run:
        return _torch_run(torch.compile(load_port(task.port)), arguments, task)

    def reference() -> Run:
        hand = _written_by_hand(task.reference)
        return _torch_run(hand, _tensors(_arguments(hand, task.inputs)), task)

    makers = {"port": port} | _onnx_contenders(task)
    if task.reference is not None:
        makers["reference"] = reference
    if task.compiled:
        makers["port_compiled"] = compiled
    shuffled = random.Random(task.order).sample(sorted(makers), len(makers))
    return {name: built(makers[name]) for name in shuffled}


def _tensors(inputs: dict[str, np.ndarray]) -> list[Any]:
    import torch

    kinds = {True: lambda v: v.astype(object), False: torch.from_numpy}
    return [kinds[value.dtype.kind in "SOU"](value) for value in inputs.values()]


def _torch_run(model: Any, arguments: list[Any], task: Task) -> Run:
    import torch

    if not task.training:

        def forward() -> None:
            with torch.inference_mode():
                model(*arguments)

        return forward
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=RATE)

    def step() -> None:
        outputs = _values(model(*arguments))
        loss = sum(o.square().mean() for o in outputs if o.is_floating_point())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[union-attr]
        optimizer.step()

    return step


def _written_by_hand(path: Path | None) -> Any:
    from torch import nn

    assert path is not None
    own = [
        value
        for value in vars(_imported(path)).values()
        if isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == path.stem
    ]
    return own[-1]().eval()


def _arguments(model: Any, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The inputs as ``model.forward`` takes them: by name, or features side by side."""
    wanted = list(inspect.signature(model.forward).parameters)
    if set(wanted) <= set(inputs):
        return {name: inputs[name] for name in wanted}
    ordered = sorted(inputs, key=lambda name: int(name[1:]))
    kinds = dict(zip(wanted, ("i", "f"), strict=True))
    return {
        name: np.concatenate(
            [inputs[n] for n in ordered if inputs[n].dtype.kind == kind], axis=1
        )
        for name, kind in kinds.items()
    }


def _values(outputs: Any) -> list[Any]:
    if isinstance(outputs, dict):
        return list(outputs.values())
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- over ONNX --------------------------------------------------------------------


def onnx_file(saved_model: Path) -> Path:
    """The model as tf2onnx exports it, made once beside the SavedModel."""
    import subprocess

    path = saved_model.with_suffix(".onnx")
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            made = Path(scratch) / "model.onnx"
            command = [sys.executable, "-m", "tf2onnx.convert", "--opset", "17"]
            command += ["--saved-model", str(saved_model), "--output", str(made)]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode:
                raise RuntimeError(result.stderr.strip().splitlines()[-1])
            made.rename(path)
    return path


def _onnx_contenders(task: Task) -> dict[str, Callable[[], Run]]:
    def given() -> tuple[Path, dict[str, np.ndarray]]:
        """tf2onnx may change the case of names."""
        import onnx

        path = onnx_file(task.saved_model)
        names = [item.name for item in onnx.load(path).graph.input]
        known = {name.lower(): value for name, value in task.inputs.items()}
        return path, {name: known[name.lower()] for name in names}

    def runtime() -> Run:
        import onnxruntime

        path, inputs = given()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        session = onnxruntime.InferenceSession(
            str(path), options, ["CPUExecutionProvider"]
        )
        return lambda: session.run(None, inputs)

    def module() -> Run:
        path, inputs = given()
        return _torch_run(onnx2torch_module(path).eval(), _tensors(inputs), task)

    return {"onnx2torch": module} | ({} if task.training else {"onnxruntime": runtime})


def onnx2torch_module(path: Path) -> Any:
    """onnx2torch imports torchvision for two ops (NonMaxSuppression, RoiAlign); where
    its binary does not fit this torch, modules without them stand in."""
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):
        for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        for name in ("torchvision", "torchvision.ops"):
            sys.modules[name] = _Without(name)
    import onnx2torch

    return onnx2torch.convert(str(path))


class _Without(ModuleType):
    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
