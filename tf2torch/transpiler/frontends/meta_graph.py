"""MetaGraphs: TF1 SavedModels, and checkpoints beside a ``.meta`` file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Node
from tf2torch.transpiler.frontends.body import Library, RawNode
from tf2torch.transpiler.frontends.build import Builder
from tf2torch.transpiler.frontends.checkpoint import Checkpoint
from tf2torch.transpiler.frontends.ends import choose_ends, with_feeds
from tf2torch.transpiler.frontends.graph_source import GraphFile, body_between
from tf2torch.transpiler.frontends.graph_tables import GraphTables
from tf2torch.transpiler.frontends.graph_variables import GraphVariables
from tf2torch.transpiler.frontends.interface import (
    Identity,
    Port,
    file_fingerprint,
    finish,
    inputs_of,
    unknown,
)
from tf2torch.transpiler.frontends.promote import promote_constants
from tf2torch.transpiler.frontends.protos import meta_graph, parse, read_saved_model
from tf2torch.transpiler.frontends.schema import Proto, Schemas, shape
from tf2torch.transpiler.frontends.source import Source

INIT_SIGNATURES = frozenset({"__saved_model_init_op", "__saved_model_train_op"})
DEFAULT = "serving_default"
ASSETS = "saved_model_assets"


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    signature: str | None = None
    inputs: Sequence[str] | None = None
    outputs: Sequence[str] | None = None


def load_v1(path: Path, request: Request) -> Source:
    """A TF1 SavedModel."""
    meta = meta_graph(read_saved_model(path), path)
    checkpoint = Checkpoint(path / "variables" / "variables")
    assets = asset_files(meta, path)
    what = ("saved_model_v1", path.resolve().name, path, saved_model_files(path))
    return _load(meta, checkpoint, request, what, assets)


def saved_model_files(path: Path) -> list[Path]:
    """What tells two SavedModels apart: graph, index with checksums, vocabularies."""
    files = [path / "saved_model.pb", path / "saved_model.pbtxt"]
    assets = path / "assets"
    found = sorted(assets.rglob("*")) if assets.is_dir() else []
    return [*files, path / "variables" / "variables.index", *found]


def load_meta_graph(prefix: Path, request: Request) -> Source:
    """A checkpoint ``prefix`` with its graph in ``prefix.meta``."""
    from tensorflow.core.protobuf import meta_graph_pb2

    path = Path(f"{prefix}.meta")
    if not path.is_file():
        raise SourceError(f"{path} is missing: a checkpoint alone holds no graph")
    meta = parse(meta_graph_pb2.MetaGraphDef(), path)
    if not meta.graph_def.node:
        raise SourceError(f"{path} holds no graph: it is damaged; copy it again")
    what = ("meta_graph", prefix.name, prefix, [path, Path(f"{prefix}.index")])
    return _load(meta, Checkpoint(prefix), request, what, {})


def _load(
    meta: Proto,
    checkpoint: Checkpoint,
    request: Request,
    what: tuple[str, str, Path, list[Path]],
    assets: dict[str, Path],
) -> Source:
    kind, name, path, files = what
    schemas = Schemas.of(meta.meta_info_def.stripped_op_list.op)
    library = Library.of(meta.graph_def.library, schemas)
    graph = GraphFile.of(meta.graph_def, library)
    signature = choose_signature(meta, path, request)
    ins, outs = ends(graph, meta, signature, request)
    variables = GraphVariables(graph, meta, checkpoint)
    tables = GraphTables(graph, path if path.is_dir() else path.parent, assets)

    def leaf(raw: RawNode, place: str) -> Node | None:
        return variables.leaf(raw, place) or tables.leaf(raw, place)

    nodes = inputs_of(ins)
    return finish(
        Identity(kind, name, path, signature, file_fingerprint(files)),
        Builder(library, leaf),
        body_between(graph, name, ins, outs),
        nodes,
        list(zip(nodes, ins, strict=True)),
        outs,
        promote_constants if not checkpoint.exists else lambda graph: graph,
    )


def signatures(meta: Proto) -> dict[str, Proto]:
    known = meta.signature_def
    return {k: known[k] for k in sorted(known) if k not in INIT_SIGNATURES}


def choose_signature(meta: Proto, path: Path, request: Request) -> str | None:
    """The signature asked for, the default one, or the only one; None without any."""
    known = signatures(meta)
    if request.signature is not None:
        if request.signature not in known:
            raise unknown("signature", request.signature, known)
        return request.signature
    if request.inputs or request.outputs or not known:
        return None
    if DEFAULT in known:
        return DEFAULT
    if len(known) == 1:
        return next(iter(known))
    listed = ", ".join(list(known)[:10])
    raise SourceError(
        f"{path} has several signatures: choose one with --signature: {listed}"
    )


def ends(
    graph: GraphFile, meta: Proto, signature: str | None, request: Request
) -> tuple[list[Port], list[Port]]:
    """Inputs in the order of the graph, outputs by name, feeds that are missing."""
    if signature is None:
        return choose_ends(graph, request.inputs, request.outputs)
    definition = meta.signature_def[signature]
    inputs = ports_of(definition.inputs, graph.library.schemas)
    outputs = ports_of(definition.outputs, graph.library.schemas)
    for port in (*inputs, *outputs):
        graph.ref(port.tensor)
    position = {name: i for i, name in enumerate(graph.nodes)}
    inputs.sort(key=lambda port: position[graph.ref(port.tensor)[0]])
    return with_feeds(graph, inputs, outputs), outputs


def ports_of(infos: Proto, schemas: Schemas) -> list[Port]:
    """The tensors of a signature's inputs or outputs; sparse ones are three tensors."""
    found: list[Port] = []
    for key in sorted(infos):
        info = infos[key]
        sizes, dtype = shape(info.tensor_shape), schemas.dtype(info.dtype)
        if info.WhichOneof("encoding") == "coo_sparse":
            rank = None if sizes is None else len(sizes)
            sparse = info.coo_sparse
            found += [
                Port(
                    f"{key}_indices", sparse.indices_tensor_name, "int64", (None, rank)
                ),
                Port(f"{key}_values", sparse.values_tensor_name, dtype, (None,)),
                Port(
                    f"{key}_dense_shape",
                    sparse.dense_shape_tensor_name,
                    "int64",
                    (rank,),
                ),
            ]
        elif info.WhichOneof("encoding") == "composite_tensor":
            raise SourceError(
                f"'{key}' is a composite tensor: export a signature with its components"
            )
        else:
            found.append(Port(key, info.name, dtype, sizes))
    return found


def asset_files(meta: Proto, path: Path) -> dict[str, Path]:
    """Constant that holds a file name → the file in the SavedModel's assets."""
    folder = (path / "assets").resolve()
    found = {}
    for asset in _asset_definitions(meta):
        file = (folder / asset.filename).resolve()
        if not file.is_relative_to(folder):
            raise SourceError(f"{path}: asset '{asset.filename}' lies outside of it")
        found[asset.tensor_info.name.split(":")[0]] = file
    return found


def _asset_definitions(meta: Proto) -> list[Proto]:
    """Where TF2 lists assets, or the collection in which TF1 does."""
    from tensorflow.core.protobuf import meta_graph_pb2

    if meta.asset_file_def or ASSETS not in meta.collection_def:
        return list(meta.asset_file_def)
    found = []
    for packed in meta.collection_def[ASSETS].any_list.value:
        asset = meta_graph_pb2.AssetFileDef()
        if packed.Unpack(asset):
            found.append(asset)
    return found
