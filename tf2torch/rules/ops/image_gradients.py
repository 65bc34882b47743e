"""Gradient ops of resizing and cropping, by pulling back through the forward form."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast, sizes_of
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ops.padding import Layout
from tf2torch.rules.ops.resize import ResizeAttrs, ScaleAndTranslateAttrs, given_size
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("image_gradients")

LAYOUT = Layout("NHWC")


def _mode(attrs: ResizeAttrs) -> str:
    if attrs.align_corners:
        return "align_corners"
    return "half_pixel" if attrs.half_pixel_centers else "legacy"


def _sizes_of_image(image: Node) -> Arg:
    """Height and width of the original image."""
    assert image.shape is not None
    return tuple(image.shape[1:3])


@rules.rule("ResizeBilinearGrad")
def resize_bilinear_grad(
    grad: Node, image: Node, *, attrs: ResizeAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return _resized("bilinear", grad, image, attrs, out[0])


@rules.rule("ResizeBicubicGrad")
def resize_bicubic_grad(
    grad: Node, image: Node, *, attrs: ResizeAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return _resized("bicubic", grad, image, attrs, out[0])


def _resized(
    kind: str, grad: Node, image: Node, attrs: ResizeAttrs, type: TensorType
) -> Node | Decline:
    if image.shape is None:
        return Decline("the rank of the image is not known")
    args = (LAYOUT.inside(grad), _sizes_of_image(image), kind, _mode(attrs))
    wide = LAYOUT.inside_type(type).with_dtype("float32")
    return cast(
        LAYOUT.outside(call("helper.resize_grad", *args, type=wide)), type.dtype
    )


@rules.rule("ResizeNearestNeighborGrad")
def resize_nearest_neighbor_grad(
    grad: Node, size: Node, *, attrs: ResizeAttrs, out: tuple[TensorType, ...]
) -> Node:
    args = (LAYOUT.inside(grad), given_size(size), "nearest", _mode(attrs))
    made = call("helper.resize_grad", *args, type=LAYOUT.inside_type(out[0]))
    return LAYOUT.outside(made)


@rules.rule("ScaleAndTranslateGrad")
def scale_and_translate_grad(
    grad: Node,
    image: Node,
    scale: Node,
    translation: Node,
    *,
    attrs: ScaleAndTranslateAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    if image.shape is None:
        return Decline("the rank of the image is not known")
    made = call(
        "helper.scale_and_translate_grad",
        LAYOUT.inside(grad),
        _sizes_of_image(image),
        scale,
        translation,
        kernel=attrs.kernel_type,
        antialias=attrs.antialias,
        type=LAYOUT.inside_type(out[0]),
    )
    return LAYOUT.outside(made)


@dataclass(frozen=True)
class MethodAttrs:
    method: str = "bilinear"


@rules.rule("CropAndResizeGradImage")
def crop_and_resize_grad_image(
    grad: Node,
    boxes: Node,
    index: Node,
    size: Node,
    *,
    attrs: MethodAttrs,
    out: tuple[TensorType, ...],
) -> Node | Decline:
    sizes = sizes_of(size)
    if sizes is None:
        return Decline("the size of the image is known only when the model runs")
    wide = out[0].with_dtype("float32")
    args = (grad, boxes, index, tuple(sizes), attrs.method)
    made = call("helper.crop_and_resize_grad_image", *args, type=wide)
    return cast(made, out[0].dtype)


@rules.rule("CropAndResizeGradBoxes")
def crop_and_resize_grad_boxes(
    grad: Node,
    image: Node,
    boxes: Node,
    index: Node,
    *,
    attrs: MethodAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    args = (grad, cast(image, "float32"), boxes, index)
    return call("helper.crop_and_resize_grad_boxes", *args, type=out[0])
