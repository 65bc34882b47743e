"""Between plain arrays and torch values, in the candidate's process."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from tf2torch.verify.candidate_layout import Outputs, leaving
from tf2torch.verify.cotangents import cotangent
from tf2torch.verify.wire import Arrays

FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})


def inventory(model: Any) -> list[dict[str, Any]]:
    """Every ``state_dict`` entry; ``alias`` is the first that is the same tensor."""
    parameters = dict(model.named_parameters(remove_duplicate=False))
    first: dict[int, str] = {}
    found = []
    for name, value in model.state_dict(keep_vars=True).items():
        alias = first.setdefault(id(value), name)
        trainable = name in parameters and bool(parameters[name].requires_grad)
        found.append(
            {
                "name": name,
                "shape": list(value.shape),
                "dtype": dtype_of(value),
                "trainable": trainable,
                "alias": None if alias == name else alias,
            }
        )
    return found


def widened(spec: dict[str, Any]) -> dict[str, Any]:
    """The input of a float64 run."""
    wide = {"float32": "float64", "complex64": "complex128"}
    return {**spec, "dtype": wide.get(spec["dtype"], spec["dtype"])}


def tensors(specs: list[dict[str, Any]], arrays: Arrays, watch: bool) -> list[Any]:
    """The inputs in order; strings stay object arrays, floats are watched if asked."""
    import torch

    found: list[Any] = []
    for spec in specs:
        value, dtype = arrays[spec["name"]], spec["dtype"]
        if dtype == "string":
            found.append(value)
            continue
        tensor = torch.from_numpy(np.array(value)).to(getattr(torch, dtype))
        found.append(tensor.requires_grad_(watch and dtype in FLOATS))
    return found


def autocast(dtype: str) -> AbstractContextManager[Any]:
    """torch.autocast to the dtype of that name; of "" nothing."""
    import torch

    if not dtype:
        return nullcontext()
    return torch.autocast("cpu", getattr(torch, dtype))


def named(result: Any, outputs: Outputs) -> dict[str, Any]:
    """The outputs by name, as the port gave them: a dict's keys are kept even when
    they are the wrong ones; anything else is flat and takes the names in order. Axes
    are in TensorFlow's order."""
    if isinstance(result, dict) and not is_nested(result):
        return leaving(outputs, {str(name): value for name, value in result.items()})
    flat = _flatten(result)
    extra = [f"output {index}" for index in range(len(outputs), len(flat))]
    return leaving(outputs, dict(zip([*outputs, *extra], flat, strict=False)))


def is_nested(result: Any) -> bool:
    """Anything but one value or a flat dict of values."""
    if isinstance(result, dict):
        return any(map(_is_nest, result.values()))
    return _is_nest(result)


def _is_nest(value: Any) -> bool:
    return isinstance(value, dict | tuple) or (
        isinstance(value, list) and not all(isinstance(v, bytes | str) for v in value)
    )


def _flatten(result: Any) -> list[Any]:
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in _flatten(result[key])]
    if isinstance(result, tuple) or _is_nest(result):
        return [leaf for item in result for leaf in _flatten(item)]
    return [result]


def gradients(
    model: Any, inputs: list[Any], outputs: Any, seed: int, weighed: list[str] | None
) -> dict[str, Any]:
    """``var:<state entry>`` and ``in:<position>`` → gradient, where there is one."""
    import torch

    targets = {f"var:{n}": p for n, p in model.named_parameters() if p.requires_grad}
    targets |= {
        f"in:{index}": value
        for index, value in enumerate(inputs)
        if isinstance(value, torch.Tensor) and value.requires_grad
    }
    if weighed is not None:
        outputs = {name: outputs[name] for name in weighed if name in outputs}
    loss = weighted_sum(outputs, seed)
    if loss is None or not loss.requires_grad or not targets:
        return {}
    found = torch.autograd.grad(loss, list(targets.values()), allow_unused=True)
    pairs = zip(targets, found, strict=True)
    return {name: gradient for name, gradient in pairs if gradient is not None}


def weighted_sum(outputs: dict[str, Any], seed: int) -> Any:
    """The scalar loss: the sum over float outputs of output · cotangent."""
    import torch

    floats = {
        n: v
        for n, v in outputs.items()
        if isinstance(v, torch.Tensor) and v.is_floating_point()
    }
    wide = any(v.dtype == torch.float64 for v in floats.values())
    total = None
    for name, value in floats.items():
        weights = torch.from_numpy(cotangent(seed, name, tuple(value.shape)))
        part = (value * weights.to(value.dtype)).to(
            torch.float64 if wide else torch.float32
        )
        total = part.sum() if total is None else total + part.sum()
    return total


def dtype_of(value: Any) -> str:
    """TensorFlow's name for the dtype of an output."""
    import torch

    if isinstance(value, torch.Tensor):
        return str(value.dtype).removeprefix("torch.")
    array = np.asarray(value)
    return "string" if array.dtype.kind in "OSU" else array.dtype.name


def to_numpy(value: Any) -> np.ndarray:
    import torch

    if not isinstance(value, torch.Tensor):
        array = np.asarray(value)
        return array.astype(object) if array.dtype.kind in "SU" else array
    value = value.detach().cpu()
    if value.dtype == torch.bfloat16:
        value = value.float()
    if value.is_sparse:
        value = value.to_dense()
    return np.asarray(value.resolve_conj().resolve_neg().numpy())
