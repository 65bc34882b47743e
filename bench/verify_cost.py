"""``python -m bench.verify_cost``: what a full verification costs beside TensorFlow.

The yardstick is what TensorFlow needs, in one process, for its own forward, backward
and five training steps on the same inputs; start-up (imports, opening the model, the
first call of each kind) is in neither figure. Prints both, their ratio, and the memory
that the two workers had at most.

    python -m bench.verify_cost                      # 16 pictures of 224 x 224
    python -m bench.verify_cost --examples 4 --side 96
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from golden_models.weights import enliven, pictures

STEPS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=16)
    parser.add_argument("--side", type=int, default=224, help="of a picture, in pixels")
    parser.add_argument("--folder", type=Path, help="keep model and port there")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = wanted.folder or Path(scratch)
        sample, model, port = (folder / n for n in ("sample.npz", "resnet50", "port"))
        if not port.exists():
            run("build", str(folder), str(wanted.side))
            run("convert", str(model), str(port))
        np.savez(sample, image=pictures(wanted.examples, wanted.side))
        seconds, stages = verify_seconds(port, sample)
        own = float(run("own", str(model), str(sample)).split()[-1])
    for stage, spent in stages:
        print(f"  {stage:<45} {spent:8.2f} s")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"verification {seconds:.2f} s, TensorFlow {own:.2f} s")
    print(f"ratio {seconds / own:.2f}, largest process {peak:.0f} MiB")


def run(action: str, *arguments: str) -> str:
    """What one of ``ACTIONS`` prints, in a process of its own."""
    code = "import sys; from bench.verify_cost import ACTIONS; "
    code += "ACTIONS[sys.argv[1]](*sys.argv[2:])"
    command = [sys.executable, "-c", code, action, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _build(folder: str, side: str) -> None:
    import keras

    keras.utils.set_random_seed(50)
    image = keras.Input((int(side), int(side), 3), name="image")
    model = keras.applications.ResNet50(weights=None, input_tensor=image)
    enliven(model, pictures(16, int(side)))
    model.export(str(Path(folder) / "resnet50"), verbose=False)


def _convert(model: str, port: str) -> None:
    import tf2torch

    tf2torch.convert(model, output=port, verify=False)


def verify_seconds(port: Path, sample: Path) -> tuple[float, list[tuple[str, float]]]:
    """All gates, the second time: TensorFlow has started and traced by then. Of torch,
    which starts anew for each port, the start is left out."""
    from tf2torch.verify import Session, candidate
    from tf2torch.verify.session import load_sample

    stages: list[tuple[str, float]] = []
    with Session() as session:
        session.verify(port, load_sample(sample))
        assert session._oracle is not None
        session._oracle.forget()
        clock = [time.perf_counter(), "start"]

        def tell(stage: str) -> None:
            now = time.perf_counter()
            stages.append((str(clock[1]), now - float(clock[0])))
            clock[:] = [now, stage]

        session.progress = session._tell = tell
        start, started = candidate.Candidate.start, [0.0]

        def timed(own: candidate.Candidate) -> None:
            before = time.perf_counter()
            start(own)
            started[0] += time.perf_counter() - before

        candidate.Candidate.start = timed  # type: ignore[method-assign] # to time it
        session.verify(port, load_sample(sample))
        tell("end")
    inside = [(stage, spent) for stage, spent in stages if stage != "start"]
    return sum(spent for _, spent in inside) - started[0], inside


def tensorflow_seconds(model: str, sample: str) -> None:
    """Forward, backward and STEPS steps of SGD on the sample, after a warm-up."""
    import tensorflow as tf

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    loaded: Any = tf.saved_model.load(model)
    serve = loaded.signatures["serving_default"]
    inputs = {name: tf.constant(value) for name, value in np.load(sample).items()}
    variables = [v for v in loaded.variables if v.dtype.is_floating]

    @tf.function
    def forward() -> Any:
        return serve(**inputs)

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            tape.watch(variables)
            loss = tf.add_n([tf.reduce_sum(v) for v in serve(**inputs).values()])
        for variable, slope in zip(
            variables, tape.gradient(loss, variables), strict=True
        ):
            if slope is not None:
                variable.assign_sub(1e-9 * slope)

    forward(), step()
    start = time.perf_counter()
    forward()
    for _ in range(1 + STEPS):
        step()
    print(time.perf_counter() - start)


ACTIONS = {"build": _build, "convert": _convert, "own": tensorflow_seconds}

if __name__ == "__main__":
    main()
