"""Population size as a sum over strata, within which chances to be seen are more alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from microwork_estimate.capture_recapture.intervals import lognormal_interval
from microwork_estimate.errors import CodedWarning, InvalidInput, announce, check_level
from microwork_estimate.estimate import Assumption, Bounds, Estimate, FrozenMapping, Interval
from microwork_estimate.inputs import CaptureHistories


def stratified_total(
    strata: Mapping[str, CaptureHistories],
    estimator: Callable[[CaptureHistories], Estimate],
    *,
    level: float = 0.95,
) -> Estimate:
    """Estimate the population size as a sum over strata, each estimated on its own.

    Procedure: `estimator` runs on every stratum; sizes and variances are added, and the interval is log-normal around
    the unseen part of the sum. Covariates that move the chances to be seen make good strata: what they explain biases
    nothing any more.

    Parameters
    ----------
    strata : mapping of str to CaptureHistories
        Strata that share no person, such as age groups.
    estimator : callable
        From histories to an Estimate, for example ``lambda part: loglinear(part, "AB,C")``.
    level : float
        Confidence level as a share.

    Returns
    -------
    Estimate
        `value` is None if a stratum has no number; the bounds then say how low the sum can be.

    Raises
    ------
    InvalidInput
        If there is no stratum, or if their estimands differ.

    Assumptions
    -----------
    Those of the estimator within each stratum; strata are independent of one another.

    References
    ----------
    Sekar and Deming 1949, Journal of the American Statistical Association 44(245), 101-115.

    Examples
    --------
    >>> from microwork_estimate.capture_recapture.loglinear import loglinear
    >>> from microwork_estimate.inputs import CaptureHistories
    >>> young, old = CaptureHistories.from_two_lists(200, 150, 30), CaptureHistories.from_two_lists(90, 80, 24)
    >>> total = stratified_total({"young": young, "old": old}, lambda part: loglinear(part, "A,B"))
    >>> round(total.value, 6)
    1300.0
    """
    check_level(level)
    _check_strata(strata)
    parts = {name: estimator(histories) for name, histories in strata.items()}
    n_observed = float(sum(histories.n_observed for histories in strata.values()))
    nothing = [name for name, part in parts.items() if part.value is None or part.standard_error is None]
    total = sum(strata[name].n_observed if part.value is None else part.value for name, part in parts.items())
    bounds, interval, error = None, None, None
    if nothing:
        bounds = Bounds(low=total, high=math.inf, reason="no number for " + ", ".join(nothing), sharp=False)
    else:
        error = math.sqrt(sum((part.standard_error or 0.0) ** 2 for part in parts.values()))
        low, high = lognormal_interval(total, error, n_observed, level)
        interval = Interval(low=low, high=high, level=level, method="log-normal")
    warnings = _warnings(parts)
    announce(warnings)
    return replace(
        next(iter(parts.values())),
        name="sum over strata",
        value=None if nothing else total,
        standard_error=error,
        interval=interval,
        bounds=bounds,
        replicates=None,
        method=f"sum over {len(parts)} strata, each by {next(iter(parts.values())).name}",
        n_observed=n_observed,
        assumptions=_union(parts),
        warnings=warnings,
        diagnostics=FrozenMapping({f"stratum {name}": part.value for name, part in parts.items()}),
    )


def _check_strata(strata: Mapping[str, CaptureHistories]) -> None:
    if not strata:
        raise InvalidInput(
            "no stratum",
            expected="at least one stratum",
            got="none",
            where="stratified_total",
            fix="give the histories of each stratum by its name",
        )
    (first, reference), *others = strata.items()
    for name, histories in others:
        different = reference.estimand.differences(histories.estimand)
        if different:
            raise InvalidInput(
                "strata of different estimands",
                expected="the same unit, activity, window, territory and platforms",
                got=f"{first!r} and {name!r} differ in {', '.join(different)}",
                where="stratified_total",
                fix="add only numbers about the same thing",
            )


def _union(parts: Mapping[str, Estimate]) -> tuple[Assumption, ...]:
    return tuple(dict.fromkeys(assumption for part in parts.values() for assumption in part.assumptions))


def _warnings(parts: Mapping[str, Estimate]) -> tuple[CodedWarning, ...]:
    return tuple(
        CodedWarning(code=warning.code, message=f"stratum {name}: {warning.message}")
        for name, part in parts.items()
        for warning in part.warnings
    )
