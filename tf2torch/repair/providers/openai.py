"""Any OpenAI-compatible endpoint: base URL, model and key by option or environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any

from tf2torch.diagnostics import SourceError
from tf2torch.repair.prompt import messages
from tf2torch.repair.providers import ProviderError, Request

FENCE = re.compile(r"```(?:python)?\n(.*?)```", re.DOTALL)


@dataclass
class OpenAI:
    """``timeout`` in seconds per answer; ``retries`` with the client's own backoff."""

    model: str
    base_url: str | None = None
    key_variable: str = "OPENAI_API_KEY"
    timeout: float = 120.0
    retries: int = 3
    tokens: int = 0
    name: str = "openai"
    _client: Any = field(default=None, repr=False)

    @classmethod
    def from_environment(cls) -> OpenAI:
        """TF2TORCH_MODEL, OPENAI_BASE_URL and OPENAI_API_KEY."""
        model = os.environ.get("TF2TORCH_MODEL", "")
        if not model:
            raise SourceError("provider openai needs a model: set TF2TORCH_MODEL")
        if not os.environ.get("OPENAI_API_KEY"):
            raise SourceError("provider openai needs a key: set OPENAI_API_KEY")
        return cls(model, os.environ.get("OPENAI_BASE_URL"))

    def propose(self, request: Request) -> str | None:
        """The one fenced block of the answer; None when there is no such block.

        Raises ProviderError when the endpoint cannot be reached or refuses.
        """
        import openai

        if self._client is None:
            self._client = openai.OpenAI(
                api_key=os.environ.get(self.key_variable, ""),
                base_url=self.base_url,
                timeout=self.timeout,
                max_retries=self.retries,
            )
        try:
            answer = self._client.chat.completions.create(
                model=self.model, messages=messages(request)
            )
        except openai.OpenAIError as error:
            raise ProviderError(f"{self.model}: {_reason(error)}") from error
        if answer.usage is not None:
            self.tokens += answer.usage.total_tokens
        text = answer.choices[0].message.content or "" if answer.choices else ""
        blocks = FENCE.findall(text)
        return blocks[0] if len(blocks) == 1 else None


def _reason(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    kind = type(error).__name__
    return f"{kind} (HTTP {status})" if status else kind
