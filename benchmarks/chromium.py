"""A real browser without a window, spoken to over a pipe: Chromium's own DevTools protocol, no port and no driver."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import subprocess
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

__all__ = ["DRAWN", "Browser", "BrowserError", "Visit", "draw_all"]

DRAWN = "figure.drawn"
"""What becomes a chart when it comes near the window."""

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


class BrowserError(Exception):
    """The browser does not do, or show, what it was asked for."""


def _expect(met: object, otherwise: str) -> None:
    if not met:
        raise BrowserError(otherwise)


class Visit:
    """A page that was opened, and everything that happened on it."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.command(method, self._session, **parameters)

    def ask(self, expression: str) -> Any:
        """Return the value of an expression; a promise is waited for."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        _expect("exceptionDetails" not in answer, str(answer.get("exceptionDetails")))
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true."""
        until = time.monotonic() + _PATIENCE
        while not self.ask(expression):
            _expect(time.monotonic() < until, f"never true: {expression}")
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
    """Chromium, for the time of a ``with``.

    Parameters
    ----------
    path : Path
        Of the program.
    folder : Path
        Of its profile.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        switches = [*_SWITCHES, f"--user-data-dir={folder}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        (theirs, self._out), (self._in, back) = _pipe(), _pipe()
        self.process = subprocess.Popen(
            [
                "/bin/bash",
                "-c",
                _AS_THREE_AND_FOUR,
                "bash",
                str(theirs),
                str(back),
                str(path),
                *switches,
                "about:blank",
            ],
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
                _expect("error" not in answer, f"{method}: {answer.get('error')}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], _PATIENCE)
            _expect(ready, "the browser says nothing")
            more = os.read(self._in, 2**20)
            _expect(more, "the browser is gone")
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
            _expect(time.monotonic() < until, "never loaded")
            self.command("Browser.getVersion")
            time.sleep(0.05)
        return page


def draw_all(page: Visit) -> None:
    """Bring every figure near the window, one after the other."""
    page.command("Page.bringToFront")
    for place in range(page.ask(f"document.querySelectorAll('{DRAWN}').length")):
        page.ask(f"document.querySelectorAll('{DRAWN}')[{place}].scrollIntoView({{behavior: 'instant'}})")
        page.wait(f"document.querySelectorAll('{DRAWN}')[{place}].querySelector('.said') !== null")


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends are out of the way of descriptors 3 and 4."""
    low = os.pipe()
    read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return read, write
