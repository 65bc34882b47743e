"""Which providers a run asks: the free one first, then one that costs something."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.repair.providers import Provider

NAMES = "catalog, openai, recorded:FILE"
KEY = "OPENAI_API_KEY"


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible endpoint. ``price``: USD per million tokens in and out."""

    model: str | None = None
    base_url: str | None = None
    key_variable: str = KEY
    price: tuple[float, float] | None = None


@dataclass(frozen=True)
class Providers:
    """``free`` is asked first and as often as it has something to offer."""

    free: Provider | None
    paid: Provider | None


def providers_of(choice: object, endpoint: Endpoint | None = None) -> Providers:
    """By name, or the object itself. Without a choice: the catalog, and the endpoint
    as well where a model and a key are set."""
    from tf2torch.repair.providers.catalog import Catalog

    endpoint = endpoint or Endpoint()
    if choice is None:
        known = os.environ.get(endpoint.key_variable) and _model(endpoint)
        choice = "openai" if known else "catalog"
    if choice == "catalog":
        return Providers(Catalog(), None)
    if choice == "openai":
        return Providers(Catalog(), _openai(endpoint))
    if isinstance(choice, str) and choice.startswith("recorded:"):
        return recorded(Path(choice.removeprefix("recorded:")))
    if isinstance(choice, str):
        raise SourceError(f"no provider is called {choice}; there are: {NAMES}")
    if isinstance(choice, Providers):
        return choice
    return Providers(None, choice)  # type: ignore[arg-type] # a Provider, as asked for


def recorded(path: Path) -> Providers:
    """Both providers of an earlier run, answering what they answered then."""
    from tf2torch.repair.providers.recorded import Recorded
    from tf2torch.repair.transcript import attempts, read

    if not path.is_file():
        raise SourceError(f"{path} is no transcript: name a repair.jsonl")
    events = attempts(read(path))
    return Providers(Recorded(events, free=True), Recorded(events, free=False))


def _model(endpoint: Endpoint) -> str:
    return endpoint.model or os.environ.get("TF2TORCH_MODEL", "")


def _openai(endpoint: Endpoint) -> Provider:
    from tf2torch.repair.providers.openai import OpenAI

    model = _model(endpoint)
    if not model:
        raise SourceError(
            "provider openai needs a model: give --model or set TF2TORCH_MODEL"
        )
    if not os.environ.get(endpoint.key_variable):
        raise SourceError(
            f"provider openai needs a key: set {endpoint.key_variable}, or name "
            "another variable with --api-key-env"
        )
    url = endpoint.base_url or os.environ.get("OPENAI_BASE_URL")
    return OpenAI(model, url, endpoint.key_variable, endpoint.price)
