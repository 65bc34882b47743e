"""The options of the command line that say how to repair."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tf2torch.repair import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

OPTIONS = (
    click.option(
        "--provider",
        metavar="P",
        help="catalog (default without a key), openai, or recorded:FILE.",
    ),
    click.option("--model", help="Of the endpoint; default: $TF2TORCH_MODEL."),
    click.option(
        "--base-url",
        metavar="URL",
        help="Of an OpenAI-compatible endpoint; default: $OPENAI_BASE_URL.",
    ),
    click.option(
        "--api-key-env",
        default="OPENAI_API_KEY",
        show_default=True,
        metavar="NAME",
        help="The environment variable that holds the key.",
    ),
    click.option("--max-iterations", default=5, show_default=True),
    click.option(
        "--max-tokens", type=int, metavar="N", help="Of all answers and prompts."
    ),
    click.option("--max-cost", type=float, metavar="USD", help="Needs --price."),
    click.option("--max-seconds", type=float, metavar="S", help="For the repair."),
    click.option(
        "--price",
        nargs=2,
        type=float,
        metavar="IN OUT",
        help="USD per million tokens, of prompts and of answers.",
    ),
)


def repair_options(command: Command) -> Command:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def taken_settings(options: dict[str, Any]) -> Settings:
    """Our options out of ``options``. Raises SourceError where they contradict each
    other."""
    from tf2torch.diagnostics import SourceError
    from tf2torch.repair import Budget, Endpoint, Settings

    price, cost = options.pop("price"), options.pop("max_cost")
    if cost is not None and not price:
        raise SourceError("--max-cost needs --price IN OUT to know what tokens cost")
    key = options.pop("api_key_env")
    return Settings(
        options.pop("provider"),
        Endpoint(options.pop("model"), options.pop("base_url"), key, price or None),
        Budget(
            options.pop("max_iterations"),
            options.pop("max_tokens"),
            cost,
            options.pop("max_seconds"),
        ),
    )
