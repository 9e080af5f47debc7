"""The table of results of certificates: one row for each cell, written as CSV, and taken over from an earlier result."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from microwork_estimate.errors import InvalidInput
from microwork_estimate.study.certificate_table import CellEntry
from microwork_estimate.study.parsing import study_text
from microwork_estimate.study.verdicts import Verdict

COLUMNS = (
    "version",
    "form",
    "cell",
    "must",
    "estimator",
    "world",
    "level",
    "simulations",
    "coverage",
    "coverage_error",
    "bias",
    "bias_error",
    "standard_deviation",
    "mean_standard_error",
    "error_ratio",
    "error_ratio_error",
    "without_value",
    "caution",
    "caution_share",
    "verdict",
    "remark",
)
EarlierRow = tuple[str, ...]


def written(verdicts: Sequence[Verdict], *, version: str, quick: bool) -> str:
    """Return the table of results as CSV, with the columns :data:`COLUMNS`.

    Parameters
    ----------
    verdicts : sequence of Verdict
    version : str
        Of this package.
    quick : bool
        Whether the quick form was run.

    Returns
    -------
    str

    Examples
    --------
    >>> written([], version="0.1.0", quick=True).partition(",")[0]
    'version'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    head = (version, _form(quick))
    writer.writerows(verdict.kept or (*head, *_row(verdict)) for verdict in verdicts)
    return text.getvalue()


def earlier_rows(
    file: Path, cells: Sequence[CellEntry], *, version: str, quick: bool
) -> Iterator[tuple[CellEntry, EarlierRow]]:
    """Read the rows of an earlier result that still say what is asked.

    Parameters
    ----------
    file : Path
        As :func:`written` gives it.
    cells : sequence of CellEntry
    version : str
        Of this package; a row of another one is left out.
    quick : bool

    Yields
    ------
    (CellEntry, tuple of str)
        A cell and its row, if it was met under the same rule, estimator, world, level, form and number of simulations.

    Raises
    ------
    InvalidInput
        If the file cannot be read or is no such table.
    """
    rows = list(csv.reader(io.StringIO(study_text(Path(file)))))
    if not rows or tuple(rows[0]) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise InvalidInput(
            "not a table of results",
            expected="the columns " + ", ".join(COLUMNS),
            got=", ".join(rows[0]) if rows else "nothing",
            where=str(file),
            fix="give a file that certify has written",
        )
    by_id = {row[COLUMNS.index("cell")]: tuple(row) for row in rows[1:]}
    for cell in cells:
        asked = (version, _form(quick), *_head(cell), str(cell.quick if quick else cell.full))
        row = by_id.get(cell.id, ())
        if row[: len(asked)] == asked and row[COLUMNS.index("verdict")] == "met":
            yield cell, row


def _form(quick: bool) -> str:
    return "quick" if quick else "full"


def _head(cell: CellEntry) -> tuple[str, ...]:
    return (cell.id, cell.rule.must, cell.estimator, cell.world or "", f"{cell.level:g}")


def _row(verdict: Verdict) -> tuple[str, ...]:
    head, report = _head(verdict.cell), verdict.report
    remark = "; ".join(verdict.reasons)
    if report is None:
        return (*head, *[""] * 12, verdict.word, f"waits for issue {verdict.cell.issue}")
    numbers = (
        report.coverage,
        report.coverage_error,
        report.relative_bias,
        report.bias_error,
        report.standard_deviation,
        report.mean_standard_error,
        *verdict.error_ratio,
        report.share_without_value,
    )
    caution, share = verdict.caution
    found = [_number(number) for number in numbers]
    return (*head, str(report.n_simulations), *found, caution, _number(share), verdict.word, remark)


def _number(number: float) -> str:
    """Write a number with as many digits as simulations can tell; nothing for one that does not exist."""
    return "" if math.isnan(number) else f"{number:.4g}"
