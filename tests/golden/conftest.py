"""Golden models are built once a session, all that are wanted in one process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from golden_models.cache import cache
from golden_models.sources import options, source
from tests.golden.converted import Golden


@pytest.fixture(scope="session")
def builds(request: pytest.FixtureRequest) -> None:
    """Build the models of all selected tests; one worker builds, others wait."""
    from filelock import FileLock

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
    """Name → its verified port, converted at the first use."""
    import tf2torch

    done: dict[str, Golden] = {}

    def convert(name: str) -> Golden:
        if name not in done:
            folder = tmp_path_factory.mktemp(name) / "port"
            model = source(name)
            port = tf2torch.convert(model, output=folder, **options(name))
            hints = tuple(str(hint) for hint in port.hints)
            done[name] = Golden(name, model, folder, hints)
        return done[name]

    return convert
