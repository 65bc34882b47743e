"""Texts for string inputs: what vocabularies, hashes and splitters tell apart.

A hash of texts reads so many bytes at a time and has another branch for each length;
a lookup has words and what is none; a splitter has spaces, punctuation and case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

Words = tuple[bytes, ...]

OUT_OF_VOCABULARY = (b"", b"never-seen", b"42", b"Two words", "na\u00efve".encode())

# Where hashes branch: FarmHash at 4, 8, 16, 32 and 64 bytes, and at each 64 beyond.
EDGE_LENGTHS = (1, 3, 4, 7, 8, 9, 16, 17, 31, 32, 33, 64, 65, 96, 128, 129, 193)
LONGEST_TEXT = 200  # bytes
MOST_WORDS = 9  # of one text: more than most models keep

SEPARATORS = (b" ", b" ", b"  ", b"\t", b"\n", b", ", b"-", b"_", b"|", b";", b"/")
MARKS = (b"!", b"?", b".", b"'", b'"', b"(", b")", b"[", b"]", b"#", b"@", b"\\", b"$")
FOREIGN = tuple(
    word.encode()
    for word in (
        "\u00c5ngstr\u00f6m",
        "\u00df",
        "\u65e5\u672c\u8a9e",
        "\U0001f600",
        "e\u0301",
    )
)
BLANKS = (b"", b" ", b"\t \n")


def words_beside(folder: Path) -> Words:
    """The words in the vocabulary files of a port."""
    files = sorted((folder / "vocabularies").glob("*"))
    return tuple(word for path in files for word in _words(path))


def _words(path: Path) -> list[bytes]:
    """The lines of a text, or the texts among the keys of a JSON table."""
    if path.suffix == ".txt":
        return path.read_bytes().splitlines()
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError:
        return []
    keys = content.get("keys", ()) if isinstance(content, dict) else ()
    return [key.encode() for key in keys if isinstance(key, str)]


def long_texts(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Texts of one word. Every second length is one where a hash branches, the others
    are spread evenly over the magnitudes."""
    edges = generator.permutation(EDGE_LENGTHS)

    def text(index: int) -> bytes:
        length = int(LONGEST_TEXT ** generator.random())
        if index % 2:
            length = int(edges[index // 2 % len(edges)])
        return bytes(
            generator.integers(ord("a"), ord("z"), length, endpoint=True).tolist()
        )

    return _filled(shape, text)


def word_texts(
    shape: tuple[int, ...], generator: np.random.Generator, words: Words
) -> np.ndarray:
    """Of ``words`` and others: alone, several, in another case, with punctuation, in
    other alphabets; and texts without any."""
    known = words or OUT_OF_VOCABULARY

    def pick(among: Words) -> bytes:
        return among[generator.integers(len(among))]

    def word() -> bytes:
        found = pick(pick_from[generator.integers(len(pick_from))])
        change: Callable[[bytes], bytes] = CHANGES[generator.integers(len(CHANGES))]
        return change(found)

    def text(index: int) -> bytes:
        if index % 8 == 7:
            return pick(BLANKS)
        if index % 2:
            return pick(known)
        found = word()
        for _ in range(generator.integers(MOST_WORDS)):
            found += pick(SEPARATORS) + word()
        return found + pick((*MARKS, b"", b""))

    pick_from = (known, known, known, OUT_OF_VOCABULARY, FOREIGN)
    return _filled(shape, text)


CHANGES: tuple[Callable[[bytes], bytes], ...] = (
    bytes,
    bytes,
    bytes.upper,
    bytes.capitalize,
    lambda word: b"(" + word + b")",
    lambda word: word + b"'s",
)


def _filled(shape: tuple[int, ...], text: Callable[[int], bytes]) -> np.ndarray:
    array = np.empty(int(np.prod(shape)), object)
    for index in range(array.size):
        array[index] = text(index)
    return array.reshape(shape)


def replaced(
    arrays: dict[str, np.ndarray], draw: Callable[[tuple[int, ...]], np.ndarray]
) -> Iterator[dict[str, np.ndarray]]:
    """``arrays`` with other texts: all at once, and then one input at a time."""
    texts = {key for key, value in arrays.items() if value.dtype == object}
    for chosen in (texts, *({key} for key in sorted(texts))) if texts else ():
        yield {
            key: draw(value.shape) if key in chosen else value
            for key, value in arrays.items()
        }


def as_texts(value: np.ndarray) -> np.ndarray:
    """Texts of any dtype as objects, of bytes."""
    plain = value.astype(object)
    flat = [x.encode() if isinstance(x, str) else bytes(x) for x in plain.ravel()]
    return _filled(value.shape, flat.__getitem__)
