"""A vocabulary with out-of-vocabulary rows, and bucketed numbers; a tf.Module."""

import numpy as np


def build(folder: str) -> None:
    import tensorflow as tf

    generator = np.random.default_rng(10)

    def weight(*shape: int) -> tf.Variable:
        return tf.Variable((generator.normal(size=shape) * 0.5).astype("f"))

    class Words(tf.Module):
        def __init__(self) -> None:
            known = tf.constant(["42", "Two words", "red", ""])
            filled = tf.lookup.KeyValueTensorInitializer(known, tf.range(4))
            self.table = tf.lookup.StaticHashTable(filled, -1)
            self.rows, self.ages, self.out = weight(5, 4), weight(4, 4), weight(8, 1)

        @tf.function(
            input_signature=[
                tf.TensorSpec([None], tf.string, "word"),
                tf.TensorSpec([None], tf.float32, "age"),
            ]
        )
        def serve(self, word, age):
            word = tf.gather(self.rows, self.table.lookup(word) + 1)
            bucket = tf.raw_ops.Bucketize(input=age, boundaries=[-1.0, 0.0, 1.0])
            age = tf.gather(self.ages, bucket)
            score = tf.sigmoid(tf.concat([word, age], 1) @ self.out)
            return {"score": tf.squeeze(score, 1), "bucket": bucket}

    model = Words()
    tf.saved_model.save(model, folder, signatures=model.serve)
