"""torch.export and torch.compile on the port, in the candidate's process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MESSAGE_LENGTH = 200
RELATIVE = 1e-5  # the same torch kernels in another order: a few roundings


def exported(model: Any, inputs: dict[str, Any], specs: list[dict[str, Any]]) -> str:
    """'' when torch.export takes the model with an open batch and computes the same."""
    import torch

    if any(spec["dtype"] == "string" for spec in specs):
        return "string inputs are outside of torch.export"
    batched = [spec["parameter"] for spec in specs if _is_batched(spec)]
    inputs = {n: _several(v) if n in batched else v for n, v in inputs.items()}
    shapes = {
        name: {0: torch.export.Dim.DYNAMIC} if name in batched else None
        for name in inputs
    }
    try:
        with torch.no_grad():
            program = torch.export.export(
                model, (), inputs, dynamic_shapes=shapes, strict=False
            )
            return _difference(program.module(), model, inputs)
    except Exception as error:  # torch.export raises many kinds; each is the answer
        return _brief(error)


def _is_batched(spec: dict[str, Any]) -> bool:
    return isinstance((spec["shape"] or [None])[0], str)


def _several(value: Any) -> Any:
    """One example twice: torch.export takes a size of 1 for a constant."""
    return value.repeat_interleave(2, 0) if value.shape[0] == 1 else value


def compiled(model: Any, inputs: dict[str, Any], specs: list[dict[str, Any]]) -> str:
    """'' when torch.compile takes the model as one graph and computes the same."""
    import torch
    import torch._dynamo

    if any(spec["dtype"] == "string" for spec in specs):
        return "string inputs are outside of torch.compile"
    try:
        with torch.no_grad():
            with torch._dynamo.config.patch(allow_rnn=True):  # nn.LSTM, nn.GRU
                fast = torch.compile(model, fullgraph=True, backend="aot_eager")
                return _difference(fast, model, inputs)
    except Exception as error:  # dynamo raises many kinds; each is the answer
        return _brief(error)


def _difference(traced: Any, model: Any, inputs: dict[str, Any]) -> str:
    """'' or how ``traced`` differs. What ``model`` draws at random is drawn anew each
    time, so of that only shape and dtype are compared."""
    import torch
    from torch.utils import _pytree

    torch.manual_seed(0)
    leaves = [_pytree.tree_leaves(run(**inputs)) for run in (traced, model, model)]
    for found, expected, again in zip(*leaves, strict=True):
        if not isinstance(expected, torch.Tensor):
            continue
        if found.shape != expected.shape or found.dtype != expected.dtype:
            return "the result has another shape or dtype than the eager one"
        if _close(again, expected) and not _close(found, expected):
            return "the result differs from the eager one"
    return ""


def _close(left: Any, right: Any) -> bool:
    import torch

    left, right = left.double(), right.double()
    return torch.allclose(left, right, RELATIVE, RELATIVE, equal_nan=True)


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:MESSAGE_LENGTH]


PROBES: dict[str, Callable[[Any, dict[str, Any], list[dict[str, Any]]], str]] = {
    "export": exported,
    "compile": compiled,
}
