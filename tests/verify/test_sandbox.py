"""What a sandboxed process sees."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tf2torch.verify.sandbox import Access, Limits, command


@pytest.fixture
def prefix(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A virtual environment below /tmp, as a build machine may have it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        (Path(folder) / "pyvenv.cfg").write_text("home = /usr/bin\n")
        monkeypatch.setattr(sys, "prefix", folder)
        yield Path(folder)


@pytest.mark.parametrize("whole_disk", [True, False])
def test_an_environment_below_tmp_is_there_and_nothing_else_is(
    prefix: Path, whole_disk: bool
) -> None:
    access = Access(whole_disk=whole_disk)
    with tempfile.NamedTemporaryFile(dir="/tmp", prefix="another") as other:
        listed = command(["/bin/ls", "/tmp", str(prefix)], access, Limits())
        done = subprocess.run(listed, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "pyvenv.cfg" in done.stdout
        assert Path(other.name).name not in done.stdout


@pytest.mark.parametrize("whole_disk", [True, False])
def test_an_environment_cannot_be_written(prefix: Path, whole_disk: bool) -> None:
    access = Access(whole_disk=whole_disk)
    touched = command(["/usr/bin/touch", str(prefix / "file")], access, Limits())
    assert subprocess.run(touched, capture_output=True).returncode != 0
    assert not (prefix / "file").exists()
