"""MLflow's model registry: where models come from, and where ports may go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.fleet import folder as tree
from tf2torch.fleet.digest import versions
from tf2torch.fleet.model import Model, Unreachable
from tf2torch.fleet.result import Result

SCHEME = "models:/"
TAG = "tf2torch."
IS_PORT = f"{TAG}port"
EXPERIMENT = "tf2torch"
PAGE = 200


def models(registry: str, all_versions: bool) -> Iterator[Model]:
    """``models:/`` and ``models:/rank*``: the newest version of each model;
    ``models:/name/3``, ``models:/name@alias`` and ``models:/name/Stage``: that one.
    Versions that are ports are left out."""
    client, failure = _client()
    wanted = registry.removeprefix(SCHEME)
    try:
        if "@" in wanted:
            name, _, alias = wanted.partition("@")
            yield _model(name, client.get_model_version_by_alias(name, alias))
            return
        name, _, version = wanted.partition("/")
        if version:
            yield _model(name, _version(client, name, version))
            return
        for known in _names(client, wanted or "*"):
            yield from _newest(client, known, all_versions)
    except failure as error:
        line = str(error).splitlines()[0]
        raise SourceError(f"{registry} is not in the MLflow registry: {line}") from None


def fetch(location: str, folder: Path) -> Path:
    """Download a version; the path of the one TensorFlow model in it."""
    _, failure = _client()
    import mlflow

    try:
        place = mlflow.artifacts.download_artifacts(
            artifact_uri=location, dst_path=str(folder)
        )
    except (failure, OSError) as error:
        line = str(error).splitlines()[0]
        raise Unreachable(f"{location} cannot be downloaded: {line}") from None
    root = Path(place)
    files = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()]
    found = sorted(tree.models(files, all_versions=True).values())
    if len(found) != 1:
        raise SourceError(f"{location} holds {len(found)} TensorFlow models, not one")
    return root / found[0]


def publish(result: Result, template: str) -> str:
    """Register a port as a new version; the name that it got, ``models:/name/4``.

    ``template``: the registered model's name; ``{name}`` stands for the source's. The
    same port is registered once, however often it is asked for.
    """
    client, failure = _client()
    name = template.replace("{name}", _registered(result))
    tags = _tags(result)
    try:
        if not client.search_registered_models(f"name='{name}'"):
            client.create_registered_model(name)
        for version in client.search_model_versions(f"name='{name}'"):
            if version.tags.get(f"{TAG}key") == result.key:
                return f"{SCHEME}{name}/{version.version}"
        run = client.create_run(_experiment(client), tags=tags)
        client.log_artifacts(run.info.run_id, result.folder, "port")
        client.log_text(run.info.run_id, _description(result), "port/MLmodel")
        if result.score is not None:
            client.log_metric(run.info.run_id, "score", result.score)
        client.set_terminated(run.info.run_id)
        made = client.create_model_version(
            name, f"{run.info.artifact_uri}/port", run.info.run_id, tags=tags
        )
    except failure as error:
        line = str(error).splitlines()[0]
        raise SourceError(f"{result.name} is not published: {line}") from None
    return f"{SCHEME}{name}/{made.version}"


def _client() -> tuple[Any, type[Exception]]:
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ImportError:
        raise SourceError(
            "MLflow is not installed: pip install 'tf2torch[mlflow]'"
        ) from None
    try:
        return MlflowClient(), MlflowException
    except (MlflowException, ImportError) as error:
        line = str(error).splitlines()[0]
        raise SourceError(f"the MLflow registry cannot be opened: {line}") from None


def _names(client: Any, pattern: str) -> Iterator[str]:
    token: str | None = None
    found = []
    while True:
        page = client.search_registered_models(max_results=PAGE, page_token=token)
        found += [model.name for model in page]
        token = page.token
        if not token:
            break
    known = [name for name in sorted(found) if fnmatchcase(name, pattern)]
    if not known:
        raise SourceError(f"no model '{pattern}' in the MLflow registry")
    yield from known


def _newest(client: Any, name: str, all_versions: bool) -> Iterator[Model]:
    """The newest version, or all, of those that are no ports."""
    found = client.search_model_versions(f"name='{name}'")
    sources = [v for v in found if v.tags.get(IS_PORT) != "true"]
    sources.sort(key=lambda version: int(version.version))
    for version in sources if all_versions else sources[-1:]:
        named = f"{name}/{version.version}" if all_versions else name
        yield _model(named, version)


def _version(client: Any, name: str, version: str) -> Any:
    if version.isdecimal():
        return client.get_model_version(name, version)
    found = client.get_latest_versions(name, stages=[version])
    if not found:
        raise SourceError(f"no version of '{name}' is in stage '{version}'")
    return found[0]


def _model(name: str, version: Any) -> Model:
    owner = version.tags.get("owner") or getattr(version, "user_id", "") or ""
    return Model(name, f"{SCHEME}{version.name}/{version.version}", owner=owner)


def _registered(result: Result) -> str:
    """The name of the source in the registry; of others, one that MLflow takes."""
    if result.location.startswith(SCHEME):
        return result.location.removeprefix(SCHEME).partition("/")[0]
    return result.name.replace("/", "-").replace(":", "-")


def _tags(result: Result) -> dict[str, str]:
    """Lineage: what the port was made of, by what, and how it was judged."""
    known = {
        "port": "true",
        "source": result.location,
        "key": result.key,
        "outcome": result.outcome.value,
        "score": "" if result.score is None else str(result.score),
        "owner": result.owner,
        "hints": ", ".join(sorted({str(hint["code"]) for hint in result.hints})),
    }
    made_by = {f"by.{library}": version for library, version in versions().items()}
    return {f"{TAG}{key}": value for key, value in (known | made_by).items() if value}


def _experiment(client: Any) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    return str(found.experiment_id if found else client.create_experiment(EXPERIMENT))


def _description(result: Result) -> str:
    """An ``MLmodel`` with a flavour of its own: the folder stands alone."""
    import yaml

    known = json.loads((Path(result.folder) / "provenance.json").read_text("utf-8"))
    flavour = {"class": known["class"], "code": "model.py", "source": result.location}
    return str(yaml.safe_dump({"flavors": {"tf2torch": flavour}}))
