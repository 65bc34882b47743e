"""PyTorch port of `sequences` (saved model, signature `serving_default`).

x: float32 [batch, 6, 4]
->
best: float32 [4, batch, 4]
cs: float32 [batch, 4]
h: float32 [batch, 4]
loss: float32 [s2]
square: float32 [batch, 6, 4]
turned: float32 [batch, 6, 4]
"""

import torch
from torch import Tensor, nn


class CustomGradient(torch.autograd.Function):
    """Identity whose gradient is the source's own, not that of what it computes."""

    @staticmethod
    def forward(ctx, x1, x2):
        return x1.view_as(x1), x2.view_as(x2)

    @staticmethod
    def backward(ctx, grad1, grad2):

        return None, clip_by_value(grad1, -0.4, 0.7)


def unsorted_segment_max(
    data: Tensor, segment_ids: Tensor, num_segments: Tensor
) -> Tensor:
    """Write it by hand: TensorFlow's UnsortedSegmentMax with these attributes."""
    raise NotImplementedError("TensorFlow op UnsortedSegmentMax was not ported")


def lstm_block_cell(
    x: Tensor,
    cs_prev: Tensor,
    h_prev: Tensor,
    w: Tensor,
    wci: Tensor,
    wcf: Tensor,
    wco: Tensor,
    b: Tensor,
    *,
    cell_clip: float = 0.9,
    forget_bias: float = 1.0,
    use_peephole: bool = True,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Write it by hand: TensorFlow's LSTMBlockCell with these attributes."""
    raise NotImplementedError("TensorFlow op LSTMBlockCell was not ported")


def ctc_loss(
    inputs: Tensor,
    labels_indices: Tensor,
    labels_values: Tensor,
    sequence_length: Tensor,
    *,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    preprocess_collapse_repeated: bool = False,
) -> tuple[Tensor, Tensor]:
    """Write it by hand: TensorFlow's CTCLoss with these attributes."""
    raise NotImplementedError("TensorFlow op CTCLoss was not ported")


def matrix_set_diag_v3(
    input_: Tensor, diagonal: Tensor, k: Tensor, *, align: str = "RIGHT_LEFT"
) -> Tensor:
    """Write it by hand: TensorFlow's MatrixSetDiagV3 with these attributes."""
    raise NotImplementedError("TensorFlow op MatrixSetDiagV3 was not ported")


def reverse_sequence(
    input_: Tensor, seq_lengths: Tensor, *, batch_dim: int = 0, seq_dim: int = 1
) -> Tensor:
    """Write it by hand: TensorFlow's ReverseSequence with these attributes."""
    raise NotImplementedError("TensorFlow op ReverseSequence was not ported")


def clip_by_value(t: Tensor, clip_value_min: Tensor, clip_value_max: Tensor) -> Tensor:
    """Write it by hand: TensorFlow's ClipByValue with these attributes."""
    raise NotImplementedError("TensorFlow op ClipByValue was not ported")


class Sequences(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.empty(8, 16))
        self.peephole1 = nn.Parameter(torch.empty(4))
        self.peephole2 = nn.Parameter(torch.empty(4))
        self.peephole3 = nn.Parameter(torch.empty(4))
        self.b = nn.Parameter(torch.empty(16))
        self.register_buffer(
            "unsorted_segment_max",
            torch.tensor([0, 2, 2, 0, -1, 2], dtype=torch.int32),
            persistent=False,
        )
        self.register_buffer(
            "unsorted_segment_max2",
            torch.tensor(4, dtype=torch.int32),
            persistent=False,
        )
        self.register_buffer(
            "tile", torch.tensor([0, 2], dtype=torch.int32), persistent=False
        )
        self.register_buffer(
            "matrix_set_diag_v3", torch.tensor(-1, dtype=torch.int32), persistent=False
        )

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        y, _ = CustomGradient.apply(x, x)
        z = y.transpose(0, 1)
        u = unsorted_segment_max(
            z, self.unsorted_segment_max, self.unsorted_segment_max2
        ).clamp(min=-9.0)
        v = torch.zeros((x.shape[0], 4), dtype=torch.float32, device=x.device)
        v = v + 0.3
        _, v, _, _, _, _, w = lstm_block_cell(
            y[:, 0],
            v,
            y[:, 1],
            self.w,
            self.peephole1,
            self.peephole2,
            self.peephole3,
            self.b,
        )
        v = v.detach()
        w = w.detach()
        x1 = torch.ones((x.shape[0], 2), dtype=torch.bool, device=x.device)
        x2 = self.tile.repeat(x.shape[0])
        x3 = torch.full((x.shape[0],), 6, dtype=torch.int32, device=x.device)
        z, _ = ctc_loss(z, torch.nonzero(x1), x2, x3)
        x1 = matrix_set_diag_v3(y, y[:, 3] * 2.0, self.matrix_set_diag_v3)
        x = torch.arange(x.shape[0], dtype=torch.int32, device=x.device)
        return {
            "best": u,
            "cs": v,
            "h": w,
            "loss": z,
            "square": x1,
            "turned": reverse_sequence(y, x % 6 + 1),
        }
