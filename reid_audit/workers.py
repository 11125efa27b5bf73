"""A bounded pool of worker processes that survives the death of a worker.

A worker that the kernel kills (memory, a crash inside a library) breaks the whole pool of
:mod:`concurrent.futures`. Here the tasks that were under way are then tried again, each alone in a fresh process, so
that only the one that kills its worker is lost, and it is reported.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

__all__ = ["WorkerLost", "run_tasks"]

Task = TypeVar("Task")
Answer = TypeVar("Answer")

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class WorkerLost(Generic[Task]):
    """A task whose worker died twice.

    Parameters
    ----------
    task
        As it was given.
    """

    def __init__(self, task: Task) -> None:
        self.task = task


def run_tasks(
    function: Callable[[Task], Answer], tasks: Sequence[Task], *, workers: int = 1
) -> Iterator[tuple[int, Answer | WorkerLost[Task]]]:
    """Run a function over tasks and yield the answers as they come.

    Parameters
    ----------
    function : callable
        Importable by name in a fresh process when ``workers`` > 1. An exception that it raises comes out here; turn
        those that are outcomes into values.
    tasks : sequence
        Values that travel to another process.
    workers : int
        1 runs in this process.

    Yields
    ------
    index : int
        Position of the task.
    answer
        What the function returned, or :class:`WorkerLost`.
    """
    if workers <= 1 or len(tasks) <= 1:
        for index, task in enumerate(tasks):
            yield index, function(task)
        return
    suspects = yield from _run_pool(function, tasks, list(range(len(tasks))), workers)
    for index in suspects:
        lost = yield from _run_pool(function, tasks, [index], 1)
        if lost:
            yield index, WorkerLost(tasks[index])


def _run_pool(
    function: Callable[[Task], Answer], tasks: Sequence[Task], indices: list[int], workers: int
) -> Generator[tuple[int, Answer], None, list[int]]:
    """Run tasks in one pool, and return the indices without an answer if a worker died."""
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_one_thread)
    done: set[int] = set()
    try:
        waiting = iter(indices)
        running: dict[Future[Answer], int] = {}
        for index in _take(waiting, workers + 1):
            running[pool.submit(function, tasks[index])] = index
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                index = running.pop(future)
                answer = future.result()
                done.add(index)
                for following in _take(waiting, 1):
                    running[pool.submit(function, tasks[following])] = following
                yield index, answer
    except BrokenProcessPool:
        return [index for index in indices if index not in done]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return []


def _take(source: Iterator[int], count: int) -> list[int]:
    return [index for _, index in zip(range(count), source, strict=False)]


def _one_thread() -> None:
    """Keep each worker to one thread: the processes are the parallelism. Also die with the parent (Linux)."""
    for name in _THREAD_VARIABLES:
        os.environ[name] = "1"
    _die_with_parent()


def _die_with_parent() -> None:
    import ctypes
    import signal
    import sys

    if sys.platform.startswith("linux"):
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGTERM)
