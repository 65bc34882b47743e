"""Line up what blocks compute, node by node, so that what is missing shows."""

from __future__ import annotations

from collections.abc import Sequence

from tf2torch.ir.nodes import Const, Module, Node, Param
from tf2torch.transpiler.emit.roles import full_config
from tf2torch.transpiler.emit.signature import Signature, local_key
from tf2torch.transpiler.passes.scope_paths import state_keys

# (what it is, what kind of it, has it state)
Word = tuple[object, object, bool]
Rows = list[list[int | None]]


def row_keys(signature: Signature) -> list[Word]:
    """A word for each node in ``signature.order``: nodes with equal first parts can be
    one line of a class; with equal second parts they probably are."""
    return [
        (local_key(node), _kind(node), bool(state_keys(node)))
        for node in signature.order
    ]


def _kind(node: Node) -> object:
    """Pointwise, depthwise and other convolutions are not mistaken for each other."""
    if isinstance(node, Module) and node.cls.startswith("nn.Conv"):
        config = dict(full_config(node))
        depthwise = config.get("groups") == config.get("in_channels") != 1
        return (config.get("kernel_size") == 1, depthwise)
    if isinstance(node, (Const, Param)):
        return node.shape
    return None


def align(
    rows: Rows, words: list[Word], other: Sequence[Word], place: int, late: bool
) -> tuple[Rows, list[Word]]:
    """Insert block ``place`` with the words ``other`` into ``rows`` (one entry per
    block: its position there, or None). Of equal nodes the first are taken to be the
    common ones, or the last where ``late``."""
    pairs = _common(words, other)
    if late:
        ends = len(words) - 1, len(other) - 1
        back = _common(words[::-1], other[::-1])
        pairs = [(ends[0] - a, ends[1] - b) for a, b in reversed(back)]
    found: Rows = []
    all_words: list[Word] = []
    i = j = 0
    for a, b in [*pairs, (len(words), len(other))]:
        while i < a:
            found.append([*rows[i], None])
            all_words.append(words[i])
            i += 1
        while j < b:
            found.append([*[None] * place, j])
            all_words.append(other[j])
            j += 1
        if a < len(words):
            found.append([*rows[a], b])
            all_words.append(words[a])
            i, j = a + 1, b + 1
    return found, all_words


def _common(left: Sequence[Word], right: Sequence[Word]) -> list[tuple[int, int]]:
    """The heaviest common subsequence, as pairs of positions."""
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            best = max(table[i + 1][j], table[i][j + 1])
            weight = _weight(left[i], right[j])
            if weight:
                best = max(best, weight + table[i + 1][j + 1])
            table[i][j] = best
    pairs = []
    i = j = 0
    while i < len(left) and j < len(right):
        weight = _weight(left[i], right[j])
        if weight and table[i][j] == weight + table[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _weight(left: Word, right: Word) -> int:
    if left[0] != right[0]:
        return 0
    return (3 if left[1] == right[1] else 1) * (4 if left[2] else 1)
