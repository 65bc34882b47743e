"""TF1's TensorArrays become TensorLists.

    handle, flow = TensorArrayV3(n)          ->   items = TensorListReserve(n)
    TensorArrayWriteV3(handle, i, x, flow)   ->   TensorListSetItem(items, i, x)

A TensorArray is changed in place, but every op on it takes the flow of the one
before; so the flow can be the list, and the handle is not needed. Runs before types
are inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tf2torch.ir.build import const, scalar_of
from tf2torch.ir.graph import Graph, results_of
from tf2torch.ir.nodes import Attr, Case, Input, Node, Op, Out, While
from tf2torch.ir.types import TensorType

LIST = TensorType("variant", None)
Attrs = Mapping[str, Attr]


def raise_tensor_arrays(graph: Graph) -> Graph:
    """``graph`` and its regions without TensorArrays."""
    return _Raising().graph(graph)


@dataclass
class _Raising:
    """``arrays``: handle → the attributes of the TensorArray that it names."""

    arrays: dict[Node, Attrs] = field(default_factory=dict)

    def graph(self, graph: Graph) -> Graph:
        new: dict[Node, Node] = {}
        results: dict[Node, tuple[Node, ...]] = {}
        for node in graph.nodes():
            if isinstance(node, Out) and node.node in results:
                new[node] = results[node.node][node.index]
                continue
            moved = node.map_operands(new.__getitem__)
            if moved.graphs():
                new[node], made = self.region(moved)
            else:
                found = self.node(moved)
                new[node] = moved if found is None else found[0]
                made = found or ()
            if len(node.types) > 1 and made:
                results[node] = made
            elif made:
                new[node] = made[0]
        return replace(
            graph,
            outputs=tuple((name, new[node]) for name, node in graph.outputs),
            effects=tuple(new[node] for node in graph.effects),
        )

    def node(self, node: Node) -> tuple[Node, ...] | None:
        """What stands for each result; None when ``node`` stays."""
        match node:
            case Op("TensorArrayV3", (size,)):
                return self.create(node, size)
            case Op("Identity", (x,)) if x.dtype == "variant":
                return (x,)
            case Op(op, (handle, *_)) if handle in self.arrays and op in RULES:
                return RULES[op](node, self.arrays[handle])
        return None

    def create(self, node: Op, size: Node) -> tuple[Node, ...]:
        handle = Out(node, 0, types=(node.types[0],), origin=node.origin)
        self.arrays[handle] = node.attrs
        shape = _element_shape(node.attrs["element_shape"])
        items = _op(node, "TensorListReserve", (shape, size), LIST, node.attrs["dtype"])
        return handle, items

    # --- regions ---------------------------------------------------------------------

    def region(self, node: Node) -> tuple[Node, tuple[Node, ...]]:
        """``node`` over lists; its variables that are handles go."""
        match node:
            case While():
                return self.loop(node)
            case Case():
                return self.case(node)
        return node, results_of(node)

    def loop(self, node: While) -> tuple[Node, tuple[Node, ...]]:
        kept = [k for k, n in enumerate(node.inputs) if n not in self.arrays]
        inputs = tuple(node.inputs[k] for k in kept)
        cond = self.closed(node.cond, node.inputs, kept)
        body = self.closed(node.body, node.inputs, kept)
        outputs = tuple(body.outputs[k] for k in kept)
        made = While(
            inputs,
            cond,
            replace(body, outputs=outputs),
            types=tuple(_retyped(node.types[k], node.inputs[k]) for k in kept),
            origin=node.origin,
        )
        found = dict(zip(kept, results_of(made), strict=True))
        return made, tuple(found.get(k, n) for k, n in enumerate(node.inputs))

    def case(self, node: Case) -> tuple[Node, tuple[Node, ...]]:
        kept = [k for k, n in enumerate(node.inputs) if n not in self.arrays]
        branches = tuple(self.closed(b, node.inputs, kept) for b in node.branches)
        made = replace(
            node,
            inputs=tuple(node.inputs[k] for k in kept),
            branches=branches,
            types=tuple(
                _retyped(t, r)
                for t, r in zip(node.types, branches[0].results, strict=True)
            ),
        )
        return made, results_of(made)

    def closed(
        self, graph: Graph, operands: tuple[Node, ...], kept: list[int]
    ) -> Graph:
        """A region whose inputs are typed like ``operands``."""
        inputs: list[Input] = []
        new: dict[Node, Node] = {}
        for variable, operand in zip(graph.inputs, operands, strict=True):
            if operand in self.arrays:
                self.arrays[variable] = self.arrays[operand]
                new[variable] = variable
            else:
                types = (_retyped(variable.type, operand),)
                new[variable] = replace(variable, types=types)
            inputs.append(new[variable])  # type: ignore[arg-type] # Inputs only
        moved = _with_inputs(graph, new)
        made = self.graph(moved)
        return replace(made, inputs=tuple(inputs[k] for k in kept))


def _with_inputs(graph: Graph, new: dict[Node, Node]) -> Graph:
    """``graph`` reading other Inputs."""
    for node in graph.nodes():
        if node not in new:
            new[node] = node.map_operands(new.__getitem__)
    return replace(
        graph,
        inputs=tuple(new[i] for i in graph.inputs),  # type: ignore[misc] # Inputs
        outputs=tuple((name, new[node]) for name, node in graph.outputs),
        effects=tuple(new[node] for node in graph.effects),
    )


def _retyped(type: TensorType, like: Node) -> TensorType:
    return LIST if like.dtype == "variant" else type


# --- single ops ------------------------------------------------------------------


def _element_shape(shape: Attr) -> Node:
    if not isinstance(shape, tuple):
        return const(-1, "int32")
    return const([-1 if s is None else s for s in shape], "int32")


def _op(
    source: Op,
    op: str,
    inputs: tuple[Node, ...],
    type: TensorType,
    dtype: Attr,
    **attrs: Attr,
) -> Op:
    named = {"element_dtype": dtype, **attrs}
    return Op(op, inputs, named, types=(type,), origin=source.origin)


def _write(node: Op, array: Attrs) -> tuple[Node, ...]:
    _, index, value, flow = node.inputs
    dynamic = bool(array["dynamic_size"])
    resize = {"resize_if_index_out_of_bounds": dynamic}
    inputs = (flow, index, value)
    made = _op(node, "TensorListSetItem", inputs, LIST, array["dtype"], **resize)
    return (made,)


def _read(node: Op, array: Attrs) -> tuple[Node, ...]:
    _, index, flow = node.inputs
    shape = _element_shape(array["element_shape"])
    inputs = (flow, index, shape)
    return (_op(node, "TensorListGetItem", inputs, node.type, array["dtype"]),)


def _gather(node: Op, array: Attrs) -> tuple[Node, ...]:
    _, indices, flow = node.inputs
    shape = _element_shape(node.attrs["element_shape"])
    if _is_length(_counts_to(indices), flow):
        op, whole = "TensorListStack", (flow, shape)
        return (_op(node, op, whole, node.type, array["dtype"], num_elements=-1),)
    inputs = (flow, indices, shape)
    return (_op(node, "TensorListGather", inputs, node.type, array["dtype"]),)


def _is_length(node: Node | None, items: Node) -> bool:
    match node:
        case Op("TensorListLength", (measured,)):
            return measured is items
    return False


def _scatter(node: Op, array: Attrs) -> tuple[Node, ...]:
    """All elements in order (``unstack``), or some of them."""
    _, indices, value, flow = node.inputs
    fresh = isinstance(flow, Op) and flow.op == "TensorListReserve"
    if fresh and _counts_to(indices) is not None:
        shape = _element_shape(array["element_shape"])
        rows = (value, shape)
        return (_op(node, "TensorListFromTensor", rows, LIST, array["dtype"]),)
    op, inputs = "TensorListScatterIntoExistingList", (flow, value, indices)
    return (_op(node, op, inputs, LIST, array["dtype"]),)


def _counts_to(indices: Node) -> Node | None:
    """The n of ``range(n)``."""
    match indices:
        case Op("Range", (start, stop, step)):
            if scalar_of(start) == 0 and scalar_of(step) == 1:
                return stop
    return None


def _size(node: Op, array: Attrs) -> tuple[Node, ...]:
    flow = node.inputs[1]
    types = node.types
    return (Op("TensorListLength", (flow,), {}, types=types, origin=node.origin),)


def _concat(node: Op, array: Attrs) -> tuple[Node, ...]:
    flow = node.inputs[1]
    shape, rows = const(-1, "int32"), const([], "int64")
    attrs = {"element_dtype": array["dtype"]}
    inputs = (flow, shape, rows)
    made = Op("TensorListConcatV2", inputs, attrs, types=node.types, origin=node.origin)
    return results_of(made)


def _split(node: Op, array: Attrs) -> tuple[Node, ...]:
    _, value, lengths, _ = node.inputs
    shape = _element_shape(array["element_shape"])
    inputs = (value, shape, lengths)
    return (_op(node, "TensorListSplit", inputs, LIST, array["dtype"]),)


RULES: dict[str, Callable[[Op, Attrs], tuple[Node, ...]]] = {
    "TensorArrayWriteV3": _write,
    "TensorArrayReadV3": _read,
    "TensorArrayGatherV3": _gather,
    "TensorArrayScatterV3": _scatter,
    "TensorArraySizeV3": _size,
    "TensorArrayConcatV3": _concat,
    "TensorArraySplitV3": _split,
}
