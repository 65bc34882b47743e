"""Every tensor that enters or leaves a module of the port, and its gradient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tf2torch.verify.candidate_values import to_numpy, weighted_sum
from tf2torch.verify.fingerprint import Fingerprint, fingerprint, to_json


@dataclass
class Event:
    """``kind`` is "in" or "out"; ``tensor`` is kept for its gradient. ``call`` is the
    span of autograd's numbers while the module ran."""

    path: str
    kind: str
    value: Fingerprint
    tensor: Any
    call: tuple[int, int] = (0, 0)


@dataclass
class Recorder:
    events: list[Event] = field(default_factory=list)
    _open: list[tuple[int, int]] = field(default_factory=list)

    @contextmanager
    def watching(self, model: Any) -> Iterator[None]:
        """While open, calls of the model's modules are recorded in their order."""
        handles = []
        for path, module in model.named_modules():
            before, after = self._hooks(path)
            handles.append(module.register_forward_pre_hook(before, with_kwargs=True))
            handles.append(module.register_forward_hook(after, with_kwargs=True))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hooks(self, path: str) -> tuple[Callable[..., None], Callable[..., None]]:
        def before(module: Any, args: Any, kwargs: Any) -> None:
            self._open.append((len(self.events), _now()))
            self._note(path, "in", (args, kwargs))

        def after(module: Any, args: Any, kwargs: Any, result: Any) -> None:
            first, start = self._open.pop()
            for event in self.events[first:]:
                if event.path == path and event.kind == "in" and event.call[1] == 0:
                    event.call = start, _now()
            self._note(path, "out", result)

        return before, after

    def _note(self, path: str, kind: str, nest: Any) -> None:
        import torch
        from torch.utils import _pytree

        for leaf in _pytree.tree_leaves(nest):
            if isinstance(leaf, torch.Tensor) and leaf.is_floating_point():
                if torch.is_grad_enabled():
                    _keep_gradient(leaf)
                value = fingerprint(to_numpy(leaf))
                self.events.append(Event(path, kind, value, leaf))


def _now() -> int:
    """The number that autograd gives to the next operation."""
    import torch

    with torch.enable_grad():
        probe: Any = torch.zeros((), requires_grad=True).clone()
    return int(probe.grad_fn._sequence_nr())


def _keep_gradient(tensor: Any) -> None:
    """Also of a detached tensor: where a path was cut, its far end tells so."""
    if not tensor.requires_grad:
        tensor.requires_grad_(True)
    elif not tensor.is_leaf:
        tensor.retain_grad()


def report(events: list[Event], outputs: dict[str, Any], seed: int) -> list[Any]:
    """Per event: path, kind, value, gradient, the events before it on its path, and
    whether an operation outside of the module reads it too."""
    loss = weighted_sum(outputs, seed)
    if loss is not None and loss.requires_grad:
        loss.backward()
    before, read = _paths(events)
    return [
        [
            event.path,
            event.kind,
            to_json(event.value),
            _gradient(event.tensor),
            before[index],
            any(not _within(event, reader) for reader in read[index]),
        ]
        for index, event in enumerate(events)
    ]


def _gradient(tensor: Any) -> list[object] | None:
    gradient = tensor.grad
    return None if gradient is None else to_json(fingerprint(to_numpy(gradient)))


def _within(event: Event, number: int) -> bool:
    return event.call[0] <= number < event.call[1]


def _paths(events: list[Event]) -> tuple[list[list[int]], list[list[int]]]:
    """Which events lie before each one in autograd's graph, and the numbers of the
    operations that read it there."""
    at: dict[Any, int] = defaultdict(int)
    for index, event in enumerate(events):
        if event.tensor.grad_fn is not None:
            at[event.tensor.grad_fn] |= 1 << index
    reach: dict[Any, int] = {}
    reads: dict[Any, list[int]] = defaultdict(list)
    for event in events:
        _explore(event.tensor.grad_fn, at, reach, reads)
    before, read = [], []
    for index, event in enumerate(events):
        mask = reach.get(event.tensor.grad_fn, 0) & ~(1 << index)
        before.append([i for i in range(len(events)) if mask >> i & 1])
        read.append(reads[event.tensor.grad_fn] if event.tensor.grad_fn else [])
    return before, read


def _explore(
    root: Any,
    at: dict[Any, int],
    reach: dict[Any, int],
    reads: dict[Any, list[int]],
) -> None:
    """Fill ``reach``: the events at a node and at all that it was computed from."""
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if node is None or node in reach:
            continue
        children = [child for child, _ in node.next_functions if child is not None]
        if not ready:
            stack.append((node, True))
            stack.extend((child, False) for child in children)
            continue
        mask = at.get(node, 0)
        for child in children:
            mask |= reach.get(child, 0)
            reads[child].append(int(node._sequence_nr()))
        reach[node] = mask
