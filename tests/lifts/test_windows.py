"""Windows in one dimension, dilation by phases, repeated pixels: what they become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from tests.ops.cases import OpCase, case, f32
from tests.ops.runner import check

LINE, KERNEL = f32(2, 11, 4), f32(3, 4, 5)
IMAGE, FILTER = f32(2, 9, 10, 3), f32(3, 3, 3, 4)


SIGNAL = f32(2, 40)
frame = tf.signal.frame


def line(
    source: str, function: Callable[..., Any], *operands: Any, **more: Any
) -> OpCase:
    return case(source, function, *operands, batch=[0], source=source, **more)


def any_length(source: str, function: Callable[[Any], Any]) -> OpCase:
    """Of a sequence or image with no static size, and a constant filter."""
    x = LINE if "1d" in source else IMAGE
    return case(source, function, x, all=True, source=source, static=False)


def constant(operand: Any) -> Any:
    return tf.constant(operand.value(3))


def repeated(x: Any, rows: int, columns: int) -> Any:
    return tf.repeat(tf.repeat(x, rows, axis=1), columns, axis=2)


CASES = [
    line("F.conv1d(", lambda x, w: tf.nn.conv1d(x, w, 1, "SAME"), LINE, KERNEL),
    line("stride=2", lambda x, w: tf.nn.conv1d(x, w, 2, "VALID"), LINE, KERNEL),
    line(
        'padding="same"', lambda x, w: tf.nn.conv1d(x, w, 1, "SAME"), LINE, f32(4, 4, 5)
    ),
    line("F.pad(", lambda x, w: tf.nn.conv1d(x, w, 2, "SAME"), f32(2, 12, 4), KERNEL),
    line(
        "F.conv1d(",
        lambda x, w: tf.nn.relu(tf.nn.conv1d(x, w, 1, "SAME") + 1.0),
        LINE,
        KERNEL,
    ),
    line(
        "F.conv_transpose1d(",
        lambda x, w: tf.nn.conv1d_transpose(x, w, [2, 22, 5], 2),
        LINE,
        f32(3, 5, 4),
        dynamic=False,
    ),
    line("F.max_pool1d(", lambda x: tf.nn.max_pool1d(x, 2, 2, "VALID"), LINE),
    line("ceil_mode=True", lambda x: tf.nn.max_pool1d(x, 2, 2, "SAME"), LINE),
    line("F.avg_pool1d(", lambda x: tf.nn.avg_pool1d(x, 3, 2, "SAME"), LINE),
    line(
        "padding=2, dilation=2",
        lambda x, w: tf.nn.convolution(x, w, padding="SAME", dilations=2),
        LINE,
        KERNEL,
    ),
    line(
        "dilation=3",
        lambda x, w: tf.nn.convolution(x, w, padding="VALID", dilations=3),
        LINE,
        KERNEL,
    ),
    line(
        'padding="same"',
        lambda x, w: tf.nn.atrous_conv2d(x, w, 3, "SAME"),
        IMAGE,
        f32(2, 2, 3, 4),
    ),
    line(
        "dilation=(2, 3)",
        lambda x, w: tf.nn.convolution(x, w, padding="SAME", dilations=[2, 3]),
        IMAGE,
        FILTER,
    ),
    any_length(
        "F.conv1d(",
        lambda x: tf.nn.convolution(x, constant(KERNEL), padding="SAME", dilations=2),
    ),
    any_length(
        "F.conv2d(",
        lambda x: tf.nn.convolution(x, constant(FILTER), padding="VALID", dilations=2),
    ),
    any_length("pad_same(", lambda x: tf.nn.conv2d(x, constant(FILTER), 2, "SAME")),
    line(
        "x0.unfold(1, self.frame_length, self.frame_step)",
        lambda x: frame(x, 12, 8),
        SIGNAL,
    ),
    line(
        "x0.unfold(1, self.frame_length, 3)",
        lambda x: tf.signal.stft(x, 6, 3)[..., 0],
        SIGNAL,
    ),
    line("torch.fft.rfft(", lambda x: tf.abs(tf.signal.stft(x, 10, 4)), SIGNAL),
    line("x0.unfold(1, 4, self.frame_step)", lambda x: frame(x, 4, 7), SIGNAL),
    line(
        "F.pad(x0, (0, self.padding)).unfold(",
        lambda x: frame(x, 9, 6, pad_end=True),
        SIGNAL,
    ),
    line("movedim(-1, 2)", lambda x: frame(x, 4, 2, axis=1), LINE),
    line(
        "x0.unfold(1, self.frame_length, self.frame_step)",
        lambda x: frame(x, 8, 8),
        SIGNAL,
    ),
    *(
        case("frames(", cut, SIGNAL, all=True, source="frames(x", static=False)
        for cut in (
            lambda x: frame(x, 12, 8),
            lambda x: frame(x, 41, 4),
            lambda x: frame(x, 5, 7),
            lambda x: tf.abs(tf.signal.stft(x, 6, 4)),
        )
    ),
    case("any", lambda x: frame(x, 12, 8, pad_end=True), SIGNAL, all=True),
    line("scale_factor=2", lambda x: repeated(x, 2, 2), IMAGE),
    line("scale_factor=(2, 3)", lambda x: repeated(x, 2, 3), IMAGE),
]


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("number", range(len(CASES)))
def test_windows(number: int, dynamic: bool) -> None:
    made = CASES[number]
    if dynamic and not (made.batch or made.anyshape) or not dynamic and not made.static:
        return
    check(made, dynamic)
