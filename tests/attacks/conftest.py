"""One TensorFlow process per model serves all attacks on it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tf2torch.verify import Scoreboard, Session
from tf2torch.verify.session import with_seconds

ATTACK_SECONDS = 20.0  # an honest port of the corpus answers within one


def load_ports() -> ModuleType:
    """ports.py beside this file: test folders are no packages."""
    name = "attack_corpus_ports"
    if name not in sys.modules:
        path = Path(__file__).with_name("ports.py")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


PORTS = load_ports()


@dataclass(frozen=True)
class Corpus:
    """A model of the corpus, saved, with a verifier that is ready for its PORTS."""

    model: str
    saved: Path
    variables: dict[str, np.ndarray]
    session: Session

    def verify(self, folder: Path, attack: Any = None, seed: int = 0) -> Scoreboard:
        PORTS.write_port(self.model, self.saved, self.variables, folder, attack)
        return self.session.verify(folder, seed=seed)


@pytest.fixture(scope="session")
def corpus(
    tmp_path_factory: pytest.TempPathFactory, start: str
) -> Iterator[Callable[[str], Corpus]]:
    """By name; one session is open at a time, as attacks are sorted by model."""
    opened: dict[str, Session] = {}
    saved: dict[str, tuple[Path, dict[str, np.ndarray]]] = {}

    def get(model: str) -> Corpus:
        if model not in saved:
            folder = tmp_path_factory.mktemp(model) / "saved_model"
            path = PORTS.build_original(model, folder)
            saved[model] = path, PORTS.checkpoint(path)
        if model not in opened:
            for session in opened.values():
                session.close()
            opened.clear()
            opened[model] = Session(limits=with_seconds(ATTACK_SECONDS))
        return Corpus(model, *saved[model], opened[model])

    yield get
    for session in opened.values():
        session.close()
