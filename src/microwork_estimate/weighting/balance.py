"""Covariate balance: how far volunteers are from the population on each common variable, before and after weighting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, frozen_floats
from microwork_estimate.inputs.survey import SurveySample
from microwork_estimate.small_tables import grid_table
from microwork_estimate.weighting.common_variables import Common, Reference, common_variables

LARGE_DIFFERENCE = 0.1
"""From this standardised difference on, two groups are commonly called unbalanced (Austin 2009)."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BalanceTable:
    """Means of the common variables among volunteers and in the population.

    Parameters
    ----------
    variables, categories : tuple of k str
        Of each row; the category of a number is empty.
    before, after : array of shape (k,)
        Means (shares, for categories) of the volunteers as they came and with their weights.
    population : array of shape (k,)
    spread : array of shape (k,)
        Standard deviation in the population, by which differences are divided.
    """

    variables: tuple[str, ...]
    categories: tuple[str, ...]
    before: FloatArray
    after: FloatArray
    population: FloatArray
    spread: FloatArray

    def __post_init__(self) -> None:
        for name in ("before", "after", "population", "spread"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name), where=f"BalanceTable.{name}"))

    @property
    def difference_before(self) -> FloatArray:
        """Standardised mean differences of the volunteers as they came, shape (k,)."""
        return self._standardised(self.before)

    @property
    def difference_after(self) -> FloatArray:
        """Standardised mean differences with weights, shape (k,)."""
        return self._standardised(self.after)

    def _standardised(self, means: FloatArray) -> FloatArray:
        gap = means - self.population
        return np.divide(gap, self.spread, out=np.where(gap == 0, 0.0, np.nan), where=self.spread > 0)

    @property
    def largest_after(self) -> float:
        """The largest absolute standardised difference that the weights leave."""
        return float(np.nanmax(np.abs(self.difference_after)))

    def rows(self) -> list[dict[str, float | str]]:
        """Return one plain mapping for each row, ready for any data frame and for the plot."""
        columns = zip(
            self.variables,
            self.categories,
            self.before,
            self.after,
            self.population,
            self.difference_before,
            self.difference_after,
            strict=True,
        )
        names = ("before", "after", "population", "difference_before", "difference_after")
        return [
            {"variable": variable, "category": category, **dict(zip(names, map(float, numbers), strict=True))}
            for variable, category, *numbers in columns
        ]

    def __str__(self) -> str:
        names = [f"{v} = {c}" if c else v for v, c in zip(self.variables, self.categories, strict=True)]
        width = max(map(len, (*names, "variable")))
        lines = [
            f"{'variable':<{width}} {'before':>9} {'after':>9} {'population':>11} {'SMD before':>11} {'SMD after':>10}"
        ]
        for name, row in zip(names, self.rows(), strict=True):
            lines.append(
                f"{name:<{width}} {row['before']:>9.4g} {row['after']:>9.4g} {row['population']:>11.4g} "
                f"{row['difference_before']:>11.3f} {row['difference_after']:>10.3f}"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        heads = ("variable", "category", "before", "after", "population", "SMD before", "SMD after")
        rows = (
            [value if isinstance(value, str) else format(value, ".4g") for value in row.values()] for row in self.rows()
        )
        return grid_table("Covariate balance", heads, rows)


def covariate_balance(
    sample: SurveySample,
    reference: Reference,
    variables: Sequence[str] | None = None,
    *,
    weights: ArrayLike | None = None,
) -> BalanceTable:
    """Compare volunteers with the population on the common variables.

    Procedure: means (shares, for categories) of the volunteers with the weights of the sample and with other weights,
    minus the mean in the population, divided by the standard deviation in the population. The divisor does not depend
    on the weights, so that before and after can be compared. For the total of a number without a reference sample, the
    standard deviation is that of the volunteers.

    Parameters
    ----------
    sample : SurveySample
        The volunteers, n rows.
    reference : SurveySample or Margins
        A sample of the population, or totals.
    variables : sequence of str or None
        Columns that both samples have (``"sex:age"`` crosses two); None with margins.
    weights : array of shape (n,) or None
        Weights to judge; None repeats those of the sample.

    Returns
    -------
    BalanceTable

    Raises
    ------
    InvalidInput
        If volunteers and reference cannot be brought to the same columns, or if the weights are not n finite numbers of
        zero or more.

    References
    ----------
    Austin (2009), *Statistics in Medicine* 28, 3083-3107, section 3.1; Stuart (2010), *Statistical Science* 25, 1-21,
    section 4.1, for one divisor before and after.

    Examples
    --------
    >>> volunteers = SurveySample(columns={"sex": ["f", "f", "f", "m"]})
    >>> people = SurveySample(columns={"sex": ["f", "m"]}, weight=[500.0, 500.0])
    >>> table = covariate_balance(volunteers, people, ["sex"], weights=[1.0, 1.0, 1.0, 3.0])
    >>> table.difference_before.tolist(), table.difference_after.tolist()
    ([0.5, -0.5], [0.0, 0.0])
    """
    common = common_variables(sample, reference, variables)
    return balance_of(common, sample.weights if weights is None else _judged(weights, sample.n))


def _judged(weights: ArrayLike, n: int) -> FloatArray:
    array = frozen_floats(weights, where="weights")
    if array.shape != (n,) or not (np.isfinite(array) & (array >= 0)).all() or not array.any():
        raise InvalidInput(
            "impossible weights",
            expected=f"{n} finite weights of zero or more, one for each volunteer",
            got=f"shape {array.shape}",
            where="weights",
            fix="give the weights to judge in the order of the volunteers",
        )
    return array


def balance_of(common: Common, weights: FloatArray) -> BalanceTable:
    """Return the balance of volunteers with weights of shape (n,) on columns that are already common."""
    means = common.totals[1:] / common.population
    return BalanceTable(
        variables=tuple(variable for variable, _ in common.labels[1:]),
        categories=tuple(category for _, category in common.labels[1:]),
        before=(common.weight @ common.sample[:, 1:]) / common.weight.sum(),
        after=(weights @ common.sample[:, 1:]) / weights.sum(),
        population=means,
        spread=_spread(common, means),
    )


def _spread(common: Common, means: FloatArray) -> FloatArray:
    shares = np.clip(means, 0.0, 1.0)
    result = np.sqrt(shares * (1 - shares))
    rows, weights = common.sample[:, 1:], common.weight
    if common.reference is not None and common.reference_weight is not None:
        rows, weights = common.reference[:, 1:], common.reference_weight
    for k in np.flatnonzero(common.numeric[1:]):
        centre = weights @ rows[:, k] / weights.sum()
        result[k] = math.sqrt(float(weights @ (rows[:, k] - centre) ** 2) / weights.sum())
    return result
