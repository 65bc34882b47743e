"""Build golden models into the cache: python -m golden_models [NAME...]."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time

from golden_models.cache import build, built, missing, names

LEGACY = "TF_USE_LEGACY_KERAS"


def main(wanted: list[str]) -> None:
    """Two processes at the most: Keras 3 and Keras 2 cannot share one."""
    wanted = wanted or names()
    if LEGACY in os.environ:
        build_here(missing(wanted, legacy=os.environ[LEGACY] == "1"))
        return
    command = [sys.executable, "-m", "golden_models", *wanted]
    started = [
        subprocess.Popen(command, env={**os.environ, LEGACY: flag})
        for flag in ("0", "1")
        if missing(wanted, legacy=flag == "1")
    ]
    if any([process.wait() for process in started]):
        sys.exit("a golden model could not be built; see above")
    for name in wanted:
        print(f"{name}: {built(name)}")


def build_here(wanted: list[str]) -> None:
    """One model after the other, each with a clean Keras name space."""
    import tensorflow as tf

    for name in wanted:
        tf.keras.backend.clear_session()
        gc.collect()
        start = time.monotonic()
        build(name)
        print(f"built {name} in {time.monotonic() - start:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
