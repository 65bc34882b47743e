"""What graph optimisers fuse; TensorFlow has no Python functions for these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tests.ops.cases import OpCase, case, f32

raw = tf.raw_ops
STRIDES = {"strides": [1, 2, 2, 1], "padding": "SAME"}


@tf.autograph.experimental.do_not_convert
def node(op: str, inputs: Sequence[Any], **attrs: Any) -> Any:
    """A node of any registered op in the graph that is being traced."""
    graph = tf.compat.v1.get_default_graph()
    protos = {k: proto(v) for k, v in attrs.items()}
    made = graph._create_op_internal(
        op, list(inputs), None, name=op.strip("_"), attrs=protos
    )
    return made.outputs[0]


def proto(value: Any) -> tf.compat.v1.AttrValue:
    made = tf.compat.v1.AttrValue()
    match value:
        case tf.DType():
            made.type = value.as_datatype_enum
        case bool():
            made.b = value
        case int():
            made.i = value
        case float():
            made.f = value
        case str():
            made.s = value.encode()
        case [tf.DType(), *_]:
            made.list.type.extend(v.as_datatype_enum for v in value)
        case [int(), *_]:
            made.list.i.extend(value)
        case [str(), *_]:
            made.list.s.extend(v.encode() for v in value)
    return made


def conv(*ops: str) -> OpCase:
    def function(x: Any, w: Any, *args: Any) -> Any:
        return node(
            "_FusedConv2D",
            [x, w, *args],
            T=tf.float32,
            TArgs=[tf.float32] * len(args),
            num_args=len(args),
            num_host_args=0,
            fused_ops=list(ops),
            epsilon=1e-3,
            **STRIDES,
        )

    count = 4 if "FusedBatchNorm" in ops else 1
    args = [f32(5, low=0.5, high=1.5) for _ in range(count)]
    return case(
        "_FusedConv2D",
        function,
        f32(2, 8, 7, 3),
        f32(3, 3, 3, 5),
        *args,
        batch=[0],
        grad=False,
        name="-".join(ops),
    )


def depthwise(*ops: str) -> OpCase:
    return case(
        "_FusedDepthwiseConv2dNative",
        lambda x, w, b: node(
            "_FusedDepthwiseConv2dNative",
            [x, w, b],
            T=tf.float32,
            num_args=1,
            fused_ops=list(ops),
            **STRIDES,
        ),
        f32(2, 8, 7, 3),
        f32(3, 3, 3, 2),
        f32(6),
        batch=[0],
        grad=False,
        name="-".join(ops),
    )


def product(*ops: str, transpose: bool = False) -> OpCase:
    return case(
        "_FusedMatMul",
        lambda a, b, bias: node(
            "_FusedMatMul",
            [a, b, bias],
            T=tf.float32,
            num_args=1,
            fused_ops=list(ops),
            transpose_b=transpose,
        ),
        f32(2, 4),
        f32(3, 4) if transpose else f32(4, 3),
        f32(3),
        batch=[0],
        grad=False,
        name="-".join(ops),
    )


CASES = [
    conv("BiasAdd"),
    conv("BiasAdd", "Relu"),
    conv("BiasAdd", "LeakyRelu"),
    conv("FusedBatchNorm"),
    conv("FusedBatchNorm", "Relu6"),
    depthwise("BiasAdd", "Relu6"),
    product("BiasAdd"),
    product("BiasAdd", "Tanh"),
    product("BiasAdd", "GeluApproximate"),
    product("BiasAdd", "Elu", transpose=True),
    case(
        "FusedPadConv2D",
        lambda x, w: raw.FusedPadConv2D(
            input=x,
            paddings=tf.constant([[0, 0], [1, 2], [1, 1], [0, 0]]),
            filter=w,
            mode="REFLECT",
            strides=[1, 1, 1, 1],
            padding="VALID",
        ),
        f32(1, 6, 7, 3),  # of further images TensorFlow's kernel reads the wrong rows
        f32(3, 3, 3, 4),
        dynamic=False,
        grad=False,
    ),
    *(
        case(
            "FusedResizeAndPadConv2D",
            lambda x, w, corners=corners, mode=mode: raw.FusedResizeAndPadConv2D(
                input=x,
                size=tf.constant([9, 11]),
                paddings=tf.constant([[0, 0], [1, 2], [1, 1], [0, 0]]),
                filter=w,
                resize_align_corners=corners,
                mode=mode,
                strides=[1, 2, 2, 1],
                padding="VALID",
            ),
            f32(1, 6, 7, 3),
            f32(3, 3, 3, 4),
            dynamic=False,
            grad=False,
        )
        for corners, mode in ((True, "REFLECT"), (False, "SYMMETRIC"))
    ),
]
