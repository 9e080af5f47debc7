"""Visits to platforms, and surveys that reach persons through them: worlds of certificates, and what is tried in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from microwork_estimate import platforms
from microwork_estimate.errors import check_choice
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import SurveySample
from microwork_estimate.inputs.platform_days import PlatformDays
from microwork_estimate.simulate.cells.platforms import standing_people
from microwork_estimate.simulate.population import Population
from microwork_estimate.simulate.survey import survey
from microwork_estimate.simulate.survey_design import FieldWork, Reach
from microwork_estimate.simulate.visit_log import visit_log

TRUTHS = {"monthly": "all", "weekly": "True"}
_WEEKLY = "weekly_every_week"


class Visited(NamedTuple):
    """Respondents drawn from visits, the log of all visits, and whom the truth is about."""

    sample: SurveySample
    days: PlatformDays
    about: str


class OnSiteAnswers(NamedTuple):
    """Respondents of a questionnaire that stood on the platforms, and the chance of answering it at a visit."""

    sample: SurveySample
    chance: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Visits:
    """Respondents drawn from the visits of 28 days to the declaring platforms, and the log of these visits.

    Parameters
    ----------
    n_persons, largest, exponent, multi_homing
        As in :class:`~microwork_estimate.simulate.cells.platforms.Registered`.
    n_respondents : int
    about : str
        ``"monthly"`` (all who are active in the window) or ``"weekly"`` (those active in every week).

    Raises
    ------
    InvalidInput
        If nobody is known by such a word.

    Examples
    --------
    >>> world = Visits(
    ...     n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, n_respondents=100, about="monthly"
    ... )
    >>> data, truth = world(np.random.default_rng(1))
    >>> data.sample.n, 0 < truth < data.days.total
    (100, True)
    """

    n_persons: int
    largest: float
    exponent: float
    multi_homing: float
    n_respondents: int
    about: str

    def __post_init__(self) -> None:
        check_choice(self.about, TRUTHS, where="Visits.about")

    def __call__(self, generator: np.random.Generator) -> tuple[Visited, float]:
        """Draw respondents from the visits; the truth is the number of persons."""
        people = standing_people(self.n_persons, self.largest, self.exponent, self.multi_homing)
        seed = int(generator.integers(2**63))
        sample = survey(people, n_respondents=self.n_respondents, reach=Reach(via="visits"), seed=seed).data
        truth = people.truth["monthly" if self.about == "monthly" else _WEEKLY]
        return Visited(sample, _log(people), self.about), float(truth or 0)


@lru_cache(maxsize=8)
def _log(people: Population) -> PlatformDays:
    return visit_log(people).data


@dataclass(frozen=True, kw_only=True, slots=True)
class OnSiteVisits:
    """A questionnaire that stands on the declaring platforms for 28 days, answered by each person at most once.

    Parameters
    ----------
    n_persons, largest, exponent, multi_homing
        As in :class:`~microwork_estimate.simulate.cells.platforms.Registered`.
    chance : float
        Chance of answering at a visit.

    Examples
    --------
    >>> world = OnSiteVisits(n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, chance=0.05)
    >>> data, truth = world(np.random.default_rng(1))
    >>> data.chance, 0 < truth < 1
    (0.05, True)
    """

    n_persons: int
    largest: float
    exponent: float
    multi_homing: float
    chance: float

    def __call__(self, generator: np.random.Generator) -> tuple[OnSiteAnswers, float]:
        """Draw answers; the truth is the share of the monthly active who are active every week."""
        people = standing_people(self.n_persons, self.largest, self.exponent, self.multi_homing)
        seed = int(generator.integers(2**63))
        found = survey(people, reach=Reach(via="on_site"), field_work=FieldWork(chance=self.chance), seed=seed)
        truth = float(people.truth[_WEEKLY] or 0) / float(people.truth["monthly"] or 0)
        return OnSiteAnswers(found.data, self.chance), truth


def persons_from_visits(data: Visited, *, banded: bool = False, level: float = 0.95) -> Estimate:
    """Persons of the window from visits and one question.

    Parameters
    ----------
    data : Visited
    banded : bool
        Whether the question was asked in bands.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = Visits(
    ...     n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, n_respondents=400, about="monthly"
    ... )
    >>> data, truth = world(np.random.default_rng(1))
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the estimate keeps the warning
    ...     persons = persons_from_visits(data)
    >>> bool(abs(persons.value / truth - 1) < 0.2)
    True
    """
    sample, question = data.sample, platforms.DayQuestion()
    if banded:
        bands = platforms.Bands()
        at = np.searchsorted(bands.lower, sample.numbers("platform_days"), side="right") - 1
        sample = replace(sample, columns={**sample.columns, "platform_days": np.asarray(bands.labels)[at]})
        question = platforms.DayQuestion(bands=bands)
    found = platforms.persons_from_platform_days(data.days, sample, question=question, by=_WEEKLY, level=level)
    return found.persons if data.about == "monthly" else found.tiers[TRUTHS[data.about]]


def share_of_active(data: OnSiteAnswers, *, chance_known: bool = True, level: float = 0.95) -> Estimate:
    """Share of the active who work every week, answers weighted by one over the chance of being reached.

    Parameters
    ----------
    data : OnSiteAnswers
    chance_known : bool
        Whether the chance of answering at a visit is used, or only that it goes with the visits.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = OnSiteVisits(n_persons=5000, largest=0.2, exponent=1.0, multi_homing=0.3, chance=0.1)
    >>> data, truth = world(np.random.default_rng(1))
    >>> bool(abs(share_of_active(data).value - truth) < 0.1)
    True
    """
    law = platforms.Avidity(chance=data.chance if chance_known else None)
    return platforms.tier_shares_on_site(data.sample, tier=_WEEKLY, avidity=law, level=level).shares["True"]
