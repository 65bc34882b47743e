"""Who proposes new code for a region: one method, several ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tf2torch.diagnostics import Hint


@dataclass(frozen=True)
class Request:
    """One region to write again. ``attempts``: earlier answers and what came of them;
    ``locked``: names of regions that stay as they are; ``source``: all of model.py."""

    region: str
    code: str
    hints: tuple[Hint, ...]
    source: str
    locked: tuple[str, ...]
    attempts: tuple[tuple[str, str], ...] = field(default=())


class Provider(Protocol):
    """Returns the region's new code, or None when it has nothing (more) to offer."""

    name: str

    def propose(self, request: Request) -> str | None: ...


class ProviderError(Exception):
    """The provider could not be asked: network, key, quota. The port is kept."""


def provider_of(name: object) -> Provider:
    """A provider by its name; an object that is one stays itself."""
    from tf2torch.diagnostics import SourceError

    if name is None or name == "catalog":
        from tf2torch.repair.providers.catalog import Catalog

        return Catalog()
    if name == "openai":
        from tf2torch.repair.providers.openai import OpenAI

        return OpenAI.from_environment()
    if isinstance(name, str):
        raise SourceError(f"no provider is called {name}; there are: catalog, openai")
    return name  # type: ignore[return-value] # a Provider, as the signature asks
