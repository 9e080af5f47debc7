"""Forgotten platforms: the deconvolution is the maximum, undoes the forgetting, and its interval covers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from microwork_estimate import simulate
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import PlatformRegistrations, SurveySample
from microwork_estimate.platforms import AccountSurvey, deconvolve_counts, persons_by_platform, recall_curve
from microwork_estimate.platforms.recall import naming_chances

ACCOUNTS = PlatformRegistrations(platforms=tuple("ABC"), accounts=[900, 400, 300], source="x")


def survey_of(counts, via, **options) -> AccountSurvey:
    """Make a survey of three platforms."""
    sample = SurveySample(columns={"k": counts, "via": via}, reached_via=options.pop("reached_via", "registration"))
    return AccountSurvey(sample=sample, registrations=ACCOUNTS, platform="via", count="k")


VARIED = survey_of([1, 2, 1, 3, 1, 2, 1, 1, 3, 2, 1, 2], list("AAAABBBBCCCC"))


@settings(max_examples=40, deadline=None)
@given(
    shares=st.lists(st.floats(0.02, 1), min_size=2, max_size=7),
    recall=st.floats(0.5, 0.99),
)
def test_exact_distributions_come_back(shares, recall):
    """What a distribution of k implies of the named numbers is undone."""
    law = np.array(shares) / np.sum(shares)
    found = deconvolve_counts(naming_chances(law.size, recall) @ law, recall)
    # Far tails are hardly told apart; the mean of 1/k, which is what counts, is.
    inverse = 1 / np.arange(1, law.size + 1)
    assert found @ inverse == pytest.approx(law @ inverse, abs=2e-4)


def test_naming_chances_are_binomial_by_simulation():
    """A person on four platforms names 1 + Binomial(3, 0.7)."""
    rng = np.random.default_rng(1)
    named = 1 + (rng.random((200_000, 3)) < 0.7).sum(1)
    found = np.bincount(named, minlength=5)[1:] / 200_000
    assert naming_chances(4, 0.7)[:, 3] == pytest.approx(found, abs=4e-3)


@pytest.mark.parametrize("observed", [[0.5, 0.1, 0.4], [0.9, 0.0, 0.1], [0.2, 0.7, 0.1]])
def test_maximum_likelihood_by_a_general_optimiser(observed):
    """Where no distribution fits exactly, the likelihood is that of a constrained optimiser."""
    target, chances = np.array(observed), naming_chances(3, 0.8)
    found = deconvolve_counts(observed, 0.8)

    def cost(f):
        return -float(target @ np.log(np.maximum(chances @ f, 1e-12)))

    general = optimize.minimize(
        cost,
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda f: f.sum() - 1},
        options={"ftol": 1e-14},
    )
    assert cost(found) <= general.fun + 1e-7
    assert found.sum() == pytest.approx(1)


def test_complete_recall_is_the_estimate_by_platform():
    """At r = 1 the curve has the number and the interval of persons_by_platform."""
    curve, plain = recall_curve(VARIED), persons_by_platform(VARIED)
    assert curve.grid.tolist() == [0.7, 0.8, 0.9, 1.0]
    assert curve.values[-1] == pytest.approx(plain.value, rel=1e-12)
    assert curve.low[-1] == pytest.approx(plain.interval.low, rel=1e-9)
    assert curve.high[-1] == pytest.approx(plain.interval.high, rel=1e-9)


def test_less_recall_means_fewer_persons():
    """The more is forgotten, the more platforms people have and the fewer they are."""
    assert (np.diff(recall_curve(VARIED).values) > 0).all()


def test_nobody_on_two_platforms_has_nothing_to_forget():
    """Whoever names one platform whatever the recall is likeliest on one; the error cannot be given."""
    curve = recall_curve(survey_of([1] * 6, list("AABBCC")), recall=(0.8, 1.0))
    assert curve.values == pytest.approx([1600, 1600], rel=1e-6)
    assert np.isnan(curve.low).all()


def test_known_truth_with_forgetting_respondents():
    """Respondents who forget a fifth: at r = 0.8 no bias and coverage 0.95; at r = 1 some 8 % too many."""
    market = simulate.PlatformMarket.ranked(7, largest=0.25, multi_homing=0.5)
    people = simulate.Propensity(law="gamma", cv=1.4)
    world = simulate.population(n_persons=20_000, market=market, propensity=people, seed=5)
    declared = simulate.registrations(world, seed=1).data
    truth, runs = world.truth["registered"], []
    for seed in range(150):
        sample = simulate.survey(
            world,
            n_respondents=900,
            reach=simulate.Reach(via="registrations"),
            answers=simulate.Answers(recall=0.8),
            seed=seed,
        ).data
        survey = AccountSurvey(sample=sample, registrations=declared, platform="platform", count="n_platforms")
        curve = recall_curve(survey, recall=(0.8, 1.0))
        runs.append((curve.values[0], curve.values[1], curve.low[0] <= truth <= curve.high[0]))
    right, wrong, covered = np.array(runs, dtype=float).T
    assert abs(right.mean() / truth - 1) < 0.006
    assert wrong.mean() / truth > 1.05
    assert covered.mean() == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 150))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: recall_curve(VARIED, recall=()), "impossible recall"),
        (lambda: recall_curve(VARIED, recall=(0.9, 0.8)), "impossible recall"),
        (lambda: recall_curve(VARIED, recall=(0.0, 0.8)), "impossible recall"),
        (lambda: recall_curve(VARIED, recall=(0.8, 1.1)), "impossible recall"),
        (lambda: recall_curve(survey_of([1, 2], ["A", "A"], reached_via="platform_subset")), "some of the platforms"),
        (lambda: deconvolve_counts([0, 0], 0.8), "nothing to deconvolve"),
        (lambda: deconvolve_counts([1, 0], 0.0), "nothing to deconvolve"),
        (lambda: deconvolve_counts([1, -1], 0.8), "impossible value"),
    ],
)
def test_impossible_recall_is_refused(call, message):
    """A rate outside 0 to 1, or out of order, gives no curve."""
    with pytest.raises(InvalidInput, match=message):
        call()
