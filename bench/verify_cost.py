"""``python -m bench.verify_cost``: what a full verification costs beside TensorFlow.

The yardstick is what TensorFlow needs, in one process, for its own forward, backward
and five training steps on the same inputs; start-up (imports, opening the model, the
first call of each kind) is in neither figure. Prints both, their ratio, and the memory
that the two workers had at most.
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

from golden_models.sources import options, source

STEPS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="resnet50")
    parser.add_argument("--own", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    sample = options(wanted.model).get("sample")
    if wanted.own:
        print(tensorflow_seconds(source(wanted.model), sample))
        return
    with tempfile.TemporaryDirectory() as folder:
        port = Path(folder) / "port"
        _convert(wanted.model, port)
        seconds, stages = verify_seconds(port, sample)
    command = [sys.executable, "-m", "bench.verify_cost", wanted.model, "--own"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    own = float(done.stdout.split()[-1])
    for stage, spent in stages:
        print(f"  {stage:<45} {spent:8.2f} s")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"verification {seconds:.2f} s, TensorFlow {own:.2f} s")
    print(f"ratio {seconds / own:.2f}, largest process {peak:.0f} MiB")


def _convert(model: str, port: Path) -> None:
    code = (
        "import sys, tf2torch; from golden_models.sources import options, source; "
        "m = sys.argv[1]; "
        "tf2torch.convert(source(m), output=sys.argv[2], verify=False, **options(m))"
    )
    subprocess.run([sys.executable, "-c", code, model, str(port)], check=True)


def verify_seconds(
    port: Path, sample: Path | None
) -> tuple[float, list[tuple[str, float]]]:
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


def tensorflow_seconds(path: Path, sample: Path | None) -> float:
    """Forward, backward and STEPS steps of SGD on the sample, after a warm-up."""
    import numpy as np
    import tensorflow as tf

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    loaded: Any = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]
    names = [t.name.split(":")[0] for t in serve.inputs if t.dtype != tf.resource]
    arrays = dict(np.load(sample)) if sample else {}
    inputs = {n: tf.constant(arrays[n]) for n in names if n in arrays}
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
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
