"""TensorFlow's protos without its runtime: what a file holds is told in a moment.

The generated modules ``tensorflow.core.*_pb2`` need nothing but protobuf, yet to import
one runs ``tensorflow/__init__.py``, which takes seconds. Within :func:`protos_alone` a
package without that stands in its place, and whatever asks for more than protos raises
:class:`RuntimeNeeded`: then do it again with TensorFlow.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

RUNTIME = ("tensorflow.python", "tensorflow._api", "tensorflow.compiler")


class RuntimeNeeded(BaseException):
    """The protos alone do not tell. No handler of errors takes it for one of these."""


class _Protos(ModuleType):
    """``tensorflow`` with nothing but its folders."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeNeeded(f"tensorflow.{name}")


class _NoRuntime:
    """A finder that refuses the runtime's packages."""

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        if name.startswith(RUNTIME):
            raise RuntimeNeeded(name)
        return None


def alone() -> bool:
    """Is there no runtime to ask?"""
    return isinstance(sys.modules.get("tensorflow"), _Protos)


@contextmanager
def protos_alone() -> Iterator[None]:
    """Without the runtime, unless this process has it already. Not for threads."""
    found = importlib.util.find_spec("tensorflow")
    if "tensorflow" in sys.modules or found is None:
        yield
        return
    stand_in = _Protos("tensorflow")
    stand_in.__path__ = list(found.submodule_search_locations or ())
    stand_in.__spec__ = found
    finder: Any = _NoRuntime()
    sys.meta_path.insert(0, finder)
    sys.modules["tensorflow"] = stand_in
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [n for n in sys.modules if n.split(".")[0] == "tensorflow"]:
            del sys.modules[name]
