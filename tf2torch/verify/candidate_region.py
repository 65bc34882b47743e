"""One region of the port by itself, in the candidate's process.

A function is called with the arrays that it is given. A module is caught at its first
call: what enters it then is shown, and is replaced by what is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tf2torch.verify.candidate_values import to_numpy
from tf2torch.verify.wire import Arrays


class _Reached(Exception):
    """Ends the call of the model: nothing after the region has to work."""


@dataclass(frozen=True)
class Entered:
    """The first call of ``module``: its arguments as a tree of ``leaves``."""

    module: Any
    leaves: list[Any]
    tree: Any

    def arrays(self) -> Arrays:
        """``in:<position>`` of every tensor among the arguments."""
        import torch

        tensors = [x for x in self.leaves if isinstance(x, torch.Tensor)]
        return {f"in:{i}": to_numpy(tensor) for i, tensor in enumerate(tensors)}

    def pull(self, arrays: Arrays) -> Arrays:
        """The module on ``arrays`` in place of the tensors that entered it."""
        import torch
        from torch.utils import _pytree

        places = [
            i for i, leaf in enumerate(self.leaves) if isinstance(leaf, torch.Tensor)
        ]

        def call(*tensors: Any) -> Any:
            leaves = list(self.leaves)
            for place, tensor in zip(places, tensors, strict=True):
                leaves[place] = tensor
            args, kwargs = _pytree.tree_unflatten(leaves, self.tree)
            return self.module(*args, **kwargs)

        return pull(call, range(len(places)), arrays)


def capture(model: Any, path: str, call: Callable[[], Any]) -> Entered:
    """Run the model until the module at ``path`` is called."""
    import torch
    from torch.utils import _pytree

    module = model.get_submodule(path)
    found: list[Entered] = []

    def before(module: Any, args: Any, kwargs: Any) -> None:
        leaves, tree = _pytree.tree_flatten((args, kwargs))
        found.append(Entered(module, leaves, tree))
        raise _Reached

    handle = module.register_forward_pre_hook(before, with_kwargs=True)
    try:
        with torch.no_grad():
            call()
    except _Reached:
        return found[0]
    finally:
        handle.remove()
    raise RuntimeError(f"the model never calls {path}")


def pull(call: Callable[..., Any], order: Sequence[int], arrays: Arrays) -> Arrays:
    """``out:`` of ``call`` on ``in:``, and where there are cotangents ``cot:`` of its
    results also ``grad:`` of the sum of results · cotangents."""
    import torch
    from torch.utils import _pytree

    count = sum(name.startswith("in:") for name in arrays)
    inputs = [_tensor(arrays[f"in:{i}"]) for i in range(count)]
    results = _pytree.tree_leaves(call(*(inputs[i] for i in order)))
    made = {f"out:{i}": to_numpy(value) for i, value in enumerate(results)}
    loss: Any = 0.0
    for index, value in enumerate(results):
        weight = arrays.get(f"cot:{index}")
        if weight is None or not isinstance(value, torch.Tensor):
            continue
        if value.requires_grad and value.shape == weight.shape:
            loss = loss + (value * torch.from_numpy(np.array(weight))).sum()
    sources = {
        f"grad:{i}": x
        for i, x in enumerate(inputs)
        if isinstance(x, torch.Tensor) and x.requires_grad
    }
    if isinstance(loss, float) or not sources:
        return made
    found = torch.autograd.grad(loss, list(sources.values()), allow_unused=True)
    pairs = zip(sources, found, strict=True)
    return made | {name: to_numpy(g) for name, g in pairs if g is not None}


def _tensor(array: np.ndarray) -> Any:
    """Strings stay arrays; floats are watched."""
    import torch

    if array.dtype == object:
        return array
    tensor = torch.from_numpy(np.array(array))
    return tensor.requires_grad_(tensor.is_floating_point())
