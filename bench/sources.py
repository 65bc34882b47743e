"""The models of the dashboard: golden models, each as a SavedModel and as a port."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from golden_models import cache

REFERENCES = Path(__file__).parent / "readability" / "references"
# The golden model of each line, as the table calls it.
MODELS = {
    "ResNet50": "resnet50",
    "MobileNetV2": "mobilenet_v2",
    "EfficientNetB0": "efficientnet_b0",
    "BERT": "bert_classifier",
    "GPT-2": "gpt2",
    "LSTM": "stacked_bilstm",
    "DeepFM": "deepfm",
    "U-Net": "unet",
}
# Golden models that are files of another kind, which tf2onnx reads by other ways.
NO_SAVED_MODEL = ("frozen_graph",)
EXPORT = """
import sys
legacy = sys.argv[3] == "1"
if legacy:
    import tf_keras as keras
else:
    import keras
model = keras.models.load_model(sys.argv[1], compile=False)
model.export(sys.argv[2]) if not legacy else model.save(sys.argv[2], save_format="tf")
"""


def converted(titles: tuple[str, ...]) -> dict[str, str]:
    """Title → golden model whose conversion is timed: every one that TensorFlow can
    save as a SavedModel when all models are wanted, each by its own name."""
    named = {title: MODELS[title] for title in titles}
    if set(titles) != set(MODELS):
        return named
    others = sorted(set(cache.names()) - set(MODELS.values()) - set(NO_SAVED_MODEL))
    return named | {name: name for name in others}


def golden(name: str) -> Path:
    """The golden model, built when it is not there yet."""
    found = cache.built(name)
    if found is None:
        subprocess.run([sys.executable, "-m", "golden_models", name], check=True)
        found = cache.built(name)
    assert found is not None
    return found


def saved_model(name: str) -> Path:
    """The golden model as a SavedModel: itself, or what Keras exports of its file."""
    source = golden(name)
    if source.is_dir():
        return source
    folder = source.parent / "exported"
    if not folder.exists():
        beside = folder.with_name("exporting")
        shutil.rmtree(beside, ignore_errors=True)
        legacy = "1" if cache.meta(name).get("legacy_keras") else "0"
        command = [sys.executable, "-c", EXPORT, str(source), str(beside), legacy]
        subprocess.run(command, check=True, capture_output=True)
        beside.rename(folder)
    return folder


def inputs(name: str, batch: int) -> dict[str, np.ndarray]:
    """``batch`` rows of the golden sample, repeated as needed, by input name.

    A model without a sample takes standard normal numbers.
    """
    from tf2torch.transpiler.frontends import describe

    facts = cache.meta(name)
    signature = describe(saved_model(name))["signatures"]["serving_default"]
    if "sample" in facts:
        sample = np.load(golden(name).with_name(facts["sample"]))
        found = [sample[key] for key in sample.files]
        named = dict(zip(sample.files, found, strict=True))
        keys = [item["name"] for item in signature["inputs"]]
        if set(keys) != set(named):  # an exported file names its inputs anew
            named = dict(zip(keys, found, strict=True))
        return {k: named[k][np.arange(batch) % len(named[k])] for k in keys}
    rng = np.random.default_rng(0)
    return {
        item["name"]: rng.normal(size=(batch, *item["shape"][1:])).astype("float32")
        for item in signature["inputs"]
    }


def reference(name: str) -> Path | None:
    path = REFERENCES / f"{name}.py"
    return path if path.exists() else None
