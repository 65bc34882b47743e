"""Variables that the model assigns: in-place methods on the port's buffers.

As in TensorFlow no gradient flows through an assignment. A trainable variable is
assigned through ``.data``.
"""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, const
from tf2torch.ir.nodes import Const, Node, Param, Sizes, Variable
from tf2torch.ir.types import FLOATS, TensorType
from tf2torch.rules.ops.gather import coordinates, gathered, torch_index
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet
from tf2torch.rules.strided import StridedAttrs, subscript

rules = RuleSet("state")


def target(handle: Node) -> Node | None:
    """The tensor that in-place methods change; None when it is no variable."""
    if not isinstance(handle, Variable):
        return None
    info = handle.info
    type = TensorType(info.dtype, info.shape)
    param = Param(variable=info, types=(type,), origin=handle.origin)
    return call("@data", param, type=type) if info.trainable else param


def plain(value: Node) -> Node:
    """``value`` without its gradient."""
    if isinstance(value, (Const, Sizes)) or value.dtype not in FLOATS:
        return value
    return call(".detach", value, type=value.type)


UNKNOWN = Decline("the resource that is assigned is no variable of the model")


def _assigned(handle: Node, value: Node, method: str) -> Node | Decline:
    variable = target(handle)
    if variable is None:
        return UNKNOWN
    if value.shape is not None and variable.shape is not None:
        if len(value.shape) != len(variable.shape):
            return Decline("the assignment changes the shape of the variable")
    return call(method, variable, plain(value), type=variable.type)


@dataclass(frozen=True)
class AssignAttrs:
    validate_shape: bool = True
    use_locking: bool = True


@rules.rule("AssignVariableOp", "Assign")
def assign(handle: Node, value: Node, *, attrs: AssignAttrs) -> Node | Decline:
    return _assigned(handle, value, ".copy_")


@dataclass(frozen=True)
class LockAttrs:
    use_locking: bool = False


@rules.rule("AssignAddVariableOp", "AssignAdd")
def assign_add(handle: Node, value: Node, *, attrs: LockAttrs) -> Node | Decline:
    return _assigned(handle, value, ".add_")


@rules.rule("AssignSubVariableOp", "AssignSub")
def assign_sub(handle: Node, value: Node, *, attrs: LockAttrs) -> Node | Decline:
    return _assigned(handle, value, ".sub_")


@dataclass(frozen=True)
class CountAttrs:
    limit: int


@rules.rule("CountUpTo", "ResourceCountUpTo")
def count_up_to(
    handle: Node, *, attrs: CountAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    """The count before it is raised by one; an error at the limit."""
    variable = target(handle)
    if variable is None:
        return UNKNOWN
    return call("helper.count_up_", variable, attrs.limit, type=out[0])


@rules.rule("VarIsInitializedOp", "IsVariableInitialized")
def is_initialized(handle: Node) -> Node:
    return const(True)


@rules.rule("VariableShape")
def variable_shape(handle: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    if not isinstance(handle, Variable) or handle.info.shape is None:
        return UNKNOWN
    return const(handle.info.shape, out[0].dtype)


# --- reads of rows ---------------------------------------------------------------


@dataclass(frozen=True)
class ResourceGatherAttrs:
    batch_dims: int = 0
    validate_indices: bool = True


@rules.rule("ResourceGather")
def resource_gather(
    params: Node,
    indices: Node,
    *,
    attrs: ResourceGatherAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    """``params`` is the variable's value; the driver reads it."""
    return gathered(params, indices, attrs.batch_dims, attrs.batch_dims, out[0])


@rules.rule("ResourceGatherNd")
def resource_gather_nd(
    params: Node, indices: Node, *, out: tuple[TensorType, ...]
) -> Node | Decline:
    return coordinates(params, indices, out[0])


# --- writes of rows --------------------------------------------------------------


def _rows(method: str, *, negate: bool = False, add: bool = False) -> RuleFunction:
    """``variable[indices] = updates``, or ``+=`` with duplicates adding up."""

    def rule(
        handle: Node, indices: Node, updates: Node, *, attrs: LockAttrs
    ) -> Node | Decline:
        variable = target(handle)
        if variable is None:
            return UNKNOWN
        value = plain(updates)
        if negate:
            value = call("neg", value, type=value.type)
        places = (torch_index(indices),)
        if add:
            return call(
                method, variable, places, value, accumulate=True, type=variable.type
            )
        return call(method, variable, places, value, type=variable.type)

    return rule


for _prefix in ("ResourceScatter", "Scatter"):
    rules.add(f"{_prefix}Update", _rows(".index_put_"))
    rules.add(f"{_prefix}Add", _rows(".index_put_", add=True))
    rules.add(f"{_prefix}Sub", _rows(".index_put_", add=True, negate=True))


def _reduced(reduce: str, *, invert: bool = False) -> RuleFunction:
    """Rows multiplied, divided or compared; duplicates one after the other."""

    def rule(
        handle: Node, indices: Node, updates: Node, *, attrs: LockAttrs
    ) -> Node | Decline:
        variable = target(handle)
        if variable is None:
            return UNKNOWN
        if indices.rank != 1 or updates.rank != variable.rank:
            return Decline("indices that are no vector, or one update for all rows")
        value = plain(updates)
        if invert:
            value = call("torch.reciprocal", value, type=value.type)
        places = torch_index(indices)
        method = ".index_reduce_"
        return call(method, variable, 0, places, value, reduce, type=variable.type)

    return rule


for _prefix in ("ResourceScatter", "Scatter"):
    rules.add(f"{_prefix}Mul", _reduced("prod"))
    rules.add(f"{_prefix}Div", _reduced("prod", invert=True))
    rules.add(f"{_prefix}Min", _reduced("amin"))
    rules.add(f"{_prefix}Max", _reduced("amax"))


@dataclass(frozen=True)
class NdAttrs:
    use_locking: bool = True
    bad_indices_policy: str = ""


def _coordinates(*, negate: bool = False, add: bool = False) -> RuleFunction:
    def rule(
        handle: Node, indices: Node, updates: Node, *, attrs: NdAttrs
    ) -> Node | Decline:
        variable = target(handle)
        if variable is None:
            return UNKNOWN
        if attrs.bad_indices_policy == "IGNORE":
            return Decline("indices out of range are to be ignored")
        value = plain(updates)
        if negate:
            value = call("neg", value, type=value.type)
        places = call(".unbind", torch_index(indices), -1)
        method = ".index_put_"
        if add:
            return call(
                method, variable, places, value, accumulate=True, type=variable.type
            )
        return call(method, variable, places, value, type=variable.type)

    return rule


for _prefix in ("ResourceScatterNd", "ScatterNd"):
    rules.add(f"{_prefix}Update", _coordinates())
    rules.add(f"{_prefix}Add", _coordinates(add=True))
    rules.add(f"{_prefix}Sub", _coordinates(add=True, negate=True))


def _extreme(reduce: str) -> RuleFunction:
    def rule(
        handle: Node, indices: Node, updates: Node, *, attrs: NdAttrs
    ) -> Node | Decline:
        variable = target(handle)
        if variable is None:
            return UNKNOWN
        if attrs.bad_indices_policy == "IGNORE":
            return Decline("indices out of range are to be ignored")
        rows = torch_index(indices)
        func = "helper.scatter_extreme"
        value = plain(updates)
        made = call(func, variable, rows, value, reduce=reduce, type=variable.type)
        return call(".copy_", variable, made, type=variable.type)

    return rule


rules.add("ResourceScatterNdMax", _extreme("amax"))
rules.add("ResourceScatterNdMin", _extreme("amin"))
rules.add("ScatterNdMax", _extreme("amax"))
rules.add("ScatterNdMin", _extreme("amin"))


@rules.rule("ResourceStridedSliceAssign", "StridedSliceAssign")
def strided_slice_assign(
    handle: Node,
    begin: Node,
    end: Node,
    strides: Node,
    value: Node,
    *,
    attrs: StridedAttrs,
) -> Node | Decline:
    variable = target(handle)
    if variable is None:
        return UNKNOWN
    found = subscript(variable.rank, begin, end, strides, attrs)
    if isinstance(found, str):
        return Decline(found)
    if found.flips:
        return Decline("a slice with a negative step is assigned")
    view = found.of(variable)
    return call(".copy_", view, plain(value), type=variable.type)
