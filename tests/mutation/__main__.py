"""``python -m tests.mutation``: how many mutants of honest ports the verifier rejects.

Writes what became of each to a JSON file, and prints the figures of docs/verifier.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tests.mutation.ports import names, subject
from tests.mutation.run import Finding, run, summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="default: all")
    parser.add_argument("--each", type=int, default=60, help="mutants of each model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("mutation.json"))
    options = parser.parse_args()
    wanted = options.models or names()
    # TensorFlow must not be in this process, which forks.
    code = "import sys; from tests.mutation.ports import prepare; prepare(sys.argv[1:])"
    subprocess.run([sys.executable, "-c", code, *wanted], check=True)
    findings: list[Finding] = []
    for name in wanted:
        start = time.monotonic()
        try:
            for finding in run(subject(name), options.each, options.seed, _tell):
                findings.append(finding)
        except AssertionError as error:
            print(f"{name}: the port itself does not pass: {error}", flush=True)
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
        result = {**summary(findings), "findings": [asdict(f) for f in findings]}
        options.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    for key, value in summary(findings).items():
        print(key, len(value) if isinstance(value, list) else value)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
