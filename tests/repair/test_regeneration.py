"""What the compiler tells the loop of a model with gaps, and the second route."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tf2torch.repair.region import regions


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import tensorflow as tf

    from tf2torch.regeneration import Regeneration
    from tf2torch.rules import all_rules
    from tf2torch.transpiler import frontends
    from tf2torch.transpiler.pipeline import Options, compile_source

    @tf.custom_gradient
    def bounded(x: Any) -> Any:
        return tf.identity(x), lambda g: tf.raw_ops.ClipByValue(
            t=g, clip_value_min=-1.0, clip_value_max=1.0
        )

    class Gapped(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 4), name="x")])
        def __call__(self, x: Any) -> dict[str, Any]:
            x = bounded(x)
            values, places = tf.raw_ops.TopKV2(input=x, k=2)
            low = tf.raw_ops.ClipByValue(t=x, clip_value_min=-0.5, clip_value_max=0.2)
            both = tf.math.squared_difference(x, 0.7)
            both += tf.math.squared_difference(x, 0.3)
            both += tf.reduce_mean(x, 1, keepdims=True)
            return {
                "values": values, "places": places, "low": tf.nn.gelu(low),
                "both": both,
            }  # fmt: skip

    folder: Path = tmp_path_factory.mktemp("regeneration") / "Gapped"
    tf.saved_model.save(Gapped(), str(folder))
    rules = all_rules().without("ClipByValue", "TopKV2")
    compiled = compile_source(frontends.load(folder), Options(rules=rules))
    return Regeneration(compiled, rules)


def test_a_gap_is_a_typed_function_of_its_own(known: Any) -> None:
    text = known.compiled.text
    assert "def clip_by_value(" in text and "def top_kv2(" in text
    assert "-> tuple[Tensor, Tensor]:" in text and "sorted_: bool = True" in text
    assert 'raise NotImplementedError("TensorFlow op TopKV2 was not ported")' in text
    assert "clip_by_value(grad1, -1.0, 1.0)" in text, "inside a custom gradient"


def test_facts_hold_what_it_takes_to_write_it(known: Any) -> None:
    facts = known("top_kv2")
    assert "TopKV2(" in facts.subgraph
    assert dict(facts.semantics)["TopKV2"].startswith("Finds values and indices")
    assert any(line.startswith("in   input_: f32[batch, 4]") for line in facts.boundary)
    assert any("out  1: i32" in line for line in facts.boundary)
    assert "ClipByValue" in dict(known("clip_by_value").semantics)
    assert known("nothing") is None


def test_a_class_is_emitted_again_and_without_idioms(known: Any) -> None:
    root = known.compiled.class_name
    found = {lowering.route: lowering.code for lowering in known(root).lowerings()}
    assert "F.gelu" in found["the compiler's own text"]
    assert "F.gelu" not in found["without lift_idioms"]


def test_the_second_route_yields_source(known: Any) -> None:
    import torch

    (found,) = known("clip_by_value").lowerings()
    assert found.route == "through ONNX" and not found.why
    names: dict[str, Any] = {"torch": torch, "Tensor": torch.Tensor}
    exec(found.code, names)
    x = torch.tensor([[-3.0, 0.1, 0.15, 9.0]])
    node = known.compiled.emitted.gaps.nodes["clip_by_value"][0]
    low, high = (float(np.asarray(n.array)) for n in node.inputs[1:])
    result = names["clip_by_value"](x, torch.tensor(low), torch.tensor(high))
    torch.testing.assert_close(result, x.clamp(low, high))


def test_a_closed_route_says_why(known: Any) -> None:
    (found,) = known("top_kv2").lowerings()
    assert not found.code and found.why == "no torch source for ONNX TopK"


def test_one_op_of_a_class_takes_the_second_route(known: Any) -> None:
    root = known.compiled.class_name
    found = {lowering.route: lowering for lowering in known(root).lowerings()}
    code = found["Mean through ONNX"].code
    assert code.count("def mean(") == 1 and ".mean(" in code.split("def mean(")[1]
    assert "keepdim=True)" in code and "F.gelu" in code, "other idioms stay"


def test_a_constant_that_differs_from_call_to_call_stays_a_parameter(
    known: Any,
) -> None:
    import torch

    root = known.compiled.class_name
    found = {lowering.route: lowering for lowering in known(root).lowerings()}
    code = found["SquaredDifference through ONNX"].code
    start = code.index("def squared_difference(")
    end = code.index("        ", code.index("return", start))
    names: dict[str, Any] = {"torch": torch, "Tensor": torch.Tensor}
    exec(textwrap.dedent(" " * 8 + code[start:end]), names)
    x, y = torch.tensor([-1.0, 2.0]), torch.tensor(0.7)
    torch.testing.assert_close(names["squared_difference"](x, y), (x - y) ** 2)


def test_a_region_inside_of_a_loop_has_its_own_subgraph(tmp_path: Path) -> None:
    import tensorflow as tf

    from tf2torch.regeneration import Regeneration
    from tf2torch.transpiler import frontends
    from tf2torch.transpiler.pipeline import compile_source

    class Cell(tf.Module):
        def __init__(self) -> None:
            super().__init__(name="cell")
            self.w = tf.Variable(tf.eye(3), name="w")

        def __call__(self, state: Any, x: Any) -> Any:
            with self.name_scope:
                return tf.tanh(state @ self.w + x) - 0.5 * state

    class Loop(tf.Module):
        def __init__(self) -> None:
            super().__init__(name="loop")
            self.cell = Cell()

        @tf.function(input_signature=[tf.TensorSpec((None, 5, 3), name="x")])
        def __call__(self, x: Any) -> Any:
            state = tf.zeros_like(x[:, 0])
            for i in tf.range(5):
                state = self.cell(state, x[:, i])
            return state

    tf.saved_model.save(Loop(), str(tmp_path / "Loop"))
    known = Regeneration(compile_source(frontends.load(tmp_path / "Loop")))
    facts = [known(name) for name in regions(known.compiled.text)]
    routes = {low.route for f in facts if f is not None for low in f.lowerings()}
    assert any(f is not None and "Tanh(" in f.subgraph for f in facts)
    assert "Tanh through ONNX" in routes
