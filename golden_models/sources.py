"""The built golden models as sources: where they lie, and how they are converted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from golden_models.cache import built, meta


def source(name: str) -> Path:
    """The built model; AssertionError when it is not built."""
    path = built(name)
    assert path is not None, f"{name} is not built: python -m golden_models {name}"
    return path


def options(name: str) -> dict[str, Any]:
    """What meta.toml says to `convert`."""
    facts = meta(name)
    wanted = {k: facts[k] for k in ("signature", "inputs", "outputs") if k in facts}
    if "sample" in facts:
        wanted["sample"] = source(name).with_name(facts["sample"])
    return wanted
