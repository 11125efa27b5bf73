from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reid_audit.workers import WorkerLost, run_tasks


def square(x):
    return x * x


def dies_on_three(x):
    if x == 3:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    return x * x


def refuses_two(x):
    if x == 2:
        raise ValueError("two")
    return x


def threads(_x):
    import threadpoolctl

    pools = {pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
    return os.environ["OMP_NUM_THREADS"], tuple(sorted(pools))


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_answered_once(workers):
    assert dict(run_tasks(square, [5, 4, 3], workers=workers)) == {0: 25, 1: 16, 2: 9}


def test_only_the_task_that_kills_its_worker_is_lost():
    answers = dict(run_tasks(dies_on_three, [1, 2, 3, 4, 5, 6], workers=2))
    assert sorted(answers) == list(range(6))
    lost = answers.pop(2)
    assert isinstance(lost, WorkerLost)
    assert lost.task == 3
    assert answers == {0: 1, 1: 4, 3: 16, 4: 25, 5: 36}


def test_an_exception_comes_out():
    with pytest.raises(ValueError, match="two"):
        list(run_tasks(refuses_two, [1, 2, 3], workers=2))


def test_workers_have_one_thread_though_the_main_module_loaded_numpy_first(tmp_path):
    script = tmp_path / "main.py"
    script.write_text(
        "import numpy\nfrom test_workers import threads\nfrom reid_audit.workers import run_tasks\n"
        "if __name__ == '__main__':\n    print(set(dict(run_tasks(threads, [0, 1], workers=2)).values()))\n"
    )
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    free["PYTHONPATH"] = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, script], env=free, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{('1', (1,))}"


def test_nothing_to_do():
    assert list(run_tasks(square, [], workers=2)) == []


def slow_identity(x):
    time.sleep(0.05)
    if x == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return x, os.getpid()


def test_tasks_that_were_not_under_way_go_on_in_a_pool():
    answers = dict(run_tasks(slow_identity, list(range(12)), workers=2))
    assert isinstance(answers.pop(0), WorkerLost)
    processes = [process for _, process in answers.values()]
    assert [value for value, _ in (answers[i] for i in range(1, 12))] == list(range(1, 12))
    assert len(set(processes)) <= 5, "two of a pool and the few that were tried again alone"
