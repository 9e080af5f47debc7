"""Likelihood of latent classes on lists, and its maxima from many starts at once: EM, then Newton steps.

In class j a person is on list l with chance 1/(1 + exp(-t_jl)), independently of the other lists. Two laws share one
form, v_j exp(t_j . y) / Z_j: that of all persons, with Z_j = prod(1 + exp t_jl) and v_j the share of the class in the
population, and that of the persons seen, with Z_j - 1 instead and v_j the share among those seen. The second is smooth
also where the chances of a class go to zero together. Arrays have a first axis of S starts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from microwork_estimate.estimate import FloatArray

LARGEST_LOG_ODDS = 36.0
"""Log odds beyond are those of chances of zero and one, for all that double precision can tell."""

_SMALLEST = 1e-300
_FLATTEST = 1e-12
_LARGEST_STEP = 3.0
_CONVERGED = 1e-10
_FACTORS = np.array([1.0, 0.5, 0.25, 0.0625, 1e-2, 1e-3])
_NEAR_GAIN = 1e-7
_ROUNDING = 1e-13


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Table:
    """Patterns and persons for which the likelihood is taken.

    Parameters
    ----------
    patterns : array of shape (c, k), zeros and ones
    persons : array of shape (S, c) or (1, c)
        Persons of each pattern, for each start.
    seen_only : bool
        Whether the law is that of the persons seen; then no pattern is without lists.
    """

    patterns: FloatArray
    persons: FloatArray
    seen_only: bool

    def take(self, rows: np.ndarray) -> Table:
        """Keep some of the starts; a table that serves all of them stays as it is."""
        return self if len(self.persons) == 1 else replace(self, persons=self.persons[rows])

    @property
    def n(self) -> FloatArray:
        """Persons of each start, shape (S,) or (1,)."""
        return np.asarray(self.persons.sum(axis=1), dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Classes:
    """Classes of S fits.

    Parameters
    ----------
    log_odds : array of shape (S, j, k)
        t, for each class and list.
    shares : array of shape (S, j)
        v; they sum to one.
    """

    log_odds: FloatArray
    shares: FloatArray

    def take(self, rows: np.ndarray | slice) -> Classes:
        """Keep some of the fits."""
        return Classes(log_odds=self.log_odds[rows], shares=self.shares[rows])

    @property
    def chances(self) -> FloatArray:
        """Chance of each class to be on each list, shape (S, j, k)."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.log_odds)), dtype=np.float64)

    @property
    def seen(self) -> FloatArray:
        """Chance of each class to be on any list, shape (S, j)."""
        return np.asarray(-np.expm1(-np.logaddexp(0.0, self.log_odds).sum(axis=2)), dtype=np.float64)

    def of_everybody(self) -> Classes:
        """Turn shares of those seen into shares of everybody."""
        raw = self.shares / self.seen
        return Classes(log_odds=self.log_odds, shares=raw / raw.sum(axis=1, keepdims=True))


def quasi_random_classes(n_starts: int, n_classes: int, n_lists: int) -> Classes:
    """Return starts that fill the space of chances and shares evenly, without randomness.

    Procedure: an additive sequence with the powers of the root of x^(d+1) = x + 1 as steps, d = j (k + 1).

    Parameters
    ----------
    n_starts, n_classes, n_lists : int

    Returns
    -------
    Classes

    References
    ----------
    Niederreiter 1992, Random Number Generation and Quasi-Monte Carlo Methods, chapter 3, for additive sequences.

    Examples
    --------
    >>> quasi_random_classes(2, 1, 3).chances.round(2).tolist()
    [[[0.36, 0.24, 0.14]], [[0.22, 0.95, 0.75]]]
    """
    d = n_classes * (n_lists + 1)
    root = 2.0
    for _ in range(64):
        root = (1.0 + root) ** (1.0 / (d + 1.0))
    points = (0.5 + np.arange(1, n_starts + 1)[:, None] * root ** -np.arange(1.0, d + 1.0)) % 1.0
    cube = points.reshape(n_starts, n_classes, n_lists + 1)
    chances = 0.02 + 0.96 * cube[:, :, :n_lists]
    shares = 0.05 + cube[:, :, n_lists]
    return Classes(log_odds=np.log(chances / (1.0 - chances)), shares=shares / shares.sum(axis=1, keepdims=True))


def log_likelihood(table: Table, classes: Classes) -> FloatArray:
    """Return the log likelihood of S fits without the multinomial constant, shape (S,).

    Parameters
    ----------
    table : Table
    classes : Classes

    Returns
    -------
    array of shape (S,)
    """
    return _responsibilities(table, classes)[1]


def climb(table: Table, start: Classes, *, em_steps: int = 60, newton_steps: int = 150) -> Classes:
    """Go up from every start: some EM steps, then Newton steps until no gradient is left.

    Parameters
    ----------
    table : Table
    start : Classes
    em_steps, newton_steps : int

    Returns
    -------
    Classes
        Classes in each fit ordered by their shares, largest first.

    References
    ----------
    Dempster, Laird and Rubin 1977, Journal of the Royal Statistical Society B 39(1), 1-38. Goodman 1974, Biometrika
    61(2), 215-231, for the EM steps of latent classes.

    Examples
    --------
    >>> from microwork_estimate.inputs import all_patterns
    >>> persons = np.array([[30.0, 170.0, 120.0]])
    >>> table = Table(patterns=all_patterns(2).astype(float), persons=persons, seen_only=True)
    >>> climb(table, quasi_random_classes(1, 1, 2)).chances.round(6).tolist()
    [[[0.2, 0.15]]]
    """
    now = start
    for _ in range(em_steps):
        now = _em_step(table, now)
    now = _newton(table, now, newton_steps)
    order = np.argsort(-now.shares, axis=1, kind="stable")
    return Classes(
        log_odds=np.take_along_axis(now.log_odds, order[:, :, None], axis=1),
        shares=np.take_along_axis(now.shares, order, axis=1),
    )


def derivatives(table: Table, classes: Classes) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log likelihood, gradient and second derivatives of S fits, all exact.

    Procedure: the score of a person in class j is (e_j - v, e_j (y - mean_j)); that of the mixture is its mean over the
    classes given y. The second derivative is the mean of the complete one plus the variance of the complete score.

    Parameters
    ----------
    table : Table
    classes : Classes

    Returns
    -------
    arrays of shape (S,), (S, d) and (S, d, d)
        By the d = j - 1 + j k free parameters: ln v_1/v_j, ..., then t.

    References
    ----------
    Louis 1982, Journal of the Royal Statistical Society B 44(2), 226-233.
    """
    persons, y, v = table.persons, table.patterns, classes.shares
    s, j, k = classes.log_odds.shape
    r, value = _responsibilities(table, classes)
    mean, spread = _moments(table, classes)
    weighted = r * persons[:, :, None]
    members = weighted.sum(axis=1)
    gap = y[None, :, None, :] - mean[:, None]
    score = np.concatenate([r - v[:, None], (r[..., None] * gap).reshape(s, -1, j * k)], axis=2)
    second = -np.matmul((score * persons[:, :, None]).transpose(0, 2, 1), score)
    gaps = np.einsum("scj,scjl->sjl", weighted, gap)
    cross = np.matmul((weighted[..., None] * gap).transpose(0, 2, 3, 1), gap.transpose(0, 2, 1, 3))
    within = cross - members[:, :, None, None] * spread
    n = np.broadcast_to(table.n, (s,))[:, None, None]
    second[:, :j, :j] += np.einsum("sj,ji->sji", members - n[:, 0] * v, np.eye(j)) + 2.0 * n * _outer(v, v)
    second[:, :j, :j] -= _outer(members, v) + _outer(v, members)
    for i in range(j):
        at = slice(j + i * k, j + (i + 1) * k)
        block = _outer((np.arange(j) == i) - v, gaps[:, i])
        second[:, :j, at] += block
        second[:, at, :j] += block.transpose(0, 2, 1)
        second[:, at, at] += within[:, i]
    free = np.delete(np.arange(j + j * k), j - 1)
    gradient = np.einsum("sc,scd->sd", np.broadcast_to(persons, (s, persons.shape[1])), score)
    return value, gradient[:, free], second[:, free[:, None], free]


def cell_slopes(patterns: FloatArray, classes: Classes) -> FloatArray:
    """Return the derivatives of the chances of all patterns of persons seen, for one fit.

    Parameters
    ----------
    patterns : array of shape (c, k)
    classes : Classes
        One fit, S = 1.

    Returns
    -------
    array of shape (c, d)
        By the free parameters, as in :func:`derivatives`.
    """
    table = Table(patterns=patterns, persons=np.ones((1, len(patterns))), seen_only=True)
    j = classes.shares.shape[1]
    r = _responsibilities(table, classes)[0][0]
    mean = _moments(table, classes)[0][0]
    chance = np.exp(_joint(table, classes)[0]).sum(axis=1)
    gap = (r[..., None] * (patterns[:, None, :] - mean)).reshape(len(patterns), -1)
    score = np.concatenate([r - classes.shares[0], gap], axis=1)
    return np.asarray(np.delete(score, j - 1, axis=1) * chance[:, None], dtype=np.float64)


def size_ratio(classes: Classes) -> tuple[FloatArray, FloatArray]:
    """Return h = N/n of S fits of persons seen, and its derivatives by the free parameters.

    Procedure: h is the mean of a_j = 1 / (chance to be seen) with weights v_j; its derivative by ln v_j is v_j (a_j - h),
    that by t_jl is -v_j (a_j - 1) times the mean of y_l among those seen of the class.

    Parameters
    ----------
    classes : Classes

    Returns
    -------
    arrays of shape (S,) and (S, d)

    Examples
    --------
    >>> one = Classes(log_odds=np.zeros((1, 1, 2)), shares=np.ones((1, 1)))
    >>> size_ratio(one)[0].round(4).tolist()
    [1.3333]
    """
    v, seen = classes.shares, classes.seen
    h = (v / seen).sum(axis=1)
    mean = classes.chances / seen[:, :, None]
    missed = np.exp(-np.logaddexp(0.0, classes.log_odds).sum(axis=2))
    by_odds = -(v * missed / seen)[:, :, None] * mean
    by_share = v[:, :-1] * (1.0 / seen[:, :-1] - h[:, None])
    return h, np.concatenate([by_share, by_odds.reshape(len(v), -1)], axis=1)


def _outer(a: np.ndarray, b: np.ndarray) -> FloatArray:
    return np.asarray(a[..., :, None] * b[..., None, :], dtype=np.float64)


def _log_constant(table: Table, log_odds: FloatArray) -> FloatArray:
    total = np.logaddexp(0.0, log_odds).sum(axis=2)
    return np.asarray(total + np.log(-np.expm1(-total)) if table.seen_only else total, dtype=np.float64)


def _joint(table: Table, classes: Classes) -> FloatArray:
    """Return ln of v_j times the chance of the pattern in class j, shape (S, c, j)."""
    weights = np.log(np.maximum(classes.shares, _SMALLEST)) - _log_constant(table, classes.log_odds)
    return np.asarray(
        weights[:, None, :] + np.matmul(table.patterns, classes.log_odds.transpose(0, 2, 1)), dtype=np.float64
    )


def _responsibilities(table: Table, classes: Classes) -> tuple[FloatArray, FloatArray]:
    """Return the chance of each class given the pattern, (S, c, j), and the log likelihood, (S,)."""
    joint = _joint(table, classes)
    top = joint.max(axis=2, keepdims=True)
    raw = np.exp(joint - top)
    total = raw.sum(axis=2, keepdims=True)
    value = (table.persons * (top + np.log(total))[:, :, 0]).sum(axis=1)
    return raw / total, value


def _moments(table: Table, classes: Classes) -> tuple[FloatArray, FloatArray]:
    """Return mean (S, j, k) and covariance (S, j, k, k) of a person's pattern in each class."""
    p = classes.chances
    k = p.shape[2]
    if not table.seen_only:
        return p, (p * (1.0 - p))[..., None] * np.eye(k)
    seen = classes.seen[..., None]
    mean = p / seen
    # Dividing one factor before the product keeps the ratio when all chances are tiny.
    both = mean[..., :, None] * p[..., None, :] * (1.0 - np.eye(k)) + mean[..., None] * np.eye(k)
    return mean, both - _outer(mean, mean)


def _em_step(table: Table, classes: Classes) -> Classes:
    r, _ = _responsibilities(table, classes)
    weighted = r * table.persons[:, :, None]
    members = weighted.sum(axis=1)
    hits = np.matmul(weighted.transpose(0, 2, 1), table.patterns)
    seen = classes.seen
    unseen = table.n[:, None] * classes.shares * (1.0 - seen) / seen if table.seen_only else 0.0
    everybody = np.maximum(members + unseen, _SMALLEST)
    edge = np.exp(-LARGEST_LOG_ODDS)
    share = np.clip(hits / everybody[:, :, None], edge, 1.0)
    log_odds = np.log(share) - np.log(np.maximum(1.0 - share, edge))
    moved = Classes(log_odds=log_odds, shares=everybody / everybody.sum(axis=1, keepdims=True))
    if not table.seen_only:
        return moved
    raw = np.maximum(moved.shares * moved.seen, _SMALLEST)
    return Classes(log_odds=log_odds, shares=raw / raw.sum(axis=1, keepdims=True))


def _newton(table: Table, start: Classes, steps: int) -> Classes:
    """Take Newton steps from every start; those that have arrived are left alone."""
    log_odds, shares = start.log_odds.copy(), start.shares.copy()
    rows = np.arange(len(shares))
    part, now, here = table, start, derivatives(table, start)
    for _ in range(steps):
        moved, there, better = _newton_step(part, now, here)
        rows, part, now = rows[better], part.take(better), moved.take(better)
        here = (there[0][better], there[1][better], there[2][better])
        log_odds[rows], shares[rows] = now.log_odds, now.shares
        going = np.abs(here[1]).max(axis=1, initial=0.0) > _CONVERGED * part.n
        rows, part, now = rows[going], part.take(going), now.take(going)
        here = (here[0][going], here[1][going], here[2][going])
        if rows.size == 0:
            break
    return Classes(log_odds=log_odds, shares=shares)


_Point = tuple[FloatArray, FloatArray, FloatArray]


def _newton_step(table: Table, now: Classes, here: _Point) -> tuple[Classes, _Point, np.ndarray]:
    """Return the classes after one step with all curvatures made negative, their derivatives, and who is better off.

    Near a top the likelihood no longer tells two points apart, and the gradient decides.
    """
    value, slope, second = here
    n = np.broadcast_to(table.n, value.shape)
    curvature, axes = np.linalg.eigh(-second / n[:, None, None])
    along = np.matmul(slope[:, None], axes)[:, 0] / n[:, None]
    step = along / np.maximum(np.abs(curvature), _FLATTEST)
    gain = n * (along * step).sum(axis=1)
    step = np.matmul(axes, step[:, :, None])[:, :, 0]
    step *= np.minimum(1.0, _LARGEST_STEP / np.maximum(np.abs(step).max(axis=1), _SMALLEST))[:, None]
    near = gain < _NEAR_GAIN + _ROUNDING * np.abs(value)
    moved = _moved(now, step * _best_factor(table, now, step, value, near)[:, None])
    there = derivatives(table, moved)
    flatter = np.abs(there[1]).max(axis=1) < np.abs(slope).max(axis=1)
    return moved, there, np.where(near, flatter, there[0] > value)


def _best_factor(table: Table, now: Classes, step: FloatArray, value: FloatArray, near: np.ndarray) -> FloatArray:
    """Return for each start the longest step length that raises the likelihood."""
    factor = np.ones(value.size)
    open_ = ~near
    for length in _FACTORS:
        rows = np.flatnonzero(open_)
        if rows.size == 0:
            break
        factor[rows] = length
        raised = log_likelihood(table.take(rows), _moved(now.take(rows), length * step[rows])) > value[rows]
        open_[rows[raised]] = False
    return factor


def _moved(classes: Classes, step: FloatArray) -> Classes:
    """Return the classes after a step in the free parameters."""
    s, j, k = classes.log_odds.shape
    odds = np.clip(classes.log_odds + step[:, j - 1 :].reshape(s, j, k), -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)
    logs = np.log(np.maximum(classes.shares, _SMALLEST))
    logs[:, : j - 1] += step[:, : j - 1]
    raw = np.exp(logs - logs.max(axis=1, keepdims=True))
    return Classes(log_odds=odds, shares=raw / raw.sum(axis=1, keepdims=True))
