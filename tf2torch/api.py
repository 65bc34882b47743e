"""The public functions: convert, inspect, verify."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf2torch.diagnostics import Hint, SourceError
from tf2torch.form import Form

if TYPE_CHECKING:
    import torch

    from tf2torch.repair import Result, Settings
    from tf2torch.rules.ruleset import RuleSet
    from tf2torch.transpiler.frontends.source import Source
    from tf2torch.transpiler.pipeline import Compiled
    from tf2torch.verify.scoreboard import Scoreboard

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Port:
    """A converted model.

    ``folder`` holds everything that was written; ``report`` is None when
    verification was skipped; ``hints`` holds what could not be ported, and what the
    verifier found.
    """

    folder: Path
    source: str
    class_name: str
    report: Scoreboard | None
    hints: tuple[Hint, ...]
    _kept: object = field(default=None, repr=False)
    repaired: Result | None = None

    @cached_property
    def module(self) -> torch.nn.Module:
        """The model with its weights, in eval mode; the same object every time."""
        return load_port(self.folder)


def load_port(folder: str | Path) -> torch.nn.Module:
    """The module of a port folder: its class, with the weights loaded strictly."""
    import json

    from safetensors.torch import load_file

    folder = Path(folder)
    name = json.loads((folder / "provenance.json").read_text())["class"]
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model: torch.nn.Module = getattr(module, name)()
    state: dict[str, Any] = {}
    for file in sorted(folder.glob("weights*.safetensors")):
        state |= load_file(file)
    model.load_state_dict(state, strict=True)
    return model.eval()


@dataclass(frozen=True)
class Checks:
    """How a port is proven: see :func:`convert` for the fields. ``task``: the data and
    the metric."""

    sample: str | Path | Mapping[str, Any] | None
    task: tuple[str | Path | Mapping[str, Any] | None, str | None]
    verify: bool
    repair: Settings | None
    rules: RuleSet | None
    sandbox: bool
    seed: int
    say: Progress

    def run(
        self, folder: Path, original: object, compiled: Compiled
    ) -> tuple[Scoreboard | None, Result | None]:
        """Verify the port in ``folder``, and repair it where that was asked for."""
        if not self.verify:
            return None, None
        from tf2torch.verify import Session, write_reports
        from tf2torch.verify.session import load_sample
        from tf2torch.verify.task import load_task

        sample, task = load_sample(self.sample), load_task(*self.task)
        with Session(original, isolated=self.sandbox, progress=self.say) as session:
            report = session.verify(folder, sample, self.seed, task=task)
            write_reports(report, folder)
            if self.repair is None:
                return report, None
            from tf2torch.regeneration import Regeneration
            from tf2torch.repair import repair

            result = repair(
                folder,
                session,
                report,
                self.repair,
                facts=Regeneration(compiled, self.rules),
                inputs=(sample, task),
                seed=self.seed,
                progress=self.say,
            )
        return result.board, result


def convert(
    source: object,
    signature: str | None = None,
    output: str | Path | None = None,
    *,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    sample: str | Path | Mapping[str, Any] | None = None,
    data: str | Path | Mapping[str, Any] | None = None,
    metric: str | None = None,
    repair: bool | Settings = False,
    verify: bool = True,
    rules: RuleSet | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    trust_lambda: bool = False,
    provider: object = None,
    max_iterations: int = 5,
    sandbox: bool = True,
    dump_ir: str | Path | None = None,
    style: str = "modules",
    batch_norm_momentum: float | None = None,
    dropout: float | Mapping[str, float] | None = None,
    channels_first_io: bool = False,
    seed: int = 0,
    progress: Progress | None = None,
) -> Port:
    """Port a TensorFlow model to PyTorch source: a path (SavedModel, GraphDef, .keras,
    .h5, .meta) or a live tf.function, ConcreteFunction, tf.Module or Keras model.

    ``inputs``/``outputs``: tensor names of a graph without signatures. ``sample``:
    inputs for the verifier, as TensorFlow takes them (npz path, or arrays by name).
    ``data``, ``metric``: rows with labels; auc, accuracy, rmse, logloss or ndcg.
    Without ``output`` the port lives in a temporary folder that goes with the object.
    ``repair``: what the verifier flags, by ``provider`` or Settings. The rest: Form."""
    say, ends = progress or (lambda stage: None), (inputs, outputs)
    form = Form(style, batch_norm_momentum, dropout, channels_first_io, dump_ir)
    parsed = _parse(source, signature, ends, custom_objects, trust_lambda, say)
    settings = _settings(repair, provider, max_iterations, output)
    checks = Checks(sample, (data, metric), verify, settings, rules, sandbox, seed, say)
    return _finish(_compile(parsed, rules, form, say), source, output, checks)


def _compile(
    parsed: Source,
    rules: RuleSet | None,
    form: Form,
    say: Progress,
) -> Compiled:
    from tf2torch.transpiler.garbage import few_collections
    from tf2torch.transpiler.pipeline import Options, compile_source

    options = Options(
        rules=rules,
        dump=None if form.dump_ir is None else Path(form.dump_ir),
        flat=form.style == "flat",
        batch_norm_momentum=form.batch_norm_momentum,
        dropout=form.rates,
        channels_first=form.channels_first_io,
        progress=say,
    )
    with few_collections():
        return compile_source(parsed, options)


def _settings(
    repair: bool | Settings,
    provider: object,
    max_iterations: int,
    output: str | Path | None,
) -> Settings | None:
    """None: no repair. A transcript beside ``output`` outlives a run that is cut."""
    from tf2torch.repair import Budget, Settings

    if repair is False:
        return None
    settings = repair
    if settings is True:
        settings = Settings(provider, budget=Budget(max_iterations))
    if output is None or settings.transcript is not None:
        return settings
    beside = Path(output).absolute()
    return replace(settings, transcript=beside.with_name(f"{beside.name}.repair.jsonl"))


def _finish(
    compiled: Compiled, source: object, output: str | Path | None, checks: Checks
) -> Port:
    """Write, prove and move into place."""
    from tf2torch.transpiler.emit.folder import staged, write_port

    kept = None
    if output is None:
        kept = tempfile.TemporaryDirectory(prefix="tf2torch-")
        output = Path(kept.name) / "port"
    output = Path(output).absolute()
    path = compiled.source.path
    with staged(output) as work:
        checks.say("write")
        write_port(compiled, work)
        original = source if path is None else Path(path)
        report, repaired = checks.run(work, original, compiled)
    text = (output / "model.py").read_text()
    found = compiled.hints
    if report is not None:
        found = _merged(found, report.hints)
    return Port(output, text, compiled.class_name, report, found, kept, repaired)


def start_tensorflow() -> None:
    """Import TensorFlow without the notes on CPU and GPU that it writes to stderr.

    They come from C++ before any logging level applies, so the descriptor itself is
    turned aside for the time of the import.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "tensorflow" in sys.modules:
        return
    sys.stderr.flush()
    kept = os.dup(2)
    aside = os.open(os.devnull, os.O_WRONLY)
    os.dup2(aside, 2)
    try:
        import tensorflow  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(aside)


def preload() -> None:
    """Import all that a conversion needs, and run nothing: for a process that forks
    for each conversion."""
    start_tensorflow()
    import torch  # noqa: F401

    from tf2torch import repair, rules, transpiler
    from tf2torch.rules import all_rules, lifts
    from tf2torch.transpiler.emit.helper_sources import helper_names

    for package in (rules, lifts, transpiler, repair):
        places = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        for module in places:
            if ".helpers" not in module.name:  # text that goes into ports
                importlib.import_module(module.name)
    all_rules()
    helper_names()


def _parse(
    source: object,
    signature: str | None,
    ends: tuple[Sequence[str] | None, Sequence[str] | None],
    custom_objects: Mapping[str, Any] | None,
    trust_lambda: bool,
    say: Progress,
) -> Source:
    from tf2torch.transpiler import frontends
    from tf2torch.transpiler.garbage import few_collections

    if isinstance(source, str):
        source = Path(source)
    if isinstance(source, Path) and not source.is_dir():
        frontends.detect(source)  # what is no model is told at once
    say("start TensorFlow")
    start_tensorflow()
    say("read")
    with few_collections():
        return frontends.load(
            source,
            signature=signature,
            inputs=ends[0],
            outputs=ends[1],
            custom_objects=custom_objects,
            trust_lambda=trust_lambda,
        )


def _merged(first: tuple[Hint, ...], second: tuple[Hint, ...]) -> tuple[Hint, ...]:
    """Both, without repeating a gap that the verifier found again, and without those
    that a repair has closed."""
    from tf2torch.diagnostics import Code

    gaps = any(h.code is Code.UNSUPPORTED_OP for h in second)
    if not gaps:
        first = tuple(h for h in first if h.code is not Code.UNSUPPORTED_OP)
    rest = (h for h in second if not (gaps and h.code is Code.UNSUPPORTED_OP))
    merged = (*first, *rest)
    return tuple(sorted(merged, key=lambda h: (h.priority, h.code.value, h.region)))


def inspect(source: object) -> dict[str, Any]:
    """Signatures, ops and coverage of a model, before any conversion.

    TensorFlow starts only where protos do not tell; ``reasons`` is why of ``missing``.
    """
    from tf2torch.rules import all_rules
    from tf2torch.rules.coverage import is_covered
    from tf2torch.rules.limits import why_unported
    from tf2torch.transpiler.frontends import describe, protos_tell

    source = Path(source) if isinstance(source, str) else source
    found = protos_tell(source) if isinstance(source, Path) else None
    if found is None:
        start_tensorflow()
        found = describe(source)
    rules = all_rules()
    ops: dict[str, int] = found.get("ops", {})
    missing = {op: n for op, n in ops.items() if not is_covered(op, rules)}
    found["missing"] = missing
    return found | {"reasons": {op: why_unported(op) for op in missing}}


def verify(
    port: str | Path,
    source: object = None,
    *,
    sample: str | Path | Mapping[str, Any] | None = None,
    data: str | Path | Mapping[str, Any] | None = None,
    metric: str | None = None,
    keys: str | Path | Mapping[str, str | None] | None = None,
    signature: str | None = None,
    seed: int = 0,
    sandbox: bool = True,
    progress: Progress | None = None,
) -> Scoreboard:
    """Prove a port folder (again), also one that a person has edited since.

    One written by hand (model.py and its weights in ``*.safetensors``) needs the
    ``source``, once, and gets its provenance.json: entries of its state_dict are found
    by their values; ``keys`` (a JSON file, or a dict) names the variables of those for
    which that is not enough."""
    from tf2torch.verify import verify as run_verifier

    folder = Path(port)
    if keys is not None or not (folder / "provenance.json").is_file():
        _describe(folder, source, signature, keys, progress or (lambda stage: None))
    return run_verifier(
        folder,
        source,
        sample=sample,
        data=data,
        metric=metric,
        seed=seed,
        progress=progress,
        sandbox=sandbox,
    )


def _describe(
    folder: Path,
    source: object,
    signature: str | None,
    keys: str | Path | Mapping[str, str | None] | None,
    say: Progress,
) -> None:
    """The provenance.json of a port that was written by hand."""
    from tf2torch.key_map import read_keys, write_provenance
    from tf2torch.transpiler.emit.provenance import provenance

    if source is None:
        raise SourceError(
            f"{folder} has no provenance.json: name the original with --source (or "
            "source=), and it is written"
        )
    if keys is None or isinstance(keys, str | Path):
        keys = read_keys(None if keys is None else Path(keys))
    parsed = _parse(source, signature, (None, None), None, False, say)
    described = provenance(_compile(parsed, None, Form(), say))
    write_provenance(folder, described, parsed.variables, keys)
