"""The coverage table: each op of TensorFlow's registry is in exactly one state."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tf2torch.rules.limits import LIMITS
from tf2torch.rules.ruleset import RuleSet

# Ops that need no rule: the front end or an early pass takes them away.
STRUCTURAL = frozenset(
    {"Const", "Placeholder", "PlaceholderWithDefault", "NoOp", "VarHandleOp"}
    | {"VariableV2", "Variable", "ReadVariableOp", "_Arg", "_Retval", "_DeviceArg"}
    | {"PartitionedCall", "StatefulPartitionedCall", "If", "StatelessIf", "While"}
    | {"StatelessWhile", "Case", "StatelessCase", "Switch", "Merge", "Enter", "Exit"}
    | {"NextIteration", "LoopCond", "RefEnter", "RefExit", "RefSwitch", "RefMerge"}
    | {"RefNextIteration", "ControlTrigger", "HashTableV2", "HashTable"}
    | {"MutableHashTableV2", "MutableHashTable", "AnonymousHashTable"}
    | {"MutableDenseHashTableV2", "MutableDenseHashTable"}
    | {"MutableHashTableOfTensorsV2", "MutableHashTableOfTensors"}
    | {"AnonymousMutableHashTable", "AnonymousMutableDenseHashTable"}
    | {"AnonymousMutableHashTableOfTensors", "LookupTableImport"}
    | {"InitializeTable", "InitializeTableFromTextFile"}
    | {"InitializeTableV2", "InitializeTableFromTextFileV2", "LookupTableImportV2"}
    | {"Assert", "SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"}
)
# Ops that touch files, processes or the network; a model that holds one is hostile
# or has no meaning outside of its program.
REFUSED = frozenset(
    {
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "PyFunc",
        "PyFuncStateless",
        "EagerPyFunc",
    }
)


@dataclass(frozen=True)
class Row:
    """One TensorFlow op. ``state``: rule, erased, refused, limit or open."""

    op: str
    state: str
    family: str = ""
    note: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def is_covered(op: str, rules: RuleSet) -> bool:
    """Does a rule or the front end take care of this op type?"""
    return op in rules.rules or op in STRUCTURAL


def coverage() -> list[Row]:
    """A row for each op type of TensorFlow's registry, sorted by name."""
    import tensorflow as tf

    from tf2torch.rules import all_rules

    rules = all_rules()
    names = [n for n in dir(tf.raw_ops) if n[0].isupper()]
    return [row(name, rules) for name in sorted({*names, *rules.rules})]


def row(op: str, rules: RuleSet) -> Row:
    rule = rules.get(op)
    if rule is not None:
        note = (rule.function.__doc__ or "").strip().split("\n")[0]
        return Row(op, "rule", rule.family, note)
    if op in STRUCTURAL:
        return Row(op, "erased", "structure", "taken away by the front end")
    if op in REFUSED:
        return Row(op, "refused", "", "touches files or processes")
    if op in LIMITS:
        return Row(op, "limit", "", LIMITS[op])
    return Row(op, "open")


def to_markdown(rows: list[Row]) -> str:
    """The table with its counts, as docs/ops.md holds it."""
    counts: dict[str, int] = {}
    for item in rows:
        counts[item.state] = counts.get(item.state, 0) + 1
    total = ", ".join(f"{n} {state}" for state, n in sorted(counts.items()))
    lines = [f"{len(rows)} op types: {total}.", "", "| op | state | family | note |"]
    lines.append("|---|---|---|---|")
    lines += [f"| {r.op} | {r.state} | {r.family} | {r.note} |" for r in rows]
    return "\n".join(lines)
