"""Parquet tables of foreigners: a few bytes can stand for any number of cells of any length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reid_audit.errors import ManifestError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["read_parquet"]

_BATCH = 1_000


def read_parquet(path: Path, *, max_rows: int, max_bytes: int) -> pd.DataFrame:
    """Read a table of a bounded size.

    Parameters
    ----------
    path : Path
    max_rows, max_bytes : int
        Of the table as it is unpacked.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ManifestError
        If it has more rows or bytes, or cells of several values.
    OSError, ValueError, and whatever else pyarrow raises
        If it is no Parquet table.

    Notes
    -----
    A column of texts is read as its dictionary and places in that, and the length of what they stand for is added up
    before any of it is written out.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        schema, metadata = file.schema_arrow, file.metadata
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise ManifestError(
            f"The cells of the column '{nested[0][:40]}' are lists or records; texts or numbers are needed.",
            remedy="Write one value a cell.",
        )
    if metadata.num_rows > max_rows:
        raise ManifestError(
            f"The table has {metadata.num_rows:,} rows; at most {max_rows:,} are allowed.", remedy="Split it."
        )
    size = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    _check_size(size, max_bytes)
    pieces, size = [], 0
    with ParquetFile(path, read_dictionary=schema.names) as file:
        for piece in file.iter_batches(batch_size=_BATCH):
            size += sum(_bytes_of(column) for column in piece.columns)
            _check_size(size, max_bytes)
            columns = [column.dictionary_decode() if _is_coded(column) else column for column in piece.columns]
            pieces.append(pa.RecordBatch.from_arrays(columns, names=piece.schema.names))
    table = pa.Table.from_batches(pieces) if pieces else schema.empty_table()
    frame: pd.DataFrame = table.replace_schema_metadata(schema.metadata).to_pandas()
    return frame


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise ManifestError(
            f"The table has more than {limit / 2**20:.0f} MiB when it is unpacked.",
            remedy="Name the manifest, not a file of data.",
        )


def _is_coded(column: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(column.type))


def _bytes_of(column: Any) -> int:
    """Return how many bytes a column takes when it is written out."""
    import pyarrow as pa
    from pyarrow import compute

    if not _is_coded(column) or not (
        pa.types.is_string(column.type.value_type) or pa.types.is_large_string(column.type.value_type)
    ):
        return int(column.nbytes)
    lengths = compute.binary_length(column.dictionary).cast(pa.int64())
    return int(compute.sum(compute.take(lengths, column.indices)).as_py() or 0)
