"""Golden models are built once a session, all that are wanted in one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from filelock import FileLock

from golden_models.cache import cache
from golden_models.sources import options, source
from tests.golden.converted import Golden


@pytest.fixture(scope="session")
def builds(request: pytest.FixtureRequest) -> None:
    """Build the models of all selected tests; one worker builds, others wait."""
    here = [i for i in request.session.items if "golden" in i.path.parts]
    specs = [getattr(item, "callspec", None) for item in here]
    wanted = {spec.params["name"] for spec in specs if spec and "name" in spec.params}
    command = [sys.executable, "-m", "golden_models", *sorted(wanted)]
    cache().mkdir(parents=True, exist_ok=True)
    with FileLock(cache() / "golden.lock"):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def golden(
    builds: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Golden]:
    """Name → its verified port, converted once a session, whichever worker asks."""
    import tf2torch

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    shared = shared / "golden"
    shared.mkdir(exist_ok=True)

    def convert(name: str) -> Golden:
        model, folder = source(name), shared / name / "port"
        told = shared / f"{name}.json"
        with FileLock(shared / f"{name}.lock"):
            if not told.exists():
                port = tf2torch.convert(model, output=folder, **options(name))
                told.write_text(json.dumps([str(hint) for hint in port.hints]))
        return Golden(name, model, folder, tuple(json.loads(told.read_text())))

    return convert
