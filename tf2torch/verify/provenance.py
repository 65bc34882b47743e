"""The folder of a port: what it claims about itself, read and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tf2torch.diagnostics import SourceError

VERSION = 1


@dataclass(frozen=True)
class Step:
    """One transform from the TF variable's value to the torch value."""

    kind: str
    args: tuple[int, ...]


@dataclass(frozen=True)
class Entry:
    """A ``state_dict`` entry. ``key`` is None for a constant, which no variable is."""

    name: str
    key: str | None
    variable: str | None
    steps: tuple[Step, ...]
    trainable: bool
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Input:
    """``parameter`` is the name in ``forward``; sizes are ints or symbols. ``axes``:
    the port's is the original's permuted so; () for the same order."""

    name: str
    parameter: str
    tensor: str
    dtype: str
    shape: tuple[int | str, ...] | None
    axes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Output:
    name: str
    tensor: str
    dtype: str
    shape: tuple[int | str, ...] | None
    axes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Region:
    """A class of the port: its source lines, TF nodes and instances' module paths."""

    id: str
    lines: tuple[int, int]
    tf_nodes: tuple[str, ...]
    instances: tuple[str, ...]


@dataclass(frozen=True)
class Unported:
    op: str
    region: str
    reason: str


@dataclass(frozen=True)
class Port:
    """A port as its ``provenance.json`` describes it; nothing of it has run."""

    folder: Path
    cls: str
    source: dict[str, Any]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    single_output: bool
    state: tuple[Entry, ...]
    regions: tuple[Region, ...]
    unported: tuple[Unported, ...]
    random: bool
    stateful: bool
    absent: tuple[str, ...] = ()  # what training needs and the source does not say
    strings: bool = False  # it computes with strings, which torch has not

    @property
    def code(self) -> str:
        return (self.folder / "model.py").read_text(encoding="utf-8")

    @property
    def channels_first(self) -> tuple[str, ...]:
        """The inputs and outputs whose axes the port has in another order."""
        inputs = tuple(i.name for i in self.inputs if i.axes)
        return inputs + tuple(o.name for o in self.outputs if o.axes)

    @property
    def files(self) -> list[Path]:
        """What the port needs to run, and nothing that tells expected values."""
        weights = sorted(self.folder.glob("*.safetensors*"))
        vocabularies = self.folder / "vocabularies"
        folders = [vocabularies] if vocabularies.is_dir() else []
        return [self.folder / "model.py", *weights, *folders]

    def region_of(self, entry: str) -> str:
        """The innermost region that owns a ``state_dict`` entry."""
        return self.region_at_path(entry.rpartition(".")[0])

    def region_at_path(self, path: str) -> str:
        """The innermost region that the module at ``path`` is, or is part of."""
        return self.innermost(path)[0]

    def innermost(self, path: str) -> tuple[str, str]:
        """That region, and which of its instances."""
        best, found = -1, ("", "")
        for region in self.regions:
            for instance in region.instances:
                inside = not instance or f"{path}.".startswith(f"{instance}.")
                if inside and len(instance) > best:
                    best, found = len(instance), (region.id, instance)
        return found


def read_port(folder: Path) -> Port:
    """The port in ``folder``; SourceError says what is missing or wrong."""
    path = folder / "provenance.json"
    for needed in (folder / "model.py", path):
        if not needed.is_file():
            raise SourceError(
                f"{folder} is no port: {needed.name} is missing; `tf2torch convert` "
                "writes one, and docs/provenance.md says what a hand-written one needs"
            )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _port(folder, data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            f"{path} is malformed ({type(error).__name__}: {error}); "
            "docs/provenance.md describes each field"
        ) from None


def _port(folder: Path, data: dict[str, Any]) -> Port:
    if data["version"] != VERSION:
        raise ValueError(f"version {data['version']}, expected {VERSION}")
    return Port(
        folder=folder,
        cls=str(data["class"]),
        source=dict(data["source"]),
        inputs=tuple(_input(item) for item in data["inputs"]),
        outputs=tuple(_output(item) for item in data["outputs"]),
        single_output=bool(data.get("single_output", len(data["outputs"]) == 1)),
        state=tuple(_entry(name, item) for name, item in data["state"].items()),
        regions=tuple(_region(item) for item in data.get("regions", ())),
        unported=tuple(
            Unported(item["op"], item.get("region", ""), item.get("reason", ""))
            for item in data.get("unported", ())
        ),
        random=bool(data.get("random", False)),
        stateful=bool(data.get("stateful", False)),
        absent=tuple(map(str, data.get("absent", ()))),
        strings=bool(data.get("strings", False)),
    )


def _input(item: dict[str, Any]) -> Input:
    parameter = item.get("parameter", item["name"])
    tensor, dtype = item.get("tensor", ""), item["dtype"]
    return Input(item["name"], parameter, tensor, dtype, _shape(item), _axes(item))


def _output(item: dict[str, Any]) -> Output:
    tensor, dtype = item.get("tensor", ""), item["dtype"]
    return Output(item["name"], tensor, dtype, _shape(item), _axes(item))


def _axes(item: dict[str, Any]) -> tuple[int, ...]:
    axes = tuple(map(int, item.get("axes", ())))
    shape = _shape(item)
    if sorted(axes) != list(range(len(axes))) or axes and len(axes) != len(shape or ()):
        raise ValueError(f"axes {list(axes)} are no order of the axes of {shape}")
    return axes


def _shape(item: dict[str, Any]) -> tuple[int | str, ...] | None:
    shape = item.get("shape")
    if shape is None:
        return None
    return tuple(size if isinstance(size, int) else str(size) for size in shape)


def _entry(name: str, item: dict[str, Any]) -> Entry:
    variable = item.get("variable")
    key = item.get("key", variable)
    steps = tuple(
        Step(str(k), tuple(map(int, a))) for k, a in item.get("transforms", ())
    )
    return Entry(
        name,
        None if variable is None else str(key),
        variable,
        steps,
        bool(item.get("trainable", variable is not None)),
        tuple(map(int, item["shape"])),
    )


def _region(item: dict[str, Any]) -> Region:
    first, last = item.get("lines", (0, 0))
    return Region(
        item["id"],
        (int(first), int(last)),
        tuple(item.get("tf_nodes", ())),
        tuple(item.get("instances", ())),
    )
