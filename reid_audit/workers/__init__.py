"""Where tasks are done: here, in processes of this machine, or, unchanged, by the workers of a Dask cluster."""

from __future__ import annotations

from reid_audit.workers.cluster import on_cluster
from reid_audit.workers.pool import WorkerLost, run_tasks

__all__ = ["WorkerLost", "on_cluster", "run_tasks"]
