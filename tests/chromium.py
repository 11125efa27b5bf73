"""A real browser without a window, spoken to over a pipe: Chromium's own DevTools protocol, no port and no driver."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

__all__ = ["Browser", "Visit"]

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SWITCHES = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-extensions",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    "--window-size=1100,900",
)
_PATIENCE = 120.0
_AS_THREE_AND_FOUR = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
"""The descriptors on which Chromium listens and answers."""
NEEDED = "REID_AUDIT_NEEDS_CHROMIUM"
"""Set where a missing browser is a failure and no reason to skip."""


def found() -> str:
    """Return the browser; without one the test is skipped, and fails where one was promised."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None and os.environ.get(NEEDED):
        pytest.fail(f"No Chromium, although {NEEDED} is set: tools/system-packages chromium")
    if path is None:
        pytest.skip("REPORT NOT TESTED IN A BROWSER: no Chromium; install Debian's package chromium.")
    return path


class Visit:
    """A page that was opened, and everything that happened on it."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.command(method, self._session, **parameters)

    def ask(self, expression: str) -> Any:
        """Return the value of an expression; a promise is waited for."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true."""
        until = time.monotonic() + _PATIENCE
        while not self.ask(expression):
            assert time.monotonic() < until, f"never true: {expression}"
            time.sleep(0.1)

    def press(self, key: str) -> None:
        self.command("Page.bringToFront")
        for kind in ("rawKeyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def screenshot(self, path: Path) -> None:
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def happened(self, method: str) -> list[dict[str, Any]]:
        own = (event for event in self._browser.events if event.get("sessionId") == self._session)
        return [event["params"] for event in own if event["method"] == method]

    @property
    def requests(self) -> list[str]:
        """Addresses that were asked for, what the page itself holds left out."""
        asked = (event["request"]["url"] for event in self.happened("Network.requestWillBeSent"))
        return [address for address in asked if not address.startswith("data:")]

    @property
    def complaints(self) -> list[str]:
        """Everything that the console shows, and every exception."""
        logged = [event["entry"]["text"] for event in self.happened("Log.entryAdded")]
        written = [json.dumps(event["args"]) for event in self.happened("Runtime.consoleAPICalled")]
        thrown = [json.dumps(event["exceptionDetails"]) for event in self.happened("Runtime.exceptionThrown")]
        return [*logged, *written, *thrown]


class Browser:
    """Chromium, for the time of a ``with``."""

    def __init__(self, folder: Path) -> None:
        path = found()
        switches = [*_SWITCHES, f"--user-data-dir={folder}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        (theirs, self._out), (self._in, back) = _pipe(), _pipe()
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", _AS_THREE_AND_FOUR, "bash", str(theirs), str(back), path, *switches, "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs, back),
        )
        os.close(theirs)
        os.close(back)
        self.events: list[dict[str, Any]] = []
        self._rest, self._number = b"", 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._send("Browser.close")
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self._out)
            os.close(self._in)

    def _send(self, method: str, session: str | None = None, **parameters: Any) -> None:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        os.write(self._out, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")

    def command(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its answer; what happens meanwhile is kept."""
        self._send(method, session, **parameters)
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], _PATIENCE)
            assert ready, "the browser says nothing"
            more = os.read(self._in, 2**20)
            assert more, "the browser is gone"
            self._rest += more
        message, self._rest = self._rest.split(b"\0", 1)
        return dict(json.loads(message))

    def visit(self, address: str, *, scripts: bool = True) -> Visit:
        """Open an address in a page of its own, and wait until it is loaded."""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Visit(self, session)
        for domain in ("Page", "Network", "Log", "Runtime"):
            page.command(f"{domain}.enable")
        page.command("Emulation.setFocusEmulationEnabled", enabled=True)
        page.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        page.command("Page.navigate", url=address)
        until = time.monotonic() + _PATIENCE
        while not page.happened("Page.loadEventFired"):
            assert time.monotonic() < until, "never loaded"
            self.command("Browser.getVersion")
            time.sleep(0.05)
        return page


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends are out of the way of descriptors 3 and 4."""
    low = os.pipe()
    read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return read, write
