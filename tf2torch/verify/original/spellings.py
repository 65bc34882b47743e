"""Texts that the decoders of a graph take: nobody guesses a JPEG from random words.

What a decoder reads is told by its op, its attributes and its constant operands: the
features of a tf.Example, the columns of a row, the dtype of raw bytes. A pool is a
list of texts that one decoder takes, all of the same size where sizes may matter.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np

Pool = tuple[bytes, ...]
Node = Any  # a NodeDef: protos have no static types

TEXTS = 12  # in one pool
MOST_POOLS = 80
SIDES = (32, 28, 64, 96, 128, 224, 256, 299)  # of images, in pixels
LENGTHS = (1, 4, 8, 16, 64, 128, 784, 1024, 3072, 16000)  # elements of raw values
RATE = 16000  # samples of sound per second
SECONDS = (0.1, 1.0, 0.032)
HIGHEST = (7, 1)  # of integers in examples and rows, which may be ids
OPEN_COUNT = 3  # elements along an open size of a feature
SEPARATORS = (b",", b" ", b";", b"|")
FIELDS = (4, 8, 16)


@dataclass(frozen=True)
class Feature:
    """``count`` is None where an example may have any number of values, or none."""

    key: bytes
    dtype: str
    count: int | None


@dataclass(frozen=True)
class Body:
    """The nodes of a graph or function by name, and what all bodies together have."""

    nodes: Mapping[str, Node]
    ops: frozenset[str]
    sizes: tuple[int, ...]
    words: Sequence[bytes]

    def constant(self, name: str) -> np.ndarray | None:
        """The value of the constant behind ``name``, an input of a node."""
        import tensorflow as tf

        node = self.nodes.get(name.split(":")[0])
        while node is not None and node.op == "Identity":
            node = self.nodes.get(node.input[0].split(":")[0])
        if node is None or node.op != "Const":
            return None
        return np.asarray(tf.make_ndarray(node.attr["value"].tensor))


def spellings(graph: Any, words: Sequence[bytes]) -> list[Pool]:
    """Pools for the string inputs of a GraphDef, likely ones first. ``words``: of the
    model's vocabularies."""
    return list(islice(dict.fromkeys(_all(graph, words)), MOST_POOLS))


def _all(graph: Any, words: Sequence[bytes]) -> Iterator[Pool]:
    bodies = [graph.node, *(f.node_def for f in graph.library.function)]
    ops = frozenset(node.op for body in bodies for node in body)
    sizes = tuple(dict.fromkeys(s for body in bodies for s in _sizes(body)))
    wrapped = "DecodeBase64" in ops
    for nodes in bodies:
        body = Body({n.name: n for n in nodes}, ops, sizes, words or (b"a", b"b"))
        for node in nodes:
            for pool in SPELLERS.get(node.op, _nothing)(node, body):
                if wrapped:
                    yield tuple(base64.urlsafe_b64encode(t) for t in pool)
                yield pool


def _sizes(nodes: Sequence[Node]) -> Iterator[int]:
    """Numbers of elements that small constant shapes speak of."""
    import tensorflow as tf

    for node in nodes:
        if node.op != "Const" or node.attr["dtype"].type != tf.int32.as_datatype_enum:
            continue
        shape = node.attr["value"].tensor.tensor_shape
        if len(shape.dim) == 1 and 1 <= shape.dim[0].size <= 4:
            values = tf.make_ndarray(node.attr["value"].tensor)
            yield int(np.prod([abs(int(v)) for v in values if v]))


def _nothing(node: Node, body: Body) -> Iterator[Pool]:
    return iter(())


def _generator(*key: int) -> np.random.Generator:
    return np.random.default_rng([*key])


# --- images and sound ------------------------------------------------------------


def _images(node: Node, body: Body) -> Iterator[Pool]:
    channels = int(node.attr["channels"].i) or 3
    encode = _jpeg if "Jpeg" in node.op else _png
    for side in SIDES:
        yield tuple(encode(_pixels(side, channels, i)) for i in range(TEXTS))


def _pixels(side: int, channels: int, seed: int) -> np.ndarray:
    """Patches of colour: [side, side, channels], uint8."""
    coarse = _generator(side, seed).integers(0, 256, (8, 8, channels), np.uint8)
    cells = np.arange(side) * 8 // side
    return coarse[cells][:, cells]


def _jpeg(pixels: np.ndarray) -> bytes:
    import tensorflow as tf

    if pixels.shape[-1] not in (1, 3):
        return _png(pixels)
    return bytes(tf.io.encode_jpeg(pixels, quality=90).numpy())


def _png(pixels: np.ndarray) -> bytes:
    import tensorflow as tf

    return bytes(tf.io.encode_png(pixels).numpy())


def _sound(node: Node, body: Body) -> Iterator[Pool]:
    import tensorflow as tf

    channels = max(1, int(node.attr["desired_channels"].i))
    for seconds in SECONDS:
        shape = int(seconds * RATE), channels
        waves = [_generator(i).uniform(-0.5, 0.5, shape) for i in range(TEXTS)]
        texts = (tf.audio.encode_wav(w.astype(np.float32), RATE) for w in waves)
        yield tuple(bytes(text.numpy()) for text in texts)


# --- numbers and rows ------------------------------------------------------------


def _raw(node: Node, body: Body) -> Iterator[Pool]:
    dtype = _dtype(node.attr["out_type"].type)
    if dtype == "string":
        return
    for length in dict.fromkeys((*body.sizes, *LENGTHS)):
        yield tuple(_plain(dtype, length, i) for i in range(TEXTS))


def _plain(dtype: str, length: int, seed: int) -> bytes:
    generator = _generator(length, seed)
    if dtype.startswith(("int", "uint", "bool")):
        high = 2 if dtype == "bool" else 100
        return generator.integers(0, high, length).astype(dtype).tobytes()
    return generator.standard_normal(length).astype(dtype).tobytes()


def _numbers(node: Node, body: Body) -> Iterator[Pool]:
    """Alone, or several in a text that is split first."""
    dtype = _dtype(node.attr["out_type"].type)

    def number(generator: np.random.Generator) -> bytes:
        return _written(dtype, generator, HIGHEST[0])

    yield tuple(number(_generator(i)) for i in range(TEXTS))
    if not any("StringSplit" in op for op in body.ops):
        return
    for separator, count in product(SEPARATORS, FIELDS):
        rows = [[_generator(i, j) for j in range(count)] for i in range(TEXTS)]
        yield tuple(separator.join(map(number, row)) for row in rows)


def _written(dtype: str, generator: np.random.Generator, high: int) -> bytes:
    if dtype.startswith("int"):
        return b"%d" % generator.integers(0, high, endpoint=True)
    return b"%.4f" % generator.standard_normal()


def _rows(node: Node, body: Body) -> Iterator[Pool]:
    dtypes = [_dtype(t) for t in node.attr["OUT_TYPE"].list.type]
    chosen = list(node.attr["select_cols"].list.i) or list(range(len(dtypes)))
    columns = dict(zip(chosen, dtypes, strict=True))
    separator = node.attr["field_delim"].s or b","
    for high in HIGHEST:
        yield tuple(
            separator.join(
                _cell(columns.get(c), _generator(i, c), body, high)
                for c in range(max(chosen) + 1)
            )
            for i in range(TEXTS)
        )


def _cell(
    dtype: str | None, generator: np.random.Generator, body: Body, high: int
) -> bytes:
    if dtype in (None, "string"):
        word = body.words[int(generator.integers(len(body.words)))]
        return bytes(c for c in word if c not in b',;|"\t\r\n')
    return _written(str(dtype), generator, high)


# --- examples --------------------------------------------------------------------


def _examples(node: Node, body: Body) -> Iterator[Pool]:
    features = _features(node, body)
    if features is None:
        return
    texts: list[Sequence[bytes]] = [body.words]
    for inner in body.nodes.values():
        if inner.op in IMAGES:
            texts += list(islice(_images(inner, body), 2))
    for words, high in product(texts, HIGHEST):
        yield tuple(_example(features, words, high, i) for i in range(TEXTS))


def _features(node: Node, body: Body) -> list[Feature] | None:
    """Of a ParseExample; None where its keys are not in sight."""
    keys = _KEYS[node.op](node, body)
    if keys is None:
        return None
    sparse, dense, ragged = keys
    attrs = node.attr
    found = [
        Feature(key, _dtype(type), None)
        for key, type in zip(sparse, attrs["sparse_types"].list.type, strict=True)
    ]
    types = attrs["ragged_value_types"].list.type
    found += [
        Feature(key, _dtype(t), None) for key, t in zip(ragged, types, strict=True)
    ]
    shapes = attrs["dense_shapes"].list.shape
    for key, type, shape in zip(dense, attrs["Tdense"].list.type, shapes, strict=True):
        sizes = [d.size if d.size >= 0 else OPEN_COUNT for d in shape.dim]
        found.append(Feature(key, _dtype(type), int(np.prod(sizes, dtype=int))))
    return found


_Keys = tuple[list[bytes], list[bytes], list[bytes]]


def _keys_of_vectors(node: Node, body: Body) -> _Keys | None:
    vectors = [body.constant(name) for name in node.input[2:5]]
    if any(v is None for v in vectors):
        return None
    sparse, dense, ragged = (
        [bytes(k) for k in v.flat] for v in vectors if v is not None
    )
    return sparse, dense, ragged


def _keys_of_scalars(node: Node, body: Body) -> _Keys | None:
    count = int(node.attr["Nsparse"].i), int(node.attr["Ndense"].i)
    keys = [body.constant(name) for name in node.input[2 : 2 + sum(count)]]
    if any(k is None for k in keys):
        return None
    named = [bytes(k.item()) for k in keys if k is not None]
    return named[: count[0]], named[count[0] :], []


def _keys_of_attrs(node: Node, body: Body) -> _Keys:
    attrs = node.attr
    return list(attrs["sparse_keys"].list.s), list(attrs["dense_keys"].list.s), []


_KEYS: dict[str, Callable[[Node, Body], _Keys | None]] = {
    "ParseExample": _keys_of_scalars,
    "ParseExampleV2": _keys_of_vectors,
    "ParseSingleExample": _keys_of_attrs,
}


def _example(
    features: Sequence[Feature], words: Sequence[bytes], high: int, seed: int
) -> bytes:
    import tensorflow as tf

    made = tf.train.Example()
    generator = _generator(high, seed)
    for feature in features:
        count = feature.count
        if count is None:
            count = int(generator.integers(OPEN_COUNT))
        values = made.features.feature[feature.key.decode()]
        if feature.dtype == "string":
            chosen = generator.integers(len(words), size=count)
            values.bytes_list.value.extend(words[i] for i in chosen)
        elif feature.dtype == "int64":
            ids = generator.integers(0, high, count, endpoint=True)
            values.int64_list.value.extend(ids.tolist())
        else:
            values.float_list.value.extend(generator.standard_normal(count).tolist())
    return bytes(made.SerializeToString(deterministic=True))


def _dtype(number: int) -> str:
    import tensorflow as tf

    return str(tf.as_dtype(number).name)


IMAGES = frozenset({"DecodeJpeg", "DecodePng", "DecodeImage", "DecodeBmp", "DecodeGif"})
SPELLERS: dict[str, Callable[[Node, Body], Iterator[Pool]]] = {
    **dict.fromkeys((*IMAGES, "DecodeAndCropJpeg"), _images),
    **dict.fromkeys(_KEYS, _examples),
    **dict.fromkeys(("DecodeRaw", "DecodePaddedRaw"), _raw),
    "DecodeWav": _sound,
    "DecodeCSV": _rows,
    "StringToNumber": _numbers,
}
