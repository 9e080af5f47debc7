"""What two lists say when they are not independent: the estimate as a function of the odds ratio between them.

Two lists hold no information on their own dependence. Their odds ratio t (how much more likely it is, in odds, to be on
one list for those on the other) is therefore varied, not estimated. It holds together what one list does to the other
and unequal chances that both lists share. Active people are usually on both: t > 1, and independence gives too few.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.capture_recapture import assumptions
from microwork_estimate.capture_recapture.intervals import sadinle_unseen
from microwork_estimate.capture_recapture.two_lists import (
    Cells,
    cell_diagnostics,
    chapman_moments,
    list_runaway,
    one_sided_interval,
    overlap_warnings,
)
from microwork_estimate.capture_recapture.waring import odds_ratio_ends, waring_interval
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Bounds, Estimate, FloatArray, Interval, SensitivityCurve, frozen_floats
from microwork_estimate.inputs.histories import CaptureHistories
from microwork_estimate.partial_identification import imbens_manski

DEFAULT_ODDS_RATIOS = 2.0 ** np.linspace(-2.0, 3.0, 41)
"""From a quarter to eight, eight steps to each doubling; independence (1) is one of them."""


def odds_ratio_moments(
    both: ArrayLike, first: ArrayLike, second: ArrayLike, odds_ratio: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Estimate and standard error for a given odds ratio t between two lists, for arrays.

    Procedure: the unseen cell is t F with F = ab/(m+1), so the estimate is n + t F. The delta method over the
    multinomial law of the four cells gives the variance t F + (t F)^2 (1/a + 1/b + 1/m) in large samples, which is
    t^2 V + t (1 - t) F with V the variance at t = 1. Here V is Seber's variance of Chapman's estimate, so that t = 1 is
    Chapman's in both numbers. V is at least F, so the variance is never negative, for any t.

    Parameters
    ----------
    both, first, second : array_like
        Persons on both lists, on the first only, on the second only.
    odds_ratio : array_like
        Odds ratio, more than 0; 1 is independence.

    Returns
    -------
    tuple of arrays, of the common shape of the arguments
        Estimate and standard error, in persons.

    Assumptions
    -----------
    The odds ratio is known, not estimated; closed population, perfect linkage.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379, for the estimate with a
    given odds ratio; the variance is our derivation.

    Examples
    --------
    >>> value, standard_error = odds_ratio_moments(30, 170, 120, [0.5, 1.0, 2.0, 4.0])
    >>> value.round(1)
    array([ 649. ,  978.1, 1636.1, 2952.3])
    """
    t = np.asarray(odds_ratio, dtype=np.float64)
    m, a, b = (np.asarray(x, dtype=np.float64) for x in (both, first, second))
    unseen = a * b / (m + 1.0)
    variance = t**2 * chapman_moments(m, a, b)[1] ** 2 + t * (1.0 - t) * unseen
    return np.asarray(m + a + b + t * unseen), np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def odds_ratio_curve(
    histories: CaptureHistories, odds_ratios: ArrayLike | None = None, *, level: float = 0.95
) -> SensitivityCurve:
    """Vary the odds ratio between two lists, which the data cannot tell, and follow the population size.

    Procedure: Chapman's unseen part is multiplied by the odds ratio. The interval at each odds ratio is the transformed
    logit of Sadinle with the logarithm of that odds ratio in the place of 0; at 1 it is the interval that
    :func:`chapman` gives by default; it was chosen over the log-normal one because it holds its level better when few
    are on both. When one list lies inside the other, where its upper end explodes, the exact quantiles of the generalised
    Waring law are given, as :func:`chapman` does: the odds ratio then multiplies the rate of the unseen.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    odds_ratios : array_like of shape (g,), optional
        Odds ratios, more than 0; they are put in order. By default 41 values from 1/4 to 8.
    level : float
        Confidence level as a share, at each point.

    Returns
    -------
    SensitivityCurve
        In persons, with reference 1 (independence). When nobody is on both lists, or a list is empty, `values` are NaN
        and `high` is infinite; `low` is then the one-sided limit at each odds ratio. Warnings as of :func:`chapman`.

    Raises
    ------
    InvalidInput
        If there are not exactly two lists, or an odds ratio is not a positive number.

    Assumptions
    -----------
    The odds ratio of the point; closed population, perfect linkage, lists in scope.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379. Sadinle 2009,
    Communications in Statistics - Simulation and Computation 38(9), 1909-1924.

    Examples
    --------
    >>> curve = odds_ratio_curve(CaptureHistories.from_two_lists(200, 150, 30), [0.5, 1, 2, 4])
    >>> curve.values.round(1)
    array([ 649. ,  978.1, 1636.1, 2952.3])
    """
    cells = histories.two_list_cells()
    grid = _odds_ratios(DEFAULT_ODDS_RATIOS if odds_ratios is None else odds_ratios)
    values, low, high = _curve(cells, grid, check_level(level))
    announce([*overlap_warnings(cells), *_runaway(cells, histories)])
    return SensitivityCurve(
        parameter="odds ratio",
        grid=grid,
        values=values,
        low=low,
        high=high,
        level=level,
        estimand=histories.estimand,
        reference=1.0,
    )


def _curve(cells: Cells, grid: FloatArray, level: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the values and the ends of their intervals, each of shape (g,)."""
    if cells[0] == 0:
        limits = [one_sided_interval(cells, level, odds_ratio=float(t)).low for t in grid]
        return np.full(grid.shape, np.nan), np.array(limits), np.full(grid.shape, np.inf)
    values, _ = odds_ratio_moments(*cells, grid)
    low, high = odds_ratio_ends(cells, grid, level)
    return values, np.minimum(np.maximum(low, float(sum(cells))), values), np.maximum(high, values)


def odds_ratio_bounds(
    histories: CaptureHistories, *, low: float = 0.5, high: float = 4.0, level: float = 0.95
) -> Estimate:
    """Bounds on the population size when the odds ratio between two lists is known to lie in a range.

    Procedure: the bounds are the estimates at both ends of the range. The interval is that of Imbens and Manski for the
    population size, on the logarithm of the unseen part with half a person added to each cell; when `low` and `high`
    are both 1, it is the transformed logit interval of :func:`chapman`. When one list lies inside the other it goes from
    the persons seen to the upper end of the Waring interval at `high`. The default range is not symmetric
    around independence, because active people tend to be on both lists.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    low, high : float
        Range of the odds ratio, more than 0.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        In persons, with `bounds` and `interval` and no value. When nobody is on both lists, or a list is empty, there
        are no bounds, and the interval is the one-sided limit at odds ratio `low`.

    Raises
    ------
    InvalidInput
        If there are not exactly two lists, or the range is not one of positive numbers.

    Assumptions
    -----------
    The odds ratio lies in the range; closed population, perfect linkage, lists in scope.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379. Imbens and Manski 2004,
    Econometrica 72(6), 1845-1857.

    Examples
    --------
    >>> estimate = odds_ratio_bounds(CaptureHistories.from_two_lists(200, 150, 30))
    >>> print(round(estimate.bounds.low), round(estimate.bounds.high))
    649 2952
    """
    cells = histories.two_list_cells()
    ends = _odds_ratios([low, high], where="low, high")
    if low > high:
        raise InvalidInput(
            "range out of order",
            expected="low <= high",
            got=f"low={low}, high={high}",
            where="odds_ratio_bounds",
            fix="exchange low and high",
        )
    bounds, interval = _bounds(cells, float(ends[0]), float(ends[-1]), check_level(level))
    warnings = (*overlap_warnings(cells), *_runaway(cells, histories))
    announce(warnings)
    return Estimate(
        name="Odds-ratio bounds",
        value=None,
        interval=interval,
        bounds=bounds,
        estimand=histories.estimand,
        method=f"two lists ({', '.join(histories.lists)}) with an odds ratio from {low:g} to {high:g}",
        n_observed=float(histories.n_observed),
        assumptions=(
            assumptions.ODDS_RATIO_RANGE,
            assumptions.CLOSED_POPULATION,
            assumptions.PERFECT_LINKAGE,
            assumptions.IN_SCOPE_LISTS,
        ),
        warnings=warnings,
        references=("Gerritse et al. 2015, J. Off. Stat. 31(3), 357-379", "Imbens and Manski 2004, Econometrica 72(6)"),
        diagnostics=cell_diagnostics(cells, odds_ratio_low=low, odds_ratio_high=high),
    )


def _bounds(cells: Cells, low: float, high: float, level: float) -> tuple[Bounds | None, Interval]:
    if cells[0] == 0:
        return None, one_sided_interval(cells, level, odds_ratio=low)
    ends = np.array([low, high])
    sizes, _ = odds_ratio_moments(*cells, ends)
    reason = f"two lists do not tell their dependence; odds ratio from {low:g} to {high:g}"
    bounds = Bounds(low=float(sizes[0]), high=float(sizes[1]), reason=reason, sharp=True)
    if min(cells[1:]) == 0:
        # The bounds are the persons seen, which nothing can be below.
        highest = waring_interval(*cells, level, odds_ratio=high)[1]
        return bounds, Interval(low=bounds.low, high=max(highest, bounds.high), level=level, method="waring")
    centres, log_errors = sadinle_unseen(*cells, ends)
    logs = np.log(centres)
    lower, upper = imbens_manski(float(logs[0]), float(logs[1]), float(log_errors[0]), float(log_errors[1]), level)
    with np.errstate(over="ignore"):
        unseen = np.exp([lower, upper]) - 0.5
    seen = float(sum(cells))
    interval = Interval(
        low=min(max(seen + float(unseen[0]), seen), float(sizes[0])),
        high=max(seen + float(unseen[1]), float(sizes[1])),
        level=level,
        method="imbens-manski on the logarithm of the unseen",
    )
    return bounds, interval


def _runaway(cells: Cells, histories: CaptureHistories) -> tuple[CodedWarning, ...]:
    """Say that already the independent lists lead out of all proportion: an odds ratio is chosen, and may be anything."""
    return tuple(list_runaway(float(chapman_moments(*cells)[0]) if cells[0] else None, histories))


def tipping_point(histories: CaptureHistories, threshold: float) -> float:
    """Odds ratio between two lists from which on the estimate reaches a given size.

    Procedure: (threshold - n)(m+1)/(ab), the smallest odds ratio t at which n + t ab/(m+1) is at least the threshold.
    How far it is from 1 says how much dependence it takes to get from the estimate to the threshold.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    threshold : float
        Population size, in persons, at least the number of persons seen.

    Returns
    -------
    float
        The odds ratio. Infinite when one list lies inside the other and the threshold is above the persons seen: no
        odds ratio leads there. NaN when nobody is on both lists or a list is empty, because nothing is then estimated.
        Warnings as of :func:`chapman`.

    Raises
    ------
    InvalidInput
        If there are not exactly two lists, or the threshold is below the number of persons seen.

    Assumptions
    -----------
    Closed population, perfect linkage, lists in scope.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379, for the estimate.

    Examples
    --------
    >>> round(tipping_point(CaptureHistories.from_two_lists(200, 150, 30), 2000), 3)
    2.553
    """
    cells = both, first, second = histories.two_list_cells()
    seen = sum(cells)
    if not seen <= threshold < math.inf:
        raise InvalidInput(
            "impossible threshold",
            expected=f"a finite number of at least {seen}, the persons seen",
            got=repr(threshold),
            where="tipping_point",
            fix="a population cannot be smaller than what was seen of it",
        )
    announce(overlap_warnings(cells))
    if both == 0:
        return math.nan
    if threshold == seen:
        return 0.0
    return math.inf if first * second == 0 else (threshold - seen) * (both + 1) / (first * second)


def relative_odds_ratio_curve(odds_ratios: ArrayLike, *, observed_share: ArrayLike) -> FloatArray:
    """Factor on a published size at other odds ratios than 1, from the share observed alone.

    Procedure: c + t (1 - c), with t the odds ratio and c the share of the independence estimate that was seen on at
    least one list. It serves for a published figure whose list sizes are not public: when almost nobody was seen
    (c = 0) the figure is wrong by the factor t, when everybody was (c = 1) dependence does not matter.

    Parameters
    ----------
    odds_ratios : array_like of shape (g,)
        Odds ratios, more than 0.
    observed_share : float or array_like of shape (c,)
        Persons seen divided by the estimate under independence, from 0 to 1.

    Returns
    -------
    array of shape (g,), or (c, g) for several shares
        Factors, without unit.

    Raises
    ------
    InvalidInput
        If an odds ratio is not a positive number, or a share is outside [0, 1].

    Assumptions
    -----------
    The published figure is a Lincoln-Petersen or Chapman estimate.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379, for the estimate.

    Examples
    --------
    >>> relative_odds_ratio_curve([0.5, 1, 2, 4], observed_share=0.25)
    array([0.625, 1.   , 1.75 , 3.25 ])
    """
    t = _positive(odds_ratios, where="odds_ratios")
    share = frozen_floats(observed_share, where="observed_share")
    if share.ndim > 1 or not np.all((share >= 0.0) & (share <= 1.0)):
        raise InvalidInput(
            "impossible share",
            expected="one share, or a list of shares, from 0 to 1",
            got=f"{observed_share!r:.60}",
            where="observed_share",
            fix="divide the persons seen by the published estimate",
        )
    column = share[..., None]
    return np.asarray(column + t * (1.0 - column))


def _positive(odds_ratios: ArrayLike, *, where: str) -> FloatArray:
    """Return a one-dimensional array of positive finite numbers, or refuse."""
    t = np.atleast_1d(frozen_floats(odds_ratios, where=where))
    if t.ndim != 1 or t.size == 0 or not np.all((t > 0.0) & np.isfinite(t)):
        raise InvalidInput(
            "impossible odds ratio",
            expected="finite numbers above 0; 1 is independence",
            got=f"{odds_ratios!r:.60}",
            where=where,
            fix="give odds ratios, not their logarithms or correlations",
        )
    return t


def _odds_ratios(odds_ratios: ArrayLike, *, where: str = "odds_ratios") -> FloatArray:
    return np.unique(_positive(odds_ratios, where=where))
