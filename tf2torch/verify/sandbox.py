"""Where code that we do not trust runs: the port, and TensorFlow on a foreign model.

With bubblewrap a process gets its own user, process, network and mount namespaces:
no network at all, a read-only view of the paths that it was granted (of the whole
disk for the oracle, which must find models and libraries), a private ``/tmp`` of
bounded size, and no capability. Its time and memory are bounded by ``process``. What a
zygote forks (in a fleet) enters namespaces that bubblewrap has made in the same way.

What this does not stop: a hole in the kernel itself (no system call is filtered);
reading world-readable files under the granted paths, such as the installed Python
packages; using all cores until the time is up; timing side channels. Without
bubblewrap nothing of the above holds, and ``SandboxUnavailable`` says so: only
``--unsafe-no-sandbox`` goes on, with a plain child process.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tf2torch.diagnostics import SourceError

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
LINKER = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime")
PACKAGE_FOLDERS = ("site-packages", "dist-packages")
PROBE_SECONDS = 20.0


class SandboxUnavailable(SourceError):
    """No isolation on this machine, and the user has not waived it."""


@dataclass(frozen=True)
class Access:
    """``read`` is granted read-only, ``hide`` is masked inside it; ``whole_disk``
    grants every file of the machine, read-only."""

    read: tuple[Path, ...] = ()
    hide: tuple[Path, ...] = ()
    whole_disk: bool = False


@dataclass(frozen=True)
class Limits:
    """Bytes of memory for the whole process tree, of ``/tmp``, its processes, and
    seconds for one answer."""

    memory: int = 8 << 30
    seconds: float = 120.0
    scratch: int = 256 << 20
    processes: int = 16


def require(sandbox: bool) -> None:
    """Raise unless processes can be isolated or the user has waived it."""
    if sandbox and not available():
        raise SandboxUnavailable(
            "verification runs untrusted code and finds no bubblewrap here: install "
            "`bwrap`, or pass --unsafe-no-sandbox if you trust the model and the port"
        )


@functools.cache
def available() -> bool:
    """Whether bubblewrap is installed and the kernel lets it make namespaces."""
    if shutil.which("bwrap") is None:
        return False
    probe = ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"]
    try:
        done = subprocess.run(probe, capture_output=True, timeout=PROBE_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def command(argv: Sequence[str], access: Access, limits: Limits) -> list[str]:
    """``argv`` wrapped so that it runs isolated."""
    isolation = ["--unshare-all", "--unshare-user", "--die-with-parent"]
    isolation += ["--new-session", "--cap-drop", "ALL", "--hostname", "sandbox"]
    base = ["--ro-bind", "/", "/"] if access.whole_disk else []
    scratch = ["--size", str(limits.scratch), "--tmpfs", "/tmp"]
    places = ["--proc", "/proc", "--dev", "/dev", *scratch, "--chdir", "/tmp"]
    # After /tmp, where a virtual environment may lie.
    places += _system("/tmp" if access.whole_disk else "/")
    masks = [word for path in access.hide for word in _mask(path)]
    grants = [word for path in access.read for word in _bind(path, path)]
    closed = [] if access.whole_disk else ["--remount-ro", "/"]
    return ["bwrap", *isolation, *base, *places, *masks, *grants, *closed, "--", *argv]


def _system(below: str) -> list[str]:
    """The C library, Python and its packages: what it takes to import torch; those
    ``below`` a folder."""
    python = Path(sys.executable).resolve().parent.parent
    packages = [p for p in sys.path if Path(p).name in PACKAGE_FOLDERS]
    paths: list[str | Path] = [
        *SYSTEM,
        *LINKER,
        sys.base_prefix,
        sys.prefix,
        python,
        *packages,
        _package(),
    ]
    existing = {Path(path).absolute() for path in paths if Path(path).exists()}
    return [
        word
        for path in sorted(existing)
        if path.is_relative_to(below)
        for word in _bind(path, path)
    ]


def _bind(source: Path, target: Path) -> list[str]:
    return ["--ro-bind", str(source), str(target)]


def _mask(path: Path) -> list[str]:
    if path.is_dir():
        return ["--tmpfs", str(path)]
    return ["--ro-bind", "/dev/null", str(path)] if path.exists() else []


def environment(threads: int) -> dict[str, str]:
    """A small environment: nothing of the caller's secrets, everything repeatable."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    return {
        **kept,
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "PYTHONPATH": str(_package().parent),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": str(threads),
        # Waiting threads sleep: spinning, they keep from running whom they wait for,
        # and on a busy machine torch then takes four times as long.
        "OMP_WAIT_POLICY": "PASSIVE",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "-1",
    }


def _package() -> Path:
    import tf2torch

    return Path(str(tf2torch.__file__)).resolve().parent
