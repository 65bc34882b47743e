"""Lookup tables and their content: literals, vocabulary files, checkpoints.

The content is found by building the table's initialiser as a graph and reading the
operands of its import op; no initialiser is run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.ir.graph import topological
from tf2torch.ir.nodes import Const, Input, Node, Op, Table, TableInfo
from tf2torch.ir.types import TensorType

Content: TypeAlias = tuple[np.ndarray, np.ndarray]
Loader: TypeAlias = Callable[[], Content]

IMPORTS = frozenset(
    "LookupTableImport LookupTableImportV2 InitializeTable InitializeTableV2 "
    "LookupTableInsert LookupTableInsertV2".split()
)
FROM_FILE = frozenset({"InitializeTableFromTextFile", "InitializeTableFromTextFileV2"})
INITIALISERS = IMPORTS | FROM_FILE
# Pure ops that keys and values are made with when a table is built from Python data.
FOLDABLE = frozenset("Identity Cast Range AddV2 Add Sub Mul".split())
WHOLE_LINE, LINE_NUMBER = -2, -1


@dataclass(frozen=True)
class TextFile:
    """How a table reads a text file (``InitializeTableFromTextFileV2``).

    ``key`` and ``value`` are columns, or -2 for the whole line, -1 for its number.
    ``offset`` is added to line numbers.
    """

    path: Path
    key: int
    value: int
    key_dtype: str
    value_dtype: str
    size: int = -1
    delimiter: str = "\t"
    offset: int = 0

    def load(self) -> Content:
        lines = self.path.read_bytes().replace(b"\r", b"").split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        if self.size >= 0:
            lines = lines[: self.size]
        return (
            self._column(lines, self.key, self.key_dtype),
            self._column(lines, self.value, self.value_dtype),
        )

    def _column(self, lines: list[bytes], index: int, dtype: str) -> np.ndarray:
        if index == LINE_NUMBER:
            return np.arange(len(lines), dtype=np.int64) + self.offset
        cells = lines
        if index != WHOLE_LINE:
            split = [line.split(self.delimiter.encode()) for line in lines]
            if any(len(cells) <= index for cells in split):
                raise SourceError(f"vocabulary {self.path} has no column {index}")
            cells = [row[index] for row in split]
        if dtype == "string":
            return np.array(cells, object)
        return np.array(
            [float(c) if "float" in dtype else int(c) for c in cells], dtype
        )


def table_node(name: str, key: str, value: str, load: Loader) -> Table:
    info = TableInfo(name=name, key_dtype=key, value_dtype=value, load=load)
    return Table(info=info, types=(TensorType("resource", ()),))


def loader(
    init: Op, name: str, key_dtype: str, value_dtype: str, folder: Path
) -> Loader:
    """The content that ``init`` gives its table; files are read from ``folder``."""
    if init.op in FROM_FILE:
        text = fold(init.inputs[1], name).item()
        return TextFile(
            vocabulary_file(text, name, folder),
            _int(init, "key_index"),
            _int(init, "value_index"),
            key_dtype,
            value_dtype,
            _int(init, "vocab_size"),
            str(init.attrs.get("delimiter", "\t")),
            _int(init, "offset"),
        ).load
    keys, values = init.inputs[1], init.inputs[2]
    return lambda: (fold(keys, name), fold(values, name))


def vocabulary_file(text: bytes, table: str, folder: Path) -> Path:
    """The file that a graph names, only ever inside the model's ``folder``.

    A graph names the path on the machine that trained it; the file has moved with the
    model. No other file may be read: a stranger's graph would choose which.
    """
    named, home = Path(text.decode("utf-8", "replace")), folder.resolve()
    for path in (named, home / named.name, home / "assets" / named.name):
        try:
            found = path.resolve()
            if found.is_relative_to(home) and found.is_file():
                return found
        except (OSError, ValueError):
            continue
    raise SourceError(
        f"table '{table}' reads vocabulary {named}, which is not with the model: copy "
        f"the file to {folder}"
    )


def _int(init: Op, attr: str) -> int:
    value = init.attrs.get(attr, 0)
    assert isinstance(value, int)
    return value


def fold(node: Node, table: str) -> np.ndarray:
    """The value of constant operands of a table's initialiser."""
    known: dict[Node, np.ndarray] = {}
    for current in topological([node]):
        if isinstance(current, Const):
            known[current] = current.array
        elif isinstance(current, Op) and current.op in FOLDABLE:
            known[current] = _run(current, [known[n] for n in current.inputs])
        else:
            label = current.op if isinstance(current, Op) else type(current).__name__
            raise SourceError(
                f"table '{table}' gets its content from {label}, which is known only "
                "when the model runs: save the model with a constant vocabulary"
            )
    return known[node]


def _run(op: Op, operands: list[np.ndarray]) -> np.ndarray:
    """One op of :data:`FOLDABLE`, run by TensorFlow."""
    import tensorflow as tf
    from tensorflow.python.eager import context, execute

    attrs: list[object] = []
    for name, value in op.attrs.items():
        dtype = isinstance(value, str) and name in {
            "T",
            "DstT",
            "SrcT",
            "Tidx",
            "out_type",
        }
        attrs += [name, tf.as_dtype(value).as_datatype_enum if dtype else value]
    tensors = [tf.constant(value) for value in operands]
    ctx = context.context()
    ctx.ensure_initialized()
    results = execute.quick_execute(op.op, 1, tensors, tuple(attrs), ctx)
    return np.asarray(results[0].numpy())


def placeholder(dtype: str = "resource") -> Input:
    """Stands for the table inside its own initialiser."""
    return Input("table", types=(TensorType(dtype, ()),))
