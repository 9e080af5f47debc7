"""The likelihood of a size under one law for everybody, for the limits of estimates that are infinite."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from microwork_estimate.capture_recapture.count_laws import AnyLaw, law_terms
from microwork_estimate.capture_recapture.edge_limits import log_ways
from microwork_estimate.capture_recapture.jets import Jet
from microwork_estimate.capture_recapture.newton import Evaluation, maximise
from microwork_estimate.estimate import FloatArray

FAR = 1e8
"""So many times the persons seen is as good as infinity."""


def lower_limit(
    law: AnyLaw,
    times: FloatArray,
    frequencies: FloatArray,
    drop: float,
    *,
    singletons: bool,
    occasions: float | None = None,
) -> float:
    """Return the size at which the likelihood is `drop` below its supremum at infinity, on the logarithm.

    Procedure: with M persons of whom n were seen, the likelihood is that of the complete counts, M - n zeros among
    them, times the number of ways to choose who was seen; for each M it is maximised over the parameters of the law.
    Without singletons it is that of the persons not seen exactly once.

    Parameters
    ----------
    law : str
        ``"poisson"``, ``"geometric"``, ``"negative_binomial"`` or ``"binomial"``.
    times, frequencies : arrays of shape (x,)
        How often persons were seen, and how many of them.
    drop : float
        Distance below the supremum, above 0.
    singletons : bool
        Whether persons seen once are counted; if not, `times` begins at 2.
    occasions : float or None
        T, for the binomial law.

    Returns
    -------
    float
        At least n, which it is when the likelihood is never so low.

    Assumptions
    -----------
    Closed population and the law.

    References
    ----------
    Sanathanan 1977, Journal of the American Statistical Association 72(359), 669-672, for conditional and unconditional
    likelihood.

    Examples
    --------
    >>> round(lower_limit("poisson", np.array([1.0]), np.array([40.0]), 3.0, singletons=True))
    274
    """
    n = float(frequencies.sum())

    def height(log_unseen: float) -> float:
        size = n + math.exp(log_unseen)
        return size_likelihood(law, times, frequencies, size, singletons=singletons, occasions=occasions)

    target = height(math.log(FAR * n)) - drop
    first = math.log(1e-3)
    if height(first) >= target:
        return n
    return n + math.exp(float(brentq(lambda x: height(x) - target, first, math.log(FAR * n), xtol=1e-9)))


def upper_limit(
    law: AnyLaw, times: FloatArray, frequencies: FloatArray, drop: float, *, occasions: float | None = None
) -> float:
    """Return the size above the persons seen at which the likelihood without singletons is `drop` below that of them.

    For persons who were all seen on every occasion: the likelihood is highest where nobody was missed.

    Parameters
    ----------
    law, times, frequencies, drop, occasions
        As in :func:`lower_limit`.

    Returns
    -------
    float

    Examples
    --------
    >>> round(upper_limit("binomial", np.array([3.0]), np.array([40.0]), 3.0, occasions=3.0), 2)
    40.2
    """
    n = float(frequencies.sum())
    # With nobody missed, the law gives the persons seen the probability 1.
    target = log_ways(n, n) + n * math.log(n) - drop

    def excess(log_unseen: float) -> float:
        size = n + math.exp(log_unseen)
        return size_likelihood(law, times, frequencies, size, singletons=False, occasions=occasions) - target

    return n + math.exp(float(brentq(excess, math.log(1e-3), math.log(FAR * n), xtol=1e-9)))


def size_likelihood(
    law: AnyLaw,
    times: FloatArray,
    frequencies: FloatArray,
    size: float,
    *,
    singletons: bool,
    occasions: float | None = None,
) -> float:
    """Return the logarithm of the likelihood of a size, maximised over the parameters of the law.

    Parameters
    ----------
    law, times, frequencies, singletons, occasions
        As in :func:`lower_limit`.
    size : float
        Above the number seen.

    Returns
    -------
    float
        A constant that does not depend on the size is left out.

    Examples
    --------
    >>> times, seen = np.array([1.0, 2.0, 3.0]), np.array([60.0, 24.0, 8.0])
    >>> heights = [size_likelihood("poisson", times, seen, size, singletons=True) for size in (130.0, 170.0, 230.0)]
    >>> heights.index(max(heights))
    1
    """
    n = float(frequencies.sum())
    rows, weight = np.concatenate([[0.0], times]), np.concatenate([[size - n], frequencies])
    # As a mean over the persons seen: zeros, however many, must not hide the others.
    share = weight / n
    q = 2 if law == "negative_binomial" else 1

    def evaluate(at: FloatArray) -> Evaluation:
        jets = [Jet.variable(np.full(rows.size, value), place, q) for place, value in enumerate(at)]
        terms = law_terms(law, rows, *jets, occasions=occasions)
        total = terms.observed if singletons else terms.observed - terms.once.log_complement()
        value = float(share @ total.value)
        gradient, bend = share @ total.first, np.tensordot(share, total.second, axes=1)
        return (value if math.isfinite(value) else -math.inf), gradient, -bend

    mean = float(weight @ rows) / size
    level = math.log(mean) if occasions is None or law != "binomial" else math.log(mean / max(occasions - mean, 0.1))
    start = np.array([level, 0.0])[:q]
    with np.errstate(all="ignore"):
        best = maximise(evaluate, start)
    return log_ways(size, n) + n * math.log(size) + n * best.value
