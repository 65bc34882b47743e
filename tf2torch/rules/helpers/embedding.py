"""Embeddings as Keras defines them, where torch's layer differs."""

from torch import Tensor, nn


class Embedding(nn.Embedding):
    """An embedding whose negative ids count from the end, as in Keras 3."""

    def forward(self, ids: Tensor) -> Tensor:
        return self.weight[ids]
