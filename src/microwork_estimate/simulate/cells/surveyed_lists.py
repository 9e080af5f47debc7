"""A list, and a survey that asks who is on it: the world of a certificate, and what is tried in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from microwork_estimate import capture_recapture, weighting
from microwork_estimate.capture_recapture.recapture_assumptions import CHANCE_OFF_THE_LIST, MEMBERSHIP_KNOWN
from microwork_estimate.estimate import Activity, Estimand, Estimate, Interval
from microwork_estimate.inputs import SurveySample
from microwork_estimate.simulate.checks import check_number, check_share, check_whole
from microwork_estimate.streams import stream

SEED = 2019
_SURVEYED: Activity = "monthly"
_DECLARED: Activity = "registered"


class Asked(NamedTuple):
    """Respondents in clusters, who say whether they are on the list, and the size of the list."""

    sample: SurveySample
    size: capture_recapture.ListSize


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyedList:
    """Active persons in clusters; some of them are on a list; clusters are drawn and their persons asked.

    The population is drawn once and stays. Clusters are drawn with replacement.

    Parameters
    ----------
    n_clusters, cluster_size : int
        Of the population; their product is the truth.
    drawn : int
        Clusters drawn.
    on_list : float
        Chance to be on the list.
    alike : float
        Correlation between two persons of one cluster of being on it, above 0 and below 1.
    out_of_scope : float
        Share of the entries of the list that are of others: dormant accounts, people abroad.
    odds_ratio : float
        Between being on the list and answering: persons off it answer with one over this chance; at least 1.

    Raises
    ------
    InvalidInput
        If a number is impossible.

    Examples
    --------
    >>> world = SurveyedList(n_clusters=1000, cluster_size=16, drawn=60, on_list=0.3, alike=0.05)
    >>> data, truth = world(np.random.default_rng(1))
    >>> data.sample.n, truth
    (960, 16000.0)
    """

    n_clusters: int
    cluster_size: int
    drawn: int
    on_list: float
    alike: float
    out_of_scope: float = 0.0
    odds_ratio: float = 1.0

    def __post_init__(self) -> None:
        for name in ("n_clusters", "cluster_size", "drawn"):
            check_whole(getattr(self, name), where=f"SurveyedList.{name}")
        for name in ("on_list", "alike", "out_of_scope"):
            check_share(getattr(self, name), where=f"SurveyedList.{name}", below_one=True)
        for name in ("on_list", "alike"):
            check_number(getattr(self, name), where=f"SurveyedList.{name}", open_low=True)
        check_number(self.odds_ratio, where="SurveyedList.odds_ratio", low=1.0)

    def __call__(self, generator: np.random.Generator) -> tuple[Asked, float]:
        """Draw clusters; the truth is the number of active persons."""
        frame = _frame(self)
        chosen = generator.integers(0, self.n_clusters, self.drawn)
        listed, psu = frame[chosen].ravel(), np.repeat(np.arange(self.drawn), self.cluster_size)
        answers = listed | (generator.random(listed.size) < 1.0 / self.odds_ratio)
        sample = SurveySample(
            columns={"on the list": listed[answers]},
            weight=np.full(int(answers.sum()), self.n_clusters / self.drawn),
            psu=psu[answers],
            universe="synthetic",
        )
        whose = _DECLARED if self.out_of_scope else _SURVEYED
        entries = float(frame.sum()) / (1.0 - self.out_of_scope)
        size = capture_recapture.ListSize(persons=entries, estimand=Estimand(unit="persons", activity=whose))
        return Asked(sample, size), float(frame.size)


@lru_cache(maxsize=8)
def _frame(world: SurveyedList) -> NDArray[np.bool_]:
    """Return who is on the list, shape (clusters, persons): beta-binomial."""
    generator = stream(SEED, "certificate/surveyed list")
    strength = 1.0 / world.alike - 1.0
    chance = generator.beta(world.on_list * strength, (1.0 - world.on_list) * strength, world.n_clusters)
    return np.asarray(generator.random((world.n_clusters, world.cluster_size)) < chance[:, None])


def _share(data: Asked, level: float) -> Estimate:
    look = weighting.view(data.sample, estimand=Estimand(unit="share", activity=_SURVEYED))
    found = weighting.proportion(look, "on the list", level=level)
    assert isinstance(found, Estimate)  # noqa: S101 - no domains were asked for
    return found


def survey_recapture(data: Asked, *, clusters: bool = True, out_of_scope: float = 0.0, level: float = 0.95) -> Estimate:
    """Persons from the list and the share of respondents on it.

    Parameters
    ----------
    data : Asked
    clusters : bool
        Whether the clusters are used, or respondents taken for independent.
    out_of_scope : float
        Share of the list that is taken out.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> world = SurveyedList(n_clusters=1000, cluster_size=16, drawn=60, on_list=0.3, alike=0.05)
    >>> data, truth = world(np.random.default_rng(1))
    >>> bool(abs(survey_recapture(data).value / truth - 1) < 0.3)
    True
    """
    kept = data if clusters else data._replace(sample=replace(data.sample, psu=None))
    chosen = capture_recapture.RecaptureAdjustments(out_of_scope=out_of_scope)
    return capture_recapture.survey_recapture(_share(kept, level), data.size, adjustments=chosen, level=level)


def survey_given_odds_ratio(data: Asked, *, odds_ratio: float, level: float = 0.95) -> Estimate:
    """Read the curve of survey recapture at one odds ratio between list and answering.

    Parameters
    ----------
    data : Asked
    odds_ratio : float
    level : float

    Returns
    -------
    Estimate
        From :func:`~microwork_estimate.capture_recapture.survey_odds_ratio_curve`.

    Examples
    --------
    >>> world = SurveyedList(n_clusters=1000, cluster_size=16, drawn=60, on_list=0.3, alike=0.05)
    >>> data, truth = world(np.random.default_rng(1))
    >>> survey_given_odds_ratio(data, odds_ratio=1.0).value == survey_recapture(data).value
    True
    """
    curve = capture_recapture.survey_odds_ratio_curve(_share(data, level), data.size, [odds_ratio], level=level)
    value, low, high = (float(array[0]) for array in (curve.values, curve.low, curve.high))
    return Estimate(
        name="persons at an odds ratio",
        value=None if math.isnan(value) else value,
        interval=Interval(low=low, high=high, level=level, method="odds-ratio curve"),
        estimand=curve.estimand,
        method=f"survey recapture with an odds ratio of {odds_ratio:g}",
        assumptions=(CHANCE_OFF_THE_LIST, MEMBERSHIP_KNOWN),
    )


def survey_within_odds_ratios(data: Asked, *, low: float, high: float, level: float = 0.95) -> Estimate:
    """Bound the persons when only a range of the odds ratio between list and answering is known.

    Parameters
    ----------
    data : Asked
    low, high : float
        Range of the odds ratio.
    level : float

    Returns
    -------
    Estimate
        From :func:`~microwork_estimate.capture_recapture.survey_odds_ratio_bounds`.

    Examples
    --------
    >>> world = SurveyedList(n_clusters=1000, cluster_size=16, drawn=60, on_list=0.3, alike=0.05)
    >>> data, truth = world(np.random.default_rng(1))
    >>> bounds = survey_within_odds_ratios(data, low=1.0, high=2.0).bounds
    >>> bounds.low == survey_recapture(data).value, bounds.high > bounds.low
    (True, True)
    """
    found = _share(data, level)
    return capture_recapture.survey_odds_ratio_bounds(found, data.size, odds_ratios=(low, high), level=level)
