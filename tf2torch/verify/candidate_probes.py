"""torch.export and torch.compile on the port, in the candidate's process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MESSAGE_LENGTH = 200
RELATIVE = 1e-5  # the same torch kernels in another order: a few roundings


def exported(model: Any, inputs: dict[str, Any], specs: list[dict[str, Any]]) -> str:
    """'' when torch.export takes the model with open sizes and computes the same."""
    import torch

    if any(spec["dtype"] == "string" for spec in specs):
        return "string inputs are outside of torch.export"
    shapes = {
        spec["parameter"]: {
            axis: torch.export.Dim.DYNAMIC
            for axis, size in enumerate(spec["shape"] or ())
            if isinstance(size, str)
        }
        or None
        for spec in specs
    }
    try:
        with torch.no_grad():
            program = torch.export.export(
                model, (), inputs, dynamic_shapes=shapes, strict=False
            )
            run: Any = program.module()
            return _difference(run(**inputs), model(**inputs))
    except Exception as error:  # torch.export raises many kinds; each is the answer
        return _brief(error)


def compiled(model: Any, inputs: dict[str, Any], specs: list[dict[str, Any]]) -> str:
    """'' when torch.compile takes the model as one graph and computes the same."""
    import torch

    if any(spec["dtype"] == "string" for spec in specs):
        return "string inputs are outside of torch.compile"
    try:
        with torch.no_grad():
            fast: Any = torch.compile(model, fullgraph=True, backend="aot_eager")
            return _difference(fast(**inputs), model(**inputs))
    except Exception as error:  # dynamo raises many kinds; each is the answer
        return _brief(error)


def _difference(found: Any, expected: Any) -> str:
    import torch
    from torch.utils import _pytree

    pairs = zip(_pytree.tree_leaves(found), _pytree.tree_leaves(expected), strict=True)
    for left, right in pairs:
        if isinstance(right, torch.Tensor) and not torch.allclose(
            left.double(), right.double(), RELATIVE, RELATIVE, equal_nan=True
        ):
            return "the result differs from the eager one"
    return ""


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:MESSAGE_LENGTH]


PROBES: dict[str, Callable[[Any, dict[str, Any], list[dict[str, Any]]], str]] = {
    "export": exported,
    "compile": compiled,
}
