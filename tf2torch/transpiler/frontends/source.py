"""What every front end yields: one signature as a TF-dialect graph, and its state."""

from __future__ import annotations

from dataclasses import dataclass, field

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import VariableInfo


@dataclass(frozen=True)
class BatchNormInfo:
    """Training behaviour of a BatchNorm layer that a serving graph has lost.

    ``momentum`` is TensorFlow's (the weight of the old statistics).
    """

    momentum: float
    trainable: bool = True


@dataclass(frozen=True)
class Training:
    """What a Keras source says about training.

    ``dropout``: name of the TF node that stands for a dropout layer (an Identity in
    the traced graph) → rate. ``batch_norm``: name of the moving-mean variable → info.
    """

    dropout: dict[str, float] = field(default_factory=dict)
    batch_norm: dict[str, BatchNormInfo] = field(default_factory=dict)


@dataclass(frozen=True)
class InputSpec:
    """``tensor`` is the TF tensor name (``x:0``); ``name`` the signature's name."""

    name: str
    tensor: str


@dataclass(frozen=True)
class Source:
    """A parsed model.

    ``structure`` is None for a dict or single output; for live functions it is the
    nest that they return, with output names as leaves.
    """

    kind: str
    name: str
    path: str | None
    signature: str | None
    graph: Graph
    variables: tuple[VariableInfo, ...]
    inputs: tuple[InputSpec, ...]
    outputs: tuple[InputSpec, ...]
    fingerprint: str
    training: Training = Training()
    structure: object = None
