"""Spotify's polyphonic pitch tracker as its wheel ships it, trained."""

import shutil
from pathlib import Path

import numpy as np

from golden_models.wheels import fetch

RATE, SAMPLES = 22050, 43844


def build(folder: Path) -> Path:
    wheel = fetch("basic-pitch", "0.4.0")
    model = wheel / "basic_pitch/saved_models/icassp_2022/nmp"
    shutil.copytree(model, folder / "basic_pitch")
    np.savez(folder / "sample.npz", input_2=chords())
    return folder / "basic_pitch"


def chords() -> np.ndarray:
    """Three decaying notes with overtones and some noise: [2, samples, 1]."""
    rng = np.random.default_rng(17)
    time = np.arange(SAMPLES) / RATE
    waves = np.zeros((2, SAMPLES))
    for wave in waves:
        for pitch in rng.uniform(100, 800, 3):
            for overtone in (1, 2, 3):
                phase = 2 * np.pi * pitch * overtone * time
                wave += np.sin(phase) * np.exp(-time) / (6 * overtone)
    waves += rng.normal(0, 0.01, waves.shape)
    return waves[..., None].astype("float32")
