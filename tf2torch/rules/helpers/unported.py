"""What stands in a port for an op that could not be ported."""

from typing import NoReturn


def unported(op: str, *operands: object) -> NoReturn:
    """Stand in for a TensorFlow op that was not ported: write it by hand here."""
    raise NotImplementedError(f"TensorFlow op {op} was not ported")
