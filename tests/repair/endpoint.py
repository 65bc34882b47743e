"""An OpenAI-compatible endpoint on loopback with canned answers and failures."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# A reply is text, or a status with a body, or "cut" / "hang up".
Reply = str | tuple[int, dict[str, Any]]


class Endpoint:
    """``replies`` are given one after the other, the last one for ever; ``asked``
    holds the requests."""

    def __init__(self, replies: list[Reply]) -> None:
        self.replies = replies
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []

    def next(self) -> Reply:
        return self.replies[min(len(self.asked) - 1, len(self.replies) - 1)]


@contextmanager
def serving(*replies: Reply) -> Iterator[tuple[Endpoint, str]]:
    """The endpoint and its base URL."""
    endpoint = Endpoint(list(replies))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(endpoint))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint, f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            endpoint.asked.append(json.loads(self.rfile.read(size)))
            endpoint.keys.append(self.headers.get("authorization", ""))
            reply = endpoint.next()
            if isinstance(reply, tuple):
                self._fail(*reply)
            else:
                self._stream(reply)

        def _fail(self, status: int, error: dict[str, Any]) -> None:
            body = json.dumps({"error": error}).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, text: str) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            if text == "hang up":
                return
            for part in _parts(text):
                self.wfile.write(f"data: {part}\n\n".encode())
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    return Handler


def _parts(text: str) -> Iterator[str]:
    cut = text.startswith("cut")
    for start in range(0, len(text), 40):
        yield _chunk({"content": text[start : start + 40]}, None)
    if cut:
        return
    finish = "length" if text.startswith("truncated") else "stop"
    yield _chunk({}, finish)
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    yield json.dumps({**_HEAD, "choices": [], "usage": usage})
    yield "[DONE]"


_HEAD = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "canned"}


def _chunk(delta: dict[str, str], finish: str | None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return json.dumps({**_HEAD, "choices": [choice]})


Serving = Callable[..., Any]
