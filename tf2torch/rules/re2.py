"""RE2 patterns, as TensorFlow's string ops take them, as patterns of Python's ``re``.

The two agree on most of the syntax and on leftmost-first matching. They differ in
what ``$``, ``\\s`` and ``\\z`` mean, in named classes, in octal and braced escapes, in
flags inside a group, and in bytes that are no UTF-8: RE2's ``.`` and negated classes
do not match them. The port decodes such bytes to the surrogates U+DC80 to U+DCFF, so
these are excluded here. Letters without case are spelled out, as Python also folds
the dotless and the dotted I. Patterns are for ``re.ASCII``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tf2torch.rules.re2_classes import (
    ESCAPED,
    POSIX,
    Ranges,
    complement,
    folded,
    unicode_class,
)

NOT_UTF8 = "\\udc80-\\udcff"
_REPEAT = re.compile(r"\*|\+|\?|\{(\d+)(,(\d*))?\}")
_CONTROL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}


class NotPorted(Exception):
    """The pattern holds something that Python's ``re`` cannot say."""


@dataclass(frozen=True)
class Pattern:
    """``text`` for Python; ``empty`` says that it may match the empty string."""

    text: str
    empty: bool
    groups: int


@dataclass(frozen=True)
class _Flags:
    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False


def python_pattern(pattern: str) -> Pattern:
    """``pattern`` translated; :class:`NotPorted` when it cannot be."""
    parser = _Parser(pattern)
    text, empty = parser.alternation(_Flags())
    if parser.at < len(pattern):
        raise NotPorted(f"unbalanced ) in {pattern!r}")
    try:
        re.compile(text, re.ASCII)
    except re.error as error:
        raise NotPorted(f"Python cannot compile {pattern!r}: {error}") from None
    return Pattern(text, empty, parser.groups)


def python_rewrite(rewrite: str, groups: int) -> str:
    """``\\1`` as Python's ``\\g<1>``."""
    made = []
    parts = re.split(r"(\\.?)", rewrite, flags=re.DOTALL)
    for part in parts:
        if part == "\\\\" or not part.startswith("\\"):
            made.append(part)
        elif part[1:].isdigit() and int(part[1:]) <= groups:
            made.append(f"\\g<{part[1:]}>")
        else:
            raise NotPorted(f"rewrite {rewrite!r} names no group with {part!r}")
    return "".join(made)


class _Parser:
    """Recursive descent; each method returns (text, may match empty)."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = 0

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self, text: str) -> bool:
        found = self.peek(text)
        self.at += len(text) * found
        return found

    def alternation(self, flags: _Flags) -> tuple[str, bool]:
        texts, empties = [], []
        while True:
            text, empty, flags = self.sequence(flags)
            texts.append(text)
            empties.append(empty)
            if not self.take("|"):
                return "|".join(texts), any(empties)

    def sequence(self, flags: _Flags) -> tuple[str, bool, _Flags]:
        """Up to ``|`` or ``)``; flags set inside hold for what follows them."""
        texts: list[str] = []
        empty = True
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            switched = self.switched_flags(flags)
            if switched is not None:
                flags = switched
                continue
            text, may_be_empty = self.repeated(flags)
            texts.append(text)
            empty = empty and may_be_empty
        return "".join(texts), empty, flags

    def switched_flags(self, flags: _Flags) -> _Flags | None:
        """The flags after ``(?i)``, or None when no such group stands here."""
        match = re.compile(r"\(\?([imsU]*)(-[imsU]+)?\)").match(self.pattern, self.at)
        if match is None:
            return None
        self.at = match.end()
        return _with_flags(flags, match[1], match[2])

    def repeated(self, flags: _Flags) -> tuple[str, bool]:
        text, empty = self.atom(flags)
        match = _REPEAT.match(self.pattern, self.at)
        if match is None:
            return text, empty
        self.at = match.end()
        lazy = self.take("?") != flags.U
        empty = empty or match[0] in "*?" or match[1] == "0"
        return text + match[0] + "?" * lazy, empty

    def atom(self, flags: _Flags) -> tuple[str, bool]:
        char = self.pattern[self.at]
        match char:
            case "(":
                return self.group(flags)
            case "[":
                return self.bracket(flags), False
            case "\\":
                return self.escape(flags)
        self.at += 1
        match char:
            case ".":
                return f"[^{NOT_UTF8}]" if flags.s else f"[^\\n{NOT_UTF8}]", False
            case "^":
                return ("(?m:^)" if flags.m else "^"), True
            case "$":
                return ("(?m:$)" if flags.m else "\\Z"), True
        return character(ord(char), flags), False

    def group(self, flags: _Flags) -> tuple[str, bool]:
        self.at += 1
        opening = "("
        match = re.compile(r"\?([imsU]*)(-[imsU]+)?:").match(self.pattern, self.at)
        named = re.compile(r"\?P?<(\w+)>").match(self.pattern, self.at)
        if match is not None:
            self.at, opening = match.end(), "(?:"
            flags = _with_flags(flags, match[1], match[2])
        elif named is not None:
            self.at = named.end()
        elif self.peek("?"):
            raise NotPorted(f"unknown group in {self.pattern!r}")
        self.groups += opening == "("
        text, empty = self.alternation(flags)
        if not self.take(")"):
            raise NotPorted(f"missing ) in {self.pattern!r}")
        return f"{opening}{text})", empty

    def escape(self, flags: _Flags) -> tuple[str, bool]:
        """A backslash outside of brackets."""
        name = self.pattern[self.at + 1 : self.at + 2]
        if name in "Azb":
            self.at += 2
            return {"A": "\\A", "z": "\\Z", "b": "\\b"}[name], True
        if name in "dw" and not flags.i:
            self.at += 2
            return f"\\{name}", False
        if self.take("\\Q"):
            stop = self.pattern.find("\\E", self.at)
            quoted = self.pattern[self.at : stop if stop >= 0 else None]
            self.at = len(self.pattern) if stop < 0 else stop + 2
            return "".join(character(ord(c), flags) for c in quoted), not quoted
        ranges = self.class_escape()
        if ranges is not None:
            return bracket_text(ranges[0], ranges[1], flags), False
        return character(self.char_escape(), flags), False

    def class_escape(self) -> tuple[Ranges, bool] | None:
        """``\\d``, ``\\S``, ``\\pL``, ``\\P{Greek}``: (ranges, negated)."""
        name = self.pattern[self.at + 1 : self.at + 2]
        if name and name.lower() in ESCAPED:
            self.at += 2
            return ESCAPED[name.lower()], name.isupper()
        match = re.compile(r"\\([pP])(\w|\{(\^?)(\w+)\})").match(self.pattern, self.at)
        if match is None:
            return None
        self.at = match.end()
        negated = (match[1] == "P") != bool(match[3])
        return unicode_class(match[4] or match[2]), negated

    def char_escape(self) -> int:
        """``\\n``, ``\\x41``, ``\\x{1F600}``, ``\\101``, ``\\.``: the code point."""
        rest = re.compile(
            r"\\(?:x\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|([1-7][0-7]{1,2}|0[0-7]{0,2})"
            r"|([aftnrv])|([^\w\s]|_))"
        ).match(self.pattern, self.at)
        if rest is None:
            raise NotPorted(f"unknown escape {self.pattern[self.at :][:2]!r}")
        self.at = rest.end()
        if rest[1] or rest[2]:
            return int(rest[1] or rest[2], 16)
        if rest[3]:
            return int(rest[3], 8)
        return _CONTROL[rest[4]] if rest[4] else ord(rest[5])

    def bracket(self, flags: _Flags) -> str:
        """``[...]``"""
        self.at += 1
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self.peek("]"):
            if self.at >= len(self.pattern):
                raise NotPorted(f"missing ] in {self.pattern!r}")
            first = False
            ranges += self.bracket_item()
        self.at += 1
        return bracket_text(tuple(ranges), negated, flags)

    def bracket_item(self) -> Ranges:
        match = re.compile(r"\[:(\^?)(\w+):\]").match(self.pattern, self.at)
        if match is not None and match[2] in POSIX:
            self.at = match.end()
            ranges = POSIX[match[2]]
            return complement(ranges) if match[1] else ranges
        if self.peek("\\"):
            found = self.class_escape()
            if found is not None:
                return complement(found[0]) if found[1] else found[0]
        low = high = self.bracket_char()
        if self.peek("-") and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
            self.at += 1
            high = self.bracket_char()
        return ((low, high),)

    def bracket_char(self) -> int:
        if self.peek("\\"):
            return self.char_escape()
        self.at += 1
        return ord(self.pattern[self.at - 1])


def _with_flags(flags: _Flags, on: str, off: str | None) -> _Flags:
    named = dict.fromkeys(on, True) | dict.fromkeys((off or "-")[1:], False)
    return replace(flags, **named)


def bracket_text(ranges: Ranges, negated: bool, flags: _Flags) -> str:
    """``ranges`` between brackets."""
    inside = ""
    for low, high in folded(ranges) if flags.i else ranges:
        inside += bracket_literal(low, inside[-1:])
        if high > low:
            inside += "-" * (high > low + 1) + bracket_literal(high, "")
    return f"[^{inside}{NOT_UTF8}]" if negated else f"[{inside}]"


def character(code: int, flags: _Flags) -> str:
    """A character outside of brackets."""
    if flags.i and folded(((code, code),)) != ((code, code),):
        return bracket_text(((code, code),), False, flags)
    return "\\" + chr(code) if chr(code) in r".^$*+?{}[]\|()" else _plain(code)


def bracket_literal(code: int, before: str) -> str:
    """A character between brackets; Python reserves doubled ``&``, ``~`` and ``|``."""
    char = chr(code)
    reserved = char in "[]\\^-" or (char in "&~|" and char == before)
    return "\\" + char if reserved else _plain(code)


def _plain(code: int) -> str:
    char = chr(code)
    named = {v: k for k, v in _CONTROL.items()}
    if code in named:
        return f"\\{named[code]}"
    if char.isprintable() and not 0xD800 <= code < 0xE000:
        return char
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
