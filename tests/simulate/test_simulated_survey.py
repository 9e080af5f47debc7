"""Surveys of a synthetic world: designs, non-response, answers, and the estimators that find the truth."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from microwork_estimate.errors import InvalidInput
from microwork_estimate.platforms import multiplicity
from microwork_estimate.simulate import (
    FRENCH_ACTIVE_LIKE,
    USUAL_BANDS,
    Activity,
    Answers,
    Attrition,
    Effect,
    FieldWork,
    PlatformMarket,
    Propensity,
    Reach,
    population,
    registrations,
    survey,
    visit_log,
)
from microwork_estimate.simulate.answers import banded

MARKET = PlatformMarket(
    names=("A", "B", "C", "D"), popularity=(0.3, 0.15, 0.1, 0.2), declaring=("A", "B", "C"), multi_homing=0.5
)
WORLD = population(
    n_persons=60_000,
    market=MARKET,
    propensity=Propensity(covariates=FRENCH_ACTIVE_LIKE),
    activity=Activity(mean_days=3.0, cv=1.5, correlation=0.3, crossing=0.4),
    attrition=Attrition(dormancy=0.4),
    seed=8,
)
TRUTH = {name: float(value) for name, value in WORLD.truth.items() if value is not None}
ACCOUNTS = Reach(via="registrations")


def test_a_sample_of_accounts_is_spread_over_platforms() -> None:
    """Proportional and equal allocation give the asked numbers; weights add up to the registrations of each platform."""
    members = WORLD.membership[:, :3].sum(axis=0)
    for allocation, expected in [("proportional", 900 * members / members.sum()), ("equal", np.full(3, 300.0))]:
        reach = Reach(via="registrations", allocation=allocation)
        seen = survey(WORLD, n_respondents=900, reach=reach, seed=1)
        platform, weight = seen.data.column("platform"), seen.data.weights
        numbers = np.array([(platform == name).sum() for name in "ABC"])
        assert (np.abs(numbers - expected) < 1.0).all()
        totals = [weight[platform == name].sum() for name in "ABC"]
        np.testing.assert_allclose(totals, members)
        assert seen.data.reached_via == "registration"
        assert seen.persons is not None
        columns = [MARKET.names.index(name) for name in platform]
        assert WORLD.membership[seen.persons, columns].all()


def test_multiplicity_finds_the_truth_from_accounts() -> None:
    """Over 150 surveys the harmonic estimator is centred on the truth and covered; the arithmetic mean is too high."""
    accounts = registrations(WORLD, seed=1).data
    estimates, arithmetic = [], []
    for seed in range(150):
        sample = survey(WORLD, n_respondents=400, reach=ACCOUNTS, seed=seed).data
        estimates.append(multiplicity(sample, platform="platform", registrations=accounts))
        arithmetic.append(sample.numbers("n_platforms").mean())
    values = np.array([estimate.value for estimate in estimates], dtype=float)
    # The ratio M / N has a bias of the order of its squared relative error.
    bias = values.mean() * (values.std() / values.mean()) ** 2
    assert abs(values.mean() - TRUTH["mean_platforms"]) < 4.0 * values.std() / math.sqrt(150) + bias
    covered = np.mean([e.interval.low <= TRUTH["mean_platforms"] <= e.interval.high for e in estimates])
    assert covered > 0.95 - 4.0 * math.sqrt(0.95 * 0.05 / 150)
    gap = np.mean(arithmetic) - TRUTH["mean_platforms_size_biased"]
    assert abs(gap) < 4.0 * np.std(arithmetic) / math.sqrt(150)


def test_a_census_of_accounts_gives_the_truth_exactly() -> None:
    """When every account answers, the weight share is no estimate any more."""
    everybody = int(TRUTH["registrations"])
    sample = survey(WORLD, n_respondents=everybody, reach=ACCOUNTS, seed=1).data
    persons = (sample.weights / sample.numbers("n_platforms")).sum()
    assert persons == pytest.approx(TRUTH["registered"], rel=1e-12)


def test_a_sample_of_workers_has_the_arithmetic_mean() -> None:
    """Drawn from persons, answers average to the platforms per person."""
    sample = survey(WORLD, n_respondents=5_000, reach=Reach(via="workers"), seed=1).data
    assert sample.reached_via == "worker"
    k = sample.numbers("n_platforms")
    assert abs(k.mean() - TRUTH["mean_platforms"]) < 4.0 * k.std() / math.sqrt(5_000)
    assert sample.weights.sum() == pytest.approx(TRUTH["registered"])


def test_the_general_population_contains_persons_without_a_platform() -> None:
    """The weighted count of respondents on a declaring platform is the number of registered persons."""
    sample = survey(WORLD, n_respondents=4_000, reach=Reach(via="general_population"), seed=1).data
    share = TRUTH["registered"] / TRUTH["persons"]
    found = (sample.numbers("n_platforms") > 0).mean()
    assert abs(found - share) < 4.0 * math.sqrt(share * (1 - share) / 4_000)
    assert sample.weights.sum() == pytest.approx(TRUTH["persons"])


def test_workers_of_a_tier_are_all_in_it() -> None:
    """A survey among the monthly active meets nobody else."""
    sample = survey(WORLD, n_respondents=300, reach=Reach(via="workers", among="monthly"), seed=1).data
    assert sample.column("monthly").all()


@pytest.mark.parametrize("avidity", [0.5, 1.0, 1.5])
def test_on_site_chances_follow_visits_and_avidity(avidity: float) -> None:
    """Of the persons with L visits in the field days, 1 - (1 - r)^(L^gamma) answer."""
    work = FieldWork(days=14, chance=0.05, avidity=avidity)
    seen = survey(WORLD, reach=Reach(via="on_site", platforms=("A", "D")), field_work=work, seed=1)
    visits = np.bitwise_count(WORLD.visits[:, [0, 3]] & np.uint32(2**14 - 1)).sum(axis=1)
    answered = np.zeros(WORLD.n_persons, dtype=bool)
    answered[seen.persons] = True
    assert not answered[visits == 0].any()
    for number in (1, 2, 5, 8):
        group = answered[visits == number]
        chance = 1.0 - 0.95 ** (number**avidity)
        assert abs(group.mean() - chance) < 5.0 * math.sqrt(chance * (1 - chance) / group.size)
    np.testing.assert_array_equal(seen.data.numbers("visits_in_field"), visits[seen.persons])
    assert seen.data.reached_via == "platform_subset"


def test_on_site_surveys_overstate_activity_and_exact_weights_undo_it() -> None:
    """The naive weekly share is far too high; weighting by one over the chance gives the share of the active."""
    seen = survey(WORLD, n_respondents=3_000, reach=Reach(via="on_site"), seed=1)
    assert abs(seen.data.n - 3_000) < 5.0 * math.sqrt(3_000)
    weekly = seen.data.column("weekly_every_week").astype(float)
    true_share = TRUTH["weekly_every_week"] / TRUTH["monthly"]
    assert weekly.mean() > 1.4 * true_share
    weight = 1.0 / -np.expm1(seen.data.numbers("visits_in_field") * np.log1p(-float(seen.truth["chance"])))
    hajek = (weight * weekly).sum() / weight.sum()
    error = math.sqrt((weight**2 * (weekly - hajek) ** 2).sum()) / weight.sum()
    assert abs(hajek - true_share) < 4.0 * error


def test_on_site_respondents_are_met_where_they_visit() -> None:
    """The platform through which a person is reached is one they visited, in proportion to the visits."""
    reach = Reach(via="on_site", platforms=("A", "B"))
    seen = survey(WORLD, reach=reach, field_work=FieldWork(chance=0.9), seed=1)
    visits = np.bitwise_count(WORLD.visits[seen.persons][:, :2]).astype(float)
    at_first = seen.data.column("platform") == "A"
    chance = visits[:, 0] / visits.sum(axis=1)
    assert abs(at_first.sum() - chance.sum()) < 5.0 * math.sqrt((chance * (1 - chance)).sum())
    assert at_first[chance == 1.0].all()
    assert not at_first[chance == 0.0].any()


def test_platform_day_weight_share_finds_active_persons() -> None:
    """Visits over respondents' platform-days give monthly and weekly persons; banded answers shift them by little."""
    total = visit_log(WORLD).data.total
    estimates = []
    for seed in range(60):
        sample = survey(WORLD, n_respondents=900, reach=Reach(via="visits"), seed=seed).data
        assert sample.weights.sum() == pytest.approx(total)
        share = sample.weights / sample.numbers("platform_days")
        estimates.append((share.sum(), share[sample.column("weekly_every_week")].sum()))
    for values, name in zip(np.array(estimates).T, ("monthly", "weekly_every_week"), strict=True):
        assert abs(values.mean() - TRUTH[name]) < 4.0 * values.std() / math.sqrt(60)
    rough = survey(
        WORLD, n_respondents=20_000, reach=Reach(via="visits"), answers=Answers(bands=USUAL_BANDS), seed=1
    ).data
    exact = survey(WORLD, n_respondents=20_000, reach=Reach(via="visits"), seed=1).data
    ratio = (1.0 / rough.numbers("platform_days")).sum() / (1.0 / exact.numbers("platform_days")).sum()
    assert abs(ratio - 1.0) < 0.03


def test_visits_are_drawn_evenly_over_platforms_and_days() -> None:
    """Respondents by platform and day are in proportion to the log, and were there on that day."""
    log = visit_log(WORLD).data
    seen = survey(WORLD, n_respondents=30_000, reach=Reach(via="visits"), seed=2)
    platform, day = seen.data.column("platform"), seen.data.column("day").astype(int)
    found = np.array([[((platform == p) & (day == int(d))).sum() for d in log.days] for p in log.platforms])
    # Without replacement the counts vary a little less than a multinomial, so the test is on the safe side.
    assert stats.chisquare(found.ravel(), (log.visitors / log.total * 30_000).ravel()).pvalue > 1e-4
    columns = [MARKET.names.index(name) for name in platform]
    assert (WORLD.visits[seen.persons, columns] >> (day - 1).astype(np.uint32) & 1).all()


def test_every_visit_can_be_drawn_once() -> None:
    """A census of visits is the log, visit by visit."""
    total = int(visit_log(WORLD, platforms=("C",)).data.total)
    seen = survey(WORLD, n_respondents=total, reach=Reach(via="visits", platforms=("C",)), seed=2)
    assert seen.persons is not None
    assert np.unique(np.stack([seen.persons, seen.data.column("day").astype(int)]), axis=1).shape[1] == total


def test_nonresponse_has_the_asked_mean_and_odds_ratio() -> None:
    """On average the asked share answers, and categories differ by the asked odds ratio."""
    work = FieldWork(response=0.4, effects=(Effect(covariate="sex", category="women", logit=1.0),))
    reach = Reach(via="on_site", platforms=MARKET.names)
    seen = survey(WORLD, reach=reach, field_work=FieldWork(chance=0.999999), seed=1)
    some = survey(
        WORLD,
        reach=reach,
        field_work=FieldWork(chance=0.999999, response=work.response, effects=work.effects),
        seed=1,
    )
    women = {name: (s.data.column("sex") == "women").sum() for name, s in (("all", seen), ("some", some))}
    men = {"all": seen.data.n - women["all"], "some": some.data.n - women["some"]}
    shares = [women["some"] / women["all"], men["some"] / men["all"]]
    error = math.sqrt(sum(1 / n["some"] + 1 / (n["all"] - n["some"]) for n in (women, men)))
    assert abs(special.logit(shares[0]) - special.logit(shares[1]) - 1.0) < 5.0 * error
    assert some.data.n / seen.data.n == pytest.approx(0.4, abs=0.02)


def test_nonresponse_biases_a_sample_of_accounts() -> None:
    """Where women answer more, they are over-represented by what the logit says."""
    effects = (Effect(covariate="sex", category="women", logit=1.5),)
    work = FieldWork(response=0.3, effects=effects)
    sample = survey(WORLD, n_respondents=4_000, reach=ACCOUNTS, field_work=work, seed=1).data
    plain = survey(WORLD, n_respondents=4_000, reach=ACCOUNTS, seed=1).data
    assert (sample.column("sex") == "women").mean() > (plain.column("sex") == "women").mean() + 0.15


@pytest.mark.parametrize("recall", [0.0, 0.7])
def test_recall_forgets_all_but_one_platform_with_the_asked_chance(recall: float) -> None:
    """Of k platforms 1 + Binomial(k - 1, recall) are named, the one of the survey always."""
    seen = survey(WORLD, n_respondents=6_000, reach=ACCOUNTS, answers=Answers(recall=recall), seed=1)
    true = WORLD.membership[seen.persons].sum(axis=1)
    named = seen.data.numbers("n_platforms_everywhere")
    for k in (2, 3):
        counts = np.bincount(named[true == k].astype(int), minlength=k + 1)[1:]
        law = stats.binom(k - 1, recall).pmf(np.arange(k))
        assert counts[law == 0].sum() == 0
        if recall > 0:
            assert stats.chisquare(counts, law * counts.sum()).pvalue > 1e-4
    reported = np.stack([seen.data.column(f"on {name}") for name in MARKET.names], axis=1)
    assert not (reported & ~WORLD.membership[seen.persons]).any()
    assert reported[np.arange(6_000), [MARKET.names.index(p) for p in seen.data.column("platform")]].all()
    np.testing.assert_array_equal(reported[:, :3].sum(axis=1), seen.data.column("n_platforms"))


def test_workers_who_forget_still_name_a_declaring_platform() -> None:
    """A registered person reached as a worker names at least one declaring platform."""
    sample = survey(WORLD, n_respondents=3_000, reach=Reach(via="workers"), answers=Answers(recall=0.1), seed=1).data
    assert sample.numbers("n_platforms").min() == 1.0


@given(st.lists(st.integers(0, 28), min_size=1, max_size=40))
def test_banded_answers_lie_in_their_band(numbers: list[int]) -> None:
    """A banded number stands between the ends of its band; zero and one stay."""
    low = (*USUAL_BANDS, 29)
    for number, answer in zip(numbers, banded(numbers, USUAL_BANDS, 28), strict=True):
        if number == 0:
            assert answer == 0.0
        else:
            at = max(i for i, end in enumerate(low) if end <= number)
            assert low[at] <= answer <= low[at + 1] - 1 + 1e-12


def test_columns_tell_the_truth_without_errors() -> None:
    """Exact answers equal the world, person by person."""
    seen = survey(WORLD, n_respondents=500, reach=ACCOUNTS, seed=1)
    persons = seen.persons
    assert persons is not None
    np.testing.assert_array_equal(seen.data.column("n_platforms"), WORLD.membership[persons][:, :3].sum(axis=1))
    np.testing.assert_array_equal(seen.data.column("days_active"), np.bitwise_count(WORLD.days()[persons]))
    np.testing.assert_array_equal(seen.data.column("weekly_every_week"), WORLD.among("weekly_every_week")[persons])
    np.testing.assert_array_equal(seen.data.column("education"), WORLD.covariate("education")[persons])
    assert (seen.data.column("day") == "").all()


def test_one_seed_gives_one_survey_and_errors_draw_apart() -> None:
    """The same seed meets the same persons; recall errors and bands do not change who they are."""
    first = survey(WORLD, n_respondents=500, reach=ACCOUNTS, seed=1)
    again = survey(WORLD, n_respondents=500, reach=ACCOUNTS, seed=1)
    worse = survey(WORLD, n_respondents=500, reach=ACCOUNTS, answers=Answers(recall=0.5, bands=USUAL_BANDS), seed=1)
    np.testing.assert_array_equal(first.persons, again.persons)
    np.testing.assert_array_equal(first.persons, worse.persons)
    for name, values in first.data.columns.items():
        np.testing.assert_array_equal(values, again.data.columns[name])
    assert not np.array_equal(first.persons, survey(WORLD, n_respondents=500, reach=ACCOUNTS, seed=2).persons)


def test_a_survey_on_one_platform_says_so() -> None:
    """A sample of accounts of some platforms only is a platform subset, and multiplicity warns of it."""
    sample = survey(WORLD, n_respondents=300, reach=Reach(via="registrations", platforms=("A",)), seed=1).data
    assert sample.reached_via == "platform_subset"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "transport" in {warning.code for warning in multiplicity(sample).warnings}


SOME = FieldWork(response=0.5, effects=(Effect(covariate="sex", category="women", logit=1.0),))


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Reach(via="post"), "unknown choice"),
        (lambda: Reach(via="registrations", allocation="random"), "unknown choice"),
        (lambda: Reach(via="workers", among="daily"), "unknown name"),
        (lambda: Reach(via="workers", platforms=("A",)), "platforms where none are used"),
        (lambda: FieldWork(days=29), "impossible value"),
        (lambda: FieldWork(days=0), "not a whole number"),
        (lambda: FieldWork(chance=1.0), "impossible share"),
        (lambda: FieldWork(chance=0.0), "impossible value"),
        (lambda: FieldWork(avidity=-1.0), "impossible value"),
        (lambda: FieldWork(response=0.0), "impossible value"),
        (lambda: Effect(covariate="sex", category="women", logit=math.inf), "impossible value"),
        (lambda: Answers(recall=1.5), "impossible share"),
        (lambda: Answers(bands=(2, 4)), "bands out of order"),
        (lambda: Answers(bands=(1, 8, 4)), "bands out of order"),
        (lambda: Answers(bands=(1, 40)), "impossible value"),
        (lambda: survey(WORLD, reach=ACCOUNTS, seed=1), "number of respondents and chance"),
        (
            lambda: survey(WORLD, n_respondents=10, reach=ACCOUNTS, field_work=FieldWork(chance=0.1), seed=1),
            "number of",
        ),
        (lambda: survey(WORLD, n_respondents=10**6, reach=ACCOUNTS, seed=1), "more respondents than would answer"),
        (lambda: survey(WORLD, n_respondents=10**6, reach=Reach(via="visits"), seed=1), "more respondents than would"),
        (lambda: survey(WORLD, n_respondents=10**6, reach=Reach(via="on_site"), seed=1), "more respondents than visit"),
        (lambda: survey(WORLD, n_respondents=0, reach=ACCOUNTS, seed=1), "not a whole number"),
        (lambda: survey(WORLD, n_respondents=9, reach=Reach(via="visits", platforms=("Z",)), seed=1), "unknown name"),
        (
            lambda: survey(WORLD, n_respondents=9, reach=Reach(via="visits", platforms=tuple("ABCDE")), seed=1),
            "more nam",
        ),
        (
            lambda: survey(
                WORLD,
                n_respondents=9,
                reach=ACCOUNTS,
                field_work=FieldWork(effects=(Effect(covariate="sex", category="other", logit=1.0),)),
                seed=1,
            ),
            "unknown name",
        ),
        (
            lambda: survey(
                population(n_persons=50, market=MARKET, seed=1),
                n_respondents=9,
                reach=ACCOUNTS,
                field_work=SOME,
                seed=1,
            ),
            "unknown name",
        ),
    ],
)
def test_impossible_surveys_are_refused(make: object, problem: str) -> None:
    """Bad designs, responses, answers or names raise an error that says what is wrong."""
    with pytest.raises(InvalidInput, match=problem):
        make()  # type: ignore[operator]
