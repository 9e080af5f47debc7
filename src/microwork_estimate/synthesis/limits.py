"""Bounds and lower bounds as limits on other estimates: they cut densities off, and are no estimates themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.frozen import FloatArray
from microwork_estimate.synthesis.source_bias import AdjustedSources
from microwork_estimate.synthesis.truncation import LimitDraws, limit_draws, share_inside

NO_BOUND = ("one-inflation", "open-population")  # with these warnings a lower bound need not be one
OUTSIDE = 0.05  # share of a density between the limits below which the source contradicts them
CROSSED = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """Values that the truth cannot be below, or above.

    Parameters
    ----------
    name : str
    estimand : Estimand
    low, high : float or None
        In the unit of the estimand; at least one of them.
    low_error, high_error : float
        Standard errors of their logarithms; 0 for a limit that holds for certain.

    Examples
    --------
    >>> Limit(name="seen", estimand=Estimand(), low=1200.0).high is None
    True
    """

    name: str
    estimand: Estimand
    low: float | None = None
    high: float | None = None
    low_error: float = 0.0
    high_error: float = 0.0

    def __post_init__(self) -> None:
        ends = [end for end in (self.low, self.high) if end is not None]
        ordered = ends == sorted(ends) and all(0 < end < math.inf for end in ends)
        if not ends or not ordered or not 0 <= self.low_error < math.inf or not 0 <= self.high_error < math.inf:
            raise InvalidInput(
                "impossible limit",
                expected="low or high or both, positive, finite and in order, with errors of zero or more",
                got=f"low={self.low}, high={self.high}, errors {self.low_error} and {self.high_error}",
                where=f"Limit {self.name!r}",
                fix="leave an end out that is not known",
            )

    @classmethod
    def from_bounds(cls, estimate: Estimate) -> Limit:
        """Take the bounds of an estimate; its interval, if it has one, says how uncertain the bounds are.

        The distance from a bound to the end of the interval is taken for one-sided, which is right when the bounds are
        far apart and gives a little too much error when they are close.

        Raises
        ------
        InvalidInput
            If the estimate has no bounds, or they leave everything open.
        """
        bounds = estimate.bounds
        low = None if bounds is None or bounds.low <= 0 else bounds.low
        high = None if bounds is None or math.isinf(bounds.high) else bounds.high
        errors = [0.0, 0.0]
        if estimate.interval is not None:
            z = float(special.ndtri(estimate.interval.level))
            if low is not None and 0 < estimate.interval.low <= low:
                errors[0] = math.log(low / estimate.interval.low) / z
            if high is not None and high <= estimate.interval.high < math.inf:
                errors[1] = math.log(estimate.interval.high / high) / z
        return cls(
            name=estimate.name,
            estimand=estimate.estimand,
            low=low,
            high=high,
            low_error=errors[0],
            high_error=errors[1],
        )

    @classmethod
    def from_lower_bound(cls, estimate: Estimate) -> Limit:
        """Take the value of an estimate that is a lower bound, such as Chao's.

        Raises
        ------
        InvalidInput
            If it has no value or no standard error, or carries the warning ``one-inflation`` or ``open-population``: it
            may then be above the truth.
        """
        doubts = [w.code for w in estimate.warnings if w.code in NO_BOUND]
        if estimate.value is None or estimate.standard_error is None or estimate.value <= 0 or doubts:
            raise InvalidInput(
                "not a lower bound that can be used",
                expected="a positive value with a standard error, without " + " and ".join(NO_BOUND),
                got=f"value {estimate.value}, standard error {estimate.standard_error}, warnings: {doubts or 'none'}",
                where=f"Limit of {estimate.name!r}",
                fix="leave it out: it may be above the truth",
            )
        error = estimate.standard_error / estimate.value
        return cls(name=estimate.name, estimand=estimate.estimand, low=estimate.value, low_error=error)


def draws_of_limits(limits: Sequence[Limit], estimand: Estimand) -> LimitDraws:
    """Put limits together on the logarithmic scale.

    Raises
    ------
    InvalidInput
        If a limit is about something else than the estimates.
    """
    for limit in limits:
        different = estimand.differences(limit.estimand)
        if different:
            raise InvalidInput(
                "limit on another thing",
                expected=f"the estimand of the estimates: {estimand}",
                got=f"{limit.name!r} differs in {', '.join(different)}: {limit.estimand}",
                where="limits",
                fix="bring it to the estimand of the estimates, or leave it out",
            )
    lows = [(math.log(limit.low), limit.low_error) for limit in limits if limit.low is not None]
    highs = [(math.log(limit.high), limit.high_error) for limit in limits if limit.high is not None]
    return limit_draws(_pairs(lows), _pairs(highs))


def limit_warnings(sources: AdjustedSources, limits: LimitDraws) -> tuple[CodedWarning, ...]:
    """Say when limits contradict each other, or when a source lies almost wholly outside them."""
    warnings = []
    if limits.crossed > CROSSED:
        message = f"in {100 * limits.crossed:.0f} % of their draws the lower limit is above the upper one"
        warnings.append(CodedWarning(code="limits-contradict", message=message))
    if limits.low.size:
        inside = share_inside(sources.centre, sources.spread, limits)
        outside = [f"{n} ({s:.2g})" for n, s in zip(sources.names, inside, strict=True) if s < OUTSIDE]
        if outside:
            message = f"little of the density is between the limits: {', '.join(outside)}"
            warnings.append(CodedWarning(code="source-outside-limits", message=message))
    return tuple(warnings)


def _pairs(pairs: list[tuple[float, float]]) -> FloatArray:
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)
