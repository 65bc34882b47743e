"""Is model.py source that its owner would have written? Fifteen criteria, measured.

Nothing is run: the figures come from the syntax tree. The same script measures a
hand-written file, so that the two can stand side by side (`bench/readability`).
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tf2torch.verify.syntax import (
    SourceFile,
    attributes_of,
    body_length,
    calls_in,
    length_of,
    methods,
    operations_of,
)

LONGEST_CLASS = 80
MOST_LAYERS = 24
LONGEST_FORWARD, USUAL_FORWARD = 30, 10
LARGEST_LITERAL = 4
LONGEST_NAME = 32
REPEATS = 3
# Names that a framework or a converter made up.
MADE_UP = re.compile(
    r"x\d+|tmp\w*|u|w|.*partitioned_?call.*|"
    r"(\w+_)?(conv\dd|dense|batch_normalization|lstm|gru|embedding|add|multiply|"
    r"activation|dropout|flatten|concatenate|layer_normalization|lambda)_\d+"
)
EXPANSIONS = (
    "torch.rsqrt",
    "rsqrt",
    "torch.erf",
    "torch.einsum",
    "torch.bmm",
    "torch.matmul",
)
BARE = re.compile(r"F\.(linear|conv\dd|conv_transpose\dd|layer_norm|batch_norm|"
                  r"group_norm|embedding|embedding_bag)")  # fmt: skip
NORMS = re.compile(r"nn\.(BatchNorm\dd|LayerNorm|GroupNorm)|BatchNorm\dd")


# Criterion → why a converter leaves it unmet, for the report.
CAUSES = {
    1: "no name and no repeat with weights of its own divides this in the source",
    2: "the blocks read different values, so that no loop runs over them",
    3: "no name and no repeat with weights of its own divides this in the source",
    4: "the source has no name for this, and its use does not tell one",
    5: "the number has no meaning that a parameter could be named after",
    6: "the source was traced with this size",
    7: "the source uses the weight in several ways, and no layer does all of them",
    8: "the source gave the variable no other name",
    9: "the source computes this over the last axis, which no layer of torch does",
    10: "a part of it is computed or chosen at run time, so that no layer fits",
    11: "the layer is one that torch gives these values to by itself",
    12: "the source drops values where no module could stand",
    13: "the source fixes a dtype, or reads strings",
    14: "the shapes or types are not known in the source",
    15: "what the source says has no form that the linter accepts",
}


@dataclass(frozen=True)
class Criterion:
    """``value`` is what was measured; ``why`` names the first places that miss it."""

    number: int
    name: str
    holds: bool
    value: float | str
    why: str = ""

    @property
    def sentence(self) -> str:
        """What is missed, where, and what usually brings that about."""
        return (
            f"criterion {self.number} ({self.name}): {self.why}; {CAUSES[self.number]}"
        )


@dataclass(frozen=True)
class Readability:
    lines: int
    classes: int
    operations: float  # per forward
    criteria: tuple[Criterion, ...]

    @property
    def held(self) -> int:
        return sum(c.holds for c in self.criteria)

    def to_json(self) -> dict[str, Any]:
        return {
            "lines": self.lines,
            "classes": self.classes,
            "operations per forward": round(self.operations, 2),
            "held": self.held,
            "criteria": [asdict(c) for c in self.criteria],
            "misses": [c.sentence for c in self.criteria if not c.holds],
        }


# What Python raises on a text that is no program, or one that is nested too deeply.
NO_PROGRAM = (SyntaxError, ValueError, RecursionError, MemoryError)


def measure(code: str, findings: int = 0) -> Readability:
    """``findings``: what ruff has to say about the file. No criteria, where ``code`` is
    no Python: the static gate has said so."""
    try:
        return _measured(SourceFile(ast.parse(code), code), findings)
    except NO_PROGRAM:
        return Readability(len(code.splitlines()), 0, 0.0, ())


def _measured(file: SourceFile, findings: int) -> Readability:
    checks: tuple[tuple[str, Callable[[SourceFile], _Found]], ...] = (
        ("classes mirror blocks", _classes),
        ("repeats are loops", _repeats),
        ("forward reads top to bottom", _forwards),
        ("names", _names),
        ("hyper-parameters are arguments", _literals),
        ("batch stays symbolic", _batch),
        ("state lives in modules", _state),
        ("keys are an API", _keys),
        ("native layout", _layout),
        ("the idiom, not its expansion", _idioms),
        ("semantics visible", _semantics),
        ("train and eval through modules", _training),
        ("portable", _portable),
        ("typed and documented", _typed),
    )
    made = []
    for number, (name, check) in enumerate(checks, 1):
        value, misses = check(file)
        made.append(Criterion(number, name, not misses, value, "; ".join(misses[:3])))
    why = f"{findings} ruff findings" if findings else ""
    made.append(Criterion(15, "clean and stable", not findings, findings, why))
    forwards = list(file.forwards())
    total = sum(operations_of(f) for f in forwards)
    mean = total / len(forwards) if forwards else 0.0
    lines = len(file.code.splitlines())
    return Readability(lines, len(file.modules), mean, tuple(made))


_Found = tuple[float | str, list[str]]


# --- the criteria, in their order -------------------------------------------------


def _classes(file: SourceFile) -> _Found:
    longest = max((length_of(m) for m in file.modules), default=0)
    misses = [
        f"{m.name} has {length_of(m)} lines"
        for m in file.modules
        if length_of(m) > LONGEST_CLASS
    ]
    for module in file.modules:
        count = sum(isinstance(v, ast.Call) for _, v in attributes_of(module))
        if count > MOST_LAYERS:
            misses.append(f"{module.name} holds {count} layers of its own")
    return longest, misses


def _repeats(file: SourceFile) -> _Found:
    own = {m.name for m in file.modules}
    most, misses = 0, []
    for module in file.modules:
        made = Counter(
            ast.unparse(value)
            for _, value in attributes_of(module)
            if isinstance(value, ast.Call) and ast.unparse(value.func) in own
        )
        for text, count in made.items():
            most = max(most, count)
            if count >= REPEATS:
                misses.append(f"{module.name} makes {count} equal {text}")
    return most, misses


def _forwards(file: SourceFile) -> _Found:
    lengths = {f.lineno: body_length(f) for f in file.forwards()}
    middle = median(lengths.values()) if lengths else 0
    misses = [
        f"the forward at line {line} has {length} lines"
        for line, length in lengths.items()
        if length > LONGEST_FORWARD
    ]
    if middle > USUAL_FORWARD:
        misses.append(f"a forward has {middle} lines in the median")
    return float(middle), misses


def _names(file: SourceFile) -> _Found:
    """The share of x among what forwards assign."""
    targets: Counter[str] = Counter()
    for forward in file.forwards():
        attention = any("attention" in f for _, f in calls_in(forward))
        for node in ast.walk(forward):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                if not (attention and node.id in ("q", "k", "v")):
                    targets[node.id] += 1
    bad = [n for n in targets if MADE_UP.fullmatch(n) or len(n) > LONGEST_NAME]
    for module in file.modules:
        if re.search(r"(?<=[a-z])[2-9]$", module.name) and module is not file.root:
            bad.append(f"class {module.name}")
    total = sum(targets.values())
    share = targets["x"] / total if total else 1.0
    return f"x is {share:.0%} of targets", sorted(bad)


def _derived(forward: ast.FunctionDef) -> Iterator[ast.expr]:
    """Numbers that another is computed from: x / 255, math.log(10)."""
    for node in ast.walk(forward):
        match node:
            case ast.BinOp(op=ast.Div(), right=right):
                yield right
            case ast.Call(func=ast.Attribute(value=ast.Name(id="math")), args=args):
                yield from args


def _literals(file: SourceFile) -> _Found:
    derived = {n for f in file.forwards() for n in _derived(f)}
    found = [
        node
        for forward in file.forwards()
        for statement in forward.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant)
        and type(node.value) is int
        and abs(node.value) > LARGEST_LITERAL
        and node not in derived
    ]
    return len(found), [f"{n.value!r} at line {n.lineno}" for n in found]


def _batch(file: SourceFile) -> _Found:
    misses = []
    for forward in file.forwards():
        for call, func in calls_in(forward):
            if func.rsplit(".", 1)[-1] not in ("reshape", "view") or not call.args:
                continue
            first = call.args[0]
            if isinstance(first, ast.Tuple) and first.elts:
                first = first.elts[0]
            if isinstance(first, ast.Constant) and type(first.value) is int:
                if first.value > 1:
                    misses.append(f"{ast.unparse(call)} at line {call.lineno}")
    return len(misses), misses


def _state(file: SourceFile) -> _Found:
    misses = []
    for forward in file.forwards():
        for call, func in calls_in(forward):
            if BARE.fullmatch(func) and any(
                isinstance(a, ast.Attribute) and isinstance(a.value, ast.Name)
                and a.value.id == "self"
                for a in call.args
            ):  # fmt: skip
                misses.append(f"{func} of a bare parameter at line {call.lineno}")
    for module in file.modules:
        for call, func in calls_in(module):
            if func == "self.register_buffer" and len(call.args) > 1:
                stored = ast.unparse(call.args[1]).startswith("torch.empty")
                derived = any(k.arg == "persistent" for k in call.keywords)
                if not stored and not derived:
                    misses.append(f"a derivable buffer is saved, line {call.lineno}")
    bare = sum(
        ast.unparse(v).startswith("nn.Parameter")
        for m in file.modules
        for _, v in attributes_of(m)
    )
    return f"{bare} bare parameters", misses


def _keys(file: SourceFile) -> _Found:
    names = [name for module in file.modules for name, _ in attributes_of(module)]
    bad = sorted({n for n in names if MADE_UP.fullmatch(n) or len(n) > LONGEST_NAME})
    return len(set(names)), bad


def _layout(file: SourceFile) -> _Found:
    """A normalisation over the last axis between convolutions has its own permutes."""
    total, misses = 0, []
    for module in file.modules:
        text = ast.unparse(module)
        mixed = "LayerNorm" in text and "Conv" in text
        for forward in methods(module, "forward"):
            count = sum(f.endswith(".permute") for _, f in calls_in(forward))
            total += count
            ends = _ends(forward) if module is file.root else 0
            if count > ends + (2 if mixed else 0):
                misses.append(f"{count} permutes in {module.name}")
    return total, misses


def _ends(forward: ast.FunctionDef) -> int:
    """Borders of a forward: its inputs and what it returns."""
    returned = [n for n in ast.walk(forward) if isinstance(n, ast.Return)]
    results = 1
    if returned and isinstance(returned[-1].value, ast.Dict):
        results = len(returned[-1].value.keys)
    return len(forward.args.args) - 1 + results


def _idioms(file: SourceFile) -> _Found:
    misses = []
    for forward in file.forwards():
        for call, func in calls_in(forward):
            if func in EXPANSIONS:
                misses.append(f"{func} at line {call.lineno}")
        for node in ast.walk(forward):
            match node:
                case ast.BinOp(left=ast.Call(func=left), op=ast.MatMult()):
                    text = ast.unparse(left)
                    if text.endswith(".softmax") and "@" in text:
                        misses.append(f"attention written out, line {node.lineno}")
    forwards = list(file.forwards())
    count = sum(map(operations_of, forwards)) / max(1, len(forwards))
    return round(count, 2), misses


def _semantics(file: SourceFile) -> _Found:
    misses = []
    for module in file.modules:
        for call, func in calls_in(module):
            given = {k.arg for k in call.keywords}
            if not NORMS.fullmatch(func) or func in [
                ast.unparse(b) for b in module.bases
            ]:
                continue
            wanted = {"eps"} | ({"momentum"} if "BatchNorm" in func else set())
            if not wanted <= given:
                misses.append(f"{func} at line {call.lineno} leaves its eps open")
    return len(misses), misses


def _training(file: SourceFile) -> _Found:
    """``self.training`` is the only switch."""
    misses = [
        f"{func} at line {call.lineno}"
        for forward in file.forwards()
        for call, func in calls_in(forward)
        if func.startswith("F.") and "dropout" in func
        and not any("self.training" in ast.unparse(k.value) for k in call.keywords)
    ]  # fmt: skip
    return len(misses), misses


def _portable(file: SourceFile) -> _Found:
    misses = []
    strings = "np.ndarray" in file.code
    for node in ast.walk(file.tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            known = top == "torch" or top in sys.stdlib_module_names
            if not known and not (top == "numpy" and strings):
                misses.append(f"imports {name}")
    for forward in file.forwards():
        for call, func in calls_in(forward):
            text = [ast.unparse(k.value) for k in call.keywords if k.arg == "dtype"]
            if func.endswith(".cuda") or "torch.float32" in text:
                misses.append(f"{func} fixes a device or dtype, line {call.lineno}")
    return len(misses), misses


def _typed(file: SourceFile) -> _Found:
    misses = []
    doc = ast.get_docstring(file.tree) or ""
    if "->" not in doc:
        misses.append("the docstring gives no shapes")
    for forward in file.forwards():
        arguments = forward.args.args[1:]
        if forward.returns is None or any(a.annotation is None for a in arguments):
            misses.append(f"the forward at line {forward.lineno} is not annotated")
    return len(misses), misses
