"""``python -m tf2torch.verify.oracle_worker``: TensorFlow, answering for the original.

It is told which model to open and which inputs to run; it never hears of the port's
results.
"""

from __future__ import annotations

import dataclasses
import time

import numpy as np

from tf2torch.verify.fingerprint import to_json
from tf2torch.verify.original import border
from tf2torch.verify.original.float64 import NotWidenable
from tf2torch.verify.original.model import NoGradient, Request, StateVariable, Tensor
from tf2torch.verify.original.opening import Opened, Opening
from tf2torch.verify.original.rounding import rounded
from tf2torch.verify.original.spellings import spellings
from tf2torch.verify.original.taps import collect
from tf2torch.verify.original.training import train
from tf2torch.verify.original.words import words
from tf2torch.verify.process import Handler, Refused, serve
from tf2torch.verify.steps import SLOTS, Stepper, compact
from tf2torch.verify.wire import Arrays, Message

MESSAGE_LENGTH = 600


class Oracle:
    """The handlers; ``open`` comes first."""

    def __init__(self) -> None:
        self._opening: Opening | None = None

    def open(self, message: Message, _: Arrays) -> tuple[Message, Arrays]:
        _quiet()
        request = Request(
            message["path"],
            message["signature"],
            tuple(Tensor(**t) for t in message["inputs"]),
            tuple(Tensor(**t) for t in message["outputs"]),
            tuple(message["keys"]),
            message["exported"],
        )
        self._opening = Opening(request)
        opened = self._opened("float32")
        if not opened.model.is_random:
            _repeatable()
        answer = {
            "inputs": [dataclasses.asdict(t) for t in opened.model.inputs],
            "outputs": [dataclasses.asdict(t) for t in opened.model.outputs],
            "variables": [dataclasses.asdict(v) for v in _renamed(opened)],
            "is_signature": opened.model.is_signature,
            "branches": opened.model.branches,
            "is_random": opened.model.is_random,
            "writes": opened.model.writes,
            "trains": self._opening.trains,
            "words": words(message["path"]),
        }
        return answer, {}

    def run(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """Outputs, and where a seed is given the gradients, in one precision."""
        import tensorflow as tf

        opened = self._opened(message["precision"], message["training"])
        names, noise = opened.names, (message["rounding"], message["draw"])
        try:
            with rounded(opened.model, arrays, *noise) as given:
                run = opened.model.run(given, message["seed"], message["weighed"])
        except NoGradient as error:
            raise Refused("no gradient", _brief(error), {}) from None
        except (tf.errors.OpError, ValueError, TypeError) as error:
            raise Refused("inputs", _brief(error), {}) from None
        results = {f"out:{name}": value for name, value in run.outputs.items()}
        results |= {f"in:{name}": g for name, g in run.input_gradients.items()}
        results |= {f"var:{names[key]}": g for key, g in run.gradients.items()}
        results |= {
            f"state:{key}": opened.model.current(opened.keys[key])
            for key in message["state"]
        }
        return {"dtypes": run.dtypes, "kept": opened.kept}, results

    def spellings(self, _: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """Pools of texts that the decoders of the graph take."""
        graph = self._opened("float32").model.graph_def()
        pools = spellings(graph, list(arrays["words"]))
        return {}, {str(i): np.array(pool, object) for i, pool in enumerate(pools)}

    def taps(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """Fingerprints of what is inside, in one precision."""
        model = self._opened("float64" if message["double"] else "float32").model
        try:
            found = collect(model.inside(arrays), message["seed"])
        except Exception as error:  # TensorFlow's rewriting is free to fail
            raise Refused("taps", _brief(error), {}) from None
        entries = [
            [tap.name, to_json(tap.value), tap.gradient and to_json(tap.gradient)]
            for tap in found
        ]
        return {"taps": entries}, {}

    def border(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """What crosses the border of a region, values and gradients, in float32."""
        model = self._opened("float32").model
        try:
            inside = model.inside(arrays)
            if message["nodes"] is not None:
                return border.around(inside, message["nodes"])
            ends = message["inputs"], message["outputs"]
            return border.crossing(inside, *ends, message["seed"])
        except Exception as error:  # TensorFlow's rewriting is free to fail
            raise Refused("border", _brief(error), {}) from None

    def train(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """Optimizer steps; the variables are put back afterwards."""
        opened = self._opened("float64" if message["double"] else "float32")
        stored = [opened.keys[key] for key in message["keys"]]
        stepper = Stepper(message["kind"], message["rate"])
        losses, moved, slots = train(
            opened.model, arrays, message["seed"], stored, stepper, message["steps"]
        )
        found = {}
        for key, inner in zip(message["keys"], stored, strict=True):
            found[f"moved:{key}"] = compact(moved[inner])
            for slot in SLOTS[message["kind"]]:
                if f"{slot}:{inner}" in slots:
                    found[f"slot:{slot}:{key}"] = compact(slots[f"{slot}:{inner}"])
        return {"losses": losses}, found

    def time(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        """Of one float32 run."""
        model = self._opened("float32").model
        start = time.process_time()
        model.run(arrays, message["seed"], None)
        return {"seconds": time.process_time() - start}, {}

    def values(self, message: Message, _: Arrays) -> tuple[Message, Arrays]:
        opened = self._opened("float32")
        keys = message["keys"]
        return {}, {key: opened.model.value(opened.keys[key]) for key in keys}

    def assign(self, message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
        opened = self._opened("float32")
        for key, value in arrays.items():
            opened.model.assign(opened.keys[key], value)
        return {}, {}

    def _opened(self, precision: str, training: bool = False) -> Opened:
        assert self._opening is not None, "open comes first"
        try:
            return self._opening(precision == "float64", training)
        except NotWidenable as error:
            raise Refused("no float64", _brief(error), {}) from None
        except Exception as error:  # whatever TensorFlow or Keras raises on loading
            kind = "no float64" if precision == "float64" else "source"
            raise Refused(kind, _brief(error), {}) from None


def _renamed(opened: Opened) -> list[StateVariable]:
    names = opened.names
    return [dataclasses.replace(v, key=names[v.key]) for v in opened.model.variables]


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:MESSAGE_LENGTH]


def _repeatable() -> None:
    """The same bits each time. TensorFlow then refuses ops that draw at random."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    tf.random.set_seed(0)


def _quiet() -> None:
    """No log noise."""
    import logging
    import os
    import warnings

    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    warnings.simplefilter("ignore")

    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def warm_up() -> None:
    """All that is slow to import; nothing runs."""
    import keras  # noqa: F401
    import tensorflow  # noqa: F401


def main() -> None:
    oracle = Oracle()
    handlers: dict[str, Handler] = {"open": oracle.open, "run": oracle.run}
    handlers |= {"taps": oracle.taps, "values": oracle.values, "time": oracle.time}
    handlers |= {"border": oracle.border, "spellings": oracle.spellings}
    serve(handlers | {"assign": oracle.assign, "train": oracle.train})


if __name__ == "__main__":
    main()
