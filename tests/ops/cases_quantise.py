"""Quantisation that stays in floats."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32, f64

raw = tf.raw_ops
CASES: list[OpCase] = []
for low, high in ((-6.0, 6.0), (0.0, 1.0), (-0.3, 2.0), (-1.0, 0.0)):
    for bits, narrow in ((8, False), (4, True), (2, False)):

        def args(x, a=low, b=high, n=bits, w=narrow):
            return tf.quantization.fake_quant_with_min_max_args(x, a, b, n, w)

        def variables(x, a, b, n=bits, w=narrow):
            return tf.quantization.fake_quant_with_min_max_vars(x, a, b, n, w)

        ends = np.float32(low), np.float32(high)
        CASES += [
            case("FakeQuantWithMinMaxArgs", args, f32(5, 6)),
            case("FakeQuantWithMinMaxVars", variables, f32(5, 6), *ends),
        ]
CHANNELS = np.array([-1.0, -0.2, 0.0], "f"), np.array([1.0, 0.7, 2.0], "f")
CASES += [
    case(
        "FakeQuantWithMinMaxVars",
        lambda x, a, b: tf.quantization.fake_quant_with_min_max_vars(x, a, b),
        f32(5),
        np.float32(0),
        np.float32(0),
    ),
    case(
        "FakeQuantWithMinMaxVarsPerChannel",
        lambda x, a, b: tf.quantization.fake_quant_with_min_max_vars_per_channel(
            x, a, b
        ),
        f32(5, 4, 3),
        *CHANNELS,
        batch=[0],
    ),
    case(
        "FakeQuantWithMinMaxArgsGradient",
        lambda g, x: raw.FakeQuantWithMinMaxArgsGradient(
            gradients=g, inputs=x, min=-1, max=1
        ),
        f32(5, 6),
        f32(5, 6),
        grad=False,
    ),
    case(
        "FakeQuantWithMinMaxVarsGradient",
        lambda g, x, a, b: tuple(
            raw.FakeQuantWithMinMaxVarsGradient(gradients=g, inputs=x, min=a, max=b)
        ),
        f32(5, 6),
        f32(5, 6),
        np.float32(-1),
        np.float32(0.5),
        grad=False,
    ),
    case(
        "FakeQuantWithMinMaxVarsPerChannelGradient",
        lambda g, x, a, b: tuple(
            raw.FakeQuantWithMinMaxVarsPerChannelGradient(
                gradients=g, inputs=x, min=a, max=b
            )
        ),
        f32(5, 3),
        f32(5, 3),
        *CHANNELS,
        batch=[0, 1],
        grad=False,
    ),
]
LIMITS = np.float32(-1), np.float32(1.5)
for signed in (True, False):
    for given in (True, False):
        for narrow in (True, False):
            for mode in ("HALF_TO_EVEN", "HALF_UP"):

                def rounded(x, a, b, s=signed, g=given, n=narrow, m=mode, op="V2"):
                    return getattr(raw, f"QuantizeAndDequantize{op}")(
                        input=x,
                        input_min=a,
                        input_max=b,
                        signed_input=s,
                        range_given=g,
                        narrow_range=n,
                        round_mode=m,
                        num_bits=5,
                    )

                x = f32(5, 6) if signed else f32(5, 6, low=0, high=2)
                CASES += [
                    case("QuantizeAndDequantizeV2", rounded, x, *LIMITS),
                    case(
                        "QuantizeAndDequantizeV4",
                        lambda x, a, b, r=rounded: r(x, a, b, op="V4"),
                        x,
                        *LIMITS,
                    ),
                ]


CASES += [
    case(
        "QuantizeAndDequantizeV4",
        lambda x: raw.QuantizeAndDequantizeV4(
            input=x, input_min=[0.0] * 3, input_max=[0.0] * 3, axis=1
        ),
        f32(5, 3, 2),
        grad=False,
    ),
    case(
        "QuantizeAndDequantizeV2",
        lambda x: raw.QuantizeAndDequantizeV2(
            input=x, input_min=np.float64(-1), input_max=np.float64(1), range_given=True
        ),
        f64(5, 3),
    ),
    case(
        "QuantizeAndDequantizeV3",
        lambda x, n: raw.QuantizeAndDequantizeV3(
            input=x, input_min=-1.0, input_max=1.0, num_bits=n
        ),
        f32(5, 3),
        np.int32(4),
    ),
    case(
        "QuantizeAndDequantizeV3",
        lambda x: raw.QuantizeAndDequantizeV3(
            input=x,
            input_min=-1.0,
            input_max=1.0,
            num_bits=4,
            narrow_range=True,
            range_given=False,
        ),
        f32(5, 3),
    ),
    case(
        "QuantizeAndDequantizeV4Grad",
        lambda g, x, a, b: tuple(
            raw.QuantizeAndDequantizeV4Grad(
                gradients=g, input=x, input_min=a, input_max=b
            )
        ),
        f32(5, 6),
        f32(5, 6),
        *LIMITS,
        grad=False,
    ),
]
