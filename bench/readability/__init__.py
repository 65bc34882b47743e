"""Emitted source beside hand-written source, by the same fifteen measures."""
