"""Any OpenAI-compatible endpoint: base URL, model and key by option or environment.

Answers are streamed. What may pass by itself (no connection, timeouts, 429, 5xx, a
stream that is cut) is tried again with growing pauses; what cannot (a wrong key, an
unknown model) is told at once.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tf2torch.repair.prompt import messages
from tf2torch.repair.providers import Answer, Failure, ProviderError, Request

FENCE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL)
LONGEST = 400_000  # characters of an answer: what is longer is cut off and refused
LONGEST_PAUSE = 60.0  # seconds, whatever the endpoint asks for
MILLION = 1e6


@dataclass
class Received:
    """A streamed answer. ``finish`` is the endpoint's word for how it ended."""

    text: str = ""
    refusal: str = ""
    finish: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


class _Cut(Exception):
    """The stream ended before the answer did."""


@dataclass
class OpenAI:
    """``timeout``: seconds between two parts of an answer; ``retries``: after the
    first try; ``price``: USD per million tokens in and out."""

    model: str
    base_url: str | None = None
    key_variable: str = "OPENAI_API_KEY"
    price: tuple[float, float] | None = None
    timeout: float = 120.0
    retries: int = 4
    pause: float = 1.0
    name: str = "openai"
    sleep: Callable[[float], None] = time.sleep
    _client: Any = field(default=None, repr=False)

    def propose(self, request: Request) -> Answer | None:
        """The one fenced block of the answer.

        Raises ProviderError when the endpoint cannot be reached or refuses.
        """
        for brief in (False, True):
            prompt = messages(request, brief)
            received = self._received(prompt)
            if received is not None:
                return self._answer(received, prompt)
        raise ProviderError(
            f"{self.model}: region {request.region} does not fit into its context",
            Failure.REFUSED,
        )

    def _answer(self, received: Received, prompt: list[dict[str, str]]) -> Answer:
        code, note = extract(received)
        cost = None
        if self.price is not None:
            parts = zip(
                (received.tokens_in, received.tokens_out), self.price, strict=True
            )
            cost = sum(count * price / MILLION for count, price in parts)
        return Answer(
            None if code is None else self._clean(code),
            self._clean(received.text),
            self._clean(json.dumps(prompt, ensure_ascii=False)),
            note,
            received.tokens_in + received.tokens_out,
            cost,
        )

    def _received(self, prompt: list[dict[str, str]]) -> Received | None:
        """None when the prompt is too long for the model."""
        import openai

        last: Exception = _Cut("no answer")
        for attempt in range(self.retries + 1):
            try:
                return self._stream(prompt)
            except openai.BadRequestError as error:
                if _is_overflow(error):
                    return None
                raise self._failed(error, Failure.REFUSED) from None
            except _fatal() as error:
                raise self._failed(error, Failure.REFUSED) from None
            except (openai.OpenAIError, _Cut) as error:
                last = error
                if attempt < self.retries:
                    self.sleep(self._pause(attempt, error))
        kind = Failure.UNREACHABLE
        if isinstance(last, openai.RateLimitError):
            kind = Failure.QUOTA
        raise self._failed(last, kind) from None

    def _stream(self, prompt: list[dict[str, str]]) -> Received:
        import openai

        received = Received()
        stream = self.client.chat.completions.create(
            model=self.model,
            messages=prompt,
            stream=True,
            stream_options={"include_usage": True},
        )
        try:
            _read(stream, received)
        except openai.OpenAIError:
            raise
        except Exception as error:  # the transport has its own kinds, by its version
            raise _Cut(f"the stream was cut: {type(error).__name__}") from None
        if not received.finish:
            raise _Cut("the stream was cut in the middle of the answer")
        return received

    @property
    def client(self) -> Any:
        import openai

        if self._client is None:
            self._client = openai.OpenAI(
                api_key=os.environ.get(self.key_variable, ""),
                base_url=self.base_url,
                timeout=self.timeout,
                max_retries=0,
            )
        return self._client

    def _pause(self, attempt: int, error: Exception) -> float:
        """Seconds: what the endpoint asks for, else twice as long each time."""
        response = getattr(error, "response", None)
        asked = None if response is None else response.headers.get("retry-after")
        try:
            return min(float(asked or ""), LONGEST_PAUSE)
        except ValueError:
            return min(self.pause * 2.0**attempt, LONGEST_PAUSE)

    def _failed(self, error: Exception, kind: Failure) -> ProviderError:
        where = self.base_url or "the default endpoint"
        return ProviderError(
            f"{self.model} at {where}: {self._clean(_reason(error))}", kind
        )

    def _clean(self, text: str) -> str:
        """Without the key, should anything have echoed it."""
        key = os.environ.get(self.key_variable, "")
        return text.replace(key, "***") if len(key) > 3 else text


def _read(stream: Any, received: Received) -> None:
    for part in stream:
        if getattr(part, "usage", None) is not None:
            received.tokens_in = part.usage.prompt_tokens or 0
            received.tokens_out = part.usage.completion_tokens or 0
        for choice in part.choices[:1]:
            received.text += choice.delta.content or ""
            received.refusal += getattr(choice.delta, "refusal", None) or ""
            received.finish = choice.finish_reason or received.finish
        if len(received.text) > LONGEST:
            received.finish = "length"
            stream.close()
            return


def extract(received: Received) -> tuple[str | None, str]:
    """(code, '') or (None, why there is none)"""
    if received.refusal or received.finish == "content_filter":
        said = received.refusal or "stopped by the endpoint's filter"
        return None, f"the model refused: {said[:200]}"
    if received.finish == "length":
        return None, "the answer is truncated: it must be shorter"
    blocks = FENCE.findall(received.text)
    if len(blocks) != 1:
        return None, f"the answer has {len(blocks)} code blocks, expected one"
    return blocks[0], ""


def _fatal() -> tuple[type[Exception], ...]:
    """What no second try changes."""
    import openai

    return (
        openai.AuthenticationError,
        openai.PermissionDeniedError,
        openai.NotFoundError,
        openai.UnprocessableEntityError,
    )


def _is_overflow(error: Any) -> bool:
    text = f"{getattr(error, 'code', '')} {error}".lower()
    return "context_length" in text or "context length" in text or "too long" in text


def _reason(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    kind = {401: "the key is wrong or missing", 403: "the key may not use this model"}
    kind |= {404: "no such model or address", 429: "rate limit or quota"}
    if status is None:
        return f"{type(error).__name__.lstrip('_')}: {error}"[:300]
    words = kind.get(
        status, "the endpoint fails" if status >= 500 else str(error)[:200]
    )
    return f"{words} (HTTP {status})"
