"""Accounts on platforms, and surveys reached through them: worlds of certificates, and what is tried in them.

The population of a world is drawn once and stays; what varies from one simulation to the next is the sample, as in
design-based inference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from microwork_estimate import platforms, synthesis
from microwork_estimate.errors import check_choice
from microwork_estimate.estimate import Bounds, Estimand, Estimate, FloatArray, FrozenMapping
from microwork_estimate.inputs import PlatformRegistrations, ReachedVia, SurveySample
from microwork_estimate.simulate.market import PlatformMarket
from microwork_estimate.simulate.options import Activity
from microwork_estimate.simulate.population import Population, population
from microwork_estimate.simulate.registrations import registrations
from microwork_estimate.simulate.survey import survey
from microwork_estimate.simulate.survey_design import Reach

N_PLATFORMS, N_DECLARING, SEED = 23, 7, 2019
FIRST = "platform 01"
REACHED = {
    "all": Reach(via="registrations"),
    "all alike": Reach(via="registrations", allocation="equal"),
    "first": Reach(via="registrations", platforms=(FIRST,)),
    "workers": Reach(via="workers"),
}
_SOURCE = "synthetic: mean of the respondents"


class Surveyed(NamedTuple):
    """A survey of registered persons, and what the platforms declare."""

    sample: SurveySample
    accounts: PlatformRegistrations


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """Persons on 23 platforms, of which seven declare their accounts; a survey reaches some of them.

    Parameters
    ----------
    n_persons : int
        Of the world, registered or not.
    largest : float
        Popularity of the largest platform.
    exponent : float
        How fast popularity falls with the rank.
    multi_homing : float
        How much registrations go together.
    reached : str
        ``"all"`` (drawn from the accounts of all declaring platforms, in proportion), ``"all alike"`` (the same number
        from each), ``"first"`` (from the accounts of the largest platform only) or ``"workers"`` (drawn from persons).
    n_respondents : int

    Raises
    ------
    InvalidInput
        If a choice is unknown; the number of respondents and the market are checked when the world is drawn.

    Examples
    --------
    >>> world = Registered(
    ...     n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, reached="all", n_respondents=100
    ... )
    >>> data, truth = world(np.random.default_rng(1))
    >>> data.sample.n, truth < data.accounts.total
    (100, True)
    """

    n_persons: int
    largest: float
    exponent: float
    multi_homing: float
    reached: str
    n_respondents: int

    def __post_init__(self) -> None:
        check_choice(self.reached, REACHED, where="Registered.reached")

    def __call__(self, generator: np.random.Generator) -> tuple[Surveyed, float]:
        """Draw a survey; the truth is the number of persons registered on a declaring platform."""
        people = standing_people(self.n_persons, self.largest, self.exponent, self.multi_homing)
        sample = survey(
            people, n_respondents=self.n_respondents, reach=REACHED[self.reached], seed=int(generator.integers(2**63))
        ).data
        return Surveyed(sample, _accounts(people)), float(people.truth["registered"] or 0)


@lru_cache(maxsize=8)
def standing_people(n_persons: int, largest: float, exponent: float, multi_homing: float) -> Population:
    """Return the population of a world, which is drawn once and stays.

    Parameters
    ----------
    n_persons, largest, exponent, multi_homing
        As in :class:`Registered`.

    Returns
    -------
    Population

    Examples
    --------
    >>> people = standing_people(1000, 0.2, 1.0, 0.3)
    >>> people is standing_people(1000, 0.2, 1.0, 0.3)
    True
    """
    market = PlatformMarket.ranked(
        N_PLATFORMS, largest=largest, exponent=exponent, n_declaring=N_DECLARING, multi_homing=multi_homing
    )
    # On site, the active are met more often, and people on several platforms are more active.
    return population(n_persons=n_persons, market=market, activity=Activity(correlation=0.5), seed=SEED)


@lru_cache(maxsize=8)
def _accounts(people: Population) -> PlatformRegistrations:
    return registrations(people, seed=SEED).data


@dataclass(frozen=True, kw_only=True, slots=True)
class OnSite:
    """A questionnaire on the declaring platforms for 28 days: answers of the active, by how often they work.

    Parameters
    ----------
    n_persons, largest, exponent, multi_homing
        As in :class:`Registered`.
    n_respondents : int
        Expected number.

    Examples
    --------
    >>> world = OnSite(n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, n_respondents=100)
    >>> answers, truth = world(np.random.default_rng(1))
    >>> sorted(answers), 0 < truth < 1
    (['less often', 'weekly'], True)
    """

    n_persons: int
    largest: float
    exponent: float
    multi_homing: float
    n_respondents: int

    def __call__(self, generator: np.random.Generator) -> tuple[FrozenMapping, float]:
        """Draw answers; the truth is the share of the monthly active who are active every week."""
        people = standing_people(self.n_persons, self.largest, self.exponent, self.multi_homing)
        seed = int(generator.integers(2**63))
        sample = survey(people, n_respondents=self.n_respondents, reach=Reach(via="on_site"), seed=seed).data
        weekly = int(np.count_nonzero(sample.column("weekly_every_week")))
        truth = float(people.truth["weekly_every_week"] or 0) / float(people.truth["monthly"] or 0)
        return FrozenMapping({"weekly": weekly, "less often": sample.n - weekly}), truth


def persons_by_platform(data: Surveyed, *, level: float = 0.95) -> Estimate:
    """Persons by the harmonic mean, platform by platform.

    Parameters
    ----------
    data : Surveyed
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Registered(
    ...     n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, reached="all", n_respondents=100
    ... )
    >>> data, truth = world(np.random.default_rng(1))
    >>> estimate = persons_by_platform(data)
    >>> bool(abs(estimate.value / truth - 1) < 0.2)
    True
    """
    kappa = platforms.multiplicity(data.sample, platform="platform", registrations=data.accounts, level=level)
    return platforms.persons_from_registrations(data.accounts, kappa, level=level)


def persons_pooled(data: Surveyed, *, reached_via: ReachedVia | None = None, level: float = 0.95) -> Estimate:
    """Persons by the mean that goes with how the respondents were reached, platforms pooled.

    Parameters
    ----------
    data : Surveyed
    reached_via : str or None
        What to say of the respondents instead of the truth: to see what a wrong word does.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Registered(
    ...     n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, reached="workers", n_respondents=100
    ... )
    >>> data, truth = world(np.random.default_rng(1))
    >>> estimate = persons_pooled(data)
    >>> bool(abs(estimate.value / truth - 1) < 0.2)
    True
    """
    sample = data.sample if reached_via is None else replace(data.sample, reached_via=reached_via)
    kappa = platforms.multiplicity(sample, level=level)
    return platforms.persons_from_registrations(data.accounts, kappa, level=level)


def persons_by_stated_mean(data: Surveyed, *, count: str = "n_platforms", level: float = 0.95) -> Estimate:
    """Persons by the arithmetic mean of the answers: the arithmetic of the published figures.

    Parameters
    ----------
    data : Surveyed
    count : str
        ``"n_platforms"`` (declaring ones) or ``"n_platforms_everywhere"``.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Registered(
    ...     n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, reached="all", n_respondents=100
    ... )
    >>> data, truth = world(np.random.default_rng(1))
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     estimate = persons_by_stated_mean(data)
    >>> estimate.value < truth
    True
    """
    answers = _answers(data.sample, count)
    kappa = platforms.stated_multiplicity(
        float(answers.mean()),
        reached_via=data.sample.reached_via or "registration",
        source=_SOURCE,
        standard_error=float(answers.std(ddof=1) / math.sqrt(answers.size)),
    )
    return platforms.persons_from_registrations(data.accounts, kappa, level=level)


def published_mean_bounds(data: Surveyed, *, level: float = 0.95) -> Estimate:  # noqa: ARG001 - bounds have no level
    """Bounds on persons from the arithmetic mean of the answers alone.

    Parameters
    ----------
    data : Surveyed
    level : float
        Not used: bounds without sampling error.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Registered(
    ...     n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, reached="all", n_respondents=100
    ... )
    >>> data, truth = world(np.random.default_rng(1))
    >>> bounds = published_mean_bounds(data).bounds
    >>> bounds.low < truth < bounds.high
    True
    """
    mean = float(_answers(data.sample, "n_platforms").mean())
    return platforms.multiplicity_bounds(data.accounts, mean=mean)


def first_platform_bounds(data: Surveyed, *, monotone: bool = False, level: float = 0.95) -> Estimate:  # noqa: ARG001
    """Bounds on persons from respondents of the largest platform alone.

    Parameters
    ----------
    data : Surveyed
    monotone : bool
        Whether the lower bound is the one that holds if others are on no more platforms than these.
    level : float
        Not used: bounds without sampling error.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Registered(
    ...     n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, reached="first", n_respondents=100
    ... )
    >>> data, truth = world(np.random.default_rng(1))
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     plain, monotone = first_platform_bounds(data), first_platform_bounds(data, monotone=True)
    >>> plain.bounds.low <= monotone.bounds.low
    True
    """
    elsewhere = _answers(data.sample, "n_platforms") - 1.0
    found = platforms.one_platform_bounds(
        data.accounts,
        reached=FIRST,
        mean_other_platforms=float(elsewhere.mean()),
        share_multi_homing=float((elsewhere > 0).mean()),
    )
    low = found.diagnostics["low_if_monotone"]
    if not monotone or found.bounds is None or not isinstance(low, float):
        return found
    return replace(found, bounds=Bounds(low=low, high=found.bounds.high, reason=found.bounds.reason, sharp=False))


def weekly_share(answers: FrozenMapping, *, level: float = 0.95) -> Estimate:
    """Share of the answers that come from people who work every week.

    Parameters
    ----------
    answers : mapping of str to int
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     share = weekly_share(FrozenMapping({"weekly": 30, "less often": 70}))
    >>> share.value
    0.3
    """
    names = tuple(answers)
    tiers = [
        synthesis.Tier(id=name, label_en=name, label_fr=name, criterion_en=name, criterion_fr=name) for name in names
    ]
    counts = {name: int(answers[name] or 0) for name in names}
    classes: dict[str, Sequence[str]] = {name: (name,) for name in names}
    shares = synthesis.tier_shares(counts, classes, names=tiers, estimand=Estimand(unit="share"), level=level)
    return shares["weekly"]


def _answers(sample: SurveySample, count: str) -> FloatArray:
    return sample.numbers(count)
