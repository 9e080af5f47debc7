"""How long people stay: the half-life that a survival means, with its interval."""

from __future__ import annotations

import math
from dataclasses import replace

from microwork_estimate.capture_recapture.adjustments import Turnover
from microwork_estimate.capture_recapture.open_results import OpenPopulation, limits
from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import Estimate, FrozenMapping, Interval
from microwork_estimate.inputs import Elicited


def half_life(survival: Estimate | OpenPopulation, *, interval: float = 1.0, level: float = 0.95) -> Estimate:
    """Time until half of those present have left, from a survival.

    Procedure: interval x ln 2 / -ln(survival). The interval of the survival is put through the same formula; the
    standard error is by the delta method.

    Parameters
    ----------
    survival : Estimate or OpenPopulation
        Share of persons who stay for the time `interval`; or the result of ``superpopulation(..., survival="equal")``,
        whose survival is for a unit of time.
    interval : float
        The time that the survival is about, more than 0; 1 for a result with equal survival.
    level : float
        Confidence level, used for an OpenPopulation; an Estimate brings its interval.

    Returns
    -------
    Estimate
        In units of time (those of `interval`), under the unit ``"ratio"``. A survival of 1 or more gives no value but, if
        its interval reaches below 1, a lower limit (``no-turnover``); a survival of 0 gives 0; an unknown one nothing.

    Raises
    ------
    InvalidInput
        If the time is not above 0, or a population has no equal survival.

    Assumptions
    -----------
    Those of the survival, and that everybody leaves at one constant rate.

    References
    ----------
    Difallah, Filatova and Ipeirotis 2018, WSDM 2018, 135-143, section 5.

    Examples
    --------
    >>> from microwork_estimate.estimate import Estimand
    >>> stay = Estimate(name="monthly survival", value=0.906, standard_error=0.01, estimand=Estimand(unit="share"), method="")
    >>> round(half_life(stay).value, 2)
    7.02
    """
    if not 0 < interval < math.inf:
        raise InvalidInput(
            "impossible time",
            expected="a time above 0",
            got=repr(interval),
            where="half_life, interval",
            fix="give the time between the two occasions that the survival is about",
        )
    share = survival if isinstance(survival, Estimate) else _per_unit(survival, level)
    value, ends, error = _half(share.value, interval), _limits(share, interval), None
    if value and math.isfinite(value) and share.standard_error is not None and share.value:
        error = value * share.standard_error / (share.value * -math.log(share.value))
    said: tuple[CodedWarning, ...] = ()
    if share.value is not None and share.value >= 1:
        message = f"survival comes out as {share.value:.3f}: nobody seems to leave, and the half-life has no upper end"
        said = (CodedWarning(code="no-turnover", message=message),)
        value = None
    announce(said)
    return Estimate(
        name=f"half-life ({share.name})",
        value=value,
        standard_error=error,
        interval=ends,
        estimand=replace(share.estimand, unit="ratio"),
        method=f"ln 2 over minus the logarithm of survival; {share.method}",
        assumptions=share.assumptions,
        warnings=(*share.warnings, *said),
        references=("Difallah, Filatova and Ipeirotis 2018, WSDM 2018, 135-143", *share.references),
        diagnostics=FrozenMapping({"survival": share.value, "interval": interval}),
    )


def survival_of(time: Elicited | float, lag: float) -> float:
    """Return the share of persons who stay for a lag, from the (median of a) half-life: 2^(-lag / half-life).

    Parameters
    ----------
    time : float or Elicited
        Half-life, in the unit of the lag.
    lag : float

    Returns
    -------
    float

    Examples
    --------
    >>> round(survival_of(7.0, 6.0), 4)
    0.552
    """
    return 1.0 / Turnover(lag=lag, half_life=time).inflation


def _half(share: float | None, interval: float) -> float | None:
    if share is None:
        return None
    if share <= 0:
        return 0.0
    return math.inf if share >= 1 else interval * math.log(2) / -math.log(share)


def _limits(share: Estimate, interval: float) -> Interval | None:
    if share.interval is None:
        return None
    low, high = (_half(end, interval) for end in (share.interval.low, share.interval.high))
    if low is not None and math.isinf(low):
        return None  # a survival of 1 that is its own interval says nothing of how long it is at least
    return Interval(low=low or 0.0, high=high or 0.0, level=share.interval.level, method=share.interval.method)


def _per_unit(population: OpenPopulation, level: float) -> Estimate:
    if all(share.value is None for share in population.survival):
        return population.survival[0]
    value = population.diagnostics.get("survival_per_unit")
    error = population.diagnostics.get("survival_per_unit_error")
    if not isinstance(value, float) or not isinstance(error, float):
        raise InvalidInput(
            "no single survival",
            expected='the result of superpopulation(..., survival="equal")',
            got=population.method,
            where="half_life",
            fix="give one of its survival estimates and the time between the two occasions",
        )
    first = population.survival[0]
    return replace(
        first,
        name="survival for a unit of time",
        value=value,
        standard_error=error,
        interval=limits(value, error, level, "logit"),
        estimand=replace(first.estimand, window="all occasions"),
        warnings=population.warnings,
    )
