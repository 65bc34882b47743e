"""What BatchNorm layers do in training, which no serving graph says."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.nodes import Param


@dataclass(frozen=True)
class Momentum:
    """BatchNorm momentum (torch's) by moving-mean variable; Keras' default else.

    ``frozen``: moving means of layers that are not trained.
    """

    known: dict[str, float]
    default: float = 0.01
    frozen: frozenset[str] = frozenset()

    def of(self, param: Param) -> float:
        return round(self.known.get(param.variable.name, self.default), 10)
