"""A synthetic population: its marginals, its correlations, its truth."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from microwork_estimate.simulate import (
    FRENCH_ACTIVE_LIKE,
    Activity,
    Attrition,
    PlatformMarket,
    Population,
    Propensity,
    population,
)

N = 100_000
MARKET = PlatformMarket(names=("A", "B", "C", "D"), popularity=(0.3, 0.1, 0.05, 0.2), declaring=("A", "B", "C"))


def binomial_error(share: float, n: int = N) -> float:
    """Five standard deviations of a share among n independent persons."""
    return 5.0 * math.sqrt(share * (1.0 - share) / n)


def correlated(multi_homing: float, propensity: Propensity | None = None) -> Population:
    """Make a world whose registrations go together."""
    return population(n_persons=N, market=replace(MARKET, multi_homing=multi_homing), propensity=propensity, seed=11)


LAWS = [
    Propensity(law="lognormal", cv=2.0),
    Propensity(law="gamma", cv=1.5),
    Propensity(law="two_class", high_share=0.15, high_ratio=8.0),
    Propensity(law="gamma", covariates=(FRENCH_ACTIVE_LIKE[1].with_effects({"25-34": 1.5, "65 and over": -2.0}),)),
]


@pytest.mark.parametrize("propensity", LAWS)
@pytest.mark.parametrize("multi_homing", [0.0, 0.4, 0.9])
def test_popularity_is_met_whatever_the_law(propensity: Propensity, multi_homing: float) -> None:
    """The share on each platform is the asked one within Monte Carlo error."""
    world = correlated(multi_homing, propensity)
    for j, share in enumerate(MARKET.shares):
        assert abs(world.membership[:, j].mean() - share) < binomial_error(share)


@pytest.mark.parametrize("multi_homing", [0.0, 0.25, 0.6])
def test_lognormal_registrations_have_the_asked_tetrachoric_correlation(multi_homing: float) -> None:
    """The share on both of two platforms is the orthant of a bivariate normal law with this correlation."""
    world = correlated(multi_homing)
    for a, b in [(0, 1), (1, 2), (0, 3)]:
        limits = stats.norm.ppf([MARKET.shares[a], MARKET.shares[b]])
        expected = stats.multivariate_normal.cdf(limits, cov=[[1.0, multi_homing], [multi_homing, 1.0]])
        both = (world.membership[:, a] & world.membership[:, b]).mean()
        assert abs(both - expected) < binomial_error(expected)


def test_two_classes_explain_all_dependence() -> None:
    """Within a class of propensity registrations are independent; over both classes they go together."""
    world = correlated(0.5, Propensity(law="two_class", high_share=0.3, high_ratio=6.0))
    inclined = world.propensity > 1.0
    assert abs(inclined.mean() - 0.3) < binomial_error(0.3)
    for group in (inclined, ~inclined):
        a, b = world.membership[group, 0], world.membership[group, 1]
        assert abs(np.corrcoef(a, b)[0, 1]) < 5.0 / math.sqrt(group.sum())
    assert np.corrcoef(world.membership[:, 0], world.membership[:, 1])[0, 1] > 0.1


@pytest.mark.parametrize("law", ["lognormal", "gamma", "two_class"])
def test_more_multi_homing_means_more_platforms_per_person(law: str) -> None:
    """Registrations kept, a higher correlation puts them on fewer persons."""
    means = [correlated(c, Propensity(law=law)).truth["mean_platforms"] for c in (0.0, 0.3, 0.6, 0.9)]
    assert means == sorted(means)
    assert means[-1] > means[0] + 0.1


def test_propensity_follows_the_asked_law() -> None:
    """Kolmogorov-Smirnov finds no difference from scipy's own laws, with and without effects of covariates."""
    effects = (
        FRENCH_ACTIVE_LIKE[0].with_effects({"women": 0.8}),
        FRENCH_ACTIVE_LIKE[1].with_effects({"25-34": 1.0, "55-64": -0.5}),
    )
    for covariates in ((), effects):
        gamma = correlated(0.2, Propensity(law="gamma", cv=1.5, covariates=covariates)).propensity
        assert stats.kstest(gamma, stats.gamma(1 / 1.5**2, scale=1.5**2).cdf).pvalue > 1e-4
        lognormal = correlated(0.2, Propensity(law="lognormal", cv=0.7, covariates=covariates)).propensity
        spread = math.sqrt(math.log(1 + 0.7**2))
        assert stats.kstest(lognormal, stats.lognorm(spread, scale=math.exp(-(spread**2) / 2)).cdf).pvalue > 1e-4


def test_two_classes_have_mean_one_and_the_asked_ratio() -> None:
    """The two values of the propensity stand in the asked ratio, and average to 1 at the asked shares."""
    values = np.unique(correlated(0.0, Propensity(law="two_class", high_share=0.25, high_ratio=4.0)).propensity)
    assert values.size == 2
    assert values[1] / values[0] == pytest.approx(4.0, rel=1e-6)
    assert 0.75 * values[0] + 0.25 * values[1] == pytest.approx(1.0, rel=1e-6)


def test_covariates_have_the_asked_shares_and_are_independent() -> None:
    """Each category has its share; two covariates are not associated."""
    world = correlated(0.0, Propensity(covariates=FRENCH_ACTIVE_LIKE))
    for covariate in FRENCH_ACTIVE_LIKE:
        values = world.covariate(covariate.name)
        for category, share in zip(covariate.categories, covariate.shares, strict=True):
            assert abs((values == category).mean() - share) < binomial_error(share)
    table = np.histogram2d(world.codes[0], world.codes[3], bins=[2, 4])[0]
    assert stats.chi2_contingency(table).pvalue > 1e-4


def test_effects_shift_propensity_by_the_asked_amount() -> None:
    """The mean normal score of a category lies at its effect less the mean effect, small effects being additive."""
    sex = FRENCH_ACTIVE_LIKE[0].with_effects({"women": 0.4})
    education = FRENCH_ACTIVE_LIKE[3].with_effects({"higher education": 0.3})
    world = correlated(0.3, Propensity(law="lognormal", cv=1.0, covariates=(sex, education)))
    spread = math.sqrt(math.log(2.0))
    score = (np.log(world.propensity) + spread**2 / 2) / spread
    for covariate in (sex, education):
        mean = sum(s * e for s, e in zip(covariate.shares, covariate.effects, strict=True))
        for category, effect in zip(covariate.categories, covariate.effects, strict=True):
            group = score[world.covariate(covariate.name) == category]
            # The last term allows for the bend of the normal score, of third order in the effects.
            assert abs(group.mean() - (effect - mean)) < 5.0 / math.sqrt(group.size) + 0.01


def test_active_days_are_beta_binomial() -> None:
    """With a beta chance the days of those registered follow scipy's beta-binomial law."""
    mean, cv = 5.0 / 28.0, 1.2
    world = population(
        n_persons=N, market=MARKET, activity=Activity(law="beta", mean_days=5.0, cv=cv, crossing=0.5), seed=5
    )
    total = (1.0 - mean) / (mean * cv**2) - 1.0
    registered = world.membership.any(axis=1)
    days = np.bitwise_count(world.days(MARKET.names))[registered]
    expected = stats.betabinom(28, mean * total, (1.0 - mean) * total).pmf(np.arange(29)) * registered.sum()
    assert stats.chisquare(np.bincount(days, minlength=29), expected).pvalue > 1e-4


def test_day_rate_is_a_capped_lognormal() -> None:
    """The expected days follow the lognormal law below the cap, and the right share of persons is at the cap."""
    world = population(n_persons=N, market=MARKET, activity=Activity(mean_days=4.0, cv=1.5), seed=5)
    days = 28.0 * world.day_rate.astype(np.float64)
    spread = math.sqrt(math.log(1 + 1.5**2))
    law = stats.lognorm(spread, scale=4.0 * math.exp(-(spread**2) / 2))
    below = days[days < 27.999]
    assert stats.kstest(below, lambda x: law.cdf(x) / law.cdf(28.0)).pvalue > 1e-4
    assert abs((days >= 27.999).mean() - law.sf(28.0)) < binomial_error(law.sf(28.0))


@pytest.mark.parametrize("correlation", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_activity_and_propensity_have_the_asked_correlation(correlation: float) -> None:
    """The logarithms of both, normal under lognormal laws, have the asked correlation."""
    world = population(
        n_persons=N, market=MARKET, activity=Activity(mean_days=1.0, cv=0.5, correlation=correlation), seed=5
    )
    found = np.corrcoef(np.log(world.propensity), np.log(world.day_rate))[0, 1]
    assert abs(found - correlation) < 5.0 * (1.0 - correlation**2) / math.sqrt(N) + 1e-4


def test_dormancy_is_exact_and_goes_with_propensity_as_asked() -> None:
    """Exactly the asked share of the registered is dormant; with a negative correlation the less inclined are."""
    market = replace(MARKET, declaring=None)
    for correlation in (-0.8, 0.0, 0.8):
        attrition = Attrition(dormancy=0.6, dormancy_correlation=correlation)
        world = population(n_persons=N, market=market, attrition=attrition, seed=3)
        assert world.truth["dormant"] == round(0.6 * int(world.truth["registered"]))
        registered = world.membership.any(axis=1)
        gap = (
            np.log(world.propensity[world.dormant]).mean()
            - np.log(world.propensity[registered & ~world.dormant]).mean()
        )
        assert abs(gap) < 0.05 if correlation == 0.0 else gap * correlation > 0.2
        assert not world.visits[world.dormant].any()


def test_one_inflation_gives_persons_of_one_day() -> None:
    """The asked share of the persons who are not dormant has one active day, all others keep theirs."""
    plain = population(n_persons=N, market=MARKET, seed=3)
    inflated = population(n_persons=N, market=MARKET, attrition=Attrition(tried_once=0.3), seed=3)
    registered = inflated.membership.any(axis=1)
    assert abs(inflated.tried_once[registered].mean() - 0.3) < binomial_error(0.3, int(registered.sum()))
    assert (np.bitwise_count(inflated.days(MARKET.names))[inflated.tried_once] == 1).all()
    np.testing.assert_array_equal(inflated.visits[~inflated.tried_once], plain.visits[~inflated.tried_once])


def test_crossing_decides_how_many_platforms_are_visited() -> None:
    """Without crossing everybody visits one platform; with full crossing every own platform on every active day."""
    apart = population(n_persons=20_000, market=MARKET, activity=Activity(crossing=0.0), seed=3)
    assert apart.truth_on(MARKET.names)["mean_platforms_visited"] == 1.0
    together = population(n_persons=20_000, market=MARKET, activity=Activity(crossing=1.0), seed=3)
    active = together.visits.any(axis=1)
    expected = np.where(together.membership[active], together.days(MARKET.names)[active, None], 0)
    np.testing.assert_array_equal(together.visits[active], expected)


def test_favourite_platforms_are_drawn_evenly() -> None:
    """Of two own platforms each is as often the one that is visited."""
    market = PlatformMarket(names=("A", "B"), popularity=(0.5, 0.5))
    world = population(n_persons=N, market=market, activity=Activity(mean_days=20.0, cv=0.0, crossing=0.0), seed=3)
    both = world.membership.all(axis=1)
    share = (world.visits[both, 0] != 0).mean()
    assert abs(share - 0.5) < binomial_error(0.5, int(both.sum()))
