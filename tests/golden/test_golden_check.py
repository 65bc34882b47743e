"""`golden record` and `golden check`: planted regressions are caught, clean code is not
accused, and the plugin of pytest says the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tests.golden.converted import Golden

on_small_cnn = pytest.mark.parametrize("name", ["small_cnn"])


@pytest.fixture(scope="session")
def recorded(
    golden: Callable[[str], Golden], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Name → its golden folder, as recorded from the port."""
    from tf2torch.golden import record

    done: dict[str, Path] = {}

    def write(name: str) -> Path:
        if name not in done:
            folder = tmp_path_factory.mktemp("golden") / name
            done[name] = record(golden(name).folder, folder).folder
        return done[name]

    return write


def rewrite(port: Path, before: str, after: str) -> None:
    """Edit model.py; the words must be there."""
    text = (port / "model.py").read_text("utf-8")
    assert before in text
    (port / "model.py").write_text(text.replace(before, after), "utf-8")


def edit_weights(port: Path, change: Callable[[dict[str, Any]], None]) -> None:
    from safetensors.numpy import load_file, save_file

    tensors = load_file(port / "weights.safetensors")
    change(tensors)
    save_file(tensors, port / "weights.safetensors")


def edit_report(port: Path, change: Callable[[dict[str, Any]], None]) -> None:
    report = json.loads((port / "report.json").read_text("utf-8"))
    change(report)
    (port / "report.json").write_text(json.dumps(report), "utf-8")


def other_words(port: Path) -> None:
    rewrite(port, "class SmallCnn(nn.Module):", "class SmallCnn(nn.Module):  # port")


def renamed_key(port: Path) -> None:
    def rename(tensors: dict[str, Any]) -> None:
        for part in ("weight", "bias"):
            tensors[f"head.{part}"] = tensors.pop(f"scores.{part}")

    edit_weights(port, rename)
    rewrite(port, "scores", "head")


def other_dtype(port: Path) -> None:
    def widen(tensors: dict[str, Any]) -> None:
        tensors["blocks.0.bn.weight"] = tensors["blocks.0.bn.weight"].astype(np.float64)

    edit_weights(port, widen)


def missing_key(port: Path) -> None:
    def drop(tensors: dict[str, Any]) -> None:
        del tensors["blocks.1.bn.num_batches_tracked"]

    edit_weights(port, drop)


def other_weights(port: Path) -> None:
    def scale(tensors: dict[str, Any]) -> None:
        tensors["blocks.1.conv.weight"] *= np.float32(1.01)

    edit_weights(port, scale)


def other_epsilon(port: Path) -> None:
    rewrite(port, "eps=1e-3", "eps=0.01")


def slow_pass(port: Path) -> None:
    """99 convolutions whose results nobody reads."""
    head = "def forward(self, image: Tensor) -> Tensor:\n"
    call = "self.blocks[0].conv(image.movedim(-1, 1))"
    loop = f"        for _ in range(99):\n            {call}\n"
    rewrite(port, head, head + loop)


def raises(port: Path) -> None:
    rewrite(port, "return ", "raise RuntimeError('boom')\n        return ")


def new_hint(port: Path) -> None:
    def add(report: dict[str, Any]) -> None:
        hint = {"code": "NO_GRADIENT", "priority": "P1", "region": "SmallCnn"}
        report["hints"].append(hint)

    edit_report(port, add)


def lower_score(port: Path) -> None:
    edit_report(port, lambda report: report.update(score=report["score"] - 1.0))


def failed_gate(port: Path) -> None:
    def fail(report: dict[str, Any]) -> None:
        gate = next(g for g in report["gates"] if g["name"] == "spec")
        gate["passed"] = False

    edit_report(port, fail)


def lost_gate(port: Path) -> None:
    def drop(report: dict[str, Any]) -> None:
        names = [gate["name"] for gate in report["gates"]]
        del report["gates"][names.index("trainability")]

    edit_report(port, drop)


def fewer_figures(port: Path) -> None:
    def drop(report: dict[str, Any]) -> None:
        gate = next(g for g in report["gates"] if g["name"] == "gradients")
        gate["figures"] = gate["figures"][:4]

    edit_report(port, drop)


def larger_error(port: Path) -> None:
    def grow(report: dict[str, Any]) -> None:
        gate = next(g for g in report["gates"] if g["name"] == "outputs")
        for figure in gate["figures"]:
            figure["observed"] = 0.9 * figure["tolerance"]

    edit_report(port, grow)


def other_source(port: Path) -> None:
    path = port / "provenance.json"
    known = json.loads(path.read_text("utf-8"))
    known["source"]["fingerprint"] = "0" * 64
    path.write_text(json.dumps(known), "utf-8")


PLANTED: dict[Callable[[Path], None], str] = {
    other_words: "code",
    renamed_key: "state",
    other_dtype: "state",
    missing_key: "state",
    other_weights: "output",
    other_epsilon: "output",
    slow_pass: "performance",
    raises: "output",
    new_hint: "hint",
    lower_score: "score",
    failed_gate: "gate",
    lost_gate: "gate",
    fewer_figures: "gate",
    larger_error: "error",
    other_source: "source",
}


@on_small_cnn
@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_planted_regression_is_caught(
    plant: Callable[[Path], None],
    name: str,
    golden: Any,
    recorded: Any,
    tmp_path: Path,
) -> None:
    from tf2torch.golden import judge
    from tf2torch.golden.recording import read

    port = Path(shutil.copytree(golden(name).folder, tmp_path / "port"))
    plant(port)
    result = judge(read(recorded(name)), port)
    assert PLANTED[plant] in {found.kind for found in result.regressions}, str(result)


@on_small_cnn
def test_ratio_to_tensorflow(name: str, golden: Any, tmp_path: Path) -> None:
    """A fall of the ratio is caught; times too short to tell are no ratio."""
    from tf2torch.golden.comparison import Limits, regressions
    from tf2torch.golden.facts import gather

    def facts(seconds: float) -> Any:
        timings = [{"kind": "forward", "port": [seconds], "original": [0.01]}]
        (port / "performance.json").write_text(json.dumps(timings), "utf-8")
        return gather(port)

    port = Path(shutil.copytree(golden(name).folder, tmp_path / "port"))
    (found,) = regressions(facts(0.01), facts(0.05), Limits())
    assert found.kind == "performance"
    assert not list(regressions(facts(0.01), facts(0.015), Limits()))
    assert facts(0.001).ratios == {}


@on_small_cnn
def test_clean_port_passes_twice(name: str, golden: Any, recorded: Any) -> None:
    from tf2torch.golden import judge
    from tf2torch.golden.recording import read

    for _ in range(2):
        result = judge(read(recorded(name)), golden(name).folder)
        assert result.passed, str(result)


@on_small_cnn
def test_recorded_again_is_the_same(name: str, golden: Any, recorded: Any) -> None:
    from tf2torch.golden import record

    first = recorded(name)
    again = record(golden(name).folder, first.with_name("again") / name).folder
    for path in sorted(first.iterdir()):
        if path.name != "golden.json":  # it holds a time, and where the source is
            assert path.read_bytes() == (again / path.name).read_bytes(), path.name


@on_small_cnn
def test_commands(name: str, golden: Any, tmp_path: Path) -> None:
    """record, check twice, damage, check, --update, check; without the verifier."""
    from tf2torch.cli import main

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["golden", *words])

    folder = tmp_path / "golden" / name
    source = str(golden(name).source)
    assert run("record", source, "-o", str(folder), "--no-verify").exit_code == 0
    for _ in range(2):
        assert run("check", str(tmp_path / "golden")).exit_code == 0
    code = folder / "model.py"
    code.write_text(code.read_text("utf-8").replace("eps=1e-3", "eps=0.1"), "utf-8")
    worse = run("check", str(tmp_path / "golden"))
    assert worse.exit_code == 1
    assert "-" in worse.stdout and "eps=0.1" in worse.stdout
    plain = json.loads(run("check", str(folder), "--json").stdout)
    assert [found["kind"] for found in plain[0]["regressions"]] == ["code"]
    assert run("check", str(folder), "--update").exit_code == 0
    assert run("check", str(folder)).exit_code == 0
    (folder / "golden.json").write_text("{}")
    damaged = run("check", str(folder))
    assert damaged.exit_code == 2
    assert len(damaged.stderr.strip().splitlines()) == 1


@on_small_cnn
@pytest.mark.slow
def test_check_with_the_verifier(name: str, recorded: Any, tmp_path: Path) -> None:
    """Converted and verified anew, in this process, twice in a row."""
    from tf2torch.golden import check

    for _ in range(2):
        result = check(recorded(name))
        assert result.passed, str(result)


@on_small_cnn
@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("return ", "return 0 + ", {"code"}),
        ("eps=1e-3", "eps=0.1", {"code", "score", "hint", "gate"}),
        ("self.conv(", "self.conv.requires_grad_(False)(", {"code", "score", "hint"}),
    ],
)
def test_edit_is_judged_by_the_verifier(
    before: str,
    after: str,
    kinds: set[str],
    name: str,
    golden: Any,
    recorded: Any,
    tmp_path: Path,
) -> None:
    from tf2torch.api import verify
    from tf2torch.golden import judge
    from tf2torch.golden.recording import read

    port = Path(shutil.copytree(golden(name).folder, tmp_path / "port"))
    rewrite(port, before, after)
    verify(port, golden(name).source)
    result = judge(read(recorded(name)), port)
    assert kinds <= {found.kind for found in result.regressions}, str(result)


PLUGIN = ["-p", "tf2torch.golden.pytest_plugin", "-p", "no:cacheprovider", "-q"]


@on_small_cnn
def test_plugin(name: str, golden: Any, tmp_path: Path) -> None:
    """One folder as recorded and one that is not: one passes, one fails with a diff."""
    from tf2torch.golden import record

    for folder in ("good", "bad"):
        options = {"verify": False}
        record(golden(name).source, tmp_path / folder, options=options)
    code = tmp_path / "bad" / "model.py"
    code.write_text(code.read_text("utf-8").replace("eps=1e-3", "eps=0.1"), "utf-8")
    command = [sys.executable, "-m", "pytest", *PLUGIN, "--golden", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert "eps=0.1" in done.stdout and "Traceback" not in done.stdout


def test_plugin_names_a_missing_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", *PLUGIN, "--golden", "nowhere"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 4
    assert "nowhere is no folder" in done.stderr


def test_nothing_recorded(tmp_path: Path) -> None:
    from tf2torch.cli import main

    result = CliRunner().invoke(main, ["golden", "check", str(tmp_path)])
    assert result.exit_code == 2
    assert "tf2torch golden record" in result.stderr
