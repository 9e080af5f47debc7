"""Intervals from the spread of the replicates: normal, log-t, logit-t; and the interval of a number that is only bounded."""

from __future__ import annotations

import math

import numpy as np
from scipy import special, stats

from microwork_estimate.bootstrap.order_statistics import tails
from microwork_estimate.bootstrap.scales import IDENTITY, LOGIT, Scale, above
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Bounds, Interval, Replicates
from microwork_estimate.partial_identification import imbens_manski as imbens_manski_ends


def normal(replicates: Replicates, value: float, *, level: float = 0.95, scale: Scale = IDENTITY) -> Interval | None:
    """Give a normal interval around the estimate less its bias, with the spread of the replicates.

    Procedure: on the scale, the ends are 2 value - mean -+ z times the standard deviation of the replicates (divisor
    B - 1), brought back.

    Parameters
    ----------
    replicates : Replicates
    value : float
        The estimate, in the unit of the replicates.
    level : float
    scale : Scale

    Returns
    -------
    Interval or None
        None when a replicate is missing, infinite or outside the scale, or there is only one.

    Raises
    ------
    InvalidInput
        If the estimate is outside the scale.

    Assumptions
    -----------
    On the scale, the estimate is about normal.

    References
    ----------
    Davison & Hinkley (1997), *Bootstrap Methods and their Application*, equation 5.5.

    Examples
    --------
    >>> from microwork_estimate.estimate import Replicates
    >>> found = normal(Replicates(values=[9.0, 10.0, 11.0], streams=("x",), seed=1), 10.0)
    >>> round(found.low, 2), round(found.high, 2)
    (8.04, 11.96)
    """
    centre = scale.of_value(value)
    values = _usable(replicates, scale)
    if values is None:
        return None
    reach = float(special.ndtri(tails(level)[1])) * float(values.std(ddof=1))
    middle = 2 * centre - float(values.mean())
    low, high = (float(scale.backward(end)) for end in (middle - reach, middle + reach))
    method = "normal" if scale.kind == "identity" else f"normal, {scale.kind} scale"
    return Interval(low=low, high=high, level=level, method=method)


def log_t(
    replicates: Replicates, value: float, *, degrees: float = math.inf, seen: float = 0.0, level: float = 0.95
) -> Interval | None:
    """Interval of a total, symmetric on the logarithmic scale: ln N -+ t s, with s the spread of ln of the replicates.

    Where some persons were seen, it is symmetric in the logarithm of those who were not, and never goes below the seen.

    Parameters
    ----------
    replicates : Replicates
    value : float
        The estimate, above `seen`.
    degrees : float
        Degrees of freedom of Student's t: primary units less strata; infinite for the normal quantile.
    seen : float
        Persons seen, zero for a total of a survey.
    level : float

    Returns
    -------
    Interval or None
        None when a replicate is missing, infinite or not above `seen`, or there is only one.

    Raises
    ------
    InvalidInput
        If the estimate is not above `seen`, or the degrees are not above zero.

    Assumptions
    -----------
    The logarithm of the estimate is about normal, and s about independent of it.

    References
    ----------
    Korn & Graubard (1999), *Analysis of Health Surveys*, chapter 2, on the degrees of freedom. Chao (1987), *Biometrics*
    43, 783-791, on the logarithm of the unseen.

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate.estimate import Replicates
    >>> draws = Replicates(values=np.exp([-0.1, 0.0, 0.1]), streams=("x",), seed=1)
    >>> found = log_t(draws, 1.0, degrees=10)
    >>> round(found.low, 4), round(found.high, 4)
    (0.8003, 1.2496)
    """
    method = "log-t" if seen == 0 else "log-t of the unseen"
    return _t(replicates, value, degrees=degrees, level=level, scale=above(seen), method=method)


def logit_t(replicates: Replicates, value: float, *, degrees: float = math.inf, level: float = 0.95) -> Interval | None:
    """Interval of a share, symmetric on the logit scale, inside 0 and 1.

    Parameters
    ----------
    replicates : Replicates
    value : float
        The share, above 0 and below 1.
    degrees : float
        As of :func:`log_t`.
    level : float

    Returns
    -------
    Interval or None
        None when a replicate is missing, 0 or 1, or there is only one.

    Raises
    ------
    InvalidInput
        If the share is 0 or 1 or outside, or the degrees are not above zero.

    Assumptions
    -----------
    The logit of the share is about normal.

    References
    ----------
    Korn & Graubard (1998), *Survey Methodology* 24, 193-201.

    Examples
    --------
    >>> from microwork_estimate.estimate import Replicates
    >>> found = logit_t(Replicates(values=[0.4, 0.5, 0.6], streams=("x",), seed=1), 0.5)
    >>> round(found.low, 3), round(found.high, 3)
    (0.311, 0.689)
    """
    return _t(replicates, value, degrees=degrees, level=level, scale=LOGIT, method="logit-t")


def imbens_manski(
    low: Replicates, high: Replicates, bounds: Bounds, *, level: float = 0.95, scale: Scale = IDENTITY
) -> Interval | None:
    """Interval of a number that the data only bound, from replicates of the two bounds.

    Procedure: :func:`microwork_estimate.partial_identification.imbens_manski` with the standard deviations of the two
    columns of replicates, on the scale, brought back.

    Parameters
    ----------
    low, high : Replicates
        Of one run: the two bounds on each redraw.
    bounds : Bounds
        The two bounds on the data themselves.
    level : float
    scale : Scale
        :data:`LOG` keeps the lower end of a number of persons above zero.

    Returns
    -------
    Interval or None
        None when a replicate of a finite bound is missing, infinite or outside the scale, or there is only one.

    Raises
    ------
    InvalidInput
        If the replicates are of different runs.

    Assumptions
    -----------
    On the scale the two bounds are about normal, and the lower never exceeds the upper.

    References
    ----------
    Imbens & Manski (2004), *Econometrica* 72(6), 1845-1857, section 4. Stoye (2009), *Econometrica* 77(4), 1299-1315.

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate.estimate import Replicates
    >>> draws = Replicates(values=[-1.0, 0.0, 1.0], streams=("x",), seed=1)
    >>> found = imbens_manski(draws, draws, Bounds(low=10.0, high=20.0, reason="example", sharp=True))
    >>> round(found.low, 3), round(found.high, 3)
    (8.355, 21.645)
    """
    _ = low - high  # refuses another run
    ends: list[float] = []
    errors: list[float] = []
    for replicates, bound in ((low, bounds.low), (high, bounds.high)):
        place = float(scale.forward(bound))
        values = _usable(replicates, scale)
        if values is None and math.isfinite(place):
            return None
        ends.append(place)
        errors.append(0.0 if values is None else float(values.std(ddof=1)))
    found = imbens_manski_ends(ends[0], ends[1], errors[0], errors[1], level)
    bottom, top = (float(scale.backward(end)) for end in found)
    method = "imbens-manski" if scale.kind == "identity" else f"imbens-manski, {scale.kind} scale"
    return Interval(low=bottom, high=top, level=level, method=method)


def _t(
    replicates: Replicates, value: float, *, degrees: float, level: float, scale: Scale, method: str
) -> Interval | None:
    if not degrees > 0:
        raise InvalidInput(
            "impossible degrees of freedom",
            expected="a number above zero",
            got=repr(degrees),
            where=method,
            fix="primary units less strata; infinite for the normal quantile",
        )
    centre = scale.of_value(value)
    values = _usable(replicates, scale)
    if values is None:
        return None
    reach = float(stats.t.ppf(tails(level)[1], degrees)) * float(values.std(ddof=1))
    low, high = (float(scale.backward(end)) for end in (centre - reach, centre + reach))
    return Interval(low=low, high=high, level=level, method=method)


def _usable(replicates: Replicates, scale: Scale) -> np.ndarray | None:
    values = scale.forward(replicates.values)
    return values if values.size > 1 and np.isfinite(values).all() else None
