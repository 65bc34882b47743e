"""An OpenAI-compatible endpoint on loopback behind which somebody reads and answers.

``python -m bench.repair.by_hand FOLDER`` writes each prompt to
``FOLDER/<region>.<number>.prompt.md`` and waits for ``<region>.<number>.answer.md``
beside it. The same prompt is answered alike again without waiting.
"""

from __future__ import annotations

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

PATIENCE = 1500.0  # seconds
CHARACTERS = 4  # per token, to have a figure at all


class Desk:
    """Prompts go out and answers come in as files of ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def answer(self, messages: list[dict[str, str]]) -> str:
        prompt = messages[-1]["content"]
        path = self._place(prompt)
        reply = path.with_name(path.name.replace(".prompt.", ".answer."))
        start = time.monotonic()
        while not reply.is_file():
            if time.monotonic() - start > PATIENCE:
                return "no answer"
            time.sleep(0.5)
        return reply.read_text()

    def _place(self, prompt: str) -> Path:
        found = re.search(r"Write region `(\w+)`", prompt)
        region = found[1] if found else "prompt"
        with self._lock:
            number = 1
            while True:
                path = self.folder / f"{region}.{number}.prompt.md"
                if not path.is_file():
                    path.write_text(prompt)
                    click.echo(path)
                    return path
                if path.read_text() == prompt:
                    return path
                number += 1


def _handler(desk: Desk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            asked = json.loads(self.rfile.read(size))
            text = desk.answer(asked["messages"])
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            sent = sum(len(m["content"]) for m in asked["messages"]) // CHARACTERS
            for part in _parts(text, asked["model"], sent):
                self.wfile.write(f"data: {part}\n\n".encode())

        def log_message(self, *_: object) -> None:
            """Only prompts are told."""

    return Handler


def _parts(text: str, model: str, sent: int) -> list[str]:
    head = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": model}

    def chunk(**choice: Any) -> str:
        return json.dumps({**head, "choices": [{"index": 0, **choice}]})

    usage = {"prompt_tokens": sent, "completion_tokens": len(text) // CHARACTERS}
    usage["total_tokens"] = sum(usage.values())
    return [
        chunk(delta={"role": "assistant", "content": text}, finish_reason=None),
        chunk(delta={}, finish_reason="stop"),
        json.dumps({**head, "choices": [], "usage": usage}),
        "[DONE]",
    ]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--port", default=8765, show_default=True)
def main(folder: Path, port: int) -> None:
    """Serve FOLDER's prompts and answers."""
    folder.mkdir(parents=True, exist_ok=True)
    address = ("127.0.0.1", port)
    ThreadingHTTPServer(address, _handler(Desk(folder))).serve_forever()


if __name__ == "__main__":
    main()
