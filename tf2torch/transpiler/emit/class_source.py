"""The text of one class: constructor and forward."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby

from tf2torch import pycode
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import (
    Block,
    Blocks,
    Call,
    Const,
    CustomGradient,
    Family,
    Module,
    Node,
    Option,
    Param,
    Raw,
    Unported,
)
from tf2torch.pycode import Expr
from tf2torch.transpiler.emit.arguments import Argument
from tf2torch.transpiler.emit.body import Body, Scope, is_size, region_nodes
from tf2torch.transpiler.emit.chains import chain_text, number_range
from tf2torch.transpiler.emit.classes import (
    ClassSpec,
    Program,
    member_key,
    owners,
)
from tf2torch.transpiler.emit.expressions import Expressions, dtype_expr, tensor_literal
from tf2torch.transpiler.emit.gaps import Gaps
from tf2torch.transpiler.emit.gradients import Gradients
from tf2torch.transpiler.emit.hyperparameters import doubled
from tf2torch.transpiler.emit.meanings import Meanings, parameter_names
from tf2torch.transpiler.emit.names import identifier, is_noise, snake, untraced
from tf2torch.transpiler.emit.roles import POSITIONAL, full_config, is_heads
from tf2torch.transpiler.emit.signature import Path, is_literal
from tf2torch.transpiler.emit.wide import wide_header

# State that torch's layers keep without training it.
BUFFERS = frozenset({"running_mean", "running_var", "num_batches_tracked"})


@dataclass(eq=False)
class ClassSource:
    """Writes one class; ``outputs`` names the results of the root class."""

    program: Program
    spec: ClassSpec
    gradients: Gradients
    gaps: Gaps
    parameters: list[str] = field(default_factory=list)
    outputs: list[str] | None = None
    marked: bool = False

    def __post_init__(self) -> None:
        self.slots = self.spec.named_slots()
        self.derived: dict[tuple[Node, Path], str] = {}
        for argument in self.spec.arguments:
            self.derived |= doubled(argument, self.spec)
        self.members: dict[Node, str] = {}
        # The use that holds the numbers of a member; branches may print another first.
        self.first: dict[str, Node] = {}
        for index, name in sorted(self.spec.members.items()):
            node = self.spec.signature.order[index]
            self.members[node] = name
            self.first.setdefault(name, node)
        self.option_of: dict[str, Option] = {}
        for index, option in self.spec.signature.options.items():
            if index in self.spec.members:
                self.option_of[self.spec.members[index]] = option
        self.used: dict[str, Node] = {}
        self.owners = owners(self.spec)

    # --- forward ---------------------------------------------------------------------

    def forward(self) -> list[str]:
        graph = self.spec.graph
        meanings = Meanings(graph)
        scope = Scope(
            self.leaf, self.callee, self.label, meanings.of, self.forward_override
        )
        taken = set(self.gaps.taken)
        body = Body(scope, indent=2, marked=self.marked, reserved=taken)
        names = self.parameters or parameter_names(graph)
        for node, name in zip(graph.inputs, names, strict=True):
            body.names[node] = name
        results = list(graph.results)
        body.write(region_nodes(graph), results)
        body.line(f"return {self.result(body, results)}")
        arguments = [
            f"{n}: {_annotation(i)}" for i, n in zip(graph.inputs, names, strict=True)
        ]
        return [*wide_header(["self", *arguments], self.returns()), *body.lines]

    def returns(self) -> str:
        if self.outputs is not None:
            return "dict[str, Tensor]"
        count = len(self.spec.graph.results)
        if count == 1:
            return _annotation(self.spec.graph.results[0])
        return f"tuple[{', '.join(['Tensor'] * count)}]"

    def result(self, body: Body, results: list[Node]) -> str:
        user = Call("tuple", tuple(results))
        values = [pycode.text(body.operand(r, user)) for r in results]
        if self.outputs is not None:
            pairs = zip(self.outputs, values, strict=True)
            items = [f"{pycode.text(pycode.lit(k))}: {v}" for k, v in pairs]
            return "{" + ", ".join(items) + "}"
        return ", ".join(values)

    def label(self, node: Node) -> str:
        """A value is called like the layer that made it, when a user named that."""
        if is_size(node):
            return "batch" if node.args[1] == 0 else "length"  # type: ignore[attr-defined]
        if self.outputs is None and not self.parameters:
            return ""  # in a block: names of layers are those of one instance
        scope = node.origin.scope
        if not scope or is_noise(scope[-1]):
            return ""
        return identifier(untraced(snake(scope[-1])))

    def callee(self, node: Node) -> Expr:
        if isinstance(node, CustomGradient):
            return self.gradients.callee(node)
        if isinstance(node, Unported):
            return self.gaps.callee(node)
        return pycode.name(f"self.{self.member(node)}")

    def member(self, node: Node) -> str:
        name = self.members[node]
        self.used[name] = self.first[name]
        return name

    def leaf(self, node: Node, user: Node | None) -> Expr:
        if isinstance(node, Const) and node.array.dtype == object:
            return _string_array(node)
        owner = self.owners.get(member_key(node))
        if owner is not None:
            module, suffix = owner
            return pycode.name(f"self.{self.member(module)}.{suffix}")
        if node not in self.members:
            raise AssertionError(
                f"{type(node).__name__} {node.origin} has no attribute"
            )
        return pycode.name(f"self.{self.member(node)}")

    def forward_override(self, node: Node, path: Path) -> Expr | None:
        if is_heads(node, path) and path[-1] == 1:
            return pycode.lit(-1)
        argument = self.slots.get((node, path))
        return None if argument is None else pycode.name(f"self.{argument.name}")

    # --- constructor -----------------------------------------------------------------

    def constructor(self) -> list[str]:
        """Call after :meth:`forward`, which finds out what it needs."""
        if not self.used and not self.spec.arguments:
            return []
        given = [_parameter(a) for a in self.spec.arguments if not a.rule]
        lines = [f"    def __init__({', '.join(['self', *given])}):"]
        lines.append("        super().__init__()")
        for argument in sorted(self.spec.arguments, key=lambda a: a.in_forward):
            if argument.rule and not argument.in_forward:
                lines.append(f"        {argument.name} = {argument.rule}")
            elif argument.in_forward:
                value = argument.rule or argument.name
                lines.append(f"        self.{argument.name} = {value}")
        order = {
            name: i for i, name in enumerate(dict.fromkeys(self.spec.members.values()))
        }
        names = sorted(self.used, key=lambda n: order[n])
        for option, group in groupby(names, key=self.option_of.get):
            indent = " " * 8
            if option is not None:
                lines.append(f"{indent}if {self.flag(option)}:")
                indent += " " * 4
            for name in group:
                text = self.member_statement(name, self.used[name])
                lines.append(indent + text.replace("\n" + " " * 8, "\n" + indent))
        return lines

    def flag(self, option: Option) -> str:
        """The condition on which the constructor makes the layers of ``option``."""
        argument = self.slots[option, ("present",)]
        return f"self.{argument.name}" if argument.rule else argument.name

    def member_statement(self, name: str, node: Node) -> str:
        match node:
            case Module():
                made = f"self.{name} = {pycode.text(self.module(node))}"
                fixed = [] if _is_untrained(node) else _fixed(node)
                frozen = [f"self.{name}.{k}.requires_grad_(False)" for k in fixed]
                return "\n        ".join([made, *frozen])
            case Family():
                return f"self.{name} = {self.family(node)}"
            case Block():
                return f"self.{name} = {pycode.text(self.block(node, node.graph, 0))}"
            case Blocks():
                return chain_text(self, node, name)
            case Param():
                return self.parameter(name, node)
            case Const():
                return self.buffer(name, node)
        raise AssertionError(f"{type(node).__name__} is no member")

    def init_override(self, node: Node, path: Path) -> Expr | None:
        argument = self.slots.get((node, path))
        if argument is None and (node, path) in self.derived:
            return pycode.expr(self.derived[node, path])
        return None if argument is None else pycode.name(argument.name)

    def module(self, node: Module) -> Expr:
        printer = Expressions(self.no_operand, self.init_override)
        positional = POSITIONAL.get(node.cls, 0)
        given = set(dict(node.config))
        settings = [
            (k, v)
            for k, v in full_config(node)
            if k in given or (node, ("config", k)) in self.slots
        ]
        args = [printer.arg(v, node, ("config", k)) for k, v in settings[:positional]]
        named = {
            k: printer.arg(v, node, ("config", k)) for k, v in settings[positional:]
        }
        made = pycode.call(node.cls.removeprefix("helper."), *args, **named)
        if not _is_untrained(node) or node.cls.startswith("helper.FrozenBatchNorm"):
            return made
        return pycode.expr("{made}.requires_grad_(False)", made=made)

    def no_operand(self, node: Node, user: Node) -> Expr:
        raise AssertionError("a constructor argument cannot be a tensor")

    def block(self, node: Node, graph: Graph, index: int) -> Expr:
        """The constructor call of a block: what differs from its defaults."""
        spec = self.program.spec(graph)
        args: list[Expr] = []
        named: dict[str, Expr] = {}
        for argument in spec.arguments:
            value, own = self.block_argument(node, graph, index, argument)
            if argument.rule or (
                argument.has_default and value is None and own == argument.default
            ):
                continue
            value = value or pycode.lit(own)
            plain = pycode.text(value) == argument.name  # f(dim, hidden_dim)
            if (len(args) < 2 or plain) and not named:
                args.append(value)
            else:
                named[argument.name] = value
        return pycode.call(spec.name, *args, **named)

    def block_argument(
        self, node: Node, graph: Graph, index: int, argument: Argument
    ) -> tuple[Expr | None, object]:
        """(what this class got for it, or None; the number itself)"""
        own = argument.values[self.program.signatures[graph]]
        for number in argument.slots:
            value = self.init_override(node, ("child", index, number))
            if value is not None:
                return value, own
        return None, own

    def family(self, node: Family) -> str:
        """A ModuleList; the one number in which the layers differ runs over a tuple."""
        texts = [pycode.text(self.module(m)) for m in node.modules]
        columns = [
            k
            for k, v in node.modules[0].config
            if any(dict(m.config)[k] != v for m in node.modules)
        ]
        if not columns:
            return f"nn.ModuleList({texts[0]} for _ in range({len(texts)}))"
        if len(columns) > 1:
            return f"nn.ModuleList([{', '.join(texts)}])"
        values = [dict(m.config)[columns[0]] for m in node.modules]
        first = node.modules[0]
        config = tuple(
            (k, Raw("size") if k == columns[0] else v) for k, v in first.config
        )
        layer = pycode.text(self.module(replace(first, config=config)))
        sizes = [pycode.text(pycode.lit(v)) for v in values]
        over = number_range(sizes) or f"({', '.join(sizes)})"
        return f"nn.ModuleList({layer} for size in {over})"

    def buffer(self, name: str, node: Const) -> str:
        if is_literal(node):
            return _derivable(name, node, self.init_override(node, ("const",)))
        sizes = [
            self.init_override(node, ("shape", i)) or pycode.lit(s)
            for i, s in enumerate(node.array.shape)
        ]
        named = {} if node.dtype == "float32" else {"dtype": dtype_expr(node.dtype)}
        empty = pycode.text(pycode.call("torch.empty", *sizes, **named))
        return f'self.register_buffer("{name}", {empty})'

    def parameter(self, name: str, node: Param) -> str:
        sizes = [
            self.init_override(node, ("shape", i)) or pycode.lit(s)
            for i, s in enumerate(node.shape or ())
        ]
        named = {} if node.dtype == "float32" else {"dtype": dtype_expr(node.dtype)}
        if not sizes:
            sizes = [pycode.tuple_([])]
        empty = pycode.text(pycode.call("torch.empty", *sizes, **named))
        if node.variable.trainable:
            return f"self.{name} = nn.Parameter({empty})"
        return f'self.register_buffer("{name}", {empty})'


def _fixed(node: Module) -> list[str]:
    """Parameters of torch's module that are not trained: frozen ones, and those that
    TensorFlow's layer has not, as the second bias of an LSTM, which stays zero."""
    return [name for name, value in node.state if _is_fixed(name, value)]


def _is_fixed(name: str, value: Param | Const) -> bool:
    if name in BUFFERS or not value.dtype.startswith("float"):
        return False
    return isinstance(value, Const) or not value.variable.trainable


def _is_untrained(node: Module) -> bool:
    """Is no parameter of the layer trained, though it has some?"""
    own = [(name, value) for name, value in node.state if name not in BUFFERS]
    fixed = all(_is_fixed(name, value) for name, value in own)
    has = any(isinstance(value, Param) for _, value in own)
    return fixed and has


def _derivable(name: str, node: Const, argument: Expr | None) -> str:
    """``argument``: of the constructor, where instances differ in a scalar."""
    made = tensor_literal(node.array, node.dtype)
    if argument is not None:
        made = pycode.call("torch.tensor", argument, dtype=dtype_expr(node.dtype))
    value = pycode.text(made)
    return f'self.register_buffer("{name}", {value}, persistent=False)'


def _string_array(node: Const) -> Expr:
    items = node.array.tolist()
    value = pycode.lit(items) if node.array.ndim == 0 else _nested_strings(items)
    return pycode.call("np.array", value, dtype=pycode.name("object"))


def _nested_strings(items: object) -> Expr:
    if isinstance(items, list):
        return pycode.list_([_nested_strings(i) for i in items])
    return pycode.lit(items)


def _parameter(argument: Argument) -> str:
    if argument.has_default:
        default = pycode.text(pycode.lit(argument.default))
        return f"{argument.name}: {argument.kind} = {default}"
    return f"{argument.name}: {argument.kind}"


def _annotation(node: Node) -> str:
    words = {"string": "np.ndarray", "variant": "list[Tensor]"}
    return words.get(node.dtype, "Tensor")
