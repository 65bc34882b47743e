"""``pytest --golden FOLDER``: every golden model in FOLDER is a test.

A conftest.py that knows where sources lie, because they are built or fetched, defines
``pytest_golden_source(folder)`` and returns the path, or the path and the options of
``tf2torch.convert``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tf2torch.diagnostics import SourceError


class Hooks:
    """What a conftest.py may define."""

    @pytest.hookspec(firstresult=True)
    def pytest_golden_source(self, folder: Path) -> Any:
        """Path of the model recorded in ``folder``, or (path, options), or None."""


class Worse(Exception):
    """A golden model got worse; the text is the comparison."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tf2torch")
    group.addoption(
        "--golden",
        action="append",
        default=[],
        metavar="FOLDER",
        help="check the golden models in FOLDER (tf2torch golden record)",
    )
    group.addoption(
        "--golden-update",
        action="store_true",
        help="record what the golden models give now",
    )


def pytest_collection(session: pytest.Session) -> None:
    """With --golden and no other argument, only the golden models are collected."""
    config = session.config
    folders = [str(Path(f).absolute()) for f in config.getoption("golden")]
    missing = [folder for folder in folders if not Path(folder).is_dir()]
    if missing:
        raise pytest.UsageError(f"--golden: {missing[0]} is no folder")
    if not folders:
        return
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        config.args += [f for f in folders if f not in config.args]
    else:
        config.args[:] = folders


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Any:
    if file_path.name != "golden.json":
        return None
    wanted = [Path(folder).absolute() for folder in parent.config.getoption("golden")]
    if not any(file_path.is_relative_to(folder) for folder in wanted):
        return None
    return GoldenFile.from_parent(parent, path=file_path)


class GoldenFile(pytest.File):
    """One golden folder."""

    def collect(self) -> Iterator[pytest.Item]:
        yield GoldenItem.from_parent(self, name="golden")


class GoldenItem(pytest.Item):
    """Converts the model again and compares."""

    def runtest(self) -> None:
        from tf2torch.golden import check

        folder = self.path.parent
        hook = self.config.pluginmanager.subset_hook_caller("pytest_golden_source", [])
        found = hook(folder=folder)
        source, options = found if isinstance(found, tuple) else (found, None)
        update = bool(self.config.getoption("golden_update"))
        result = check(folder, source=source, options=options, update=update)
        if not result.passed and not update:
            raise Worse(str(result))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        if isinstance(excinfo.value, Worse | SourceError):
            return (
                f"{excinfo.value}\naccept with: pytest --golden FOLDER --golden-update"
            )
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"golden model {self.path.parent.name}"
