"""Node names replaced by random strings: blocks are found by structure all the same."""

from __future__ import annotations

import random
import re
import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tf2torch
from golden_models.sources import source

MODELS = [
    pytest.param("bert_classifier", marks=pytest.mark.slow),
    pytest.param("gpt2", marks=pytest.mark.slow),
    pytest.param("resnet50", marks=[pytest.mark.slow, pytest.mark.large]),
]
LENGTH = 16  # of sequences


def frozen(model: Path) -> tuple[Any, list[Any], list[str]]:
    """The serving graph with its weights as constants, its inputs, its outputs."""
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    loaded = tf.saved_model.load(str(model))
    function = loaded.signatures["serving_default"]
    made = convert_to_constants.convert_variables_to_constants_v2(function)
    return made.graph.as_graph_def(), made.inputs, [t.op.name for t in made.outputs]


def scrambled(definition: Any) -> tuple[Any, dict[str, str]]:
    """Every node under a name of random letters and digits; old → new names."""
    draw = random.Random(0)
    letters = string.ascii_lowercase + string.digits
    new = {n.name: "n" + "".join(draw.choices(letters, k=12)) for n in definition.node}
    made = type(definition)()
    made.CopyFrom(definition)
    for node in made.node:
        node.name = new[node.name]
        node.attr.pop("_class", None)
        for i, name in enumerate(node.input):
            mark, base, port = re.fullmatch(r"(\^?)([^:]*)(.*)", name).groups()
            node.input[i] = f"{mark}{new[base]}{port}"
    return made, new


def converted(path: Path, definition: Any, ins: list[str], outs: list[str]) -> Any:
    path.write_bytes(definition.SerializeToString())
    ends = ([f"{n}:0" for n in names] for names in (ins, outs))
    inputs, outputs = ends
    return tf2torch.convert(path, inputs=inputs, outputs=outputs, verify=False)


def arrays(inputs: list[Any]) -> list[torch.Tensor]:
    draw = np.random.default_rng(0)
    found = []
    for tensor in inputs:
        shape = [2, *(LENGTH if s is None else s for s in tensor.shape.as_list()[1:])]
        if tensor.dtype.is_integer:
            found.append(torch.from_numpy(draw.integers(0, 2, shape).astype("int32")))
        else:
            found.append(torch.from_numpy(draw.random(shape).astype("float32")))
    return found


def classes(port: Any) -> int:
    return len(re.findall(r"^class ", port.source, re.MULTILINE))


@pytest.mark.parametrize("name", MODELS)
def test_random_names_leave_the_blocks(builds: None, name: str, tmp_path: Path) -> None:
    definition, inputs, outs = frozen(source(name))
    ins = [t.op.name for t in inputs]
    named = converted(tmp_path / "named.pb", definition, ins, outs)
    hidden, new = scrambled(definition)
    ends = ([new[n] for n in ins], [new[n] for n in outs])
    unnamed = converted(tmp_path / "unnamed.pb", hidden, *ends)
    plain = tf2torch.convert(source(name), verify=False)
    assert not unnamed.hints
    assert classes(unnamed) <= 1.5 * min(classes(named), classes(plain))
    values = arrays(inputs)
    left, right = named.module(*values), unnamed.module(*values)
    torch.testing.assert_close(left, right, rtol=1e-5, atol=1e-6)
