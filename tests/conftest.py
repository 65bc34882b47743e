"""Options and fixtures for every test: `--update` rewrites expected files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SameText = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite expected files with what came out; read the diff",
    )


@pytest.fixture(scope="session")
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.fixture
def same_text(update: bool) -> SameText:
    """Compare text with a file, or write the file under --update."""

    def check(expected: Path, text: str) -> None:
        if update:
            expected.parent.mkdir(parents=True, exist_ok=True)
            expected.write_text(text, "utf-8")
        assert expected.exists(), f"{expected} is missing: run pytest --update"
        assert text.splitlines() == expected.read_text("utf-8").splitlines()

    return check
