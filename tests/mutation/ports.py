"""The ports that are mutated: small golden models, and the corpus of attacks."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COMPILER = ("transpiler", "rules", "ir", "pycode.py")
GOLDEN = (
    "basic_pitch bert_classifier deepfm din frozen_graph gpt2 mel_cnn "
    "seq2seq_attention small_cnn spliceai stacked_bilstm straight_through "
    "tensor_array_loop tf1_while_loop two_tower unet vae wavenet"
).split()
WORK = Path.home() / ".cache" / "tf2torch" / "mutation"


@dataclass(frozen=True)
class Subject:
    """A port that passes, and what it is a port of."""

    name: str
    folder: Path
    source: Path
    sample: Path | None = None


def attack_ports() -> Any:
    """tests/attacks/ports.py: that folder is no package."""
    name = "attack_corpus_ports"
    if name not in sys.modules:
        path = ROOT / "tests" / "attacks" / "ports.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def names() -> list[str]:
    return [*GOLDEN, *(f"attack_{name}" for name in attack_ports().models())]


def prepare(wanted: Iterable[str], work: Path = WORK) -> None:
    """Convert the golden models and build the corpus: needs TensorFlow here."""
    for name in wanted:
        folder = _folder(name, work)
        if folder.exists():
            continue
        partial = folder.with_name(f"{folder.name}-partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        if name.startswith("attack_"):
            _build(name.removeprefix("attack_"), partial, folder)
        else:
            _convert(name, partial)
        partial.rename(folder)


def subject(name: str, work: Path = WORK) -> Subject:
    folder = _folder(name, work)
    if name.startswith("attack_"):
        source = Path((folder / "source").read_text())
        return Subject(name, folder / "port", source)
    from golden_models.sources import options
    from golden_models.sources import source as original

    return Subject(name, folder / "port", original(name), options(name).get("sample"))


def _folder(name: str, work: Path) -> Path:
    """By what the port is made from: the compiler, or the corpus."""
    digest = hashlib.sha256(name.encode())
    if name.startswith("attack_"):
        files = [ROOT / "tests" / "attacks" / "models" / name.removeprefix("attack_")]
    else:
        files = [ROOT / "tf2torch" / part for part in COMPILER]
    for top in files:
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.suffix in (".py", ".toml"):
                digest.update(path.read_bytes())
    return work / f"{name}-{digest.hexdigest()[:12]}"


def _convert(name: str, folder: Path) -> None:
    import tf2torch
    from golden_models.sources import options, source

    output = folder / "port"
    tf2torch.convert(source(name), output=output, verify=False, **options(name))


def _build(model: str, folder: Path, final: Path) -> None:
    ports = attack_ports()
    path = ports.build_original(model, folder / "source_model")
    inside = final / path.relative_to(folder)
    ports.write_port(model, path, ports.checkpoint(path), folder / "port")
    claims = folder / "port" / "provenance.json"
    claims.write_text(claims.read_text().replace(str(path), str(inside)))
    (folder / "source").write_text(str(inside))
