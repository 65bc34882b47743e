"""Functionals over parameters become modules.

    F.conv2d(x, Param, stride=2) + Param   ->   nn.Conv2d(3, 8, 3, stride=2)(x)
    F.batch_norm(x, Param, Param, ...)     ->   nn.BatchNorm2d(8, eps=1e-3)(x)
    x @ Param + Param                      ->   nn.Linear(32, 4)(x)

Two uses of the same parameters are one module called twice. A parameter that another
kind of module owns already (tied weights) stays an argument of the functional.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tf2torch.ir.build import array_of, const, in_its_dtype
from tf2torch.ir.graph import Graph, map_regions, substitute, transform, users
from tf2torch.ir.nodes import Arg, Call, Const, Module, Node, Param, Slice, Transform
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.passes.fold_params import fold_arrangement, fold_params
from tf2torch.transpiler.passes.momentum import Momentum

Config = tuple[tuple[str, Arg], ...]
State = tuple[tuple[str, "Param | Const"], ...]


def make_modules(graph: Graph, momentum: Momentum) -> Graph:
    """Modules where every parameter is at hand; then bias additions join them."""
    makers = _makers(momentum)
    owners: dict[object, object] = {}

    def change(node: Node) -> Node | None:
        if not isinstance(node, Call):
            return None
        maker = makers.get(node.func)
        made = maker(node) if maker is not None else None
        return None if made is None else _owned(made, owners)

    # A linear layer transposes: another use of its weight may want it as it was.
    return transform(fold_params(_join_bias(graph)), change)


def _owned(made: Module, owners: dict[object, object]) -> Module | None:
    """``made`` keyed by its state; None when another kind of module owns some of it."""
    made = in_its_dtype(made)
    params = [(p.variable, p.transforms) for _, p in made.state if isinstance(p, Param)]
    key = (made.cls, made.config, tuple(params))
    if any(owners.get(p, key) != key for p in params):
        return None
    for param in params:
        owners[param] = key
    name = next(p for _, p in made.state if isinstance(p, Param)).variable.name
    scope = name.rsplit("/", 1)[0] if "/" in name else ""
    return replace(made, key=key, name=scope)


# --- bias ----------------------------------------------------------------------------

CONVS = {f"F.conv{d}d": d for d in (1, 2, 3)} | {
    f"F.conv_transpose{d}d": d for d in (1, 2, 3)
}


PADDABLE = frozenset({"F.conv1d", "F.conv2d", "F.conv3d"})


def _join_bias(graph: Graph) -> Graph:
    """``F.conv2d(x, w) + b`` and ``x @ w + b`` → one call with the bias in it, in
    loops and branches, too."""

    def change(node: Node) -> Node | None:
        if node.graphs():
            return map_regions(node, _join_bias)
        return _matmul_to_linear(node)

    graph = transform(graph, change, into_regions=False)
    readers = users(graph)
    joined: dict[Node, Node] = {}
    for node in graph.nodes():
        if not isinstance(node, Call) or node.func != "+" or len(node.args) != 2:
            continue
        for layer, bias in (node.args, node.args[::-1]):
            if not isinstance(layer, Call) or not isinstance(bias, Node):
                continue
            made = _biased(node, layer, bias)
            if (
                made is not None
                and readers[layer] == [node]
                and layer not in graph.results
            ):
                joined[node] = made
                break
    return substitute(graph, joined)


def _matmul_to_linear(node: Node) -> Node | None:
    match node:
        case Call("@", (Node() as x, Param() as w)) if w.rank == 2:
            args = (x, _transposed(w))
            return Call("F.linear", args, types=node.types, origin=node.origin)
        case Call("@", (Node() as x, Call(".permute", (Param() as w, (1, 0))))):
            # A tied weight: stored as the embedding has it.
            return Call("F.linear", (x, w), types=node.types, origin=node.origin)
    return None


def _transposed(w: Param) -> Param:
    folded = fold_arrangement(Call(".permute", (w, (1, 0)), types=w.types))
    assert isinstance(folded, Param)
    return folded


def _biased(node: Call, layer: Call, bias: Node) -> Call | None:
    """``layer`` with ``bias`` in it, below a cropping subscript if there is one."""
    match layer:
        case Call("[]", (Call() as inner, tuple() as index)) if all(
            isinstance(i, Slice) for i in index
        ):
            made = _biased(replace(node, types=inner.types), inner, bias)
            return None if made is None else replace(layer, args=(made, index))
    if len(layer.args) != 2 or any(k == "bias" for k, _ in layer.kwargs):
        return None
    weight = layer.args[1]
    if not isinstance(weight, Param) or not weight.shape:
        return None
    flat = _flat_bias(bias, CONVS.get(layer.func, 0))
    if flat is None or flat.shape is None:
        return None
    if layer.func == "F.linear":
        fits = flat.shape == (weight.shape[0],)
    elif layer.func in CONVS:
        grouped = layer.func.startswith("F.conv_transpose")
        groups = layer.kwarg("groups", 1)
        assert isinstance(groups, int)
        out = weight.shape[1] * groups if grouped else weight.shape[0]
        fits = flat.shape == (out,)
    else:
        return None
    if not fits:
        return None
    origin = layer.origin.merge(node.origin)
    return replace(layer, args=(*layer.args, flat), types=node.types, origin=origin)


def _flat_bias(bias: Node, spatial: int) -> Param | None:
    """The bias as a vector; for a convolution it comes shaped [C, 1, ...]."""
    if not isinstance(bias, Param) or bias.shape is None:
        return None
    if not spatial:
        return bias if len(bias.shape) == 1 else None
    ones = bias.shape[1:] if len(bias.shape) == spatial + 1 else bias.shape[2:]
    channels = bias.shape[0] if len(bias.shape) == spatial + 1 else None
    if len(bias.shape) == spatial + 2 and bias.shape[0] == 1:
        channels = bias.shape[1]
    if channels is None or any(s != 1 for s in ones):
        return None
    steps = bias.transforms
    if steps and steps[-1].kind == "reshape":
        steps = steps[:-1]
    if (channels,) != bias.variable.shape:
        steps = (*steps, Transform("reshape", (int(channels),)))
    return replace(bias, transforms=steps, types=(TensorType(bias.dtype, (channels,)),))


# --- one maker per functional ----------------------------------------------------


def _makers(momentum: Momentum) -> dict[str, Callable[[Call], Module | None]]:
    return {
        "F.linear": _linear,
        "F.embedding": _embedding,
        "F.embedding_bag": _embedding_bag,
        "[]": _wrapping_embedding,
        "F.layer_norm": _layer_norm,
        "F.rms_norm": _rms_norm,
        "F.group_norm": _group_norm,
        "F.prelu": _prelu,
        "F.batch_norm": lambda node: _batch_norm(node, momentum),
        **{name: _conv for name in CONVS},
    }


def _module(node: Call, cls: str, x: Arg, config: Config, state: State) -> Module:
    return Module(cls, (x,), config, state, types=node.types, origin=node.origin)


def _linear(node: Call) -> Module | None:
    x, weight, *bias = node.args
    if not isinstance(weight, Param) or not weight.shape or weight.rank != 2:
        return None
    config: Config = (
        ("in_features", weight.shape[1]),
        ("out_features", weight.shape[0]),
    )
    return _with_bias(node, "nn.Linear", x, weight, bias, config)


def _with_bias(
    node: Call, cls: str, x: Arg, weight: Param, bias: list[Arg], config: Config
) -> Module | None:
    if not bias or bias[0] is None:
        return _module(node, cls, x, (*config, ("bias", False)), (("weight", weight),))
    if not isinstance(bias[0], Param):
        return None
    return _module(node, cls, x, config, (("weight", weight), ("bias", bias[0])))


def _conv(node: Call) -> Module | None:
    x, weight, *bias = node.args
    if not isinstance(weight, Param) or weight.shape is None:
        return None
    groups = node.kwarg("groups", 1)
    assert isinstance(groups, int)
    transposed = node.func.startswith("F.conv_transpose")
    first, second, *kernel = weight.shape
    inside, out = (first, second * groups) if transposed else (second * groups, first)
    x, pads = _own_padding(node, x)
    config: Config = (
        ("in_channels", inside), ("out_channels", out),
        ("kernel_size", _short(tuple(kernel))),
    )  # fmt: skip
    defaults = {
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        "output_padding": 0,
    }
    for key, value in (pads or dict(node.kwargs)).items():
        if key not in defaults:
            return None
        if _short(value) != defaults[key]:
            config = (*config, (key, _short(value)))
    cls = "nn.Conv" + ("Transpose" if transposed else "") + node.func[-2:]
    return _with_bias(node, cls, x, weight, bias, config)


def _own_padding(node: Call, x: Arg) -> tuple[Arg, dict[str, Arg] | None]:
    """A zero pad before a convolution, equal on both sides, is its own padding."""
    if not isinstance(x, Call) or x.func != "F.pad" or node.func not in PADDABLE:
        return x, None
    pads = x.args[1]
    if x.kwarg("mode") or x.kwarg("value", 0.0) != 0 or len(x.args) > 2:
        return x, None
    spatial = (x.rank or 0) - 2
    if not isinstance(pads, tuple) or len(pads) > 2 * spatial:
        return x, None
    pads = (*pads, *[0] * (2 * spatial - len(pads)))
    if any(type(p) is not int or p < 0 for p in pads) or pads[::2] != pads[1::2]:
        return x, None
    if node.kwarg("padding", 0) not in (0, (0,) * spatial):
        return x, None
    return x.args[0], {**dict(node.kwargs), "padding": pads[::2][::-1]}


def _short(value: Arg) -> Arg:
    """(3, 3) → 3"""
    if isinstance(value, tuple) and value and all(v == value[0] for v in value):
        return value[0]
    return value


def _embedding(node: Call) -> Module | None:
    ids, weight, *rest = node.args
    if not isinstance(weight, Param) or weight.rank != 2 or rest or node.kwargs:
        return None
    rows, width = weight.shape or ()
    config: Config = (("num_embeddings", rows), ("embedding_dim", width))
    return _module(node, "nn.Embedding", ids, config, (("weight", weight),))


def _embedding_bag(node: Call) -> Module | None:
    ids, weight, offsets = node.args
    made = _embedding(replace(node, args=(ids, weight), kwargs=()))
    if made is None:
        return None
    config = (*made.config, ("mode", node.kwarg("mode")))
    return replace(made, cls="nn.EmbeddingBag", args=(ids, offsets), config=config)


def _wrapping_embedding(node: Call) -> Module | None:
    """Rows of a table by ids that may be negative."""
    table, ids = node.args
    if not isinstance(ids, Node) or ids.dtype not in ("int32", "int64"):
        return None
    made = _embedding(replace(node, args=(ids, table)))
    return None if made is None else replace(made, cls="helper.Embedding")


def _layer_norm(node: Call) -> Module | None:
    x, shape, *rest = node.args
    weight = rest[0] if rest else node.kwarg("weight")
    bias = rest[1] if len(rest) > 1 else node.kwarg("bias")
    config: Config = (
        ("normalized_shape", _short_shape(shape)),
        ("eps", node.kwarg("eps", 1e-5)),
    )
    if not isinstance(weight, Param):
        return None
    if bias is None:
        config = (*config, ("bias", False))
        return _module(node, "nn.LayerNorm", x, config, (("weight", weight),))
    if not isinstance(bias, Param):
        return None
    return _module(
        node, "nn.LayerNorm", x, config, (("weight", weight), ("bias", bias))
    )


def _short_shape(shape: Arg) -> Arg:
    return shape[0] if isinstance(shape, tuple) and len(shape) == 1 else shape


def _rms_norm(node: Call) -> Module | None:
    x, shape, *rest = node.args
    weight = rest[0] if rest else node.kwarg("weight")
    if not isinstance(weight, Param):
        return None
    config: Config = (
        ("normalized_shape", _short_shape(shape)),
        ("eps", node.kwarg("eps")),
    )
    return _module(node, "nn.RMSNorm", x, config, (("weight", weight),))


def _group_norm(node: Call) -> Module | None:
    x, groups, weight, bias = (
        node.args[:4] if len(node.args) > 3 else (*node.args, *[None] * 4)[:4]
    )
    if not isinstance(weight, Param) or not isinstance(bias, Param) or not weight.shape:
        return None
    config: Config = (
        ("num_groups", groups), ("num_channels", weight.shape[0]),
        ("eps", node.kwarg("eps", 1e-5)),
    )  # fmt: skip
    return _module(
        node, "nn.GroupNorm", x, config, (("weight", weight), ("bias", bias))
    )


def _prelu(node: Call) -> Module | None:
    x, weight = node.args
    if not isinstance(weight, Param) or not weight.shape:
        return None
    config: Config = (("num_parameters", weight.shape[0]),)
    return _module(node, "nn.PReLU", x, config, (("weight", weight),))


def _batch_norm(node: Call, momentum: Momentum) -> Module | None:
    x, mean, var, weight, bias = (*node.args, None, None)[:5]
    if (
        not isinstance(mean, Param)
        or not isinstance(var, Param)
        or node.kwarg("training")
    ):
        return None
    assert isinstance(x, Node)
    if x.rank not in (2, 3, 4, 5) or not mean.shape:
        return None
    state: list[tuple[str, Param | Const]] = []
    for suffix, value in (("weight", weight), ("bias", bias)):
        if isinstance(value, Param):
            state.append((suffix, value))
        elif not _is_identity(value, suffix):
            return None
    state += [("running_mean", mean), ("running_var", var)]
    # Torch's own count of training steps; TensorFlow has none.
    state.append(("num_batches_tracked", const(0, "int64")))
    config: Config = (
        ("num_features", mean.shape[0]), ("eps", node.kwarg("eps", 1e-5)),
        ("momentum", momentum.of(mean)),
    )  # fmt: skip
    cls = f"nn.BatchNorm{max(x.rank, 3) - 2}d"
    names = {name for name, _ in state}
    if mean.variable.name in momentum.frozen or _untrained(weight, bias):
        cls = cls.replace("nn.", "helper.Frozen")
        flags = {"scale": "weight" in names, "center": "bias" in names}
        absent = tuple((flag, False) for flag, has in flags.items() if not has)
        config = (*config[:2], *absent)
    elif not names & {"weight", "bias"}:
        config = (*config, ("affine", False))
    elif not names >= {"weight", "bias"}:
        cls = f"helper.BatchNorm{max(x.rank, 3) - 2}d"
        missing = "center" if "weight" in names else "scale"
        config = (*config, (missing, False))
    return _module(node, cls, x, config, tuple(state))


def _untrained(*values: Arg) -> bool:
    """Are there parameters, and none that is trained? Then the layer is frozen."""
    flags = [v.variable.trainable for v in values if isinstance(v, Param)]
    return bool(flags) and not any(flags)


def _is_identity(value: Arg, suffix: str) -> bool:
    if value is None:
        return True
    array = array_of(value) if isinstance(value, Node) else None
    return array is not None and bool((array == (suffix == "weight")).all())
