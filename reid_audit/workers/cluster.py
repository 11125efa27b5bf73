"""The same tasks on a Dask cluster: paths go out, small results come back, the scans stay where they are.

Dask sends functions and values as pickles: whoever can talk to a scheduler or a worker can run code there. So
connections beyond this machine are taken with TLS alone, where both sides show a certificate (decision 0014).
"""

from __future__ import annotations

import importlib.util
import ipaddress
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.store import code_key
from reid_audit.workers.lost import WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Cluster", "on_cluster", "the_cluster"]

Task = TypeVar("Task")
Answer = TypeVar("Answer")

_CERTIFICATES = {"tls_ca_file": "ca.pem", "tls_client_cert": "cert.pem", "tls_client_key": "key.pem"}
_CONNECT_SECONDS = 15.0

_CURRENT: ContextVar[Cluster | None] = ContextVar("cluster", default=None)


@contextmanager
def on_cluster(address: str | None, *, tls: Path | str | None = None) -> Iterator[None]:
    """Let the workers of a Dask cluster do the tasks of everything that is called inside.

    Parameters
    ----------
    address : str or None
        Of the scheduler: ``tls://HOST:PORT``, or ``tcp://127.0.0.1:PORT`` where all of it is on this machine. None
        leaves the tasks here.
    tls : path-like, optional
        Folder with ``ca.pem`` (whose certificates are believed), ``cert.pem`` and ``key.pem`` (ours); needed for
        ``tls://``.

    Raises
    ------
    UsageError
        If the address is none of these.
    MissingResourceError
        If ``distributed`` is not installed, a certificate is not there, or no scheduler with a worker answers.

    Notes
    -----
    Workers read the scans and write finished work themselves: they need the same paths as this process, one thread
    each, and the same version of this package, which every task makes sure of.
    """
    if address is None:
        yield
        return
    _check_address(address, encrypted=tls is not None)
    with _connected(address, tls) as client:
        before = _CURRENT.set(Cluster(client, encrypted=tls is not None))
        try:
            yield
        finally:
            _CURRENT.reset(before)


def the_cluster() -> Cluster | None:
    """Return the cluster that tasks go to now, None where they stay here."""
    return _CURRENT.get()


class Cluster:
    """Workers elsewhere.

    Parameters
    ----------
    client : distributed.Client
    encrypted : bool
    """

    def __init__(self, client: Any, *, encrypted: bool) -> None:
        self._client = client
        self._encrypted = encrypted

    def run(
        self, function: Callable[[Task], Answer], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Answer | WorkerLost[Task]]]:
        """Run a function over tasks, as :func:`~reid_audit.workers.run_tasks` says.

        A worker that dies costs the tasks that it was at: others do them. One on which several workers die is lost.

        Raises
        ------
        MissingResourceError
            If the scheduler is gone.
        """
        from distributed import as_completed

        code = code_key()
        futures = {
            self._client.submit(_run_there, function, code, self._encrypted, task, pure=False): index
            for index, task in enumerate(tasks)
        }
        try:
            for future in as_completed(futures, loop=self._client.loop):
                index = futures.pop(future)
                yield index, _answer(future, tasks[index])
        finally:
            self._client.cancel(list(futures))


def _answer(future: Any, task: Task) -> Any:
    """Return what a task gave; raise what it raised."""
    from distributed.scheduler import KilledWorker

    if future.cancelled():
        raise MissingResourceError(
            "The scheduler of the cluster is gone.",
            remedy="Start it again, and give the same command: what is finished is kept.",
        )
    error = future.exception()
    if isinstance(error, KilledWorker):
        return WorkerLost(task)
    return future.result()


def _check_address(address: str, *, encrypted: bool) -> None:
    parts = urlsplit(address)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if parts.scheme not in {"tcp", "tls"} or not host or port is None:
        raise UsageError(
            f"'{address}' is no address of a scheduler.", remedy="Write tls://HOST:PORT, as the scheduler prints it."
        )
    if parts.scheme == "tls" and not encrypted:
        raise UsageError(
            "A scheduler at tls:// takes a certificate.",
            remedy="Name the folder of ca.pem, cert.pem and key.pem (--scheduler-tls).",
        )
    if parts.scheme == "tcp" and not _is_this_machine(host):
        raise UsageError(
            f"'{address}' is not on this machine, and tcp:// sends templates, which are biometric data, in the clear.",
            remedy="Start scheduler and workers with TLS and give tls://HOST:PORT (docs/cluster.md).",
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _connected(address: str, tls: Path | str | None) -> Iterator[Any]:
    """Yield a client of a scheduler that has a worker."""
    if importlib.util.find_spec("distributed") is None:
        raise MissingResourceError(
            "The package 'distributed', which talks to a cluster, is not installed.",
            remedy="Install the extra: `pip install 'reid_audit[cluster]'`.",
        )
    from distributed import Client, Security

    security = Security(require_encryption=True, **_certificates(Path(tls))) if tls is not None else None
    try:
        client = Client(address, security=security, timeout=_CONNECT_SECONDS, set_as_default=False)
    except OSError as error:
        raise MissingResourceError(
            f"No scheduler answers at '{address}' ({type(error).__name__}).",
            remedy="Start it, and give the address that it prints.",
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError:
            raise MissingResourceError(
                f"The scheduler at '{address}' has no worker.", remedy="Start workers (docs/cluster.md)."
            ) from None
        yield client


def _certificates(folder: Path) -> dict[str, str]:
    missing = [name for name in _CERTIFICATES.values() if not (folder / name).is_file()]
    if missing:
        raise MissingResourceError(
            f"'{folder}' lacks {', '.join(missing)}.", remedy="Put the certificates there (docs/cluster.md)."
        )
    return {argument: str(folder / name) for argument, name in _CERTIFICATES.items()}


def _run_there(function: Callable[[Task], Answer], code: str, encrypted: bool, task: Task) -> Answer:
    """Do a task in a worker that is fit for it."""
    _check_worker(code, encrypted=encrypted)
    return function(task)


@cache
def _check_worker(code: str, *, encrypted: bool) -> None:
    """Refuse a worker whose results would be others, or be seen by others; keep its memory off its disk."""
    from distributed import get_worker

    from reid_audit.workers.pool import one_thread

    worker = get_worker()
    if worker.state.nthreads != 1:
        raise UsageError(
            f"A worker of the cluster has {worker.state.nthreads} threads; drawing and face models take one.",
            remedy="Start workers with --nthreads 1, and more of them (--nworkers).",
        )
    if code_key() != code:
        raise UsageError(
            "A worker of the cluster runs another version of reid_audit or of its libraries.",
            remedy="Start scheduler, workers and this command from one environment.",
        )
    address = urlsplit(worker.address)
    if not encrypted and not _is_this_machine(address.hostname or ""):
        raise UsageError(
            "A worker of the cluster is on another machine, and its connection is not encrypted.",
            remedy="Start scheduler and workers with TLS (docs/cluster.md).",
        )
    _keep_in_memory(worker)
    one_thread()


def _keep_in_memory(worker: Any) -> None:
    """Let no value reach the disk of a worker: Dask would pickle it into a file."""
    worker.memory_manager.memory_target_fraction = False
    worker.memory_manager.memory_spill_fraction = False
    fast = getattr(worker.data, "fast", None)  # of a worker that would spill
    if fast is not None:
        fast.n = sys.maxsize
