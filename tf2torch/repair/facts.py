"""What the compiler knows of a region: values that the providers are given.

The compiler itself is none of this package's business: whoever calls the loop makes
the facts, and may leave them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Lowering:
    """Other code for a region, from the same TF subgraph. ``route`` says which way it
    came, ``why`` is set in the place of ``code`` where the way is closed."""

    route: str
    code: str = ""
    why: str = ""


def _no_lowerings() -> Iterator[Lowering]:
    return iter(())


@dataclass(frozen=True)
class Facts:
    """``subgraph``: the TF nodes as readable text; ``semantics``: op → TensorFlow's own
    description; ``boundary``: a line per tensor that enters or leaves and per state
    entry; ``origin``: TF node names. Strings of it come from the model."""

    region: str
    kind: str = "class"
    origin: tuple[str, ...] = ()
    subgraph: str = ""
    semantics: tuple[tuple[str, str], ...] = ()
    boundary: tuple[str, ...] = ()
    lowerings: Callable[[], Iterator[Lowering]] = _no_lowerings


class Knowledge(Protocol):
    """Facts by region, made when they are asked for; None about an unknown region."""

    def __call__(self, region: str) -> Facts | None: ...
