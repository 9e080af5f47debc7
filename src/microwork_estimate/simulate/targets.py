"""Kernel: meet asked numbers of active persons exactly, by the smallest change to the world as drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray
from microwork_estimate.simulate.days import WEEKS, DayArray, every_week, joined
from microwork_estimate.simulate.options import WINDOW_DAYS, Targets
from microwork_estimate.simulate.people import BoolArray, SmallFloatArray
from microwork_estimate.streams import stream


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class World:
    """What is known of the persons of a world when its targets are met: one row for each person.

    Parameters
    ----------
    membership : array of shape (N, J)
    visits : array of shape (N, J)
        Days on which each person visits each platform, as bits.
    favourite : array of shape (N,)
    dormant, tried_once : array of shape (N,)
    activity : array of shape (N,)
        Normal score of activity: the rank of persons.
    day_rate : array of shape (N,)
        Chance of being active on a day.
    """

    membership: BoolArray
    visits: DayArray
    favourite: NDArray[np.int16]
    dormant: BoolArray
    tried_once: BoolArray
    activity: FloatArray
    day_rate: SmallFloatArray


def meet_targets(world: World, targets: Targets, columns: tuple[int, ...], seed: int) -> None:
    """Change `world` in place so that its activity counts on the platforms in `columns` are the targets.

    Persons are ranked by the stage they reached as drawn (weekly, monthly, ever active) and then by latent activity;
    the first so many are kept at each stage. Whoever must rise gains the missing days on the favourite platform (or
    on the first own one of the set); whoever must fall loses one week, all visits to the set, or becomes dormant.
    Weekly means active in each of the four weeks.

    Raises
    ------
    InvalidInput
        If more active persons are asked than are registered on the set.
    """
    registered = np.flatnonzero(world.membership[:, columns].any(axis=1))
    for name, number in targets.asked.items():
        if number > registered.size:
            raise InvalidInput(
                "more active persons than registered ones",
                expected=f"at most {registered.size}",
                got=str(number),
                where=f"Targets.{name}",
                fix="set Targets.registered, or raise n_persons or the popularity of the declaring platforms",
            )
    days = joined(world.visits, columns)[registered]
    ever, monthly, weekly = _stages(world, targets, registered, days)
    world.dormant[registered] = ~ever
    world.tried_once[registered[weekly | ~ever]] = False
    world.visits[registered[~ever], :] = 0
    for j in columns:
        world.visits[registered[~monthly], j] = 0
    _fall_from_weekly(world, registered[monthly & ~weekly & every_week(days)], columns, seed)
    _rise(world, registered[monthly & (days == 0)], columns, seed)
    _rise_to_weekly(world, registered[weekly], columns, seed)


def _stages(
    world: World, targets: Targets, registered: NDArray[np.intp], days: DayArray
) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Tell which of the registered shall be ever active, monthly and weekly active."""
    ever = ~world.dormant[registered]
    monthly, weekly = days > 0, every_week(days)
    rank = world.activity[registered] + 250.0 * ever + 500.0 * monthly + 1000.0 * weekly
    rank -= 100.0 * world.tried_once[registered]
    if targets.ever_active is not None:
        ever = _first(rank, targets.ever_active)
    monthly &= ever
    if targets.monthly is not None:
        monthly = _first(rank + 4000.0 * ever, targets.monthly)
    weekly &= monthly
    if targets.weekly is not None:
        weekly = _first(rank + 4000.0 * ever + 8000.0 * monthly, targets.weekly)
    monthly = monthly | weekly
    return ever | monthly, monthly, weekly


def _first(rank: FloatArray, wanted: int) -> BoolArray:
    """Mark the `wanted` highest ranks."""
    marked = np.zeros(rank.size, dtype=np.bool_)
    if wanted:
        marked[np.argpartition(-rank, wanted - 1)[:wanted]] = True
    return marked


def _own_platform(world: World, persons: NDArray[np.intp], columns: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the favourite platform of each person if it is in the set, otherwise their first one that is."""
    own = world.favourite[persons].astype(np.intp)
    outside = ~np.isin(own, columns)
    first = np.argmax(world.membership[persons[outside]][:, columns], axis=1)
    own[outside] = np.asarray(columns)[first]
    return own


def _fall_from_weekly(world: World, persons: NDArray[np.intp], columns: tuple[int, ...], seed: int) -> None:
    week = stream(seed, "population/targets/week lost").integers(0, len(WEEKS), persons.size)
    kept = ~np.asarray(WEEKS, dtype=np.uint32)[week]
    for j in columns:
        world.visits[persons, j] &= kept


def _rise(world: World, persons: NDArray[np.intp], columns: tuple[int, ...], seed: int) -> None:
    day = stream(seed, "population/targets/day gained").integers(0, WINDOW_DAYS, persons.size, dtype=np.uint32)
    world.visits[persons, _own_platform(world, persons, columns)] |= np.left_shift(np.uint32(1), day)


def _rise_to_weekly(world: World, persons: NDArray[np.intp], columns: tuple[int, ...], seed: int) -> None:
    days = joined(world.visits[persons], columns)
    own = _own_platform(world, persons, columns)
    weekdays = stream(seed, "population/targets/weekday gained").integers(0, 7, (persons.size, len(WEEKS)))
    for number, week in enumerate(WEEKS):
        missing = (days & week) == 0
        day = (7 * number + weekdays[missing, number]).astype(np.uint32)
        world.visits[persons[missing], own[missing]] |= np.left_shift(np.uint32(1), day)
