"""Repeated surveys of a synthetic world whose persons come and go."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate import (
    Activity,
    Attrition,
    PlatformMarket,
    Population,
    SurveyPlan,
    population,
    survey_days,
)

MARKET = PlatformMarket(names=("A", "B"), popularity=(0.4, 0.2))


def world(n_persons: int = 30_000, **attrition: float) -> Population:
    """Make a world with the asked turnover."""
    return population(
        n_persons=n_persons, market=MARKET, activity=Activity(mean_days=6.0), attrition=Attrition(**attrition), seed=8
    )


def test_equal_catchability_in_a_closed_world_is_binomial() -> None:
    """Without turnover the numbers of times seen, the unseen included, are binomial over the occasions."""
    closed = world()
    seen = survey_days(closed, plan=SurveyPlan(n_periods=4, days_per_period=2, participation=0.15), seed=1)
    size = int(seen.truth["size"])
    counts = np.zeros(9)
    counts[1 : 1 + seen.data.counts().frequencies.size] = seen.data.counts().frequencies
    counts[0] = size - seen.data.n_observed
    law = stats.binom(8, 0.15)
    observed = np.append(counts[:5], counts[5:].sum())
    assert stats.chisquare(observed, np.append(law.pmf(np.arange(5)), law.sf(4)) * size).pvalue > 1e-4
    assert seen.truth["size"] == closed.truth["ever_active"] == seen.truth["superpopulation"]
    assert seen.truth["half_life"] is None


def test_beta_catchability_is_beta_binomial() -> None:
    """Persons who keep their catchability are seen a beta-binomial number of times."""
    plan = SurveyPlan(n_periods=6, catchability="beta", participation=0.2, cv=1.0)
    seen = survey_days(world(), plan=plan, seed=1)
    size = int(seen.truth["size"])
    counts = np.append(size - seen.data.n_observed, seen.data.counts().frequencies)
    total = 0.2 * 0.8 / 0.2**2 - 1.0
    law = stats.betabinom(6, 0.2 * total, 0.8 * total)
    assert stats.chisquare(counts, law.pmf(np.arange(7)) * size).pvalue > 1e-4


def test_activity_decides_who_is_met() -> None:
    """With catchability by activity, sightings are the chance of being active times the participation."""
    active = world()
    seen = survey_days(active, plan=SurveyPlan(n_periods=3, catchability="activity", participation=0.3), seed=1)
    chance = 0.3 * active.day_rate[active.among("ever_active")].astype(float)
    for number in seen.data.seen.sum(axis=0):
        assert abs(number - chance.sum()) < 5.0 * math.sqrt((chance * (1 - chance)).sum())


def test_turnover_keeps_the_size_and_inflates_a_closed_estimate() -> None:
    """Seven-window half-life: Petersen over six windows is 2^(6/7) = 1.81 times the size, as theory says."""
    turning = world(n_persons=60_000, survival=0.5 ** (1 / 7))
    seen = survey_days(turning, plan=SurveyPlan(n_periods=7, participation=0.2), seed=1)
    sizes = {seen.truth[f"present in period {t}"] for t in range(1, 8)}
    assert sizes == {seen.truth["size"]}
    assert seen.truth["half_life"] == pytest.approx(7.0)
    pair = seen.data.pair(0, 6)
    n1, n2 = pair.list_sizes
    both = pair.counts[0]
    ratio = n1 * n2 / both / float(seen.truth["size"])
    assert abs(math.log(ratio) - math.log(2.0) * 6 / 7) < 5.0 / math.sqrt(both)


def test_arrivals_are_the_asked_share() -> None:
    """Newcomers arrive at the asked rate; ever present are all arrivals together."""
    growing = world(survival=0.9, arrivals=0.25)
    seen = survey_days(growing, plan=SurveyPlan(n_periods=5), seed=1)
    present = [int(seen.truth[f"present in period {t}"]) for t in range(1, 6)]
    arrivals = [int(seen.truth[f"arrivals in period {t}"]) for t in range(1, 6)]
    for before, new in zip(present, arrivals[1:], strict=False):
        assert abs(new - 0.25 * before) < 5.0 * math.sqrt(0.25 * before)
    for before, after in itertools.pairwise(present):
        assert abs(after - 1.15 * before) < 5.0 * math.sqrt((0.25 + 0.09) * before)
    assert seen.truth["superpopulation"] == sum(arrivals)
    assert arrivals[0] == present[0]


def test_nobody_leaves_within_a_window() -> None:
    """Two survey days of one window are two independent lists of the same persons."""
    turning = world(n_persons=60_000, survival=0.5)
    seen = survey_days(turning, plan=SurveyPlan(n_periods=2, days_per_period=2, participation=0.2), seed=1).data
    first, second = seen.seen[:, 0], seen.seen[:, 1]
    size = turning.truth["ever_active"]
    expected = 0.2 * 0.2 * float(size)
    assert abs((first & second).sum() - expected) < 5.0 * math.sqrt(expected)
    across = (first & seen.seen[:, 2]).sum()
    assert abs(across - 0.5 * expected) < 5.0 * math.sqrt(expected)


def test_who_tried_once_is_seen_at_most_once() -> None:
    """When everybody tries once, nobody is seen twice, and everybody only in the first window."""
    once = world(tried_once=1.0)
    seen = survey_days(once, plan=SurveyPlan(n_periods=3, days_per_period=4, participation=0.9), seed=1)
    assert seen.data.counts().frequencies.size == 1
    assert not seen.data.seen[:, 4:].any()
    size = int(seen.truth["size"])
    assert abs(seen.data.n_observed - 0.9 * size) < 5.0 * math.sqrt(0.09 * size)


def test_one_seed_gives_the_same_sightings_and_later_windows_change_nothing() -> None:
    """The same seed gives the same table; a longer study has the shorter one in it."""
    turning = world(survival=0.8)
    short, again, long = (
        survey_days(turning, plan=SurveyPlan(n_periods=n, participation=0.2), seed=3) for n in (3, 3, 5)
    )
    np.testing.assert_array_equal(short.data.seen, again.data.seen)
    np.testing.assert_array_equal(short.data.pair(0, 2).counts, long.data.pair(0, 2).counts)
    assert short.truth["arrivals in period 3"] == long.truth["arrivals in period 3"]


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: SurveyPlan(n_periods=0), "not a whole number"),
        (lambda: SurveyPlan(n_periods=2, days_per_period=29), "impossible value"),
        (lambda: SurveyPlan(n_periods=2, participation=1.0), "impossible share"),
        (lambda: SurveyPlan(n_periods=2, catchability="luck"), "unknown choice"),
        (lambda: SurveyPlan(n_periods=2, catchability="beta", participation=0.5, cv=1.0), "spread that cannot"),
        (lambda: survey_days(world(100), plan=SurveyPlan(n_periods=2), among="daily", seed=1), "unknown name"),
        (lambda: survey_days(world(100, dormancy=1.0), plan=SurveyPlan(n_periods=2), seed=1), "nobody to survey"),
        (lambda: survey_days(world(20), plan=SurveyPlan(n_periods=1, participation=1e-9), seed=1), "nobody was seen"),
    ],
)
def test_impossible_plans_are_refused(make: object, problem: str) -> None:
    """Bad plans or tiers raise an error that says what is wrong."""
    with pytest.raises(InvalidInput, match=problem):
        make()  # type: ignore[operator]
