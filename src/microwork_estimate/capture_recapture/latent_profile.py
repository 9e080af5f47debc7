"""Profile likelihood of the population size under latent classes, followed from every mode that matters."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import chdtri

from microwork_estimate.capture_recapture.latent_em import Classes, Table, climb, log_likelihood, size_ratio
from microwork_estimate.capture_recapture.profile import stirling_rest
from microwork_estimate.errors import check_level
from microwork_estimate.estimate import FloatArray, Interval

_NEAREST = 0.02  # persons unseen
_AROUND = np.array([-0.2, 0.0, 0.2])
_FARTHEST = 1e7  # times the persons seen: a curve that is still high there never comes down
_ROUNDS = 9
_POINTS = 9
_BISECTIONS = 60


def latent_profile(patterns: FloatArray, persons: FloatArray, modes: Classes, *, level: float) -> Interval:
    """Find the profile-likelihood interval of N under latent classes.

    Procedure: for a number u of unseen persons the classes are fitted to all 2^k cells, u included, from each mode with
    one class after the other made rarer or more frequent until the mode agrees with u. The height is the best of these
    log likelihoods plus that of N!/(N-n)!. The interval goes from the smallest to the largest N whose height is within
    half the chi-squared quantile with one degree of freedom of the top, across valleys between modes.

    Parameters
    ----------
    patterns : array of shape (c, k)
    persons : array of shape (c,)
    modes : Classes
        Fits to the persons seen.
    level : float
        Confidence level as a share.

    Returns
    -------
    Interval
        Its lower end is the number of persons seen if the curve does not fall so far before it; its upper end is
        infinite if the curve does not fall so far at all.

    References
    ----------
    Sanathanan 1972, The Annals of Mathematical Statistics 43(1), 142-152, for the likelihood of N. Cormack 1992,
    Biometrics 48(2), 567-576, for profiles.

    Examples
    --------
    >>> from microwork_estimate.capture_recapture.latent_em import quasi_random_classes
    >>> from microwork_estimate.inputs import all_patterns
    >>> patterns, persons = all_patterns(2).astype(float), np.array([30.0, 170.0, 120.0])
    >>> table = Table(patterns=patterns, persons=persons[None], seen_only=True)
    >>> found = latent_profile(patterns, persons, climb(table, quasi_random_classes(1, 1, 2)), level=0.95)
    >>> round(found.low, 1), round(found.high, 1)
    (760.5, 1374.8)
    """
    drop = float(chdtri(1, 1.0 - check_level(level))) / 2.0
    n = float(persons.sum())
    unseen = n * (size_ratio(modes)[0] - 1.0)
    known = unseen[(unseen > _NEAREST) & (unseen < _FARTHEST * n)]
    around = (np.log(known)[:, None] + _AROUND).ravel()
    grid = np.unique(np.append(np.arange(np.log(_NEAREST), np.log(_FARTHEST * n), np.log(2.0)), around))

    def heights(log_unseen: FloatArray) -> FloatArray:
        return profile_heights(patterns, persons, modes, np.exp(log_unseen))

    values = heights(grid)
    top = _top(heights, grid, values)
    inside = np.flatnonzero(values >= top - drop)
    first, last = (int(inside[0]), int(inside[-1])) if inside.size else (int(values.argmax()),) * 2
    low = n
    if first > 0:
        low = n + math.exp(_crossing(heights, grid[first - 1], grid[first], top - drop, rising=True))
    high = math.inf
    if last < grid.size - 1:
        high = n + math.exp(_crossing(heights, grid[last], grid[last + 1], top - drop, rising=False))
    return Interval(low=low, high=high, level=level, method="profile over all modes")


def profile_heights(patterns: FloatArray, persons: FloatArray, modes: Classes, unseen: FloatArray) -> FloatArray:
    """Return the profile log likelihood, up to a constant, at G numbers of unseen persons.

    Parameters
    ----------
    patterns : array of shape (c, k)
    persons : array of shape (c,)
    modes : Classes
    unseen : array of shape (G,)
        Above zero.

    Returns
    -------
    array of shape (G,)
    """
    n = float(persons.sum())
    starts, owner = _starts(modes, 1.0 + unseen / n)
    cells = np.column_stack([np.broadcast_to(persons, (owner.size, persons.size)), unseen[owner]])
    full = np.vstack([patterns, np.zeros(patterns.shape[1])])
    table = Table(patterns=full, persons=cells, seen_only=False)
    fitted = log_likelihood(table, climb(table, starts.of_everybody(), em_steps=15, newton_steps=60))
    best = np.full(unseen.size, -np.inf)
    np.maximum.at(best, owner, fitted)
    # What remains of ln N!/(N-n)! and of the logarithms of the counts after the large parts have cancelled.
    sizes = n + unseen
    entropy = n * np.log(sizes) - unseen * np.log(unseen / sizes)
    rest = np.array([stirling_rest(a) - stirling_rest(b) for a, b in zip(sizes, unseen, strict=True)])
    return np.asarray(best + entropy + rest, dtype=np.float64)


def _starts(modes: Classes, ratios: FloatArray) -> tuple[Classes, np.ndarray]:
    """Return each mode with each class shifted until N/n is as asked for, for G ratios, and whose ratio each is."""
    m, j, _ = modes.log_odds.shape
    pick = np.tile(np.arange(j), m)
    mode = np.repeat(np.arange(m), j)
    owner = np.repeat(np.arange(ratios.size), m * j)
    pick, mode = np.tile(pick, ratios.size), np.tile(mode, ratios.size)
    log_odds, shares = modes.log_odds[mode].copy(), modes.shares[mode]
    rows = np.arange(owner.size)
    low, high = np.full(owner.size, -30.0), np.full(owner.size, 30.0)
    mine = log_odds[rows, pick]
    others = (modes.shares / modes.seen).sum(axis=1)[mode] - (modes.shares / modes.seen)[mode, pick]
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        seen = -np.expm1(-np.logaddexp(0.0, mine + middle[:, None]).sum(axis=1))
        too_many = others + shares[rows, pick] / np.maximum(seen, 1e-300) > ratios[owner]
        low, high = np.where(too_many, middle, low), np.where(too_many, high, middle)
    shift = np.clip(0.5 * (low + high), -25.0, 4.0)
    log_odds[rows, pick] = np.clip(mine + shift[:, None], -36.0, 36.0)
    return Classes(log_odds=log_odds, shares=shares), owner


def _top(heights: Callable[[FloatArray], FloatArray], grid: FloatArray, values: FloatArray) -> float:
    """Return the largest height, looked for between the best points of ever finer grids."""
    at = int(values.argmax())
    top = float(values[at])
    low, high = grid[max(at - 1, 0)], grid[min(at + 1, grid.size - 1)]
    for _ in range(4):
        finer = np.linspace(low, high, _POINTS)
        found = heights(finer)
        at = int(found.argmax())
        top = max(top, float(found[at]))
        low, high = finer[max(at - 1, 0)], finer[min(at + 1, _POINTS - 1)]
    return top


def _crossing(
    heights: Callable[[FloatArray], FloatArray], low: float, high: float, level: float, *, rising: bool
) -> float:
    """Return where the curve crosses a height between two points, by ever finer grids."""
    for _ in range(_ROUNDS):
        grid = np.linspace(low, high, _POINTS)
        above = heights(grid[1:-1]) >= level
        above = np.concatenate([[not rising], above, [rising]])
        at = int(np.argmax(above)) if rising else int(above.size - 1 - np.argmax(above[::-1]))
        low, high = (grid[at - 1], grid[at]) if rising else (grid[at], grid[at + 1])
        if high - low < 1e-9:
            break
    return 0.5 * (low + high)
