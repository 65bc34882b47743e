"""Strings taken apart: splits, regular expressions, n-grams."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from tf2torch.rules.helpers.strings import each


def string_split(
    strings: np.ndarray, separator: bytes = b"", maxsplit: int = -1
) -> tuple[Tensor, np.ndarray, Tensor]:
    """Split every string of a vector, at whitespace when ``separator`` is empty.

    Returns a sparse matrix: indices [n, 2], the n parts, and its shape [2].
    """
    return _sparse_rows([_split(s, separator, maxsplit) for s in strings])


def _split(string: bytes, separator: bytes, maxsplit: int) -> list[bytes]:
    if maxsplit == 0:
        return [string]
    parts = string.split(separator or None, maxsplit)
    # TensorFlow keeps what is left after the last split, even if it is empty.
    if not separator and len(parts) == maxsplit:
        parts.append(b"")
    return parts


def string_split_chars(
    strings: np.ndarray, separators: bytes, skip_empty: bool = True
) -> tuple[Tensor, np.ndarray, Tensor]:
    """Split at any byte of ``separators``, into single bytes when there is none."""
    rows = []
    pattern = re.compile(b"[" + re.escape(separators) + b"]") if separators else None
    for string in strings:
        if pattern is None:
            parts = [string[i : i + 1] for i in range(len(string))]
        else:
            parts = pattern.split(string) if string else []
        rows.append([p for p in parts if p or not skip_empty])
    return _sparse_rows(rows)


def _sparse_rows(rows: Sequence[list[bytes]]) -> tuple[Tensor, np.ndarray, Tensor]:
    places = [(r, c) for r, row in enumerate(rows) for c in range(len(row))]
    parts = np.fromiter((part for row in rows for part in row), object, len(places))
    indices = torch.tensor(places, dtype=torch.int64).reshape(-1, 2)
    widest = max(map(len, rows), default=0)
    return indices, parts, torch.tensor([len(rows), widest])


def _each_text(function: Callable[[str], str], strings: np.ndarray) -> np.ndarray:
    """Bytes that are no UTF-8 pass through as the surrogates U+DC80 to U+DCFF."""
    return each(
        lambda s: function(s.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        ),
        strings,
    )


def regex_replace(
    strings: np.ndarray, pattern: str, rewrite: str, count: int = 0
) -> np.ndarray:
    """Replace matches of ``pattern`` (all, or the first ``count``)."""
    compiled = re.compile(pattern, re.ASCII)
    return _each_text(lambda text: compiled.sub(rewrite, text, count), strings)


def regex_replace_empty(strings: np.ndarray, pattern: str, rewrite: str) -> np.ndarray:
    """``regex_replace`` for a pattern that matches nothing, as RE2 defines it.

    Unlike in Python, an empty match right after another match does not count.
    """
    compiled = re.compile(pattern, re.ASCII)

    def replaced(text: str) -> str:
        done, at, last = [], 0, -1
        while at <= len(text) and (match := compiled.search(text, at)):
            done.append(text[at : match.start()])
            if match.start() == match.end() == last:
                done.append(text[at : at + 1])
                at += 1
            else:
                done.append(match.expand(rewrite))
                at = last = match.end()
        return "".join(done) + text[at:]

    return _each_text(replaced, strings)


def regex_full_match(strings: np.ndarray, pattern: str) -> Tensor:
    """Does ``pattern`` match the whole of each string?"""
    compiled = re.compile(pattern, re.ASCII)

    def matches(string: bytes) -> bool:
        text = string.decode("utf-8", "surrogateescape")
        return compiled.fullmatch(text) is not None

    return torch.from_numpy(np.asarray(each(matches, strings), dtype=bool))


def string_ngrams(
    strings: np.ndarray,
    splits: Tensor,
    widths: tuple[int, ...],
    separator: bytes,
    pads: tuple[bytes, bytes],
    pad_width: int,
    keep_short: bool,
) -> tuple[np.ndarray, Tensor]:
    """n-grams of each row of a ragged vector, ``widths`` one after the other.

    ``pad_width`` is how many pads stand at each end, -1 for as many as fit;
    ``keep_short`` makes a row too short for any n-gram one n-gram.
    """
    grams: list[bytes] = []
    ends = [0]
    edges = splits.tolist()
    for start, stop in zip(edges, edges[1:], strict=False):
        row = list(strings[start:stop])
        for width in widths:
            pad = width - 1 if pad_width < 0 else min(pad_width, width - 1)
            padded = [pads[0]] * pad + row + [pads[1]] * pad
            count = len(padded) - width + 1
            grams += [separator.join(padded[i : i + width]) for i in range(count)]
        if keep_short and row and len(grams) == ends[-1]:
            grams.append(
                separator.join([pads[0]] * pad_width + row + [pads[1]] * pad_width)
            )
        ends.append(len(grams))
    made = np.fromiter(grams, object, len(grams))
    return made, torch.tensor(ends[: len(edges)], dtype=splits.dtype)
