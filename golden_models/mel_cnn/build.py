"""Waveform → STFT → mel → log → two convolutions; saved from a tf.Module."""

from pathlib import Path

import numpy as np

RATE, LENGTH, FRAME, STEP, BANDS = 8000, 4000, 256, 128, 32


def build(folder: Path) -> Path:
    import tensorflow as tf

    rng = np.random.default_rng(16)

    def variable(name: str, *shape: int):
        scale = np.sqrt(2 / np.prod(shape[:-1])) if len(shape) > 1 else 0.1
        return tf.Variable(rng.normal(0, scale, shape).astype("float32"), name=name)

    class MelCnn(tf.Module):
        def __init__(self):
            super().__init__(name="mel_cnn")
            self.kernel1 = variable("conv1/kernel", 3, 3, 1, 8)
            self.bias1 = variable("conv1/bias", 8)
            self.kernel2 = variable("conv2/kernel", 3, 3, 8, 16)
            self.bias2 = variable("conv2/bias", 16)
            self.weights = variable("head/kernel", 16, 5)
            self.bias = variable("head/bias", 5)

        @tf.function(input_signature=[tf.TensorSpec((None, LENGTH), name="waveform")])
        def __call__(self, waveform):
            x = log_mel(waveform)[..., None]
            x = tf.nn.bias_add(tf.nn.conv2d(x, self.kernel1, 1, "SAME"), self.bias1)
            x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "SAME")
            x = tf.nn.bias_add(tf.nn.conv2d(x, self.kernel2, 2, "SAME"), self.bias2)
            x = tf.reduce_mean(tf.nn.relu(x), (1, 2))
            return {"logits": x @ self.weights + self.bias}

    time = np.arange(LENGTH) / RATE
    pitch = rng.uniform(100, 2000, (6, 1))
    waveform = 0.5 * np.sin(2 * np.pi * pitch * time) + rng.normal(0, 0.1, (6, LENGTH))
    np.savez(folder / "sample.npz", waveform=waveform.astype("float32"))
    tf.saved_model.save(MelCnn(), str(folder / "mel_cnn"))
    return folder / "mel_cnn"


def log_mel(waveform):
    import tensorflow as tf

    spectrum = tf.abs(tf.signal.stft(waveform, FRAME, STEP))
    bins = FRAME // 2 + 1
    mel = tf.signal.linear_to_mel_weight_matrix(BANDS, bins, RATE, 60.0, 3800.0)
    return tf.math.log(spectrum @ mel + 1e-3)
