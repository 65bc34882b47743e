"""Numbers that a person makes arguments although every instance agrees in them.

A block takes its widths, its heads and its dropout from who makes it; the model has
defaults for them: ``dim``, ``num_heads``, ``vocab_size``, ``max_len``, ``num_classes``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2torch.ir.nodes import Block, Blocks, Call, Chain, Module, Node, Param
from tf2torch.transpiler.emit.roles import is_heads, role
from tf2torch.transpiler.emit.signature import ABSENT, Path, Slot

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.arguments import Argument
    from tf2torch.transpiler.emit.classes import ClassSpec, Program

WIDTH, HEADS, VOCABULARY, RATE = "width", "heads", "vocabulary", "rate"
SIZES = (WIDTH, VOCABULARY)
# Widths up to this say what they are where they stand: three colours, one score.
SMALL = 4
# More numbers than this are no arguments of a block.
MOST = 6
# As many equal blocks are a loop.
REPEATS = 3
LONGEST_PERIOD = 4
SIDES = frozenset("in_features out_features in_channels out_channels".split())
WIDTHS = SIDES | {"normalized_shape", "num_features", "embedding_dim", "groups"}
RECURRENT = frozenset({"nn.LSTM", "nn.GRU", "nn.RNN", "nn.LSTMCell", "nn.GRUCell"})
DROPOUT = re.compile(r"nn\.(Alpha)?Dropout(\dd)?")
# What may stand between the last layer and the scores.
HEADS_END = frozenset({".softmax", "torch.sigmoid", ".log_softmax", "F.log_softmax"})
LIGHT = frozenset({".permute", ".transpose", ".squeeze", ".flatten", ".to"})
CLASSIFIERS = re.compile(r"nn\.(Linear|Conv\d)")
SCORES = re.compile(r"logit|predict|class|score|softmax|(^|_)head|probs?|output")


@dataclass(frozen=True)
class Lift:
    """Slots of one ``group`` and one number are one argument, called ``name``; ""
    where their layers tell."""

    group: str
    name: str = ""


def lifted(spec: ClassSpec, program: Program, root: bool) -> dict[int, Lift]:
    """Slot → the argument that it belongs to, of those that do not differ."""
    view = View(spec, program)
    groups = {i: g for i, g in view.groups() if not view.differs(i)}
    if root:
        return dict(_of_model(view, groups))
    if _keeps_widths(view, groups):
        groups = {i: g for i, g in groups.items() if g not in SIZES}
    return {i: Lift(g) for i, g in groups.items()}


def _keeps_widths(view: View, groups: dict[int, str]) -> bool:
    """Do the widths of a block stay where they are: too many, or not all of them
    could be arguments, or others are?"""
    widths = {view.slots[i].value for i, g in groups.items() if g == WIDTH}
    chained = any(view.group(view.slots[i]) == WIDTH for i in view.uneven)
    varied = (i for i in range(len(view.slots)) if view.differs(i))
    return (
        len(widths) > MOST
        or chained
        or any(view.group(view.slots[i]) == WIDTH for i in varied)
    )


class View:
    """The slots of a class with what its children call them."""

    def __init__(self, spec: ClassSpec, program: Program) -> None:
        self.spec = spec
        self.slots = spec.signature.slots
        self.children: dict[Node, list[ClassSpec]] = {}
        signatures = iter(spec.signature.children)
        for node in spec.signature.order:
            if isinstance(node, (Block, Blocks)):
                own = [next(signatures) for _ in node.graphs()]
                self.children[node] = [program.by_key[s.key] for s in own]
        self.named = {
            c: {i: a for a in c.arguments for i in a.slots}
            for own in self.children.values()
            for c in own
        }
        self.uneven = set(self._uneven())

    def differs(self, index: int) -> bool:
        values = [s.slots[index].value for s in self.spec.instances]
        known = [v for v in values if v is not ABSENT]
        return any(type(v) is not type(known[0]) or v != known[0] for v in known)

    def child_argument(self, slot: Slot) -> Argument | None:
        """What the class of a block calls the number."""
        if slot.path[0] != "child" or slot.node not in self.children:
            return None
        _, place, number = slot.path
        assert isinstance(place, int) and isinstance(number, int)
        return self.named[self.children[slot.node][place]].get(number)

    def groups(self) -> Iterator[tuple[int, str]]:
        """Slots that may be lifted, with their group."""
        for index, slot in enumerate(self.slots):
            if index in self.uneven or slot.value is ABSENT:
                continue
            group = self.group(slot)
            small = group in SIZES and not _is_wide(slot.value)
            if group and not small:
                yield index, group

    def group(self, slot: Slot) -> str:
        inner = self.child_argument(slot)
        if inner is not None:
            return "" if inner.rule else inner.group
        return own_group(slot)

    def word(self, slot: Slot) -> str:
        inner = self.child_argument(slot)
        return role(slot.node, slot.path) if inner is None else inner.name

    def turns(self, chain: Blocks) -> int:
        """How often the chain repeats its first block, or its first few; 0: never."""
        given: list[list[object]] = [[c.signature.key] for c in self.children[chain]]
        for slot in self.slots:
            argument = self.child_argument(slot) if slot.node is chain else None
            if argument is not None and not argument.rule:
                given[int(str(slot.path[1]))].append((argument.name, slot.value))
        texts = list(map(str, given))
        if len(set(texts)) == 1:
            return len(texts)
        period = period_of(texts)
        return len(texts) // period if period else 0

    def _uneven(self) -> Iterator[int]:
        """Numbers in which the blocks of a chain differ: a loop runs over them."""
        seen: dict[object, list[int]] = {}
        for index, slot in enumerate(self.slots):
            if slot.path[0] == "child" and isinstance(slot.node, Blocks):
                spec = self.children[slot.node][int(str(slot.path[1]))]
                argument = self.named[spec].get(int(str(slot.path[2])))
                if argument is not None:
                    seen.setdefault((slot.node, spec, argument.name), []).append(index)
        for places in seen.values():
            if len({str(self.slots[i].value) for i in places}) > 1:
                yield from places


def _is_wide(value: object) -> bool:
    return type(value) is int and value > SMALL


def own_group(slot: Slot) -> str:
    """The group of a number of the class's own layers, or ""."""
    node, path = slot.node, slot.path
    if is_heads(node, path):
        return HEADS if path[-1] == 0 else ""
    if isinstance(node, Param):
        return WIDTH if path[0] == "shape" else ""
    if isinstance(node, Call) and role(node, path) == "hidden_size":
        return WIDTH if type(slot.value) is int else ""
    if not isinstance(node, Module) or path[0] != "config":
        return ""
    name = str(path[1])
    if DROPOUT.fullmatch(node.cls):
        return RATE if name == "p" else ""
    if name == "num_embeddings":
        return VOCABULARY
    if name in WIDTHS or (node.cls in RECURRENT and name.endswith("_size")):
        return WIDTH if type(slot.value) is int else ""
    return ""


# --- the model -------------------------------------------------------------------

# The order in which a person gives them.
ORDER = (
    *("vocab_size", "max_len", "embedding_dim", "dim", "channels", "depth", "depths"),
    *("num_heads", "hidden_dim", "hidden_size", "num_classes", "dropout"),
)


def rank(name: str) -> tuple[int, int]:
    """Where an argument stands among those of the model."""
    known = name if name in ORDER else re.sub(r"^.*?_(?=vocab_size)", "", name)
    if known in ORDER:
        return ORDER.index(known), 0
    return ORDER.index("hidden_size"), 1


def _of_model(view: View, groups: dict[int, str]) -> Iterator[tuple[int, Lift]]:
    """What a person lets the user of a model choose."""
    slots = view.slots
    names: dict[tuple[str, object], str] = {}
    for group, word in ((HEADS, "num_heads"), (RATE, "dropout")):
        values = {slots[i].value for i, g in groups.items() if g == group}
        if len(values) == 1:
            names[group, values.pop()] = word
    names |= _vocabularies(view, groups)
    names |= _widths(view, groups)
    classes = _classes(view)
    length = _max_len(view, groups)
    if classes is not None:
        known = names.get((VOCABULARY, slots[classes].value))
        kind = "classes" if known is None else VOCABULARY
        yield classes, Lift(kind, known or "num_classes")
    for index, group in groups.items():
        key = (_kind(view, index, group), slots[index].value)
        if index == length:
            yield index, Lift("length", "max_len")
        elif index != classes and key in names:
            yield index, Lift(group, names[key])


HIDDEN = "hidden width"


def _kind(view: View, index: int, group: str) -> str:
    """The group, with the widths inside of blocks apart from those between them."""
    word = _word(view, view.slots[index])
    return HIDDEN if group == WIDTH and word.startswith("hidden_") else group


def _vocabularies(view: View, groups: dict[int, str]) -> dict[tuple[str, object], str]:
    found: dict[object, list[str]] = {}
    for index, group in groups.items():
        slot = view.slots[index]
        if group == VOCABULARY and isinstance(slot.node, Module):
            found.setdefault(slot.value, []).append(member_of(view.spec, slot.node))
    if len(found) == 1:
        return {(VOCABULARY, v): "vocab_size" for v in found}
    made: dict[tuple[str, object], str] = {}
    for value, members in found.items():
        stem = re.fullmatch(r"(.+?)_embeddings?", members[0])
        if stem and len(set(members)) == 1:
            made[VOCABULARY, value] = f"{stem[1]}_vocab_size"
    return made if len(made) == len(found) else {}


def member_of(spec: ClassSpec, node: Node) -> str:
    """The attribute that the class holds ``node`` in."""
    for index, other in enumerate(spec.signature.order):
        if other is node:
            return spec.members.get(index, "")
    return ""


def _widths(view: View, groups: dict[int, str]) -> dict[tuple[str, object], str]:
    words: dict[object, Counter[str]] = {}
    inner: Counter[object] = Counter()
    for index, group in groups.items():
        kind, value = _kind(view, index, group), view.slots[index].value
        if kind == WIDTH:
            word = _word(view, view.slots[index])
            words.setdefault(value, Counter())[word] += 1
        elif kind == HIDDEN and _word(view, view.slots[index]) == "hidden_dim":
            inner[value] += 1
    total = sum(view.group(slot) == WIDTH for slot in view.slots)
    found = {(WIDTH, v): name for v, name in _main_width(words, total).items()}
    if len(inner) == 1 and "dim" in found.values():
        found[HIDDEN, next(iter(inner))] = "hidden_dim"
    for kind, value, name in _recurrent(view, groups):
        known = found.get((kind, value))
        embeds = name == "embedding_dim" and known == "dim"
        found[kind, value] = name if known is None or embeds else known
    return found


def _word(view: View, slot: Slot) -> str:
    return "" if isinstance(slot.node, Param) else view.word(slot)


def _main_width(words: dict[object, Counter[str]], total: int) -> dict[object, str]:
    """``dim`` or ``channels`` where one width is that of most layers, of ``total``."""
    for name in ("dim", "channels"):
        counts = {v: c[name] for v, c in words.items() if c[name]}
        most = max(counts, key=lambda v: counts[v], default=None)
        if most is None or sum(words[most].values()) < 3:
            continue
        everywhere = name == "dim" or sum(words[most].values()) * 5 >= total * 3
        if everywhere and counts[most] * 5 >= sum(counts.values()) * 4:
            return {most: name}
    return {}


def _recurrent(view: View, groups: dict[int, str]) -> Iterator[tuple[str, object, str]]:
    """Sizes of recurrent layers, and of what they read."""
    sizes: dict[tuple[str, object], list[str]] = {}
    for index in groups:
        slot = view.slots[index]
        recurrent = isinstance(slot.node, Module) and slot.node.cls in RECURRENT
        if recurrent and slot.path[1] == "hidden_size":
            member = member_of(view.spec, slot.node)
            sizes.setdefault((HIDDEN, slot.value), []).append(member)
    for index in groups if sizes else ():
        slot = view.slots[index]
        if slot.path[1:] == ("embedding_dim",):
            yield WIDTH, slot.value, "embedding_dim"
    single = len(sizes) == 1
    for (kind, value), members in sizes.items():
        yield kind, value, "hidden_size" if single else f"{members[0]}_size"
        yield WIDTH, value, "hidden_size" if single else f"{members[0]}_size"


def _classes(view: View) -> int | None:
    """The slot of the number of classes: the last layer's width before scores."""
    results = list(view.spec.graph.results)
    if len(results) != 1:
        return None
    node, scores = results[0], False
    while isinstance(node, Call) and node.func in HEADS_END | LIGHT:
        scores = scores or node.func in HEADS_END
        inner = node.args[0]
        if not isinstance(inner, Node):
            return None
        node = inner
    if not isinstance(node, Module) or not CLASSIFIERS.match(node.cls):
        return None
    if not scores and not SCORES.search(member_of(view.spec, node)):
        return None
    for index, slot in enumerate(view.slots):
        if slot.node is node and str(slot.path[-1]).startswith("out_"):
            return index if type(slot.value) is int and slot.value > 1 else None
    return None


def depths(view: View) -> dict[Blocks, int]:
    """Chains that repeat a block, or a few, and how often."""
    chains = (n for n in view.children if isinstance(n, Chain))
    counts = {node: view.turns(node) for node in chains}
    return {node: count for node, count in counts.items() if count >= REPEATS}


def period_of(items: Sequence[str]) -> int:
    """After how many items they repeat, at least three times; 0 when they do not."""
    for period in range(2, min(LONGEST_PERIOD, len(items) // REPEATS) + 1):
        again = all(item == items[i % period] for i, item in enumerate(items))
        if again and len(items) % period == 0:
            return period
    return 0


def _max_len(view: View, groups: Iterable[int]) -> int | None:
    """The first axis of a table of position embeddings."""
    for index in groups:
        slot = view.slots[index]
        if isinstance(slot.node, Param) and slot.path == ("shape", 0):
            if slot.node.rank == 2 and "position" in member_of(view.spec, slot.node):
                return index
    return None


def doubled(argument: Argument, spec: ClassSpec) -> dict[tuple[Node, Path], str]:
    """``2 * hidden_size``: what a layer reads from both directions of another."""
    sizes = {
        s.value
        for s in (spec.signature.slots[i] for i in argument.slots)
        if isinstance(s.node, Module) and s.path[1:] == ("hidden_size",)
    }
    return {
        (s.node, s.path): f"2 * {argument.name}"
        for s in spec.signature.slots
        if s.path[1:] in (("in_features",), ("input_size",))
        and any(type(v) is int and s.value == 2 * v for v in sizes)
    }
