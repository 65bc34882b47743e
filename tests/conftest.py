"""Options and fixtures for every test: `--update` rewrites expected files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="session", params=["cold", "warm"])
def start(request: pytest.FixtureRequest) -> Iterator[str]:
    """How the verifier's processes start: anew, or as in a fleet from zygotes."""
    if request.param == "cold":
        yield request.param
        return
    from tf2torch.verify import warm

    with warm.Zygotes(os.cpu_count() or 1) as zygotes:
        warm.use(zygotes.channels)
        yield request.param
        warm.use(None)
