"""From a graph with nested blocks to classes: members, arguments, names.

Blocks of equal structure are one class. Its constructor arguments are the numbers in
which its instances differ; numbers that always agree between instances are one
argument.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tf2torch.ir.graph import Graph, users
from tf2torch.ir.nodes import Block, Blocks, Call, Const, Family, Module, Node, Param
from tf2torch.transpiler.emit.arguments import Argument, make_arguments
from tf2torch.transpiler.emit.helper_sources import helper_names
from tf2torch.transpiler.emit.names import (
    KINDS,
    RANDOM,
    RESERVED,
    Namespace,
    camel,
    is_noise,
    snake,
    untraced,
)
from tf2torch.transpiler.emit.purposes import purpose
from tf2torch.transpiler.emit.signature import Path, Signature, sign, walk
from tf2torch.transpiler.emit.titles import spelled

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Names of variables that say nothing beside the name of their layer.
PLAIN = frozenset("embeddings embedding kernel weights weight w value variable".split())

# Names of blocks that say no more than that they are blocks.
PLAIN_WORDS = frozenset("block blocks layer layers conv unit module stage b".split())


@dataclass(eq=False)
class ClassSpec:
    """One class of the emitted file."""

    name: str
    signature: Signature
    instances: list[Signature]
    arguments: list[Argument] = field(default_factory=list)
    # Position in ``signature.order`` → attribute; equal state, equal attribute.
    members: dict[int, str] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        return self.signature.graph

    def named_slots(self) -> dict[tuple[Node, Path], Argument]:
        slots = self.signature.slots
        return {
            (slots[i].node, slots[i].path): a for a in self.arguments for i in a.slots
        }


@dataclass(eq=False)
class Program:
    """All classes, children before parents; the last one is the model."""

    classes: list[ClassSpec]
    by_key: dict[object, ClassSpec]
    signatures: dict[Graph, Signature]

    def spec(self, graph: Graph) -> ClassSpec:
        return self.by_key[self.signatures[graph].key]

    @property
    def root(self) -> ClassSpec:
        return self.classes[-1]


def plan_classes(root: Graph, name: str) -> Program:
    """Classes for ``root`` and every block in it."""
    signatures: dict[Graph, Signature] = {}
    top = sign(root, signatures)
    groups: dict[object, list[Signature]] = {}
    for signature in walk(top):
        group = groups.setdefault(signature.key, [])
        if signature not in group:
            group.append(signature)
    names = Namespace(helper_names())
    root_name = names.claim(root_class(name))
    inner = [g for g in groups.values() if top not in g]
    own_names = iter(_class_names(inner, root_name))
    classes = []
    for group in groups.values():
        first = max(group, key=_parts)
        own = root_name if first is top else names.claim(next(own_names))
        classes.append(ClassSpec(own, first, group))
    program = Program(classes, {c.signature.key: c for c in classes}, signatures)
    for spec in classes:
        spec.members = name_members(spec)
        spec.arguments = make_arguments(spec, program, spec is program.root)
    return program


def root_class(name: str) -> str:
    """The class of the whole model: ``f`` may not become torch's ``F``."""
    made = spelled(name)
    return f"{made}Model" if made in RESERVED | helper_names() else made


def _parts(signature: Signature) -> int:
    """How many of the parts that not every instance has are there."""
    return sum(option.present for option in signature.options.values())


def _class_names(groups: list[list[Signature]], root: str) -> list[str]:
    """One name each: where several are called alike, with what is around them, or
    with letters."""
    plain = [_short(_class_name(g), root) for g in groups]
    around = [f"{_around(g)}{n}" for g, n in zip(groups, plain, strict=True)]
    found = list(plain)
    for name, count in Counter(plain).items():
        if count == 1:
            continue
        places = [i for i, n in enumerate(plain) if n == name]
        wider = [around[i] for i in places]
        lettered = [f"{name}{letter}" for letter in LETTERS[:count]]
        apart = len(set(wider)) == count and not set(wider) & set(plain) - {name}
        chosen = wider if apart else lettered if count <= len(LETTERS) else wider
        for i, own in zip(places, chosen, strict=True):
            found[i] = own
    return found


def _short(name: str, root: str) -> str:
    """``name`` without the name of the model."""
    short = name.removeprefix(root)
    return short if short[:1].isupper() else name


def _around(group: list[Signature]) -> str:
    """The scope that the blocks are in, as a word; "" when they are in several."""
    scopes = {s.graph.name.rpartition("/")[0].rpartition("/")[2] for s in group}
    word = scopes.pop() if len(scopes) == 1 else ""
    return "" if is_noise(word) else camel(snake(word).rstrip("_0123456789"))


def _class_name(group: list[Signature]) -> str:
    """What the names of the instances have in common, without numbers."""
    words = [[w for w in _own_name(s.graph).split("_") if w] for s in group]
    common = [w.rstrip("0123456789") for w in words[0]]
    for other in words[1:]:
        stems = [w.rstrip("0123456789") for w in other]
        common = [w for w in common if w in stems]
    kept = [w for w in common if w and w != "model"] or common
    if set(kept) <= PLAIN_WORDS:
        known = purpose(max(group, key=_parts).graph)
        if known is not None:
            return known.name
    return camel("_".join(kept or [*_last_kind(group[0].graph), "block"]))


def _last_kind(graph: Graph) -> list[str]:
    """What the only layer is, for blocks whose names have nothing in common."""
    layers = [n for n in graph.nodes() if isinstance(n, Module) and n.state]
    kind = layers[0].cls.split(".")[-1] if len(layers) == 1 else ""
    return [re.sub(r"\dd$", "", kind)] if kind else []


def _own_name(graph: Graph) -> str:
    return snake(graph.name.split("/")[-1])


def name_members(spec: ClassSpec) -> dict[int, str]:
    """Attribute names: a user's names are kept, a framework's become kinds."""
    owned = owners(spec)
    keys: dict[object, list[int]] = {}
    wanted: dict[object, str] = {}
    constants: dict[object, str] = {}
    readers = users(spec.graph)
    for index, node in enumerate(spec.signature.order):
        key = member_key(node)
        if key is None or key in owned:
            continue
        if key not in keys:
            names_of = constants if isinstance(node, Const) else wanted
            option = spec.signature.options.get(index)
            home = spec.graph if option is None else option.graph
            wish = _wanted_name(node)
            if isinstance(node, Param) and UNNAMED.fullmatch(wish):
                wish = _name_by_reader(readers.get(node, []), wish)
            names_of[key] = _apart(home, node, _within(home, wish))
            names_of[key] += _statistic(node, readers)
        keys.setdefault(key, []).append(index)
    names = Namespace(("forward", "training"))
    names.taken |= {"train", "eval", "apply", "half", "float", "double", "register"}
    names.taken |= {"parameters", "modules", "children", "buffers", "to", "type", "T"}
    members: dict[int, str] = {}
    # Most constants turn out to be literals: they must not take names from layers.
    for key, name in (*_numbered(wanted), *constants.items()):
        claimed = names.claim(name)
        for index in keys[key]:
            members[index] = claimed
    return members


def _numbered(wanted: dict[object, str]) -> Iterator[tuple[object, str]]:
    """conv, conv, fc → conv1, conv2, fc"""
    counts = Counter(wanted.values())
    seen: Counter[str] = Counter()
    for key, name in wanted.items():
        if counts[name] > 1 and not name[-1].isdigit():
            seen[name] += 1
            name = f"{name}{seen[name]}"
        yield key, name


def _within(graph: Graph, name: str) -> str:
    """``name`` without the name of the block that it is in; ``1_conv`` is conv1."""
    parts = graph.name.split("/")
    for start in range(len(parts)):
        prefix = snake("_".join(parts[start:]))
        short = name.removeprefix(f"{prefix}_")
        if short and short != name:
            number = re.fullmatch(r"(\d+)_(.*\D)", short)
            if number:
                return f"{number[2]}{number[1]}"
            return name if short[0].isdigit() else short
    return name


# What a format calls a variable that has no name.
UNNAMED = re.compile(r"(_?variables?_)?(layer_)?\d+|variable(_\d+)?")


def _name_by_reader(readers: list[Node], fallback: str) -> str:
    """The scope that a parameter without a name is read in."""
    words = {_last_own_word(r.origin.scope) for r in readers} - {""}
    return words.pop() if len(words) == 1 else fallback


def _statistic(node: Node, readers: dict[Node, list[Node]]) -> str:
    """``_mean`` and ``_std`` for the constants of ``(x - mean) / std``."""
    if not isinstance(node, Const) or node.rank == 0:
        return ""
    match readers.get(node, []):
        case [Call("-", (_, other)) as less] if other is node:
            after = readers.get(less, [])
            scaled = len(after) == 1 and isinstance(after[0], Call)
            return "_mean" if scaled and after[0].func == "/" else ""  # type: ignore[attr-defined] # a Call
        case [Call("/", (Call("-"), other))] if other is node:
            return "_std"
    return ""


def _apart(graph: Graph, node: Node, name: str) -> str:
    """A layer that is called like its block alone is called by its kind."""
    stem = re.sub(r"(_?\d+)+$", "", _own_name(graph))
    if isinstance(node, Module) and stem and re.sub(r"(_?\d+)+$", "", name) == stem:
        return KINDS.get(node.cls, name)
    short = name.removeprefix(f"{stem}_")
    return short if stem and short.isidentifier() else name


def owners(spec: ClassSpec) -> dict[object, tuple[Module, str]]:
    """Parameters that belong to a module of the class → that module, and its name
    for them: a tied weight that a functional reads as well."""
    found: dict[object, tuple[Module, str]] = {}
    for node in spec.signature.order:
        if isinstance(node, Module):
            for suffix, value in node.state:
                if isinstance(value, Param):
                    found.setdefault((value.variable, value.transforms), (node, suffix))
    return found


def member_key(node: Node) -> object:
    """Identity of the state that a node needs, or None: equal key, one attribute."""
    match node:
        case Module():
            return node.key
        case Param():
            return (node.variable, node.transforms)
        case Block() | Blocks() | Family():
            return node
        case Const():
            return node
    return None


def _wanted_name(node: Node) -> str:
    if isinstance(node, (Block, Blocks)):
        return snake(node.name) or "blocks"
    if isinstance(node, Family):
        kind = KINDS.get(node.modules[0].cls, "layer")
        return f"{_common_word([m.name for m in node.modules]) or kind}s"
    if isinstance(node, Module):
        kind = KINDS.get(node.cls, snake(node.cls.split(".")[-1]))
        if node.files:
            return snake(node.name)
        if not node.state and kind not in snake(node.name):
            return kind  # its name is that of the scope around it
        words = node.name.split("/")
        # A layer with weights is no reduction: somebody called it so.
        return "mean" if words[-1] == "mean" else _last_own_word(words) or kind
    if isinstance(node, Param):
        parts = node.variable.name.split("/")
        scope = _last_own_word(parts[:-1])
        leaf = "" if RANDOM.fullmatch(parts[-1]) else snake(parts[-1])
        leaf = leaf or "weight"
        if scope and leaf in PLAIN:
            return scope
        return f"{scope}_{leaf}" if scope else leaf
    return _const_name(node)


def _common_word(names: list[str]) -> str:
    """The words that all names begin with."""
    words = [snake(n.split("/")[-1]).split("_") for n in names]
    common = []
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        common.append(column[0])
    return "_".join(common)


def _const_name(node: Node) -> str:
    word = _last_own_word(node.origin.scope)
    if node.origin.tf and not word:
        word = _last_own_word(node.origin.tf[0].split("/")[-1:])
    return untraced(word) or "constant"


def _last_own_word(parts: list[str] | tuple[str, ...]) -> str:
    for part in reversed(parts):
        if part and not is_noise(part):
            return snake(part)
    return ""
