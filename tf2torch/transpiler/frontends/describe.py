"""What a model holds, for ``tf2torch inspect``: nothing is converted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tf2torch.ir.graph import every_node
from tf2torch.ir.nodes import Case, For, Node, Op, VariableInfo, While
from tf2torch.ir.types import Shape, TensorType
from tf2torch.transpiler.frontends.detect import Kind, detect, load
from tf2torch.transpiler.frontends.interface import Port
from tf2torch.transpiler.frontends.proto_modules import RuntimeNeeded, protos_alone
from tf2torch.transpiler.frontends.source import InputSpec, Source

# Bytes per element, where numpy does not know the dtype's name.
SIZES = {"bfloat16": 2, "string": 0, "resource": 0, "variant": 0}


def describe(
    source: object,
    *,
    signature: str | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    trust_lambda: bool = False,
) -> dict[str, Any]:
    """Signatures with their tensors, then variables and ops of the chosen one.

    Keys: ``kind``, ``path``, ``signature``, ``signatures`` (name → ``inputs`` and
    ``outputs``, each a list of ``name``, ``tensor``, ``dtype``, ``shape``),
    ``functions`` (names that ``signature`` may also be), ``variables`` (``count``,
    ``trainable``, ``bytes``), ``ops`` (op → count, regions included), ``nodes``.
    """
    signatures, functions = _listed(source)
    chosen = signature
    if chosen is None and "serving_default" not in signatures and len(signatures) > 1:
        chosen = next(iter(signatures))
    parsed = load(
        source,
        signature=chosen,
        custom_objects=custom_objects,
        trust_lambda=trust_lambda,
    )
    name = parsed.signature or "default"
    signatures.setdefault(name, _ends(parsed))
    return {
        "kind": parsed.kind,
        "path": parsed.path,
        "signature": name,
        "signatures": signatures,
        "functions": functions,
        "variables": _variables(parsed.variables),
        "ops": _ops(parsed),
        "nodes": sum(1 for _ in every_node(parsed.graph)),
    }


def protos_tell(path: Path) -> dict[str, Any] | None:
    """:func:`describe` without TensorFlow's runtime; None where it takes that."""
    try:
        with protos_alone():
            return describe(path)
    except RuntimeNeeded:
        return None


def _listed(source: object) -> tuple[dict[str, Any], list[str]]:
    """Signatures and functions that a file lists, before one is chosen."""
    if not isinstance(source, str | os.PathLike):
        return {}, []
    found = detect(Path(source))
    if found.kind is Kind.SAVED_MODEL:
        from tf2torch.transpiler.frontends.saved_model import SavedModel

        model = SavedModel(found.path)
        meta, functions = model.meta, list(model.functions)
    elif found.kind is Kind.SAVED_MODEL_V1:
        from tf2torch.transpiler.frontends.protos import meta_graph, read_saved_model

        meta, functions = meta_graph(read_saved_model(found.path), found.path), []
    else:
        return {}, []
    from tf2torch.transpiler.frontends.meta_graph import ports_of, signatures
    from tf2torch.transpiler.frontends.schema import Schemas

    schemas = Schemas()
    return {
        name: {
            "inputs": [_port(port) for port in ports_of(s.inputs, schemas)],
            "outputs": [_port(port) for port in ports_of(s.outputs, schemas)],
        }
        for name, s in signatures(meta).items()
    }, functions


def _port(port: Port) -> dict[str, Any]:
    sizes = None if port.shape is None else list(port.shape)
    return {
        "name": port.name,
        "tensor": port.tensor,
        "dtype": port.dtype,
        "shape": sizes,
    }


def _ends(parsed: Source) -> dict[str, Any]:
    outputs = [node.type for node in parsed.graph.results]
    inputs = [node.type for node in parsed.graph.inputs]
    return {
        "inputs": [_end(s, t) for s, t in zip(parsed.inputs, inputs, strict=True)],
        "outputs": [_end(s, t) for s, t in zip(parsed.outputs, outputs, strict=True)],
    }


def _end(spec: InputSpec, kind: TensorType) -> dict[str, Any]:
    return {
        "name": spec.name,
        "tensor": spec.tensor,
        "dtype": kind.dtype,
        "shape": _sizes(kind.shape),
    }


def _sizes(shape: Shape | None) -> list[int | None] | None:
    if shape is None:
        return None
    return [size if isinstance(size, int) else None for size in shape]


def _variables(variables: tuple[VariableInfo, ...]) -> dict[str, int]:
    return {
        "count": len(variables),
        "trainable": sum(1 for info in variables if info.trainable),
        "bytes": sum(map(_bytes, variables)),
    }


def _bytes(info: VariableInfo) -> int:
    import math

    import numpy as np

    size = SIZES.get(info.dtype)
    if size is None:
        size = np.dtype(info.dtype).itemsize
    return size * math.prod(info.shape or ())


def _ops(parsed: Source) -> dict[str, int]:
    """Ops by frequency, then by name."""
    counts = Counter(filter(None, map(_label, every_node(parsed.graph))))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _label(node: Node) -> str:
    if isinstance(node, Op):
        return node.op
    return type(node).__name__ if isinstance(node, Case | While | For) else ""
