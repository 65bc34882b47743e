"""A registry of small models, built once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fleet.models import build, versions


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of each format, ``ranker`` in three versions, and the broken ones."""
    root = tmp_path_factory.mktemp("registry")
    build(root, 1)
    versions(root)
    return root
