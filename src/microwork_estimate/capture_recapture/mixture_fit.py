"""Likelihood and maximisation of a zero-truncated finite mixture of binomials. Array functions: numbers in and out.

The mixture is written as one of *truncated* binomials: of the persons seen, a share v_j belongs to class j, whose
persons are seen x times with the chance g_j(x) = C(T, x) e^(t_j x) / ((1 + e^t_j)^T - 1), t_j = logit p_j. This is a
mixture of exponential families with the mean mu_j = T p_j / (1 - (1-p_j)^T), smooth also where p_j goes to 0 and the
class is one of persons seen exactly once. N follows: n h with h = sum of v_j / (1 - (1-p_j)^T).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln

from microwork_estimate.estimate import FloatArray

QUASI_RANDOM_STARTS = 12
"""Starts besides the one that adds a class to the best fit with one class fewer."""

SAME_LOG_LIKELIHOOD = 1e-6
"""Fits whose log likelihoods differ by less are the same."""

AT_ZERO = -40.0
"""Logit at which persons of a class, if seen, are seen once, for all that double precision can tell."""

_EM_STEPS = 20
_NEWTON_STEPS = 400
_LARGEST_STEP = 2.0
_NEAR_GAIN = 1e-7
_ROUNDING = 1e-13
_FLATTEST = 1e-14
_SMALLEST_SHARE = 1e-300
_SUSPECT_CHANCE = 1e-2
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cells:
    """The counts that are not zero, as the likelihood needs them.

    Parameters
    ----------
    times, persons : array of shape (m,)
        Numbers of sightings, and persons seen so often.
    log_choose : array of shape (m,)
        ln C(T, times).
    occasions : float
        T.
    """

    times: FloatArray
    persons: FloatArray
    log_choose: FloatArray
    occasions: float

    @property
    def n(self) -> float:
        """Persons seen."""
        return float(self.persons.sum())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MixtureFit:
    """A maximum of the likelihood, classes in the order of their chances.

    Parameters
    ----------
    logits : array of shape (c,)
        t_j, increasing; -40 stands for a class at the boundary p_j = 0.
    shares : array of shape (c,)
        v_j, shares of the persons seen.
    log_likelihood : float
        Of the persons seen.
    gradient : float
        Largest derivative of the log likelihood for each person seen, by any free parameter.
    information : array of shape (2 c - 1, 2 c - 1)
        Observed information of (ln v_1/v_c, ..., ln v_{c-1}/v_c, t_1, ..., t_c).
    n_starts, n_reached : int
        Starts tried, and how many of them led to this maximum.
    """

    logits: FloatArray
    shares: FloatArray
    log_likelihood: float
    gradient: float
    information: FloatArray
    n_starts: int
    n_reached: int


def cells_of(frequencies: FloatArray, occasions: int) -> Cells:
    """Keep the counts above zero and tabulate ln C(T, x) for them.

    Parameters
    ----------
    frequencies : array of shape (x,)
        f_1, f_2, ..., persons.
    occasions : int
        T.

    Returns
    -------
    Cells

    Examples
    --------
    >>> cells_of(np.array([5.0, 0.0, 2.0]), 4).times.tolist()
    [1.0, 3.0]
    """
    at = np.flatnonzero(frequencies)
    times: FloatArray = np.asarray(at + 1.0, dtype=np.float64)
    T = float(occasions)
    log_choose = gammaln(T + 1.0) - gammaln(times + 1.0) - gammaln(T - times + 1.0)
    return Cells(times=times, persons=frequencies[at], log_choose=log_choose, occasions=T)


def seen_chances(logits: FloatArray, occasions: float) -> FloatArray:
    """Return 1 - (1-p_j)^T, the chance to be seen at all.

    Parameters
    ----------
    logits : array of shape (c,)
        t_j = logit p_j.
    occasions : float
        T.

    Returns
    -------
    array of shape (c,)

    Examples
    --------
    >>> seen_chances(np.array([0.0]), 2).tolist()
    [0.75]
    """
    return np.asarray(-np.expm1(-occasions * np.logaddexp(0.0, logits)), dtype=np.float64)


def size_ratio(logits: FloatArray, shares: FloatArray, occasions: float) -> tuple[float, FloatArray]:
    """Return h = N/n and its derivatives by the 2 c - 1 free parameters.

    Procedure: h is the mean of a_j = 1 / (1 - (1-p_j)^T) with weights v_j; its derivative by ln v_j is v_j (a_j - h),
    that by t_j is -v_j (a_j - 1) mu_j.

    Parameters
    ----------
    logits, shares : array of shape (c,)
        t_j and v_j.
    occasions : float
        T.

    Returns
    -------
    float, array of shape (2 c - 1,)

    Examples
    --------
    >>> round(size_ratio(np.array([0.0]), np.array([1.0]), 2)[0], 4)
    1.3333
    """
    seen = seen_chances(logits, occasions)
    mean = occasions / (1.0 + np.exp(-logits)) / seen
    h = float(shares @ (1.0 / seen))
    slopes = np.concatenate([shares[:-1] * (1.0 / seen[:-1] - h), -shares * (1.0 / seen - 1.0) * mean])
    return h, slopes


def fit_mixture(cells: Cells, components: int) -> list[MixtureFit]:
    """Maximise the likelihood with 1, 2, ..., `components` classes.

    Procedure: each number of classes starts from the best fit with one class fewer plus a small class where the
    directional derivative of the likelihood is largest, and from points of an additive quasi-random sequence. Every
    start takes some EM steps and then Newton steps with the exact second derivatives. A class that drifts towards
    p = 0 is also tried there, and left there if the likelihood is as high. A further class that does not raise the
    likelihood ends the list: the fit before is the maximum over all mixtures.

    Parameters
    ----------
    cells : Cells
    components : int
        Largest number of classes c.

    Returns
    -------
    list of MixtureFit
        One for each number of classes, from 1 on; shorter than `components` if more classes do not help.

    References
    ----------
    Lindsay 1983, The Annals of Statistics 11(1), 86-94, for the directional derivative.

    Examples
    --------
    >>> cells = cells_of(np.array([60.0, 24.0, 8.0, 3.0]), 10)
    >>> [fit.shares.size for fit in fit_mixture(cells, 3)]
    [1, 2]
    """
    fits: list[MixtureFit] = []
    for c in range(1, components + 1):
        reached = [_climb(cells, logits, shares) for logits, shares in _starts(cells, c, fits)]
        best = max(reached, key=lambda fit: fit.log_likelihood)
        if fits and best.log_likelihood < fits[-1].log_likelihood + SAME_LOG_LIKELIHOOD:
            break
        floor = best.log_likelihood - SAME_LOG_LIKELIHOOD
        n_reached = sum(fit.log_likelihood >= floor for fit in reached)
        fits.append(replace(best, n_starts=len(reached), n_reached=n_reached))
    return fits


def derivatives(cells: Cells, logits: FloatArray, shares: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return the log likelihood of the persons seen, its gradient and its second derivatives, all exact.

    Procedure: for a person seen x times and in class j the score is (e_j - v, e_j (x - mu_j)); the score of the
    mixture is its mean over the classes given x, and the second derivative is the mean of the complete one plus the
    variance of the complete score.

    Parameters
    ----------
    cells : Cells
    logits, shares : array of shape (c,)
        t_j and v_j.

    Returns
    -------
    float, array of shape (2 c - 1,), array of shape (2 c - 1, 2 c - 1)

    References
    ----------
    Louis 1982, Journal of the Royal Statistical Society B 44(2), 226-233.

    Examples
    --------
    >>> cells = cells_of(np.array([2.0, 1.0]), 2)
    >>> derivatives(cells, np.array([0.0]), np.array([1.0]))[1].round(10).tolist()
    [0.0]
    """
    c, persons = logits.size, cells.persons
    r, value = _responsibilities(cells, logits, shares)
    mean, spread = _moments(logits, cells.occasions)
    gap = cells.times - mean[:, None]
    score = np.vstack([r - shares[:, None], r * gap])
    weighted = r * persons
    members, gaps = weighted.sum(axis=1), (weighted * gap).sum(axis=1)
    second = -(score * persons) @ score.T
    # Mean square of the complete score minus the complete information, block by block.
    second[:c, :c] += np.diag(members - cells.n * shares) + 2.0 * cells.n * np.outer(shares, shares)
    second[:c, :c] -= np.outer(members, shares) + np.outer(shares, members)
    cross = np.diag(gaps) - np.outer(shares, gaps)
    second[:c, c:] += cross
    second[c:, :c] += cross.T
    second[c:, c:] += np.diag((weighted * gap**2).sum(axis=1) - spread * members)
    free = np.delete(np.arange(2 * c), c - 1)
    return value, (score @ persons)[free], second[np.ix_(free, free)]


def _joint(cells: Cells, logits: FloatArray, shares: FloatArray) -> FloatArray:
    """Return ln v_j g_j(x), shape (c, m)."""
    total = cells.occasions * np.logaddexp(0.0, logits)
    log_seen = total + np.log(-np.expm1(-total))
    weights = np.log(np.maximum(shares, _SMALLEST_SHARE)) - log_seen
    return np.asarray(weights[:, None] + logits[:, None] * cells.times + cells.log_choose, dtype=np.float64)


def _log_sum(logarithms: FloatArray) -> FloatArray:
    """Return the logarithm of the sum over the first axis; much faster than the general routine of scipy."""
    top = logarithms.max(axis=0)
    return np.asarray(top + np.log(np.exp(logarithms - top).sum(axis=0)), dtype=np.float64)


def _responsibilities(cells: Cells, logits: FloatArray, shares: FloatArray) -> tuple[FloatArray, float]:
    """Return the chance of each class given the number of sightings, (c, m), and the log likelihood."""
    joint = _joint(cells, logits, shares)
    marginal = _log_sum(joint)
    return np.exp(joint - marginal), float(cells.persons @ marginal)


def _moments(logits: FloatArray, occasions: float) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of a truncated binomial."""
    p = 1.0 / (1.0 + np.exp(-logits))
    mean = occasions * p / seen_chances(logits, occasions)
    return mean, np.maximum(mean * (1.0 - p + occasions * p - mean), 0.0)


def _starts(cells: Cells, c: int, fits: list[MixtureFit]) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield logits and shares to start from: one from the fit before, then quasi-random ones."""
    rarest = 0.05 / cells.occasions
    low = math.log(rarest / (1.0 - rarest))
    often = min(cells.times[-1] / cells.occasions, 1.0 - rarest)
    high = math.log(often / (1.0 - often))
    if fits:
        grid = np.linspace(low - 4.0, high, 200)
        fitted = _log_sum(_joint(cells, fits[-1].logits, fits[-1].shares))
        # How fast the likelihood rises when a class with this logit gains weight.
        with np.errstate(over="ignore"):
            gain = np.exp(_joint(cells, grid, np.ones(grid.size)) - fitted) @ cells.persons
        yield np.append(fits[-1].logits, grid[int(np.argmax(gain))]), np.append(0.95 * fits[-1].shares, 0.05)
    for start in range(QUASI_RANDOM_STARTS if c > 1 else 1):
        points = np.asarray((0.5 + (start * c + np.arange(1, c + 1)) * _GOLDEN) % 1.0, dtype=np.float64)
        yield low + (high - low) * points, np.full(c, 1.0 / c)


def _climb(cells: Cells, logits: FloatArray, shares: FloatArray) -> MixtureFit:
    """Go up from one start: EM, Newton, and a trial at p = 0 for a class that drifts there."""
    fit = _newton(cells, *_expectation_maximisation(cells, logits, shares))
    suspect = (seen_chances(fit.logits, cells.occasions) < _SUSPECT_CHANCE) & (fit.logits > AT_ZERO)
    if not suspect.any():
        return fit
    at_zero = _newton(cells, np.where(suspect, AT_ZERO, fit.logits), fit.shares)
    return at_zero if at_zero.log_likelihood >= fit.log_likelihood - SAME_LOG_LIKELIHOOD else fit


def _expectation_maximisation(cells: Cells, logits: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Take EM steps; the mean of a class is met by two damped Newton steps of its own."""
    for _ in range(_EM_STEPS):
        weighted = _responsibilities(cells, logits, shares)[0] * cells.persons
        members = np.maximum(weighted.sum(axis=1), _SMALLEST_SHARE)
        shares, met = members / members.sum(), weighted @ cells.times / members
        for _ in range(2):
            mean, spread = _moments(logits, cells.occasions)
            logits = logits + np.clip((met - mean) / np.maximum(spread, _SMALLEST_SHARE), -1.0, 1.0)
    return logits, shares


def _newton(cells: Cells, logits: FloatArray, shares: FloatArray) -> MixtureFit:
    """Take Newton steps with all curvatures made negative, halved until the likelihood rises.

    Near the top the likelihood no longer tells two points apart, and the gradient decides: steps go on as long as it
    shrinks.
    """
    c, n = logits.size, cells.n
    at = free_parameters(logits, shares)
    here = derivatives(cells, logits, shares)
    for _ in range(_NEWTON_STEPS):
        curvature, axes = np.linalg.eigh(-here[2] / n)
        along = axes.T @ here[1] / n
        step = along / np.maximum(np.abs(curvature), _FLATTEST)
        gain, step = n * float(along @ step), axes @ step
        step *= min(1.0, _LARGEST_STEP / max(float(np.abs(step).max()), _SMALLEST_SHARE))
        near = gain < _NEAR_GAIN + _ROUNDING * abs(here[0])
        for halving in range(1 if near else 40):
            next_at = at + 0.5**halving * step
            there = derivatives(cells, *from_free(next_at, c))
            better = _steepest(there, n) < _steepest(here, n) if near else there[0] > here[0]
            if better:
                break
        if not better:
            break
        at, here = next_at, there
    return _fit_at(cells, *from_free(at, c))


def _steepest(point: tuple[float, FloatArray, FloatArray], n: float) -> float:
    """Return the largest derivative for each person seen."""
    return float(np.abs(point[1]).max()) / n


def free_parameters(logits: FloatArray, shares: FloatArray) -> FloatArray:
    """Return (ln v_1/v_c, ..., ln v_{c-1}/v_c, t_1, ..., t_c), which have no limits.

    Examples
    --------
    >>> free_parameters(np.array([-1.0, 0.0]), np.array([0.5, 0.5])).tolist()
    [0.0, -1.0, 0.0]
    """
    kept = np.log(np.maximum(shares, _SMALLEST_SHARE))
    return np.concatenate([kept[:-1] - kept[-1], logits])


def from_free(parameters: FloatArray, components: int) -> tuple[FloatArray, FloatArray]:
    """Return logits and shares from the 2 c - 1 free parameters.

    Examples
    --------
    >>> from_free(np.array([0.0, -1.0, 0.0]), 2)[1].tolist()
    [0.5, 0.5]
    """
    ratios = np.append(parameters[: components - 1], 0.0)
    return parameters[components - 1 :], np.exp(ratios - _log_sum(ratios))


def _fit_at(cells: Cells, logits: FloatArray, shares: FloatArray) -> MixtureFit:
    """Describe the likelihood at a point, with the classes in the order of their chances."""
    order = np.argsort(logits, kind="stable")
    point = derivatives(cells, logits[order], shares[order])
    return MixtureFit(
        logits=logits[order],
        shares=shares[order],
        log_likelihood=point[0],
        gradient=_steepest(point, cells.n),
        information=-point[2],
        n_starts=1,
        n_reached=1,
    )
