"""Character classes that RE2 names, as ranges of code points."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TypeAlias

Ranges: TypeAlias = "tuple[tuple[int, int], ...]"


def _chars(*items: str) -> Ranges:
    """``"az"`` is a range, ``"_"`` a single character."""
    return tuple((ord(i[0]), ord(i[-1])) for i in items)


ESCAPED: dict[str, Ranges] = {
    "d": _chars("09"),
    "s": _chars("\t\n", "\f\r", " "),
    "w": _chars("09", "AZ", "__", "az"),
}

POSIX: dict[str, Ranges] = {
    "alnum": _chars("09", "AZ", "az"),
    "alpha": _chars("AZ", "az"),
    "ascii": ((0, 0x7F),),
    "blank": _chars("\t", " "),
    "cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "digit": _chars("09"),
    "graph": _chars("!~"),
    "lower": _chars("az"),
    "print": _chars(" ~"),
    "punct": _chars("!/", ":@", "[`", "{~"),
    "space": _chars("\t\r", " "),
    "upper": _chars("AZ"),
    "word": ESCAPED["w"],
    "xdigit": _chars("09", "AF", "af"),
}


def complement(ranges: Ranges) -> Ranges:
    """All other code points, surrogates left out."""
    made: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted((*ranges, (0xD800, 0xDFFF))):
        if low > start:
            made.append((start, low - 1))
        start = max(start, high + 1)
    if start <= 0x10FFFF:
        made.append((start, 0x10FFFF))
    return tuple(made)


def folded(ranges: Ranges) -> Ranges:
    """``ranges`` and every character that differs from one in them by case only."""
    if any(high > 0x7F for _, high in ranges):
        items = "".join(f"\\x{{{a:x}}}-\\x{{{b:x}}}" for a, b in ranges)
        return matching(f"(?i)[{items}]")
    codes = {c for low, high in ranges for c in range(low, high + 1)}
    twins = {ord(chr(c).swapcase()) for c in codes}
    foreign = {FOREIGN[t] for t in codes | twins if t in FOREIGN}
    if not (twins | foreign) - codes:
        return ranges
    return joined(codes | twins | foreign)


# Letters outside of ASCII that are ASCII letters but for their case: K and long s.
FOREIGN = {ord("k"): 0x212A, ord("s"): 0x17F}


def joined(codes: Iterable[int]) -> Ranges:
    """Ranges of neighbours among ``codes``."""
    made: list[tuple[int, int]] = []
    for code in sorted(codes):
        if made and made[-1][1] == code - 1:
            made[-1] = (made[-1][0], code)
        else:
            made.append((code, code))
    return tuple(made)


@cache
def matching(pattern: str) -> Ranges:
    """The characters that ``pattern`` matches, by TensorFlow's own RE2."""
    import tensorflow as tf

    codes = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    with tf.device("/CPU:0"):
        characters = tf.constant([chr(c).encode() for c in codes])
        found = tf.strings.regex_full_match(characters, pattern).numpy()
    return joined(code for code, match in zip(codes, found, strict=True) if match)


def unicode_class(name: str) -> Ranges:
    """A Unicode category or script."""
    import tensorflow as tf

    from tf2torch.rules.re2 import NotPorted

    try:
        return matching(f"(?s)\\p{{{name}}}")
    except tf.errors.InvalidArgumentError:
        raise NotPorted(f"unknown class \\p{{{name}}}") from None
