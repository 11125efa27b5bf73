"""The same tasks on a Dask cluster: a scheduler and two workers on this machine, one of them killed."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from conftest import QUICK
from typer.testing import CliRunner

import reid_audit
from benchmarks.quick import quick_options
from reid_audit import audit, read_cohort
from reid_audit.cli.app import app
from reid_audit.enrolment import enrol, scan_task
from reid_audit.enrolment.cohort import rows_of
from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.settings import Settings
from reid_audit.workers import on_cluster

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="CLUSTER NOT TESTED: the extra [cluster] is not installed."
)
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(reid_audit.__file__).parents[1]), "PYTHONWARNINGS": "ignore"}
FLAGS = quick_options("scan-to-scan")


def begun(*words):
    line = [sys.executable, *map(str, words)]
    return subprocess.Popen(line, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster(tmp_path):
    """Start a scheduler with options, and workers with options; return its address and the workers."""
    running = []

    def start(workers, *, options=(), scheme="tcp"):
        file = tmp_path / "scheduler.json"
        place = ("--host", "127.0.0.1", "--no-dashboard", *options)
        protocol = ("--protocol", scheme)
        running.append(
            begun("-m", "distributed.cli.dask_scheduler", *place, *protocol, "--port", 0, "--scheduler-file", file)
        )
        until = time.monotonic() + 60
        while not (file.exists() and file.read_text().strip().endswith("}")) and time.monotonic() < until:
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        for number, words in enumerate(workers):
            scratch = ("--no-nanny", "--local-directory", tmp_path / f"scratch-{number}")
            running.append(begun("-m", "distributed.cli.dask_worker", address, *place, *protocol, *scratch, *words))
        return address, running[1:]

    yield start
    for process in running:
        process.kill()
        process.wait()


ONE_THREAD = ("--nthreads", "1")


def command(people, out, address, *more):
    line = [sys.executable, "-m", "reid_audit", "run", people, out, *FLAGS, "--scheduler", address, *more]
    return subprocess.Popen(
        list(map(str, line)), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@needs_dask
def test_a_killed_worker_changes_nothing_and_only_small_things_travel(cluster, people, warm, tmp_path):
    address, workers = cluster([ONE_THREAD, ONE_THREAD])
    out = tmp_path / "out"
    run = command(people, out, address)
    while not list(out.glob("private/templates/*/*.npz")) and run.poll() is None:
        time.sleep(0.02)
    workers[0].send_signal(signal.SIGKILL)
    _, said = run.communicate(timeout=240)
    assert run.returncode == 0, said
    cohort, _ = read_cohort(people)
    here = audit(cohort, settings=QUICK.model_copy(update={"attackers": ("scan-to-scan",)}), out=warm)
    there = pd.read_parquet(out / "tables" / "results.parquet")
    pd.testing.assert_frame_equal(there, pd.read_parquet(warm / "tables" / "results.parquet"))
    assert here.findings.complete
    assert address not in (out / "report.json").read_text()
    made = [path for path in tmp_path.glob("scratch-*/**/*") if path.is_file() and path.stat().st_size > 1_000]
    assert made == [], "a worker put values into files"


@needs_dask
def test_relative_paths_hold_in_workers_that_were_started_elsewhere(cluster, people, tmp_path):
    """Each command that has tasks of its own, from a folder that is not the workers'."""
    address, _ = cluster([ONE_THREAD])
    name = "sub-phantom001_T1w.nii.gz"
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "README").write_text("nothing")
    shutil.copy(people / "sub-phantom001" / "anat" / name, tmp_path / name)
    shutil.copy(
        next((people / "derivatives" / "zero" / "sub-phantom001").rglob("*T1w.nii.gz")), tmp_path / "zero.nii.gz"
    )

    def asked(*words):
        line = [sys.executable, "-m", "reid_audit", *words, "--scheduler", address, "--quiet"]
        return subprocess.run(
            line, env=ENVIRONMENT, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False
        )

    done = asked("quality", name, "zero.nii.gz", "judged", "--detector", "none")
    assert done.returncode == 0, done.stderr
    assert "1 scan" in done.stdout
    assert len(list((tmp_path / "judged" / "private" / "judged").glob("*/*.npz"))) == 1
    done = asked("triage", "release", "triaged")
    assert done.returncode == 0, done.stderr
    assert "1 file in the release; in 1 nothing was found" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("run", "IN", "OUT"),
        ("deface", "IN", "OUT", "--defacer", "zero"),
        ("triage", "IN", "OUT"),
        ("quality", "IN", "IN", "OUT"),
        ("compare", "OUT", "--originals", "IN", "--condition", "zero=IN"),
        ("reproduce", "s4", "OUT"),
    ],
)
def test_every_command_with_tasks_takes_a_scheduler(tmp_path, words):
    (tmp_path / "IN").mkdir()
    line = [word.replace("IN", str(tmp_path / "IN")).replace("OUT", str(tmp_path / "OUT")) for word in words]
    done = CliRunner().invoke(app, [*line, "--scheduler", "tcp://192.0.2.7:8786"], env={"COLUMNS": "200"})
    assert done.exit_code == 2, done.output
    assert "biometric data" in done.stderr
    assert not (tmp_path / "OUT").exists()


@needs_dask
def test_workers_that_are_not_fit_are_refused(cluster, people, tmp_path):
    address, _ = cluster([("--nthreads", "3")])
    run = command(people, tmp_path / "out", address)
    _, said = run.communicate(timeout=120)
    assert run.returncode == 2, said
    assert "has 3 threads" in said
    assert "--nthreads 1" in said
    assert "Traceback" not in said


@needs_dask
@pytest.mark.skipif(shutil.which("openssl") is None, reason="TLS NOT TESTED: no openssl to make certificates with.")
def test_a_cluster_with_certificates_is_used_and_one_of_strangers_is_not(cluster, people, tmp_path):
    ours, strangers = certificates(tmp_path / "ours"), certificates(tmp_path / "strangers")
    options = ("--tls-ca-file", ours / "ca.pem", "--tls-cert", ours / "cert.pem", "--tls-key", ours / "key.pem")
    address, _ = cluster([ONE_THREAD], options=options, scheme="tls")
    assert address.startswith("tls://127.0.0.1:")
    for number in (2, 3, 4):
        shutil.rmtree(people / f"sub-phantom00{number}")
    shutil.rmtree(people / "derivatives" / "meanface")
    refused = command(people, tmp_path / "no", address, "--scheduler-tls", strangers)
    _, said = refused.communicate(timeout=120)
    assert refused.returncode == 1, said
    assert "No scheduler answers" in said
    run = command(people, tmp_path / "out", address, "--scheduler-tls", ours)
    _, said = run.communicate(timeout=120)
    assert "Traceback" not in said
    assert len(list(tmp_path.glob("out/private/templates/*/*.npz"))) >= 1, said


def certificates(folder):
    """Make an authority and a certificate that it signed, as docs/cluster.md says."""
    folder.mkdir()

    def openssl(*words):
        subprocess.run([shutil.which("openssl"), *map(str, words)], check=True, capture_output=True, cwd=folder)

    key = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", 2, "-subj", f"/CN={folder.name}")
    openssl("req", *key, "-keyout", "key.pem", "-out", "cert.csr", "-subj", "/CN=reid-audit")
    openssl(
        "x509",
        "-req",
        "-in",
        "cert.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        2,
        "-out",
        "cert.pem",
    )
    return folder


def test_a_task_is_paths_and_an_answer_is_small(people, warm):
    cohort, _ = read_cohort(people)
    task = scan_task(rows_of(cohort.scans)[0], QUICK, str(warm / "private" / "templates"))
    assert len(pickle.dumps(task)) < 3_000
    assert len(pickle.dumps(scan_task(rows_of(cohort.scans)[0], Settings(), "x"))) < 10_000
    assert len(pickle.dumps(enrol(task))) < 150_000


@pytest.mark.parametrize(
    ("address", "tls", "said"),
    [
        ("tcp://192.0.2.7:8786", None, "biometric data"),
        ("tcp://scheduler.example:8786", None, "biometric data"),
        ("tls://127.0.0.1:8786", None, "takes a certificate"),
        ("127.0.0.1:8786", None, "is no address"),
        ("tcp://127.0.0.1", None, "is no address"),
        ("tcp://127.0.0.1:port", None, "is no address"),
        ("inproc://x", None, "is no address"),
    ],
)
def test_an_address_that_would_leak_is_refused(address, tls, said):
    with pytest.raises(UsageError, match=said) as caught, on_cluster(address, tls=tls):
        raise AssertionError("went on")
    assert caught.value.remedy


@needs_dask
def test_certificates_that_are_not_there_are_named(tmp_path):
    said = r"lacks ca\.pem, cert\.pem, key\.pem"
    with pytest.raises(MissingResourceError, match=said), on_cluster("tls://127.0.0.1:1", tls=tmp_path):
        raise AssertionError("went on")


def test_without_an_address_tasks_stay_here():
    from reid_audit.workers.cluster import the_cluster

    with on_cluster(None):
        assert the_cluster() is None
