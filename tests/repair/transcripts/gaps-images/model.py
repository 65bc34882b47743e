"""PyTorch port of `images` (saved model, signature `serving_default`).

image: float32 [batch, 8, 9, 3]
->
coded: float32 [batch, 8, 9, 3]
crops: float32 [2, 4, 5, 3]
normal: float32 [batch, 8, 9, 3]
wide: float32 [batch, 4, 5, 3]
"""

import torch
from torch import Tensor, nn


def fake_quant_with_min_max_args(
    inputs: Tensor,
    *,
    max_: float = 1.1,
    min_: float = -0.8,
    narrow_range: bool = True,
    num_bits: int = 4,
) -> Tensor:
    """Write it by hand: TensorFlow's FakeQuantWithMinMaxArgs with these attributes."""
    raise NotImplementedError("TensorFlow op FakeQuantWithMinMaxArgs was not ported")


def crop_and_resize(
    image: Tensor,
    boxes: Tensor,
    box_ind: Tensor,
    crop_size: Tensor,
    *,
    extrapolation_value: float = 0.5,
    method: str = "bilinear",
) -> Tensor:
    """Write it by hand: TensorFlow's CropAndResize with these attributes."""
    raise NotImplementedError("TensorFlow op CropAndResize was not ported")


def lrn(
    input_: Tensor,
    *,
    alpha: float = 0.4,
    beta: float = 0.6,
    bias: float = 1.5,
    depth_radius: int = 1,
) -> Tensor:
    """Write it by hand: TensorFlow's LRN with these attributes."""
    raise NotImplementedError("TensorFlow op LRN was not ported")


def dilation2_d(
    input_: Tensor,
    filter_: Tensor,
    *,
    padding: str = "SAME",
    rates: tuple = (1, 1, 2, 1),
    strides: tuple = (1, 2, 2, 1),
) -> Tensor:
    """Write it by hand: TensorFlow's Dilation2D with these attributes."""
    raise NotImplementedError("TensorFlow op Dilation2D was not ported")


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(2, 3, 3))
        self.register_buffer(
            "constant",
            torch.tensor([[0.1, 0.2, 0.8, 0.9], [-0.2, 0.0, 1.3, 0.7]]),
            persistent=False,
        )
        self.register_buffer(
            "constant2", torch.zeros(2, dtype=torch.int32), persistent=False
        )
        self.register_buffer(
            "crop_and_resize", torch.tensor([4, 5], dtype=torch.int32), persistent=False
        )

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        x = fake_quant_with_min_max_args(image)
        y = crop_and_resize(image, self.constant, self.constant2, self.crop_and_resize)
        z = lrn(image)
        return {
            "coded": x,
            "crops": y,
            "normal": z,
            "wide": dilation2_d(image, self.kernel),
        }
