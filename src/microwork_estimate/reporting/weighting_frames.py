"""The reports of weighting as data frames, for notebooks and spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd


class RowReport(Protocol):
    """What has rows: a calibration report, a balance table, pseudo-weights."""

    def rows(self) -> list[dict[str, float | str]]:
        """Return one plain mapping for each row."""
        ...


class SummaryReport(Protocol):
    """What has single numbers by name: a calibration report, pseudo-weights."""

    def summary(self) -> Mapping[str, float | int | str]:
        """Return the numbers by name."""
        ...


def rows_frame(report: RowReport) -> pd.DataFrame:
    """Return the rows of a report as a data frame: margins, balance, or coefficients.

    Parameters
    ----------
    report : CalibrationReport, BalanceTable or PseudoWeights

    Returns
    -------
    pandas.DataFrame
        One row for each margin (variable, coefficient), one column for each number.

    Examples
    --------
    >>> from microwork_estimate.inputs import Margins, SurveySample
    >>> from microwork_estimate.weighting import calibrate
    >>> sample = SurveySample(columns={"sex": ["f", "m", "m"]})
    >>> margins = Margins.from_totals({"sex": {"f": 60, "m": 40}}, source="made up")
    >>> rows_frame(calibrate(sample, margins).report)["after"].round(6).tolist()
    [60.0, 40.0]
    """
    import pandas as pd

    return pd.DataFrame(report.rows())


def summary_frame(report: SummaryReport) -> pd.DataFrame:
    """Return the single numbers of a report as a data frame of two columns, ``measure`` and ``value``.

    Parameters
    ----------
    report : CalibrationReport or PseudoWeights

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> from microwork_estimate.inputs import Margins, SurveySample
    >>> from microwork_estimate.weighting import calibrate
    >>> sample = SurveySample(columns={"sex": ["f", "m", "m"]})
    >>> margins = Margins.from_totals({"sex": {"f": 60, "m": 40}}, source="made up")
    >>> summary_frame(calibrate(sample, margins).report).columns.tolist()
    ['measure', 'value']
    """
    import pandas as pd

    return pd.DataFrame(list(report.summary().items()), columns=["measure", "value"])
