"""Batch normalisation that learns a scale or a centre, but not both; or nothing.

Keras' ``scale=False`` and ``center=False``; torch only leaves out both (``affine``).
Keras' ``trainable=False``: such a layer is in inference mode for ever.
"""

from torch import nn


class BatchNorm1d(nn.BatchNorm1d):
    """nn.BatchNorm1d that learns no scale, or no centre."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-3,
        momentum: float = 0.01,
        scale: bool = True,
        center: bool = True,
    ):
        super().__init__(num_features, eps=eps, momentum=momentum)
        if not scale:
            self.register_parameter("weight", None)
        if not center:
            self.register_parameter("bias", None)


class BatchNorm2d(nn.BatchNorm2d):
    """nn.BatchNorm2d that learns no scale, or no centre."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-3,
        momentum: float = 0.01,
        scale: bool = True,
        center: bool = True,
    ):
        super().__init__(num_features, eps=eps, momentum=momentum)
        if not scale:
            self.register_parameter("weight", None)
        if not center:
            self.register_parameter("bias", None)


class BatchNorm3d(nn.BatchNorm3d):
    """nn.BatchNorm3d that learns no scale, or no centre."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-3,
        momentum: float = 0.01,
        scale: bool = True,
        center: bool = True,
    ):
        super().__init__(num_features, eps=eps, momentum=momentum)
        if not scale:
            self.register_parameter("weight", None)
        if not center:
            self.register_parameter("bias", None)


class FrozenBatchNorm1d(nn.BatchNorm1d):
    """nn.BatchNorm1d that is never trained: its statistics stay, in training too."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-3,
        scale: bool = True,
        center: bool = True,
    ):
        super().__init__(num_features, eps=eps)
        if not scale:
            self.register_parameter("weight", None)
        if not center:
            self.register_parameter("bias", None)
        self.requires_grad_(False)

    def train(self, mode: bool = True) -> "FrozenBatchNorm1d":
        return super().train(False)


class FrozenBatchNorm2d(nn.BatchNorm2d):
    """nn.BatchNorm2d that is never trained: its statistics stay, in training too."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-3,
        scale: bool = True,
        center: bool = True,
    ):
        super().__init__(num_features, eps=eps)
        if not scale:
            self.register_parameter("weight", None)
        if not center:
            self.register_parameter("bias", None)
        self.requires_grad_(False)

    def train(self, mode: bool = True) -> "FrozenBatchNorm2d":
        return super().train(False)


class FrozenBatchNorm3d(nn.BatchNorm3d):
    """nn.BatchNorm3d that is never trained: its statistics stay, in training too."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-3,
        scale: bool = True,
        center: bool = True,
    ):
        super().__init__(num_features, eps=eps)
        if not scale:
            self.register_parameter("weight", None)
        if not center:
            self.register_parameter("bias", None)
        self.requires_grad_(False)

    def train(self, mode: bool = True) -> "FrozenBatchNorm3d":
        return super().train(False)
