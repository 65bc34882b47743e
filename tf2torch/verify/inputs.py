"""Representative inputs, from dtypes, shapes and what TensorFlow accepts.

An integer input may be an index into a table or a free number, and an open size may
need to be a multiple of something: nothing in a signature says so. The oracle does:
it is asked, with trial inputs, where it stops accepting them.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from tf2torch.verify.provenance import Input
from tf2torch.verify.texts import OUT_OF_VOCABULARY
from tf2torch.verify.wire import Arrays

Accepts: TypeAlias = Callable[[Arrays], bool]
Texts: TypeAlias = tuple[bytes, ...]
Spellings: TypeAlias = Callable[[], Sequence[Texts]]

LENGTHS = (7, 8, 16, 24, 32, 64, 96, 128, 224, 256, 299, 1024, 4096, 16384, 65536)
SECOND_LENGTHS = (1.43, 1.5, 2.0, 3.0)  # an odd one first: it shows asymmetric padding
HIGHEST_INDEX = 1 << 24
FREE_INTEGERS = (0, 1)  # an integer without a bound is most often a mask or a flag
RAREST_TRIALS = 3
TEXT_TRIALS = 4


@dataclass(frozen=True)
class Sample:
    """One set of inputs, judged by gradients too where ``gradients``. ``large``: in
    float64 only where float32 leaves a doubt."""

    name: str
    arrays: Arrays
    gradients: bool = False
    large: bool = False


@dataclass(frozen=True)
class Ranges:
    """What the probes found: symbol → sizes to use, integer input → (low, high),
    string input → the texts to draw from, where words will not do. ``given``: the
    inputs are the user's examples."""

    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    integers: dict[str, tuple[int, int]] = field(default_factory=dict)
    batch: tuple[str, ...] = ()
    empty_batch: bool = False
    other_lengths: bool = False
    texts: dict[str, Texts] = field(default_factory=dict)
    given: bool = False


class Unsampled(Exception):
    """No trial inputs were accepted; ``--sample`` must bring some."""


class Sampler:
    """Draws inputs for one model; the same seed draws the same ones."""

    def __init__(self, inputs: tuple[Input, ...], words: tuple[bytes, ...], salt: str):
        self._inputs = inputs
        self._words = words
        self._salt = zlib.crc32(salt.encode())

    def probe(self, accepts: Accepts, spellings: Spellings = tuple) -> Ranges:
        """Ask TensorFlow for open sizes, index bounds, and if a batch may be empty.

        The trials are small: they tell what is accepted, not what is computed.
        ``spellings`` is asked, where no word is accepted, for texts that may be.
        """
        known = symbols(self._inputs)
        batch = tuple(s for s, axes in known.items() if 0 in axes)
        free = [s for s in known if s not in batch]
        ranges = Ranges(
            {**dict.fromkeys(batch, (2,)), **dict.fromkeys(free, (LENGTHS[0],))},
            {i.name: (0, 0) for i in self._inputs if _is_integer(i.dtype)},
            batch,
        )
        ranges = self._accepted(ranges, free, accepts, spellings)
        ranges = self._bounds(ranges, accepts)
        if free:
            ranges = self._second_lengths(ranges, free, accepts)
        empty = accepts(self.draw(ranges, "empty", 0, 0)) if batch else False
        return replace(ranges, empty_batch=empty)

    def draw(
        self, ranges: Ranges, kind: str, batch: int, seed: int, second: bool = False
    ) -> Arrays:
        """``kind`` is one of KINDS; ``second`` takes the other lengths."""
        sizes = {s: v[-1 if second else 0] for s, v in ranges.sizes.items()}
        sizes |= dict.fromkeys(ranges.batch, batch)
        drawn = {}
        for spec in self._inputs:
            shape = tuple(
                sizes[s] if isinstance(s, str) else s for s in spec.shape or ()
            )
            key = zlib.crc32(f"{spec.name} {kind}".encode())
            generator = np.random.default_rng([seed, self._salt, key, batch])
            drawn[spec.name] = self._value(spec, shape, kind, ranges, generator)
        return drawn

    def _value(
        self,
        spec: Input,
        shape: tuple[int, ...],
        kind: str,
        ranges: Ranges,
        generator: np.random.Generator,
    ) -> np.ndarray:
        if spec.dtype == "string":
            return self._strings(shape, generator, ranges.texts.get(spec.name))
        if spec.dtype == "bool":
            return generator.random(shape) < 0.5
        if _is_integer(spec.dtype):
            low, high = ranges.integers[spec.name]
            drawn = generator.integers(low, high, shape, endpoint=True)
            return _with_ends(drawn, low, high).astype(spec.dtype)
        values = KINDS[kind](generator, shape)
        if spec.dtype.startswith("complex"):
            values = values + 1j * KINDS[kind](generator, shape)
            return values.astype(spec.dtype)
        return values.astype(np.float32 if spec.dtype == "bfloat16" else spec.dtype)

    def _strings(
        self,
        shape: tuple[int, ...],
        generator: np.random.Generator,
        texts: Texts | None,
    ) -> np.ndarray:
        """Of ``texts``; or words of the vocabularies, pairs of them, and words that
        are in none."""
        array = np.empty(int(np.prod(shape)), object)
        if texts is not None:
            array[:] = [
                texts[i] for i in generator.integers(len(texts), size=array.size)
            ]
            return array.reshape(shape)
        known = self._words or OUT_OF_VOCABULARY
        for index in range(array.size):
            word = known[generator.integers(len(known))]
            other = known[generator.integers(len(known))]
            foreign = OUT_OF_VOCABULARY[generator.integers(len(OUT_OF_VOCABULARY))]
            choice = (word, word, word + b" " + other, word.upper(), foreign)
            array[index] = choice[generator.integers(len(choice))]
        return array.reshape(shape)

    def _accepted(
        self, ranges: Ranges, free: list[str], accepts: Accepts, spellings: Spellings
    ) -> Ranges:
        """Ranges whose draws TensorFlow takes."""
        found = self._lengths(ranges, free, accepts)
        if found is not None:
            return found
        for texts in self._texts(spellings):
            found = self._lengths(replace(ranges, texts=texts), free, accepts)
            if found is not None:
                return found
        raise Unsampled(
            "TensorFlow accepts none of the inputs that were tried; give some that it "
            "does with --sample FILE.npz, one array per input"
        )

    def _texts(self, spellings: Spellings) -> Iterator[dict[str, Texts]]:
        """Each spelling for all string inputs, then for one at a time."""
        strings = [i.name for i in self._inputs if i.dtype == "string"]
        if not strings:
            return
        known = spellings()
        yield from (dict.fromkeys(strings, texts) for texts in known)
        if len(strings) > 1:
            yield from ({name: texts} for texts in known for name in strings)

    def _lengths(
        self, ranges: Ranges, free: list[str], accepts: Accepts
    ) -> Ranges | None:
        """The first length that TensorFlow takes for all symbols."""
        for length in LENGTHS:
            trial = replace(ranges, sizes=ranges.sizes | dict.fromkeys(free, (length,)))
            if self._takes(trial, 2, accepts):
                return trial
            if not free:
                break
        one = replace(ranges, sizes=ranges.sizes | dict.fromkeys(ranges.batch, (1,)))
        return replace(one, batch=()) if self._takes(one, 1, accepts) else None

    def _takes(self, ranges: Ranges, batch: int, accepts: Accepts) -> bool:
        """Are draws accepted? Of texts several: one may be well spelled by chance."""
        trials = TEXT_TRIALS if any(i.dtype == "string" for i in self._inputs) else 1
        draws = (self.draw(ranges, "normal", batch, seed) for seed in range(trials))
        return all(map(accepts, draws))

    def _bounds(self, ranges: Ranges, accepts: Accepts) -> Ranges:
        for name in ranges.integers:
            ranges = self._bound(ranges, name, accepts)
        return ranges

    def _bound(self, ranges: Ranges, name: str, accepts: Accepts) -> Ranges:
        """Double until TensorFlow refuses, then bisect: an index has a last row."""

        def takes(value: int) -> bool:
            trial = ranges.integers | {name: (value, value)}
            return accepts(self.draw(replace(ranges, integers=trial), "normal", 2, 0))

        limit = min(HIGHEST_INDEX, np.iinfo(self._dtype(name)).max)
        high = 1
        while high < limit and takes(high):
            high *= 2
        if high >= limit:
            return replace(ranges, integers=ranges.integers | {name: FREE_INTEGERS})
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if takes(middle) else (low, middle)
        return replace(ranges, integers=ranges.integers | {name: (0, low)})

    def _second_lengths(
        self, ranges: Ranges, free: list[str], accepts: Accepts
    ) -> Ranges:
        for factor in SECOND_LENGTHS:
            other = {
                s: (ranges.sizes[s][0], int(ranges.sizes[s][0] * factor)) for s in free
            }
            trial = replace(ranges, sizes=ranges.sizes | other, other_lengths=True)
            if accepts(self.draw(trial, "normal", 2, 0, second=True)):
                return trial
        return ranges

    def _dtype(self, name: str) -> str:
        return next(i.dtype for i in self._inputs if i.name == name)


def samples(sampler: Sampler, ranges: Ranges, seed: int, fresh: int) -> list[Sample]:
    """The sets that every port is judged on, the plain one first.

    ``fresh`` is a seed that depends on the port's own bytes: nobody who wrote the
    port can have known that set.
    """
    if not ranges.batch:
        sets = [("normal", 1, seed), ("positive", 1, seed), ("large", 1, seed)]
        found = [
            Sample(k, sampler.draw(ranges, k, b, s), k == "normal") for k, b, s in sets
        ]
        return [*found, Sample("fresh", sampler.draw(ranges, "normal", 1, fresh), True)]
    found = [
        Sample("normal", sampler.draw(ranges, "normal", 3, seed), True),
        Sample("positive", sampler.draw(ranges, "positive", 2, seed)),
        Sample("large", sampler.draw(ranges, "large", 5, seed)),
        Sample("single", sampler.draw(ranges, "normal", 1, seed)),
        Sample(
            "fresh", sampler.draw(ranges, "mixed", 2, fresh, ranges.other_lengths), True
        ),
    ]
    if ranges.other_lengths:
        other = sampler.draw(ranges, "normal", 2, seed, second=True)
        found.append(Sample("other lengths", other))
    return found


def port_seed(code: bytes) -> int:
    return int.from_bytes(hashlib.sha256(code).digest()[:4], "little")


def _normal(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return generator.standard_normal(shape)


def _positive(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return generator.random(shape)


def _large(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return 16.0 * generator.standard_normal(shape)


def _mixed(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Magnitudes over two decades, so that small and large values meet."""
    return generator.standard_normal(shape) * 10.0 ** generator.uniform(-1, 1, shape)


KINDS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "normal": _normal,
    "positive": _positive,
    "large": _large,
    "mixed": _mixed,
}
KINDS["empty"] = _normal


def symbols(inputs: tuple[Input, ...]) -> dict[str, set[int]]:
    """Open size → the axes at which it stands."""
    found: dict[str, set[int]] = {}
    for spec in inputs:
        for axis, size in enumerate(spec.shape or ()):
            if isinstance(size, str):
                found.setdefault(size, set()).add(axis)
    return found


def _is_integer(dtype: str) -> bool:
    return dtype.startswith(("int", "uint"))


def _with_ends(drawn: np.ndarray, low: int, high: int) -> np.ndarray:
    """Both ends of a range occur where there is room: off-by-one hides there."""
    if drawn.size >= RAREST_TRIALS:
        drawn.flat[0], drawn.flat[drawn.size - 1] = high, low
    return drawn
