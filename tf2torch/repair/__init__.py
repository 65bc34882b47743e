"""The repair loop: score, take the worst hints, regenerate those regions, verify.

A candidate replaces the port only when it scores strictly better; only the verifier
decides. Regions that are not flagged are locked.
"""

from __future__ import annotations

from tf2torch.repair.loop import Budget, Outcome, repair
from tf2torch.repair.providers import Provider, Request

__all__ = ["Budget", "Outcome", "Provider", "Request", "repair"]
