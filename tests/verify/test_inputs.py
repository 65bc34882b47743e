"""Inputs are drawn within what the original accepts, which is found by asking."""

from __future__ import annotations

import numpy as np
import pytest

from tf2torch.verify.given import given
from tf2torch.verify.inputs import Sampler, Unsampled, samples
from tf2torch.verify.provenance import Input
from tf2torch.verify.wire import Arrays

IMAGE = Input("image", "image", "", "float32", ("batch", "height", "width", 3))
IDS = Input("ids", "ids", "", "int32", ("batch", "length"))
FLAG = Input("flag", "flag", "", "bool", ())
TEXT = Input("text", "text", "", "string", ("batch",))


def sampler(*inputs: Input, words: tuple[bytes, ...] = ()) -> Sampler:
    return Sampler(inputs, words, "salt")


def test_index_bounds_are_exact() -> None:
    def accepts(arrays: Arrays) -> bool:
        return bool((arrays["ids"] <= 40).all())

    subject = sampler(IDS)
    ranges = subject.probe(accepts)
    assert ranges.integers == {"ids": (0, 40)}
    drawn = subject.draw(ranges, "normal", 3, 0)["ids"]
    assert drawn.min() == 0 and drawn.max() == 40


def test_an_integer_without_bound_is_a_mask() -> None:
    ranges = sampler(IDS).probe(lambda arrays: True)
    assert ranges.integers == {"ids": (0, 1)}


def test_sizes_grow_until_they_are_accepted() -> None:
    def accepts(arrays: Arrays) -> bool:
        _, height, width, _ = arrays["image"].shape
        return height >= 30 and height % 32 == 0 and width % 32 == 0

    ranges = sampler(IMAGE).probe(accepts)
    assert ranges.sizes["height"] == (32, 64) and ranges.sizes["width"] == (32, 64)
    assert ranges.batch == ("batch",) and ranges.empty_batch


def test_an_odd_second_size_comes_first() -> None:
    ranges = sampler(IMAGE).probe(lambda arrays: True)
    assert ranges.sizes["height"] == (7, 10) and ranges.other_lengths


def test_a_fixed_batch_is_found() -> None:
    ranges = sampler(IDS).probe(lambda arrays: arrays["ids"].shape[0] == 1)
    assert ranges.batch == () and ranges.sizes["batch"] == (1,)


def test_nothing_accepted_asks_for_a_sample() -> None:
    with pytest.raises(Unsampled, match="--sample"):
        sampler(IDS).probe(lambda arrays: False)


def test_the_sets_are_a_function_of_the_seed() -> None:
    subject = sampler(IMAGE, FLAG, TEXT, words=(b"red", b"green"))
    ranges = subject.probe(lambda arrays: True)
    first, again = (samples(subject, ranges, 5, 1) for _ in range(2))
    other = samples(subject, ranges, 6, 1)
    for left, right in zip(first, again, strict=True):
        for name in left.arrays:
            np.testing.assert_array_equal(left.arrays[name], right.arrays[name])
    assert not np.array_equal(first[0].arrays["image"], other[0].arrays["image"])
    assert {s.arrays["image"].shape[0] for s in first} >= {1, 2, 3, 5}
    fresh = [s.name for s in first].index("fresh")
    np.testing.assert_array_equal(
        first[fresh].arrays["image"], other[fresh].arrays["image"]
    )


def test_a_file_must_name_every_input() -> None:
    with pytest.raises(Unsampled, match="ids"):
        given({"other": np.zeros(3)}, (IDS,))
    sample, *_ = given({"ids": np.zeros((2, 3))}, (IDS,)).samples()
    assert sample.arrays["ids"].dtype == np.int32


def test_a_file_is_also_judged_by_its_first_example() -> None:
    arrays = {"ids": np.arange(6).reshape(2, 3), "flag": np.array(True)}
    whole, single, _ = given(arrays, (IDS, FLAG)).samples()
    assert whole.gradients and len(whole.arrays["ids"]) == 2
    assert single.name == "single" and single.arrays["ids"].tolist() == [[0, 1, 2]]
    assert single.arrays["flag"]
    signal = Input("signal", "signal", "", "float32", ("batch",))
    fixed = Input("fixed", "fixed", "", "float32", (2, 3))
    for arrays, spec in (
        ({"signal": np.zeros(9)}, signal),
        ({"fixed": np.zeros((2, 3))}, fixed),
        ({"ids": np.zeros((1, 3))}, IDS),
    ):
        assert [s.name for s in given(arrays, (spec,)).samples()] == ["sample", "fresh"]


def test_gradients_of_a_large_file_are_those_of_its_first_rows() -> None:
    spec = Input("signal", "signal", "", "float32", ("batch", 100))
    arrays = {"signal": np.arange(3000.0).reshape(30, 100)}
    first, whole, *rest = given(arrays, (spec,)).samples(few=420)
    assert [s.gradients for s in (first, whole, *rest)] == [True, *[False] * 3]
    np.testing.assert_array_equal(first.arrays["signal"], arrays["signal"][:4])
    np.testing.assert_array_equal(whole.arrays["signal"], arrays["signal"])
    assert [len(s.arrays["signal"]) for s in rest] == [1, 5]
    least, *_ = given(arrays, (spec,)).samples(few=1)
    assert len(least.arrays["signal"]) == 2
    assert len(given(arrays, (spec,)).samples(few=None)) == 3


def test_a_file_is_also_judged_by_rows_that_nobody_can_have_known() -> None:
    """Another number of examples, in another order, their floats slightly changed."""
    spec = Input("signal", "signal", "", "float32", ("batch", 2))
    arrays = {"ids": np.arange(18).reshape(6, 3), "signal": np.ones((6, 2))}
    *_, fresh = given(arrays, (IDS, spec)).samples(7)
    *_, again = given(arrays, (IDS, spec)).samples(7)
    *_, other = given(arrays, (IDS, spec)).samples(8)
    assert fresh.arrays["ids"].shape == (4, 3)
    rows = fresh.arrays["ids"][:, 0] // 3
    assert len(set(rows.tolist())) == 4
    np.testing.assert_array_equal(again.arrays["signal"], fresh.arrays["signal"])
    assert not np.array_equal(other.arrays["signal"], fresh.arrays["signal"])
    off = np.abs(fresh.arrays["signal"] - 1.0)
    assert 0.0 < off.max() < 0.05


def test_a_file_is_also_judged_at_other_lengths_that_fit_together() -> None:
    mask = Input("mask", "mask", "", "float32", ("batch", "length", "length"))
    ids = Input("ids", "ids", "", "int32", ("batch", "length"))
    arrays = {"ids": np.zeros((4, 8)), "mask": np.zeros((4, 8, 8))}
    *_, shorter = given(arrays, (ids, mask)).samples()
    assert shorter.name == "other lengths"
    assert shorter.arrays["ids"].shape == (3, 6)
    assert shorter.arrays["mask"].shape == (3, 6, 6)


def test_texts_where_no_word_will_do() -> None:
    """For all string inputs, or for the one that a decoder reads."""
    pools = [(b"png",), (b"jpeg", b"jpg")]
    other = Input("other", "other", "", "string", ("batch",))
    subject = sampler(TEXT, other, words=(b"word",))

    def accepts(arrays: Arrays) -> bool:
        text, plain = {*arrays["text"]}, {*arrays["other"]}
        return text <= {*pools[1]} and not plain & {*pools[1]}

    ranges = subject.probe(accepts, lambda: pools)
    assert ranges.texts == {"text": pools[1]}
    assert accepts(subject.draw(ranges, "normal", 5, 1))


def test_a_word_that_is_well_spelled_by_chance_is_not_enough() -> None:
    def accepts(arrays: Arrays) -> bool:
        return all(len(text) % 4 == 0 for text in arrays["text"])

    words = (b"four", b"seven", b"twelve", b"eighteen", b"")
    ranges = sampler(TEXT, words=words).probe(accepts, lambda: [(b"1234", b"5678")])
    assert ranges.texts == {"text": (b"1234", b"5678")}


def test_other_numbers_of_the_users_rows_where_tensorflow_takes_them() -> None:
    text = np.array([b"x", b"y", b"z"])
    own = given({"ids": np.arange(9).reshape(3, 3), "text": text}, (IDS, TEXT))
    assert own.rows == 3 and own.arrays["text"].dtype == object
    assert own.ranges(lambda a: True).batch == ("batch",)
    assert own.ranges(lambda a: True).empty_batch
    assert not own.ranges(lambda a: len(a["ids"]) > 0).empty_batch
    assert own.ranges(lambda a: len(a["ids"]) == 3).batch == ()
    drawn = own.redraw(16, 5)
    assert drawn["ids"].shape == (16, 3) and drawn["text"].shape == (16,)
    rows = drawn["ids"][:, 0] // 3
    assert [b"xyz"[row] for row in rows] == [text[0] for text in drawn["text"]]
    assert {*rows} == {0, 1, 2}
    one = given({"ids": np.zeros((1, 3)), "text": text[:1]}, (IDS, TEXT))
    assert one.ranges(lambda a: True).batch == ()  # nothing to draw from
