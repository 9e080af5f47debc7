"""Intervals from the order of the replicates: percentile, basic, studentised; and how an estimate gets one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from microwork_estimate.bootstrap.order_statistics import order_statistic, ordered, tails
from microwork_estimate.bootstrap.scales import IDENTITY, Scale
from microwork_estimate.errors import CodedWarning, InvalidInput, announce
from microwork_estimate.estimate import Estimate, Interval, Replicates

FAILED_SHARE = 0.01  # above it the warning says that the upper end may be infinite
REFUSED_SHARE = 0.05  # above it, of draws without any number, no interval is given


def percentile(replicates: Replicates, *, level: float = 0.95) -> Interval:
    """Interval between two order statistics of the replicates.

    The ends are the replicates at ranks (B + 1)(1 - level)/2 and (B + 1)(1 + level)/2; with B = 199, 1,999 or 9,999
    these are whole numbers at the usual levels. A failed draw counts as infinite.

    Parameters
    ----------
    replicates : Replicates
    level : float

    Returns
    -------
    Interval

    References
    ----------
    Davison & Hinkley (1997), *Bootstrap Methods and their Application*, section 5.3.

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate.estimate import Replicates
    >>> percentile(Replicates(values=np.arange(1, 200), streams=("x",), seed=1), level=0.95).high
    195.0
    """
    values = ordered(replicates.values)
    low, high = (order_statistic(values, p) for p in tails(level))
    return Interval(low=low, high=high, level=level, method="percentile")


def basic(replicates: Replicates, value: float, *, level: float = 0.95, scale: Scale = IDENTITY) -> Interval:
    """Interval that turns the replicates round the estimate: what lies above them is missing below.

    Procedure: with h the scale and q the quantiles of the replicates, the ends are 2 h(value) - h(q) at the opposite
    tails, brought back from the scale. A failed draw counts as infinite and opens the interval below.

    Parameters
    ----------
    replicates : Replicates
    value : float
        The estimate, in the unit of the replicates.
    level : float
    scale : Scale
        :data:`LOG` for totals and ratios, :data:`LOGIT` for shares, :func:`above` for a size of which some were seen.

    Returns
    -------
    Interval

    Raises
    ------
    InvalidInput
        If the estimate is outside the scale.

    Assumptions
    -----------
    On the scale, the error of the estimate has the same law whatever the true value.

    References
    ----------
    Davison & Hinkley (1997), *Bootstrap Methods and their Application*, equation 5.6.

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate.estimate import Replicates
    >>> found = basic(Replicates(values=np.arange(1, 200), streams=("x",), seed=1), 90.0)
    >>> found.low, found.high
    (-15.0, 175.0)
    """
    centre = scale.of_value(value)
    values = ordered(scale.forward(replicates.values))
    top, bottom = (order_statistic(values, p) for p in tails(level))
    low, high = (float(scale.backward(2 * centre - end)) for end in (bottom, top))
    return Interval(low=low, high=high, level=level, method=_named("basic", scale))


def studentised(
    replicates: Replicates,
    standard_errors: Replicates,
    value: float,
    *,
    standard_error: float,
    level: float = 0.95,
    scale: Scale = IDENTITY,
) -> Interval:
    """Interval from the replicates of the t statistic, each with a standard error of its own (bootstrap-t).

    Procedure: with h the scale, t is (h(replicate) - h(value)) over the standard error of the replicate times the slope
    of h there; the ends are h(value) minus a quantile of t times the standard error of the estimate, brought back. A
    failed draw counts as infinite and opens the interval below.

    Parameters
    ----------
    replicates, standard_errors : Replicates
        Of one run: the estimate and its standard error on each redraw, for example by linearisation.
    value, standard_error : float
        The same on the data themselves.
    level : float
    scale : Scale

    Returns
    -------
    Interval

    Raises
    ------
    InvalidInput
        If the estimate is outside the scale, its standard error is not above zero, or the two are of different runs.

    Assumptions
    -----------
    The standard error follows the estimate from redraw to redraw; with few units it is unstable, and so is the interval.

    References
    ----------
    Davison & Hinkley (1997), *Bootstrap Methods and their Application*, equations 5.7 and 5.10.

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate.estimate import Replicates
    >>> errors = Replicates(values=np.full(199, 2.0), streams=("x",), seed=1)
    >>> found = studentised(Replicates(values=np.arange(1, 200), streams=("x",), seed=1), errors, 90.0, standard_error=2.0)
    >>> found.low, found.high
    (-15.0, 175.0)
    """
    _ = replicates - standard_errors  # refuses another run
    if not 0 < standard_error < np.inf:
        raise InvalidInput(
            "impossible standard error",
            expected="a finite number above zero",
            got=repr(standard_error),
            where="studentised",
            fix="use percentile or bca where there is no standard error",
        )
    centre, error = scale.of_value(value), float(scale.slope(value)) * standard_error
    with np.errstate(divide="ignore", invalid="ignore"):
        own = scale.slope(replicates.values) * standard_errors.values
        statistics = (scale.forward(replicates.values) - centre) / own
    values = ordered(statistics)
    top, bottom = (order_statistic(values, p) for p in tails(level))
    low, high = (float(scale.backward(centre - error * end)) for end in (bottom, top))
    return Interval(low=low, high=high, level=level, method=_named("studentised", scale))


def _named(method: str, scale: Scale) -> str:
    return method if scale.kind == "identity" else f"{method}, {scale.kind} scale"


def standard_error(replicates: Replicates) -> float | None:
    """Return the standard deviation of the replicates (divisor B - 1); None when a draw failed or there is only one."""
    if len(replicates) < 2 or replicates.n_failed:
        return None
    return float(np.std(replicates.values, ddof=1))


def with_replicates(
    estimate: Estimate,
    replicates: Replicates,
    *,
    level: float = 0.95,
    interval: Interval | None = None,
    refuse_above: float = REFUSED_SHARE,
) -> Estimate:
    """Give an estimate its replicates, with an interval and the standard error that they imply.

    A draw that failed (NaN) could lie anywhere. A few of them count as infinite; where they are more than a stated
    share, no interval is given.

    Parameters
    ----------
    estimate : Estimate
    replicates : Replicates
    level : float
        Of the percentile interval.
    interval : Interval or None
        Another interval from the same replicates, such as :func:`bca` gives; None for the percentile interval.
    refuse_above : float
        Share of failed draws above which there is no interval.

    Returns
    -------
    Estimate
        With code ``failed-replicates`` if more than 1 % of the draws are infinite or failed.

    Raises
    ------
    InvalidInput
        If every draw failed.

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate.estimate import Estimand
    >>> found = Estimate(name="n", value=100.0, estimand=Estimand(), method="example")
    >>> with_replicates(found, Replicates(values=np.arange(1, 200), streams=("x",), seed=1)).interval.low
    5.0
    """
    n, n_failed = len(replicates), replicates.n_failed
    if n_failed == n:
        raise InvalidInput(
            "no draw could be estimated",
            expected="at least one finite replicate",
            got=f"{n} failures",
            where=f"replicates of {estimate.name!r}",
            fix="look at the ledger of failures of the replicate set",
        )
    refused = np.count_nonzero(np.isnan(replicates.values)) > refuse_above * n
    warnings = estimate.warnings
    if refused or n_failed > FAILED_SHARE * n:
        what = f"are more than {100 * refuse_above:g} %: no interval is given" if refused else "count as infinite"
        message = f"{n_failed} of {n} draws could not be estimated and {what}"
        failed = CodedWarning(code="failed-replicates", message=message)
        announce([failed])
        warnings = (*warnings, failed)
    around = None if refused else interval or percentile(replicates, level=level)
    return replace(
        estimate,
        replicates=replicates,
        interval=around,
        standard_error=standard_error(replicates),
        warnings=warnings,
    )
