"""``python -m tests.mutation.honest``: no honest port is rejected, whatever the seed.

The ports of ``tests.mutation.ports``, verified by every gate that can reject, with
other inputs and other weights of the loss for each seed. Writes how far the worst of
each kind is from its tolerance: what ``tolerance`` and ``precision`` are derived from.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.mutation.ports import Subject, names, subject
from tests.mutation.run import copied, forked, judged, opened
from tf2torch.verify import Scoreboard
from tf2torch.verify.session import load_sample

MEASURED = ("error", "change", "loss", "distribution")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="default: all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("honest.json"))
    options = parser.parse_args()
    wanted = options.models or names()
    # TensorFlow must not be in this process, which forks.
    code = "import sys; from tests.mutation.ports import prepare; prepare(sys.argv[1:])"
    subprocess.run([sys.executable, "-c", code, *wanted], check=True)
    found: dict[str, Any] = {}
    for name in wanted:
        start = time.monotonic()
        found[name] = measure(subject(name), options.seeds)
        options.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        rejected = [s for s, hints in found[name]["rejected"].items() if hints]
        spent = time.monotonic() - start
        print(f"{name}: {spent:.0f} s, rejected with seeds {rejected}", flush=True)


def measure(port: Subject, seeds: int) -> dict[str, Any]:
    """Per seed the hints of a rejection, and over all seeds the worst figures."""
    sample, worst = load_sample(port.sample), {}
    rejected: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder, forked(), opened(port) as session:
        copy = copied(port, folder)
        for seed in range(seeds):
            board = judged(session, copy, sample, seed)
            hints = [] if board.passed else list(map(str, board.hints))
            rejected[str(seed)] = hints
            _keep_worst(worst, board)
    return {"rejected": rejected, "worst": worst}


def _keep_worst(worst: dict[str, Any], board: Scoreboard) -> None:
    """Per gate and figure: the largest value, its tolerance, and TensorFlow's error."""
    for gate in board.gates:
        for figure in gate.figures:
            measured = figure.name.split(" in ")[0].endswith(MEASURED)
            if not measured or not isinstance(figure.observed, float):
                continue
            name = f"{gate.name}: {figure.name}"
            if name not in worst or figure.observed > worst[name][0]:
                worst[name] = [figure.observed, figure.tolerance, figure.own]


if __name__ == "__main__":
    main()
