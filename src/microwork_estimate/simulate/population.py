"""A synthetic workforce with a known truth: N persons, J platforms, one window of 28 days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microwork_estimate.bootstrap.streams import check_stream_names
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import FloatArray, FrozenMapping
from microwork_estimate.simulate import days as activity_days
from microwork_estimate.simulate import people
from microwork_estimate.simulate.checks import check_whole, positions
from microwork_estimate.simulate.days import DayArray
from microwork_estimate.simulate.market import PlatformMarket
from microwork_estimate.simulate.options import Activity, Attrition, Covariate, Propensity
from microwork_estimate.simulate.people import BoolArray, CodeArray, SmallFloatArray
from microwork_estimate.simulate.targets import World, meet_targets
from microwork_estimate.simulate.truth import world_truth
from microwork_estimate.streams import stream

TIERS = ("everybody", "registered", "ever_active", "monthly", "weekly_days4", "weekly_every_week")
"""Whom an instrument may be about, from the widest to the narrowest."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Population:
    """The persons of a synthetic world, one row each. Made by :func:`population`, which gives its arrays away.

    Parameters
    ----------
    market : PlatformMarket
        The J platforms.
    attrition : Attrition
        How persons come and go between windows.
    membership : array of shape (N, J), bool
        Who is registered where.
    visits : array of shape (N, J), uint32
        Bit d (from 0 to 27) is set if the person is active on the platform on day d.
    propensity : array of shape (N,), float32
        Inclination to platform work, positive with mean 1.
    day_rate : array of shape (N,), float32
        Chance of being active on a day, for those who are not dormant.
    dormant, tried_once : array of shape (N,), bool
        Registered and never active again; active on one day and never again.
    covariates : tuple of Covariate
    codes : tuple of arrays of shape (N,), uint8
        For each covariate, the position of the category of each person.
    truth : mapping of str to number
        Every true number about the declaring platforms.
    seed : int
        What it was made from.
    """

    market: PlatformMarket
    attrition: Attrition
    membership: BoolArray
    visits: DayArray
    propensity: SmallFloatArray
    day_rate: SmallFloatArray
    dormant: BoolArray
    tried_once: BoolArray
    covariates: tuple[Covariate, ...]
    codes: tuple[CodeArray, ...]
    truth: FrozenMapping
    seed: int

    def __post_init__(self) -> None:
        shape = self.membership.shape
        arrays = (self.propensity, self.day_rate, self.dormant, self.tried_once, *self.codes)
        if self.visits.shape != shape or any(array.shape != shape[:1] for array in arrays):
            raise InvalidInput(
                "arrays of different lengths",
                expected=f"one row for each of {shape[0]} persons",
                got=f"visits {self.visits.shape}, others {sorted({array.shape for array in arrays})}",
                where="Population",
                fix="make it with simulate.population",
            )
        for array in (self.membership, self.visits, *arrays):
            array.flags.writeable = False

    @property
    def n_persons(self) -> int:
        """Number N of persons of the world, registered or not."""
        return int(self.membership.shape[0])

    def columns(self, platforms: tuple[str, ...] | None = None, *, where: str = "platforms") -> tuple[int, ...]:
        """Return the columns of some platforms; of the declaring ones if none are named.

        Raises
        ------
        InvalidInput
            If a name is unknown or stands twice.
        """
        if platforms is None:
            return self.market.declaring_columns
        return positions(platforms, self.market.names, where=where)

    def truth_on(self, platforms: tuple[str, ...]) -> FrozenMapping:
        """Return every true number about another set of platforms than the declaring one.

        Raises
        ------
        InvalidInput
            If a name is unknown or stands twice.
        """
        columns = self.columns(platforms)
        return FrozenMapping(world_truth(self.membership, self.visits, self.dormant, columns, self.market.names))

    def days(self, platforms: tuple[str, ...] | None = None) -> DayArray:
        """Return the days on which each person is active on at least one of the platforms, as bits, shape (N,)."""
        return activity_days.joined(self.visits, self.columns(platforms))

    def covariate(self, name: str) -> NDArray[Any]:
        """Return the category of each person, as text, shape (N,).

        Raises
        ------
        InvalidInput
            If the world has no such covariate.
        """
        names = tuple(covariate.name for covariate in self.covariates)
        (at,) = positions((name,), names or ("none: this world has no covariates",), where="Population.covariates")
        return np.asarray(self.covariates[at].categories)[self.codes[at]]

    def among(self, tier: str, *, where: str = "among") -> BoolArray:
        """Tell who belongs to a tier on the declaring platforms, shape (N,).

        Raises
        ------
        InvalidInput
            If there is no such tier.
        """
        positions((tier,), TIERS, where=where)
        if tier == "everybody":
            return np.ones(self.n_persons, dtype=np.bool_)
        if tier in ("registered", "ever_active"):
            registered = self.membership[:, self.columns()].any(axis=1)
            return np.asarray(registered if tier == "registered" else registered & ~self.dormant)
        if tier == "weekly_every_week":
            return activity_days.every_week(self.days())
        return np.asarray(activity_days.n_days(self.days()) >= (1 if tier == "monthly" else 4))


def population(
    *,
    n_persons: int,
    market: PlatformMarket,
    propensity: Propensity | None = None,
    activity: Activity | None = None,
    attrition: Attrition | None = None,
    seed: int,
) -> Population:
    """Make a synthetic workforce whose every number is known.

    In words: covariates are drawn; they and chance give each person a propensity to platform work. A person registers
    on a platform where the latent inclination, made of the propensity and of a part of its own, exceeds the threshold
    of the platform. Some of the registered are dormant; the others have a chance of being active on a day that goes
    with their propensity as asked, and their active days in a window of 28 are drawn from it and spread over their
    platforms. Each of these is drawn from a stream named after it, so that switching one on or off leaves the draws
    of the others as they were.

    Parameters
    ----------
    n_persons : int
        N: all persons of the world, registered or not.
    market : PlatformMarket
        The platforms, their popularity, the correlation of registrations, and who declares.
    propensity : Propensity or None
        How much persons differ, and their covariates. None for the defaults.
    activity : Activity or None
        Days of activity, and numbers of active persons to be met exactly.
    attrition : Attrition or None
        Dormancy, one-inflation, and turnover between windows.
    seed : int
        Two calls with the same seed and options give the same bytes.

    Returns
    -------
    Population
        With `truth`: ``persons``, ``registered``, ``ever_active``, ``monthly`` (active on a day of the 28),
        ``weekly_days4`` (on four days or more), ``weekly_every_week`` (in each of four weeks), the exclusive cells
        ``weekly_every_week``, ``monthly_not_weekly``, ``rarer`` and ``dormant``, which add up to ``registered``,
        ``person_days``, ``registrations``, ``mean_platforms`` (per person) and ``mean_platforms_size_biased`` (per
        registration), ``mean_platforms_everywhere`` (platforms that do not declare counted too),
        ``share_multi_homing``, ``visitors`` (summed over platforms), ``mean_platforms_visited``, ``platform_days``,
        and ``registrations on <platform>`` and ``visitors on <platform>`` for each. All are about the declaring
        platforms.

    Raises
    ------
    InvalidInput
        If an option is impossible, or a target cannot be attained with so many persons.

    Assumptions
    -----------
    A model, not a finding: one propensity behind all registrations, days independent given a constant chance,
    covariates independent of one another.

    References
    ----------
    The law of active days given a beta chance is the beta-binomial: Skellam, J. G. (1948), Journal of the Royal
    Statistical Society B 10(2), 257-261. Registrations with one shared factor: Vasicek, O. (2002), Risk 15(12).

    Examples
    --------
    >>> market = PlatformMarket.ranked(5, largest=0.3, n_declaring=3, multi_homing=0.4)
    >>> world = population(n_persons=2000, market=market, attrition=Attrition(dormancy=0.5), seed=7)
    >>> world.truth["registered"] == world.truth["ever_active"] + world.truth["dormant"]
    True
    """
    n = check_whole(n_persons, where="n_persons")
    propensity, activity = propensity or Propensity(), activity or Activity()
    attrition = attrition or Attrition()
    parts = ("membership", "visits")
    check_stream_names(f"population/{part}/{name}" for part in parts for name in market.names)
    codes = people.draw_covariates(propensity.covariates, n, seed)
    score = people.draw_scores(propensity, codes, n, seed)
    world = _draw_world(market, propensity, activity, attrition, score, seed)
    columns = market.declaring_columns
    if activity.targets is not None:
        meet_targets(world, activity.targets, columns, seed)
    return Population(
        market=market,
        attrition=attrition,
        membership=world.membership,
        visits=world.visits,
        propensity=people.propensity_of(propensity, score).astype(np.float32),
        day_rate=world.day_rate,
        dormant=world.dormant,
        tried_once=world.tried_once,
        covariates=propensity.covariates,
        codes=codes,
        truth=FrozenMapping(world_truth(world.membership, world.visits, world.dormant, columns, market.names)),
        seed=seed,
    )


def _draw_world(
    market: PlatformMarket,
    propensity: Propensity,
    activity: Activity,
    attrition: Attrition,
    score: FloatArray,
    seed: int,
) -> World:
    """Draw registrations, dormancy and visits of persons whose propensity has the normal scores `score`."""
    standard, limit = people.standardised_log(propensity, score), people.thresholds(market, propensity)
    wanted = None if activity.targets is None else activity.targets.registered
    if wanted is None:
        membership = people.draw_membership(market, standard, limit, seed)
    else:
        membership = people.draw_membership_exactly(market, standard, limit, wanted, seed)
    registered = np.asarray(membership.any(axis=1))
    dormant = activity_days.draw_dormant(attrition, score, registered, seed)
    tried_once = activity_days.draw_tried_once(attrition, score.size, seed) & registered & ~dormant
    latent = activity_days.draw_activity_scores(activity, score, seed)
    rate = activity_days.day_rates(activity, latent)
    days = activity_days.random_days(rate, stream(seed, "population/days"))
    once = activity_days.one_random_day(score.size, stream(seed, "population/day tried"))
    days[tried_once] = once[tried_once]
    days[dormant] = 0
    favourite = activity_days.draw_favourites(membership, seed)
    visits = activity_days.draw_visits(membership, days, favourite, activity.crossing, (seed, market.names))
    return World(
        membership=membership,
        visits=visits,
        favourite=favourite,
        dormant=dormant,
        tried_once=tried_once,
        activity=latent,
        day_rate=rate,
    )
