"""All hierarchical log-linear models of k lists on the same data, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from microwork_estimate.capture_recapture.existence import FITTED
from microwork_estimate.capture_recapture.model_grid import ModelGrid, fit_grid
from microwork_estimate.capture_recapture.model_space import LogLinearModel, hierarchical_terms
from microwork_estimate.capture_recapture.poisson import BoolArray
from microwork_estimate.errors import check_choice
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.small_tables import grid_table

Criterion = Literal["aic", "bic"]
_SHOWN = 10
_HEAD = ("model", "estimate", "s.e.", "deviance", "df", "AIC", "BIC")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LogLinearTable:
    """Every hierarchical log-linear model of k lists, fitted to the same data.

    Parameters
    ----------
    lists : tuple of str
    terms : tuple of M tuples of int
        The terms of each model, as numbers.
    grid : ModelGrid
        The fits: one row, M columns.
    """

    lists: tuple[str, ...]
    terms: tuple[tuple[int, ...], ...]
    grid: ModelGrid

    def __len__(self) -> int:
        return len(self.terms)

    @property
    def values(self) -> FloatArray:
        """Estimated sizes, shape (M,); NaN where the model has no maximum."""
        return np.asarray(self.grid.values[0])

    @property
    def standard_errors(self) -> FloatArray:
        """Their standard errors, shape (M,)."""
        unseen = np.exp(self.grid.log_unseen[0])
        return np.asarray(np.sqrt(unseen + unseen**2 * self.grid.variance[0]))

    @property
    def deviance(self) -> FloatArray:
        """Deviances, shape (M,)."""
        return np.asarray(self.grid.deviance[0])

    @property
    def degrees_of_freedom(self) -> IntArray:
        """Cells minus coefficients, shape (M,)."""
        return np.asarray(2 ** len(self.lists) - 1 - self.grid.n_parameters)

    @property
    def aic(self) -> FloatArray:
        """Akaike's criterion, shape (M,)."""
        return np.asarray(self.grid.aic[0])

    @property
    def bic(self) -> FloatArray:
        """Schwarz's criterion, shape (M,)."""
        return np.asarray(self.grid.bic[0])

    @property
    def has_number(self) -> BoolArray:
        """Whether each model has a maximum, shape (M,), bool."""
        return np.asarray(self.grid.status[0] == FITTED)

    def model(self, index: int) -> LogLinearModel:
        """Return the model of one column."""
        return LogLinearModel.from_terms(self.terms[index], lists=self.lists)

    def ranked(self, criterion: Criterion = "aic") -> IntArray:
        """Return the columns from the smallest criterion to the largest; models without a maximum are left out.

        Parameters
        ----------
        criterion : {"aic", "bic"}

        Returns
        -------
        array of int
        """
        check_choice(criterion, get_args(Criterion), where="criterion")
        score = self.aic if criterion == "aic" else self.bic
        order = np.argsort(score, kind="stable")
        return np.asarray(order[self.has_number[order]])

    def __str__(self) -> str:
        rows = [_HEAD, *(self._row(int(i)) for i in self.ranked()[:_SHOWN])]
        widths = [max(len(row[j]) for row in rows) for j in range(len(_HEAD))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([*lines, self._counted()])

    def _repr_html_(self) -> str:
        return grid_table(self._counted(), _HEAD, (self._row(int(i)) for i in self.ranked()[:_SHOWN]))

    def _counted(self) -> str:
        fitted = int(self.has_number.sum())
        return (
            f"{len(self)} models, {len(self) - fitted} without a maximum; the {min(_SHOWN, fitted)} smallest AIC shown"
        )

    def _row(self, i: int) -> tuple[str, ...]:
        numbers = (f"{x:,.1f}" for x in (self.values[i], self.standard_errors[i], self.deviance[i]))
        criteria = (f"{self.aic[i]:.1f}", f"{self.bic[i]:.1f}")
        return (self.model(i).name, *numbers, str(self.degrees_of_freedom[i]), *criteria)


def loglinear_table(histories: CaptureHistories, *, max_order: int | None = None) -> LogLinearTable:
    """Fit all hierarchical log-linear models at once: 8 for three lists, 113 for four, 6,893 for five.

    Parameters
    ----------
    histories : CaptureHistories
        Up to five lists; six with ``max_order=2``.
    max_order : int, optional
        Lists in an interaction at most; 2 allows pairs only. Default: all but the saturated model, which no data can
        identify.

    Returns
    -------
    LogLinearTable

    Raises
    ------
    InvalidInput
        If there are too many models.

    Assumptions
    -----------
    As for one log-linear model.

    References
    ----------
    Bishop, Fienberg and Holland 1975, Discrete Multivariate Analysis, chapter 6.

    Examples
    --------
    >>> from microwork_estimate.inputs import CaptureHistories, all_patterns
    >>> lists = CaptureHistories.from_patterns("ABC", all_patterns(3), [28, 21, 17, 69, 18, 55, 63])
    >>> table = loglinear_table(lists)
    >>> table.model(table.ranked("aic")[0]).name
    '[AB, AC, BC]'
    """
    terms = hierarchical_terms(len(histories.lists), max_order)
    grid = fit_grid(histories.counts[None, :].astype(np.float64), terms, len(histories.lists))
    return LogLinearTable(lists=histories.lists, terms=terms, grid=grid)
