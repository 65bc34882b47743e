"""What a registry is: a folder, a manifest, an object store, or MLflow's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tf2torch.diagnostics import SourceError
from tf2torch.fleet import folder, manifest, remote
from tf2torch.fleet.model import Model, arguments, checked


def read(
    registry: str, include: Iterable[str] = (), all_versions: bool = False
) -> list[Model]:
    """The models of a registry, by name. Raises SourceError where it cannot be read,
    where it holds none, or where none is included."""
    if registry.startswith("models:/"):
        from tf2torch.fleet import mlflow_models

        found = list(mlflow_models.models(registry, all_versions))
    elif PurePosixPath(registry).suffix.lower() in manifest.ENDINGS:
        found = list(_manifest(registry))
    elif "://" in registry:
        below = folder.models(remote.files(registry), all_versions)
        root = registry.rstrip("/")
        found = [Model(name, f"{root}/{path}") for name, path in below.items()]
    else:
        below = folder.models(_files(Path(registry)), all_versions)
        found = [Model(n, str(Path(registry) / path)) for n, path in below.items()]
    if not found:
        raise SourceError(f"{registry} holds no model")
    wanted = checked(found, include)
    if not wanted:
        raise SourceError(f"{registry} holds {len(found)} models, none is included")
    for model in wanted:
        arguments(model.options)
    return wanted


def _manifest(registry: str) -> Iterator[Model]:
    if "://" in registry:
        text = remote.read_text(registry)
        return manifest.models(text, registry, registry.rpartition("/")[0])
    try:
        text = Path(registry).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{registry} cannot be read: {error}") from None
    return manifest.models(text, registry, str(Path(registry).absolute().parent))


def _files(root: Path) -> Iterator[str]:
    """Every file below ``root``; links are followed, each folder once."""
    if not root.is_dir():
        raise SourceError(f"{root} is no folder, manifest or URL of a registry")
    seen: set[str] = set()
    for place, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        relative = Path(place).relative_to(root)
        yield from ((relative / file).as_posix() for file in files)
