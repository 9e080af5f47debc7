"""Counts of sightings: Chao's bound and Zelterman against other programs, known truth and degenerate data."""

from __future__ import annotations

import csv
import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from microwork_estimate.capture_recapture import chao_lower_bound, zelterman, zero_truncated
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureCounts

REFERENCE = Path(__file__).parents[1] / "reference" / "counts.json"
MTURK = Path(__file__).parents[2] / "data" / "mturk" / "times_seen.csv"
TABLES = ("bbs", "carc", "corb")

HERE, TRUNCATED = "met in this file", "met in test_truncated"
LOGLINEAR = "a log-linear model of the whole table of captures: another family of estimators"
GRID = {
    "hand": HERE,
    "singleRcapture_chao": HERE + " for the value; its standard error has one more binomial term",
    "singleRcapture_zelterman": HERE,
    "vegan_estimateR": HERE + " for Chao1; ACE is another estimator",
    "vegan_specpool": HERE + " for Chao2; the jackknife and the bootstrap are other estimators",
    "bc_mMhhChao": HERE + " for the value; its standard error estimates the variance without the delta method",
    "singleRcapture_ztpoisson": TRUNCATED,
    "singleRcapture_ztgeom": TRUNCATED,
    "VGAM_pospoisson": TRUNCATED,
    "closedp.0": "rows M0 (test_truncated) and Mh Chao (here, where no eta was removed below the fourth count)",
    "closedpCI.0_mM0": TRUNCATED + " for the fit; its interval is an unconditional profile",
    "VGAM_posnegbinomial": "the negative binomial of test_negative_binomial",
    "bc_mM0": "a bias-corrected M0 of its own",
    "closedpCI.0_mMhhLB": LOGLINEAR,
    "closedpCI.0_mMhhPoissonhcontrollisttheta2": LOGLINEAR,
    "closedpCI.0_mMhhDarroch": LOGLINEAR,
    "bc_mMhhPoissonhcontrollisttheta2": LOGLINEAR,
    "bc_mMhhDarroch": LOGLINEAR,
    "bc_mMhhGamma": LOGLINEAR,
}


@cache
def reference() -> dict[str, Any]:
    """Read the results of the other programs."""
    content = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {"data": content["data"], "cases": {case["id"]: case for case in content["cases"]}}


def output(case: str) -> dict[str, Any]:
    """Return what the other program gave."""
    return reference()["cases"][case]["output"]


def table(name: str, occasions: int | None = None) -> CaptureCounts:
    """Return a table of counts of the reference file."""
    return CaptureCounts(frequencies=reference()["data"][name]["columns"]["freq"], occasions=occasions)


def counts_of(times: np.ndarray, occasions: int | None = None) -> CaptureCounts:
    """Count how often persons were seen, those never seen left out."""
    return CaptureCounts(frequencies=np.bincount(times[times > 0])[1:], occasions=occasions)


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """Call without the Python warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


def ends(estimate: Estimate) -> tuple[float, float]:
    """Return the ends of the interval."""
    assert estimate.interval is not None
    return estimate.interval.low, estimate.interval.high


def codes(estimate: Estimate) -> set[str]:
    """Return the codes of the warnings."""
    return {warning.code for warning in estimate.warnings}


def test_every_reference_case_is_met_or_explained():
    """No case of the reference file is left out by accident."""
    kinds = {case.split("/")[1] for case in reference()["cases"]}
    assert kinds == set(GRID)


@pytest.mark.parametrize("name", TABLES)
def test_the_classic_bound_equals_the_worked_value_its_variance_and_interval(name):
    """Classic form without occasions: value, variance and log-normal interval as worked out in R."""
    expected = output(f"{name}/hand")
    bound = quietly(chao_lower_bound, table(name), bias_corrected=False)
    assert bound.value == pytest.approx(expected["chao_classic"], rel=1e-12)
    assert bound.standard_error**2 == pytest.approx(expected["chao_classic_var"], rel=1e-12)
    assert ends(bound) == pytest.approx(expected["chao_classic_lognormal_ci"], rel=1e-12)


@pytest.mark.parametrize("name", TABLES)
def test_the_bias_corrected_bound_equals_vegan(name):
    """The value S.chao1 of vegan and its standard error, which is the full delta method."""
    expected = output(f"{name}/vegan_estimateR")
    bound = quietly(chao_lower_bound, table(name))
    assert bound.value == pytest.approx(expected["S.chao1"], rel=1e-12)
    assert bound.standard_error == pytest.approx(expected["se.chao1"], rel=1e-12)


def test_occasions_enter_both_forms_as_in_three_programs():
    """(T-1)/T: the hand values with T = 50, Rcapture's bias-corrected value, vegan's Chao2 and its standard error."""
    hand, counts = output("bbs/hand"), table("bbs", 50)
    assert quietly(chao_lower_bound, counts, bias_corrected=False).value == hand["chao_classic_finite_t"]
    corrected = quietly(chao_lower_bound, counts).value
    assert corrected == pytest.approx(hand["chao_bias_corrected_finite_t"], rel=1e-12)
    assert corrected == pytest.approx(output("bbs/bc_mMhhChao")["values"][0][0], rel=1e-12)
    hare, chao2 = output("hare/vegan_specpool"), chao_lower_bound(table("hare", 6), bias_corrected=False)
    assert chao2.value == pytest.approx(hare["chao"], rel=1e-12)
    assert chao2.standard_error == pytest.approx(hare["chao.se"], rel=1e-12)


@pytest.mark.parametrize("name", ["carc", "corb"])
def test_the_classic_bound_equals_the_loglinear_lower_bound_model(name):
    """Rcapture's Mh Chao model fits f1 and f2 exactly: the same value and the same standard error."""
    results = output(f"{name}/closedp.0")["results"]
    row = dict(zip(results["rows"], results["values"], strict=True))
    bound = quietly(chao_lower_bound, table(name), bias_corrected=False)
    assert (bound.value, bound.standard_error) == pytest.approx(row["Mh Chao (LB)"][:2], rel=1e-8)


@pytest.mark.parametrize("name", TABLES)
def test_single_r_capture_gives_the_same_bound_with_a_larger_error(name):
    """The value of singleRcapture is ours; its variance has a binomial term that counts those seen a second time."""
    expected = output(f"{name}/singleRcapture_chao")
    bound = quietly(chao_lower_bound, table(name), bias_corrected=False)
    assert bound.value == pytest.approx(expected["N"], rel=1e-8)
    assert 1.0 < expected["se"] / bound.standard_error < 1.04


@pytest.mark.parametrize("name", TABLES)
def test_zelterman_equals_single_r_capture(name):
    """Value, standard error and log-normal interval; the rate as worked out by hand."""
    expected, hand = output(f"{name}/singleRcapture_zelterman"), output(f"{name}/hand")
    estimate = quietly(zelterman, table(name))
    assert estimate.value == pytest.approx(hand["zelterman"], rel=1e-12)
    assert estimate.value == pytest.approx(expected["N"], rel=1e-8)
    assert estimate.standard_error == pytest.approx(expected["se"], rel=1e-8)
    assert ends(estimate) == pytest.approx(expected["ci_logNormal"], rel=1e-8)
    assert estimate.diagnostics["rate"] == pytest.approx(hand["zelterman_lambda"], rel=1e-12)


def test_the_maintainers_bound_for_mechanical_turk():
    """330,594.1809669279 workers from 140 occasions, by the classic form with (T-1)/T, without an alarm."""
    with MTURK.open(encoding="utf-8", newline="") as file:
        rows = [(int(row["k"]), int(row["observed"])) for row in csv.DictReader(file)]
    counts = CaptureCounts.from_table(*zip(*rows, strict=True), occasions=140)
    bound = chao_lower_bound(counts, bias_corrected=False)
    assert bound.value == pytest.approx(330594.1809669279, rel=1e-9)
    assert chao_lower_bound(counts).value < bound.value
    assert bound.warnings == ()


def test_the_bound_says_that_it_is_one():
    """The method and the name say "lower bound", whichever form is used."""
    for corrected in (True, False):
        bound = chao_lower_bound(table("corb"), bias_corrected=corrected)
        assert "lower bound" in bound.method
        assert "lower bound" in bound.name
        assert ("bias-corrected" in bound.method) is corrected


@pytest.mark.parametrize(("corrected", "occasions"), [(True, 6), (False, 6), (True, None), (False, None)])
def test_the_standard_error_is_the_spread_of_the_bound(corrected, occasions):
    """Over 600 draws the mean standard error is the standard deviation of the bounds, with A and A^2 at T = 6."""
    rng = np.random.default_rng(20190401)
    draws = rng.binomial(6, 0.15, (600, 2000)) if occasions else rng.poisson(0.8, (600, 2000))
    found = [quietly(chao_lower_bound, counts_of(x, occasions), bias_corrected=corrected) for x in draws]
    values = np.array([bound.value for bound in found])
    errors = np.array([bound.standard_error for bound in found])
    assert errors.mean() == pytest.approx(values.std(), rel=0.09)
    assert values.mean() == pytest.approx(2000.0, rel=0.02)
    covered = np.mean([ends(bound)[0] <= 2000 <= ends(bound)[1] for bound in found])
    assert 0.92 <= covered <= 0.98


def test_under_unequal_rates_the_bound_stays_below_the_truth():
    """Geometric counts: about 28 % below, and the interval misses the truth."""
    rng = np.random.default_rng(5)
    found = [quietly(chao_lower_bound, counts_of(rng.geometric(0.45, 5000) - 1)) for _ in range(200)]
    assert np.mean([bound.value for bound in found]) / 5000 < 0.85
    assert np.mean([ends(bound)[1] > 5000 for bound in found]) < 0.05


def test_one_inflation_breaks_the_bound_and_says_so():
    """If 40 % of those seen more than once leave after the first time, the bound is 50 % too high, with a warning."""
    rng = np.random.default_rng(11)
    times = rng.poisson(1.0, (60, 20000))
    times[(times > 1) & (rng.random(times.shape) < 0.4)] = 1
    found = [quietly(chao_lower_bound, counts_of(x)) for x in times]
    assert np.mean([bound.value for bound in found]) > 1.5 * 20000
    assert np.mean(["one-inflation" in codes(bound) for bound in found]) > 0.95
    with pytest.warns(MicroworkWarning, match="one-inflation"):
        chao_lower_bound(counts_of(times[0]))


def test_zelterman_covers_the_truth_under_its_own_law():
    """Poisson counts: the interval holds the truth in about 95 % of 400 draws."""
    rng = np.random.default_rng(7)
    found = [quietly(zelterman, counts_of(x)) for x in rng.poisson(0.8, (400, 2000))]
    assert np.mean([estimate.value for estimate in found]) == pytest.approx(2000, rel=0.02)
    assert 0.92 <= np.mean([ends(e)[0] <= 2000 <= ends(e)[1] for e in found]) <= 0.98


def test_nobody_seen_twice():
    """The classic form falls back to the bias-corrected one; Zelterman keeps only a lower limit. Both say so."""
    counts = CaptureCounts(frequencies=[12, 0, 1])
    with pytest.warns(MicroworkWarning, match="no-doubletons"):
        bound = chao_lower_bound(counts, bias_corrected=False)
    assert bound.value == 13 + 12 * 11 / 2
    assert "bias-corrected" in bound.method
    # EstimateS, for f2 = 0: f1(f1-1)/2 + f1(2f1-1)^2/4 - f1^4/(4N).
    assert bound.standard_error**2 == pytest.approx(66 + 12 * 23**2 / 4 - 12**4 / (4 * 79), rel=1e-12)
    with pytest.warns(MicroworkWarning, match="no-doubletons"):
        estimate = zelterman(counts)
    assert estimate.value is None
    assert ends(estimate)[1] == np.inf


@pytest.mark.parametrize("occasions", [None, 5])
def test_chaos_bound_without_doubletons_is_open_above(occasions):
    """The lower end is the bound at the rate at which no doubleton among f1 persons has the probability 5 %."""
    bound = quietly(chao_lower_bound, CaptureCounts(frequencies=[40], occasions=occasions))
    low, high = ends(bound)
    assert high == np.inf
    assert 40 < low < bound.value
    shrink = 1.0 if occasions is None else 0.8
    expected_doubletons = shrink * 40**2 / (2 * (low - 40))
    chance = expected_doubletons / (40 + expected_doubletons)
    assert binom.pmf(0, 40, chance) == pytest.approx(0.05, rel=1e-9)


def test_a_bound_that_runs_away_is_said():
    """A thousand persons seen once and one seen twice: 250 times as many, with a warning."""
    with pytest.warns(MicroworkWarning, match="runaway"):
        bound = chao_lower_bound(CaptureCounts(frequencies=[1000, 1]))
    assert bound.value > 200 * 1001


def test_zeltermans_lower_limit_is_exact():
    """At the rate behind the limit, no second sighting among f1 persons has the probability 5 %."""
    low = ends(quietly(zelterman, CaptureCounts(frequencies=[12, 0, 1])))[0]
    rate = -np.log1p(-13 / low)
    chance = (rate**2 / 2) / (rate + rate**2 / 2)
    assert binom.pmf(0, 12, chance) == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize("frequencies", [[0, 5, 3], [0, 0, 4], [1, 5]])
def test_too_few_singletons_leave_the_persons_seen(frequencies):
    """Without singletons, or with one in the bias-corrected form, the bound is n, without an error of its own."""
    with pytest.warns(MicroworkWarning, match="nothing-unseen"):
        bound = chao_lower_bound(CaptureCounts(frequencies=frequencies))
    assert bound.value == sum(frequencies)
    assert bound.standard_error is None
    assert bound.interval is None


def test_zelterman_without_singletons_is_the_persons_seen():
    """An infinite rate leaves nobody unseen."""
    with pytest.warns(MicroworkWarning, match="nothing-unseen"):
        estimate = zelterman(CaptureCounts(frequencies=[0, 5, 3]))
    assert (estimate.value, estimate.standard_error, estimate.interval) == (8, None, None)


def test_less_than_one_person_unseen_is_said():
    """The log-normal interval then begins above the persons seen, which would read as if n were impossible."""
    with pytest.warns(MicroworkWarning, match="nearly-all-seen"):
        assert chao_lower_bound(CaptureCounts(frequencies=[2, 9])).value == 11.1


@pytest.mark.parametrize("function", [chao_lower_bound, zelterman])
@pytest.mark.parametrize("level", [0.0, 1.0, 95, float("nan")])
def test_impossible_levels_are_refused(function, level):
    """A level is a share strictly between 0 and 1."""
    with pytest.raises(InvalidInput, match="confidence level"):
        function(table("corb"), level=level)


COUNTS = st.lists(st.integers(0, 400), min_size=2, max_size=9).filter(lambda f: sum(f) > 0)


@settings(max_examples=150, deadline=None)
@given(COUNTS, st.integers(0, 40))
def test_properties_of_the_bound(frequencies, more):
    """N >= n; the classic form is not below the bias-corrected one; more occasions never lower it; one mode of ends."""
    occasions = len(frequencies) + more
    limited = CaptureCounts(frequencies=frequencies, occasions=occasions)
    longer = CaptureCounts(frequencies=frequencies, occasions=occasions + 1)
    unlimited = CaptureCounts(frequencies=frequencies)
    values = [quietly(chao_lower_bound, c).value for c in (limited, longer, unlimited)]
    assert limited.n_observed <= values[0] <= values[1] <= values[2]
    classic = quietly(chao_lower_bound, unlimited, bias_corrected=False)
    assert classic.value >= values[2]
    for bound in (classic, quietly(chao_lower_bound, limited)):
        if bound.interval is not None:
            assert limited.n_observed < ends(bound)[0] <= bound.value <= ends(bound)[1]


@settings(max_examples=150, deadline=None)
@given(COUNTS)
def test_properties_of_zelterman(frequencies):
    """N >= n, and it looks at the counts above two through n only."""
    counts = CaptureCounts(frequencies=frequencies)
    estimate = quietly(zelterman, counts)
    if estimate.value is not None:
        assert estimate.value >= counts.n_observed
    shuffled = CaptureCounts(frequencies=[*frequencies[:2], *reversed(frequencies[2:])])
    assert quietly(zelterman, shuffled).value == estimate.value


@settings(max_examples=60, deadline=None)
@given(st.floats(0.2, 2.5), st.integers(2, 20))
def test_all_estimators_agree_on_counts_that_follow_the_law_exactly(rate, scale):
    """Expected Poisson counts of a huge population: the bound, Zelterman and the Poisson law all give its size."""
    size = scale * 1e12
    times = np.arange(1, 40)
    log_terms = times * np.log(rate) - np.cumsum(np.log(times)) - rate
    counts = CaptureCounts(frequencies=np.floor(size * np.exp(log_terms)))
    for function in (chao_lower_bound, zelterman, zero_truncated):
        assert quietly(function, counts).value == pytest.approx(size, rel=1e-9)
