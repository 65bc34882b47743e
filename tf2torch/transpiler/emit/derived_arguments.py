"""Arguments that follow from others: nobody gives them.

    hidden_channels = in_channels * expansion
    hidden_channels = out_channels // 4
    hidden_dim = 4 * dim
    padding = (total // 2, total - total // 2) * 2    with total = kernel_size - stride

Only where all instances say so, and enough of them that it is no chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tf2torch.transpiler.emit.hyperparameters import WIDTH
from tf2torch.transpiler.emit.names import Namespace
from tf2torch.transpiler.emit.signature import Signature

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.arguments import Argument
    from tf2torch.transpiler.emit.classes import ClassSpec, Program

# Widths that a block is told; others may follow from them.
GIVEN = ("in_channels", "dim", "channels", "out_channels")
# So many different sizes are no chance.
EVIDENCE = 3
LARGEST_FACTOR = 16


def derive(
    arguments: list[Argument], spec: ClassSpec, program: Program, names: Namespace
) -> list[Argument]:
    """Sets the rules of ``arguments``; new ones that the rules need come with them."""
    made = list(arguments)
    if len(spec.instances) < EVIDENCE or not _is_of_model(spec, program):
        return made
    expansion = None
    for argument in arguments:
        if argument.has_default or argument.group != WIDTH or argument.name in GIVEN:
            continue
        if argument.name in ("out_features", "in_features"):
            continue
        rule = _multiple(argument, arguments, spec.instances)
        if not rule and expansion is None:
            expansion = _expansion(argument, arguments, spec.instances, names)
            if expansion is not None:
                made.append(expansion)
                rule = f"in_channels * {expansion.name}"
        argument.rule = rule
    for argument in arguments:
        if argument.name == "padding" and not argument.rule:
            argument.rule = _padding(argument, arguments, spec.instances)
    return made


def _is_of_model(spec: ClassSpec, program: Program) -> bool:
    """Does the model alone make blocks of this class?"""
    return not any(
        child.key == spec.signature.key
        for other in program.classes
        if other is not program.root
        for child in other.signature.children
    )


def _numbers(argument: Argument, instances: Sequence[Signature]) -> list[int] | None:
    values = [argument.values[s] for s in instances]
    whole = [v for v in values if type(v) is int]
    return whole if len(whole) == len(values) else None


def _multiple(
    argument: Argument, others: Sequence[Argument], instances: Sequence[Signature]
) -> str:
    """``4 * dim`` or ``out_channels // 4``"""
    own = _numbers(argument, instances)
    for other in others:
        values = _numbers(other, instances) if other.name in GIVEN else None
        if own is None or values is None or len(set(values)) < EVIDENCE:
            continue
        for factor in range(2, LARGEST_FACTOR + 1):
            if own == [v * factor for v in values]:
                return f"{factor} * {other.name}"
            if [v * factor for v in own] == values:
                return f"{other.name} // {factor}"
    return ""


def _expansion(
    argument: Argument,
    others: Sequence[Argument],
    instances: Sequence[Signature],
    names: Namespace,
) -> Argument | None:
    """How many times wider than what enters: a new argument."""
    from tf2torch.transpiler.emit.arguments import Argument

    own = _numbers(argument, instances)
    entering = next((a for a in others if a.name == "in_channels"), None)
    if own is None or entering is None or argument.name != "hidden_channels":
        return None
    values = _numbers(entering, instances)
    if values is None or len(set(values)) < EVIDENCE or 0 in values:
        return None
    pairs = list(zip(own, values, strict=True))
    factors = [o // v for o, v in pairs]
    if any(o % v for o, v in pairs) or len(set(factors)) >= len(set(values)):
        return None
    made = Argument(names.claim("expansion"), [])
    made.values = dict(zip(instances, factors, strict=True))
    return made


def _padding(
    argument: Argument, others: Sequence[Argument], instances: Sequence[Signature]
) -> str:
    """TensorFlow's SAME on even sizes, from what else is told."""
    own = [_sides(argument.values[s]) for s in instances]
    stride = next((a for a in others if a.name == "stride"), None)
    if stride is None or len(set(own)) < 2 or None in own:
        return ""
    strides = [stride.values[s] for s in instances]
    kernel = next((a for a in others if a.name == "kernel_size"), None)
    if kernel is None:
        return _by_stride(argument, strides, instances)
    sizes = [kernel.values[s] for s in instances]
    for size, step, sides in zip(sizes, strides, own, strict=True):
        if type(size) is not int or type(step) is not int:
            return ""
        total = size - step
        if sides != (total // 2, total - total // 2) * 2:
            return ""
    half = f"({kernel.name} - {stride.name}) // 2"
    rest = f"({kernel.name} - {stride.name} + 1) // 2"
    return f"({half}, {rest}) * 2"


def _by_stride(
    argument: Argument, strides: Sequence[object], instances: Sequence[Signature]
) -> str:
    """``1 if stride == 1 else (0, 1, 0, 1)``"""
    pairs = {
        (str(s), str(argument.values[i]))
        for s, i in zip(strides, instances, strict=True)
    }
    if len(pairs) != 2 or {s for s, _ in pairs} != {"1", "2"}:
        return ""
    known = dict(pairs)
    return f"{known['1']} if stride == 1 else {known['2']}"


def _sides(value: object) -> tuple[object, ...] | None:
    if type(value) is int:
        return (value,) * 4
    return value if isinstance(value, tuple) and len(value) == 4 else None
