"""Cheap hypotheses about a wrong region: small changes that are tried on the live port.

Each variant changes one attribute, activation or weight order of one module, runs the
port once, and tells what then leaves the region. Nothing of it lasts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

from tf2torch.verify.candidate_values import to_numpy
from tf2torch.verify.fingerprint import fingerprint, to_json

# What a variant is: its words, and a context in which it holds.
Variant: TypeAlias = tuple[str, Callable[[], Any]]

MOST = 96
EPSILONS = (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-12, 1e-4, 1e-2)
SLOPES = (0.01, 0.1, 0.2, 0.3)


def try_all(model: Any, path: str, call: Callable[[], Any]) -> list[list[Any]]:
    """[words, fingerprints of what leaves the module at ``path``] for each variant."""
    import torch

    found = []
    for words, held in itertools.islice(variants(model, path), MOST):
        try:
            with held(), torch.no_grad():
                found.append([words, _results(model.get_submodule(path), call)])
        except (RuntimeError, ValueError, TypeError, IndexError):
            continue  # a change that does not fit this module
    return found


def _results(module: Any, call: Callable[[], Any]) -> list[object]:
    import torch
    from torch.utils import _pytree

    prints: list[object] = []

    def note(module: Any, args: Any, result: Any) -> None:
        for leaf in _pytree.tree_leaves(result):
            if isinstance(leaf, torch.Tensor) and leaf.is_floating_point():
                prints.append(to_json(fingerprint(to_numpy(leaf))))

    handle = module.register_forward_hook(note)
    try:
        call()
    finally:
        handle.remove()
    return prints


def before(model: Any, path: str, call: Callable[[], Any]) -> list[list[Any]]:
    """The same where what enters the module at ``path`` goes through an activation."""
    import torch

    module = model.get_submodule(path)
    found = []
    for words, act in _functions().items():
        handle = module.register_forward_pre_hook(
            lambda _, args, act=act: tuple(_applied(act, arg) for arg in args)
        )
        try:
            with torch.no_grad():
                found.append([f"{words} before {path}", _results(module, call)])
        except (RuntimeError, ValueError, TypeError, IndexError):
            continue
        finally:
            handle.remove()
    return found


def _functions() -> dict[str, Callable[[Any], Any]]:
    import torch
    import torch.nn.functional as F

    return {
        "relu": torch.relu,
        "relu6": F.relu6,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "gelu": F.gelu,
        "gelu (tanh)": partial(F.gelu, approximate="tanh"),
        "silu": F.silu,
        "elu": F.elu,
        "softplus": F.softplus,
        "softmax over the last axis": partial(torch.softmax, dim=-1),
    }


def _applied(act: Callable[[Any], Any], value: Any) -> Any:
    import torch

    floats = isinstance(value, torch.Tensor) and value.is_floating_point()
    return act(value) if floats else value


def _leaving(path: str, root: Any) -> Iterator[Variant]:
    """What leaves the region, changed: what its last step may lack, or have turned."""
    changes = {f"{words} on what leaves {path}": a for words, a in _functions().items()}
    changes["the operands of a subtraction swapped"] = lambda value: -value
    changes["the operands of a division swapped"] = lambda value: 1.0 / value
    for first, second in itertools.combinations(range(1, 4), 2):
        words = f"axes {first} and {second} of what leaves {path} swapped"
        changes[words] = partial(_swapped, first=first, second=second)
    for words, act in changes.items():
        yield words, partial(_replacing, root, act)


def _swapped(value: Any, first: int, second: int) -> Any:
    return value.transpose(first, second)


@contextmanager
def _replacing(root: Any, act: Callable[[Any], Any]) -> Iterator[None]:
    from torch.utils import _pytree

    def change(module: Any, args: Any, result: Any) -> Any:
        return _pytree.tree_map(partial(_applied, act), result)

    handle = root.register_forward_hook(change)
    try:
        yield
    finally:
        handle.remove()


def variants(model: Any, path: str) -> Iterator[Variant]:
    """The variants of every module at or below ``path``."""
    import torch

    root = model.get_submodule(path)
    yield from _leaving(path or "the model", root)
    for inner, module in root.named_modules():
        name = ".".join(filter(None, (path, inner)))
        yield from _attributes(name, module)
        yield from _weights(name, module)
        if inner and not list(module.children()) and not list(module.parameters()):
            yield from _activations(name, root, inner, module)
    norm = torch.nn.modules.batchnorm._BatchNorm
    if any(isinstance(module, norm) for module in root.modules()):
        yield f"{path} in training mode", lambda: _mode(root)


def _attributes(name: str, module: Any) -> Iterator[Variant]:
    eps = getattr(module, "eps", None)
    for value in EPSILONS if isinstance(eps, float) else ():
        if value != eps:
            yield f"eps={value:g} of {name} (now {eps:g})", _set(module, "eps", value)
    padding = getattr(module, "padding", None)
    if isinstance(padding, tuple) and len(padding) % 2 == 0 and "Pad" in _kind(module):
        sides = [padding[i : i + 2] for i in range(0, len(padding), 2)]
        turned = tuple(side for pair in sides for side in reversed(pair))
        if turned != padding:
            words = f"padding {turned} of {name} (now {padding})"
            yield words, _set(module, "padding", turned)
    for flag in ("count_include_pad", "ceil_mode", "align_corners"):
        if isinstance(getattr(module, flag, None), bool):
            value = not getattr(module, flag)
            yield f"{flag}={value} of {name}", _set(module, flag, value)
    if hasattr(module, "approximate"):
        other = "tanh" if module.approximate == "none" else "none"
        yield f"approximate={other!r} of {name}", _set(module, "approximate", other)
    if hasattr(module, "negative_slope"):
        for slope in SLOPES:
            words = f"negative_slope={slope} of {name}"
            yield words, _set(module, "negative_slope", slope)


def _weights(name: str, module: Any) -> Iterator[Variant]:
    """Transposed square matrices; other orders of an RNN's gates."""
    weight: Any = getattr(module, "weight", None)
    if getattr(weight, "ndim", 0) == 2 and weight.shape[0] == weight.shape[1]:
        yield f"the weight of {name} transposed", lambda: _data(weight, weight.data.T)
    gates = {"LSTM": 4, "GRU": 3, "LSTMCell": 4, "GRUCell": 3}.get(_kind(module))
    for order in itertools.permutations(range(gates)) if gates else ():
        if order != tuple(range(gates or 0)):
            words = f"gates of {name} in the order {order}"
            yield words, partial(_gates, module, order)


def _activations(name: str, root: Any, inner: str, module: Any) -> Iterator[Variant]:
    """Another activation, or none, where one stands as a module."""
    from torch import nn

    kinds: list[Any] = [nn.ReLU(), nn.ReLU6(), nn.SiLU(), nn.GELU(), nn.Sigmoid()]
    kinds += [nn.GELU("tanh"), nn.Tanh(), nn.ELU(), nn.Softplus(), nn.Hardsigmoid()]
    kinds += [nn.Identity(), *(nn.LeakyReLU(slope) for slope in SLOPES)]
    if _kind(module) not in {_kind(kind) for kind in kinds}:
        return
    for kind in kinds:
        if repr(kind) != repr(module):
            owner = root.get_submodule(inner.rpartition(".")[0])
            words = f"{kind!r} at {name} (now {module!r})"
            yield words, _set(owner, inner.rpartition(".")[2], kind)


def _kind(module: Any) -> str:
    return type(module).__name__


def _set(owner: Any, attribute: str, value: Any) -> Callable[[], Any]:
    @contextmanager
    def held() -> Iterator[None]:
        before = getattr(owner, attribute)
        setattr(owner, attribute, value)
        try:
            yield
        finally:
            setattr(owner, attribute, before)

    return held


@contextmanager
def _data(parameter: Any, value: Any) -> Iterator[None]:
    before = parameter.data
    parameter.data = value.contiguous()
    try:
        yield
    finally:
        parameter.data = before


@contextmanager
def _gates(module: Any, order: tuple[int, ...]) -> Iterator[None]:
    import torch

    before = {name: p.data for name, p in module.named_parameters()}
    for name, parameter in module.named_parameters():
        if "weight_hr" not in name:
            blocks = parameter.data.chunk(len(order))
            parameter.data = torch.cat([blocks[i] for i in order])
    try:
        yield
    finally:
        for name, parameter in module.named_parameters():
            parameter.data = before[name]


@contextmanager
def _mode(root: Any) -> Iterator[None]:
    """Running statistics move in training mode, so they are put back."""
    before = {name: value.clone() for name, value in root.state_dict().items()}
    root.train()
    try:
        yield
    finally:
        root.eval()
        root.load_state_dict(before)
