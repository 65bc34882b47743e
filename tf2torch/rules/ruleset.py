"""Rules as values: a set of them, addition, and typed attributes.

    rules = RuleSet("nn")

    @dataclass(frozen=True)
    class BiasAddAttrs:
        data_format: Literal["NHWC", "NCHW"] = "NHWC"

    @rules.rule("BiasAdd")
    def bias_add(x: Node, bias: Node, *, attrs: BiasAddAttrs) -> Node: ...

Tensors come positionally in the order of the op's schema (a list argument is one
tuple), attributes as one frozen dataclass. A rule that takes ``out`` gets the types
that TensorFlow inferred for the results. A rule for an op with several results
returns a tuple of nodes. :class:`Decline` says why a rule will not port a node.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any

from tf2torch.ir.nodes import Attr, Node
from tf2torch.ir.types import TensorType

Result = Node | tuple[Node, ...]


@dataclass(frozen=True)
class Decline:
    """The rule does not port this node, and why."""

    reason: str


RuleFunction = Callable[..., "Result | Decline"]
Written = typing.TypeVar("Written", bound=RuleFunction)


@dataclass(frozen=True)
class Rule:
    """One TF op's lowering. ``family`` is the rule set that it was written in.

    ``host``: what it emits is Python and numpy, not torch.
    """

    op: str
    family: str
    function: RuleFunction
    attrs: type | None
    wants_out: bool
    where: str
    host: bool = False

    def __call__(
        self,
        operands: tuple[Node | tuple[Node, ...], ...],
        attrs: Mapping[str, Attr],
        out: tuple[TensorType, ...],
    ) -> Result | Decline:
        """Apply the rule; ``attrs`` has every attribute that shapes no operand."""
        named: dict[str, Any] = {}
        if self.attrs is not None:
            named["attrs"] = read_attrs(self.attrs, attrs, self.op)
        elif attrs:
            unread_attrs_error(self.op, attrs)
        if self.wants_out:
            named["out"] = out
        return self.function(*operands, **named)


def read_attrs(cls: type, attrs: Mapping[str, Attr], op: str) -> object:
    """An instance of ``cls``; an attribute that no field reads is an error."""
    assert is_dataclass(cls)
    known = {f.name: f for f in fields(cls)}
    extra = {k: v for k, v in attrs.items() if k not in known}
    if extra:
        unread_attrs_error(op, extra)
    missing = [
        n
        for n, f in known.items()
        if n not in attrs and f.default is MISSING and f.default_factory is MISSING
    ]
    if missing:
        raise TypeError(f"{op} has no attributes called {', '.join(missing)}")
    return cls(**{k: v for k, v in attrs.items() if k in known})


def unread_attrs_error(op: str, attrs: Mapping[str, Attr]) -> typing.NoReturn:
    raise TypeError(f"{op}: no field of the rule reads {', '.join(sorted(attrs))}")


@dataclass
class RuleSet:
    """A named set of rules; ``a + b`` is their union and a clash is an error.

    ``strings`` holds what replaces a rule where an operand or a result is a string
    tensor: in a port those are numpy object arrays, which torch cannot reshape.
    ``host`` marks a family whose ports run on the host.
    """

    name: str
    rules: dict[str, Rule] = field(default_factory=dict)
    strings: dict[str, Rule] = field(default_factory=dict)
    host: bool = False

    def rule(self, *ops: str, strings: bool = False) -> Callable[[Written], Written]:
        """Register a function as the rule for each of ``ops``."""

        def register(function: Written) -> Written:
            for op in ops:
                self.add(op, function, strings)
            return function

        return register

    def table(
        self, make: Callable[[str], RuleFunction], rows: Mapping[str, str]
    ) -> None:
        """Rules for the trivial: op → the argument of ``make``."""
        for op, argument in rows.items():
            self.add(op, make(argument))

    def add(self, op: str, function: RuleFunction, strings: bool = False) -> None:
        hints = typing.get_type_hints(function)
        parameters = inspect.signature(function).parameters
        where = _where(function)
        attrs, wants_out = hints.get("attrs"), "out" in parameters
        rule = Rule(op, self.name, function, attrs, wants_out, where, self.host)
        _put(self.strings if strings else self.rules, rule)

    def __add__(self, other: RuleSet) -> RuleSet:
        both = RuleSet(self.name, dict(self.rules), dict(self.strings))
        for rule in other.rules.values():
            _put(both.rules, rule)
        for rule in other.strings.values():
            _put(both.strings, rule)
        return both

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    def get(self, op: str, strings: bool = False) -> Rule | None:
        """The rule for ``op``; ``strings`` says that a string tensor takes part."""
        general = self.rules.get(op)
        return self.strings.get(op, general) if strings else general

    def without(self, *ops: str) -> RuleSet:
        """The set less some ops (to test gaps and repair)."""
        kept = {k: v for k, v in self.rules.items() if k not in ops}
        strings = {k: v for k, v in self.strings.items() if k not in ops}
        return RuleSet(self.name, kept, strings)


def _put(rules: dict[str, Rule], rule: Rule) -> None:
    if rule.op in rules:
        first = rules[rule.op].where
        raise ValueError(f"two rules for {rule.op}: {first} and {rule.where}")
    rules[rule.op] = rule


def _where(function: RuleFunction) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else "?"
