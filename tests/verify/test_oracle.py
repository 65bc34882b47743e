"""The oracle opens every kind of original and says what TensorFlow says."""

from __future__ import annotations

import importlib.util
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import psutil
import pytest

from tf2torch.diagnostics import SourceError
from tf2torch.verify.inputs import Sample
from tf2torch.verify.oracle import Oracle, Question, Rejected
from tf2torch.verify.original import live
from tf2torch.verify.original.model import Tensor
from tf2torch.verify.sandbox import Limits

pytestmark = pytest.mark.usefixtures("start")


def load(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"verify_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


ORIGINALS = load("originals")


def opened(
    path: Path, inputs: list[Tensor], outputs: list[Tensor], *keys: str
) -> Oracle:
    question = Question(path, "serving_default", tuple(inputs), tuple(outputs), keys)
    oracle = Oracle(question, Limits(memory=16 << 30))
    oracle.open()
    return oracle


def test_a_frozen_graph_has_gradients_of_its_constants(tmp_path: Path) -> None:
    path = ORIGINALS.frozen_graph(tmp_path)
    ends = Tensor("x", "x:0", "float32"), Tensor("pooled", "pooled:0", "float32")
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("f")
    keys = "kernel", "gamma", "beta", "moving_mean", "moving_variance"
    with opened(path, [ends[0]], [ends[1]], *keys) as oracle:
        truth = oracle.truth({"x": x}, 0)
        assert [v.key for v in oracle.variables] == list(keys)
        assert all(v.trainable is None for v in oracle.variables)
        assert oracle.kept_float32 == ("ResizeBilinear",)
    assert truth.double is not None
    assert {"kernel", "gamma", "beta"} <= set(truth.single.gradients)
    assert set(truth.single.input_gradients) == {"x"}
    for key in ("kernel", "gamma", "beta"):
        single, double = truth.single.gradients[key], truth.double.gradients[key]
        assert double.dtype == np.float64
        np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        truth.single.outputs["pooled"], truth.double.outputs["pooled"], rtol=1e-5
    )


def test_the_gradient_is_that_of_the_weighted_sum(tmp_path: Path) -> None:
    """Against a difference quotient of the float64 outputs."""
    from tf2torch.verify.cotangents import cotangent

    path = ORIGINALS.frozen_graph(tmp_path)
    ends = Tensor("x", "x:0", "float32"), Tensor("pooled", "pooled:0", "float32")
    x = np.random.default_rng(1).normal(size=(1, 8, 8, 3)).astype("f")
    with opened(path, [ends[0]], [ends[1]]) as oracle:
        truth = oracle.truth({"x": x}, 7)
        step = np.float32(2.0**-10)
        up, down = x.copy(), x.copy()
        up[0, 3, 3, 1] += step
        down[0, 3, 3, 1] -= step
        results = [oracle.truth({"x": v}, None).double for v in (up, down)]
    high, low = (run.outputs["pooled"] for run in results if run is not None)
    weights = cotangent(7, "pooled", high.shape)
    quotient = ((high - low) * weights).sum() / (2 * step)
    assert truth.double is not None
    found = truth.double.input_gradients["x"][0, 3, 3, 1]
    assert found == pytest.approx(quotient, rel=1e-2)


def test_roundings_move_a_gradient_where_it_has_a_corner(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from tf2torch.verify.sway import Sway

    path = ORIGINALS.corner(tmp_path)
    ends = Tensor("x", "x:0", "float32"), Tensor("y", "y:0", "float32")
    moved = {}
    with opened(path, [ends[0]], [ends[1]], "slope") as oracle:
        case: Any = SimpleNamespace(oracle=oracle, seed=0, weighed=None)
        case.truth = lambda sample: oracle.truth(sample.arrays, 0)
        for value in (1.0, 1.5):
            x = {"x": np.full((2, 64), 2.0, "f")}
            x["x"][:, ::2] = value
            moved[value] = max(Sway(case, Sample("x", x, True)))
            exact = oracle.rounded(x, 0, None, 0.0, 0)
            truth = oracle.truth(x, 0).double
            assert truth is not None
            assert (exact.gradients["slope"] == truth.gradients["slope"]).all()
        assert oracle.kept_float32 == ()
    assert moved[1.0] > 0.3
    assert 0 < moved[1.5] < 1e-4


def test_constants_of_a_float64_run_are_those_of_float32(tmp_path: Path) -> None:
    path = ORIGINALS.windowed(tmp_path)
    ends = Tensor("x", "", "float32", (-1, 64)), Tensor("y", "", "float32")
    with opened(path, [ends[0]], [ends[1]]) as oracle:
        truth = oracle.truth({"x": np.ones((2, 64), "f")}, 0)
    assert truth.double is not None
    assert truth.double.dtypes["y"] == "float64"
    assert (truth.double.outputs["y"] == truth.single.outputs["y"]).all()
    assert truth.double.input_gradients["x"].dtype == np.float64


def test_a_tf1_saved_model_with_a_loop_and_a_table(tmp_path: Path) -> None:
    path = ORIGINALS.tf1_saved_model(tmp_path)
    words = np.array([b"b", b"zzz", b"a"], object)
    ends = Tensor("words", "words:0", "string"), Tensor("state", "state:0", "float32")
    with opened(path, [ends[0]], [ends[1]]) as oracle:
        truth = oracle.truth({"words": words}, 0)
        assert {v.key: v.trainable for v in oracle.variables} == {
            "net/rows": True,
            "net/step": True,
        }
    h = ORIGINALS.weights(4, 5)[[1, 3, 0]]
    for _ in range(3):
        h = np.tanh(h @ ORIGINALS.weights(5, 5))
    np.testing.assert_allclose(truth.single.outputs["state"], h, rtol=1e-5, atol=1e-6)
    assert truth.no_gradient == ""
    assert truth.single.gradients["net/rows"][2].tolist() == [0.0] * 5
    assert truth.single.gradients["net/rows"][3].any()


@pytest.mark.parametrize(
    ("ending", "legacy"), [(".keras", False), (".h5", False), (".h5", True)]
)
def test_a_keras_file_is_known_by_its_weights(
    tmp_path: Path, ending: str, legacy: bool
) -> None:
    path = ORIGINALS.keras_file(tmp_path, ending, legacy)
    x = np.ones((3, 6), "f")
    inputs = [Tensor("features", "", "float32", (-1, 6))]
    outputs = [Tensor("dense_1", "", "float32"), Tensor("dense_2", "", "float32")]
    with opened(path, inputs, outputs) as oracle:
        truth = oracle.truth({"features": x}, 0)
        flags = {v.key: v.trainable for v in oracle.variables}
        values = oracle.values(["0"])
        assert oracle.kept_float32 == ()
    assert [t.shape for t in oracle.outputs] == [(-1, 2), (-1, 1)]
    assert values["0"].shape == (6, 5)
    assert flags["0"] and flags["1"]  # the first dense layer
    assert not any(flags[key] for key in flags if key in "2345")  # a frozen layer
    assert truth.double is not None
    for name in ("dense_1", "dense_2"):
        single, double = truth.single.outputs[name], truth.double.outputs[name]
        np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-6)


def test_a_live_module_starts_each_run_from_its_first_state(tmp_path: Path) -> None:
    inputs = (Tensor("x", "", "float32", (-1, 3)),)
    outputs = (Tensor("output_0", "", "float32"), Tensor("output_1", "", "int32"))
    live.save(ORIGINALS.module(), None, inputs, str(tmp_path))
    question = Question(tmp_path, None, inputs, outputs, (), exported=True)
    with Oracle(question, Limits(memory=16 << 30)) as oracle:
        oracle.open()
        for value in (1.0, 2.0):
            x = np.full((2, 3), value, "f")
            run = oracle.truth({"x": x}, 0).single
            assert run.outputs["output_1"] == 1
            expected = np.repeat(run.outputs["output_0"].sum(-1)[:1], 2)
            np.testing.assert_allclose(run.outputs["output_0"].sum(-1), expected)
        assert {v.key for v in oracle.variables} == {"0", "1"}


@pytest.mark.parametrize("kind", ["frozen", "saved"])
def test_taps_see_what_is_inside(tmp_path: Path, kind: str) -> None:
    """Of both engines: a named tensor is known by its value and by its gradient."""
    from tf2torch.verify.fingerprint import Match, compare, fingerprint

    if kind == "frozen":
        path = ORIGINALS.frozen_graph(tmp_path)
        given, result = Tensor("x", "x:0", "float32"), "pooled"
        ends = given, Tensor(result, "pooled:0", "float32")
        x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("f")
    else:
        path = ORIGINALS.keras_file(tmp_path, ".keras", False)
        given, result = Tensor("x", "", "float32", (-1, 6)), "first"
        ends = given, Tensor(result, "", "float32")
        x = np.random.default_rng(0).normal(size=(2, 6)).astype("f")
    others = [] if kind == "frozen" else [Tensor("second", "", "float32")]
    with opened(path, [ends[0]], [ends[1], *others]) as oracle:
        truth = oracle.truth({"x": x}, 0).single
        taps = oracle.taps({"x": x}, 0)
    value = fingerprint(truth.outputs[result])
    slope = fingerprint(truth.input_gradients["x"])
    known = [tap for tap in taps if compare(tap.value, value) is Match.SAME]
    assert known and all(tap.gradient is not None for tap in known)
    assert any(
        tap.gradient is not None and compare(tap.gradient, slope) is Match.SAME
        for tap in taps
    )


def test_a_keras_file_with_tables(tmp_path: Path) -> None:
    path = ORIGINALS.lookups(tmp_path)
    kinds = {"word": "string", "number": "int64"}
    inputs = [Tensor(name, "", kind, (-1, 1)) for name, kind in kinds.items()]
    word = np.array([[b"a"], [b"c"], [b"zzz"], [b""]], object)
    x = {"word": word, "number": np.array([[10], [20], [3], [10]])}
    with opened(path, inputs, [Tensor("dense", "", "float32")]) as oracle:
        truth = oracle.truth(x, 0)
    assert truth.double is not None
    found = truth.single.outputs["dense"]
    assert found.shape == (4, 2)
    assert (found[2:, 0] != found[:2, 0]).all()  # another row, out of the vocabulary


def test_taps_of_several_inputs_and_outputs(tmp_path: Path) -> None:
    """Each input is fed to its own argument, each output weighed as its own."""
    from tf2torch.verify.fingerprint import Match, compare, fingerprint

    path = ORIGINALS.several(tmp_path / "several")
    generator = np.random.default_rng(0)
    x = {n: generator.normal(size=(3, 4)).astype("f") for n in ("query", "age")}
    x["country"] = np.array([b"a", b"bcd", b"ef"], object)
    kinds = {"query": "float32", "country": "string", "age": "float32"}
    inputs = [Tensor(name, "", kind) for name, kind in kinds.items()]
    outputs = [Tensor(name, "", "float32") for name in ("score", "logits")]
    with opened(path, inputs, outputs) as oracle:
        run, taps = oracle.truth(x, 0).single, oracle.taps(x, 0)

    def known(value: np.ndarray) -> list[Any]:
        print_ = fingerprint(value)
        return [tap for tap in taps if compare(tap.value, print_) is Match.SAME]

    assert all(known(value) for value in run.outputs.values())
    for name, slope in run.input_gradients.items():
        found = [tap.gradient for tap in known(x[name]) if tap.gradient]
        assert any(compare(g, fingerprint(slope)) is Match.SAME for g in found), name


def test_inputs_that_tensorflow_refuses_are_told(tmp_path: Path) -> None:
    path = ORIGINALS.frozen_graph(tmp_path)
    ends = Tensor("x", "x:0", "float32"), Tensor("pooled", "pooled:0", "float32")
    with opened(path, [ends[0]], [ends[1]]) as oracle:
        with pytest.raises(Rejected):
            oracle.outputs_for({"x": np.zeros((2, 8, 8, 5), "f")})


def test_what_is_no_model_is_an_error_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "model.pb"
    path.write_text("no model")
    with pytest.raises(SourceError, match="TensorFlow cannot open"):
        opened(path, [], [])


def test_a_crash_of_tensorflow_is_tried_again_with_other_kernels(
    tmp_path: Path,
) -> None:
    path = ORIGINALS.frozen_graph(tmp_path)
    ends = Tensor("x", "x:0", "float32"), Tensor("pooled", "pooled:0", "float32")
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("f")

    def crash(oracle: Oracle) -> None:
        sandbox = psutil.Process(oracle._worker._process.pid)
        python = [p for p in sandbox.children(recursive=True) if "python" in p.name()]
        python[-1].send_signal(signal.SIGSEGV)
        assert not psutil.wait_procs(python[-1:], timeout=30)[1]

    with opened(path, [ends[0]], [ends[1]]) as oracle:
        before = oracle.outputs_for({"x": x}).outputs["pooled"]
        crash(oracle)
        again = oracle.outputs_for({"x": x + 1}).outputs["pooled"]
        assert oracle.has_crashed
        oracle.forget()
        after = oracle.outputs_for({"x": x}).outputs["pooled"]
        np.testing.assert_allclose(after, before, rtol=1e-4)
        assert not np.allclose(again, before)
        crash(oracle)
        with pytest.raises(Rejected, match="crashes"):
            oracle.outputs_for({"x": x + 2})
        oracle.outputs_for({"x": x + 3})
