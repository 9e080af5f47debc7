"""Parquet files: looked at before they are unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals as nw

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs.file_limits import (
    LONGEST_TEXT,
    not_a_table,
    regular_file,
    require_shape,
    require_unpacked,
)


def read_parquet(path: Path) -> nw.DataFrame[Any]:
    """Read a parquet file of flat columns.

    Rows, columns and unpacked size are read from its end first; texts stay in their dictionary until their length is
    known, as a file of a few bytes can stand for millions of long ones.

    Parameters
    ----------
    path : Path

    Returns
    -------
    narwhals data frame

    Raises
    ------
    InvalidInput
        If the file is missing, no parquet file, too large when unpacked, or has columns within columns.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pd.DataFrame({"hours": [1.5, 3.0]}).to_parquet(Path(folder) / "a.parquet")
    ...     read_parquet(Path(folder) / "a.parquet")["hours"].to_list()
    [1.5, 3.0]
    """
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    file = regular_file(path)
    try:
        with pq.ParquetFile(file) as opened:
            _require_readable(opened, file)
            flat = opened.schema_arrow
        texts = [field.name for field in flat if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
        with pq.ParquetFile(file, read_dictionary=texts) as opened:
            table = opened.read(use_threads=False)
        return nw.from_native(_with_plain_texts(table, file).to_pandas(use_threads=False), eager_only=True)
    except (OSError, ValueError, TypeError, MemoryError, NotImplementedError, pa.ArrowException) as error:
        if isinstance(error, InvalidInput):
            raise
        raise not_a_table(file, expected="a parquet file", error=error, fix="write the file again") from error


def _require_readable(opened: Any, file: Path) -> None:
    about, where = opened.metadata, str(file)
    require_shape(about.num_rows, about.num_columns, where=where)
    groups = [about.row_group(at) for at in range(about.num_row_groups)]
    chunks = [group.column(at) for group in groups for at in range(about.num_columns)]
    unpacked = sum(chunk.total_uncompressed_size for chunk in chunks)
    require_unpacked(file.stat().st_size, unpacked, where=where)
    nested = [field.name for field in opened.schema_arrow if field.type.num_fields]
    if nested:
        raise InvalidInput(
            "columns within a column",
            expected="columns of numbers, texts or dates",
            got=", ".join(repr(name) for name in nested),
            where=where,
            fix="write each part into a column of its own",
        )


def _with_plain_texts(table: Any, file: Path) -> Any:
    """Turn dictionaries into texts once it is known that no text is longer than a cell may be."""
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    for at, field in enumerate(table.schema):
        if not (pa.types.is_dictionary(field.type) and pa.types.is_string(field.type.value_type)):
            continue
        column = table.column(at)
        longest = max((pc.max(pc.utf8_length(part.dictionary)).as_py() or 0 for part in column.chunks), default=0)
        if longest > LONGEST_TEXT:
            raise InvalidInput(
                "table too large",
                expected=f"texts of at most {LONGEST_TEXT:,} characters",
                got=f"{longest:,} characters",
                where=f"{file}, column {field.name!r}",
                fix="leave the column out",
            )
    return table
