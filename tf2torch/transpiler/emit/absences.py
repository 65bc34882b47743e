"""What the source does not say and training would need, for the report."""

from __future__ import annotations

from collections.abc import Iterator

from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Module, Param
from tf2torch.transpiler.frontends.source import Source

DROPOUTS = ("Dropout", "StochasticDepth")


def absences(source: Source, graph: Graph, momentum: float | None) -> tuple[str, ...]:
    """Sentences, each with the option that helps; ``momentum``: what was given."""
    modules = [n for n in every_node(graph) if isinstance(n, Module)]
    return (*_momentum(source, modules, momentum), *_dropout(source, modules))


def _momentum(
    source: Source, modules: list[Module], given: float | None
) -> Iterator[str]:
    moving = {_moving_mean(m) for m in modules} - {""}
    lost = moving - set(source.training.batch_norm)
    if lost and given is None:
        layers = "layer" if len(lost) == 1 else "layers"
        yield (
            f"momentum of {len(lost)} BatchNorm {layers}: not in the source; 0.99 "
            "(TensorFlow's) is taken, --batch-norm-momentum sets another"
        )


def _moving_mean(module: Module) -> str:
    """The variable of the running mean that training would update; "" for none."""
    for name, value in module.state:
        if name == "running_mean" and isinstance(value, Param):
            return value.variable.name if "momentum" in dict(module.config) else ""
    return ""


def _dropout(source: Source, modules: list[Module]) -> Iterator[str]:
    """A graph without layers of Keras beside it may have lost its dropout."""
    trained = any(
        isinstance(value, Param) and value.variable.trainable
        for module in modules
        for _, value in module.state
    )
    dropped = any(m.cls.endswith(DROPOUTS) for m in modules)
    said = source.training.dropout or source.training.batch_norm
    if trained and not dropped and not said:
        yield (
            "dropout: not in the source, a serving graph leaves it out; --dropout RATE "
            "(before the last layers) or --dropout LAYER=RATE sets it; the .keras or "
            ".h5 file of the model as SOURCE brings rates and places back"
        )
