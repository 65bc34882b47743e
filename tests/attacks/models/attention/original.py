"""Causal self-attention with LayerNorm and a tied output matrix, as a tf.Module."""

import numpy as np


def build(folder: str) -> None:
    import tensorflow as tf

    generator = np.random.default_rng(4)

    def weight(*shape: int) -> tf.Variable:
        return tf.Variable((generator.normal(size=shape) * 0.4).astype("f"))

    class Block(tf.Module):
        def __init__(self) -> None:
            self.tokens = weight(20, 8)
            self.places = weight(12, 8)
            self.scale, self.shift = weight(8), weight(8)
            self.query, self.key, self.value = weight(8, 8), weight(8, 8), weight(8, 8)
            self.project = weight(8, 8)

        @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, "ids")])
        def serve(self, ids):
            length = tf.shape(ids)[1]
            x = tf.gather(self.tokens, ids) + self.places[:length]
            mean, variance = tf.nn.moments(x, -1, keepdims=True)
            y = (x - mean) * tf.math.rsqrt(variance + 1e-4) * self.scale + self.shift
            q, k, v = (_heads(y @ w) for w in (self.query, self.key, self.value))
            scores = tf.matmul(q, k, transpose_b=True) / 2.0
            mask = tf.linalg.band_part(tf.ones([length, length]), -1, 0)
            weights = tf.nn.softmax(scores + (1.0 - mask) * -1e9)
            y = tf.transpose(weights @ v, [0, 2, 1, 3])
            x += tf.reshape(y, tf.shape(x)) @ self.project
            logits = tf.matmul(tf.nn.elu(x), self.tokens, transpose_b=True)
            return {"logits": logits, "pooled": tf.reduce_mean(x, 1)}

    def _heads(x):
        shape = tf.shape(x)
        return tf.transpose(tf.reshape(x, [shape[0], shape[1], 2, 4]), [0, 2, 1, 3])

    model = Block()
    tf.saved_model.save(model, folder, signatures=model.serve)
