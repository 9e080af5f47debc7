"""Readers: a file or a data frame of any kind becomes a validated noun, once.

This is the last place on the way in where a data frame is seen. Frames of pandas, polars, pyarrow and others are taken
through narwhals; files are read by the readers beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput, check_choice
from microwork_estimate.estimate import UNSPECIFIED, Estimand
from microwork_estimate.inputs.checks import distinct_names, whole_counts
from microwork_estimate.inputs.csv_files import Separator, read_csv
from microwork_estimate.inputs.histories import CAPTURED, CaptureCounts, CaptureHistories
from microwork_estimate.inputs.labelled_files import KINDS as LABELLED
from microwork_estimate.inputs.labelled_files import read_labelled
from microwork_estimate.inputs.parquet_files import read_parquet
from microwork_estimate.inputs.platforms import PlatformRegistrations
from microwork_estimate.inputs.shown import shown_columns
from microwork_estimate.inputs.survey import LonelyPsu, ReachedVia, SurveySample
from microwork_estimate.inputs.text_files import read_text
from microwork_estimate.inputs.workbooks import read_workbook
from microwork_estimate.inputs.written_numbers import Decimal, with_numbers

__all__ = [
    "KINDS",
    "capture_counts",
    "capture_histories",
    "capture_pairs",
    "column",
    "counts_by_group",
    "platform_registrations",
    "read_table",
    "read_text",
    "survey_sample",
]

KINDS = (".csv", ".parquet", ".xlsx", *LABELLED)
DesignColumn = Literal["strata", "psu", "second_stage", "fpc", "second_stage_fpc"]


def read_table(
    path: str | Path, *, sheet: str | None = None, separator: Separator | None = None, decimal: Decimal | None = None
) -> nw.DataFrame[Any]:
    """Read a table: CSV, parquet, Excel (.xlsx), SPSS (.sav, .zsav) or Stata (.dta).

    Excel, SPSS and Stata need the extra ``tables``. Each kind is looked at before it is unpacked: a file beyond the limits
    of :mod:`~microwork_estimate.inputs.file_limits` is refused.

    Parameters
    ----------
    path : str or Path
    sheet : str or None
        Sheet of a workbook; None for the first.
    separator, decimal : str or None
        Separator and decimal mark of a CSV file, where they are not clear from the file itself.

    Returns
    -------
    narwhals data frame

    Raises
    ------
    InvalidInput
        If the file is missing, of another kind, too large, empty, or cannot be read in one way only.
    """
    file = Path(path)
    kind = file.suffix.lower()
    if kind == ".csv":
        return read_csv(file, separator=separator, decimal=decimal)
    if kind == ".parquet":
        return with_numbers(read_parquet(file), decimal=decimal, where=str(file))
    if kind == ".xlsx":
        return read_workbook(file, sheet=sheet, decimal=decimal)
    if kind in LABELLED:
        return read_labelled(file)
    raise InvalidInput(
        "unknown kind of file",
        expected=", ".join(KINDS),
        got=file.suffix or "none",
        where=str(file),
        fix="save the table as one of these kinds",
    )


def column(table: Any, name: str, *, where: str = "table") -> NDArray[Any]:
    """Return one column of a data frame of any kind as an array.

    Raises
    ------
    InvalidInput
        If the object is not a data frame, has no such column, or the column has a missing value.
    """
    frame = _frame(table, where)
    if name not in frame.columns:
        raise InvalidInput(
            "unknown column",
            expected=f"a column {name!r}",
            got=shown_columns(frame.columns),
            where=where,
            fix="check the header of the table",
        )
    series = frame[name]
    if series.is_null().any() or (series.dtype.is_float() and series.is_nan().any()):
        missing = np.flatnonzero(series.is_null().to_numpy())
        raise InvalidInput(
            "missing value",
            expected="a value in every row",
            got=f"an empty cell in row {int(missing[0]) + 1 if missing.size else '?'}",
            where=f"{where}, column {name!r}",
            fix="fill it in, or leave the row out and say so",
        )
    return np.asarray(series.to_numpy())


def _frame(table: Any, where: str) -> nw.DataFrame[Any]:
    try:
        return nw.from_native(table, eager_only=True)
    except TypeError as error:
        raise InvalidInput(
            "not a data frame",
            expected="a data frame (pandas, polars, pyarrow, ...)",
            got=type(table).__name__,
            where=where,
            fix="read the file with inputs.read_table, or make a data frame of it",
        ) from error


def survey_sample(
    table: Any,
    *,
    weight: str | None = None,
    reached_via: ReachedVia | None = None,
    universe: str = UNSPECIFIED,
    design: Mapping[DesignColumn, str] | None = None,
    lonely_psu: LonelyPsu = "fail",
) -> SurveySample:
    """Make a :class:`SurveySample` of all columns of a data frame of any kind.

    Text stays in the frame's own form until its categories are needed: a million answers cost no million Python objects.

    Parameters
    ----------
    table : data frame of any kind
    weight : str or None
        The column of base weights; None for equal weights of 1.
    reached_via, universe, lonely_psu : str
        As in :class:`SurveySample`.
    design : mapping of str to str, or None
        Which columns tell how respondents were drawn: from ``"strata"``, ``"psu"``, ``"second_stage"``, ``"fpc"`` or
        ``"second_stage_fpc"`` to the name of the column.

    Returns
    -------
    SurveySample

    Raises
    ------
    InvalidInput
        If a column is missing or has a missing value where none may be, or if the design is impossible.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"hours": [1, 2, 3, 4], "w": [10.0, 10.0, 20.0, 20.0], "region": ["a", "a", "b", "b"]})
    >>> survey_sample(table, weight="w", design={"strata": "region"}).stratum_codes().tolist()
    [0, 0, 1, 1]
    """
    frame = _frame(table, "survey")
    drawn: dict[str, Any] = {
        check_choice(part, get_args(DesignColumn), where="design of the survey"): column(frame, name, where="survey")
        for part, name in (design or {}).items()
    }
    return SurveySample(
        columns={name: frame[name].to_native() for name in frame.columns},
        weight=None if weight is None else column(frame, weight, where="survey"),
        reached_via=reached_via,
        lonely_psu=lonely_psu,
        universe=universe,
        **drawn,
    )


def capture_counts(
    table: Any, *, times: str, persons: str, occasions: int | None = None, estimand: Estimand = CAPTURED
) -> CaptureCounts:
    """Make :class:`CaptureCounts` of two columns of a data frame of any kind."""
    return CaptureCounts.from_table(
        column(table, times, where="capture counts"),
        column(table, persons, where="capture counts"),
        occasions=occasions,
        estimand=estimand,
    )


def capture_histories(
    table: Any, *, lists: Sequence[str], count: str | None = None, estimand: Estimand = CAPTURED
) -> CaptureHistories:
    """Make :class:`CaptureHistories` of 0/1 columns: one row a person, or with `count` one row a pattern."""
    presence = np.column_stack([column(table, name, where="capture histories") for name in lists])
    if count is None:
        return CaptureHistories.from_persons(lists, presence, estimand=estimand)
    numbers = column(table, count, where="capture histories")
    return CaptureHistories.from_patterns(lists, presence, numbers, estimand=estimand)


def platform_registrations(
    table: Any, *, platform: str, accounts: str, source: str, **about: Any
) -> PlatformRegistrations:
    """Make :class:`PlatformRegistrations` of two columns of a data frame; `about` is as_of, territory, n_platforms."""
    return PlatformRegistrations(
        platforms=tuple(str(name) for name in column(table, platform, where="registrations")),
        accounts=column(table, accounts, where="registrations"),
        source=source,
        **about,
    )


def capture_pairs(table: Any, *, key: str, n1: str, n2: str, both: str, **about: Any) -> dict[str, CaptureHistories]:
    """Make one :class:`CaptureHistories` of two lists of each row; `about` is lists and estimand."""
    names = [str(name) for name in column(table, key, where="capture pairs")]
    distinct_names(names, where=f"capture pairs, column {key!r}")
    sizes = np.column_stack([column(table, name, where="capture pairs") for name in (n1, n2, both)])
    return {
        name: CaptureHistories.from_two_lists(*row, **about) for name, row in zip(names, sizes.tolist(), strict=True)
    }


def counts_by_group(table: Any, *, group: str, category: str, count: str) -> dict[str, dict[str, int]]:
    """Make counts by category for each group, in the order of the rows.

    Rows without a category (a question that was not yet asked, for instance) are left out.

    Raises
    ------
    InvalidInput
        If a column is missing, a count is no count, or a category stands twice in a group.
    """
    frame = _frame(table, "counts by group")
    column(frame, group, where="counts by group")
    column(frame, count, where="counts by group")
    if category in frame.columns:
        frame = frame.filter(~frame[category].is_null())
    rows = zip(*(column(frame, name, where="counts by group") for name in (group, category, count)), strict=True)
    groups: dict[str, dict[str, int]] = {}
    for row, (name, kind, number) in enumerate(rows, start=1):
        counts = groups.setdefault(str(name), {})
        if str(kind) in counts:
            raise InvalidInput(
                "category twice",
                expected="each category once in a group",
                got=f"a group and category of before in row {row}",
                where=f"counts by group, columns {group!r} and {category!r}",
                fix="add the two rows, or correct one of them",
            )
        counts[str(kind)] = int(whole_counts([number], where=f"column {count!r}")[0])
    return groups
