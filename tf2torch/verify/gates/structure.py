"""Structure gate: the port's state is the original's, element by element.

Each TF variable that the outputs depend on is held exactly once, with its own values,
trainable if and only if it was; and the port has no state beside that but constants.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.verify import mapping
from tf2torch.verify.candidate import Stored
from tf2torch.verify.gate import Case, Dimension, Figure, Verdict
from tf2torch.verify.original.model import FLOATS, StateVariable
from tf2torch.verify.portions import portions
from tf2torch.verify.provenance import Entry, Port

HELD = 4 << 20  # elements that are compared at a time
AS_IT_WAS = "store the variable as its transforms say: no folding, no rescaling"
DISTURBANCE = 0.5  # × a variable's largest value (or 1): enough to change any output


@dataclass(frozen=True)
class Structure:
    name = "structure"
    hard = True
    dimension = Dimension.STRUCTURE

    def check(self, case: Case) -> Verdict:
        _ = case.candidate, case.oracle  # both processes start side by side
        stored = {s.name: s for s in case.stored}
        claimed = {e.name: e for e in case.port.state}
        variables = {v.key: v for v in case.oracle.variables}
        hints = [
            *_same_names(case.port, stored, claimed),
            *_each_entry(case.port, stored, claimed, variables),
        ]
        if not hints:
            hints += _covered(case, claimed.values(), variables)
        if not hints:
            hints += _same_values(case, claimed.values())
        wrong = {hint.observed for hint in hints}
        figures = tuple(
            Figure("state entry", name, name not in wrong) for name in stored
        )
        return Verdict(figures, tuple(hints))


def _hint(
    port: Port, entry: str, text: str, fix: str, code: Code = Code.STRUCTURE
) -> Hint:
    return Hint(
        code,
        Priority.P1,
        port.region_of(entry),
        text,
        fix,
        metric="state",
        observed=entry,
    )


def _same_names(
    port: Port, stored: dict[str, Stored], claimed: dict[str, Entry]
) -> Iterator[Hint]:
    for name in stored.keys() - claimed.keys():
        if stored[name].alias is None:
            text = f"state entry {name} comes from no variable of the original"
            yield _hint(
                port, name, text, "drop it, or name its source in provenance.json"
            )
    for name in claimed.keys() - stored.keys():
        text = f"state entry {name} of provenance.json is missing in the module"
        yield _hint(port, name, text, "register it under that name")


def _each_entry(
    port: Port,
    stored: dict[str, Stored],
    claimed: dict[str, Entry],
    variables: dict[str, StateVariable],
) -> Iterator[Hint]:
    for name in sorted(stored.keys() & claimed.keys()):
        have, entry = stored[name], claimed[name]
        variable = variables.get(entry.key or "")
        if have.shape != entry.shape:
            text = f"{name} has shape {list(have.shape)}, expected {list(entry.shape)}"
            yield _hint(
                port, name, text, "give it the variable's sizes", Code.SHAPE_MISMATCH
            )
        if entry.key is None:
            if have.trainable:
                text = f"{name} is a constant of the original but a trainable parameter"
                yield _hint(port, name, text, "make it a buffer")
        elif variable is None:
            text = f"{name}: variable {entry.variable} is none that the outputs use"
            yield _hint(port, name, text, "name the variable it comes from, or drop it")
        else:
            yield from _against(port, have, variable)


def _against(port: Port, have: Stored, variable: StateVariable) -> Iterator[Hint]:
    if have.dtype != variable.dtype:
        text = f"{have.name} is {have.dtype}, {variable.name} is {variable.dtype}"
        yield _hint(
            port, have.name, text, f"make it {variable.dtype}", Code.DTYPE_MISMATCH
        )
    if variable.trainable is not None and have.trainable != variable.trainable:
        was, now = _trainable(variable.trainable), _trainable(have.trainable)
        text = f"{have.name} is {now}, TensorFlow's {variable.name} {was}"
        fix = "an nn.Parameter with requires_grad where it was trainable, else a buffer"
        yield _hint(port, have.name, text, fix)


def _trainable(flag: bool) -> str:
    return "trainable" if flag else "not trainable"


def _covered(
    case: Case, entries: Iterable[Entry], variables: dict[str, StateVariable]
) -> Iterator[Hint]:
    """Every element of every variable is in exactly one entry."""
    holders = defaultdict(list)
    aliases = {s.name for s in case.stored if s.alias is not None}
    for entry in entries:
        if entry.key is not None and entry.name not in aliases:
            holders[entry.key].append(entry)
    for key, variable in variables.items():
        if key not in holders:
            if case.oracle.is_random and variable.dtype not in FLOATS:
                continue  # the state of TensorFlow's generator, which torch has not
            if _matters(case, variable):
                text = f"variable {variable.name} {list(variable.shape)} has no entry"
                yield _hint(
                    case.port, "", text, "add the layer or parameter that holds it"
                )
            continue
        name = holders[key][0].name
        try:
            count = mapping.coverage(holders[key], variable.shape)
        except mapping.BadTransform as error:
            yield _hint(case.port, name, f"{name}: {error}", "correct its transforms")
            continue
        if (count != 1).any():
            text = (
                f"{variable.name}: {int((count == 0).sum())} elements are in no entry, "
                f"{int((count > 1).sum())} in more than one, of {count.size}"
            )
            yield _hint(case.port, name, text, "hold each element exactly once")


def _matters(case: Case, variable: StateVariable) -> bool:
    """Whether the outputs change when TensorFlow's variable does: a function may
    capture variables that its outputs do not depend on."""
    value = case.oracle.values([variable.key])[variable.key]
    if variable.dtype in FLOATS:
        size = float(np.abs(value).max(initial=0.0)) or 1.0
        noise = np.random.default_rng(case.seed).standard_normal(value.shape)
        other = value + (DISTURBANCE * size * noise).astype(value.dtype)
    elif value.dtype == object:
        return True
    else:
        other = np.logical_not(value) if value.dtype == bool else value + 1
    before = [case.oracle.outputs_for(s.arrays).outputs for s in case.samples]
    case.oracle.assign({variable.key: other.astype(value.dtype)})
    try:
        after = [case.oracle.outputs_for(s.arrays).outputs for s in case.samples]
    finally:
        case.oracle.assign({variable.key: value})
    return any(
        not np.array_equal(old[name], new[name], equal_nan=new[name].dtype.kind in "fc")
        for old, new in zip(before, after, strict=True)
        for name in old
    )


def _same_values(case: Case, entries: Iterable[Entry]) -> Iterator[Hint]:
    """The entry's value is the variable's, moved as its transforms say, bit for bit."""
    sizes = {v.key: math.prod(v.shape) for v in case.oracle.variables}
    keyed = [entry for entry in entries if entry.key is not None]
    for part in portions([sizes.get(e.key or "", 0) for e in keyed], HELD):
        group = [keyed[index] for index in part]
        keys = sorted({entry.key or "" for entry in group})
        originals = case.oracle.values(keys)
        stored = case.candidate.state([entry.name for entry in group])
        for entry in group:
            have = stored[entry.name]
            expected = mapping.apply(entry.steps, originals[entry.key or ""])
            if have.shape != expected.shape or not np.array_equal(
                have, expected, equal_nan=have.dtype.kind in "fc"
            ):
                text = f"{entry.name} does not hold the values of {entry.variable}"
                yield _hint(case.port, entry.name, text, AS_IT_WAS)
