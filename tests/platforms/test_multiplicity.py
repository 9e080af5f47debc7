"""The multiplicity of a sample meets known truths, printed values and exact unbiasedness; bad input is refused."""

from __future__ import annotations

import csv
import itertools
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import PlatformRegistrations, SurveySample
from microwork_estimate.platforms import multiplicity, persons_from_registrations, stated_multiplicity

GERMAN = Path(__file__).parents[2] / "data" / "crowdworkers_de" / "platforms_by_hours.csv"


def quiet(sample: SurveySample, **options) -> Estimate:
    """Estimate without the Python warnings; the coded ones stay in the estimate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return multiplicity(sample, **options)


def sample_of(counts, *, via=None, weight=None, reached_via="registration", **design) -> SurveySample:
    """Make a sample of respondents with their answers."""
    columns = {"n_platforms": counts} if via is None else {"n_platforms": counts, "via": via}
    return SurveySample(columns=columns, weight=weight, reached_via=reached_via, **design)


def codes(estimate: Estimate) -> list[str]:
    """Return the codes of the warnings."""
    return [warning.code for warning in estimate.warnings]


# --- printed values ---------------------------------------------------------------------------------------------------


def german(platform: str) -> np.ndarray:
    """Return one answer per respondent of the German survey, missing answers left out."""
    with GERMAN.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["platform"] == platform]
    known = [row for row in rows if row["platforms_used"] != "missing"]
    return np.repeat([int(row["platforms_used"]) for row in known], [int(row["respondents"]) for row in known])


@pytest.mark.parametrize(
    ("platform", "respondents", "arithmetic", "harmonic"),
    [("crowdguru", 99, 1.75, 1.42), ("applause", 109, 1.61, 1.27)],
)
def test_german_survey(platform, respondents, arithmetic, harmonic):
    """230 German crowd-workers give the two means that were counted from the public file."""
    counts = german(platform)
    as_accounts = quiet(sample_of(counts, reached_via="platform_subset"))
    as_persons = multiplicity(sample_of(counts, reached_via="worker"))
    assert as_accounts.n_observed == respondents
    assert round(as_accounts.value, 2) == harmonic
    assert round(as_persons.value, 2) == arithmetic
    assert as_accounts.diagnostics["arithmetic_mean"] == pytest.approx(as_persons.value, rel=1e-14)


# --- known truth ------------------------------------------------------------------------------------------------------


def make_world(kappa: float, shape: float) -> np.ndarray:
    """Membership of persons (rows) on seven platforms of Zipf popularity, with gamma propensities and M/N = kappa."""
    rng = np.random.default_rng(7)
    popularity = 1 / np.arange(1, 8)
    propensity = rng.gamma(shape, 1 / shape, 40_000)
    uniform = rng.random((40_000, 7))

    def members(log_scale: float) -> np.ndarray:
        return uniform < -np.expm1(-np.exp(log_scale) * propensity[:, None] * popularity)

    def excess(log_scale: float) -> float:
        k = members(log_scale).sum(1)
        return float(k[k > 0].mean() - kappa)

    found = members(brentq(excess, -5, 4))
    return found[found.any(1)]


WORLDS = {"mild": (1.27, 4.0, -0.150), "skewed": (1.50, 0.5, -0.224), "heavy": (1.92, 0.4, -0.269)}


@pytest.fixture(scope="module", params=list(WORLDS))
def world(request):
    """One of three workforces, with the bias that is printed for it."""
    kappa, shape, printed = WORLDS[request.param]
    return make_world(kappa, shape), printed


def test_arithmetic_mean_of_accounts_is_biased_as_printed_and_harmonic_is_not(world):
    """The printed biases of M / mean(k), -15 to -27 %, are met within 1.5 points; the harmonic mean has none."""
    members, printed = world
    counts = members.sum(1)
    accounts_of_person = np.repeat(counts, counts)
    rng = np.random.default_rng(11)
    runs = [quiet(sample_of(rng.choice(accounts_of_person, 900, replace=False))) for _ in range(200)]
    truth = counts.mean()
    arithmetic = np.mean([truth / run.diagnostics["arithmetic_mean"] - 1 for run in runs])
    harmonic = np.array([truth / run.value - 1 for run in runs])
    assert arithmetic == pytest.approx(printed, abs=0.015)
    assert abs(harmonic.mean()) < 3 * harmonic.std() / np.sqrt(200)


def test_arithmetic_mean_of_persons_is_right_and_harmonic_is_not(world):
    """In a sample of persons the arithmetic mean covers the truth; the harmonic one gives 11 to 40 % too many."""
    members, _ = world
    counts = members.sum(1)
    rng = np.random.default_rng(13)
    runs = [multiplicity(sample_of(rng.choice(counts, 900), reached_via="worker")) for _ in range(1000)]
    covered = np.mean([run.interval.low <= counts.mean() <= run.interval.high for run in runs])
    wrong = counts.mean() / np.mean([run.diagnostics["harmonic_mean"] for run in runs]) - 1
    assert covered == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 1000))
    assert 0.10 < wrong < 0.40


def test_stratified_coverage(world):
    """With equal numbers of respondents from unequal platforms the interval covers kappa, and so N, 95 times in 100."""
    members, _ = world
    accounts = PlatformRegistrations(platforms=tuple("ABCDEFG"), accounts=members.sum(0), source="simulated")
    counts, rng, n = members.sum(1), np.random.default_rng(17), 130
    on = [np.flatnonzero(members[:, p]) for p in range(7)]
    via = np.repeat(list("ABCDEFG"), n)
    kappas, covered, errors = [], [], []
    for _ in range(1000):
        drawn = np.concatenate([rng.choice(persons, n, replace=False) for persons in on])
        run = multiplicity(sample_of(counts[drawn], via=via), platform="via", registrations=accounts)
        persons = persons_from_registrations(accounts, run)
        kappas.append(run.value)
        errors.append(run.standard_error)
        covered.append(persons.interval.low <= len(members) <= persons.interval.high)
    assert np.mean(covered) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 1000))
    assert np.mean(errors) == pytest.approx(np.std(kappas), rel=0.1)
    assert np.mean(kappas) == pytest.approx(counts.mean(), rel=0.003)


def test_pooling_is_biased_when_platforms_are_sampled_equally():
    """9,000 persons, 1,000 of them also on B: equal samples are right by platform and wrong when pooled."""
    declared = PlatformRegistrations(platforms=("A", "B"), accounts=[9000, 1000], source="constructed")
    sample = sample_of([1] * 16 + [2] * 2 + [2] * 18, via=["A"] * 18 + ["B"] * 18)
    pooled = quiet(sample)
    stratified = quiet(sample, platform="via", registrations=declared)
    assert persons_from_registrations(declared, stratified).value == pytest.approx(9000, rel=1e-14)
    assert persons_from_registrations(declared, pooled).value == pytest.approx(10_000 * (16 + 10) / 36, rel=1e-14)
    assert "pooled-platforms" in codes(pooled)
    assert "pooled-platforms" not in codes(stratified)


# --- exact ------------------------------------------------------------------------------------------------------------

# Persons 0 to 6; platform C is small enough to be asked completely.
SMALL = {"A": [0, 1, 2, 3, 4], "B": [2, 3, 4, 5], "C": [4, 5, 6]}
K_SMALL = np.array([1, 1, 2, 2, 3, 2, 1])
N_SMALL = {"A": 3, "B": 2, "C": 3}


def all_small_samples() -> list[Estimate]:
    """Estimate from every possible sample of the small population."""
    accounts = PlatformRegistrations(platforms=tuple(SMALL), accounts=[5, 4, 3], source="enumerated")
    via = np.repeat(list(SMALL), list(N_SMALL.values()))
    choices = [itertools.combinations(SMALL[p], N_SMALL[p]) for p in SMALL]
    drawn = [np.concatenate(parts).astype(int) for parts in itertools.product(*choices)]
    return [quiet(sample_of(K_SMALL[d], via=via), platform="via", registrations=accounts) for d in drawn]


def test_exact_unbiasedness_over_all_samples():
    """Over every possible sample the mean of N is the number of persons, to machine precision."""
    persons = [12 / run.value for run in all_small_samples()]
    assert len(persons) == 60
    assert np.mean(persons) == pytest.approx(7, rel=1e-13)


def test_variance_is_exactly_unbiased_over_all_samples():
    """Over every possible sample the mean of the estimated variance is the variance, the census stratum adding none."""
    runs = all_small_samples()
    persons = np.array([12 / run.value for run in runs])
    variances = [(run.standard_error * 12 / run.value**2) ** 2 for run in runs]
    assert np.mean(variances) == pytest.approx(persons.var(), rel=1e-12)


def test_census_gives_the_truth_exactly():
    """When every account answers, N is the number of persons and nothing is left to chance."""
    accounts = PlatformRegistrations(platforms=tuple(SMALL), accounts=[5, 4, 3], source="enumerated")
    everyone = np.concatenate(list(SMALL.values()))
    via = np.repeat(list(SMALL), [5, 4, 3])
    kappa = multiplicity(sample_of(K_SMALL[everyone], via=via), platform="via", registrations=accounts)
    persons = persons_from_registrations(accounts, kappa)
    assert persons.value == pytest.approx(7, rel=1e-14)
    assert kappa.standard_error == 0
    assert persons.interval.low == pytest.approx(persons.interval.high, rel=1e-14)


def test_clusters_replace_respondents_in_the_variance():
    """Respondents drawn in pairs of like answers count as half as many for the standard error: twice the variance."""
    rng = np.random.default_rng(23)
    counts = rng.integers(1, 4, 200)
    single = multiplicity(sample_of(counts, reached_via="worker"))
    pairs = multiplicity(sample_of(np.repeat(counts, 2), reached_via="worker", psu=np.repeat(np.arange(200), 2)))
    naive = multiplicity(sample_of(np.repeat(counts, 2), reached_via="worker"))
    assert pairs.value == pytest.approx(single.value, rel=1e-14)
    assert pairs.standard_error == pytest.approx(single.standard_error, rel=1e-12)
    assert naive.standard_error < 0.75 * pairs.standard_error


def test_finite_population_and_strata_of_the_sample_shorten_the_interval():
    """Half of a population drawn: the variance is half; strata that explain everything leave none."""
    counts = np.tile([1, 2, 3, 4], 10)
    whole = multiplicity(sample_of(counts, reached_via="worker"))
    half = multiplicity(sample_of(counts, reached_via="worker", fpc=np.full(40, 80.0)))
    explained = multiplicity(sample_of(counts, reached_via="worker", strata=counts))
    assert half.standard_error == pytest.approx(whole.standard_error / np.sqrt(2), rel=1e-12)
    assert explained.standard_error == pytest.approx(0, abs=1e-12)


# --- properties -------------------------------------------------------------------------------------------------------

answers = st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ABC")), min_size=6, max_size=40).filter(
    lambda rows: {name for _, name in rows} == set("ABC")
)


@settings(max_examples=60, deadline=None)
@given(rows=answers, factor=st.floats(0.01, 100), seed=st.integers(0, 2**16))
def test_relabelling_reordering_and_scaling_change_nothing(rows, factor, seed):
    """The estimate does not depend on names or order of platforms and respondents, nor on the scale of weights."""
    rng = np.random.default_rng(seed)
    counts = np.array([k for k, _ in rows])
    via = np.array([name for _, name in rows])
    weight = rng.uniform(0.5, 2, counts.size)
    declared = dict(zip("ABC", [1000.0, 400.0, 70.0], strict=True))
    first = quiet(
        sample_of(counts, via=via, weight=weight),
        platform="via",
        registrations=PlatformRegistrations(platforms=tuple(declared), accounts=list(declared.values()), source="x"),
    )
    new_name = dict(zip("ABC", rng.permutation(["Zeta", "alpha", "9"]), strict=True))
    shuffled = rng.permutation(counts.size)
    order = rng.permutation(list("ABC"))
    second = quiet(
        sample_of(counts[shuffled], via=[new_name[v] for v in via[shuffled]], weight=factor * weight[shuffled]),
        platform="via",
        registrations=PlatformRegistrations(
            platforms=tuple(new_name[p] for p in order), accounts=[declared[p] for p in order], source="x"
        ),
    )
    assert second.value == pytest.approx(first.value, rel=1e-12)
    assert codes(first) == codes(second)
    if first.standard_error is not None:
        assert second.standard_error == pytest.approx(first.standard_error, rel=1e-9, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(accounts=st.lists(st.integers(5, 10**6), min_size=1, max_size=6), reached_via=st.sampled_from(["a", "b"]))
def test_one_platform_each_gives_the_sum_of_registrations(accounts, reached_via):
    """When nobody is on two platforms, the persons are the accounts."""
    names = tuple(f"P{i}" for i in range(len(accounts)))
    declared = PlatformRegistrations(platforms=names, accounts=accounts, source="x")
    sample = sample_of(np.ones(2 * len(names)), via=np.repeat(names, 2))
    options = {"platform": "via", "registrations": declared} if reached_via == "a" else {}
    kappa = quiet(sample, **options)
    assert persons_from_registrations(declared, kappa).value == pytest.approx(sum(accounts), rel=1e-14)


@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.integers(1, 9), min_size=2, max_size=60))
def test_harmonic_is_at_most_arithmetic_and_both_are_possible(counts):
    """1 <= harmonic <= arithmetic <= largest answer."""
    harmonic = quiet(sample_of(counts)).value
    arithmetic = quiet(sample_of(counts, reached_via="worker")).value
    assert harmonic * (1 + 1e-12) >= 1
    assert harmonic <= arithmetic * (1 + 1e-12)
    assert arithmetic <= max(counts) * (1 + 1e-12)


# --- degenerate -------------------------------------------------------------------------------------------------------


def test_single_respondent_in_a_stratum_has_no_standard_error():
    """One respondent on a platform: the point stands, the error is withheld and said."""
    declared = PlatformRegistrations(platforms=("A", "B"), accounts=[100, 50], source="x")
    sample = sample_of([1, 2, 2], via=["A", "A", "B"])
    with pytest.warns(MicroworkWarning, match="single-respondent"):
        kappa = multiplicity(sample, platform="via", registrations=declared)
    assert kappa.value == pytest.approx(150 / (75 + 25))
    assert kappa.standard_error is None
    assert kappa.interval is None
    persons = persons_from_registrations(declared, kappa)
    assert persons.interval is None
    assert codes(persons) == ["single-respondent"]


def test_single_respondent_who_is_the_whole_platform_adds_no_variance():
    """A platform with one account that answered is known completely."""
    declared = PlatformRegistrations(platforms=("A", "B"), accounts=[100, 1], source="x")
    kappa = multiplicity(sample_of([1, 2, 2], via=["A", "A", "B"]), platform="via", registrations=declared)
    assert kappa.warnings == ()
    assert kappa.standard_error > 0


def test_no_variation_withholds_the_standard_error():
    """Three respondents who all say 1 do not prove that nobody says 2."""
    with pytest.warns(MicroworkWarning, match="no-variation"):
        kappa = multiplicity(sample_of([1, 1, 1], reached_via="worker"))
    assert kappa.value == 1
    assert kappa.standard_error is None
    assert kappa.interval is None


def test_no_variation_on_one_platform_is_said_and_the_rest_counts():
    """A platform whose respondents all agree keeps its warning, and the others their standard error."""
    declared = PlatformRegistrations(platforms=("A", "B"), accounts=[100, 50], source="x")
    with pytest.warns(MicroworkWarning, match="no-variation.*of B"):
        kappa = multiplicity(sample_of([1, 2, 2, 2], via=list("AABB")), platform="via", registrations=declared)
    assert kappa.standard_error > 0


def test_subset_of_platforms_is_marked_and_uses_those_reached():
    """A sample of one platform gives the harmonic mean there, marked as transported to the others."""
    declared = PlatformRegistrations(platforms=("A", "B"), accounts=[100, 900], source="x")
    sample = sample_of([1, 2, 2, 1], via=list("AAAA"), reached_via="platform_subset")
    with pytest.warns(MicroworkWarning, match="transport"):
        kappa = multiplicity(sample, platform="via", registrations=declared)
    assert kappa.value == pytest.approx(4 / 3)
    assert kappa.diagnostics["accounts"] == 100
    assert "reached" in kappa.estimand.platforms
    assert codes(persons_from_registrations(declared, kappa)) == ["transport"]


def test_level_widens_the_interval_and_kappa_is_never_below_one():
    """A higher level gives a wider interval, cut at one platform per person."""
    sample = sample_of([1, 1, 1, 1, 2], reached_via="worker")
    narrow, wide = multiplicity(sample, level=0.5), multiplicity(sample, level=0.999)
    assert wide.interval.low == 1
    assert wide.interval.high > narrow.interval.high
    assert narrow.interval.low > 1


# --- refusals ---------------------------------------------------------------------------------------------------------

DECLARED = PlatformRegistrations(platforms=("A", "B"), accounts=[100, 50], source="x")


@pytest.mark.parametrize(
    ("sample", "options", "message"),
    [
        (sample_of([1, 2], reached_via=None), {}, "reached_via"),
        (sample_of([1, 0]), {}, "position 1"),
        (sample_of([1.5, 1]), {}, "1.5 at position 0"),
        (sample_of([1, np.nan]), {}, "position 1"),
        (sample_of([1, np.inf]), {}, "position 1"),
        (sample_of([1, -2]), {}, "-2 at position 1"),
        (sample_of([1, 3]), {"registrations": DECLARED}, "number of declaring platforms"),
        (sample_of([1, 2]), {"count": "platforms"}, "unknown column"),
        (sample_of([1, 2]), {"level": 95}, "confidence level"),
        (sample_of([1, 2], via=["A", "B"]), {"platform": "via"}, "platforms without registrations"),
        (
            sample_of([1, 2], via=["A", "B"], reached_via="worker"),
            {"platform": "via", "registrations": DECLARED},
            "not reached through a platform",
        ),
        (sample_of([1, 2], via=["A", "A"]), {"platform": "via", "registrations": DECLARED}, "'B'"),
        (sample_of([1, 2], via=["A", "C"]), {"platform": "via", "registrations": DECLARED}, "'C'"),
        (
            sample_of(np.ones(53), via=["A"] * 2 + ["B"] * 51),
            {"platform": "via", "registrations": DECLARED},
            "more respondents than accounts",
        ),
    ],
)
def test_impossible_samples_are_refused(sample, options, message):
    """No number comes from a sample that cannot be."""
    with pytest.raises(InvalidInput, match=message):
        multiplicity(sample, **options)


# --- stated figures ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reached_via", "code"), [("registration", "size-bias"), ("platform_subset", "transport")])
def test_stated_multiplicity_carries_the_warning_of_its_origin(reached_via, code):
    """1.27 from accounts is too high, from one platform it is transported; both are said."""
    with pytest.warns(MicroworkWarning, match=code):
        kappa = stated_multiplicity(1.27, reached_via=reached_via, rounding=0.005, source="blog")
    assert (kappa.value, kappa.standard_error, kappa.interval) == (1.27, None, None)
    assert kappa.diagnostics["rounding"] == 0.005
    assert codes(kappa) == [code]


def test_stated_multiplicity_of_persons_has_no_warning():
    """A mean over persons is the right one."""
    kappa = stated_multiplicity(1.27, reached_via="worker", standard_error=0.02, source="survey")
    assert kappa.warnings == ()
    assert kappa.standard_error == 0.02
    assert kappa.references == ("survey",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": 0.99}, "at least 1"),
        ({"mean": float("nan")}, "at least 1"),
        ({"mean": float("inf")}, "at least 1"),
        ({"source": " "}, "without source"),
        ({"reached_via": "accounts"}, "unknown choice"),
        ({"rounding": -0.1}, "width"),
        ({"standard_error": float("nan")}, "width"),
    ],
)
def test_impossible_stated_multiplicities_are_refused(options, message):
    """A coefficient below 1, without source or of unknown origin is no coefficient."""
    arguments = {"mean": 1.27, "reached_via": "worker", "source": "survey", **options}
    with pytest.raises(InvalidInput, match=message):
        stated_multiplicity(arguments.pop("mean"), **arguments)
