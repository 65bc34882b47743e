"""torch.export and torch.compile as the export gate asks for them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tf2torch.verify.candidate_probes import compiled, exported

BATCHED = [{"parameter": "x", "dtype": "float32", "shape": ["batch", 6]}]


class Noisy(nn.Module):
    def forward(self, x: Tensor) -> Any:
        return {"mean": x.mean(1), "drawn": x + torch.randn_like(x)}


class Traced(nn.Module):
    """Another function while it is traced."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if torch.compiler.is_compiling() else x


class OneBatch(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(3, 6) if x.shape[0] == 3 else x * 2


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(2, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x.reshape(-1, 3, 2))[0]  # type: ignore[no-any-return] # torch


def inputs(rows: int = 3) -> dict[str, Tensor]:
    return {"x": torch.arange(6.0 * rows).reshape(rows, 6)}


@pytest.mark.parametrize("probe", [exported, compiled])
@pytest.mark.parametrize("model", [Noisy, Recurrent])
def test_what_torch_takes(probe: Any, model: Any) -> None:
    torch._dynamo.reset()
    assert probe(model().eval(), inputs(), BATCHED) == ""


def test_a_sample_of_one_example_leaves_the_batch_open() -> None:
    assert exported(Noisy(), inputs(1), BATCHED) == ""


def test_a_batch_size_that_is_fixed_is_told() -> None:
    assert "Constraint" in exported(OneBatch(), inputs(), BATCHED)


def test_other_numbers_are_told() -> None:
    assert "differs" in exported(Traced(), inputs(), BATCHED)
