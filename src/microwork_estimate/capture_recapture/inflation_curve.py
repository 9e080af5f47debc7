"""From one-inflation before truncation to one-inflation after it: a question that the counts leave open, as a curve."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from microwork_estimate.capture_recapture.count_fit import fit_counts
from microwork_estimate.capture_recapture.count_laws import AnyLaw
from microwork_estimate.capture_recapture.count_terms import ALL_LAWS
from microwork_estimate.capture_recapture.counts import unseen_interval
from microwork_estimate.capture_recapture.homogeneous import homogeneous_data
from microwork_estimate.capture_recapture.inflation_fit import (
    WithoutSingletons,
    check_occasions,
    fit_without_singletons,
    infinite,
    never_missed,
    nobody_missed,
)
from microwork_estimate.capture_recapture.newton import inverse
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_choice, check_level
from microwork_estimate.estimate import FloatArray, SensitivityCurve
from microwork_estimate.inputs.histories import CaptureCounts

_EVEN_SHARES = tuple(step / 10.0 for step in range(11))


def one_inflation_curve(
    counts: CaptureCounts,
    *,
    family: AnyLaw = "poisson",
    shares: Sequence[float] | FloatArray = _EVEN_SHARES,
    level: float = 0.95,
) -> SensitivityCurve:
    """Estimate the number of persons for every answer to a question that the counts leave open.

    Which share s of the persons too many among those seen once could have been missed, as all others could? With s = 0
    the estimate is that of one-inflation before truncation, with s = 1 after truncation. Procedure: the law is fitted
    to the persons seen more than once; with p0, p2 the chances of never and of twice or more, and n_2 persons seen so
    often, n_2 (1-p0)/p2 of the n persons seen follow the law and the rest are too many. The unseen are
    p0/(1-p0) times those who follow the law and the share s of the rest, so that N is a straight line in s. Its
    variance is the delta method on singletons, on persons seen more often, and on the law; intervals are log-normal on
    the unseen part.

    Parameters
    ----------
    counts : CaptureCounts
        f_1, f_2, ..., persons; some seen more than once.
    family : str
        ``"poisson"``, ``"geometric"``, ``"negative_binomial"``, or ``"binomial"`` over at least three occasions.
    shares : array of shape (g,)
        Values of s between 0 and 1, increasing.
    level : float
        Confidence level as a share.

    Returns
    -------
    SensitivityCurve
        Flat if the singletons are not too many (``no-one-inflation``); infinite, above an honest lower limit, if the
        law leaves infinitely many unseen (``boundary``); flat at n where the binomial law misses nobody
        (``nearly-all-seen``).

    Raises
    ------
    InvalidInput
        If nobody was seen twice, a word is unknown, `shares` are not increasing numbers between 0 and 1, or the binomial
        law has fewer than three occasions.

    Assumptions
    -----------
    Closed population, sightings linked to persons and independent, the law for all but the persons too many.

    References
    ----------
    Böhning & van der Heijden 2019, Annals of Applied Statistics 13(2), 1198-1211, for the two ends; the line between
    them is ours.

    Examples
    --------
    >>> curve = one_inflation_curve(CaptureCounts(frequencies=[700, 200, 80, 20, 5]), shares=[0.0, 0.5, 1.0])
    >>> curve.values.round(1).tolist()
    [1335.4, 1417.5, 1499.5]
    """
    check_level(level)
    check_choice(family, ALL_LAWS, where="family")
    check_occasions(counts, family)
    grid = _checked_shares(shares)
    if counts.frequencies.size < 2:
        raise InvalidInput(
            "nobody was seen twice",
            expected="some persons seen more than once",
            got=f"{counts.n_observed} persons seen once",
            where="counts",
            fix="nothing can be said of the law; use zero_truncated, which gives a lower limit",
        )
    values, errors, found = _along(counts, family, grid)
    if never_missed(counts, family):
        warning, interval = nobody_missed(counts, level)
        found, ends = [*found, warning], [(interval.low, interval.high)] * grid.size
    elif math.isinf(values[0]):
        warning, interval = infinite(counts, family, level)
        found, ends = [*found, warning], [(interval.low, interval.high)] * grid.size
    else:
        n = float(counts.n_observed)
        ends = [_ends(value, error, n, level) for value, error in zip(values, errors, strict=True)]
    announce(found)
    return SensitivityCurve(
        parameter="share of the surplus singletons who could have been missed",
        grid=grid,
        values=values,
        low=np.array([low for low, _ in ends]),
        high=np.array([high for _, high in ends]),
        level=level,
        estimand=counts.estimand,
        reference=0.0,
    )


def _checked_shares(shares: Sequence[float] | FloatArray) -> FloatArray:
    grid = np.array(shares, dtype=np.float64)
    if grid.ndim != 1 or grid.size == 0 or not ((grid >= 0.0) & (grid <= 1.0)).all() or np.any(np.diff(grid) <= 0.0):
        raise InvalidInput(
            "not shares",
            expected="increasing numbers between 0 and 1",
            got=" ".join(repr(shares).split())[:80],
            where="shares",
            fix="give, for example, [0, 0.5, 1]",
        )
    return grid


def _ends(value: float, error: float, n: float, level: float) -> tuple[float, float]:
    interval = unseen_interval(value, error, n, level)
    return interval.low, interval.high


def _along(
    counts: CaptureCounts, family: AnyLaw, grid: FloatArray
) -> tuple[FloatArray, FloatArray, list[CodedWarning]]:
    """Return N and its standard error at each share, infinite where there is none, and what is wrong."""
    if never_missed(counts, family):
        return np.full(grid.size, float(counts.n_observed)), np.zeros(grid.size), []
    part = fit_without_singletons(counts, family)
    if not part.surplus > 0.0:
        plain = fit_counts(homogeneous_data(counts), family, "none")
        away = bool(plain.runs_away.any())
        value = math.inf if away else plain.inclusion.size()
        error = 0.0 if away else math.sqrt(plain.inclusion.model_variance())
        found = [CodedWarning(code="no-one-inflation", message="no person is too many among those seen once")]
        return np.full(grid.size, value), np.full(grid.size, error), found
    if part.fit.runs_away.any():
        return np.full(grid.size, math.inf), np.zeros(grid.size), []
    pairs = [_at_share(part, float(share)) for share in grid]
    return np.array([value for value, _ in pairs]), np.array([error for _, error in pairs]), []


def _at_share(part: WithoutSingletons, share: float) -> tuple[float, float]:
    """Return N and its standard error when a share of the surplus singletons could have been missed."""
    chances = part.chances
    for_often = (chances.unseen - chances.repeated).exp()
    for_any = (chances.unseen - chances.unseen.log_complement()).exp()
    per_once = 1.0 + share * for_any.value[0]
    per_often = 1.0 + (1.0 - share) * for_often.value[0] + share * for_any.value[0]
    value = float(part.once * per_once + part.often * per_often)
    # N is linear in both numbers of persons, so that the multinomial part is the sum of squares minus N.
    cells = float(part.once * per_once**2 + part.often * per_often**2) - value
    slope = part.often * (1.0 - share) * for_often.first[0] + share * (part.once + part.often) * for_any.first[0]
    spread = float(slope @ inverse(part.fit.maximum.information) @ slope)
    return value, math.sqrt(max(cells + spread, 0.0))
