"""A port that was written by hand: the ``provenance.json`` that the verifier needs,
from its weights, the original, and a map of names where values do not tell."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.ir.leaves import VariableInfo

Steps: TypeAlias = "list[list[Any]]"

GATES = (3, 4)  # of a GRU, of an LSTM: blocks that torch has in another order


@dataclass(frozen=True)
class Variables:
    """Those of the original, by any of their names."""

    infos: tuple[VariableInfo, ...]

    @cached_property
    def _holding(self) -> dict[str, list[VariableInfo]]:
        """By their numbers, in whatever order."""
        found: dict[str, list[VariableInfo]] = {}
        for info in self.infos:
            found.setdefault(_numbers(info.load()), []).append(info)
        return found

    def named(self, name: str) -> VariableInfo:
        plain = name.removesuffix(":0")
        found = [i for i in self.infos if plain in (i.name, i.key)]
        if not found:
            known = ", ".join(sorted(i.name for i in self.infos)[:20])
            raise SourceError(f"no variable '{name}' in the original; it has {known}")
        return found[0]

    def like(self, value: np.ndarray) -> Iterator[tuple[VariableInfo, Steps]]:
        """Those that hold the same numbers, in whatever order of axes."""
        for info in self._holding.get(_numbers(value), ()):
            steps = steps_to(value, info.load())
            if steps is not None:
                yield info, steps


def write_provenance(
    folder: Path,
    described: Mapping[str, Any],
    infos: tuple[VariableInfo, ...],
    keys: Mapping[str, str | None],
) -> None:
    """``described``: the provenance of the original's own port, of which the source and
    the signature are taken. ``keys``: state_dict entry → the variable's name, or None
    for a constant; entries that it leaves out are found by their values."""
    cls = _last_class(folder / "model.py")
    state, variables = _weights(folder), Variables(infos)
    unknown = sorted(set(keys) - set(state))
    if unknown:
        raise SourceError(f"the key map names '{unknown[0]}', which no weights hold")
    entries = {
        name: _entry(name, value, variables, keys) for name, value in state.items()
    }
    parameters = _parameters(cls)
    inputs = [dict(item) for item in described["inputs"]]
    if len(parameters) != len(inputs):
        names = [item["name"] for item in inputs]
        raise SourceError(f"{cls.name}.forward takes {parameters}, the source {names}")
    by_name = {item["name"] for item in inputs} == set(parameters)
    for item, parameter in zip(inputs, parameters, strict=True):
        item["parameter"] = item["name"] if by_name else parameter
    whole = {"id": cls.name, "lines": [cls.lineno, cls.end_lineno], "instances": [""]}
    found = {**described, "class": cls.name, "inputs": inputs, "state": entries}
    found |= {"regions": [whole], "unported": [], "absent": []}
    text = json.dumps(found, indent=1) + "\n"
    (folder / "provenance.json").write_text(text, encoding="utf-8")


def read_keys(path: Path | None) -> dict[str, str | None]:
    """A JSON object of names."""
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} is no readable JSON: {error}") from None
    values = found.values() if isinstance(found, dict) else [0]
    if not all(value is None or isinstance(value, str) for value in values):
        raise SourceError(
            f"{path} is no key map: it holds one object, of state_dict keys with the "
            "names of TensorFlow's variables (null for a constant)"
        )
    return dict(found)


def steps_to(value: np.ndarray, original: np.ndarray) -> Steps | None:
    """The transforms that make ``value`` of the variable; None where none does."""
    if _numbers(value) != _numbers(original):
        return None
    for axes in permutations(range(original.ndim)):
        moved = original.transpose(axes)
        steps: Steps = [] if list(axes) == sorted(axes) else [["permute", list(axes)]]
        if moved.shape != value.shape:
            steps = [*steps, ["reshape", list(value.shape)]]
        moved = moved.reshape(value.shape)
        if np.array_equal(moved, value, equal_nan=value.dtype.kind == "f"):
            return steps
        gates = _gates(moved, value)
        if gates is not None:
            return [*steps, gates]
    return None


def _numbers(value: np.ndarray) -> str:
    """The same for all arrays that hold the same numbers."""
    held = np.sort(value.reshape(-1)).tobytes()
    return hashlib.sha256(f"{value.dtype}".encode() + held).hexdigest()


def _gates(moved: np.ndarray, value: np.ndarray) -> list[Any] | None:
    for count in GATES:
        if value.ndim == 0 or len(value) % count:
            continue
        parts = np.split(moved, count)
        for order in permutations(range(count)):
            if np.array_equal(np.concatenate([parts[i] for i in order]), value):
                return ["blocks", [0, *order]]
    return None


def _entry(
    name: str,
    value: np.ndarray,
    variables: Variables,
    keys: Mapping[str, str | None],
) -> dict[str, Any]:
    wanted = keys.get(name)
    if wanted is not None:
        info = variables.named(wanted)
        steps = steps_to(value, info.load())
        if steps is None:
            raise SourceError(
                f"'{name}' does not hold the values of '{info.name}' in any order of "
                "axes: convert the weights without folding or rescaling them"
            )
        return _of(info, steps, value)
    found = [] if name in keys else list(variables.like(value))
    if len(found) > 1:
        names = ", ".join(info.name for info, _ in found)
        raise SourceError(
            f"'{name}' may be any of {names}: say which with --keys FILE.json, "
            f'{{"{name}": "{found[0][0].name}"}}'
        )
    if found:
        return _of(*found[0], value)
    return {"variable": None, "trainable": False, "shape": list(value.shape)}


def _of(info: VariableInfo, steps: Steps, value: np.ndarray) -> dict[str, Any]:
    return {
        "variable": info.name,
        "key": info.key,
        "transforms": steps,
        "trainable": info.trainable,
        "shape": list(value.shape),
    }


def _weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise SourceError(f"{folder} has no *.safetensors: save the state_dict there")
    return {name: value for file in files for name, value in load_file(file).items()}


def _last_class(path: Path) -> ast.ClassDef:
    """The model is what a file defines last."""
    if not path.is_file():
        raise SourceError(f"{path.parent} is no port: model.py is missing")
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except SyntaxError as error:
        raise SourceError(f"{path} is no Python: {error}") from None
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    if not classes:
        raise SourceError(f"{path} defines no class")
    return classes[-1]


def _parameters(cls: ast.ClassDef) -> list[str]:
    for node in cls.body:
        if isinstance(node, ast.FunctionDef) and node.name == "forward":
            given = [*node.args.posonlyargs, *node.args.args][1:]
            return [argument.arg for argument in given]
    raise SourceError(f"{cls.name} has no forward")
