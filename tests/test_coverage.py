"""Each op of TensorFlow's registry is in one state, and hints repeat its reason."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pytest

from tf2torch.rules import all_rules, registry
from tf2torch.rules.coverage import COVERED, MEANINGS, counts, coverage, state
from tf2torch.rules.gap_families import LIMIT_FAMILIES, REFUSED_FAMILIES
from tf2torch.rules.limits import limit, refusal, why_unported
from tf2torch.rules.structure import ERASED_FAMILIES, LIFTED_FAMILIES

STRUCTURE = LIFTED_FAMILIES + ERASED_FAMILIES
GAPS = LIMIT_FAMILIES + REFUSED_FAMILIES


def test_states_partition_the_registry() -> None:
    rows = coverage()
    assert [row.op for row in rows] == registry.names()
    assert {row.state for row in rows} <= set(MEANINGS)
    assert sum(counts(rows).values()) == len(registry.names())


def test_no_op_is_open() -> None:
    """Each has a rule, or a reason why a port cannot have it."""
    assert not [row.op for row in coverage() if row.state == "open"]


def test_rules_structure_and_gaps_are_disjoint() -> None:
    """An op with a rule is in no family of the structure, neither is in one of gaps."""
    ruled = set(all_rules().rules)
    taken = {op for _, ops in STRUCTURE for op in ops.split()}
    assert not ruled & taken
    assert not {op for op in ruled | taken if refusal(op) or limit(op)}


def test_every_rule_is_for_an_op_that_exists() -> None:
    assert set(all_rules().rules) <= set(registry.names())


@pytest.mark.parametrize("families", [STRUCTURE, GAPS])
def test_no_pattern_is_idle(families: tuple[tuple[str, str], ...]) -> None:
    names = registry.names()
    patterns = [p for _, some in families for p in some.split()]
    idle = [p for p in patterns if not any(fnmatchcase(n, p) for n in names)]
    assert not idle
    assert len(patterns) == len(set(patterns))


def test_gaps_have_reasons() -> None:
    for row in coverage():
        if row.state not in COVERED:
            assert row.note
            assert row.note in why_unported(row.op)


def test_state_follows_the_rules_given() -> None:
    rules = all_rules()
    assert state("Relu", rules) == "rule"
    assert state("Relu", rules.without("Relu")) == "open"
    assert state("StringLower", rules) == "host-side"
    assert state("While", rules) == "lift"
    assert state("SaveV2", rules) == "erased"
    assert state("ReadFile", rules) == "refused"
    assert state("IteratorGetNext", rules) == "limit"


def test_dtypes_and_gradient_come_from_the_registry() -> None:
    assert registry.dtypes("Relu") == "float, int"
    assert registry.dtypes("StringLower") == "string"
    assert registry.dtypes("Identity") == "any"
    assert registry.gradient("Relu") == "yes"
    assert registry.gradient("Shape") == "none"


def test_limits_of_a_rule_are_read_from_its_source() -> None:
    rule = all_rules().get("RandomShuffle")
    assert rule is not None
    reasons = registry.declines(rule.function)
    assert reasons == ("what is shuffled has no known rank",)


def _file(tf: Any) -> Any:
    return tf.function(lambda name: tf.raw_ops.ReadFile(filename=name)), "string"


def _python(tf: Any) -> Any:
    return tf.function(lambda x: tf.py_function(lambda v: v, [x], "float32")), "float32"


def _summary(tf: Any) -> Any:
    def function(x: Any) -> Any:
        return tf.raw_ops.ScalarSummary(tags="loss", values=x)

    return tf.function(function), "float32"


def _queue(tf: Any) -> Any:
    def function(x: Any) -> Any:
        queue = tf.raw_ops.FIFOQueueV2(component_types=["float32"])
        return tf.raw_ops.QueueSizeV2(handle=queue)

    return tf.function(function), "float32"


@pytest.mark.parametrize(
    ("make", "op"),
    [
        (_file, "ReadFile"),
        (_python, "EagerPyFunc"),
        (_summary, "ScalarSummary"),
        (_queue, "QueueSizeV2"),
    ],
)
def test_hints_say_why(make: Callable[[Any], Any], op: str) -> None:
    """The port raises there, the hint has the op's reason."""
    import tensorflow as tf

    from tests.ops.runner import Port

    function, dtype = make(tf)
    port = Port(function.get_concrete_function(tf.TensorSpec([], dtype, name="x")))
    hints = {h.message.split(":")[0]: h for h in port.hints}
    assert why_unported(op) in hints[op].message
    assert hints[op].code.value == "UNSUPPORTED_OP"
    reason = refusal(op)
    if reason is not None:
        assert "refused" in hints[op].message
    assert "NotImplementedError" in port.text


@pytest.mark.parametrize("op", ["ReadFile", "ImmutableConst", "MatchingFiles"])
def test_no_refused_op_is_folded(op: str) -> None:
    """Also not those that the registry calls free of side effects."""
    from tf2torch.transpiler import tf_ops

    attrs = {"dtype": "float32", "shape": (1,), "memory_region_name": "/etc/passwd"}
    operands = [] if op == "ImmutableConst" else [("string", np.array(b"/etc/hosts"))]
    assert tf_ops.fold(op, attrs if not operands else {}, operands) is None


def test_every_gap_is_told_by_a_conversion() -> None:
    """Each op that no rule ports prints its own reason, also what a pass left over."""
    import tensorflow as tf

    from tests.ops.runner import Port

    def function(keys: Any) -> Any:
        table = tf.raw_ops.AnonymousMutableHashTable(
            key_dtype="int64", value_dtype="int64"
        )
        tf.raw_ops.LookupTableInsertV2(table_handle=table, keys=keys, values=keys)
        return tf.raw_ops.LookupTableSizeV2(table_handle=table)

    spec = tf.TensorSpec([None], tf.int64)
    port = Port(tf.function(function).get_concrete_function(spec))
    found = {h.message.split(":")[0]: h.message for h in port.hints}
    assert "made or used in a way" in found["AnonymousMutableHashTable"]
    assert "changes a lookup table" in found["LookupTableInsertV2"]
    assert not any("no rule ports it yet" in message for message in found.values())


def test_inspection_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    from tf2torch.inspection import print_inspection

    rows = [row for row in coverage() if row.state in ("limit", "refused")]
    missing = {row.op: 2 for row in rows}
    reasons = {op: why_unported(op) for op in missing}
    print_inspection({"missing": missing, "reasons": reasons})
    printed = " ".join(capsys.readouterr().out.split())
    for row in rows:
        assert f"{row.op} (2): " in printed
        assert " ".join(row.note.split()) in printed
