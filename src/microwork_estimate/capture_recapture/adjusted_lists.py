"""Two lists with corrections: entries out of scope, wrong links, turnover between the lists, dependence.

The Chapman estimate of the overlap as it was counted is the starting point; n1 over it is the share of the second list
that is on the first. From there the corrections are those of :mod:`.adjustments`, so that without any correction the
result is Chapman's in value, standard error and interval.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.capture_recapture.adjustments import RecaptureAdjustments, RecapturePoint, middle
from microwork_estimate.capture_recapture.dependence import odds_ratio_moments
from microwork_estimate.capture_recapture.recapture_ends import (
    Overlap,
    Spread,
    curve_of,
    odds_ratio_grid,
    population_error,
    spread_of,
    start,
    swings,
    value_and_interval,
)
from microwork_estimate.capture_recapture.survey_evidence import (
    factor_warnings,
    named,
    point_diagnostics,
    recapture_assumptions,
)
from microwork_estimate.capture_recapture.two_lists import (
    cell_diagnostics,
    list_runaway,
    one_sided_interval,
    overlap_warnings,
)
from microwork_estimate.capture_recapture.waring import odds_ratio_ends
from microwork_estimate.errors import announce, check_level
from microwork_estimate.estimate import Estimate, FloatArray, Interval, SensitivityCurve
from microwork_estimate.inputs import CaptureHistories

REFERENCES = (
    "Seber 1982, The Estimation of Animal Abundance, 2nd edition, pp. 59-60",
    "Ding and Fienberg 1994, Survey Methodology 20(2), 149-158",
    "Gerritse et al. 2015, J. Off. Stat. 31(3), 357-379",
)


def adjusted_two_lists(
    histories: CaptureHistories, *, adjustments: RecaptureAdjustments, level: float = 0.95
) -> Estimate:
    """Size of a population from two lists, corrected for what is known to be wrong with them.

    Procedure: Chapman's estimate of the counts gives the share n1 / N of the second list that was found on the first,
    with its transformed logit interval. Links turn it into (p - nu) / (1 - mu - nu), eligibility n1 into n1 (1 - e),
    turnover that into n1 (1 - e) 2^(-lag/half-life), and the odds ratio multiplies those on neither list. Uncertain
    corrections widen the interval by squares on the logarithm.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists, the earlier (or the one with entries out of scope) first.
    adjustments : RecaptureAdjustments
        `out_of_scope` is about the first list; all of the second is in scope.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        In persons, at the time of the later list. Without overlap, or with no more than false links explain
        (``links-explain-overlap``): no value, a lower limit, an infinite upper end. Other codes as of
        :func:`~microwork_estimate.capture_recapture.chapman`, and ``open-population``, ``links-contradict-overlap``,
        ``adjustment-exhausts-list``, ``assumed-factors``.

    Raises
    ------
    InvalidInput
        If there are not exactly two lists.

    Assumptions
    -----------
    Those of two lists, each given up where a correction takes its place.

    References
    ----------
    Ding and Fienberg 1994, Survey Methodology 20(2), 149-158, for links. Gerritse, van der Heijden and Bakker 2015,
    Journal of Official Statistics 31(3), 357-379, for the odds ratio. Turnover: our derivation, in :mod:`.adjustments`.

    Examples
    --------
    >>> import warnings
    >>> from microwork_estimate.capture_recapture.adjustments import Turnover
    >>> lists = CaptureHistories.from_two_lists(200, 150, 30)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     later = adjusted_two_lists(lists, adjustments=RecaptureAdjustments(turnover=Turnover(lag=6, half_life=7)))
    >>> round(later.value, 1), later.warnings[0].code
    (539.9, 'open-population')
    """
    check_level(level)
    both, first, second = cells = histories.two_list_cells()
    overlap = _overlap(histories, level, middle(adjustments.odds_ratio))
    spread = spread_of(adjustments, float(both + first), 0.0, level)
    point = start(overlap, adjustments, float(both + first))
    value, error = None, None
    interval = Interval(low=float(both + second), high=math.inf, level=level, method="persons seen at the later time")
    if min(both + first, both + second) > 0:
        value, found = value_and_interval(point, overlap, spread)
        interval, error = found or interval, population_error(point, overlap, spread)
    warnings = (*overlap_warnings(cells), *factor_warnings(point, adjustments), *list_runaway(value, histories))
    announce(warnings)
    return Estimate(
        name="Adjusted two lists",
        value=value,
        standard_error=error,
        interval=interval,
        estimand=histories.estimand,
        method=f"Chapman estimate from two lists ({', '.join(histories.lists)}){named(adjustments)}",
        n_observed=float(histories.n_observed),
        assumptions=recapture_assumptions(adjustments, survey=False),
        warnings=warnings,
        references=REFERENCES,
        diagnostics=cell_diagnostics(cells, **_numbers(point, overlap, spread)),
    )


def adjusted_odds_ratio_curve(
    histories: CaptureHistories,
    odds_ratios: ArrayLike | None = None,
    *,
    adjustments: RecaptureAdjustments,
    level: float = 0.95,
) -> SensitivityCurve:
    """Vary the odds ratio between two lists with all other corrections in place.

    Procedure: :func:`adjusted_two_lists` at each odds ratio; that of the adjustments is not used. Without corrections
    the values are those of :func:`~microwork_estimate.capture_recapture.odds_ratio_curve`.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    odds_ratios : array_like of shape (g,), optional
        More than 0; put in order. By default 41 values from 1/4 to 8.
    adjustments : RecaptureAdjustments
    level : float

    Returns
    -------
    SensitivityCurve
        In persons, with reference 1; NaN and infinite upper ends where nothing is estimated.

    Raises
    ------
    InvalidInput
        If there are not exactly two lists, or an odds ratio is not a positive number.

    Assumptions
    -----------
    As :func:`adjusted_two_lists`, but for independence.

    References
    ----------
    Gerritse, van der Heijden and Bakker 2015, Journal of Official Statistics 31(3), 357-379.

    Examples
    --------
    >>> lists = CaptureHistories.from_two_lists(200, 150, 30)
    >>> curve = adjusted_odds_ratio_curve(lists, [0.5, 1, 2], adjustments=RecaptureAdjustments(out_of_scope=0.5))
    >>> curve.values.round(1)
    array([354.5, 489. , 758.1])
    """
    check_level(level)
    cells = histories.two_list_cells()
    first = float(cells[0] + cells[1])
    grid = odds_ratio_grid(odds_ratios)
    chosen = replace(adjustments, odds_ratio=1.0)
    spread = spread_of(chosen, first, 0.0, level)
    announce(
        (*overlap_warnings(cells), *factor_warnings(start(_overlap(histories, level, 1.0), chosen, first), chosen))
    )
    if min(first, cells[0] + cells[2]) == 0:
        values, low, high = (np.full(grid.shape, end) for end in (np.nan, float(cells[2]), np.inf))
    else:
        overlaps = [_overlap(histories, level, float(ratio)) for ratio in grid]
        points = [start(overlap, chosen, first) for overlap in overlaps]
        values, low, high = curve_of(points, overlaps, spread, grid)
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


def adjusted_sizes(
    histories: CaptureHistories, sizes: ArrayLike, adjustments: RecaptureAdjustments | RecapturePoint
) -> FloatArray:
    """Put population sizes that were drawn without corrections through the corrections, for replicates.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    sizes : array_like of shape (B,)
        Sizes under independence, for example of :class:`~microwork_estimate.bootstrap.WaringHalf`.
    adjustments : RecaptureAdjustments or RecapturePoint
        Corrections at their middles, or a point whose factors are redraws of shape (B,).

    Returns
    -------
    array of shape (B,)
        In persons.

    Examples
    --------
    >>> lists = CaptureHistories.from_two_lists(200, 150, 30)
    >>> adjusted_sizes(lists, [800.0, 1000.0], RecaptureAdjustments(out_of_scope=0.5)).tolist()
    [400.0, 500.0]
    """
    both, first, second = histories.two_list_cells()
    if isinstance(adjustments, RecaptureAdjustments):
        overlap = Overlap(
            share=0.0, standard_error=None, low=None, high=None, level=0.5, second_list=both + second, both=both
        )
        adjustments = start(overlap, adjustments, float(both + first))
    return replace(adjustments, share=(both + first) / np.asarray(sizes, dtype=np.float64)).size()


def _overlap(histories: CaptureHistories, level: float, odds_ratio: float) -> Overlap:
    """Return the share of the second list found on the first, as an estimate of the size and its interval imply it.

    They are those of two lists at this odds ratio, brought back to independence: n + (end - n) / t. So the error of the
    unseen cell, which does not grow with the odds ratio, stays what it is.
    """
    both, first, second = cells = histories.two_list_cells()
    seen, n1, n2 = float(sum(cells)), float(both + first), float(both + second)

    def as_share(size: float) -> float:
        return n1 / (seen + (size - seen) / odds_ratio)

    if both == 0:
        limit = one_sided_interval(cells, level, odds_ratio=odds_ratio).low
        high = as_share(limit) if min(n1, n2) > 0 else 0.0
        return Overlap(share=0.0, standard_error=None, low=0.0, high=high, level=level, second_list=n2)
    size, error = (float(x) for x in odds_ratio_moments(*cells, odds_ratio))
    low, high = (float(end[0]) for end in odds_ratio_ends(cells, np.array([odds_ratio]), level))
    share = as_share(size)
    return Overlap(
        share=share,
        standard_error=error * share**2 / (odds_ratio * n1),
        low=as_share(max(high, size)),
        high=as_share(min(max(low, seen), size)),
        level=level,
        second_list=n2,
        both=float(both),
    )


def _numbers(point: RecapturePoint, overlap: Overlap, spread: Spread) -> dict[str, float]:
    return {**point_diagnostics(point), **swings(point, overlap, spread)}
