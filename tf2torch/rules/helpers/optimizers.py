"""Steps of TensorFlow's optimizer kernels, in place and without gradient.

``state`` is the variable and its slots. With ``indices`` the gradient is that of these
rows; a row that occurs several times takes one step after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor


def occurrences(indices: Tensor) -> Iterator[Tensor]:
    """Places of each first occurrence in ``indices``, of each second one, …"""
    order = indices.argsort(stable=True)
    ordered = indices[order]
    count = torch.arange(len(order), device=order.device)
    first = torch.searchsorted(ordered, ordered)
    rank = count - first
    for turn in range(int(rank.max()) + 1 if len(order) else 0):
        yield order[rank == turn]


def optimizer_step(step: Callable[..., None]) -> Callable[..., Tensor]:
    """``step`` of whole tensors or of rows; returns the variable.

    Hyper-parameters take the variable's dtype, in which TensorFlow computes with them.
    """

    @torch.no_grad()
    def apply(
        state: Sequence[Tensor],
        grad: Tensor,
        indices: Tensor | None = None,
        **given: Any,
    ) -> Tensor:
        var = state[0]
        given = {
            name: value
            if isinstance(value, bool)
            else torch.as_tensor(value, dtype=var.dtype, device=var.device)
            for name, value in given.items()
        }
        if indices is None:
            step(state, grad, **given)
            return var
        for places in occurrences(indices):
            rows = indices[places].long()
            parts = [tensor[rows] for tensor in state]
            step(parts, grad[places], **given)
            for tensor, part in zip(state, parts, strict=True):
                tensor[rows] = part
        return var

    return apply


def shrink(x: Tensor, l1: Tensor) -> Tensor:
    """``x`` moved toward 0 by ``l1``, not beyond it."""
    return x.sign() * (x.abs() - l1).clamp(min=0)


@optimizer_step
def apply_proximal_gradient_descent_(
    state: Sequence[Tensor], grad: Tensor, alpha: Tensor, l1: Tensor, l2: Tensor
) -> None:
    (var,) = state
    moved = var - alpha * grad
    var.copy_(shrink(moved, alpha * l1) / (1 + l2 * alpha))


@optimizer_step
def apply_momentum_(
    state: Sequence[Tensor],
    grad: Tensor,
    lr: Tensor,
    momentum: Tensor,
    use_nesterov: bool = False,
) -> None:
    """accum = momentum · accum + grad; the step is lr · accum, or one ahead of it."""
    var, accum = state
    accum.mul_(momentum).add_(grad)
    var.sub_(lr * grad + lr * momentum * accum if use_nesterov else lr * accum)


@optimizer_step
def apply_keras_momentum_(
    state: Sequence[Tensor],
    grad: Tensor,
    lr: Tensor,
    momentum: Tensor,
    use_nesterov: bool = False,
) -> None:
    """The learning rate is part of the accumulator."""
    var, accum = state
    accum.mul_(momentum).sub_(lr * grad)
    var.add_(momentum * accum - lr * grad if use_nesterov else accum)


@optimizer_step
def apply_adadelta_(
    state: Sequence[Tensor], grad: Tensor, lr: Tensor, rho: Tensor, epsilon: Tensor
) -> None:
    var, accum, accum_update = state
    accum.mul_(rho).add_((1 - rho) * grad.square())
    update = (accum_update + epsilon).sqrt() * (accum + epsilon).rsqrt() * grad
    var.sub_(lr * update)
    accum_update.mul_(rho).add_((1 - rho) * update.square())


@optimizer_step
def apply_adagrad_(
    state: Sequence[Tensor], grad: Tensor, lr: Tensor, update_slots: bool = True
) -> None:
    var, accum = state
    if update_slots:
        accum.add_(grad.square())
    var.sub_(lr * grad * accum.rsqrt())


@optimizer_step
def apply_adagrad_v2_(
    state: Sequence[Tensor],
    grad: Tensor,
    lr: Tensor,
    epsilon: Tensor,
    update_slots: bool = True,
) -> None:
    """The epsilon stands outside of the root."""
    var, accum = state
    if update_slots:
        accum.add_(grad.square())
    var.sub_(lr * grad / (accum.sqrt() + epsilon))


@optimizer_step
def apply_adagrad_da_(
    state: Sequence[Tensor],
    grad: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    global_step: Tensor,
) -> None:
    """Dual averaging: the variable is a function of the sums of all gradients."""
    var, total, squares = state
    total.add_(grad)
    squares.add_(grad.square())
    ahead = shrink(total, l1 * global_step) if l1 > 0 else total
    var.copy_(-lr * ahead / (l2 * global_step * lr + squares.sqrt()))


@optimizer_step
def apply_proximal_adagrad_(
    state: Sequence[Tensor], grad: Tensor, lr: Tensor, l1: Tensor, l2: Tensor
) -> None:
    var, accum = state
    accum.add_(grad.square())
    rate = lr * accum.rsqrt()
    moved = var - rate * grad
    moved = shrink(moved, rate * l1) if l1 > 0 else moved
    var.copy_(moved / (1 + l2 * rate))


@optimizer_step
def apply_ftrl_(
    state: Sequence[Tensor],
    grad: Tensor,
    lr: Tensor,
    l1: Tensor,
    l2: Tensor,
    lr_power: Tensor,
    l2_shrinkage: Tensor | None = None,
    multiply_linear_by_lr: bool = False,
) -> None:
    """Follow the regularised leader; ``linear`` may hold lr times its value."""
    var, accum, linear = state
    shrunk = grad if l2_shrinkage is None else grad + 2 * l2_shrinkage * var
    scale = lr if multiply_linear_by_lr else torch.ones_like(lr)
    before = accum.pow(-lr_power)
    accum.add_(grad.square())
    after = accum.pow(-lr_power)
    linear.add_(shrunk * scale - (after - before) * scale / lr * var)
    bound = l1 * scale
    quadratic = after * scale / lr + 2 * l2 * scale
    var.copy_((linear.clamp(-bound, bound) - linear) / quadratic)


@optimizer_step
def apply_adam_(
    state: Sequence[Tensor],
    grad: Tensor,
    beta1_power: Tensor,
    beta2_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
    use_nesterov: bool = False,
) -> None:
    """The bias correction is in the rate, so epsilon meets an uncorrected √v.

    A fourth tensor of the state is AMSGrad's maximum of v.
    """
    var, m, v, *most = state
    rate = lr * (1 - beta2_power).sqrt() / (1 - beta1_power)
    m.add_((grad - m) * (1 - beta1))
    v.add_((grad.square() - v) * (1 - beta2))
    for vhat in most:
        v = torch.maximum(vhat, v, out=vhat)
    ahead = beta1 * m + (1 - beta1) * grad if use_nesterov else m
    var.sub_(rate * ahead / (v.sqrt() + epsilon))


@optimizer_step
def apply_ada_max_(
    state: Sequence[Tensor],
    grad: Tensor,
    beta1_power: Tensor,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    epsilon: Tensor,
) -> None:
    var, m, v = state
    m.add_((grad - m) * (1 - beta1))
    v.copy_(torch.maximum(beta2 * v, grad.abs()))
    var.sub_(lr / (1 - beta1_power) * m / (v + epsilon))


@optimizer_step
def apply_rms_prop_(
    state: Sequence[Tensor],
    grad: Tensor,
    lr: Tensor,
    rho: Tensor,
    momentum: Tensor,
    epsilon: Tensor,
) -> None:
    """The epsilon stands inside of the root, the rate before the momentum.

    Of four tensors the second is the mean gradient, whose square is taken off.
    """
    var, *mean, ms, mom = state
    ms.add_((grad.square() - ms) * (1 - rho))
    spread = ms + epsilon
    for mg in mean:
        mg.add_((grad - mg) * (1 - rho))
        spread = ms - mg.square() + epsilon
    mom.mul_(momentum).add_(lr * grad * spread.rsqrt())
    var.sub_(mom)


@optimizer_step
def apply_add_sign_(
    state: Sequence[Tensor],
    grad: Tensor,
    lr: Tensor,
    alpha: Tensor,
    sign_decay: Tensor,
    beta: Tensor,
) -> None:
    var, m = state
    m.mul_(beta).add_((1 - beta) * grad)
    var.sub_(lr * (alpha + sign_decay * grad.sign() * m.sign()) * grad)


@optimizer_step
def apply_power_sign_(
    state: Sequence[Tensor],
    grad: Tensor,
    lr: Tensor,
    logbase: Tensor,
    sign_decay: Tensor,
    beta: Tensor,
) -> None:
    var, m = state
    m.mul_(beta).add_((1 - beta) * grad)
    var.sub_(lr * (logbase * sign_decay * grad.sign() * m.sign()).exp() * grad)
