"""The coverage table: each op of TensorFlow's registry is in exactly one state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from tf2torch.rules import registry
from tf2torch.rules.differences import DIFFERENCES
from tf2torch.rules.limits import limit, reason_in, refusal
from tf2torch.rules.ruleset import Rule, RuleSet
from tf2torch.rules.structure import ERASED_FAMILIES, LIFTED_FAMILIES

State = Literal["rule", "host-side", "lift", "erased", "refused", "limit", "open"]
MEANINGS: dict[State, str] = {
    "rule": "a rule ports it to torch",
    "host-side": "a rule ports it to Python and numpy that run on the host",
    "lift": "the front end or a pass turns it into structure",
    "erased": "it has no run-time meaning",
    "refused": "it reaches outside of the process",
    "limit": "a port cannot have it; the note says why",
    "open": "no rule yet",
}
COVERED = frozenset({"rule", "host-side", "lift", "erased"})


@dataclass(frozen=True)
class Row:
    """One TensorFlow op.

    ``dtypes`` are those of the op that torch has, ``gradient`` says whether TensorFlow
    registers one (then the port's is compared with it), ``limits`` are the reasons
    for which the rule declines, ``note`` the formula or the reason of the state.
    """

    op: str
    state: State
    family: str = ""
    dtypes: str = ""
    gradient: str = ""
    limits: tuple[str, ...] = ()
    note: str = ""

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def state(op: str, rules: RuleSet) -> State:
    """The one state of ``op``; the states are disjoint, which a test holds."""
    rule = rules.get(op)
    if rule is not None:
        return "host-side" if rule.host else "rule"
    if reason_in(LIFTED_FAMILIES, op):
        return "lift"
    if reason_in(ERASED_FAMILIES, op):
        return "erased"
    if refusal(op):
        return "refused"
    return "limit" if limit(op) else "open"


def is_covered(op: str, rules: RuleSet) -> bool:
    """Does a rule or the front end take care of this op type?"""
    return state(op, rules) in COVERED


def coverage() -> list[Row]:
    """A row for each op type of TensorFlow's registry, sorted by name."""
    from tf2torch.rules import all_rules

    rules = all_rules()
    return [row(name, rules) for name in registry.names()]


def row(op: str, rules: RuleSet) -> Row:
    rule, where = rules.get(op), state(op, rules)
    if rule is not None:
        return _rule_row(rule, where)
    families = {"lift": LIFTED_FAMILIES, "erased": ERASED_FAMILIES}.get(where)
    note = reason_in(families, op) if families else refusal(op) or limit(op)
    return Row(op, where, note=note or "")


def _rule_row(rule: Rule, where: State) -> Row:
    note = (rule.function.__doc__ or "").strip().split("\n")[0]
    return Row(
        rule.op,
        where,
        rule.family,
        registry.dtypes(rule.op),
        registry.gradient(rule.op),
        registry.declines(rule.function),
        note,
    )


def counts(rows: Sequence[Row]) -> Counter[State]:
    return Counter(item.state for item in rows)


def to_markdown(rows: Sequence[Row]) -> str:
    """The table with its counts, as docs/ops.md holds it."""
    found = counts(rows)
    lines = [f"{len(rows)} op types in TensorFlow's registry:", ""]
    lines += ["| state | ops | meaning |", "|---|---|---|"]
    lines += [f"| {s} | {found[s]} | {m} |" for s, m in MEANINGS.items() if found[s]]
    ported = found["rule"] + found["host-side"]
    lines += ["", f"{ported} op types have a rule.", "", *_left(rows), *_differences()]
    lines.append("| op | state | family | dtypes | gradient | note and limits |")
    lines.append("|---|---|---|---|---|---|")
    return "\n".join([*lines, *map(_line, rows)])


def _left(rows: Sequence[Row]) -> list[str]:
    """Which ops of real models have no rule, by reason."""
    reasons: dict[str, list[str]] = {}
    for item in rows:
        if item.state in ("limit", "refused", "open") and item.op[0] != "_":
            reasons.setdefault(item.note, []).append(item.op)
    lines = ["What is left, by reason:", ""]
    for reason, ops in sorted(reasons.items(), key=lambda pair: (-len(pair[1]), pair)):
        some = ", ".join(ops[:4]) + (", …" if len(ops) > 4 else "")
        lines.append(f"- {len(ops)}: {reason or 'no rule yet'} ({some})")
    return [*lines, ""]


def _differences() -> list[str]:
    """Where a port differs from TensorFlow's kernels, and why it is left so."""
    lines = ["Different by design, where TensorFlow documents no result:", ""]
    lines += [f"- {d.what} ({d.ops.replace(' ', ', ')})" for d in DIFFERENCES]
    return [*lines, ""]


def _line(item: Row) -> str:
    said = [item.note.rstrip("."), *(f"declines: {reason}" for reason in item.limits)]
    note = "; ".join(text for text in said if text).replace("|", "\\|")
    cells = (item.op, item.state, item.family, item.dtypes, item.gradient, note)
    return f"| {' | '.join(cells)} |"
