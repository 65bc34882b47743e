"""Hand-written ports of the corpus: a model folder becomes a port folder."""

from __future__ import annotations

import ast
import importlib.util
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

MODELS = Path(__file__).parent / "models"
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


@dataclass(frozen=True)
class Attack:
    """What an entry of attacks.toml says."""

    model: str
    name: str
    gate: str
    code: str
    reason: str = ""
    region: str | None = None
    edits: list[list[str]] = field(default_factory=list)
    weights: dict[str, str] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)


def attacks() -> list[Attack]:
    found = []
    for path in sorted(MODELS.glob("*/attacks.toml")):
        for name, entry in tomllib.loads(path.read_text("utf-8")).items():
            found.append(Attack(path.parent.name, name, **entry))
    return found


def faulty_region(attack: Attack) -> str:
    """The class of model.py that holds the first edit, if there is one."""
    text = (MODELS / attack.model / "model.py").read_text("utf-8")
    for old, _ in attack.edits:
        line = text[: text.index(old)].count("\n") + 1
        for node in ast.parse(text).body:
            inside = node.lineno <= line <= (node.end_lineno or 0)
            if isinstance(node, ast.ClassDef) and inside:
                return node.name
    return ""


def models() -> list[str]:
    return sorted(path.parent.name for path in MODELS.glob("*/original.py"))


def build_original(model: str, folder: Path) -> Path:
    """Build it in ``folder``, which must not exist; where it lies."""
    spec = importlib.util.spec_from_file_location(model, MODELS / model / "original.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Path(module.build(str(folder)) or folder)


def checkpoint(saved: Path) -> dict[str, np.ndarray]:
    """Every variable of a SavedModel, or weight of a Keras file, by its key."""
    import keras
    import tensorflow as tf

    if saved.is_file():
        weights = keras.saving.load_model(saved).get_weights()
        return {str(index): value for index, value in enumerate(weights)}
    reader = tf.train.load_checkpoint(str(saved / "variables" / "variables"))
    names = [n for n in reader.get_variable_to_shape_map() if n.endswith(VALUE)]
    return {name: reader.get_tensor(name) for name in names}


def write_port(
    model: str,
    saved: Path,
    variables: dict[str, np.ndarray],
    folder: Path,
    attack: Attack | None = None,
) -> None:
    """model.py, weights.safetensors and provenance.json, as the attack wants them."""
    from safetensors.numpy import save_file

    text = (MODELS / model / "model.py").read_text("utf-8")
    claims = tomllib.loads((MODELS / model / "claims.toml").read_text("utf-8"))
    state = dict(claims["state"])
    names = claims.get("names", {})
    weights, entries = _state(state, variables, names)
    if attack is not None:
        for old, new in attack.edits:
            assert text.count(old) >= 1, f"{attack.name}: no {old!r} in model.py"
            text = text.replace(old, new, 1)
        for name, claim in attack.claims.items():
            state[name] = claim
        kept = {name: claim for name, claim in state.items() if claim}
        _, entries = _state(kept, variables, names, weights)
        for name, change in attack.weights.items():
            _change(weights, name, change)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.py").write_text(text, "utf-8")
    plain = {name: np.ascontiguousarray(value) for name, value in weights.items()}
    save_file(plain, folder / "weights.safetensors")
    provenance = {
        "version": 1,
        "class": claims["class"],
        "source": {
            "kind": "keras" if saved.is_file() else "saved_model",
            "path": str(saved),
            "signature": None if saved.is_file() else "serving_default",
            "fingerprint": model,
        },
        "inputs": claims["inputs"],
        "outputs": claims["outputs"],
        "single_output": claims.get("single_output", len(claims["outputs"]) == 1),
        "state": entries,
        "regions": _regions(claims.get("regions", {}), text),
        "random": claims.get("random", False),
        "stateful": claims.get("stateful", False),
        **(attack.provenance if attack else {}),
    }
    (folder / "provenance.json").write_text(json.dumps(provenance, indent=1), "utf-8")


def _state(
    state: dict[str, str],
    variables: dict[str, np.ndarray],
    names: dict[str, str],
    known: dict[str, np.ndarray] | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    from tf2torch.verify.mapping import apply
    from tf2torch.verify.provenance import Step

    weights, entries = {}, {}
    for name, claim in state.items():
        if claim.startswith("="):
            value = np.array(int(claim[1:] or 0), np.int64)
            value = known[name] if known and not claim[1:] else value
            entries[name] = {"variable": None, "shape": list(value.shape)}
        else:
            key, _, text = claim.lstrip("-").partition(": ")
            steps = [_step(part) for part in text.split(", ") if part]
            key = key if key in variables else key + VALUE
            value = apply([Step(k, a) for k, a in steps], variables[key])
            entries[name] = {
                "variable": names.get(key, key.removesuffix(VALUE)),
                "key": key,
                "transforms": steps,
                "trainable": not claim.startswith("-"),
                "shape": list(value.shape),
            }
        weights[name] = value
    return weights, entries


def _step(text: str) -> tuple[str, tuple[int, ...]]:
    kind, *args = text.split()
    return kind, tuple(map(int, args))


def _change(weights: dict[str, np.ndarray], name: str, change: str) -> None:
    word, *rest = change.split()
    if word == "drop":
        del weights[name]
    elif word == "new":
        weights[name] = np.ones([int(size) for size in rest], np.float32)
    elif word == "transpose":
        weights[name] = weights[name].T
    elif word == "double":
        weights[name] = weights[name] * 2
    elif word == "like":
        weights[name] = weights[rest[0]]
    else:
        raise ValueError(change)


def _regions(instances: dict[str, list[str]], text: str) -> list[dict[str, Any]]:
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return []
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    return [
        {
            "id": node.name,
            "class": node.name,
            "lines": [node.lineno, node.end_lineno],
            "tf_nodes": [],
            "instances": instances[node.name],
        }
        for node in classes
        if node.name in instances
    ]
