"""Recursion without the stack: a generator yields the tasks whose results it needs.

Function calls and loops nest as deep as a file says; Python's own recursion would
end at a depth that the file's author chooses.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
# What a task yields is another task, and what it is sent is that task's result.
Task: TypeAlias = Generator["Task[Any]", Any, T]


def run(task: Task[T]) -> T:
    """The result of ``task``, running every task it waits for on an explicit stack."""
    stack: list[Task[Any]] = [task]
    value: Any = None
    while True:
        try:
            waits_for = stack[-1].send(value)
        except StopIteration as stop:
            stack.pop()
            value = stop.value
            if not stack:
                result: T = value
                return result
            continue
        stack.append(waits_for)
        value = None
