"""Texts reach what a vocabulary, a hash and a splitter tell apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tf2torch.verify.texts import (
    EDGE_LENGTHS,
    FOREIGN,
    OUT_OF_VOCABULARY,
    as_texts,
    long_texts,
    replaced,
    word_texts,
    words_beside,
)

WORDS = (b"red", b"wool", b"hat")


def test_every_length_where_a_hash_branches() -> None:
    drawn = long_texts((40,), np.random.default_rng(0))
    assert {*map(len, drawn)} >= {*EDGE_LENGTHS}
    assert len({*drawn}) > 30 and drawn.dtype == object


def test_words_in_all_their_forms() -> None:
    drawn = word_texts((200, 2), np.random.default_rng(0), WORDS).ravel().tolist()
    assert {*drawn} >= {*WORDS, b"", b" "}
    whole = b" ".join(drawn)
    for part in (b"RED", b"Red", b"(red)", b"red's", b"\t", b"never-seen", *FOREIGN):
        assert part in whole, part
    assert max(len(text.split()) for text in drawn) > 6
    assert all(text.decode() is not None for text in drawn)


def test_without_a_vocabulary_words_are_made_up() -> None:
    drawn = word_texts((60,), np.random.default_rng(0), ())
    assert {*drawn} & {*OUT_OF_VOCABULARY}


def test_all_inputs_have_other_texts_and_then_each_alone() -> None:
    arrays = {"a": as_texts(np.array(["x"])), "b": as_texts(np.array([b"y"]))}
    arrays |= {"n": np.ones(1)}
    found = [
        (a["a"][0], a["b"][0], float(a["n"][0]))
        for a in replaced(arrays, lambda shape: np.full(shape, b"new", object))
    ]
    assert found == [(b"new", b"new", 1.0), (b"new", b"y", 1.0), (b"x", b"new", 1.0)]
    assert not list(replaced({"n": np.ones(1)}, lambda shape: np.zeros(shape)))


def test_texts_of_any_dtype_are_bytes() -> None:
    for value in (np.array([["\u00e9"]]), np.array([["\u00e9".encode()]], object)):
        assert as_texts(value).tolist() == [["\u00e9".encode()]]
    assert as_texts(np.array([b"ab", b""])).tolist() == [b"ab", b""]
    assert as_texts(np.zeros((0,), "S3")).shape == (0,)


def test_the_words_beside_a_port(tmp_path: Path) -> None:
    folder = tmp_path / "vocabularies"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"red\nwool\n")
    (folder / "b.json").write_text('{"keys": ["hat", 3], "values": [0, 1]}')
    (folder / "c.json").write_text("no json")
    assert words_beside(tmp_path) == (b"red", b"wool", b"hat")
    assert words_beside(folder) == ()
