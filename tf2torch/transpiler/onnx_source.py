"""ONNX nodes as torch expressions: the operators that tf2onnx writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Write = Callable[[list[str], dict[str, Any]], str]


class Untranslated(Exception):
    """The second route ends here, and why."""


# Operator → template over its operands.
SIMPLE = {
    "Add": "{0} + {1}", "Sub": "{0} - {1}", "Mul": "{0} * {1}",
    "Pow": "torch.pow({0}, {1})", "Neg": "-{0}", "Abs": "{0}.abs()",
    "Exp": "{0}.exp()", "Log": "{0}.log()", "Sqrt": "{0}.sqrt()",
    "Reciprocal": "{0}.reciprocal()", "Relu": "torch.relu({0})",
    "Sigmoid": "torch.sigmoid({0})", "Tanh": "torch.tanh({0})", "Erf": "{0}.erf()",
    "Sin": "{0}.sin()", "Cos": "{0}.cos()", "Tan": "{0}.tan()", "Asin": "{0}.asin()",
    "Acos": "{0}.acos()", "Atan": "{0}.atan()", "Sinh": "{0}.sinh()",
    "Cosh": "{0}.cosh()", "Floor": "{0}.floor()", "Ceil": "{0}.ceil()",
    "Round": "{0}.round()", "Sign": "{0}.sign()", "Softplus": "F.softplus({0})",
    "Softsign": "F.softsign({0})", "MatMul": "{0} @ {1}", "Equal": "{0} == {1}",
    "Less": "{0} < {1}", "Greater": "{0} > {1}", "LessOrEqual": "{0} <= {1}",
    "GreaterOrEqual": "{0} >= {1}", "And": "{0} & {1}", "Or": "{0} | {1}",
    "Xor": "{0} ^ {1}", "Not": "~{0}", "Where": "torch.where({0}, {1}, {2})",
    "Identity": "{0}", "IsNaN": "{0}.isnan()", "IsInf": "{0}.isinf()",
    "Min": "torch.minimum({0}, {1})", "Max": "torch.maximum({0}, {1})",
    "Shape": "torch.tensor({0}.shape, device={0}.device)",
    "Size": "torch.tensor({0}.numel(), device={0}.device)",
    "Reshape": "{0}.reshape({1}.tolist())",
    "Expand": "{0} * {0}.new_ones({1}.tolist())",
    "Tile": "{0}.repeat({1}.tolist())", "NonZero": "{0}.nonzero().T",
    "Range": "torch.arange({0}.item(), {1}.item(), {2}.item(), device={0}.device)",
    "GatherND": "{0}[{1}.unbind(-1)]",
    "ScatterND": "{0}.index_put({1}.unbind(-1), {2})",
    "Mod": "torch.remainder({0}, {1})", "Atanh": "{0}.atanh()",
    "Acosh": "{0}.acosh()", "Asinh": "{0}.asinh()", "HardSwish": "F.hardswish({0})",
    "GlobalAveragePool": "{0}.mean((2, 3), keepdim=True)",
    "PRelu": "torch.where({0} < 0, {0} * {1}, {0})",
}  # fmt: skip
# ONNX's numbers of dtypes.
DTYPES = {1: "float32", 2: "uint8", 3: "int8", 5: "int16", 6: "int32", 7: "int64",
          9: "bool", 10: "float16", 11: "float64"}  # fmt: skip
REDUCTIONS = {"ReduceMean": "mean", "ReduceMax": "amax", "ReduceMin": "amin",
              "ReduceSum": "sum", "ReduceProd": "prod"}  # fmt: skip


def statement(node: Any, operands: list[str]) -> str:
    """The right side of an assignment to the node's outputs."""
    attributes = {a.name: _value(a) for a in node.attribute}
    if node.op_type in SIMPLE:
        return SIMPLE[node.op_type].format(*operands)
    write = WRITERS.get(node.op_type)
    if node.op_type in REDUCTIONS:
        return _reduction(REDUCTIONS[node.op_type], operands, attributes)
    if write is None:
        raise Untranslated(f"no torch source for ONNX {node.op_type}")
    try:
        return write(operands, attributes)
    except KeyError as missing:
        raise Untranslated(f"ONNX {node.op_type} without {missing}") from None


def _value(attribute: Any) -> Any:
    from onnx import helper

    return helper.get_attribute_value(attribute)


def _reduction(method: str, x: list[str], attrs: dict[str, Any]) -> str:
    keep = bool(attrs.get("keepdims", 1))
    axes = attrs.get("axes")
    if len(x) > 1 and x[1] != "None":
        axes = f"{x[1]}.tolist()"
    elif axes is None:
        raise Untranslated("a reduction over axes that are not said")
    else:
        axes = repr(tuple(axes))
    if method == "prod":
        raise Untranslated("a product over axes")
    return f"{x[0]}.{method}({axes}, keepdim={keep})"


def _divide(x: list[str], attrs: dict[str, Any]) -> str:
    """Integers are divided as ONNX does: towards zero."""
    a, b = x
    return (
        f"{a} / {b} if {a}.is_floating_point() "
        f'else torch.div({a}, {b}, rounding_mode="trunc")'
    )


def _cast(x: list[str], attrs: dict[str, Any]) -> str:
    if attrs["to"] not in DTYPES:
        raise Untranslated(f"a cast to ONNX dtype {attrs['to']}")
    return f"{x[0]}.to(torch.{DTYPES[attrs['to']]})"


def _transpose(x: list[str], attrs: dict[str, Any]) -> str:
    order = attrs.get("perm")
    return f"{x[0]}.permute({tuple(order)})" if order else f"{x[0]}.mT"


def _gather(x: list[str], attrs: dict[str, Any]) -> str:
    """Any rank of indices at one axis; negative ones count from the end."""
    axis = attrs.get("axis", 0)
    if axis < 0:
        return f"{x[0]}.movedim({axis}, 0)[{x[1]}.long()].movedim(0, {axis})"
    return f"{x[0]}[{':, ' * axis}{x[1]}.long()]"


def _concat(x: list[str], attrs: dict[str, Any]) -> str:
    return f"torch.cat([{', '.join(x)}], {attrs['axis']})"


def _unsqueeze(x: list[str], attrs: dict[str, Any]) -> str:
    axes = attrs.get("axes")
    if axes is not None and len(axes) == 1:
        return f"{x[0]}.unsqueeze({axes[0]})"
    if len(x) > 1:
        count = f"{x[0]}.ndim + {x[1]}.numel()"
        places = f"[i % ({count}) for i in {x[1]}.tolist()]"
        kept = f"None if i in {places} else slice(None)"
        return f"{x[0]}[tuple({kept} for i in range({count}))]"
    raise Untranslated("an unsqueeze of several axes")


def _squeeze(x: list[str], attrs: dict[str, Any]) -> str:
    axes = attrs.get("axes")
    given = repr(tuple(axes)) if axes is not None else f"{x[1]}.tolist()"
    return f"{x[0]}.squeeze({given})"


def _slice(x: list[str], attrs: dict[str, Any]) -> str:
    if len(x) < 4:
        raise Untranslated("a slice whose axes are not said")
    steps = x[4] if len(x) > 4 and x[4] != "None" else None
    if steps is not None and "-" in steps:
        raise Untranslated("a slice with a negative step")
    parts = f"{x[1]}.tolist(), {x[2]}.tolist(), {x[3]}.tolist()"
    step = f", {steps}.tolist()" if steps else ""
    names = "a, b, c, s" if steps else "a, b, c"
    body = "{c: slice(a, b, s)" if steps else "{c: slice(a, b)"
    chosen = f"{body} for {names} in zip({parts}{step}, strict=True)}}"
    return f"{x[0]}[tuple(({chosen}).get(i, slice(None)) for i in range({x[0]}.ndim))]"


def _softmax(x: list[str], attrs: dict[str, Any]) -> str:
    return f"{x[0]}.softmax({attrs.get('axis', -1)})"


def _log_softmax(x: list[str], attrs: dict[str, Any]) -> str:
    return f"{x[0]}.log_softmax({attrs.get('axis', -1)})"


def _clip(x: list[str], attrs: dict[str, Any]) -> str:
    low, high = (*x[1:], "None", "None")[:2]
    return f"{x[0]}.clamp({low}, {high})"


def _split(x: list[str], attrs: dict[str, Any]) -> str:
    if len(x) < 2:
        raise Untranslated("a split into parts that are not said")
    return f"{x[0]}.split({x[1]}.tolist(), {attrs.get('axis', 0)})"


def _einsum(x: list[str], attrs: dict[str, Any]) -> str:
    return f"torch.einsum({attrs['equation'].decode()!r}, {', '.join(x)})"


def _cumsum(x: list[str], attrs: dict[str, Any]) -> str:
    if attrs.get("exclusive") or attrs.get("reverse"):
        raise Untranslated("an exclusive or reversed cumulative sum")
    return f"{x[0]}.cumsum({x[1]}.item())"


def _filled(x: list[str], attrs: dict[str, Any]) -> str:
    from onnx import numpy_helper

    value = numpy_helper.to_array(attrs["value"]) if "value" in attrs else None
    number = 0.0 if value is None else value.reshape(-1)[0].item()
    dtype = "float32" if value is None else value.dtype.name
    return f"torch.full({x[0]}.tolist(), {number!r}, dtype=torch.{dtype})"


def _gemm(x: list[str], attrs: dict[str, Any]) -> str:
    a = f"{x[0]}.mT" if attrs.get("transA") else x[0]
    b = f"{x[1]}.mT" if attrs.get("transB") else x[1]
    product = f"{attrs.get('alpha', 1.0)} * ({a} @ {b})"
    return f"{product} + {attrs.get('beta', 1.0)} * {x[2]}" if len(x) > 2 else product


def _pad(x: list[str], attrs: dict[str, Any]) -> str:
    if attrs.get("mode", b"constant") != b"constant":
        raise Untranslated("padding with a mode")
    value = f"{x[2]}.item()" if len(x) > 2 and x[2] != "None" else "0.0"
    amounts = f"{x[1]}.reshape(2, -1).T.flip(0).reshape(-1).tolist()"
    return f"F.pad({x[0]}, {amounts}, value={value})"


def _elu(x: list[str], attrs: dict[str, Any]) -> str:
    return f"F.elu({x[0]}, {attrs.get('alpha', 1.0)!r})"


def _leaky_relu(x: list[str], attrs: dict[str, Any]) -> str:
    slope = f"{attrs.get('alpha', 0.01):.7g}"
    return f"torch.where({x[0]} < 0, {x[0]} * {slope}, {x[0]})"


def _selu(x: list[str], attrs: dict[str, Any]) -> str:
    return f"F.selu({x[0]})"


def _windows(x: list[str], attrs: dict[str, Any]) -> tuple[int, str]:
    """(spatial axes, amounts for F.pad); ONNX lists all that come first, then last."""
    rank = len(attrs["kernel_shape"])
    if attrs.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise Untranslated("padding that depends on the size")
    pads = attrs.get("pads", [0] * 2 * rank)
    pairs = zip(pads[:rank][::-1], pads[rank:][::-1], strict=True)
    return rank, repr(tuple(amount for pair in pairs for amount in pair))


def _conv(x: list[str], attrs: dict[str, Any]) -> str:
    rank, pads = _windows(x, attrs)
    options = (
        f"stride={tuple(attrs.get('strides', [1] * rank))}, "
        f"dilation={tuple(attrs.get('dilations', [1] * rank))}, "
        f"groups={attrs.get('group', 1)}"
    )
    operands = ", ".join([f"F.pad({x[0]}, {pads})", *x[1:]])
    return f"F.conv{rank}d({operands}, {options})"


def _max_pool(x: list[str], attrs: dict[str, Any]) -> str:
    rank, pads = _windows(x, attrs)
    if attrs.get("ceil_mode") or any(d != 1 for d in attrs.get("dilations", ())):
        raise Untranslated("a pool with windows that are cut or dilated")
    stride = tuple(attrs.get("strides", [1] * rank))
    padded = f"F.pad({x[0]}, {pads}, value=-math.inf)"
    return f"F.max_pool{rank}d({padded}, {tuple(attrs['kernel_shape'])}, {stride})"


def _average_pool(x: list[str], attrs: dict[str, Any]) -> str:
    """Padding is counted or not: the mean of what is there is a ratio of means."""
    rank, pads = _windows(x, attrs)
    if attrs.get("ceil_mode"):
        raise Untranslated("a pool with windows that are cut")
    sizes = f"{tuple(attrs['kernel_shape'])}, {tuple(attrs.get('strides', [1] * rank))}"
    mean = f"F.avg_pool{rank}d(F.pad({x[0]}, {pads}), {sizes})"
    if attrs.get("count_include_pad"):
        return mean
    ones = f"F.pad(torch.ones_like({x[0]}), {pads})"
    return f"{mean} / F.avg_pool{rank}d({ones}, {sizes})"


def _trilu(x: list[str], attrs: dict[str, Any]) -> str:
    side = "triu" if attrs.get("upper", 1) else "tril"
    return f"{x[0]}.{side}({f'{x[1]}.item()' if len(x) > 1 else 0})"


def _one_hot(x: list[str], attrs: dict[str, Any]) -> str:
    hot = f"F.one_hot({x[0]}.long(), int({x[1]})).movedim(-1, {attrs.get('axis', -1)})"
    return f"torch.where({hot} == 1, {x[2]}[1], {x[2]}[0])"


def _arg(side: str) -> Write:
    def write(x: list[str], attrs: dict[str, Any]) -> str:
        keep = bool(attrs.get("keepdims", 1))
        return f"{x[0]}.arg{side}({attrs.get('axis', 0)}, keepdim={keep})"

    return write


WRITERS: dict[str, Write] = {
    "Elu": _elu, "LeakyRelu": _leaky_relu, "Selu": _selu, "Conv": _conv,
    "MaxPool": _max_pool, "AveragePool": _average_pool, "Trilu": _trilu,
    "OneHot": _one_hot, "ArgMax": _arg("max"), "ArgMin": _arg("min"),
    "Div": _divide, "Cast": _cast, "Transpose": _transpose, "Gather": _gather,
    "Concat": _concat, "Unsqueeze": _unsqueeze, "Squeeze": _squeeze, "Slice": _slice,
    "Softmax": _softmax, "LogSoftmax": _log_softmax, "Clip": _clip, "Split": _split,
    "Einsum": _einsum, "CumSum": _cumsum, "ConstantOfShape": _filled, "Gemm": _gemm,
    "Pad": _pad,
}  # fmt: skip
