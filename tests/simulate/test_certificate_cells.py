"""The worlds of certificates: what they draw is what they say, by exact sums or by the instruments of the simulator."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from scipy import integrate, special, stats

from microwork_estimate import platforms, simulate
from microwork_estimate.bootstrap import fingerprint
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.simulate import cells
from microwork_estimate.simulate.cells import surveys
from microwork_estimate.simulate.cells.two_lists import given_odds_ratio, waring_replicates


def _mean_of(world, measure, n=2000, seed=1):
    generator = np.random.default_rng(seed)
    return np.mean([measure(world(generator)[0]) for _ in range(n)], axis=0)


@pytest.mark.parametrize("odds_ratio", [0.5, 1.0, 4.0])
def test_two_lists_have_their_sizes_and_their_odds_ratio(odds_ratio):
    """On average the lists have sqrt(N overlap) persons each, and the four cells have the odds ratio asked."""
    world = cells.TwoLists(size=15000, expected_overlap=18, odds_ratio=odds_ratio)
    both, first, second = _mean_of(world, lambda histories: histories.counts)
    assert both + first == pytest.approx(math.sqrt(15000 * 18), rel=0.005)
    assert both + second == pytest.approx(both + first, rel=0.01)
    neither = 15000 - both - first - second
    assert both * neither / (first * second) == pytest.approx(odds_ratio, rel=0.05)


def test_two_lists_are_those_of_the_instrument():
    """Multinomial cells vary and average as the lists that the simulator draws person by person."""
    people = simulate.population(
        n_persons=2000, market=simulate.PlatformMarket.ranked(2, largest=0.5, exponent=0.0), seed=1
    )
    share = math.sqrt(40 / 2000)
    capture = simulate.Capture(probabilities=(share, share), odds_ratio=3.0)
    drawn = np.array(
        [simulate.lists(people, capture=capture, among="everybody", seed=seed).data.counts for seed in range(400)]
    )
    generator = np.random.default_rng(1)
    world = cells.TwoLists(size=2000, expected_overlap=40, odds_ratio=3.0)
    cell = np.array([world(generator)[0].counts for _ in range(400)])
    error = np.sqrt((drawn.var(axis=0) + cell.var(axis=0)) / 400)
    assert np.all(abs(drawn.mean(axis=0) - cell.mean(axis=0)) < 4 * error)
    assert drawn.var(axis=0) == pytest.approx(cell.var(axis=0), rel=0.35)


def test_turnover_shrinks_the_overlap():
    """Lists g apart share 2^(-g / half-life) of what lists of one time share; sizes stay."""
    both, first, second = _mean_of(
        cells.Turnover(size=15000, chance=0.05, lag=6, half_life=7), lambda histories: histories.counts
    )
    assert both == pytest.approx(15000 * 0.05**2 * 0.5 ** (6 / 7), rel=0.02)
    assert both + first == pytest.approx(750, rel=0.005)
    assert both + second == pytest.approx(750, rel=0.005)


@pytest.mark.parametrize(
    ("options", "law"),
    [
        ({"law": "poisson", "mean": 1.3}, stats.poisson(1.3)),
        ({"law": "geometric", "mean": 1.3}, stats.nbinom(1, 1 / 2.3)),
        ({"law": "binomial", "mean": 1.3, "occasions": 12}, stats.binom(12, 1.3 / 12)),
    ],
)
def test_sightings_follow_their_law(options, law):
    """The counts of persons seen once, twice, three times and the total are those of the law."""
    world = cells.Sightings(size=5000, **options)
    found = _mean_of(world, lambda counts: [*counts.frequencies[:3], counts.n_observed], n=1000)
    assert found == pytest.approx([*(5000 * law.pmf([1, 2, 3])), 5000 * (1 - law.pmf(0))], rel=0.01)


def test_sightings_of_two_classes_and_of_those_who_left():
    """Two classes mix two laws with the mean asked; who came once and left is seen once."""
    two = cells.Sightings(size=5000, law="two classes", mean=3.0, occasions=30, contrast=5.0)
    seen = 5000 * (1 - 0.5 * (stats.binom.pmf(0, 30, 1 / 30) + stats.binom.pmf(0, 30, 5 / 30)))
    assert _mean_of(two, lambda counts: counts.n_observed, n=500) == pytest.approx(seen, rel=0.005)
    assert _mean_of(two, lambda counts: counts.total_sightings, n=500) == pytest.approx(15000, rel=0.005)
    left = cells.Sightings(size=5000, law="poisson", mean=1.5, tried_once=0.3)
    once, twice = 5000 * np.array([0.3 + 0.7 * stats.poisson.pmf(1, 1.5), 0.7 * stats.poisson.pmf(2, 1.5)])
    assert _mean_of(left, lambda counts: counts.frequencies[:2], n=500) == pytest.approx([once, twice], rel=0.01)


def test_patterns_of_independent_and_paired_lists():
    """Chances of patterns are products where lists are independent, and have the odds ratio where two are not."""
    chances = (0.3, 0.25, 0.2, 0.15)
    plain = cells.pattern_chances(cells.SeveralLists(size=10, chances=chances))
    assert plain[0] == pytest.approx(np.prod(chances))
    assert plain[-1] == pytest.approx(np.prod([1 - p for p in chances]))
    assert plain.sum() == pytest.approx(1)
    paired = cells.pattern_chances(cells.SeveralLists(size=10, chances=chances, pairs=((2, 4),), odds_ratio=4.0))
    table = np.append(paired[:-1], paired[-1]).reshape(2, 2, 2, 2)[::1].sum(axis=(0, 2))
    assert table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0]) == pytest.approx(4.0)
    assert table[0].sum() == pytest.approx(0.25)
    assert table[:, 0].sum() == pytest.approx(0.15)


def test_patterns_under_unequal_chances():
    """Rasch chances are the integral over a normal law, two classes a sum of two, and the uncatchable are on no list."""
    chances = (0.3, 0.2, 0.1)
    rasch = cells.pattern_chances(cells.SeveralLists(size=10, chances=chances, spread=1.2))

    def all_three(z):
        return stats.norm.pdf(z) * np.prod(special.expit(special.logit(chances) + 1.2 * z))

    assert rasch[0] == pytest.approx(integrate.quad(all_three, -9, 9)[0], rel=1e-9)
    classes = cells.pattern_chances(cells.SeveralLists(size=10, chances=chances, class_share=0.4, class_odds=5.0))
    high = special.expit(special.logit(chances) + np.log(5.0))
    assert classes[0] == pytest.approx(0.6 * np.prod(chances) + 0.4 * np.prod(high))
    never = cells.pattern_chances(cells.SeveralLists(size=10, chances=chances, uncatchable=0.2))
    plain = cells.pattern_chances(cells.SeveralLists(size=10, chances=chances))
    assert never[:-1] == pytest.approx(0.8 * plain[:-1])
    assert never[-1] == pytest.approx(0.2 + 0.8 * plain[-1])


@pytest.mark.parametrize("reached", ["all", "all alike", "first", "workers"])
def test_surveys_reach_whom_they_say(reached):
    """The truth is the number of persons on a declaring platform; respondents say how they were reached."""
    world = cells.Registered(
        n_persons=20000, largest=0.25, exponent=0.6, multi_homing=0.2, reached=reached, n_respondents=300
    )
    data, truth = world(np.random.default_rng(1))
    assert data.sample.n == 300
    assert data.accounts.accounts.size == 7
    assert truth < data.accounts.total
    said = {"all": "registration", "all alike": "registration", "first": "platform_subset", "workers": "worker"}
    assert data.sample.reached_via == said[reached]
    again, same = world(np.random.default_rng(2))
    assert same == truth
    assert again.sample.numbers("n_platforms").tolist() != data.sample.numbers("n_platforms").tolist()


def test_answers_on_site_are_length_biased():
    """Among answers on site, those who work every week are more than among the persons active in the month."""
    world = cells.OnSite(n_persons=10000, largest=0.25, exponent=0.6, multi_homing=0.2, n_respondents=600)
    answers, truth = world(np.random.default_rng(1))
    assert answers["weekly"] / sum(answers.values()) > 1.5 * truth


def test_draws_of_clusters_are_unbiased():
    """Weighted totals average to the truth, margins are the sizes of the groups, and the mean is total over persons."""
    options = {"n_strata": 4, "drawn": 2, "cluster_size": 5, "spread": 0.5, "between": 0.2, "group_effect": 0.5}
    world = cells.Clusters(**options)
    data, total = world(np.random.default_rng(1))
    totals = _mean_of(world, lambda drawn: drawn.sample.weights @ drawn.sample.numbers("hours"))
    assert totals == pytest.approx(total, rel=0.02)
    assert float(data.margins.margins[0].totals.sum()) == 4 * 50 * 5
    assert cells.Clusters(**options, truth="mean")(np.random.default_rng(1))[1] == pytest.approx(total / 1000)


def test_poststratified_replicates_meet_their_margins():
    """A mean whose replicates are calibrated anew has a smaller error than one whose replicates are not, and no warning."""
    world = cells.Clusters(
        n_strata=16, drawn=2, cluster_size=10, spread=0.4, between=0.1, group_effect=0.8, truth="mean"
    )
    data, _ = world(np.random.default_rng(1))
    anew = surveys.poststratified_mean(data)
    with pytest.warns(UserWarning, match="replicates-not-recalibrated"):
        stale = surveys.poststratified_mean(data, recalibrated=False)
    assert anew.value == pytest.approx(stale.value)
    assert anew.standard_error < stale.standard_error


def test_truth_of_elicited_sites_follows_what_is_stated():
    """The median of the truths is the median that the estimator gives, and independent sites vary less."""
    generator = np.random.default_rng(1)
    spread = {}
    for correlation in (0.0, 0.6):
        world = cells.ElicitedSites(n_sites=23, spread=0.5, correlation=correlation)
        truths = [world(generator)[1] for _ in range(2000)]
        estimate = cells.ESTIMATORS["persons_from_audience"].function(world, correlation=correlation)
        assert np.median(truths) == pytest.approx(estimate.value, rel=0.05)
        spread[correlation] = np.std(np.log(truths))
    assert spread[0.0] < 0.6 * spread[0.6]


def test_curves_read_at_a_point_are_the_estimates():
    """An odds ratio of 1 gives Chapman's value and interval; the correlation curve gives the audience estimate."""
    histories = CaptureHistories.from_two_lists(200, 150, 30)
    chapman = cells.ESTIMATORS["chapman"].function(histories)
    at_one = given_odds_ratio(histories, odds_ratio=1.0)
    assert (at_one.value, at_one.interval.low, at_one.interval.high) == pytest.approx(
        (chapman.value, chapman.interval.low, chapman.interval.high)
    )
    world = cells.ElicitedSites(n_sites=3, spread=0.5, correlation=0.6)
    curve = cells.ESTIMATORS["audience_by_correlation"].function(world, correlation=0.3)
    assert curve.value == pytest.approx(
        cells.ESTIMATORS["persons_from_audience"].function(world, correlation=0.3).value
    )


def test_no_overlap_has_no_value_on_the_curve():
    """Without overlap the curve has a lower limit alone, and Waring draws stay wide."""
    apart = CaptureHistories.from_two_lists(20, 30, 0)
    with pytest.warns(UserWarning, match="no-overlap"):
        found = given_odds_ratio(apart, odds_ratio=2.0)
    assert found.value is None
    assert math.isinf(found.interval.high)
    with pytest.warns(UserWarning, match="no-overlap"):
        drawn = waring_replicates(apart)
    assert drawn.value is None
    assert drawn.interval.high > 10 * 50


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: cells.TwoLists(size=0, expected_overlap=1), "not a whole number"),
        (lambda: cells.TwoLists(size=10, expected_overlap=20), "impossible share"),
        (lambda: cells.TwoLists(size=10, expected_overlap=2, odds_ratio=0), "impossible value"),
        (lambda: cells.Turnover(size=10, chance=2, lag=1, half_life=1), "impossible share"),
        (lambda: cells.Sightings(size=10, law="cauchy", mean=1.0), "unknown choice"),
        (lambda: cells.Sightings(size=10, law="binomial", mean=1.0), "no occasions"),
        (lambda: cells.Sightings(size=10, law="poisson", mean=1.0, tried_once=1.0), "impossible share"),
        (lambda: cells.SeveralLists(size=10, chances=(0.1, 1.2)), "impossible share"),
        (lambda: cells.SeveralLists(size=10, chances=(0.1, 0.2), pairs=((1, 3),)), "cannot have"),
        (lambda: cells.SeveralLists(size=10, chances=(0.1, 0.2), pairs=((1, 2),), spread=1.0), "cannot have"),
        (
            lambda: cells.Registered(
                n_persons=10, largest=0.1, exponent=1.0, multi_homing=0.0, reached="nobody", n_respondents=1
            ),
            "unknown choice",
        ),
        (
            lambda: cells.Clusters(n_strata=1, drawn=1, cluster_size=1, spread=1, between=1, group_effect=0),
            "not a whole number",
        ),
        (lambda: cells.ElicitedSites(n_sites=3, spread=0.5, correlation=2.0), "impossible correlation"),
    ],
)
def test_impossible_worlds_are_refused(make, problem):
    """A world that cannot be is refused when it is made, not in the thousandth simulation."""
    with pytest.raises(InvalidInput, match=problem):
        make()


def test_everything_registered_can_be_described_and_sent():
    """Each estimator has a name of its own and names a public function that exists."""
    import importlib
    import pickle

    for name, tried in cells.ESTIMATORS.items():
        assert fingerprint(partial(tried.function, level=0.95))
        assert pickle.loads(pickle.dumps(partial(tried.function, level=0.95))).keywords == {"level": 0.95}  # noqa: S301
        room, _, function = tried.calls.partition(".")
        assert callable(getattr(importlib.import_module(f"microwork_estimate.{room}"), function)), name
    assert platforms.persons_from_audience.__name__ == "persons_from_audience"
