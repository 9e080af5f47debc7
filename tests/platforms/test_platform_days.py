"""Platform-day weight sharing: exact, unbiased on known truths, coherent by tier, banded, poststratified, refused."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate import simulate
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import SurveySample
from microwork_estimate.inputs.platform_days import PlatformDays
from microwork_estimate.platforms import Bands, DayQuestion, persons_from_platform_days


def quiet(days, sample, **options):
    """Estimate without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return persons_from_platform_days(days, sample, **options)


def log_of(visitors, days=None, **options) -> PlatformDays:
    """Make a log from visitors, shape (p, d)."""
    visitors = np.asarray(visitors)
    return PlatformDays(
        platforms=tuple("ABCDEFG"[: visitors.shape[0]]),
        days=tuple(str(d + 1) for d in range(visitors.shape[1])) if days is None else days,
        visitors=visitors,
        source="log",
        **options,
    )


def census(active: np.ndarray, tier=None) -> tuple[PlatformDays, SurveySample]:
    """The log of persons active on platform-days, shape (N, p, d), and every visit as a respondent."""
    person, platform, day = np.nonzero(active)
    columns = {
        "platform": np.array(list("ABCDEFG"))[platform],
        "day": (day + 1).astype(str),
        "platform_days": active.sum((1, 2))[person],
    }
    if tier is not None:
        columns["tier"] = np.asarray(tier)[person]
    return log_of(active.sum(0)), SurveySample(columns=columns)


# --- exact ------------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_census_of_visits_counts_persons_exactly(seed):
    """When every visit answers, persons and each tier come out exactly, whatever the cells, without error."""
    rng = np.random.default_rng(seed)
    active = rng.random((30, 2, 6)) < rng.uniform(0.02, 0.7, (30, 1, 1))
    active = active[active.any((1, 2))]
    active[0] = True
    often = np.where(active.any(1).sum(1) >= 3, "often", "seldom")
    days, sample = census(active, often)
    for cells in ("platform-day", "platform", "all"):
        found = quiet(days, sample, question=DayQuestion(cells=cells), by="tier")
        assert found.persons.value == pytest.approx(len(active), rel=1e-12)
        for name, tier in found.tiers.items():
            assert tier.value == pytest.approx((often == name).sum(), rel=1e-12)
        assert found.persons.standard_error == pytest.approx(0, abs=1e-9)


def test_unbiased_over_all_samples_with_an_unbiased_variance():
    """Over every choice of two visits on each platform-day: five persons on average, and the variance as estimated."""
    active = np.zeros((5, 1, 2), dtype=bool)
    active[:, 0, 0], active[:, 0, 1] = [1, 1, 1, 0, 1], [1, 0, 1, 1, 1]
    visits = active.sum((1, 2))
    pools = [np.flatnonzero(active[:, 0, d]) for d in (0, 1)]
    runs = []
    for first, second in itertools.product(*(itertools.combinations(pool, 2) for pool in pools)):
        persons = np.array([*first, *second])
        columns = {"platform": ["A"] * 4, "day": ["1", "1", "2", "2"], "platform_days": visits[persons]}
        found = quiet(log_of(active.sum(0)), SurveySample(columns=columns)).persons
        alike = found.standard_error is None
        runs.append((found.value, 0.0 if alike else found.standard_error**2))
    values, variances = np.array(runs).T
    assert values.mean() == pytest.approx(5, rel=1e-12)
    assert variances.mean() == pytest.approx(values.var(), rel=1e-12)


def test_one_day_each_is_the_sum_of_visits():
    """If nobody came twice, persons are visits, and the lack of variation withholds the error."""
    sample = SurveySample(columns={"platform": ["A", "A"], "day": ["1", "1"], "platform_days": [1, 1]})
    with pytest.warns(MicroworkWarning, match="same-answer"):
        found = persons_from_platform_days(log_of([[40]]), sample).persons
    assert (found.value, found.standard_error) == (40, None)


def test_weights_of_the_sample_count_within_a_cell():
    """A respondent with three times the weight stands for three times the visits of the cell."""
    columns = {"platform": ["A", "A"], "day": ["1", "1"], "platform_days": [1, 2]}
    found = quiet(log_of([[40, 1]]), SurveySample(columns=columns, weight=[3, 1]), question=DayQuestion(cells="all"))
    assert found.weights == pytest.approx([41 * 0.75, 41 * 0.25 / 2])
    assert found.persons.value == pytest.approx(found.weights.sum())


# --- known truth ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world():
    """A simulated workforce on seven platforms with its visit log, dormant accounts included."""
    made = simulate.population(
        n_persons=40_000,
        market=simulate.PlatformMarket.ranked(7, largest=0.25, multi_homing=0.5),
        propensity=simulate.Propensity(law="gamma", cv=1.4),
        attrition=simulate.Attrition(dormancy=0.3),
        seed=5,
    )
    return made, simulate.visit_log(made).data


def test_month_and_week_on_a_known_truth(world):
    """Over 250 surveys of 900 visits: persons of the month and of every week without bias, covered 0.95."""
    made, log = world
    truth = np.array([made.truth["monthly"], made.truth["weekly_every_week"]])
    runs = []
    for seed in range(250):
        sample = simulate.survey(made, n_respondents=900, reach=simulate.Reach(via="visits"), seed=seed).data
        found = quiet(log, sample, by="weekly_every_week", activity="monthly")
        both = (found.persons, found.tiers["True"])
        covered = [e.interval.low <= t <= e.interval.high for e, t in zip(both, truth, strict=True)]
        runs.append([e.value for e in both] + [e.standard_error for e in both] + covered)
    runs = np.array(runs, dtype=float)
    values, errors, covered = runs[:, :2], runs[:, 2:4], runs[:, 4:]
    assert (np.abs(values.mean(0) / truth - 1) < 3 * values.std(0) / truth / np.sqrt(250)).all()
    assert errors.mean(0) == pytest.approx(values.std(0), rel=0.14)
    assert covered.mean(0) == pytest.approx([0.95, 0.95], abs=3 * np.sqrt(0.95 * 0.05 / 250))


def test_visitors_over_platforms_and_plain_shares_are_wrong_where_this_is_right(world):
    """The same data by the usual arithmetic: uniques over the mean of platforms are far off, plain shares by a factor."""
    made, log = world
    sample = simulate.survey(made, n_respondents=3000, reach=simulate.Reach(via="visits"), seed=1).data
    found = quiet(log, sample, by="weekly_every_week")
    share = found.tiers["True"].value / found.persons.value
    truth = made.truth["weekly_every_week"] / made.truth["monthly"]
    assert share == pytest.approx(truth, rel=0.1)
    assert sample.numbers("weekly_every_week").mean() > 1.8 * truth
    usual = made.truth["visitors"] / sample.numbers("n_platforms").mean()
    assert usual / made.truth["monthly"] < 0.85


def test_banded_answers_change_little_and_say_how_much_they_could(world):
    """In five bands the number moves by less than 2 %; the ends of the bands bracket the exact answer."""
    made, log = world
    bands = Bands(lower=(1, 2, 4, 8, 15), top=28)
    sample = simulate.survey(made, n_respondents=3000, reach=simulate.Reach(via="visits"), seed=1).data
    exact = quiet(log, sample)
    place = np.searchsorted(bands.lower, sample.numbers("platform_days"), side="right") - 1
    labels = np.array(bands.labels)[place]
    told = replace(sample, columns={**{n: sample.column(n) for n in ("platform", "day")}, "platform_days": labels})
    found = quiet(log, told, question=DayQuestion(bands=bands)).persons
    assert found.value == pytest.approx(exact.persons.value, rel=0.02)
    # Answers above the top of 28 (several platforms a day) are few.
    assert found.diagnostics["low_from_bands"] < exact.persons.value < found.diagnostics["high_from_bands"]
    assert found.diagnostics["low_from_bands"] < found.value < found.diagnostics["high_from_bands"]


# --- tiers, cells, warnings -------------------------------------------------------------------------------------------


def test_tiers_add_up_and_so_does_their_covariance(world):
    """Exclusive tiers of one set of weights sum to the persons, and their covariance to the variance."""
    made, log = world
    sample = simulate.survey(made, n_respondents=900, reach=simulate.Reach(via="visits"), seed=3).data
    found = quiet(log, sample, by="weekly_days4")
    assert sum(t.value for t in found.tiers.values()) == pytest.approx(found.persons.value, rel=1e-12)
    assert found.covariance.sum() == pytest.approx(found.persons.standard_error**2, rel=1e-9)
    assert [t.standard_error**2 for t in found.tiers.values()] == pytest.approx(list(np.diag(found.covariance)))


WEEK = tuple(f"2024-03-0{d}" for d in range(4, 10))  # Monday to Saturday


def test_weekend_by_dates_or_by_name_and_the_warning():
    """Unsurveyed days stand on those of the same kind: Saturday on Saturday, working days on working days."""
    days = log_of([[10, 10, 10, 10, 10, 60]], days=WEEK)
    columns = {
        "platform": ["A"] * 6,
        "day": [WEEK[0]] * 2 + [WEEK[1]] * 2 + [WEEK[5]] * 2,
        "platform_days": [5, 5, 5, 5, 1, 2],
    }
    sample = SurveySample(columns=columns)
    with pytest.warns(MicroworkWarning, match="unsampled-platform-days.*kind of day"):
        dated = persons_from_platform_days(days, sample)
    assert dated.persons.value == pytest.approx(50 / 5 + 60 * 0.75)
    renamed = log_of([[10, 10, 10, 10, 10, 60]])
    columns["day"] = ["1", "1", "2", "2", "6", "6"]
    named = quiet(renamed, SurveySample(columns=columns), question=DayQuestion(weekend=("6",)))
    assert named.persons.value == pytest.approx(dated.persons.value)
    unknown = quiet(renamed, SurveySample(columns=columns))
    assert unknown.persons.diagnostics["cells"] == "platform"
    assert unknown.persons.value == pytest.approx(110 * np.mean([0.2] * 4 + [1, 0.5]))


def test_platform_days_as_primary_units():
    """Where some platform-days were drawn, they are the units: their variation enters the error."""
    rng = np.random.default_rng(8)
    day = np.repeat(np.arange(1, 21), 10)
    visits = np.where(np.repeat(rng.random(20) < 0.5, 10), 2, 10)
    columns = {"platform": ["A"] * 200, "day": day.astype(str), "platform_days": visits}
    days, question = log_of(np.full((1, 28), 50.0)), DayQuestion(cells="platform")
    alone = quiet(days, SurveySample(columns=columns), question=question).persons
    units = quiet(days, SurveySample(columns=columns, psu=day), question=question).persons
    assert units.value == pytest.approx(alone.value)
    assert units.standard_error > 2.5 * alone.standard_error


def test_single_respondent_withholds_the_error():
    """One respondent for all visits: the number stands alone."""
    sample = SurveySample(columns={"platform": ["A"], "day": ["1"], "platform_days": [2]})
    found = quiet(log_of([[40, 20]]), sample).persons
    assert found.value == 30
    assert "single-respondent" in {w.code for w in found.warnings}
    assert found.standard_error is None


def test_estimand_and_assumptions_are_said():
    """Window, territory and platforms come from the log, the activity from the caller."""
    columns = {"platform": ["A", "A"], "day": ["1", "1"], "platform_days": [1, 2]}
    log = log_of([[40]], window="28 days", territory="France")
    with pytest.raises(InvalidInput, match="impossible number of platform-days"):
        quiet(log, SurveySample(columns=columns))
    log = log_of([[40, 0]], window="28 days", territory="France")
    found = quiet(log, SurveySample(columns=columns), activity="monthly").persons
    assert (found.estimand.activity, found.estimand.window, found.estimand.territory) == (
        "monthly",
        "28 days",
        "France",
    )
    assert {a.id for a in found.assumptions} == {
        "visits-alike-within-cell",
        "platform-days-recalled",
        "visitors-are-persons",
    }


# --- refusals ---------------------------------------------------------------------------------------------------------

LOG = log_of([[40, 20], [5, 0]])
GOOD = {"platform": ["A", "A", "B"], "day": ["1", "2", "1"], "platform_days": [1, 2, 2]}


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"platform_days": [0, 2, 2]}, {}, "impossible number of platform-days"),
        ({"platform_days": [1, 2.5, 2]}, {}, "impossible number of platform-days"),
        ({"platform_days": [1, 5, 2]}, {}, "impossible number of platform-days"),
        ({"platform_days": [1, np.nan, 2]}, {}, "impossible value"),
        ({"platform": ["A", "A", "C"]}, {}, "visit log does not know"),
        ({"day": ["1", "2", "3"]}, {}, "visit log does not know"),
        ({"day": ["1", "2", "2"]}, {}, "platform-day without visitors"),
        ({}, {"question": DayQuestion(cells="platform and kind of day")}, "kinds of day not known"),
        ({}, {"question": DayQuestion(weekend=("7",))}, "unknown day"),
        ({"day": ["1", "1", "1"]}, {"question": DayQuestion(cells="platform-day")}, "without respondents"),
        ({}, {"question": DayQuestion(bands=Bands())}, "bands beyond the window"),
        (
            {"platform_days": ["1", "2-3", "5"]},
            {"question": DayQuestion(bands=Bands(lower=(1, 2), top=4))},
            "outside the bands",
        ),
        ({}, {"level": 95}, "confidence level"),
        ({}, {"by": "tier"}, "unknown column"),
        ({}, {"activity": "daily"}, "unknown choice"),
    ],
)
def test_impossible_answers_are_refused(change, options, message):
    """Answers below 1, above the window, outside the bands or off the log give no number."""
    with pytest.raises(InvalidInput, match=message):
        quiet(LOG, SurveySample(columns={**GOOD, **change}), **options)


@pytest.mark.parametrize("reached_via", ["worker", "registration"])
def test_other_routes_are_refused(reached_via):
    """Respondents drawn as persons or through accounts did not come by their visits."""
    with pytest.raises(InvalidInput, match="not reached through visits"):
        quiet(LOG, SurveySample(columns=GOOD, reached_via=reached_via))


def test_more_respondents_than_visitors_are_refused():
    """Six answers from five visitors of a platform-day cannot be."""
    columns = {"platform": ["B"] * 6 + ["A"], "day": ["1"] * 7, "platform_days": [1] * 7}
    with pytest.raises(InvalidInput, match="more respondents than visitors"):
        quiet(LOG, SurveySample(columns=columns), question=DayQuestion(cells="platform"))


@pytest.mark.parametrize(
    ("lower", "top"), [((2, 3), 28), ((1, 1), 28), ((1, 4, 2), 28), ((1, 8), 7), ((), 28), ((1, 2.5), 28)]
)
def test_bands_out_of_order_are_refused(lower, top):
    """Bands begin with 1, increase, and end within their top."""
    with pytest.raises(InvalidInput, match="bands out of order"):
        Bands(lower=lower, top=top)


def test_bands_read_a_long_dash():
    """2–3 is 2-3."""
    assert Bands().positions(["2–3", " 15+ ", 1], where="x").tolist() == [1, 4, 0]
