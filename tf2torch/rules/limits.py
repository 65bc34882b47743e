"""What torch cannot represent: op → the reason, which conversion repeats."""

from __future__ import annotations

LIMITS: dict[str, str] = {}
