"""Constant strings as arguments of emitted calls."""

from __future__ import annotations

from tf2torch.ir.nodes import Arg, Const, Node, Raw


def text_of(node: Node) -> bytes | None:
    """The value of a constant scalar string (or of a vector of one)."""
    if not isinstance(node, Const) or node.dtype != "string" or node.array.size != 1:
        return None
    return as_bytes(node.array.reshape(()).item())


def as_bytes(value: str | bytes) -> bytes:
    """A string attribute; the front end decodes those that are UTF-8."""
    return value.encode() if isinstance(value, str) else value


def string_arg(node: Node) -> Arg:
    """``node`` as an operand: a literal when it is a constant scalar."""
    value = text_of(node) if node.rank == 0 else None
    return node if value is None else value


def raw_string(text: str) -> Arg:
    """``text`` as a literal, without doubled backslashes where that can be."""
    quote = "'" if '"' in text else '"'
    if "\\" not in text or quote in text or text.endswith("\\"):
        return text
    plain = text.isascii() and text.isprintable()
    return Raw(f"r{quote}{text}{quote}") if plain else text


def pattern_literal(pattern: str) -> Arg:
    """A regular expression, in which an escaped quote is the quote."""
    quoted = pattern.replace('"', '\\"')
    made = Raw(f'r"{quoted}"')
    odd_end = (len(pattern) - len(pattern.rstrip("\\"))) % 2 == 1
    if "\\" not in quoted or '\\\\"' in quoted or odd_end or not quoted.isascii():
        return raw_string(pattern)
    return made if quoted.isprintable() else pattern
