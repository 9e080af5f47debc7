"""Tables that are handed over from Python in place of files, each with a checksum of what it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.schema_base import ReadOnly


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedTable:
    """A data frame (pandas, polars, pyarrow, ...) that stands for a table of a study.

    Parameters
    ----------
    frame : narwhals data frame
    checksum : str
        ``"sha256:"`` and 64 hexadecimal digits: of the names of the columns and of the values, whatever library holds them.
        Two tables are equal if their checksums are.

    Examples
    --------
    >>> import pandas as pd, polars as pl
    >>> values = {"sex": ["f", None], "hours": [1.5, 3.0]}
    >>> HandedTable.of(pd.DataFrame(values), where="survey") == HandedTable.of(pl.DataFrame(values), where="survey")
    True
    """

    frame: Any = field(compare=False, repr=False)  # a person's answers are not for a log
    checksum: str

    @classmethod
    def of(cls, frame: Any, *, where: str) -> HandedTable:
        """Take a data frame of any kind, with numbers that were written with a decimal comma read as numbers.

        Raises
        ------
        InvalidInput
            If it is no data frame, or if its numbers can be read in two ways.
        """
        import narwhals as nw

        from microwork_estimate.inputs.written_numbers import with_numbers

        try:
            table = nw.from_native(frame, eager_only=True)
        except TypeError as error:
            raise InvalidInput(
                "not a data frame",
                expected="a data frame (pandas, polars, pyarrow, ...)",
                got=type(frame).__name__,
                where=where,
                fix="make a data frame of it, or give the path of the file in the study file",
            ) from error
        return cls(frame=with_numbers(table, decimal=None, where=where), checksum=_checksum(table))


def _checksum(table: Any) -> str:
    content = hashlib.sha256()
    for name in table.columns:
        values = [None if value is None or value != value else value for value in table[name].to_list()]
        content.update(json.dumps([name, values], default=str, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return "sha256:" + content.hexdigest()


def handed_tables(tables: Mapping[str, Any] | None, known: Mapping[str, object], where: str) -> ReadOnly[HandedTable]:
    """Return the frames handed over, by the key of the table they stand for.

    Parameters
    ----------
    tables : mapping of str to data frame, or None
    known : mapping
        The tables of the study, by key.
    where : str
        The study file.

    Returns
    -------
    mapping of str to HandedTable

    Raises
    ------
    InvalidInput
        If the study has no table of that name, or something is no data frame.

    Examples
    --------
    >>> dict(handed_tables(None, {}, "mine.toml"))
    {}
    """
    given = tables or {}
    for key in given:
        if key not in known:
            raise InvalidInput(
                "unknown table",
                expected="one of " + (", ".join(known) or "none"),
                got=repr(key),
                where=f"{where}, files",
                fix="check the spelling, or add [files." + str(key) + "] to the study file",
            )
    return ReadOnly({key: HandedTable.of(frame, where=f"tables[{key!r}]") for key, frame in given.items()})
