"""``OUT/logs/reid-audit.log``: what a command did and when; no label, no path, no name: people are pseudonyms."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reid_audit.errors import StoreError
from reid_audit.store import private_folder, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.types import Failure

__all__ = ["LOG", "RunLog", "log_failures"]

LOG = "logs/reid-audit.log"


class RunLog:
    """Appends lines to a log that its owner alone may read (0600, in a folder 0700).

    Parameters
    ----------
    folder : Path
        OUT, which exists.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG
        private_folder(self._path.parent)
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Write a line when a stage begins and when it ends."""
        if stage != self._stage or done >= total:
            self._stage = stage
            self.say(f"{stage}: {done} of {total}")

    def say(self, text: str) -> None:
        """Write one line: time, process (several may share OUT), text.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        when = datetime.now(UTC).isoformat(timespec="seconds")
        line = f"{when} [{os.getpid()}] {' '.join(text.split())}\n"
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StoreError(
                f"Cannot write '{LOG}': {error.strerror}.", remedy="Free space on the disk, or name another folder."
            ) from error


def log_failures(folder: Path, failures: tuple[Failure, ...]) -> None:
    """Write a line for each failure of an audit, its scan or photo by the pseudonym that the report gave it.

    Parameters
    ----------
    folder : Path
        OUT of an audit; a failure that its report gave no pseudonym is of "a sample without pseudonym".
    failures : tuple of Failure
        Messages are left out, as one of a plugin may name somebody; the report has them without names.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    if not failures:
        return
    table = folder / "private" / "pseudonyms.parquet"
    names: dict[str, str] = {}
    if table.is_file():
        key = read_table(table)
        samples = key[key["kind"] == "sample"]
        names = dict(zip(samples["original"], samples["pseudonym"], strict=True))
    log = RunLog(folder)
    for one in failures:
        log.say(f"failure: {one.stage}, {names.get(one.sample, 'a sample without pseudonym')}")
