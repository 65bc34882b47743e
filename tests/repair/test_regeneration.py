"""What the compiler tells the loop of a model with gaps, and the second route."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest


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
            return {"values": values, "places": places, "low": tf.nn.gelu(low)}

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
