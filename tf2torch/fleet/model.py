"""One model of a registry: where it lies, and how it is converted."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from tf2torch.diagnostics import SourceError

LISTS = ("inputs", "outputs")
WORDS = ("signature", "dataset", "metric", "provider")
PATHS = ("sample", "dataset")
FLAGS = ("repair", "trust_lambda", "verify")
NUMBERS = ("seed", "max_iterations")
OPTIONS = (*LISTS, *WORDS, "sample", *FLAGS, *NUMBERS)
FORBIDDEN = frozenset('\\\0:*?"<>|')


class Unreachable(SourceError):
    """A store did not give the model this time; it may the next."""


@dataclass(frozen=True)
class Model:
    """``name`` is unique in its registry, parts separated by slashes; ``location`` a
    path, a URL of an object store or ``models:/name/version``; ``options`` are
    arguments of ``tf2torch.convert``."""

    name: str
    location: str
    options: dict[str, Any] = field(default_factory=dict)
    owner: str = ""

    @property
    def is_local(self) -> bool:
        return "://" not in self.location and not self.location.startswith("models:/")


def checked(models: Iterable[Model], include: Iterable[str] = ()) -> list[Model]:
    """The models that ``include`` wants, sorted by name; SourceError where names
    clash, or where a name could not be a folder."""
    found = sorted(models, key=lambda model: model.name)
    for model in found:
        _name(model.name)
    names = {model.name for model in found}
    for first, second in zip(found, found[1:], strict=False):
        if first.name == second.name:
            raise SourceError(f"two models are named '{first.name}': rename one")
    for model in found:
        for parent in PurePosixPath(model.name).parents:
            if str(parent) in names:
                told = f"the port of '{model.name}' would lie inside that of '{parent}'"
                raise SourceError(f"{told}: rename one")
    patterns = tuple(include)
    if not patterns:
        return found
    return [m for m in found if any(fnmatchcase(m.name, p) for p in patterns)]


def options(given: Mapping[str, Any], where: str, base: Path) -> dict[str, Any]:
    """Arguments of ``tf2torch.convert`` from the words of a manifest; SourceError for
    unknown ones. ``base``: what relative paths start from."""
    known: dict[str, Any] = {}
    for key, value in given.items():
        if value is None or value == "":
            continue
        if key not in OPTIONS:
            raise SourceError(
                f"{where}: no option '{key}': choose from {', '.join(OPTIONS)}"
            )
        known[key] = _value(key, value, where, base)
    return known


def arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options under the names that ``convert`` has for them; SourceError where
    this version has no such argument."""
    from tf2torch.api import convert

    taken = inspect.signature(convert).parameters
    named = {}
    for key, value in options.items():
        name = "data" if key == "dataset" and "data" in taken else key
        if name not in taken:
            raise SourceError(f"this version of tf2torch takes no '{key}'")
        named[name] = value
    return named


def _name(name: str) -> None:
    parts = name.split("/")
    if FORBIDDEN & set(name) or any(p in {"", ".", ".."} for p in parts):
        raise SourceError(f"'{name}' is no name for a model: use letters, - and /")


def _value(key: str, value: Any, where: str, base: Path) -> Any:
    if key in LISTS:
        words = value.replace(";", " ").split() if isinstance(value, str) else value
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return words
    elif key in FLAGS:
        flags = {"true": True, "yes": True, "1": True}
        flags |= {"false": False, "no": False, "0": False}
        if str(value).lower() in flags:
            return flags[str(value).lower()]
    elif key in NUMBERS:
        if str(value).lstrip("-").isdigit():
            return int(value)
    elif isinstance(value, str):
        return str(base / value) if key in PATHS and "://" not in value else value
    raise SourceError(f"{where}: '{value}' is no value for '{key}'")
