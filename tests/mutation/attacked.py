"""``python -m tests.mutation.attacked``: the corpus of attacks in minutes, by forks.

As ``pytest -m slow tests/attacks``, but without the sandbox: attacks that touch the
machine (of model ``cnn``) are left to that one. Writes what rejected each attack.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.mutation.ports import WORK, attack_ports, subject
from tests.mutation.run import SOFT_OR_DEAR, forked, opened
from tf2torch.verify import Scoreboard
from tf2torch.verify.gates import GATES

TOUCHING = frozenset(
    "hangs hangs_when_called fills_memory writes_a_file writes_a_file_and_hides_it "
    "opens_a_socket opens_a_socket_through_the_standard_library forks "
    "reads_the_reference".split()
)
PORTS = WORK / "attacks"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="default: all")
    parser.add_argument("--out", type=Path, default=Path("attacked.json"))
    options = parser.parse_args()
    wanted = options.models or attack_ports().models()
    # TensorFlow must not be in this process, which forks.
    code = "import sys; from tests.mutation.attacked import write; write(sys.argv[1:])"
    subprocess.run([sys.executable, "-c", code, *wanted], check=True)
    found: dict[str, Any] = {}
    for model in wanted:
        attacks = [a for a in attack_ports().attacks() if a.model == model]
        with forked(), opened(subject(f"attack_{model}")) as session:
            for attack in attacks:
                if attack.name not in TOUCHING:
                    names = [g.name for g in GATES if g.name not in SOFT_OR_DEAR]
                    port = PORTS / model / attack.name
                    found[f"{model} {attack.name}"] = _told(
                        attack, session.verify(port, gates=names)
                    )
        options.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        wrong = [n for n, f in found.items() if n.startswith(model) and f["wrong"]]
        print(f"{model}: {len(attacks)} attacks, not as expected: {wrong}", flush=True)


def write(models: list[str]) -> None:
    """The ports of all attacks, from the originals that mutation uses: needs
    TensorFlow here."""
    from tests.mutation.ports import prepare

    ports = attack_ports()
    prepare(f"attack_{model}" for model in models)
    for model in models:
        saved = subject(f"attack_{model}").source
        variables = ports.checkpoint(saved)
        for attack in ports.attacks():
            if attack.model == model:
                folder = PORTS / model / attack.name
                ports.write_port(model, saved, variables, folder, attack)


def _told(attack: Any, board: Scoreboard) -> dict[str, Any]:
    failed = [g.name for g in board.gates if g.hard and not g.passed and not g.skipped]
    regions = {h.region for h in board.hints if h.code.value == attack.code}
    right = not board.passed and failed == [attack.gate] and bool(regions)
    if attack.gate in ("outputs", "gradients"):
        expected = attack.region or attack_ports().faulty_region(attack)
        right = right and (not expected or regions == {expected})
    told = "" if right else "; ".join(map(str, board.hints))[:600]
    return {"gate": failed, "code": attack.code, "regions": sorted(regions)} | {
        "rejected": not board.passed,
        "wrong": told if told else ("" if right else "nothing"),
    }


if __name__ == "__main__":
    main()
