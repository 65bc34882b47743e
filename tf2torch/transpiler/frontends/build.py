"""Bodies → one graph of the TF dialect: calls inlined, control flow as regions.

before: ``StatefulPartitionedCall(x, handle; f=layer)`` over a library
after:  ``MatMul(x, ReadVariableOp(Variable dense/kernel))``
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import (
    Attr,
    Const,
    FunctionRef,
    Node,
    Op,
    Origin,
    Out,
    Variable,
)
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.frontends import scopes
from tf2torch.transpiler.frontends.body import Body, Library, RawNode, Ref
from tf2torch.transpiler.frontends.effects import acts
from tf2torch.transpiler.frontends.order import running
from tf2torch.transpiler.frontends.schema import Result, array
from tf2torch.transpiler.frontends.tables import INITIALISERS
from tf2torch.transpiler.frontends.tasks import Task

# Handles whose meaning the front end knows (variables and tables).
LEAF_OPS = frozenset(
    "VarHandleOp VariableV2 Variable AutoReloadVariable HashTable HashTableV2 "
    "MutableHashTable MutableHashTableV2 MutableDenseHashTable "
    "MutableDenseHashTableV2 MutableHashTableOfTensors MutableHashTableOfTensorsV2 "
    "AnonymousHashTable AnonymousMutableHashTable AnonymousMutableDenseHashTable "
    "AnonymousMutableHashTableOfTensors".split()
)
CALL_OPS = frozenset({"PartitionedCall", "StatefulPartitionedCall", "BatchFunction"})
PASSING = frozenset({"Identity", "RefIdentity", "PlaceholderWithDefault"})
# TF1 writes through a reference → the same write through a handle. Their result, the
# reference, is the variable itself: whoever reads it reads the variable anew.
REFERENCE_WRITES = {
    "Assign": "AssignVariableOp",
    "AssignAdd": "AssignAddVariableOp",
    "AssignSub": "AssignSubVariableOp",
    **{
        f"Scatter{how}": f"ResourceScatter{how}"
        for how in (
            "Update",
            "Add",
            "Sub",
            "Mul",
            "Div",
            "Min",
            "Max",
            "NdUpdate",
            "NdAdd",
            "NdSub",
        )
    },
    **{
        f"{rows}Apply{optimizer}": f"Resource{rows}Apply{optimizer}"
        for rows in ("", "Sparse")
        for optimizer in (
            "Adadelta Adagrad AdagradDA AdagradV2 Adam AdaMax AddSign CenteredRMSProp "
            "Ftrl FtrlV2 GradientDescent Momentum PowerSign ProximalAdagrad "
            "ProximalGradientDescent RMSProp"
        ).split()
    },
}
# Regions in regions; every pass after this one recurses into them.
MAX_DEPTH = 60
# A file of a few kilobytes can call functions that double at each level.
MAX_NODES = 5_000_000
# The attribute by which a traced Keras model marks its dropout layers.
DROPOUT_MARK = "_tf2torch_dropout"

# What an op of unknown schema is taken to give when nobody reads it.
ONE = (Result("float32"),)

Leaf = Callable[[RawNode, str], "Node | None"]


@dataclass
class Frame:
    """Where a body is being built: its place, and the effects of its graph so far."""

    prefix: str = ""
    scope: tuple[str, ...] = ()
    effects: list[Node] = field(default_factory=list)
    calls: tuple[str, ...] = ()
    depth: int = 0

    def origin(self, name: str) -> Origin:
        return scopes.origin(self.scope, self.prefix, name)

    def inside(self, raw: RawNode, part: str = "", call: str = "") -> Frame:
        """The frame of a call, or with ``part`` of a region (with its own effects)."""
        effects: list[Node] = [] if part else self.effects
        depth = self.depth + (1 if part else 0)
        if depth > MAX_DEPTH:
            raise SourceError(
                f"'{raw.name}' nests loops and branches more than {MAX_DEPTH} deep: "
                "the file is damaged or hostile"
            )
        if raw.bodies:  # v1 nodes keep the names that they have in the graph
            return Frame(self.prefix, self.scope, effects, self.calls, depth)
        prefix = f"{self.prefix}{raw.name}/" + (f"{part}/" if part else "")
        calls = (*self.calls, call) if call else self.calls
        scope = scopes.extend(self.scope, raw.name)
        return Frame(prefix, scope, effects, calls, depth)


@dataclass
class Builder:
    """Builds bodies; ``leaf`` gives handles their meaning (None: leave the op)."""

    library: Library
    leaf: Leaf
    dropout: dict[str, bytes] = field(default_factory=dict)
    table_inits: list[Op] = field(default_factory=list)
    built: int = 0
    passing: dict[tuple[int, int], int | None] = field(default_factory=dict)

    def body(self, body: Body, args: Sequence[Node], frame: Frame) -> Task[list[Node]]:
        """The results of ``body`` applied to ``args``."""
        from tf2torch.transpiler.frontends.gradients import custom_gradient
        from tf2torch.transpiler.frontends.regions import nested

        values: dict[Ref, Node] = dict(zip(body.args, args, strict=True))
        for raw in running(body, self.library):
            self._count()
            inputs = [_value(values, ref, body) for ref in raw.inputs]
            inner = nested(self, raw, inputs, frame) or custom_gradient(
                self, raw, inputs, values, frame, body
            )
            found = (yield inner) if inner else self.plain(raw, inputs, frame)
            for port, node in enumerate(found):
                if (raw.name, port) not in body.arg_refs:
                    values[raw.name, port] = node
        return [_value(values, ref, body) for _, ref in body.returns]

    def _count(self) -> None:
        self.built += 1
        if self.built > MAX_NODES:
            raise SourceError(
                f"the model has more than {MAX_NODES:,} nodes once its functions are "
                "inlined: it is damaged or hostile"
            )

    def plain(self, raw: RawNode, inputs: list[Node], frame: Frame) -> list[Node]:
        """The results of a node that holds no function."""
        if raw.op in LEAF_OPS or raw.op == "Const":
            found = self.leaf(raw, frame.prefix + raw.name)
            if found is not None:
                return [found]
        if raw.op == "Const":
            return [self._const(raw, frame)]
        if raw.op in PASSING and inputs:
            passed = self._pass(raw, inputs[0], frame)
            if passed is not None:
                return [passed]
        return self._op(raw, inputs, frame)

    def _const(self, raw: RawNode, frame: Frame) -> Const:
        if "value" not in raw.attrs:
            raise SourceError(
                f"constant '{raw.name}' has no value: the graph is damaged"
            )
        value = array(raw.attrs["value"].tensor)
        kind = TensorType(
            self.library.schemas.dtype(raw.attrs["dtype"].type), value.shape
        )
        return Const(value, types=(kind,), origin=frame.origin(raw.name))

    def _pass(self, raw: RawNode, value: Node, frame: Frame) -> Node | None:
        """Identities of handles vanish; one over a TF1 reference is its read."""
        if raw.op == "PlaceholderWithDefault":
            return self.read(value, frame) if isinstance(value, Variable) else value
        if DROPOUT_MARK in raw.attrs:
            self.dropout[frame.prefix + raw.name] = raw.attrs[DROPOUT_MARK].s
        if value.dtype != "resource":
            return None
        kind = raw.attrs["T"].type if "T" in raw.attrs else 0
        if raw.op == "RefIdentity" or self.library.schemas.dtype(kind) == "resource":
            return value
        return self.read(value, frame, raw.name)

    def read(self, variable: Node, frame: Frame, name: str = "") -> Node:
        """The value of a TF1 variable that is used like a tensor."""
        assert isinstance(variable, Variable)
        origin = frame.origin(name) if name else variable.origin
        dtype = variable.info.dtype
        types = (TensorType(dtype, None),)
        op = Op(
            "ReadVariableOp", (variable,), {"dtype": dtype}, types=types, origin=origin
        )
        frame.effects.append(op)
        return op

    def _op(self, raw: RawNode, inputs: list[Node], frame: Frame) -> list[Node]:
        schemas, op_def = self.library.schemas, self.library.op_def(raw.op)
        if raw.op in REFERENCE_WRITES and isinstance(inputs[0], Variable):
            return self._write(raw, inputs[0], inputs[1:], frame)
        if any(isinstance(node, Variable) for node in inputs):
            inputs = self._read_references(raw, inputs, frame)
        results = raw.results
        if results is None:
            results = schemas.results(op_def, raw.attrs) if op_def else ONE
        node = Op(
            raw.op,
            tuple(inputs),
            self._described(schemas.attrs(op_def, raw.attrs)),
            types=tuple(TensorType(r.dtype, None) for r in results),
            origin=frame.origin(raw.name),
        )
        if raw.op in INITIALISERS:
            self.table_inits.append(node)
        if acts(raw.op, op_def):
            frame.effects.append(node)
        return outs(node)

    def _described(self, attrs: dict[str, Attr]) -> dict[str, Attr]:
        """Functions that an op takes, with what they do."""
        return {
            name: replace(value, does=operation(self.library, value.name))
            if isinstance(value, FunctionRef)
            else value
            for name, value in attrs.items()
        }

    def _write(
        self, raw: RawNode, target: Variable, inputs: list[Node], frame: Frame
    ) -> list[Node]:
        """A write through a TF1 reference as a write through the handle."""
        op = REFERENCE_WRITES[raw.op]
        given = self.library.schemas.attrs(self.library.op_def(raw.op), raw.attrs)
        named = {**given, "dtype": given.get("T", target.info.dtype)}
        op_def = self.library.op_def(op)
        known = {attr.name for attr in op_def.attr} if op_def is not None else set()
        values = self._read_references(raw, [target, *inputs], frame)
        node = Op(
            op,
            tuple(values),
            {key: value for key, value in named.items() if key in known},
            types=(),
            origin=frame.origin(raw.name),
        )
        frame.effects.append(node)
        return [target]

    def _read_references(
        self, raw: RawNode, inputs: list[Node], frame: Frame
    ) -> list[Node]:
        """A variable stays a handle only where the op asks for one."""
        op_def = self.library.op_def(raw.op)
        if op_def is None:
            return inputs
        wanted = self.library.schemas.operands(op_def, raw.attrs)
        return [
            self.read(node, frame)
            if isinstance(node, Variable) and not (r.ref or r.dtype == "resource")
            else node
            for node, r in zip(inputs, wanted, strict=False)
        ]


def outs(node: Node) -> list[Node]:
    """The results of ``node`` as nodes: itself, or one Out each."""
    if len(node.types) == 1:
        return [node]
    return [
        Out(node, i, types=(kind,), origin=node.origin)
        for i, kind in enumerate(node.types)
    ]


def operation(library: Library, name: str) -> str:
    """See :class:`~tf2torch.ir.nodes.FunctionRef`."""
    if name not in library:
        return ""
    body = library.body(name)
    args = {ref: i for i, ref in enumerate(body.args)}

    def behind(ref: Ref) -> Ref:
        while ref not in args and body.nodes[ref[0]].op == "Identity":
            ref = body.nodes[ref[0]].inputs[0]
        return ref

    if len(body.returns) != 1:
        return ""
    result = behind(body.returns[0][1])
    if result in args:
        return str(args[result])
    node = body.nodes[result[0]]
    operands = tuple(behind(ref) for ref in node.inputs)
    return node.op if operands == tuple(body.args[: len(operands)]) else ""


def _value(values: dict[Ref, Node], ref: Ref, body: Body) -> Node:
    try:
        return values[ref]
    except KeyError:
        raise SourceError(
            f"graph '{body.name}' reads '{ref[0]}:{ref[1]}', which does not exist: "
            "the file is damaged"
        ) from None
