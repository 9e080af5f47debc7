"""Being seen once may change the chance of being seen again: models Mb and Mbh for occasions in a known order.

Only first captures say how many persons there are; what happens to a person afterwards does not. Array functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import digamma, xlog1py, xlogy

from microwork_estimate.capture_recapture.fitting import DesignFit
from microwork_estimate.capture_recapture.profile import Profile, profile_between, stirling_rest
from microwork_estimate.estimate import FloatArray, IntArray


def first_occasions(patterns: IntArray) -> IntArray:
    """Return the place, from 0, of the first occasion on which each pattern was seen.

    Parameters
    ----------
    patterns : array of shape (c, t), zeros and ones

    Returns
    -------
    array of shape (c,)

    Examples
    --------
    >>> import numpy as np
    >>> first_occasions(np.array([[0, 1, 1], [1, 0, 0]])).tolist()
    [1, 0]
    """
    return np.asarray(patterns.argmax(axis=1), dtype=np.int64)


def behaviour_columns(patterns: IntArray, *, first_differs: bool) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the columns of Mb, or of Mbh, beside the intercept.

    Occasions before the first capture, and captures after it; Mbh has a first column for persons not seen on the first
    occasion, which has a chance of its own.

    Parameters
    ----------
    patterns : array of shape (c, t), zeros and ones
    first_differs : bool
        True for Mbh.

    Returns
    -------
    tuple of array of shape (c, 2 or 3), and names

    References
    ----------
    Rivest and Baillargeon 2014, Computational Statistics & Data Analysis 74, 103-115, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> behaviour_columns(np.array([[0, 1, 1], [1, 0, 0]]), first_differs=False)[0].tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    before = first_occasions(patterns).astype(np.float64)
    after = patterns.sum(axis=1) - 1.0
    if not first_differs:
        return np.column_stack([before, after]), ("before", "after")
    return np.column_stack([1.0 - patterns[:, 0], before, after]), ("not first", "before", "after")


def behaviour_size(fit: DesignFit, *, n_occasions: int, first_differs: bool) -> tuple[float, float] | None:
    """Return N and its standard error from a fit of Mb or Mbh; None if first captures do not become rarer.

    Procedure: N is a function of the coefficients b; its variance is g'Vg - N with g its whole gradient and V their
    covariance. Some programs leave a factor out of the gradient of Mbh.

    Parameters
    ----------
    fit : DesignFit
    n_occasions : int
    first_differs : bool
        True for Mbh.

    Returns
    -------
    tuple of float, or None

    References
    ----------
    Rivest and Baillargeon 2014, Computational Statistics & Data Analysis 74, 103-115, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from microwork_estimate.capture_recapture.fitting import Design, fit_design
    >>> columns, names = behaviour_columns(np.array([[1, 1], [1, 0], [0, 1]]), first_differs=False)
    >>> design = Design(name="Mb", matrix=np.ones((3, 1)), column_names=("1",), positive=(False,))
    >>> fit, _ = fit_design(design.with_columns(columns, names), np.array([30.0, 170.0, 120.0]))
    >>> round(behaviour_size(fit, n_occasions=2, first_differs=False)[0], 6)
    500.0
    """
    b = fit.coefficients
    before, after = math.exp(b[-2]), math.exp(b[-1])
    catch = 1.0 + after - before  # proportional to the chance of a first capture
    if catch <= 1e-9:
        return None
    if first_differs:
        later = math.exp(b[1] + b[2]) / catch
        size = math.exp(b[0]) * (1.0 + after) ** (n_occasions - 1) * (1.0 + later)
        share = later / (1.0 + later)
        logs = [1.0, share, share * (1.0 + before / catch)]
        logs.append((n_occasions - 1) * after / (1.0 + after) - share * after / catch)
    else:
        size = math.exp(b[0]) * (1.0 + after) ** n_occasions / catch
        logs = [1.0, before / catch, n_occasions * after / (1.0 + after) - after / catch]
    gradient = size * np.array(logs)
    return size, math.sqrt(max(float(gradient @ fit.covariance @ gradient) - size, 0.0))


def behaviour_profile(first_captures: FloatArray, *, first_differs: bool, value: float, level: float) -> Profile:
    """Profile-likelihood interval of N from the first captures on each occasion.

    Procedure: with chance p of a first capture, u_i first captures on occasion i and N - n never seen, the likelihood
    is N!/(N - n)! p^n (1 - p)^S, S the occasions that persons spent unseen. Mbh treats the first occasion apart.

    Parameters
    ----------
    first_captures : array of shape (t,)
        Persons first seen on each occasion.
    first_differs : bool
        True for Mbh.
    value : float
        The estimate of N.
    level : float
        Confidence level as a share.

    Returns
    -------
    Profile

    References
    ----------
    Cormack 1992, Biometrics 48(2), 567-576. Seber 1982, The Estimation of Animal Abundance, 2nd edition, section 7.2.

    Examples
    --------
    >>> import numpy as np
    >>> found = behaviour_profile(np.array([200.0, 120.0]), first_differs=False, value=500.0, level=0.95)
    >>> round(found.peak, 1), round(found.interval.low, 1), round(found.interval.high, 1)
    (492.2, 406.7, 714.0)
    """
    height, slope = behaviour_likelihood(first_captures, first_differs=first_differs)
    return profile_between(height, slope, seen=float(np.sum(first_captures)), value=value, level=level)


def behaviour_likelihood(
    first_captures: FloatArray, *, first_differs: bool
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Return the profile log-likelihood of N under Mb or Mbh, and its derivative, as functions of N.

    Parameters
    ----------
    first_captures : array of shape (t,)
        Persons first seen on each occasion.
    first_differs : bool
        True for Mbh.

    Returns
    -------
    tuple of two callables
        Of a size above the number seen; the first up to a constant.

    Examples
    --------
    >>> import numpy as np
    >>> height, slope = behaviour_likelihood(np.array([200.0, 120.0]), first_differs=False)
    >>> height(492.0) > height(450.0), slope(450.0) > 0
    (True, True)
    """
    u = np.asarray(first_captures, dtype=np.float64)
    seen = float(u.sum())
    apart = float(u[0]) if first_differs else 0.0
    later = u[1:] if first_differs else u
    caught, occasions = float(later.sum()), later.size
    waited = float(np.arange(occasions) @ later)

    def chance(size: float) -> float:
        return caught / (caught + waited + occasions * (size - seen))

    def height(size: float) -> float:
        p, unseen = chance(size), size - seen
        falling = xlogy(size, size) - size - (xlogy(unseen, unseen) - unseen)
        catches = xlogy(caught, p) + xlog1py(waited + occasions * unseen, -p)
        first = xlogy(apart, apart / size) + xlog1py(size - apart, -apart / size)
        return float(falling + stirling_rest(size) - stirling_rest(unseen) + catches + first)

    def slope(size: float) -> float:
        p = chance(size)
        rising = float(digamma(size + 1.0) - digamma(size - seen + 1.0))
        return rising + (occasions * math.log1p(-p) if p < 1.0 else -math.inf) + math.log1p(-apart / size)

    return height, slope
