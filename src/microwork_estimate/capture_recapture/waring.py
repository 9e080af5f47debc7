"""The generalised Waring law of the persons on neither of two lists: exact quantiles and exact draws.

With m persons on both lists, a on the first only and b on the second only, the hypergeometric likelihood of u unseen
persons is proportional to G(u+a+1) G(u+b+1) / (G(u+1) G(u+n+1)): a generalised Waring law. As in the logit with half a
person added to each cell, a+1/2, b+1/2 and m+1/2 are used here: p ~ Beta(m+1/2, b+1/2), and u given p is the number of
failures before the (a+1/2)-th success of probability p. The law does not change when the two lists are exchanged.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, expit

from microwork_estimate.capture_recapture.intervals import sadinle_interval, sadinle_unseen
from microwork_estimate.errors import InvalidInput, check_level
from microwork_estimate.estimate import FloatArray
from microwork_estimate.inputs.histories import CaptureHistories

_NODES = 801
_NEGLIGIBLE = 45.0
_LARGEST_POISSON_RATE = 1e15


def draw_unseen(both: float, first: float, second: float, size: int, generator: np.random.Generator) -> FloatArray:
    """Draw numbers of persons on neither list from the generalised Waring law with halves.

    Procedure: the rate G(a+1/2) G(b+1/2) / G(m+1/2) of three independent gamma variates has the law of the rate of the
    Beta and negative binomial mixture; the number is Poisson with this rate, or the rounded rate above 1e15, where the
    Poisson error no longer matters. It works without overlap, where the law has no mean.

    Parameters
    ----------
    both, first, second : float
        Persons on both lists, on the first only, on the second only.
    size : int
        Number B of draws.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array of shape (B,)
        Persons on neither list; whole numbers, as floats because they may exceed any integer type.

    Assumptions
    -----------
    Independent lists, equal chances, closed population, perfect linkage.

    References
    ----------
    Rivest and Yauck 2023, arXiv 2307.11705, on the law as a mixture and on its use for two lists.

    Examples
    --------
    >>> draws = draw_unseen(30, 170, 120, 1000, np.random.default_rng(1))
    >>> bool(abs(np.median(draws) - 678) < 20)
    True
    """
    # Sorted, so that the draws do not depend on which list is called the first.
    shapes = (*sorted((first + 0.5, second + 0.5)), both + 0.5)
    one, other, overlap = (generator.standard_gamma(shape, size) for shape in shapes)
    with np.errstate(divide="ignore"):
        rate = np.asarray(one * other / overlap, dtype=np.float64)
    counts = generator.poisson(np.minimum(rate, _LARGEST_POISSON_RATE)).astype(np.float64)
    return np.where(rate > _LARGEST_POISSON_RATE, np.rint(rate), counts)


def waring_draws(histories: CaptureHistories, n_draws: int, generator: np.random.Generator) -> FloatArray:
    """Draw population sizes that two lists leave open: the persons seen plus draws of the unseen.

    These are the replicates of a two-list estimate. Resampling the Chapman estimate instead fails when few are on both.

    Parameters
    ----------
    histories : CaptureHistories
        Two lists.
    n_draws : int
        Number B of draws.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array of shape (B,)
        Persons.

    Raises
    ------
    InvalidInput
        If there are not exactly two lists, if one of them is empty, or if `n_draws` is not positive.

    Assumptions
    -----------
    Independent lists, equal chances, closed population, perfect linkage.

    References
    ----------
    Rivest and Yauck 2023, arXiv 2307.11705.

    Examples
    --------
    >>> histories = CaptureHistories.from_two_lists(200, 150, 30)
    >>> draws = waring_draws(histories, 1000, np.random.default_rng(1))
    >>> bool(draws.min() >= 320)
    True
    """
    both, first, second = histories.two_list_cells()
    if n_draws < 1 or both + min(first, second) == 0:
        raise InvalidInput(
            "nothing to draw",
            expected="one draw or more, and two lists with at least one person each",
            got=f"{n_draws} draws, lists of {both + first} and {both + second} persons",
            where="waring_draws",
            fix="an empty list says nothing about who is missing: leave it out",
        )
    return histories.n_observed + draw_unseen(both, first, second, n_draws, generator)


def waring_probability(unseen: float, both: float, first: float, second: float, odds_ratio: float = 1.0) -> float:
    """Probability that at most `unseen` persons are on neither list.

    Procedure: given p, it is the regularised incomplete beta function I_p(a+1/2, unseen+1). The mean over p is the
    probability that p exceeds an independent Beta(a+1/2, unseen+1) variate. It is integrated on the logit scale over
    the narrower of the two laws by the trapezoid rule, which converges faster than any power of the step there. An odds
    ratio multiplies the rate of the Poisson number of unseen persons, which takes its logarithm off the logit of p.

    Parameters
    ----------
    unseen : float
        Persons on neither list; between whole numbers the probability is interpolated smoothly.
    both, first, second : float
        Persons on both lists, on the first only, on the second only.
    odds_ratio : float
        Between the lists; 1 is independence.

    Returns
    -------
    float
        Accurate to about 1e-10 for lists of thousands, 1e-9 for millions.

    Examples
    --------
    >>> round(waring_probability(678, 30, 170, 120), 3)
    0.502
    """
    first, second = sorted((first, second))
    success, needed = (both + 0.5, second + 0.5), (first + 0.5, unseen + 1.0)
    success_narrower = sum(1.0 / shape for shape in success) < sum(1.0 / shape for shape in needed)
    logits, weights = _beta_nodes(*(success if success_narrower else needed))
    logits = logits - math.log(odds_ratio) if success_narrower else logits + math.log(odds_ratio)
    above, below = expit(logits), expit(-logits)
    if success_narrower:
        inside = np.where(logits < 0.0, betainc(*needed, above), 1.0 - betainc(*needed[::-1], below))
    else:
        inside = np.where(logits < 0.0, 1.0 - betainc(*success, above), betainc(*success[::-1], below))
    return float(weights @ inside)


def _beta_nodes(alpha: float, beta: float) -> tuple[FloatArray, FloatArray]:
    """Return equidistant nodes for the logit of a Beta variate, and weights that sum to 1, both of shape (801,)."""
    mean = alpha / (alpha + beta)
    width = 12.0 * math.sqrt(1.0 / alpha + 1.0 / beta)
    steps = np.linspace(-width - _NEGLIGIBLE / alpha, width + _NEGLIGIBLE / beta, _NODES)
    # Relative to the mode, so that large shapes do not cancel.
    with np.errstate(over="ignore"):
        log_density = alpha * steps - (alpha + beta) * _log_mixture(mean, steps)
    # The largest is 0 but for rounding, which shapes of a thousand million bring above the range of the exponential.
    density = np.exp(log_density - log_density.max())
    return math.log(alpha / beta) + steps, density / density.sum()


def _log_mixture(mean: float, steps: FloatArray) -> FloatArray:
    """Return ln(1 - mean + mean exp(step)) without overflow."""
    small = np.log1p(mean * np.expm1(np.minimum(steps, 30.0)))
    large = steps + np.log(mean + (1.0 - mean) * np.exp(-steps))
    return np.where(steps > 0.0, large, small)


def waring_quantile(probability: float, both: float, first: float, second: float, odds_ratio: float = 1.0) -> float:
    """Smallest number of unseen persons whose probability reaches `probability`.

    Procedure: :func:`waring_probability` is continuous in the number; its root is bracketed from the centre of the
    transformed-logit interval, found on the logarithmic scale, and rounded up.

    Parameters
    ----------
    probability : float
        Strictly between 0 and 1.
    both, first, second : float
        Persons on both lists, on the first only, on the second only.
    odds_ratio : float
        Between the lists; 1 is independence.

    Returns
    -------
    float
        A whole number of persons.

    Raises
    ------
    InvalidInput
        If `probability` is not strictly between 0 and 1.

    References
    ----------
    Rivest and Yauck 2023, arXiv 2307.11705.

    Examples
    --------
    >>> [320 + waring_quantile(q, 30, 170, 120) for q in (0.025, 0.5, 0.975)]
    [763.0, 998.0, 1377.0]
    """
    check_level(probability, where="probability")

    def excess(log_size: float) -> float:
        return waring_probability(math.expm1(log_size), both, first, second, odds_ratio) - probability

    if excess(0.0) >= 0.0:
        return 0.0
    centre, log_error = sadinle_unseen(both, first, second, odds_ratio)
    low = high = math.log1p(float(centre))
    step = float(log_error)
    while excess(low) >= 0.0:
        low, step = max(0.0, low - step), 2.0 * step
    step = float(log_error)
    while excess(high) < 0.0:
        high, step = high + step, 2.0 * step
    return float(math.ceil(math.expm1(brentq(excess, low, high, xtol=1e-14, rtol=1e-14))))


def waring_interval(
    both: float, first: float, second: float, level: float, *, odds_ratio: float = 1.0
) -> tuple[float, float]:
    """Central interval of the generalised Waring law: persons seen plus exact quantiles of the unseen.

    Parameters
    ----------
    both, first, second : float
        Persons on both lists, on the first only, on the second only.
    level : float
        Confidence level as a share.
    odds_ratio : float
        Between the lists; 1 is independence.

    Returns
    -------
    tuple of float
        Lower and upper end, in persons.

    Assumptions
    -----------
    Lists independent (or with the odds ratio stated), equal chances, closed population, perfect linkage.

    References
    ----------
    Rivest and Yauck 2023, arXiv 2307.11705.

    Examples
    --------
    >>> waring_interval(30, 170, 120, 0.95)
    (763.0, 1377.0)
    """
    tail = (1.0 - check_level(level)) / 2.0
    seen = both + first + second
    low, high = (waring_quantile(q, both, first, second, odds_ratio) for q in (tail, 1.0 - tail))
    return seen + low, seen + high


def odds_ratio_ends(
    cells: tuple[int, int, int], odds_ratios: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the interval of the population size at each odds ratio, some persons being on both lists.

    Procedure: the transformed logit; or, where one list lies inside the other and that explodes, the quantiles of the
    generalised Waring law.

    Parameters
    ----------
    cells : tuple of int
        Persons on both lists, on the first only, on the second only.
    odds_ratios : array of shape (g,)
    level : float

    Returns
    -------
    tuple of arrays of shape (g,)
        Lower and upper ends, in persons.

    Examples
    --------
    >>> low, high = odds_ratio_ends((150, 50, 0), np.array([1.0, 4.0]), 0.95)
    >>> low.tolist(), high.tolist()
    ([200.0, 200.0], [202.0, 204.0])
    """
    if min(cells[1:]) > 0:
        low, high = sadinle_interval(*cells, level, odds_ratios)
        return np.asarray(low), np.asarray(high)
    ends = np.array([waring_interval(*cells, level, odds_ratio=float(t)) for t in odds_ratios])
    return ends[:, 0], ends[:, 1]
