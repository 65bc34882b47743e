"""Strided and dilated depthwise convolutions with squeeze-and-excite, a tf.Module."""

import numpy as np


def build(folder: str) -> None:
    import tensorflow as tf

    generator = np.random.default_rng(8)

    def weight(*shape: int) -> tf.Variable:
        return tf.Variable((generator.normal(size=shape) * 0.4).astype("f"))

    class Mobile(tf.Module):
        def __init__(self) -> None:
            self.stem, self.depth = weight(3, 3, 3, 6), weight(3, 3, 6, 1)
            self.shift, self.point = weight(6), weight(1, 1, 6, 8)
            self.down, self.up = weight(8, 4), weight(4, 8)
            self.head = weight(8, 5)

        @tf.function(
            input_signature=[tf.TensorSpec([None, 13, 13, 3], tf.float32, "image")]
        )
        def serve(self, image):
            x = tf.nn.conv2d(image, self.stem, 2, "SAME")
            x = x * tf.nn.relu6(x + 3.0) / 6.0
            x = tf.nn.depthwise_conv2d(
                x, self.depth, [1, 1, 1, 1], "SAME", dilations=[2, 2]
            )
            x = tf.nn.relu6(x + self.shift)
            x = tf.nn.conv2d(x, self.point, 1, "VALID")
            gate = tf.nn.relu(tf.reduce_mean(x, [1, 2]) @ self.down) @ self.up
            x = x * tf.sigmoid(gate)[:, None, None]
            x = tf.nn.avg_pool2d(x, 3, 2, "SAME")
            return {"logits": tf.reduce_max(x, [1, 2]) @ self.head}

    model = Mobile()
    tf.saved_model.save(model, folder, signatures=model.serve)
