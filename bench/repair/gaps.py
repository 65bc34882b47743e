"""Models whose ops are taken out of the rule set: real gaps, to be written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Gapped:
    """``build`` makes the tf.Module; ``without``: ops that get no rule."""

    name: str
    build: Callable[[], Any]
    without: tuple[str, ...]

    def save(self, folder: Path) -> Path:
        import tensorflow as tf

        path = folder / self.name
        tf.random.set_seed(1)
        tf.saved_model.save(self.build(), str(path))
        return path


def images() -> Any:
    import tensorflow as tf

    class Images(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            start = tf.random.stateless_normal((2, 3, 3), (1, 2))
            self.kernel = tf.Variable(start * 0.3, name="kernel")

        @tf.function(
            input_signature=[tf.TensorSpec((None, 8, 9, 3), tf.float32, name="image")]
        )
        def __call__(self, image: Any) -> dict[str, Any]:
            boxes = tf.constant([[0.1, 0.2, 0.8, 0.9], [-0.2, 0.0, 1.3, 0.7]])
            both = tf.range(2) * 0
            crops = tf.raw_ops.CropAndResize(
                image=image, boxes=boxes, box_ind=both, crop_size=[4, 5],
                method="bilinear", extrapolation_value=0.5,
            )  # fmt: skip
            wide = tf.raw_ops.Dilation2D(
                input=image, filter=self.kernel, strides=[1, 2, 2, 1],
                rates=[1, 1, 2, 1], padding="SAME",
            )  # fmt: skip
            normal = tf.raw_ops.LRN(
                input=image, depth_radius=1, bias=1.5, alpha=0.4, beta=0.6
            )
            coded = tf.raw_ops.FakeQuantWithMinMaxArgs(
                inputs=image, min=-0.8, max=1.1, num_bits=4, narrow_range=True
            )
            return {"crops": crops, "wide": wide, "normal": normal, "coded": coded}

    return Images()


def sequences() -> Any:
    import tensorflow as tf

    @tf.custom_gradient
    def bounded(x: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            return tf.raw_ops.ClipByValue(
                t=upstream, clip_value_min=-0.4, clip_value_max=0.7
            )

        return tf.identity(x), gradient

    class Sequences(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            draw = tf.random.stateless_normal
            self.w = tf.Variable(draw((8, 16), (3, 4)) * 0.5, name="w")
            self.b = tf.Variable(draw((16,), (5, 6)) * 0.5, name="b")
            self.peephole = tf.Variable(draw((3, 4), (7, 8)) * 0.5, name="peephole")

        @tf.function(
            input_signature=[tf.TensorSpec((None, 6, 4), tf.float32, name="x")]
        )
        def __call__(self, x: Any) -> dict[str, Any]:
            batch = tf.shape(x)[0]
            x = bounded(x)
            zero = tf.zeros((batch, 4))
            cell = tf.raw_ops.LSTMBlockCell(
                x=x[:, 0], cs_prev=zero + 0.3, h_prev=x[:, 1], w=self.w,
                wci=self.peephole[0], wcf=self.peephole[1], wco=self.peephole[2],
                b=self.b, forget_bias=1.0, cell_clip=0.9, use_peephole=True,
            )  # fmt: skip
            labels = tf.where(tf.ones((batch, 2), tf.bool))
            loss, _ = tf.raw_ops.CTCLoss(
                inputs=tf.transpose(x, [1, 0, 2]), labels_indices=labels,
                labels_values=tf.tile([0, 2], [batch]),
                sequence_length=tf.fill([batch], 6),
            )  # fmt: skip
            square = tf.raw_ops.MatrixSetDiagV3(
                input=x, diagonal=x[:, 3] * 2.0, k=-1, align="RIGHT_LEFT"
            )
            lengths = tf.range(batch) % 6 + 1
            turned = tf.raw_ops.ReverseSequence(
                input=x, seq_lengths=lengths, seq_dim=1, batch_dim=0
            )
            best = tf.raw_ops.UnsortedSegmentMax(
                data=tf.transpose(x, [1, 0, 2]), segment_ids=[0, 2, 2, 0, -1, 2],
                num_segments=4,
            )  # fmt: skip
            h, cs = map(
                tf.stop_gradient, (cell.h, cell.cs)
            )  # TensorFlow has no gradient
            return {
                "h": h, "cs": cs, "loss": loss, "square": square,
                "turned": turned, "best": tf.maximum(best, -9.0),
            }  # fmt: skip

    return Sequences()


def texts() -> Any:
    import tensorflow as tf

    class Texts(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def __call__(self, text: Any) -> dict[str, Any]:
            clean = tf.raw_ops.RegexReplace(
                input=text, pattern="([aeiou])+", rewrite="<\\1>", replace_global=True
            )
            parts = tf.raw_ops.StringSplitV2(input=clean, sep=" ", maxsplit=-1)
            short = tf.raw_ops.Substr(input=clean, pos=0, len=3, unit="BYTE")
            ids = tf.raw_ops.StringToHashBucketFast(input=short, num_buckets=17)
            return {
                "words": parts.values, "places": parts.indices, "clean": clean,
                "ids": ids,
            }  # fmt: skip

    return Texts()


GAPPED = (
    Gapped(
        "images",
        images,
        ("CropAndResize", "Dilation2D", "LRN", "FakeQuantWithMinMaxArgs"),
    ),
    Gapped(
        "sequences",
        sequences,
        (
            "LSTMBlockCell",
            "CTCLoss",
            "MatrixSetDiagV3",
            "ReverseSequence",
            "UnsortedSegmentMax",
            "ClipByValue",
        ),
    ),
    Gapped("texts", texts, ("RegexReplace", "StringSplitV2", "Substr")),
)
