"""What a port looks like, where that is a matter of choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tf2torch.diagnostics import SourceError

STYLES = ("modules", "flat")


@dataclass(frozen=True)
class Form:
    """What a port looks like, where that is a matter of choice.

    ``style``: "modules", or "flat" for one forward. What a source has lost:
    ``batch_norm_momentum`` (TensorFlow's), ``dropout`` (a rate for the places that the
    graph still tells or else before the last layers, or rates by the name of the layer
    after which values are dropped, also patterns). ``channels_first_io``: images enter
    and leave as [N, C, H, W], though the signature has [N, H, W, C]. ``dump_ir``: a
    folder for the graph after every pass.
    """

    style: str = "modules"
    batch_norm_momentum: float | None = None
    dropout: float | Mapping[str, float] | None = None
    channels_first_io: bool = False
    dump_ir: str | Path | None = None

    def __post_init__(self) -> None:
        momentum = self.batch_norm_momentum
        if momentum is not None and not 0 <= momentum <= 1:
            text = f"a BatchNorm momentum of {momentum}: it is between 0 and 1"
            raise SourceError(text)
        if self.style not in STYLES:
            known = ", ".join(STYLES)
            raise SourceError(f"no style '{self.style}': choose from {known}")
        for rate in self.rates.values():
            if not 0 <= rate < 1:
                raise SourceError(f"a dropout rate of {rate}: it is between 0 and 1")

    @property
    def rates(self) -> dict[str, float]:
        """Dropout rates by layer; "" for a rate that names none."""
        if self.dropout is None:
            return {}
        if isinstance(self.dropout, Mapping):
            return dict(self.dropout)
        return {"": self.dropout}
