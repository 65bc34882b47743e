"""Hyper-parameters are constructor arguments, named, with the source's values."""

from __future__ import annotations

from typing import Any

import pytest

import tf2torch

tf = pytest.importorskip("tensorflow")


def source_of(model: Any) -> str:
    return tf2torch.convert(model, verify=False).source


def arguments(source: str, name: str) -> str:
    """The header of the constructor of a class, on one line."""
    body = source.split(f"class {name}(", 1)[1].split("def __init__(", 1)[1]
    return " ".join(body.split("):", 1)[0].split())


def encoder_layer(x: Any, place: int) -> Any:
    import keras

    attention = keras.layers.MultiHeadAttention(4, 6, name=f"attention_{place}")
    normed = keras.layers.LayerNormalization(name=f"norm1_{place}")(x)
    x = x + attention(normed, normed)
    hidden = keras.layers.LayerNormalization(name=f"norm2_{place}")(x)
    hidden = keras.layers.Dense(40, activation="gelu", name=f"fc1_{place}")(hidden)
    return x + keras.layers.Dense(24, name=f"fc2_{place}")(hidden)


def transformer() -> Any:
    import keras

    ids = keras.Input((10,), dtype="int32", name="ids")
    x = keras.layers.Embedding(50, 24, name="embedding_table")(ids)
    for place in range(3):
        x = encoder_layer(x, place)
    x = keras.layers.GlobalAveragePooling1D(name="pool")(x)
    return keras.Model(ids, keras.layers.Dense(7, name="classifier")(x), name="tiny")


def test_a_transformer_takes_its_sizes() -> None:
    source = source_of(transformer())
    header = arguments(source, "Tiny")
    for wanted in ("vocab_size: int = 50", "dim: int = 24", "depth: int = 3"):
        assert wanted in header, source
    for wanted in (
        "num_heads: int = 4",
        "hidden_dim: int = 40",
        "num_classes: int = 7",
    ):
        assert wanted in header, source
    blocks = source.split("class Tiny(")[0]
    assert not any(f"({n}" in blocks or f"{n})" in blocks for n in (24, 40)), source
    assert "unflatten(-1, (self.num_heads, -1))" in source


def test_both_directions_are_twice_the_size() -> None:
    import keras

    ids = keras.Input((None,), dtype="int32", name="ids")
    x = keras.layers.Embedding(50, 12, name="embedding_table")(ids)
    x = keras.layers.Bidirectional(keras.layers.LSTM(9), name="recurrent")(x)
    model = keras.Model(ids, keras.layers.Dense(5, name="logits")(x), name="reader")
    source = source_of(model)
    assert arguments(source, "Reader") == (
        "self, vocab_size: int = 50, embedding_dim: int = 12, hidden_size: int = 9, "
        "num_classes: int = 5,"
    )
    assert "nn.Linear(2 * hidden_size, num_classes)" in source


def test_one_score_is_no_class() -> None:
    import keras

    x = keras.Input((6,), name="x")
    score = keras.layers.Dense(1, activation="sigmoid", name="score")(x)
    assert "num_classes" not in source_of(keras.Model(x, score, name="rank"))


def test_a_rate_is_called_like_the_layer_that_has_it() -> None:
    import keras

    x = keras.Input((8,), name="x")
    y = x
    for place in range(3):
        hidden = keras.layers.LayerNormalization(name=f"block_{place}_norm")(y)
        hidden = keras.layers.Dense(24, "gelu", name=f"block_{place}_fc1")(hidden)
        hidden = keras.layers.Dropout(0.25, name=f"block_{place}_dropout")(hidden)
        y = y + keras.layers.Dense(8, name=f"block_{place}_fc2")(hidden)
    source = source_of(keras.Model(x, y, name="stack"))
    assert "dropout: float = 0.25" in arguments(source, "Stack"), source
    assert "self.dropout = nn.Dropout(dropout)" in source
    assert "dropout2" not in source


def test_a_layer_may_be_called_mean() -> None:
    import keras

    x = keras.Input((6,), name="x")
    names = ("mean", "spread")
    heads = {n: keras.layers.Dense(3, name=n)(x) for n in names}
    source = source_of(keras.Model(x, heads, name="heads"))
    assert "self.mean = nn.Linear(6, 3)" in source, source


def test_numbers_without_a_word_of_their_own_stay_where_they_are() -> None:
    """A tower over several tables: no argument is called vocab_size2."""
    import keras

    ids = [keras.Input((), dtype="int32", name=n) for n in ("user", "city", "age")]
    towers = []
    for side in ("left", "right"):
        own = [keras.Input((), dtype="int32", name=f"{side}_{x.name}") for x in ids]
        rows = [
            keras.layers.Embedding(20 + 7 * i, 8, name=f"{side}_table{i}")(x)
            for i, x in enumerate(own)
        ]
        joined = keras.layers.Concatenate(name=f"{side}_joined")(rows)
        hidden = keras.layers.Dense(12, name=f"{side}_hidden")(joined)
        towers.append(keras.Model(own, hidden, name=side)(ids))
    score = keras.layers.Dot(1, name="score")(towers)
    source = source_of(keras.Model(ids, score, name="towers"))
    assert "vocab_size2" not in source and "hidden_features2" not in source, source
