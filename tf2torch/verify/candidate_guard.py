"""What a port may not do in its process, noticed and refused from inside.

The sandbox is what holds; this tells the user *what* the port tried. It sees Python's
own audit events, so native code that bypasses Python is left to the sandbox alone. An
attempt is remembered even when the port swallows the error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType

FOREIGN = ("tensorflow", "keras", "tf_keras", "tf2torch", "keras_hub", "tf2onnx")
PROCESSES = (
    "subprocess.Popen os.system os.fork os.forkpty os.exec os.posix_spawn os.spawn "
    "pty.spawn"
).split()
FILES = (
    "os.remove os.rename os.rmdir os.mkdir os.link os.symlink os.truncate os.chmod "
    "os.chown shutil.rmtree shutil.move shutil.copyfile"
).split()
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Guard:
    """``attempts`` lists what was tried, each once, in order."""

    def __init__(self, port_file: str):
        self._file = port_file
        self._armed = False
        self.attempts: list[str] = []

    def install(self) -> None:
        """For the rest of the process: an audit hook cannot be removed."""
        sys.addaudithook(self._audit)
        sys.meta_path.insert(0, self)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While the port's own code runs."""
        self._armed = True
        try:
            yield
        finally:
            self._armed = False

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Refuse the original's frameworks to the port; others may look for them."""
        if self._armed and name.split(".")[0] in FOREIGN and self._from_port():
            self._refuse(f"imports {name.split('.')[0]}", ImportError)
        return None

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._armed:
            return
        if event == "open" and self._writes(arguments):
            self._refuse(f"writes the file {arguments[0]!s}", PermissionError)
        elif event in PROCESSES:
            self._refuse(f"starts a process ({event})", PermissionError)
        elif event in FILES:
            self._refuse(f"changes files ({event} {arguments[0]!s})", PermissionError)
        elif event.startswith("socket."):
            self._refuse(f"opens a network connection ({event})", PermissionError)

    def _writes(self, arguments: tuple[object, ...]) -> bool:
        path, mode, flags = (*arguments, None, None, None)[:3]
        if path == os.devnull:
            return False
        if isinstance(mode, str):
            return any(letter in mode for letter in "wax+")
        return isinstance(flags, int) and bool(flags & WRITING)

    def _refuse(self, what: str, error: type[Exception]) -> None:
        if what not in self.attempts:
            self.attempts.append(what)
        raise error(f"the port {what}")

    def _from_port(self) -> bool:
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_code.co_filename == self._file:
                return True
            frame = frame.f_back
        return False
