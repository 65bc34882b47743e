"""Boxes in pixels beside small scores, from one output matrix; a tf.Module."""

import numpy as np


def build(folder: str) -> None:
    import tensorflow as tf

    generator = np.random.default_rng(12)

    def weight(*shape: int) -> tf.Variable:
        return tf.Variable((generator.normal(size=shape) * 0.4).astype("f"))

    class Detector(tf.Module):
        def __init__(self) -> None:
            self.first, self.shift = weight(6, 16), weight(16)
            self.scale, self.offset = weight(16), weight(16)
            self.out, self.level = weight(16, 8), weight(8)

        @tf.function(
            input_signature=[tf.TensorSpec([None, None, 6], tf.float32, "features")]
        )
        def serve(self, features):
            x = tf.tanh(tf.matmul(features, self.first) + self.shift)
            mean, variance = tf.nn.moments(x, -1, keepdims=True)
            x = (x - mean) * tf.math.rsqrt(variance + 1e-6) * self.scale + self.offset
            x = tf.nn.gelu(x, approximate=True)
            x = tf.matmul(x, self.out) + self.level
            boxes, sure, kinds = tf.split(x, [4, 1, 3], -1)
            boxes, sure = 1280.0 * tf.sigmoid(boxes), tf.sigmoid(sure - 7.0)
            kinds = tf.nn.softmax(4.0 * kinds)
            return {"found": tf.concat([boxes, sure, kinds], -1)}

    model = Detector()
    tf.saved_model.save(model, folder, signatures=model.serve)
