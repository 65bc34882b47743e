"""Call lookup tables by what is looked up in them.

    table(file="vocabularies/misc_assets_0.txt")(city)
    ->  city_table(file="vocabularies/city.txt")(city)

A table that several inputs reach keeps the name of the source. Files of different
content never share a name.
"""

from __future__ import annotations

from dataclasses import replace

from tf2torch.ir.graph import Graph, every_node, topological, transform
from tf2torch.ir.nodes import Input, Module, Node
from tf2torch.transpiler.emit.names import Namespace, is_noise, snake


def name_tables(graph: Graph) -> Graph:
    """Rename the files of modules, and the modules after them."""
    names = Namespace()
    stems: dict[object, str] = {}
    for node in every_node(graph):
        if isinstance(node, Module) and node.files and _content(node) not in stems:
            stems[_content(node)] = names.claim(_wanted(node, graph))
    if not stems:
        return graph

    def rename(node: Node) -> Node | None:
        if isinstance(node, Module) and node.files:
            return _renamed(node, stems[_content(node)])
        return None

    return transform(graph, rename)


def _content(node: Module) -> object:
    """Equal for modules that read the same file."""
    info = node.key[0] if isinstance(node.key, tuple) else node.key
    return info, node.files[0][0]


def _wanted(node: Module, graph: Graph) -> str:
    inputs = set(graph.inputs)
    sources = [n for n in topological((node,)) if isinstance(n, Input)]
    if len(sources) == 1 and sources[0] in inputs and not is_noise(sources[0].name):
        return snake(sources[0].name) or "keys"
    return node.name


def _renamed(node: Module, stem: str) -> Module:
    """``stem`` instead of the name of the file, wherever that stands."""
    moved = {}
    for path, _ in node.files:
        folder, _, file = path.rpartition("/")
        moved[path] = f"{folder}/{stem}.{file.rpartition('.')[2]}"
    config = tuple(
        (k, moved.get(v, v) if isinstance(v, str) else v) for k, v in node.config
    )
    files = tuple((moved[path], load) for path, load in node.files)
    name = stem if stem.endswith("table") else f"{stem}_table"
    return replace(node, name=name, config=config, files=files)
