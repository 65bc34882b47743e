"""Converting again, and holding the port against what was recorded."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tf2torch.api import convert, load_port
from tf2torch.diagnostics import SourceError, TranspileError
from tf2torch.golden import reference, speed
from tf2torch.golden.comparison import (
    Comparison,
    Limits,
    Regression,
    improvements,
    regressions,
)
from tf2torch.golden.facts import gather
from tf2torch.golden.recording import Golden, read, write

MEASUREMENTS = 3  # of the time: a busy machine is slow by turns, a slow port always


def check(
    folder: str | Path,
    *,
    source: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    update: bool = False,
    limits: Limits | None = None,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Convert the golden model in ``folder`` again and compare.

    ``source`` and ``options``: what is converted, and how, where that is not recorded.
    ``update`` writes what came out in place of what was recorded. Raises SourceError
    where the golden folder cannot be read or its source is nowhere.
    """
    golden = read(folder)
    model = golden.source if source is None else Path(source)
    if model is None:
        raise SourceError(f"{folder} names no source: pass it with --source")
    if not model.exists() and not Path(f"{model}.meta").exists():
        raise SourceError(f"{model}, the source of {folder}, does not exist")
    how = dict(golden.options if options is None else options)
    with tempfile.TemporaryDirectory(prefix="tf2torch-golden-") as scratch:
        try:
            port = convert(
                model, output=Path(scratch) / "port", progress=progress, **how
            )
        except (SourceError, TranspileError) as error:
            return Comparison(golden.name, (Regression("convert", str(error)),))
        result = judge(golden, port.folder, limits)
        if update:
            write(port.folder, golden.folder, model if golden.source else None, how)
    return result


def judge(golden: Golden, port: Path, limits: Limits | None = None) -> Comparison:
    """Compare a fresh port folder with what was recorded."""
    limits = limits or Limits()
    fresh = gather(port)
    found = [*_source(golden, fresh.fingerprint)]
    found += regressions(golden.facts, fresh, limits)
    notes = list(improvements(golden.facts, fresh))
    if golden.inputs:
        try:
            found += _runs(golden, port, limits, notes)
        except Exception as error:  # whatever the port raises
            told = f"the port fails: {type(error).__name__}: {error}"
            found.append(Regression("output", told))
    return Comparison(golden.name, tuple(found), tuple(notes))


def _source(golden: Golden, fingerprint: str) -> Iterator[Regression]:
    before = golden.facts.fingerprint
    if golden.source is not None and before != fingerprint:
        told = f"{golden.source} is another model than the recorded one"
        yield Regression("source", f"{told}: {before[:12]}, now {fingerprint[:12]}")


def _runs(
    golden: Golden, port: Path, limits: Limits, notes: list[str]
) -> Iterator[Regression]:
    """The port on the recorded inputs: outputs and time."""
    inputs, expected = reference.read(golden.folder / "reference.npz")
    if not inputs:
        inputs, _ = reference.parts(port)
        if reference.digest(inputs) != golden.inputs["digest"]:
            notes.append("outputs not compared: other reference inputs were drawn")
            expected = {}
    module = load_port(port)
    if not _random(port):
        found = reference.run(module, inputs, list(golden.inputs["outputs"]))
        shapes = golden.inputs["outputs"] if expected else {}
        yield from _outputs(found, expected, shapes)
    yield from _slower(golden, module, inputs, limits)


def _outputs(
    found: reference.Arrays, expected: reference.Arrays, shapes: dict[str, str]
) -> Iterator[Regression]:
    made = reference.kinds(found)
    for name, shape in shapes.items():
        if made.get(name) != shape:
            yield Regression("output", f"{name} was {shape} and is {made.get(name)}")
            continue
        gap = reference.difference(reference.spread(found[name]), expected[name])
        if gap > reference.RELATIVE_TO_SCALE:
            allowed = reference.RELATIVE_TO_SCALE
            told = f"{name} is {gap:.1e} of its scale off the recorded values"
            yield Regression("output", f"{told} ({allowed:.0e} allowed)")


def _slower(
    golden: Golden, module: Any, inputs: reference.Arrays, limits: Limits
) -> Iterator[Regression]:
    before = golden.latency
    if before is None or not inputs:
        return
    best = float("inf")
    for _ in range(MEASUREMENTS):
        best = min(best, speed.cost(module, inputs))
        if best <= before * limits.slack:
            return
    yield Regression(
        "performance",
        f"a pass takes {best:.3g} yardsticks, {best / before:.1f} × the recorded "
        f"{before:.3g} ({limits.slack:g} × allowed)",
    )


def _random(port: Path) -> bool:
    import json

    known = json.loads((port / "provenance.json").read_text("utf-8"))
    return bool(known.get("random"))
