"""An audit opens no connection: a filter in the kernel ends the process that tries, native code and workers included.

It ends whoever makes a socket of the internet, even to this machine. urllib3, which comes with PyVista, is told that
there is no IPv6: it tries that on a socket when it is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import reid_audit
from benchmarks.quick import quick_options

OFFLINE = '''
"""End this process, and all that it starts, when one of them makes a socket of the internet."""
import ctypes, platform, struct, sys

SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06


def step(code, value, yes=0, no=0):
    return struct.pack("HBBI", code, yes, no, value)


program = b"".join([
    step(LOAD, 0),
    step(JUMP_IF_EQUAL, SOCKET, 0, 5),
    step(LOAD, 16),  # the first argument: the family
    step(JUMP_IF_EQUAL, 2, 2, 0),  # IPv4
    step(JUMP_IF_EQUAL, 10, 1, 0),  # IPv6
    step(JUMP_IF_EQUAL, 17, 0, 1),  # packets
    step(RETURN, 0x80000000),  # end the process
    step(RETURN, 0x7FFF0000),  # go on
])
held = ctypes.create_string_buffer(program)


class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0, "no new privileges"
described = Program(len(program) // 8, ctypes.addressof(held))
if libc.prctl(22, 2, ctypes.byref(described)) != 0:
    sys.exit(77)
sys.argv = sys.argv[1:]
exec(sys.argv.pop(0))
'''
RUNS = (
    "import runpy; sys.argv.insert(0, 'reid_audit'); "
    "runpy.run_module('reid_audit', run_name='__main__', alter_sys=True)"
)
CONNECTS = "import socket; socket.create_connection(('192.0.2.7', 443), timeout=1)"
SENDS = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.7', 9))"
RESOLVES = "import socket; socket.getaddrinfo('pypi.org', 443)"
LOCAL = "import socket; a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))"
QUICK = quick_options(workers=2)


def offline(tmp_path, code, *words, **more):
    """Run Python code where no process can make a socket of the internet."""
    script = tmp_path / "offline.py"
    script.write_text(OFFLINE)
    (tmp_path / "sitecustomize.py").write_text("import socket\nsocket.has_ipv6 = False\n")
    known = os.pathsep.join([str(tmp_path), str(Path(reid_audit.__file__).parents[1])])
    environment = os.environ | {"PYTHONPATH": known, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(script), code, *map(str, words)],
        env=environment | more,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("OFFLINE NOT TESTED: this kernel takes no filter of system calls.")
    return done


@pytest.mark.parametrize("code", [CONNECTS, SENDS, RESOLVES])
def test_the_filter_ends_who_would_connect(code, tmp_path):
    assert offline(tmp_path, code).returncode == -31  # SIGSYS


def test_the_filter_lets_this_machine_talk_to_itself(tmp_path):
    assert offline(tmp_path, LOCAL).stdout == "b'x'\n"


def test_an_audit_makes_no_socket(two_people, tmp_path):
    given = (two_people, tmp_path / "out", "--photos", two_people / "photos")
    words = ("run", *given, "--attacker", "photo-nearest", *QUICK)
    done = offline(tmp_path, RUNS, *words)
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize("model", ["Facenet512", "VGG-Face"])
def test_deepface_without_its_weights_downloads_nothing(model, people, tmp_path):
    pytest.importorskip("deepface")
    words = ("run", people, tmp_path / "out", "--embedder", f"deepface:{model}", *QUICK)
    done = offline(tmp_path, RUNS, *words, REID_AUDIT_CACHE=str(tmp_path / "cache"), REID_AUDIT_MODELS=str(tmp_path))
    assert done.returncode in {1, 2}, (done.returncode, done.stderr)
    assert "reid-audit: " in done.stderr
    assert "Traceback" not in done.stderr


def test_deepfaces_own_downloader_would_be_caught(tmp_path):
    pytest.importorskip("deepface")
    code = (
        "import os; os.environ['DEEPFACE_BACKEND_ENGINE'] = 'onnx'\n"
        "from deepface.modules.modeling import build_model\n"
        "build_model(task='facial_recognition', model_name='Facenet512')"
    )
    done = offline(tmp_path, code, DEEPFACE_HOME=str(tmp_path))
    assert done.returncode == -31, (done.returncode, done.stderr[-500:])
