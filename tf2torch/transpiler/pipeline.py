"""The compiler's table of contents: a parsed model becomes source and weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tf2torch.diagnostics import Hint
from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.text import to_text
from tf2torch.rules import all_rules
from tf2torch.rules.lifts.bidirectional import fuse_directions
from tf2torch.rules.lifts.rnn import lift_rnn
from tf2torch.rules.lifts.single_steps import lift_steps
from tf2torch.rules.ruleset import RuleSet
from tf2torch.transpiler.emit.absences import absences
from tf2torch.transpiler.emit.file_source import Emitted, emit, module_doc
from tf2torch.transpiler.emit.titles import title_of
from tf2torch.transpiler.emit.weights import Entry, state_entries
from tf2torch.transpiler.frontends.source import Source
from tf2torch.transpiler.passes.add_dropout import (
    EVERYWHERE,
    add_dropout,
    drop_before_heads,
)
from tf2torch.transpiler.passes.append_in_place import append_in_place
from tf2torch.transpiler.passes.batch_first_loops import batch_first_loops
from tf2torch.transpiler.passes.cancel_pairs import cancel_pairs
from tf2torch.transpiler.passes.channel_norms import channel_norms
from tf2torch.transpiler.passes.channels_first_io import Borders, channels_first_io
from tf2torch.transpiler.passes.choose_layout import choose_layout
from tf2torch.transpiler.passes.count_loops import count_loops
from tf2torch.transpiler.passes.equate_sizes import equate_sizes
from tf2torch.transpiler.passes.find_blocks import find_blocks
from tf2torch.transpiler.passes.fold_params import fold_params
from tf2torch.transpiler.passes.gather_families import gather_families
from tf2torch.transpiler.passes.group_siblings import group_siblings
from tf2torch.transpiler.passes.guard_roots import guard_roots
from tf2torch.transpiler.passes.infer_types import infer_types
from tf2torch.transpiler.passes.join_gates import join_gates
from tf2torch.transpiler.passes.ladders import climb_ladders
from tf2torch.transpiler.passes.lift_idioms import lift_idioms
from tf2torch.transpiler.passes.lower import lower
from tf2torch.transpiler.passes.make_modules import make_modules
from tf2torch.transpiler.passes.merge_equal import merge_equal
from tf2torch.transpiler.passes.merge_variants import merge_variants
from tf2torch.transpiler.passes.momentum import Momentum
from tf2torch.transpiler.passes.name_tables import name_tables
from tf2torch.transpiler.passes.name_transposes import name_transposes
from tf2torch.transpiler.passes.order_sums import order_sums
from tf2torch.transpiler.passes.permutes_of_cases import permutes_of_cases
from tf2torch.transpiler.passes.place_constants import place_constants
from tf2torch.transpiler.passes.raise_tensor_arrays import raise_tensor_arrays
from tf2torch.transpiler.passes.resolve_sizes import resolve_sizes
from tf2torch.transpiler.passes.restore_dropout import restore_dropout
from tf2torch.transpiler.passes.single_pads import single_pads
from tf2torch.transpiler.passes.split_forwards import split_forwards
from tf2torch.transpiler.passes.stack_lists import stack_lists
from tf2torch.transpiler.passes.sums_in_layout import sums_in_layout
from tf2torch.transpiler.passes.tidy_scopes import tidy_scopes
from tf2torch.transpiler.passes.tidy_shapes import tidy_shapes


@dataclass(frozen=True, eq=False)
class Compiled:
    """A port before it is written: ``text`` of model.py and its state."""

    source: Source
    graph: Graph
    emitted: Emitted
    entries: tuple[Entry, ...]
    hints: tuple[Hint, ...]
    absent: tuple[str, ...] = ()  # what training needs and the source does not say
    options: Options = field(default_factory=lambda: Options())
    borders: Borders = Borders()

    @property
    def text(self) -> str:
        return self.emitted.text

    @property
    def class_name(self) -> str:
        return self.emitted.program.root.name

    @property
    def state(self) -> dict[str, np.ndarray]:
        """The whole state_dict in memory; large models stream ``entries`` instead."""
        return {e.key: e.load() for e in self.entries}

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Files that model.py reads: vocabularies."""
        for node in every_node(self.graph):
            for name, load in getattr(node, "files", ()):
                yield name, load()


Step = Callable[[Graph], Graph]


@dataclass(frozen=True)
class Options:
    """``dump``: a folder that gets one readable file per pass. ``skip``: passes, by
    name, that are left out: what they do is a matter of idiom, not of meaning.
    ``flat``: one forward with marks of name scopes, for debugging.
    ``batch_norm_momentum``: TensorFlow's, where the source does not say it.
    ``dropout``: rates by the layer's name, "" for a rate alone. ``channels_first``:
    images enter and leave so, though they do not in the source."""

    rules: RuleSet | None = None
    dump: Path | None = None
    skip: frozenset[str] = frozenset()
    flat: bool = False
    batch_norm_momentum: float | None = None
    dropout: Mapping[str, float] = field(default_factory=dict)
    channels_first: bool = False
    progress: Callable[[str], None] = lambda stage: None

    def write(self, name: str, graph: Graph) -> None:
        if self.dump is None:
            return
        self.dump.mkdir(parents=True, exist_ok=True)
        number = len(list(self.dump.glob("*.ir")))
        (self.dump / f"{number:02}-{name}.ir").write_text(to_text(graph))


# Passes on the TF dialect, in order.
TENSORFLOW_STEPS: tuple[Step, ...] = (
    raise_tensor_arrays,
    infer_types,
    count_loops,
    stack_lists,  # in loops that count
    cancel_pairs,
    join_gates,
    lift_rnn,  # over lists in their simple forms
    cancel_pairs,
    lift_steps,  # what is left of recurrent cells
    fuse_directions,  # of recurrent modules, once nothing stands between them
)


def steps(source: Source, options: Options) -> list[Step]:
    """Passes on the torch dialect, in order."""

    def to_modules(graph: Graph) -> Graph:
        made = make_modules(graph, _momentum(source, options))
        rate = options.dropout.get(EVERYWHERE)
        return made if rate is None else drop_before_heads(made, rate)

    return [
        append_in_place,
        batch_first_loops,
        name_tables,  # before blocks are cut, while inputs can be seen
        tidy_scopes,
        fold_params,
        merge_equal,
        lift_idioms,  # before layout: patterns are written as TensorFlow wrote them
        guard_roots,  # those that are no part of an idiom
        equate_sizes,  # what attention tells about them
        merge_equal,  # masks that are the same once their sizes are
        tidy_shapes,
        permutes_of_cases,
        choose_layout,
        sums_in_layout,
        merge_equal,  # permutes and pads of the same value
        fold_params,  # layout reshapes biases
        to_modules,
        channel_norms,
        gather_families,
        group_siblings,
        find_blocks,  # wants the final nodes
        climb_ladders,
        split_forwards,  # into parts: after what repeats
        resolve_sizes,  # sizes become reads of values that are there, block by block
        place_constants,
        name_transposes,
        order_sums,
        merge_variants,  # an option borrows what passes would have to follow
        single_pads,  # touches no option
    ]


def _momentum(source: Source, options: Options) -> Momentum:
    norms = source.training.batch_norm
    momenta = {name: 1 - info.momentum for name, info in norms.items()}
    frozen = frozenset(name for name, info in norms.items() if not info.trainable)
    given = options.batch_norm_momentum
    return Momentum(momenta, 1 - (0.99 if given is None else given), frozen)


# What makes blocks of nodes; a flat port does without.
GROUPING: tuple[Step, ...] = (
    gather_families,
    group_siblings,
    find_blocks,
    climb_ladders,
    split_forwards,
    merge_variants,
)


def compile_source(source: Source, options: Options | None = None) -> Compiled:
    """Run every pass and emit."""
    options = options or Options()
    options.progress("infer types")
    graph = source.graph
    for step in TENSORFLOW_STEPS:
        graph = _passed(graph, step, options)
    graph = restore_dropout(graph, source.training.dropout_layers)
    graph = add_dropout(graph, options.dropout)
    options.progress("lower")
    graph, hints = lower(graph, options.rules or all_rules())
    options.write("lower", graph)
    borders = Borders()
    for step in steps(source, options):
        if options.flat and step in GROUPING:
            continue
        if options.channels_first and step is choose_layout:
            graph, borders = channels_first_io(graph)
        options.progress(step.__name__.replace("_", " "))
        graph = _passed(graph, step, options)
    options.progress("emit")
    emitted = emit(
        graph,
        title_of(source.name, source.path),
        _doc(source, graph, borders),
        len(graph.outputs) == 1,
        options.flat,
    )
    entries = tuple(state_entries(emitted.program))
    absent = absences(source, graph, options.batch_norm_momentum)
    return Compiled(source, graph, emitted, entries, hints, absent, options, borders)


def _passed(graph: Graph, step: Step, options: Options) -> Graph:
    if step.__name__ in options.skip:
        return graph
    graph = step(graph)
    options.write(step.__name__, graph)
    return graph


def _doc(source: Source, graph: Graph, borders: Borders) -> str:
    what = source.kind.replace("_", " ")
    name = title_of(source.name, source.path)
    title = f"PyTorch port of `{name}` ({what}"
    title += f", signature `{source.signature}`)." if source.signature else ")."
    if any((*borders.inputs, *borders.outputs)):
        title += "\n\nChannels come first here, in TensorFlow last."
    return module_doc(title, graph)
