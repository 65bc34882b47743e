"""Strings as Unicode characters, in the encodings that TensorFlow names."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tf2torch.rules.helpers.strings import each


def characters(
    string: bytes, encoding: str, errors: str, replacement: int, controls: bool
) -> list[tuple[int, int]]:
    """(byte position, code point) of every character of ``string``.

    ``errors`` is ``strict``, ``replace`` or ``ignore``; ``controls`` replaces (or
    ignores) the control characters below 32 too.
    """
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(string):
        try:
            text, bad = string[at:].decode(encoding), 0
        except UnicodeDecodeError as error:
            if errors == "strict":
                raise
            text = string[at : at + error.start].decode(encoding)
            bad = error.end - error.start
        for char in text:
            if not controls or ord(char) >= 32:
                found.append((at, ord(char)))
            elif errors != "ignore":
                found.append((at, replacement))
            at += len(char.encode(encoding))
        if bad and errors == "replace":
            found.append((at, replacement))
        at += bad
    return found


def unicode_decode(
    strings: np.ndarray,
    encoding: str = "utf-8",
    errors: str = "replace",
    replacement: int = 0xFFFD,
    controls: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Row splits, code points and byte positions of all characters."""
    rows = [
        characters(string, encoding, errors, replacement, controls)
        for string in np.asarray(strings, dtype=object).ravel()
    ]
    flat = torch.tensor([pair for row in rows for pair in row], dtype=torch.int64)
    splits = torch.from_numpy(np.cumsum([0, *map(len, rows)]))
    positions, codes = flat.reshape(-1, 2).unbind(1)
    return splits, codes.to(torch.int32), positions.contiguous()


def unicode_encode(
    codes: Tensor,
    splits: Tensor,
    encoding: str = "utf-8",
    errors: str = "replace",
    replacement: int = 0xFFFD,
) -> np.ndarray:
    """One string per row of code points."""
    flat, edges = codes.tolist(), splits.tolist()
    rows = [flat[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    made = (_encoded(row, encoding, errors, replacement) for row in rows)
    return np.fromiter(made, object, len(rows))


def _encoded(codes: list[int], encoding: str, errors: str, replacement: int) -> bytes:
    text = []
    for code in codes:
        valid = 0 <= code < 0xD800 or 0xE000 <= code < 0x110000
        if not valid and errors == "strict":
            raise ValueError(f"{code} is no Unicode character")
        if valid or errors == "replace":
            text.append(chr(code if valid else replacement))
    return "".join(text).encode(encoding)


def unicode_transcode(
    strings: np.ndarray,
    source: str = "utf-8",
    target: str = "utf-8",
    errors: str = "replace",
    replacement: int = 0xFFFD,
    controls: bool = False,
) -> np.ndarray:
    """From one encoding to another."""

    def transcode(string: bytes) -> bytes:
        found = characters(string, source, errors, replacement, controls)
        return "".join(chr(code) for _, code in found).encode(target)

    return each(transcode, strings)


class UnicodeScripts(nn.Module):
    """Code point → number of its script (ICU's); -1 for what is no character.

    The file lists where each run of characters starts, and the run's script.
    """

    starts: Tensor
    scripts: Tensor

    def __init__(self, file: str):
        super().__init__()
        table = json.loads((Path(__file__).parent / file).read_text())
        starts = torch.tensor(table["starts"], dtype=torch.int32)
        scripts = torch.tensor(table["scripts"], dtype=torch.int32)
        self.register_buffer("starts", starts, persistent=False)
        self.register_buffer("scripts", scripts, persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        at = torch.searchsorted(self.starts, codes.contiguous(), right=True) - 1
        return self.scripts[at]
