"""``tf2torch inspect`` for people: what is in a model, and what will be hard."""

from __future__ import annotations

from typing import Any


def print_inspection(found: dict[str, Any]) -> None:
    """Signatures, size, ops and the ops that nothing ports yet."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for name, signature in found.get("signatures", {}).items():
        table = Table(title=f"signature {name}", title_justify="left")
        table.add_column("")
        table.add_column("name")
        table.add_column("dtype")
        table.add_column("shape")
        for kind in ("inputs", "outputs"):
            for item in signature[kind]:
                shape = str(item.get("shape"))
                table.add_row(kind[:-1], item["name"], item["dtype"], shape)
        console.print(table)
    variables = found.get("variables", {})
    count, trainable = variables.get("count", 0), variables.get("trainable", 0)
    size = variables.get("bytes", 0) / 1e6
    console.print(
        f"{found.get('kind', 'model')} with {count} variables "
        f"({trainable} trainable, {size:.3g} MB)"
    )
    ops: dict[str, int] = found.get("ops", {})
    common = sorted(ops.items(), key=lambda item: (-item[1], item[0]))
    console.print(f"{len(ops)} op types: " + ", ".join(f"{o} {n}" for o, n in common))
    missing: dict[str, int] = found["missing"]
    if missing:
        console.print("[bold red]not ported by rules[/]:")
        for op, count in sorted(missing.items()):
            console.print(f"  {op} ({count}): {found['reasons'][op]}", highlight=False)
    else:
        console.print("[bold green]every op has a rule[/]")
