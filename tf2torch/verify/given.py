"""The user's own inputs, and what is made of them so that no port can know all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tf2torch.verify.inputs import Accepts, Ranges, Sample, Unsampled, symbols
from tf2torch.verify.provenance import Input
from tf2torch.verify.texts import as_texts
from tf2torch.verify.wire import Arrays

SHAKEN = 0.01
TRIAL = 2  # rows
# Numbers in the examples whose gradients are compared: four pictures of 224 × 224.
# Gradients in float64 are dear, and what is wrong in one row is wrong in any few.
FEW = 4 * 224 * 224 * 3


@dataclass(frozen=True)
class Given:
    """Arrays by input name, of the inputs' dtypes."""

    arrays: Arrays
    inputs: tuple[Input, ...]

    @property
    def rows(self) -> int:
        """How many examples there are; 1 where the inputs are not made of examples."""
        counts = {len(self.arrays[name]) for name in self._batched}
        return counts.pop() if len(counts) == 1 else 1

    def samples(self, fresh: int = 0, few: int | None = FEW) -> list[Sample]:
        """All of them in one set, the first example alone, and some of them in another
        order and slightly changed, by a seed that nobody who wrote the port can have
        known: neither their number nor their values give the set away. Of more than
        ``few`` numbers the first set has the first rows, and all follow in another,
        without gradients."""
        rows = self.rows if few is None else self._rows_of(few)
        first = self.arrays if rows == self.rows else self._taken(np.arange(rows))
        found = [Sample("sample", first, True)]
        if first is not self.arrays:
            found.append(Sample("all rows", self.arrays, large=True))
        generator = np.random.default_rng(fresh)
        others = self.arrays
        if self.rows > 1:
            chosen = generator.permutation(self.rows)[: min(self.rows // 2, rows) + 1]
            if any(self.arrays[n].ndim > 1 for n in self._batched):
                found.append(Sample("single", self._taken(np.arange(1))))
            others = self._taken(chosen)
        others = {name: _shaken(generator, value) for name, value in others.items()}
        found.append(Sample("fresh", others))
        return [*found, *_shortened(others, self.inputs)]

    def redraw(self, batch: int, seed: int) -> Arrays:
        """So many of the examples, in any order, slightly changed."""
        generator = np.random.default_rng([seed, batch])
        taken = self._taken(generator.integers(self.rows, size=batch))
        return {name: _shaken(generator, value) for name, value in taken.items()}

    def ranges(self, accepts: Accepts) -> Ranges:
        """Whether other numbers of examples will do, and none."""
        if self.rows < 2 or not accepts(self.redraw(TRIAL, 0)):
            return Ranges(given=True)
        firsts = {str(i.shape[0]) for i in self.inputs if i.shape and _is_batched(i)}
        empty = accepts(self._taken(np.arange(0)))
        return Ranges(batch=tuple(sorted(firsts)), empty_batch=empty, given=True)

    def _rows_of(self, numbers: int) -> int:
        """How many rows have so many numbers: all, or at least ``TRIAL``."""
        size = sum(self.arrays[name].size for name in self._batched)
        if size <= numbers or self.rows <= TRIAL:
            return self.rows
        return max(TRIAL, numbers * self.rows // size)

    @property
    def _batched(self) -> list[str]:
        return [i.name for i in self.inputs if _is_batched(i)]

    def _taken(self, rows: np.ndarray) -> Arrays:
        batched = self._batched
        return {n: v[rows] if n in batched else v for n, v in self.arrays.items()}


def given(arrays: Arrays, inputs: tuple[Input, ...]) -> Given:
    """Unsampled where an input has no array."""
    missing = [i.name for i in inputs if i.name not in arrays]
    if missing:
        raise Unsampled(f"the sample has no array for input '{missing[0]}'")
    return Given({i.name: _typed(arrays[i.name], i.dtype) for i in inputs}, inputs)


def _typed(value: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "string":
        return as_texts(value)
    return value if dtype == "bfloat16" else value.astype(dtype)


def _shortened(arrays: Arrays, inputs: tuple[Input, ...]) -> Iterator[Sample]:
    """With other lengths, where sizes other than the number of examples are open."""
    free = {s for s, axes in symbols(inputs).items() if 0 not in axes}
    shorter = dict(arrays)
    for spec in inputs:
        for axis, size in enumerate(spec.shape or ()):
            if size in free:
                kept = -(-arrays[spec.name].shape[axis] * 3 // 4)
                shorter[spec.name] = shorter[spec.name].take(range(kept), axis)
    if any(shorter[name].shape != value.shape for name, value in arrays.items()):
        yield Sample("other lengths", shorter)


def _shaken(generator: np.random.Generator, value: np.ndarray) -> np.ndarray:
    """Floats off by about one percent of their own size."""
    if value.dtype.kind != "f":
        return value
    noise = SHAKEN * generator.standard_normal(value.shape)
    return np.asarray(value * (1.0 + noise), value.dtype)


def _is_batched(spec: Input) -> bool:
    return bool(spec.shape) and isinstance((spec.shape or (0,))[0], str)
