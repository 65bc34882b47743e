"""Task metrics, the data they are taken on, and the width of chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tf2torch.diagnostics import SourceError
from tf2torch.verify.metrics import METRICS, chance
from tf2torch.verify.provenance import Input
from tf2torch.verify.task import load_task

LABELS = np.array([0, 1, 1, 0])


@pytest.mark.parametrize(
    "name, scores, expected",
    [
        ("auc", [0.1, 0.9, 0.8, 0.2], 1.0),
        ("auc", [0.9, 0.1, 0.2, 0.8], 0.0),
        ("auc", [0.5, 0.5, 0.5, 0.5], 0.5),
        ("auc", [0.1, 0.9, 0.2, 0.3], 0.75),
        ("accuracy", [0.1, 0.9, 0.2, 0.3], 0.75),
        ("rmse", [0.0, 1.0, 1.0, 2.0], 1.0),
        ("logloss", [0.5, 0.5, 0.5, 0.5], float(np.log(2))),
        ("ndcg", [0.0, 3.0, 2.0, 1.0], 1.0),
        ("ndcg", [3.0, 2.0, 1.0, 0.0], 0.6934264),
    ],
)
def test_of_one_column(name: str, scores: list[float], expected: float) -> None:
    found = METRICS[name](np.array(scores), LABELS, None)
    assert found == pytest.approx(expected, abs=1e-6)


def test_of_a_column_per_class() -> None:
    scores = np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4], [0.9, 0.1]])
    assert METRICS["auc"](scores, LABELS, None) == 1.0
    assert METRICS["accuracy"](scores, LABELS, None) == 0.75
    truth = np.log([0.7, 0.8, 0.4, 0.9]).mean()
    assert METRICS["logloss"](scores, LABELS, None) == pytest.approx(-truth)


def test_groups_are_ranked_on_their_own() -> None:
    scores, groups = np.array([9.0, 8.0, 1.0, 2.0]), np.array([1, 1, 2, 2])
    labels = np.array([1, 0, 0, 1])
    assert METRICS["ndcg"](scores, labels, groups) == 1.0
    assert METRICS["ndcg"](scores, labels, None) < 1.0


def test_chance_shrinks_with_the_number_of_rows() -> None:
    generator = np.random.default_rng(0)

    def width(count: int) -> float:
        labels = generator.integers(0, 2, count)
        scores = labels + generator.normal(size=count)
        return chance(METRICS["auc"], scores, labels, None, 0)

    few, many = width(100), width(10_000)
    assert many < few / 5 and 0.02 < few < 0.2


def test_a_table_becomes_inputs(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("age,word,x_0,x_1,label\n1,a,2,3,0\n4,b,5,6,1\n7,c,8,9,1\n")
    inputs = [
        Input("age", "age", "", "int32", ("batch", 1)),
        Input("word", "word", "", "string", ("batch",)),
        Input("x", "x", "", "float32", ("batch", 2)),
    ]
    task = load_task(path, "auc:scores")
    assert task is not None and task.output == "scores"
    first, second = task.rows(inputs, 2)
    np.testing.assert_array_equal(first["age"], [[1], [4]])
    assert first["age"].dtype == np.int32 and list(second["word"]) == [b"c"]
    np.testing.assert_array_equal(first["x"], [[2, 3], [5, 6]])
    np.testing.assert_array_equal(task.labels, [0, 1, 1])


@pytest.mark.parametrize(
    "columns, metric, said",
    [
        ({"x": [1.0], "label": [1]}, None, "belong together"),
        ({"x": [1.0], "label": [1]}, "mse", "no metric 'mse'"),
        ({"x": [1.0]}, "auc", "no labels"),
        ({"x": [1.0], "label": [1]}, "ndcg", "no groups"),
        ({"x": [], "label": []}, "rmse", "no rows"),
        (Path("/no/such/file.npz"), "auc", "no readable"),
    ],
)
def test_what_is_missing_is_said(columns: object, metric: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        load_task(columns, metric)  # type: ignore[arg-type] # one is a path


def test_an_input_without_a_column_is_named() -> None:
    task = load_task({"x": [1.0], "label": [1]}, "rmse")
    assert task is not None
    with pytest.raises(SourceError, match="no column for input 'age'"):
        list(task.rows([Input("age", "age", "", "int32", ("batch",))], 2))
