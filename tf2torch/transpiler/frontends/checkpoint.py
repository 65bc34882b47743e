"""Variables in a TF checkpoint: found at once, read when needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends import bundle_index, proto_modules
from tf2torch.transpiler.frontends.schema import Proto

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


@dataclass(frozen=True)
class Checkpoint:
    """``prefix`` is the path without ``.index`` or ``.data-00000-of-00001``."""

    prefix: Path

    @cached_property
    def reader(self) -> Any:
        import tensorflow as tf

        _ = self._shards
        try:
            return tf.train.load_checkpoint(str(self.prefix))
        except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
            reason = str(error).splitlines()[0]
            raise SourceError(
                f"cannot read checkpoint {self.prefix}: {reason}"
            ) from None

    @property
    def exists(self) -> bool:
        return Path(f"{self.prefix}.index").is_file() or self._is_v1()

    def _is_v1(self) -> bool:
        return self.prefix.is_file()

    @cached_property
    def _shards(self) -> int:
        """How many there are, all in their places; 0 of a checkpoint of version 1."""
        index = Path(f"{self.prefix}.index")
        if not index.is_file() and not self._is_v1():
            raise SourceError(
                f"{self.prefix}.index is missing: copy the whole checkpoint "
                "(.index and every .data file)"
            )
        found = sorted(
            self.prefix.parent.glob(f"{self.prefix.name}.data-?????-of-?????")
        )
        if self._is_v1():
            return 0
        if not found:
            raise SourceError(
                f"{self.prefix}.data-00000-of-00001 is missing: copy the whole "
                "checkpoint (.index and every .data file)"
            )
        total = int(found[0].name[-5:])
        for shard in range(total):
            path = Path(f"{self.prefix}.data-{shard:05d}-of-{total:05d}")
            if not path.is_file():
                raise SourceError(f"checkpoint shard {path} is missing: copy it too")
        return total

    @cached_property
    def _index(self) -> dict[str, Proto]:
        if self._is_v1():
            raise proto_modules.RuntimeNeeded("a checkpoint of version 1")
        _ = self._shards
        return bundle_index.entries(self.prefix)

    @cached_property
    def shapes(self) -> Mapping[str, list[int]]:
        if proto_modules.alone():
            return {
                key: [int(d.size) for d in entry.shape.dim]
                for key, entry in self._index.items()
            }
        shapes: Mapping[str, list[int]] = self.reader.get_variable_to_shape_map()
        return shapes

    @cached_property
    def dtypes(self) -> Mapping[str, Any]:
        dtypes: Mapping[str, Any] = self.reader.get_variable_to_dtype_map()
        return dtypes

    def load(self, key: str) -> Callable[[], np.ndarray]:
        """A reader of ``key``; a missing key is an error now, not later."""
        if key not in self.shapes:
            raise SourceError(
                f"checkpoint {self.prefix} holds no tensor '{key}': it belongs to "
                "another model"
            )
        return lambda: np.asarray(self._read(key))

    def _read(self, key: str) -> Any:
        """The tensor as the reader gives it: an array, or bytes for one string."""
        import tensorflow as tf

        try:
            return self.reader.get_tensor(key)
        except (tf.errors.OpError, IndexError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise SourceError(
                f"cannot read '{key}' from checkpoint {self.prefix}: {reason}"
            ) from None

    @cached_property
    def objects(self) -> Proto | None:
        """The object graph of a TF2 checkpoint, None in a name-based one."""
        from tensorflow.core.protobuf import trackable_object_graph_pb2

        if OBJECT_GRAPH not in self.shapes:
            return None
        graph = trackable_object_graph_pb2.TrackableObjectGraph()
        if proto_modules.alone():
            entry = self._index[OBJECT_GRAPH]
            graph.ParseFromString(bundle_index.text(self.prefix, self._shards, entry))
        else:
            graph.ParseFromString(self._read(OBJECT_GRAPH))
        return graph


@dataclass(frozen=True)
class Saved:
    """Where a saved object's values lie: attribute name → checkpoint key.

    A variable has ``VARIABLE_VALUE``; a mutable table ``table``, for two tensors.
    ``path`` are the edges from the root.
    """

    path: str
    keys: Mapping[str, str]

    @property
    def variable(self) -> str | None:
        return self.keys.get("VARIABLE_VALUE")

    def table(self, tensors: Collection[str]) -> tuple[str, str] | None:
        """The keys of a mutable table's two tensors, among the checkpoint's."""
        for key in self.keys.values():
            if f"{key}-keys" in tensors and f"{key}-values" in tensors:
                return f"{key}-keys", f"{key}-values"
        return None


def saved_objects(saved: Proto, checkpoint: Proto) -> dict[int, Saved]:
    """Saved object id → where its values lie, both graphs walked together.

    The two graphs number their nodes differently; what they share are the names of
    the edges from the root.
    """
    found: dict[int, Saved] = {}
    queue: list[tuple[int, int, str]] = [(0, 0, "")]
    seen = {0}
    for saved_id, checkpoint_id, path in queue:
        node = checkpoint.nodes[checkpoint_id]
        keys = {a.name or a.checkpoint_key: a.checkpoint_key for a in node.attributes}
        found[saved_id] = Saved(path, keys)
        targets = {c.local_name: c.node_id for c in node.children}
        for child in saved.nodes[saved_id].children:
            if child.local_name in targets and child.node_id not in seen:
                seen.add(child.node_id)
                inner = f"{path}/{child.local_name}" if path else child.local_name
                queue.append((child.node_id, targets[child.local_name], inner))
    return found
