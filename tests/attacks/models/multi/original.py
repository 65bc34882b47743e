"""A tf.Module with two inputs, outputs of several dtypes, and a stop_gradient."""

import numpy as np


def build(folder: str) -> None:
    import tensorflow as tf

    generator = np.random.default_rng(3)

    class Ranker(tf.Module):
        def __init__(self) -> None:
            self.user = tf.Variable(generator.normal(size=(6, 4)).astype("f"))
            self.item = tf.Variable(generator.normal(size=(30, 4)).astype("f"))
            self.bias = tf.Variable(generator.normal(size=(30,)).astype("f"))
            self.count = tf.Variable(7, trainable=False)
            self.temperature = tf.Variable(1.5, trainable=False)

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 6], tf.float32, "features"),
                tf.TensorSpec([None], tf.int64, "clicked"),
            ]
        )
        def serve(self, features, clicked):
            query = tf.nn.l2_normalize(features @ self.user, -1, epsilon=1e-6)
            chosen = tf.gather(self.item, clicked)
            logits = tf.matmul(query, self.item, transpose_b=True) + self.bias
            logits = logits / self.temperature
            distance = tf.reduce_sum(tf.abs(query - tf.stop_gradient(chosen)), -1)
            top = tf.math.top_k(logits, 3)
            return {
                "logits": logits,
                "best": tf.argmax(logits, -1, output_type=tf.int32),
                "top_ids": top.indices,
                "distance": distance,
                "near": distance < 3.0,
                "total": tf.cast(clicked, tf.int32) // 4 + self.count,
            }

    model = Ranker()
    tf.saved_model.save(model, folder, signatures=model.serve)
