"""A bounded pool of worker processes that survives the death of a worker.

A worker that the kernel kills (memory, a crash inside a library) breaks the whole pool of
:mod:`concurrent.futures`. Here the tasks that were under way are then tried again, each alone in a fresh process, so
that only the one that kills its worker is lost, and it is reported.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, TypeVar

from reid_audit.workers.cluster import the_cluster
from reid_audit.workers.lost import WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

__all__ = ["WorkerLost", "one_thread", "run_tasks"]

Task = TypeVar("Task")
Answer = TypeVar("Answer")

_LOOK_SECONDS = 5.0
"""After so long without an answer it is asked whether a process is gone."""

_THREAD_VARIABLES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
    "LP_NUM_THREADS": "0",  # Mesa's software rasteriser: threads beside the calling one
}


def run_tasks(
    function: Callable[[Task], Answer], tasks: Sequence[Task], *, workers: int = 1, here: bool = False
) -> Iterator[tuple[int, Answer | WorkerLost[Task]]]:
    """Run a function over tasks and yield the answers as they come.

    Inside :func:`~reid_audit.workers.on_cluster` the cluster runs them, whatever ``workers`` is.

    Parameters
    ----------
    function : callable
        Importable by name in a fresh process when ``workers`` > 1. An exception that it raises comes out here; turn
        those that are outcomes into values.
    tasks : sequence
        Values that travel to another process.
    workers : int
        1 runs in this process.
    here : bool
        Run on this machine even where there is a cluster: for tasks that carry much more than paths.

    Yields
    ------
    index : int
        Position of the task.
    answer
        What the function returned, or :class:`WorkerLost`.
    """
    if not here and (cluster := the_cluster()) is not None:
        yield from cluster.run(function, tasks)
        return
    if workers <= 1 or len(tasks) <= 1:
        for index, task in enumerate(tasks):
            yield index, function(task)
        return
    remaining, suspects = list(range(len(tasks))), list[int]()
    while remaining:
        in_flight, remaining = yield from _run_pool(function, tasks, remaining, workers)
        suspects += in_flight
    for index in suspects:
        lost, _ = yield from _run_pool(function, tasks, [index], 1)
        if lost:
            yield index, WorkerLost(tasks[index])


def _run_pool(
    function: Callable[[Task], Answer], tasks: Sequence[Task], indices: list[int], workers: int
) -> Generator[tuple[int, Answer], None, tuple[list[int], list[int]]]:
    """Run tasks in one pool; if a worker died return the indices that were under way, and those not yet begun."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(os.getpid(),))
    waiting = deque(indices)
    running: dict[Future[Answer], int] = {}
    try:
        while waiting or running:
            while waiting and len(running) <= workers:
                running[pool.submit(function, tasks[waiting[0]])] = waiting[0]
                waiting.popleft()
            finished, _ = wait(running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            if not finished:
                _end_if_stuck(pool)
            for future in finished:
                answer = future.result()
                yield running.pop(future), answer
    except BrokenProcessPool:
        return sorted(running.values()), list(waiting)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return [], []


def _end_if_stuck(pool: ProcessPoolExecutor) -> None:
    """Break a pool that a process left while it wrote its answer.

    Such a process takes the lock of the answers with it, and the pool, which would see its end, waits for the rest of
    what it wrote: for ever, as it holds the other end of the pipe itself. Where every process lives nothing is done.
    """
    processes = list((pool._processes or {}).values())  # noqa: SLF001 - the pool has no word for this state
    if all(process.is_alive() for process in processes):
        return
    for process in processes:
        process.kill()
    pool._result_queue._writer.close()  # type: ignore[attr-defined]  # noqa: SLF001 - now the pool reads an end


def _begin(parent: int) -> None:
    """Make a process a worker: of one thread, and gone when its parent is."""
    one_thread()
    _die_with_parent(parent)


def one_thread() -> None:
    """Keep this process to one thread: the processes are the parallelism."""
    import threadpoolctl

    os.environ.update(_THREAD_VARIABLES)
    threadpoolctl.threadpool_limits(1)  # the caller's main module may have loaded NumPy before this could be said


def _die_with_parent(parent: int) -> None:
    """Let the kernel end this process when its parent ends in whatever way (Linux)."""
    import ctypes
    import signal
    import sys

    if sys.platform.startswith("linux"):
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before the kernel was told
            os._exit(1)
