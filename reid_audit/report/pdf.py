"""Pages on paper: a local Chromium prints them, without a window, a network, or anything of its user's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.store import write_bytes

__all__ = ["CHROMIUM_NAMES", "find_chromium", "print_pdf"]

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
"""Programs that will do, best first."""

_SWITCHES = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",  # the port of nobody: what asks for an address by its number gets none either
)
_SECONDS = 180.0
_BEGINS = b"%PDF-"


def find_chromium() -> Path | None:
    """Return the browser that prints, None where this machine has none."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return Path(found) if found else None


def print_pdf(page: Path | str, target: Path | str, *, seconds: float = _SECONDS) -> Path:
    """Print an HTML page as PDF, as its print style lays it out.

    The browser gets a profile of its own that is removed again, resolves no name, and keeps its sandbox unless the user
    is root, for whom Chromium has none.

    Parameters
    ----------
    page : path-like
        An HTML file.
    target : path-like
        PDF to write, 0600; one that is there is replaced.
    seconds : float
        After which the browser is ended.

    Returns
    -------
    Path
        Of the PDF.

    Raises
    ------
    UsageError
        There is no such page.
    MissingResourceError
        There is no Chromium, or it printed nothing.
    StoreError
        If the disk refuses.
    """
    source = Path(page).absolute()
    if not source.is_file():
        raise UsageError(f"There is no page '{page}' to print.", remedy="Make it first: `reid-audit run`.")
    browser = find_chromium()
    if browser is None:
        raise MissingResourceError(
            f"No browser that prints was found: none of {', '.join(CHROMIUM_NAMES)} is on the PATH.",
            remedy="Install Chromium (Debian: package chromium), or print the page from any browser.",
        )
    with tempfile.TemporaryDirectory(prefix="reid-audit-pdf-") as own:
        copy, made = Path(own) / source.name, Path(own) / "page.pdf"
        shutil.copyfile(
            source, copy
        )  # links of a PDF hold the whole place of the page: that of OUT is nobody's business
        _run(_command(browser, copy, made, Path(own) / "profile"), Path(own), seconds)
        content = made.read_bytes() if made.is_file() else b""
    if not content.startswith(_BEGINS):
        raise MissingResourceError(
            f"'{browser.name}' printed nothing within {seconds:g} seconds.",
            remedy="Print the page from any browser: it is laid out for paper.",
        )
    return write_bytes(target, content)


def _command(browser: Path, source: Path, made: Path, profile: Path) -> list[str]:
    rootless = [] if os.geteuid() else ["--no-sandbox"]
    return [
        str(browser),
        *_SWITCHES,
        *rootless,
        f"--user-data-dir={profile}",
        f"--print-to-pdf={made}",
        source.as_uri(),
    ]


def _run(command: list[str], own: Path, seconds: float) -> None:
    """Run a browser in a session of its own, and end all of its processes with it."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "FONTCONFIG_PATH") if name in os.environ}
    with subprocess.Popen(
        command,
        env={**kept, "HOME": str(own)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        try:
            running.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
