"""Tables and JSON files that say what is to be audited: each is refused as a whole, before anything else is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.hostile.cases import Hostile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["TABLES"]

_HEADER = b"subject,condition,path\n"


def _put(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _parquet(rows: int, length: int, *, coded: bool = False) -> Callable[[Path], None]:
    """Write a table of one long text, again and again: a file of some kilobytes."""

    def write(path: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * length]))
        column = text if coded else text.dictionary_decode()
        parquet.write_table(pa.table([column] * 3, ["subject", "condition", "path"]), path, compression="zstd")

    return write


def _nested(path: Path) -> None:
    """Write a table whose cells are lists."""
    import pyarrow as pa
    from pyarrow import parquet

    cells = pa.array([[["a"], None]], pa.list_(pa.list_(pa.string())))
    parquet.write_table(pa.table({"subject": cells, "condition": cells, "path": cells}), path)


TABLES = (
    Hostile("nul.csv", _put(_HEADER + b"1,original,a\0.nii\n"), "binary data"),
    Hostile("giant-field.csv", _put(_HEADER + b"1,original," + b"x" * 2_000_000 + b"\n"), "text table"),
    Hostile("open-quote.csv", _put(_HEADER + b'1,original,"a.nii\n' * 3), "."),
    Hostile("utf16.csv", _put(_HEADER.decode().encode("utf-16")), "UTF-8"),
    Hostile("latin.csv", _put(_HEADER + "1,original,J\xfcrg.nii\n".encode("latin-1")), "UTF-8"),
    Hostile("ragged.csv", _put(_HEADER + b"1,original\n2,original,b,c,d\n"), "number of cells"),
    Hostile("columns-twice.csv", _put(b"subject,condition,path,path\n1,original,a,b\n"), "more than once"),
    Hostile("columns-unknown.csv", _put(b"subject,condition,path,__class__\n1,original,a,b\n"), "unknown column"),
    Hostile("condition-script.csv", _put(_HEADER + b"1,<script>alert(1)</script>,a.nii\n"), "is no name"),
    Hostile("condition-formula.csv", _put(_HEADER + b"1,=cmd|' /C calc'!A1,a.nii\n"), "is no name"),
    Hostile("condition-latex.csv", _put(_HEADER + b"1,\\input{/etc/passwd},a.nii\n"), "is no name"),
    Hostile("only-a-header.csv", _put(_HEADER), "no rows"),
    Hostile("no-file.csv", _put(_HEADER + b"1,original,/nowhere/../a.nii\n"), "None of the 1 scans exists"),
    Hostile("rows.parquet", _parquet(2_000_000, 3), "at most 1,000,000"),
    Hostile("bomb.parquet", _parquet(2_500, 40_000), "MiB when it is unpacked"),
    Hostile("bomb-coded.parquet", _parquet(900_000, 40_000, coded=True), "MiB when it is unpacked"),
    Hostile("bomb-value.parquet", _parquet(100, 1_000_000), "MiB when it is unpacked"),
    Hostile("nested.parquet", _nested, "lists or records"),
    Hostile("short.parquet", _put(b"PAR1" + bytes(40) + b"PAR1"), "not a Parquet table"),
)
"""Each is wrong usage, with a message and no traceback."""
