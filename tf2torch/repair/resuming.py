"""Going on after a crash: what the transcript has answered is not asked again."""

from __future__ import annotations

from pathlib import Path

from tf2torch.repair.providers import Provider
from tf2torch.repair.providers.recorded import Recorded, digest
from tf2torch.repair.providers.selection import Providers
from tf2torch.repair.transcript import Start, attempts, read


def resumed(providers: Providers, transcript: Path, model: str) -> Providers:
    """``providers``, each behind its own answers in the transcript of an earlier run
    that started from the same model.py; as they are where there is no such run."""
    events = read(transcript)
    if not events or not isinstance(events[0], Start):
        return providers
    if events[0].port != digest(model):
        return providers
    known = attempts(events)

    def behind(provider: Provider | None, free: bool) -> Provider | None:
        return provider and Recorded(known, free, provider)

    return Providers(behind(providers.free, True), behind(providers.paid, False))
