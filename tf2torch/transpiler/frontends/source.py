"""What every front end yields: one signature as a TF-dialect graph, and its state."""

from __future__ import annotations

from dataclasses import dataclass, field

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import VariableInfo

# Layers of Keras that drop values while training.
DROPOUTS = frozenset(
    "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout "
    "GaussianDropout".split()
)


@dataclass(frozen=True)
class BatchNormInfo:
    """Training behaviour of a BatchNorm layer that a serving graph has lost.

    ``momentum`` is TensorFlow's (the weight of the old statistics).
    """

    momentum: float
    trainable: bool = True


@dataclass(frozen=True)
class DropoutInfo:
    """A dropout layer of Keras. ``layer`` is its class.

    ``noise_shape`` is 1 on axes along which values are dropped together and None on
    the others: (None, 1, 1, 1) drops whole samples (stochastic depth), (None, 1, 1,
    None) whole channels. None: every value for itself.
    """

    rate: float
    layer: str = "Dropout"
    noise_shape: tuple[int | None, ...] | None = None


@dataclass(frozen=True)
class Training:
    """What a Keras source says about training.

    ``dropout``: name of the TF node that stands for a dropout layer (an Identity in
    the traced graph) → rate; ``dropout_layers`` has the same keys and says more.
    ``batch_norm``: name of the moving-mean variable → info.
    """

    dropout: dict[str, float] = field(default_factory=dict)
    dropout_layers: dict[str, DropoutInfo] = field(default_factory=dict)
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
