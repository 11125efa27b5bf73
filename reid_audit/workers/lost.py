"""A task that was not done because the process that worked on it died."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["WorkerLost"]

Task = TypeVar("Task")


class WorkerLost(Generic[Task]):
    """A task whose worker died every time it was tried.

    Parameters
    ----------
    task
        As it was given.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
