"""Instance norm, a transposed convolution and a resize, with a skip; a tf.Module."""

import numpy as np


def build(folder: str) -> None:
    import tensorflow as tf

    generator = np.random.default_rng(9)

    def weight(*shape: int) -> tf.Variable:
        return tf.Variable((generator.normal(size=shape) * 0.4).astype("f"))

    class Decoder(tf.Module):
        def __init__(self) -> None:
            self.inner, self.scale, self.shift = (
                weight(3, 3, 4, 6),
                weight(6),
                weight(6),
            )
            self.grow, self.out = weight(3, 3, 5, 6), weight(3, 3, 9, 2)
            self.level = weight(2)

        @tf.function(
            input_signature=[tf.TensorSpec([None, 6, 6, 4], tf.float32, "features")]
        )
        def serve(self, features):
            x = tf.nn.conv2d(features, self.inner, 1, "SAME")
            mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
            x = (x - mean) * tf.math.rsqrt(variance + 1e-2) * self.scale + self.shift
            x = tf.nn.leaky_relu(x, 0.2)
            size = [tf.shape(x)[0], 12, 12, 5]
            x = tf.nn.conv2d_transpose(x, self.grow, size, 2, "SAME")
            skip = tf.image.resize(features, [12, 12], "bilinear")
            x = tf.concat([tf.nn.softplus(x), skip], -1)
            x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT")
            x = tf.nn.conv2d(x, self.out, 1, "VALID")
            return {"picture": tf.clip_by_value(x + self.level, -2.0, 2.0)}

    model = Decoder()
    tf.saved_model.save(model, folder, signatures=model.serve)
