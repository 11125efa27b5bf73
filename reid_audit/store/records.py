"""What a stage found out about one scan or photo, kept on disk under a key made of everything it rests on."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.store.files import private_folder, write_bytes
from reid_audit.store.journal import write_line

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Record", "RecordStore"]

_FACTS = "facts.json"


@dataclass(frozen=True, eq=False)
class Record:
    """Arrays and facts of one finished piece of work.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        No object arrays.
    facts : mapping
        What JSON can hold.
    """

    arrays: Mapping[str, np.ndarray[Any, Any]]
    facts: Mapping[str, Any] = field(default_factory=dict)


class RecordStore:
    """A private folder of records.

    Parameters
    ----------
    folder : path-like
        Created 0700 when the first record is written.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"

    def get(self, key: str) -> Record | None:
        """Return the record under a key; None where there is none or it is damaged (then it is made again)."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:  # absent, or the disk does not answer: what is there is left alone
            return None
        try:
            return _read(content)
        except Exception:  # noqa: BLE001 - zip, deflate, NumPy and JSON each raise what they like on damaged bytes
            path.unlink(missing_ok=True)
            return None

    def begin(self, *keys: str) -> None:
        """Say in the journal that work on something begins which is not kept yet.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        private_folder(self.folder)
        for key in keys:
            write_line(self.folder, "begun", key)

    def put(self, key: str, record: Record) -> None:
        """Write a record whole, 0600.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        private_folder(self.folder)
        private_folder(self._path(key).parent)
        facts = np.frombuffer(json.dumps(dict(record.facts), allow_nan=False).encode(), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **{**record.arrays, _FACTS: facts})
        write_bytes(self._path(key), buffer.getvalue())
        write_line(self.folder, "kept", key)


def _read(content: bytes) -> Record:
    """Return what a file holds; every byte of every part is compared with its checksum first."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError("a checksum does not fit")
    with np.load(io.BytesIO(content), allow_pickle=False) as parts:
        arrays = {name: parts[name] for name in parts.files if name != _FACTS}
        return Record(arrays, json.loads(parts[_FACTS].tobytes()))
