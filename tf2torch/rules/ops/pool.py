"""Pooling. SAME's cells count neither for the maximum nor for the average.

torch pads both sides alike and, with ``ceil_mode``, lets the last window hang over the
end: together that is SAME whenever the stride is at least 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call, cast, ints_of, outs
from tf2torch.ir.nodes import Arg, Node, Raw, Slice
from tf2torch.ir.types import FLOATS, INTS, TensorType
from tf2torch.rules.ops.padding import (
    Layout,
    Pads,
    Window,
    one_or_all,
    pad,
    pad_same,
    symmetric,
)
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("pool")

LOWEST = {"int8": -(2**7), "int16": -(2**15), "int32": -(2**31), "int64": -(2**63)}


@dataclass(frozen=True)
class MaxPoolAttrs:
    ksize: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    explicit_paddings: tuple[int, ...] = ()
    data_format: str = "NHWC"


@dataclass(frozen=True)
class PoolAttrs:
    ksize: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    data_format: str = "NHWC"


@dataclass(frozen=True)
class MaxPoolV2Attrs:
    padding: str
    data_format: str = "NHWC"


@dataclass(frozen=True)
class Pooling:
    """``kind`` is ``max`` or ``avg``."""

    kind: str
    layout: Layout
    window: Window
    padding: str
    explicit: Pads = ()

    @property
    def func(self) -> str:
        return f"F.{self.kind}_pool{len(self.window.kernel)}d"

    def apply(self, x: Node, type: TensorType, padding: Arg = 0, **named: Any) -> Node:
        """torch's pool of a channels-first ``x``."""
        window, rest = self.window, dict(named)
        stride: dict[str, Any] = {}
        if window.stride != window.kernel:
            stride["stride"] = one_or_all(window.stride)
        if padding != 0:
            stride["padding"] = padding
            if self.kind == "avg":
                rest["count_include_pad"] = False
        return call(
            self.func, x, one_or_all(window.kernel), type=type, **stride, **rest
        )


@rules.rule("MaxPool")
def max_pool(
    x: Node, *, attrs: MaxPoolAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    layout = Layout(attrs.data_format)
    explicit = layout.explicit(attrs.explicit_paddings)
    return pooled("max", x, layout, attrs, out[0], explicit)


@rules.rule("MaxPoolV2")
def max_pool_v2(
    x: Node,
    ksize: Node,
    strides: Node,
    *,
    attrs: MaxPoolV2Attrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    size, step = ints_of(ksize), ints_of(strides)
    if size is None or step is None:
        return Decline("the window is known only when the model runs")
    fixed = PoolAttrs(size, step, attrs.padding, attrs.data_format)
    return pooled("max", x, Layout(attrs.data_format), fixed, out[0])


@dataclass(frozen=True)
class Pool3DAttrs:
    ksize: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    data_format: str = "NDHWC"


@rules.rule("MaxPool3D")
def max_pool_3d(
    x: Node, *, attrs: Pool3DAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return pooled("max", x, Layout(attrs.data_format), attrs, out[0])


@rules.rule("AvgPool")
def avg_pool(
    x: Node, *, attrs: PoolAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return pooled("avg", x, Layout(attrs.data_format), attrs, out[0])


@rules.rule("AvgPool3D")
def avg_pool_3d(
    x: Node, *, attrs: Pool3DAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return pooled("avg", x, Layout(attrs.data_format), attrs, out[0])


def pooled(
    kind: str,
    x: Node,
    layout: Layout,
    attrs: MaxPoolAttrs | PoolAttrs | Pool3DAttrs,
    out: TensorType,
    explicit: Pads = (),
) -> Node | Decline:
    """The pool in torch's words, or why not."""
    if layout.data_format not in ("NHWC", "NCHW", "NDHWC", "NCDHW"):
        return Decline(f"data format {layout.data_format}")
    size, step = attrs.ksize, attrs.strides
    if size[0] != 1 or step[0] != 1:
        return Decline("it pools over the batch")
    if layout.channel(size) != 1:
        return depth_pool(x, layout, size, step, out)
    if x.dtype in INTS - LOWEST.keys() - {"uint8"}:
        return Decline(f"torch has no pools of {x.dtype}")
    spatial = layout.spatial(size)
    window = Window(spatial, layout.spatial(step), (1,) * len(spatial))
    spec = Pooling(kind, layout, window, attrs.padding, explicit)
    made = _pooled(spec, layout.inside(x), layout.inside_type(out))
    return layout.outside(made)


def _pooled(spec: Pooling, x: Node, type: TensorType) -> Node:
    if spec.padding == "EXPLICIT":
        if symmetric(spec.explicit) and _half(spec.window, spec.explicit):
            return spec.apply(x, type, one_or_all([lo for lo, _ in spec.explicit]))
        return spec.apply(pad(x, spec.explicit, lowest(x.dtype)), type)
    if spec.padding == "VALID":
        return spec.apply(x, type)
    return same_pooled(spec, x, type)


def same_pooled(spec: Pooling, x: Node, type: TensorType) -> Node:
    window = spec.window
    sizes = None if x.shape is None else x.shape[2:]
    pads, begins = window.same_pads(sizes), window.same_begins(sizes)
    if pads is not None and symmetric(pads):
        return spec.apply(x, type, one_or_all([lo for lo, _ in pads]))
    steps = zip(window.stride, window.spans, strict=True)
    if begins is not None and all(s > 1 or span % 2 for s, span in steps):
        if spec.kind == "avg" and set(begins) == {0}:
            return spec.apply(x, type, ceil_mode=True, count_include_pad=False)
        return spec.apply(x, type, one_or_all(begins), ceil_mode=True)
    if pads is not None and set(window.stride) == {1}:
        # One cell too many in front gives one window too many there.
        cuts = [Slice(hi - lo if hi > lo else None) for lo, hi in pads]
        y = spec.apply(x, type, one_or_all([hi for _, hi in pads]))
        return call("[]", y, (Slice(), Slice(), *cuts), type=type)
    if spec.kind == "avg":
        return call("helper.avg_pool_same", x, window.kernel, window.stride, type=type)
    return spec.apply(pad_same(x, window, lowest(x.dtype)), type)


def _half(window: Window, pads: Pads) -> bool:
    """torch's pools take at most half a window as padding."""
    pairs = zip(window.kernel, pads, strict=True)
    return all(2 * lo <= k for k, (lo, _) in pairs)


def lowest(dtype: str) -> Arg:
    """The neutral element of the maximum."""
    if dtype in FLOATS:
        return Raw("-torch.inf")
    return LOWEST.get(dtype, 0)


def depth_pool(
    x: Node,
    layout: Layout,
    size: tuple[int, ...],
    step: tuple[int, ...],
    out: TensorType,
) -> Node | Decline:
    """Maxima over groups of neighbouring channels, which TF allows alone."""
    each = layout.channel(size)
    if layout.first or x.shape is None or set(layout.spatial(size)) != {1}:
        return Decline("it pools over channels and space at once")
    if each != layout.channel(step) or set(layout.spatial(step)) != {1}:
        return Decline("its groups of channels overlap")
    split = call(".unflatten", x, -1, (-1, each), type=x.type.with_shape(None))
    made = call(".max", split, -1, type=out)
    return call("@values", made, type=out)


@dataclass(frozen=True)
class ArgmaxAttrs:
    ksize: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    include_batch_in_index: bool = False


@rules.rule("MaxPoolWithArgmax")
def max_pool_with_argmax(
    x: Node, *, attrs: ArgmaxAttrs, out: tuple[TensorType, ...]
) -> tuple[Node, ...] | Decline:
    """The maxima and their places, numbered through rows, columns and channels."""
    layout = Layout("NHWC")
    if {attrs.ksize[0], attrs.ksize[-1], attrs.strides[0], attrs.strides[-1]} != {1}:
        return Decline("it pools over channels or the batch")
    if x.dtype not in FLOATS:
        return Decline(f"torch does not say where maxima of {x.dtype} are")
    named: dict[str, Any] = {"same": True} if attrs.padding == "SAME" else {}
    if attrs.include_batch_in_index:
        named["with_batch"] = True
    kernel, stride = layout.spatial(attrs.ksize), layout.spatial(attrs.strides)
    wide = out[1].with_dtype("int64")
    args = (x, kernel, stride)
    made = call("helper.max_pool_argmax", *args, types=(out[0], wide), **named)
    values, places = outs(made)
    return values, cast(places, out[1].dtype)
