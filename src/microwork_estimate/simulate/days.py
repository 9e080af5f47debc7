"""Kernels: on which days of the 28 and on which platforms persons are active.

The days of a person on a platform are one 32-bit number; bit d is set if the person is active there on day d. So a
million persons on 23 platforms take 92 megabytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from microwork_estimate.estimate import FloatArray
from microwork_estimate.simulate.options import WINDOW_DAYS, Activity, Attrition
from microwork_estimate.simulate.people import BoolArray, SmallFloatArray, from_normal_score
from microwork_estimate.streams import stream

DayArray = NDArray[np.uint32]

WEEKS = tuple(np.uint32(0b1111111 << start) for start in range(0, WINDOW_DAYS, 7))
"""The days of each of the four weeks as bits."""

_CHUNK = 65_536


def draw_activity_scores(activity: Activity, score: FloatArray, seed: int) -> FloatArray:
    """Draw the normal score of activity, correlated with that of propensity as asked.

    Parameters
    ----------
    activity : Activity
    score : array of shape (N,)
        Normal score of propensity.
    seed : int

    Returns
    -------
    array of shape (N,)
    """
    own = stream(seed, "population/activity").standard_normal(score.size)
    return _mixed(own, score, activity.correlation)


def _mixed(own: FloatArray, shared: FloatArray, correlation: float) -> FloatArray:
    if correlation == 0.0:
        return own
    return np.asarray(correlation * shared + np.sqrt(1.0 - correlation**2) * own)


def day_rates(activity: Activity, score: FloatArray) -> SmallFloatArray:
    """Return the chance of being active on a day.

    Parameters
    ----------
    activity : Activity
    score : array of shape (N,)
        Normal score of activity.

    Returns
    -------
    array of shape (N,)

    Examples
    --------
    >>> day_rates(Activity(mean_days=7.0, cv=0.0), np.zeros(2)).tolist()
    [0.25, 0.25]
    """
    mean = activity.mean_days / WINDOW_DAYS
    if activity.cv == 0.0:
        return np.full(score.size, mean, dtype=np.float32)
    if activity.law == "lognormal":
        spread = np.sqrt(np.log1p(activity.cv**2))
        rates = np.minimum(1.0, mean * np.exp(spread * score - spread**2 / 2))
        return np.asarray(rates, dtype=np.float32)
    total = mean * (1.0 - mean) / (activity.cv * mean) ** 2 - 1.0
    rates = from_normal_score(score, lambda u: np.asarray(special.betaincinv(mean * total, (1.0 - mean) * total, u)))
    return rates.astype(np.float32)


def draw_dormant(attrition: Attrition, score: FloatArray, registered: BoolArray, seed: int) -> BoolArray:
    """Draw who of the registered is dormant: exactly the asked share of them, up to rounding.

    Parameters
    ----------
    attrition : Attrition
    score : array of shape (N,)
        Normal score of propensity.
    registered : array of shape (N,), bool
    seed : int

    Returns
    -------
    array of shape (N,), bool
    """
    own = stream(seed, "population/dormancy").standard_normal(score.size)
    latent = _mixed(own, score, attrition.dormancy_correlation)
    candidates = np.flatnonzero(registered)
    wanted = round(attrition.dormancy * candidates.size)
    dormant = np.zeros(score.size, dtype=np.bool_)
    if wanted:
        dormant[candidates[np.argpartition(-latent[candidates], wanted - 1)[:wanted]]] = True
    return dormant


def draw_tried_once(attrition: Attrition, n: int, seed: int) -> BoolArray:
    """Draw who tries platform work once, on one day, and leaves."""
    return np.asarray(stream(seed, "population/tried once").random(n, dtype=np.float32) < attrition.tried_once)


def random_days(chance: SmallFloatArray, generator: np.random.Generator) -> DayArray:
    """Draw independent days, each set with the chance of its person.

    Parameters
    ----------
    chance : array of shape (n,)
        From 0 to 1.
    generator : numpy.random.Generator

    Returns
    -------
    array of shape (n,), uint32
        Days as bits 0 to 27.

    Examples
    --------
    >>> random_days(np.array([0.0, 1.0], dtype=np.float32), stream(1, "example")).tolist() == [0, 2**28 - 1]
    True
    """
    days = np.empty(chance.size, dtype=np.uint32)
    bits = np.zeros((min(_CHUNK, chance.size), 32), dtype=np.bool_)
    for start in range(0, chance.size, _CHUNK):
        part = chance[start : start + _CHUNK]
        uniform = generator.random((part.size, WINDOW_DAYS), dtype=np.float32)
        np.less(uniform, part[:, None], out=bits[: part.size, :WINDOW_DAYS])
        packed = np.packbits(bits[: part.size], axis=1, bitorder="little")
        days[start : start + part.size] = packed.view("<u4").ravel()
    return days


def one_random_day(n: int, generator: np.random.Generator) -> DayArray:
    """Draw one day for each of n persons."""
    return np.left_shift(np.uint32(1), generator.integers(0, WINDOW_DAYS, n, dtype=np.uint32))


def draw_favourites(membership: BoolArray, seed: int) -> NDArray[np.int16]:
    """Draw one of the own platforms of each person, all as likely.

    Parameters
    ----------
    membership : array of shape (N, J)
    seed : int

    Returns
    -------
    array of shape (N,)
        Columns of platforms; -1 for persons without any.
    """
    n, n_platforms = membership.shape
    owned = membership.sum(axis=1, dtype=np.int16)
    wanted = (stream(seed, "population/favourite").random(n) * owned).astype(np.int16)
    favourite = np.full(n, -1, dtype=np.int16)
    passed = np.zeros(n, dtype=np.int16)
    for j in range(n_platforms):
        member = membership[:, j]
        favourite[member & (passed == wanted)] = j
        passed += member
    return favourite


def draw_visits(
    membership: BoolArray,
    days: DayArray,
    favourite: NDArray[np.int16],
    crossing: float,
    seed: tuple[int, tuple[str, ...]],
) -> DayArray:
    """Spread the active days of persons over their platforms, shape (N, J), columns contiguous.

    The favourite platform is visited on every active day, each other one on a random part of these days.

    Parameters
    ----------
    membership : array of shape (N, J)
    days : array of shape (N,)
        Active days of each person.
    favourite : array of shape (N,)
    crossing : float
        Chance that a further platform is visited on an active day.
    seed : tuple
        The seed and the names of the platforms.

    Returns
    -------
    array of shape (N, J), uint32
    """
    number, names = seed
    visits = np.zeros(membership.shape, dtype=np.uint32, order="F")
    for j, name in enumerate(names):
        members = np.flatnonzero(membership[:, j])
        chance = np.full(members.size, crossing, dtype=np.float32)
        some = random_days(chance, stream(number, f"population/visits/{name}"))
        some[favourite[members] == j] = np.uint32(2**WINDOW_DAYS - 1)
        visits[members, j] = some & days[members]
    return visits


def joined(visits: DayArray, columns: tuple[int, ...]) -> DayArray:
    """Return the days on which a person is active on at least one of the platforms, shape (N,)."""
    days = visits[:, columns[0]].copy()
    for j in columns[1:]:
        days |= visits[:, j]
    return days


def every_week(days: DayArray) -> BoolArray:
    """Tell who is active in each of the four weeks.

    Parameters
    ----------
    days : array of shape (n,), uint32

    Examples
    --------
    >>> first_of_each_week, four_in_a_row = 0b1000000100000010000001, 0b1111
    >>> every_week(np.array([first_of_each_week, four_in_a_row], dtype=np.uint32)).tolist()
    [True, False]
    """
    result = np.ones(days.size, dtype=np.bool_)
    for week in WEEKS:
        result &= (days & week) != 0
    return result


def n_days(days: DayArray) -> NDArray[np.uint8]:
    """Count active days; the shape is kept."""
    return np.bitwise_count(days)
