from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reid_audit.errors import DiskFullError
from reid_audit.workers import WorkerLost, run_tasks


def square(x):
    return x * x


def dies_on_three(x):
    if x == 3:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    return x * x


def dies_while_it_answers(place):
    """Kill the process in the midst of writing its answer, the first time alone."""
    from multiprocessing.connection import Connection

    def half(connection, _answer):
        os.write(connection.fileno(), b"\0\0\1\0half")
        os.kill(os.getpid(), signal.SIGKILL)

    if place.endswith("1") and not Path(place).exists():
        Path(place).touch()
        Connection._send_bytes = half
    return place


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


def test_a_worker_that_dies_while_it_answers_blocks_nobody(tmp_path):
    places = [str(tmp_path / str(number)) for number in range(4)]
    answers = dict(run_tasks(dies_while_it_answers, places, workers=2))
    assert answers == dict(enumerate(places))


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
    free["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run([sys.executable, script], env=free, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{('1', (1,))}"


def finds_no_room(x):
    raise DiskFullError(f"No room for {x}.", remedy="Free some.")


def test_an_error_of_ours_comes_out_of_a_worker_as_it_is():
    """Were it lost on the way, the pool would break, and every task be tried again and be called lost."""
    with pytest.raises(DiskFullError, match="No room for 1") as caught:
        list(run_tasks(finds_no_room, [1, 1, 1], workers=2))
    assert caught.value.remedy == "Free some."


def says_who_it_is(place):
    Path(place).write_text(str(os.getpid()))
    time.sleep(60)


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "main.py"
    script.write_text(
        "import sys\nfrom test_workers import says_who_it_is\nfrom reid_audit.workers import run_tasks\n"
        "if __name__ == '__main__':\n    list(run_tasks(says_who_it_is, sys.argv[1:], workers=2))\n"
    )
    places = [tmp_path / "1", tmp_path / "2"]
    known = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    run = subprocess.Popen([sys.executable, str(script), *map(str, places)], env=known)
    until = time.monotonic() + 60
    while not all(place.exists() and place.read_text() for place in places) and time.monotonic() < until:
        time.sleep(0.05)
    workers = [int(place.read_text()) for place in places]
    run.kill()
    run.wait()
    until = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


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
