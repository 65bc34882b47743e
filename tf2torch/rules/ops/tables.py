"""Lookup tables: modules of the port, whose content is a file beside model.py.

A vocabulary (consecutive ids) is a text file of one string per line; any other
content a JSON file of keys and values.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numpy as np

from tf2torch.ir.build import array_of, call, cast, const, python_number
from tf2torch.ir.nodes import Arg, DType, Module, Node, Table, TableInfo
from tf2torch.ir.types import INTS, TensorType
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.text import as_bytes

rules = RuleSet("tables", host=True)
Types = tuple[TensorType, ...]
Config = tuple[tuple[str, Arg], ...]
FOLDER = "vocabularies"


@dataclass(frozen=True)
class Content:
    """What a table holds; ``first`` is set when the values are first, first + 1, …"""

    keys: np.ndarray
    values: np.ndarray
    first: int | None


@rules.rule("LookupTableFindV2", "LookupTableFind")
def lookup_table_find(
    table: Node, keys: Node, default: Node, *, out: Types
) -> Node | Decline:
    if not isinstance(table, Table):
        return Decline("the table is made while the model runs")
    fallback = array_of(default)
    if fallback is None:
        return Decline("the default value is computed at run time")
    if keys.dtype != "string" and keys.dtype not in INTS:
        return Decline(f"keys of dtype {keys.dtype}")
    if keys.dtype == "string":
        return _find_string(table.info, keys, fallback, out[0])
    return _find_integer(table.info, keys, fallback, out[0])


def _find_string(
    info: TableInfo, keys: Node, default: np.ndarray, out: TensorType
) -> Node:
    content = read_content(info, default.shape)
    if content.first is not None and _fits_lines(content.keys):
        numbered = _config(default, content.first)
        type = out.with_dtype("int64")
        lines = content.keys[np.argsort(content.values)]
        found = _module(info, "VocabularyTable", keys, numbered, type, lines, None)
        return cast(found, out.dtype)
    config: Config = (("default", _literal(default)),)
    if out.dtype != "string":
        config = (*config, ("dtype", DType(out.dtype)))
    return _module(info, "StringTable", keys, config, out, content.keys, content.values)


def _find_integer(
    info: TableInfo, keys: Node, default: np.ndarray, out: TensorType
) -> Node:
    content = read_content(info, default.shape)
    if not content.keys.size and default.ndim == 0 and out.dtype != "string":
        value = python_number(default)
        return call("torch.full_like", keys, value, dtype=DType(out.dtype), type=out)
    config: Config = (("default", _literal(default)),)
    if out.dtype != "string":
        config = (*config, ("dtype", DType(out.dtype)))
        return _module(
            info, "NumberTable", keys, config, out, content.keys, content.values
        )
    first = _first(content.keys)
    if first is not None and _fits_lines(content.values):
        lines = content.values[np.argsort(content.keys)]
        numbered = _config(default, first)
        return _module(info, "VocabularyStrings", keys, numbered, out, lines, None)
    config = config[:1]
    return _module(
        info, "IntegerStrings", keys, config, out, content.keys, content.values
    )


def _config(default: np.ndarray, first: int) -> Config:
    config: Config = (("default", _literal(default)),)
    return (*config, ("first", first)) if first else config


def _module(
    info: TableInfo,
    cls: str,
    keys: Node,
    config: Config,
    type: TensorType,
    first: np.ndarray,
    second: np.ndarray | None,
) -> Module:
    """``second`` None: a text file of ``first``; else JSON of both columns."""
    path = f"{FOLDER}/{_slug(info.name)}.{'txt' if second is None else 'json'}"

    def write() -> bytes:
        return _lines(first) if second is None else _json(first, second)

    return Module(
        f"helper.{cls}",
        (keys,),
        (("file", path), *config),
        key=(info, cls, config),
        name=_slug(info.name),
        files=((path, write),),
        types=(type,),
    )


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "table"


def read_content(info: TableInfo, each: tuple[int, ...] | None = None) -> Content:
    """The content; ``each`` is the shape of one value (a dense table stores more)."""
    keys, values = info.load()
    keys = keys.reshape(-1)
    if each is not None:
        values = values.reshape(keys.size, *each)
    return Content(keys, values, _first(values))


def _first(values: np.ndarray) -> int | None:
    """The smallest of ``values`` if they are consecutive integers, in any order."""
    if values.ndim != 1 or values.dtype.kind not in "iu":
        return None
    if not values.size:
        return 0
    ordered = np.sort(values.astype(np.int64))
    whole = bool(np.all(np.diff(ordered) == 1))
    return int(ordered[0]) if whole else None


def _fits_lines(strings: np.ndarray) -> bool:
    return not any(b"\n" in s or b"\r" in s for s in map(as_bytes, strings.ravel()))


def _lines(strings: np.ndarray) -> bytes:
    return b"".join(as_bytes(s) + b"\n" for s in strings.ravel())


def _json(keys: np.ndarray, values: np.ndarray) -> bytes:
    columns = {"keys": _plain(keys), "values": _plain(values)}
    return (json.dumps(columns, indent=0) + "\n").encode()


def _plain(array: np.ndarray) -> object:
    """``array`` for JSON; bytes that are no UTF-8 become lone surrogates."""
    if array.ndim:
        return [_plain(np.asarray(item, array.dtype)) for item in array]
    if array.dtype == object:
        return as_bytes(array.item()).decode("utf-8", "surrogateescape")
    return python_number(array)


def _literal(default: np.ndarray) -> Arg:
    if default.ndim:
        return tuple(_literal(np.asarray(row, default.dtype)) for row in default)
    if default.dtype == object:
        return as_bytes(default.item())
    return python_number(default)


# --- size and content ----------------------------------------------------------------


@rules.rule("LookupTableSizeV2", "LookupTableSize")
def lookup_table_size(table: Node) -> Node | Decline:
    if not isinstance(table, Table):
        return Decline("the table is made while the model runs")
    return const(np.array(read_content(table.info).keys.size, np.int64))


@rules.rule("LookupTableExportV2", "LookupTableExport")
def lookup_table_export(table: Node, *, out: Types) -> tuple[Node, ...] | Decline:
    if not isinstance(table, Table):
        return Decline("the table is made while the model runs")
    content = read_content(table.info)
    return const(content.keys, out[0].dtype), const(content.values, out[1].dtype)
