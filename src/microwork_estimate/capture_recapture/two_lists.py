"""The size of a population from two lists: so many on the one, so many on the other, so many on both.

The two classical estimates, with five intervals. Both say: the share of the second list that is also on the first is
the share of the whole population that is on the first. This holds only if the lists are independent; what follows from
other degrees of dependence stands in ``dependence.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from microwork_estimate.capture_recapture import assumptions
from microwork_estimate.capture_recapture.intervals import (
    lognormal_interval,
    no_overlap_limit,
    profile_interval,
    sadinle_interval,
    wald_interval,
)
from microwork_estimate.capture_recapture.running_away import LISTS_RUNAWAY, runaway_warning
from microwork_estimate.capture_recapture.waring import waring_interval
from microwork_estimate.errors import CodedWarning, announce, check_choice, check_level
from microwork_estimate.estimate import Assumption, Estimate, FloatArray, FrozenMapping, Interval
from microwork_estimate.inputs.histories import CaptureHistories

TwoListInterval = Literal["sadinle", "waring", "chao_log", "profile", "wald"]
Cells = tuple[int, int, int]

SPARSE_OVERLAP = 7
"""From 7 persons on both lists on, the bias of Chapman's estimate is likely to be negligible (Seber 1982, p. 60)."""

TWO_LIST_ASSUMPTIONS: tuple[Assumption, ...] = (
    assumptions.INDEPENDENT_LISTS,
    assumptions.HOMOGENEOUS_CAPTURE,
    assumptions.CLOSED_POPULATION,
    assumptions.PERFECT_LINKAGE,
    assumptions.IN_SCOPE_LISTS,
)


def lincoln_petersen_moments(both: ArrayLike, first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Lincoln-Petersen estimate n1 n2 / m and its standard error, for arrays of cells.

    Parameters
    ----------
    both, first, second : array_like
        Persons on both lists, on the first only, on the second only; `both` is not zero.

    Returns
    -------
    tuple of arrays, of the common shape of the arguments
        Estimate and standard error, in persons.

    References
    ----------
    Sekar and Deming 1949, Journal of the American Statistical Association 44(245), 101-115.

    Examples
    --------
    >>> value, standard_error = lincoln_petersen_moments(30, 170, 120)
    >>> float(value), round(float(standard_error), 3)
    (1000.0, 150.555)
    """
    m, a, b = (np.asarray(x, dtype=np.float64) for x in (both, first, second))
    product = (m + a) * (m + b)
    return np.asarray(product / m), np.asarray(np.sqrt(product * a * b / m**3))


def chapman_moments(both: ArrayLike, first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Chapman's estimate (n1+1)(n2+1)/(m+1) - 1 = n + ab/(m+1) and its standard error, for arrays of cells.

    Parameters
    ----------
    both, first, second : array_like
        Persons on both lists, on the first only, on the second only.

    Returns
    -------
    tuple of arrays, of the common shape of the arguments
        Estimate and standard error, in persons.

    References
    ----------
    Seber 1982, The Estimation of Animal Abundance, 2nd edition, p. 60.

    Examples
    --------
    >>> value, standard_error = chapman_moments(30, 170, 120)
    >>> round(float(value), 3), round(float(standard_error), 3)
    (978.065, 141.894)
    """
    m, a, b = (np.asarray(x, dtype=np.float64) for x in (both, first, second))
    variance = (m + a + 1.0) * (m + b + 1.0) * a * b / ((m + 1.0) ** 2 * (m + 2.0))
    return np.asarray(m + a + b + a * b / (m + 1.0)), np.asarray(np.sqrt(variance))


def lincoln_petersen(
    histories: CaptureHistories, *, interval: TwoListInterval = "sadinle", level: float = 0.95
) -> Estimate:
    """Size of a population from two lists, by the Lincoln-Petersen estimate.

    Procedure: n1 n2 / m, with the Sekar-Deming variance n1 n2 (n1-m)(n2-m) / m^3. It is too large on average when few
    are on both lists; :func:`chapman` is not. The interval is one of ``"sadinle"`` (transformed logit),
    ``"waring"`` (exact quantiles of the generalised Waring law), ``"chao_log"`` (log-normal around the unseen),
    ``"profile"`` (profile likelihood) and ``"wald"`` (symmetric; no lower than what was seen).

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    interval : str
        Kind of interval.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        In persons. Nobody on both lists (``no-overlap``): no value, a one-sided lower limit, and an infinite upper
        end; Chapman's finite value stands in the diagnostics alone. An empty list (``empty-list``): no value, an
        interval from the persons seen to infinity. A list inside the other (``contained-list``): ``"wald"`` and
        ``"chao_log"`` do not exist and the upper end of ``"sadinle"`` explodes; ``"waring"`` is given for all three.
        Intervals are widened, where needed, to hold the value, and cut at the persons seen.

    Raises
    ------
    InvalidInput
        If there are not exactly two lists, or an option is unknown.

    Assumptions
    -----------
    Independent lists, equal chances on at least one list, closed population, perfect linkage, lists in scope.

    References
    ----------
    Sekar and Deming 1949, Journal of the American Statistical Association 44(245), 101-115. Seber 1982, p. 59.

    Examples
    --------
    >>> print(lincoln_petersen(CaptureHistories.from_two_lists(1000, 800, 400), interval="profile").value)
    2000.0
    """
    cells = histories.two_list_cells()
    check_choice(interval, get_args(TwoListInterval), where="interval")
    bias = _lincoln_petersen_bias(*cells)
    estimate = _two_list_estimate(histories, "Lincoln-Petersen", lincoln_petersen_moments, bias, interval, level)
    announce(estimate.warnings)
    return estimate


def chapman(histories: CaptureHistories, *, interval: TwoListInterval = "sadinle", level: float = 0.95) -> Estimate:
    """Size of a population from two lists, by Chapman's estimate.

    Procedure: (n1+1)(n2+1)/(m+1) - 1, which is n + ab/(m+1), with Seber's variance
    (n1+1)(n2+1)ab / ((m+1)^2 (m+2)). It has no bias when n1 + n2 is at least the population; otherwise it is too low by
    about the share exp(-(n1+1)(n2+1)/N), given in the diagnostics. Intervals as in :func:`lincoln_petersen`.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    interval : str
        Kind of interval: ``"sadinle"``, ``"waring"``, ``"chao_log"``, ``"profile"`` or ``"wald"``.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        In persons; without overlap, with an empty list or with a list inside the other as in :func:`lincoln_petersen`.

    Raises
    ------
    InvalidInput
        If there are not exactly two lists, or an option is unknown.

    Assumptions
    -----------
    Independent lists, equal chances on at least one list, closed population, perfect linkage, lists in scope.

    References
    ----------
    Chapman 1951, University of California Publications in Statistics 1(7), 131-160. Seber 1982, p. 60. Robson and
    Regier 1964, Transactions of the American Fisheries Society 93(3), 215-226, for the bias.

    Examples
    --------
    >>> estimate = chapman(CaptureHistories.from_two_lists(200, 150, 30))
    >>> print(str(estimate).split("; Chapman")[0])
    Chapman: 978.1; 95 % interval [757.1; 1,356] (sadinle)
    """
    cells = histories.two_list_cells()
    check_choice(interval, get_args(TwoListInterval), where="interval")
    estimate = _two_list_estimate(histories, "Chapman", chapman_moments, _chapman_bias(*cells), interval, level)
    announce(estimate.warnings)
    return estimate


def _two_list_estimate(
    histories: CaptureHistories,
    name: str,
    moments: Callable[[ArrayLike, ArrayLike, ArrayLike], tuple[FloatArray, FloatArray]],
    bias: float | None,
    method: TwoListInterval,
    level: float,
) -> Estimate:
    cells = histories.two_list_cells()
    value = standard_error = None
    if cells[0] > 0:
        value, standard_error = (float(x) for x in moments(*cells))
        limits = _interval(method, cells, value, standard_error, check_level(level))
    else:
        limits = one_sided_interval(cells, level)
    return Estimate(
        name=name,
        value=value,
        standard_error=standard_error,
        interval=limits,
        estimand=histories.estimand,
        method=f"{name} estimate from two lists ({', '.join(histories.lists)})",
        n_observed=float(histories.n_observed),
        assumptions=TWO_LIST_ASSUMPTIONS,
        warnings=(*overlap_warnings(cells), *list_runaway(value, histories)),
        references=("Seber 1982, The Estimation of Animal Abundance, 2nd edition, pp. 59-60",),
        diagnostics=cell_diagnostics(cells, expected_relative_bias=bias),
    )


def _interval(method: TwoListInterval, cells: Cells, value: float, standard_error: float, level: float) -> Interval:
    """Make the interval of the kind wanted, or exact Waring quantiles where that kind does not exist."""
    seen = sum(cells)
    if min(cells[1:]) == 0 and method in ("wald", "chao_log", "sadinle"):
        # The first two have no width there, and the variance of the transformed logit explodes: lists of 200 persons
        # who are all on both would reach 10^21.
        method = "waring"
    if method == "sadinle":
        low, high = (float(end) for end in sadinle_interval(*cells, level))
    elif method == "waring":
        low, high = waring_interval(*cells, level)
    elif method == "profile":
        low, high = profile_interval(*cells, level)
    elif method == "chao_log":
        low, high = lognormal_interval(value, standard_error, seen, level)
    else:
        low, high = wald_interval(value, standard_error, level)
    return Interval(low=min(max(low, float(seen)), value), high=max(high, value), level=level, method=method)


def one_sided_interval(cells: Cells, level: float, *, odds_ratio: float = 1.0) -> Interval:
    """Interval of two lists without overlap: a lower limit, and no upper one.

    Parameters
    ----------
    cells : tuple of int
        Persons on both lists (none), on the first only, on the second only.
    level : float
        Confidence level as a share, used on one side.
    odds_ratio : float
        Odds ratio between the lists; 1 is independence.

    Returns
    -------
    Interval
        In persons. If a list is empty, from the persons seen to infinity.

    Examples
    --------
    >>> one_sided_interval((0, 200, 150), 0.95)
    Interval(low=10190.0, high=inf, level=0.95, method='hypergeometric one-sided')
    """
    _, first, second = cells
    if min(first, second) == 0:
        return Interval(low=float(sum(cells)), high=math.inf, level=level, method="persons seen")
    low = float(no_overlap_limit(first, second, level, odds_ratio))
    return Interval(low=low, high=math.inf, level=level, method="hypergeometric one-sided")


def overlap_warnings(cells: Cells) -> tuple[CodedWarning, ...]:
    """Say what is unlucky about two lists: one empty, nobody or few on both, or one inside the other.

    Parameters
    ----------
    cells : tuple of int
        Persons on both lists, on the first only, on the second only.

    Returns
    -------
    tuple of CodedWarning

    Examples
    --------
    >>> [warning.code for warning in overlap_warnings((3, 0, 20))]
    ['sparse-overlap', 'contained-list']
    """
    both, first, second = cells
    sizes = f"lists of {both + first} and {both + second} persons"
    if both + min(first, second) == 0:
        message = f"{sizes}: an empty list says nothing about who is missing; only the persons seen are certain"
        return (CodedWarning(code="empty-list", message=message),)
    if both == 0:
        message = f"nobody is on both of the {sizes}: the data give a lower limit and no upper one"
        return (CodedWarning(code="no-overlap", message=message),)
    found = []
    if both < SPARSE_OVERLAP:
        message = f"only {both} on both of the {sizes}: the estimate may be biased, and its standard error says little"
        found.append(CodedWarning(code="sparse-overlap", message=message))
    if min(first, second) == 0:
        message = (
            f"one of the {sizes} lies inside the other: the estimate is the persons seen and its standard error 0 "
            "by the formula, which is no proof that nobody is missing; of the intervals, waring is the apt one here"
        )
        found.append(CodedWarning(code="contained-list", message=message))
    return tuple(found)


def list_runaway(value: float | None, histories: CaptureHistories) -> list[CodedWarning]:
    """Say that an estimate from two lists is more than a million times the persons seen: ``runaway``, or nothing."""
    return runaway_warning(value or 0.0, float(histories.n_observed), times=LISTS_RUNAWAY)


def cell_diagnostics(cells: Cells, **more: float | None) -> FrozenMapping:
    """Return the numbers behind a two-list estimate, for its diagnostics.

    Without overlap, Chapman's finite value is added: it stands for nothing, but readers will look for it.

    Parameters
    ----------
    cells : tuple of int
        Persons on both lists, on the first only, on the second only.
    **more : float or None
        Other numbers to add.

    Returns
    -------
    FrozenMapping

    Examples
    --------
    >>> cell_diagnostics((30, 170, 120))["n1"]
    200
    """
    both, first, second = cells
    numbers: dict[str, float | None] = {"n1": both + first, "n2": both + second, "both": both, "n_observed": sum(cells)}
    if both == 0:
        numbers["chapman_without_overlap"] = float(chapman_moments(*cells)[0])
    return FrozenMapping({**numbers, **more})


def _lincoln_petersen_bias(both: int, first: int, second: int) -> float | None:
    """Expand the mean of n1 n2 / m to second order: relative to N, its variance over N^2."""
    if both == 0:
        return None
    return first * second / (both * (both + first) * (both + second))


def _chapman_bias(both: int, first: int, second: int) -> float | None:
    """Put the estimate into the bias of Robson and Regier, relative to N."""
    if both == 0:
        return None
    size = float(chapman_moments(both, first, second)[0])
    return -math.exp(-(both + first + 1.0) * (both + second + 1.0) / size)
