"""The worlds of the certificates of platforms, surveys, volunteers, open populations and pools: they are what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from microwork_estimate.capture_recapture import chapman
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.inputs.open_counts import OpenCounts
from microwork_estimate.simulate import cells
from microwork_estimate.simulate.cells import accounts_ledger, pools, subsets, surveyed_lists, visits, volunteers
from microwork_estimate.simulate.cells.domains import domains_hold
from microwork_estimate.simulate.cells.surveyed_lists import survey_given_odds_ratio, survey_within_odds_ratios
from microwork_estimate.simulate.cells.two_lists import given_turnover

SUBSET = {"n_persons": 4000, "n_reached": 2, "crossing": 0.3, "n_respondents": 200}
CLUSTERS = {"n_clusters": 1000, "cluster_size": 16, "drawn": 60, "on_list": 0.3, "alike": 0.05}
MARKET = {"n_persons": 5000, "largest": 0.25, "exponent": 0.6, "multi_homing": 0.2}


def _draws(world, n, seed=1):
    generator = np.random.default_rng(seed)
    return [world(generator) for _ in range(n)]


def test_truth_lies_at_the_ends_of_the_bounds():
    """One account each elsewhere is the upper end, all on one platform the lower, two each the monotone lower end."""
    for how in subsets.ELSEWHERE:
        members, accounts = subsets._frame(cells.PlatformSubset(**SUBSET, elsewhere=how))
        reached = members[:, :2].any(axis=1)
        left = accounts.accounts[2:] - members[reached, 2:].sum(axis=0)
        each = members[reached, 2:].sum(axis=1)
        ends = {"apart": left.sum(), "together": left.max(), "alike": left.sum() / each[each > 0].mean()}
        assert reached.sum() + ends[how] == pytest.approx(4000)
        assert members[~reached].any(axis=1).all()


def test_respondents_of_a_subset_are_on_the_platform_that_reached_them():
    """As many from each platform reached, all of them on it, with weights that add up to its accounts."""
    data, truth = cells.PlatformSubset(**SUBSET, elsewhere="apart")(np.random.default_rng(1))
    via = data.sample.column("platform")
    for at, name in enumerate(("platform 01", "platform 02")):
        assert np.count_nonzero(via == name) == 100
        assert data.sample.numbers(f"on {name}")[via == name].all()
        assert data.sample.weights[via == name].sum() == pytest.approx(data.accounts.accounts[at])
    assert truth == 4000


def test_clusters_are_alike_as_asked():
    """The share on the list, and the correlation between two persons of one cluster, are those asked."""
    frame = surveyed_lists._frame(cells.SurveyedList(**CLUSTERS))
    share, m = frame.mean(), frame.shape[1]
    pairs = np.var(frame.mean(axis=1)) / (share * (1 - share))
    assert share == pytest.approx(0.3, abs=0.015)
    assert (m * pairs - 1) / (m - 1) == pytest.approx(0.05, abs=0.012)


def test_list_and_answers_have_their_odds_ratio():
    """Respondents are on the list with twice the odds of the population; dormant entries lengthen the list."""
    world = cells.SurveyedList(**CLUSTERS, odds_ratio=2.0, out_of_scope=0.6)
    on = surveyed_lists._frame(world).mean()
    found = np.mean([data.sample.numbers("on the list").mean() for data, _ in _draws(world, 200)])
    assert found / (1 - found) == pytest.approx(2.0 * on / (1 - on), rel=0.02)
    data, truth = world(np.random.default_rng(1))
    assert data.size.persons == pytest.approx(on * truth / 0.4)
    assert data.size.estimand.activity == "registered"


def test_tiers_contain_each_other():
    """Whoever is active every week is active in the month, and the drawn totals average to the truth."""
    world = cells.TieredClusters(n_strata=16, drawn=4, cluster_size=10, between=0.5)
    drawn = _draws(world, 300)
    for sample, _ in drawn[:5]:
        assert not (sample.column("weekly") & ~sample.column("monthly")).any()
    weekly, monthly = (
        sum(sample.weights @ sample.numbers(name) for sample, _ in drawn) for name in ("weekly", "monthly")
    )
    assert weekly / monthly == pytest.approx(drawn[0][1], rel=0.03)


def test_sources_err_as_they_say():
    """Logarithms have the bias, the spread and the shared part of the law; the statement has the width asked."""
    world = cells.BiasedSources(
        size=1000.0, sampling=(0.1, 0.2), bias=(0.3, 0.4), factor=(2.0, 1.0), shared=0.25, stated=0.5, says_shared=True
    )
    drawn = _draws(world, 4000)
    logs = np.log([[estimate.value / 1000.0 for estimate in data.estimates] for data, _ in drawn])
    assert logs.mean(axis=0) == pytest.approx([math.log(2.0), 0.0], abs=0.025)
    wanted = [[0.1**2 + 0.3**2 + 0.25**2, 0.25**2], [0.25**2, 0.2**2 + 0.4**2 + 0.25**2]]
    assert np.cov(logs.T) == pytest.approx(np.array(wanted), rel=0.1)
    stated = drawn[0][0].biases["source 1"]
    assert (stated.mean, stated.width, stated.shared["one cause"]) == (math.log(2.0), 0.15, 0.25)


def test_average_by_precision_is_that_of_the_logarithms():
    """Two sources of 10 and 20 %: weights 4 to 1 on the logarithm, and the standard error of the sum of precisions."""
    data, _ = cells.BiasedSources(size=1000.0, sampling=(0.1, 0.2), bias=(0.3, 0.3))(np.random.default_rng(1))
    first, second = (estimate.value for estimate in data.estimates)
    found = pools.inverse_variance_pool(data)
    assert found.value == pytest.approx(first**0.8 * second**0.2)
    assert math.log(found.interval.high / found.interval.low) == pytest.approx(2 * 1.959964 / math.sqrt(125), rel=1e-6)


def test_refused_averages_are_mixed():
    """Where the average of sources that disagree is refused, the pool is the mixture; without biases there is none."""
    world = cells.BiasedSources(size=1000.0, sampling=(0.1, 0.1), bias=(0.0, 0.0), factor=(1.0, 1.0))
    data, _ = world(np.random.default_rng(1))
    apart = data._replace(
        estimates=(
            data.estimates[0],
            cells.BiasedSources(size=9000.0, sampling=(0.1, 0.1), bias=(0.0, 0.0))(np.random.default_rng(1))[
                0
            ].estimates[1],
        )
    )
    with pytest.warns(UserWarning, match="no weighted average"):
        assert pools.pool_where_given(apart).name == "linear_pool"
    with pytest.warns(UserWarning, match="no weighted average"):
        assert pools.pool_without_bias(apart).value is None


def test_open_population_keeps_its_size_and_turns_over():
    """Persons seen in a period, and seen in two that follow, are N p and N s p^2; the total is who was ever there."""
    options = {"size": 1000, "periods": 4, "days": 1, "survival": 0.8, "chance": 0.4}
    world = cells.OpenOccasions(**options, about="total")
    drawn = _draws(world, 200)
    counts = [OpenCounts.from_occasions(seen) for seen, _ in drawn]
    assert np.mean([count.seen for count in counts], axis=0) == pytest.approx([400.0] * 4, rel=0.01)
    pairs = [int((seen.seen[:, 0] & seen.seen[:, 1]).sum()) for seen, _ in drawn]
    assert np.mean(pairs) == pytest.approx(1000 * 0.8 * 0.4**2, rel=0.02)
    assert np.mean([truth for _, truth in drawn]) == pytest.approx(1000 + 3 * 200, rel=0.01)
    assert cells.OpenOccasions(**options, about="half_life")(np.random.default_rng(1))[1] == pytest.approx(
        3.1063, abs=1e-4
    )


@pytest.mark.parametrize("number", [False, True])
def test_lists_follow_the_covariate(number):
    """So many persons are seen as the law of the covariate says: three classes, or a normal number."""
    world = cells.ListsWithCovariate(size=2000, chances=(0.3, 0.25), slope=1.0, number=number)
    points, weights = (
        np.polynomial.hermite_e.hermegauss(40) if number else (np.array([-(1.5**0.5), 0, 1.5**0.5]), np.ones(3))
    )
    missed = np.prod([1 - special.expit(special.logit(p) + points) for p in world.chances], axis=0)
    expected = 2000 * (1 - weights @ missed / weights.sum())
    assert np.mean([persons.n for persons, _ in _draws(world, 300)]) == pytest.approx(expected, rel=0.005)


def test_sightings_follow_the_covariate():
    """So many persons are seen at least once as a Poisson law with a log-normal rate says."""
    world = cells.SightingsWithCovariate(size=2000, mean=1.0, slope=0.7)
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    expected = 2000 * (1 - weights @ stats.poisson.pmf(0, np.exp(0.7 * points)) / weights.sum())
    assert np.mean([persons.n for persons, _ in _draws(world, 300)]) == pytest.approx(expected, rel=0.005)


def test_volunteers_are_as_many_as_expected_and_differ():
    """600 volunteer on average; they are older than the population, and beyond age and region only where asked."""
    plain = cells.Volunteers(size=20_000, n_volunteers=600, n_reference=500)
    drawn = [data for data, _ in _draws(plain, 100)]
    assert np.mean([data.volunteers.n for data in drawn]) == pytest.approx(600, rel=0.02)
    assert np.mean([data.volunteers.column("age").mean() for data in drawn]) > 0.15
    assert abs(drawn[0].defect) < 0.003
    by_hours = cells.Volunteers(size=20_000, n_volunteers=600, n_reference=500, by_hours=0.25)
    assert by_hours(np.random.default_rng(1))[0].defect > 0.02


def test_defect_is_what_the_weights_leave():
    """The curve, read at the correlation that the world states, is right on average where pseudo-weights are not."""
    world = cells.Volunteers(size=20_000, n_volunteers=600, n_reference=500, by_hours=0.25)
    drawn = _draws(world, 60)
    truth = drawn[0][1]
    error = 3 * 0.018 / math.sqrt(60)
    assert abs(np.mean([volunteers.mean_given_defect(data).value for data, _ in drawn]) / truth - 1) < error
    assert np.mean([volunteers.volunteer_mean(data).value for data, _ in drawn]) / truth - 1 > 0.04


def test_visits_have_their_log():
    """Weights of respondents add up to the visits of the log; who is active every week is active in the month."""
    monthly, weekly = (
        cells.Visits(**MARKET, n_respondents=200, about=about)(np.random.default_rng(1))
        for about in ("monthly", "weekly")
    )
    assert monthly[0].sample.weights.sum() == pytest.approx(monthly[0].days.total)
    assert 0 < weekly[1] < monthly[1] < monthly[0].days.total


def test_bands_hold_the_numbers():
    """Banded answers give a number between those with all answers at the lower and at the upper ends of their bands."""
    data, _ = cells.Visits(**MARKET, n_respondents=400, about="monthly")(np.random.default_rng(1))
    with pytest.warns(UserWarning, match="unsampled-platform-days"):
        banded, exact = (visits.persons_from_visits(data, banded=banded) for banded in (True, False))
    assert banded.diagnostics["low_from_bands"] < exact.value < banded.diagnostics["high_from_bands"]


def test_answers_on_site_come_with_the_chance():
    """One over the chance of being reached adds up to the persons active in the month."""
    world = cells.OnSiteVisits(**MARKET, chance=0.1)
    people = visits.standing_people(*MARKET.values())
    found = []
    for data, _ in _draws(world, 30):
        reached = 1 - (1 - data.chance) ** data.sample.numbers("visits_in_field")
        found.append((1 / reached).sum())
    assert np.mean(found) == pytest.approx(people.truth["monthly"], rel=0.02)


def test_truth_of_the_ledger_follows_what_is_stated():
    """The truths have the quantiles that the ledger gives as its interval, and without dormant accounts it is higher."""
    generator, world = np.random.default_rng(1), cells.StatedLedger(accounts=400_000.0)
    truths = [world(generator)[1] for _ in range(4000)]
    found = accounts_ledger.persons_by_ledger(world)
    assert np.quantile(truths, [0.025, 0.975]) == pytest.approx([found.interval.low, found.interval.high], rel=0.06)
    assert accounts_ledger.persons_by_ledger(world, dormant=False).value > 1.5 * found.value


def test_turnover_takes_out_what_it_says():
    """Without a lag the correction changes nothing; after one half-life half as many lists of the first are left."""
    lists = CaptureHistories.from_two_lists(2000, 1500, 300)
    assert given_turnover(lists, lag=0.0, half_life=7.0).value == pytest.approx(chapman(lists).value)
    with pytest.warns(UserWarning, match="open-population"):
        half = given_turnover(lists, lag=7.0, half_life=7.0).value
    assert half == pytest.approx(chapman(lists).value / 2, rel=0.01)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: cells.PlatformSubset(**SUBSET, elsewhere="nowhere"), "unknown choice"),
        (lambda: cells.PlatformSubset(**{**SUBSET, "n_reached": 6}, elsewhere="apart"), "not a whole number"),
        (lambda: cells.SurveyedList(**{**CLUSTERS, "alike": 0.0}), "impossible value"),
        (lambda: cells.SurveyedList(**CLUSTERS, odds_ratio=0.5), "impossible value"),
        (lambda: cells.BiasedSources(size=1.0, sampling=(0.1,), bias=(0.1,)), "sources half described"),
        (lambda: cells.BiasedSources(size=1.0, sampling=(0.1, 0.1), bias=(0.1,)), "sources half described"),
        (
            lambda: cells.OpenOccasions(size=9, periods=2, days=1, survival=0.5, chance=0.5, about="size"),
            "whole number",
        ),
        (
            lambda: cells.OpenOccasions(size=9, periods=3, days=1, survival=0.5, chance=0.5, about="age"),
            "unknown choice",
        ),
        (lambda: cells.ListsWithCovariate(size=9, chances=(0.5,), slope=1.0), "whole number"),
        (lambda: cells.SightingsWithCovariate(size=9, mean=0.0, slope=1.0), "impossible value"),
        (lambda: cells.TieredClusters(n_strata=1, drawn=1, cluster_size=1, between=0.1), "whole number"),
        (lambda: cells.Volunteers(size=0, n_volunteers=1, n_reference=1), "whole number"),
        (lambda: cells.Visits(**MARKET, n_respondents=10, about="daily"), "unknown choice"),
        (lambda: cells.StatedLedger(accounts=0.0), "impossible value"),
        (lambda: cells.TieredDomains(size=9, n_respondents=1, spread=0.1), "whole number"),
        (lambda: cells.TieredDomains(size=9, n_respondents=9, spread=0.0), "impossible value"),
        (lambda: cells.TieredDomains(size=9, n_respondents=9, spread=0.1, about="tier"), "unknown choice"),
    ],
)
def test_impossible_worlds_of_surveys_are_refused(make, problem):
    """A world that cannot be is refused when it is made."""
    with pytest.raises(InvalidInput, match=problem):
        make()


def test_domains_are_drawn_by_accounts_and_sized_without_bias():
    """Weights over platforms give back the share of each cell, unweighted answers do not, and sizes are right on average."""
    world = cells.TieredDomains(size=50_000, n_respondents=200_000, spread=0.1)
    data, truth = world(np.random.default_rng(1))
    assert truth == pytest.approx(data.truth.sum())
    place = (data.sample.numbers("tier") * 4 + data.sample.numbers("domain")).astype(int)
    by_person = np.bincount(place, weights=1 / data.sample.numbers("n_platforms"), minlength=12)
    expected = data.truth.ravel() / truth
    assert by_person / by_person.sum() == pytest.approx(expected, abs=0.002)
    assert abs(np.bincount(place, minlength=12) / place.size - expected).max() > 0.01
    sizes = np.array([world(np.random.default_rng(seed))[0].sizes for seed in range(20)])
    assert np.log(sizes).mean(axis=0) == pytest.approx(np.log(data.truth.sum(axis=1)), abs=0.08)


def test_table_of_domains_holds_or_tells_the_farthest_miss():
    """The estimate is all persons exactly where every interval holds its cell, and above by the largest distance else."""
    world = cells.TieredDomains(size=50_000, n_respondents=300, spread=0.1)
    found = []
    for seed in range(12):
        data, truth = world(np.random.default_rng(seed))
        alone, joint = (domains_hold(data, together=which, n_replicates=199) for which in (False, True))
        assert truth <= joint.interval.low <= alone.interval.low
        found.append(alone.interval.low == truth)
        moved = domains_hold(data._replace(truth=data.truth + np.eye(3, 4) * 1e6), together=True, n_replicates=199)
        assert moved.interval.low - (truth + 3e6) == pytest.approx(1e6, rel=0.05)
    assert set(found) == {False, True}


def test_odds_ratio_bounds_of_a_survey_are_those_of_the_library():
    """One odds ratio gives the curve at it; a range goes from the one end to the other."""
    data, _ = cells.SurveyedList(**CLUSTERS)(np.random.default_rng(1))
    bounds = survey_within_odds_ratios(data, low=0.5, high=2.0).bounds
    ends = [survey_given_odds_ratio(data, odds_ratio=ratio).value for ratio in (0.5, 2.0)]
    assert [bounds.low, bounds.high] == pytest.approx(ends)
