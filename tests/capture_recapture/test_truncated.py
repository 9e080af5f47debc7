"""One law for everybody: zero-truncated Poisson, geometric and binomial against other programs and known truth."""

from __future__ import annotations

import csv
import json
import warnings
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from microwork_estimate.capture_recapture import zero_truncated
from microwork_estimate.capture_recapture.intervals import normal_quantile, wald_interval
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureCounts

REFERENCE = Path(__file__).parents[1] / "reference" / "counts.json"
MTURK = Path(__file__).parents[2] / "data" / "mturk" / "times_seen.csv"
TABLES = ("bbs", "carc", "corb")


@cache
def reference() -> dict[str, Any]:
    """Read the results of the other programs."""
    content = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {"data": content["data"], "cases": {case["id"]: case["output"] for case in content["cases"]}}


def table(name: str, occasions: int | None = None) -> CaptureCounts:
    """Return a table of counts of the reference file."""
    return CaptureCounts(frequencies=reference()["data"][name]["columns"]["freq"], occasions=occasions)


def counts_of(times: np.ndarray, occasions: int | None = None) -> CaptureCounts:
    """Count how often persons were seen, those never seen left out."""
    return CaptureCounts(frequencies=np.bincount(times[times > 0])[1:], occasions=occasions)


def quietly(counts: CaptureCounts, **options: Any) -> Estimate:
    """Estimate without the Python warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return zero_truncated(counts, **options)


def ends(estimate: Estimate) -> tuple[float, float]:
    """Return the ends of the interval."""
    assert estimate.interval is not None
    return estimate.interval.low, estimate.interval.high


@pytest.mark.parametrize("name", TABLES)
def test_poisson_equals_the_worked_value(name):
    """Rate, value, variance and both intervals as worked out in R."""
    expected, estimate = reference()["cases"][f"{name}/hand"], quietly(table(name))
    assert estimate.diagnostics["parameter"] == pytest.approx(expected["ztpoisson_lambda"], rel=1e-12)
    assert estimate.value == pytest.approx(expected["ztpoisson"], rel=1e-12)
    assert estimate.standard_error**2 == pytest.approx(expected["ztpoisson_var"], rel=1e-12)
    assert ends(estimate) == pytest.approx(expected["ztpoisson_lognormal_ci"], rel=1e-12)
    normal = wald_interval(estimate.value, estimate.standard_error, 0.95)
    assert normal == pytest.approx(expected["ztpoisson_normal_ci"], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "family"),
    [("bbs", "poisson"), ("carc", "poisson"), ("corb", "poisson"), ("bbs", "geometric"), ("carc", "geometric")],
)
def test_single_r_capture_gives_the_same(name, family):
    """Value, standard error, both intervals (theirs begins at n) and log likelihood of ztpoisson and ztgeom."""
    model = {"poisson": "ztpoisson", "geometric": "ztgeom"}[family]
    expected, estimate = reference()["cases"][f"{name}/singleRcapture_{model}"], quietly(table(name), family=family)
    assert estimate.value == pytest.approx(expected["N"], rel=1e-8)
    assert estimate.standard_error == pytest.approx(expected["se"], rel=1e-8)
    assert ends(estimate) == pytest.approx(expected["ci_logNormal"], rel=1e-8)
    low, high = wald_interval(estimate.value, estimate.standard_error, 0.95)
    assert (max(low, estimate.n_observed), high) == pytest.approx(expected["ci_normal"], rel=1e-8)
    assert estimate.diagnostics["log_likelihood"] == pytest.approx(expected["logLik"], rel=1e-10)
    assert estimate.diagnostics["aic"] == pytest.approx(expected["AIC"], rel=1e-10)


@pytest.mark.parametrize("name", TABLES)
def test_vgam_gives_the_same_poisson_fit(name):
    """Rate, value and log likelihood of pospoisson."""
    expected, estimate = reference()["cases"][f"{name}/VGAM_pospoisson"], quietly(table(name))
    assert estimate.diagnostics["parameter"] == pytest.approx(expected["coef"]["lambda"], rel=1e-7)
    assert estimate.value == pytest.approx(expected["N"], rel=1e-7)
    assert estimate.diagnostics["log_likelihood"] == pytest.approx(expected["logLik"], rel=1e-10)


@pytest.mark.parametrize("name", TABLES)
def test_the_geometric_value_is_the_worked_one(name):
    """N = n m / (m - 1)."""
    expected = reference()["cases"][f"{name}/hand"]["zt_geometric"]
    assert quietly(table(name), family="geometric").value == pytest.approx(expected, rel=1e-12)


def test_the_binomial_law_is_model_m0():
    """Rcapture's M0 over 50 occasions: value, chance, and the standard error of its Poisson form to ten digits."""
    fit = reference()["cases"]["bbs/closedp.0"]
    estimate = quietly(table("bbs", 50), family="binomial")
    value, error = fit["results"]["values"][0][:2]
    assert estimate.value == pytest.approx(value, rel=1e-10)
    assert estimate.standard_error == pytest.approx(error, rel=1e-10)
    assert estimate.diagnostics["parameter"] == pytest.approx(fit["parameters"]["M0"]["values"][0][1], rel=1e-10)
    again = reference()["cases"]["bbs/closedpCI.0_mM0"]["results"]["values"][0][:2]
    assert (estimate.value, estimate.standard_error) == pytest.approx(again, rel=1e-10)


@pytest.mark.parametrize("name", ["carc", "corb"])
def test_without_occasions_model_m0_is_the_poisson_law(name):
    """Rcapture's M0 with t = Inf, to the tolerance suggested for it, and its refit for the interval."""
    for case in ("closedp.0", "closedpCI.0_mM0"):
        value, error = reference()["cases"][f"{name}/{case}"]["results"]["values"][0][:2]
        estimate = quietly(table(name))
        assert (estimate.value, estimate.standard_error) == pytest.approx((value, error), rel=1e-6)


def test_the_printed_example_of_the_method():
    """Illegal immigrants in four Dutch cities, van der Heijden et al. 2003: 7,080 with the interval 6,363 to 7,797."""
    estimate = quietly(CaptureCounts(frequencies=[1645, 183, 37, 13, 1, 1]))
    assert round(estimate.value) == 7080
    low, high = wald_interval(estimate.value, estimate.standard_error, 0.95)
    assert (round(low), round(high)) == (6363, 7797)


def test_equal_catchability_on_mechanical_turk():
    """The maintainers' 176,784.86 workers from 140 occasions, and a warning that chances are not equal."""
    with MTURK.open(encoding="utf-8", newline="") as file:
        rows = [(int(row["k"]), int(row["observed"])) for row in csv.DictReader(file)]
    counts = CaptureCounts.from_table(*zip(*rows, strict=True), occasions=140)
    with pytest.warns(MicroworkWarning, match="heterogeneity"):
        estimate = zero_truncated(counts, family="binomial")
    assert estimate.value == pytest.approx(176784.8610585648, rel=1e-6)


DRAWS = {
    "poisson": lambda rng: rng.poisson(1.0, (300, 1500)),
    "geometric": lambda rng: rng.geometric(0.5, (300, 1500)) - 1,
    "binomial": lambda rng: rng.binomial(10, 0.1, (300, 1500)),
}


@pytest.mark.parametrize("family", DRAWS)
def test_under_its_own_law_the_interval_covers_the_truth(family):
    """300 draws: no bias, standard error equal to the spread, coverage near 95 %, no false alarm of heterogeneity."""
    draws = DRAWS[family](np.random.default_rng(41))
    found = [quietly(counts_of(x, 10 if family == "binomial" else None), family=family) for x in draws]
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(1500, rel=0.01)
    assert errors.mean() == pytest.approx(values.std(), rel=0.12)
    assert 0.92 <= np.mean([ends(e)[0] <= 1500 <= ends(e)[1] for e in found]) <= 0.98
    alarms = [warning.code for e in found for warning in e.warnings]
    assert alarms.count("heterogeneity") <= 6


def test_a_poisson_law_on_geometric_counts_fails_and_says_so():
    """Must fail: 39 % too low, the interval never holds the truth, and the warning is there."""
    rng = np.random.default_rng(43)
    found = [quietly(counts_of(rng.geometric(0.54, 5000) - 1)) for _ in range(100)]
    assert np.mean([e.value for e in found]) / 5000 == pytest.approx(0.61, abs=0.01)
    for estimate in found:
        assert ends(estimate)[1] < 5000
        assert "heterogeneity" in {warning.code for warning in estimate.warnings}


def test_one_inflation_makes_every_law_far_too_high():
    """Must fail: when 40 % of those seen again leave after the first time, N is too high and the warning is there."""
    rng = np.random.default_rng(47)
    times = rng.poisson(1.0, 40000)
    times[(times > 1) & (rng.random(times.size) < 0.4)] = 1
    for family in ("poisson", "geometric"):
        estimate = quietly(counts_of(times), family=family)
        assert "one-inflation" in {warning.code for warning in estimate.warnings}
        assert ends(estimate)[0] > 1.15 * 40000


@pytest.mark.parametrize("family", ["poisson", "geometric", "binomial"])
@pytest.mark.parametrize("persons", [1, 3, 10, 400, 200_000])
def test_everybody_seen_once_gives_a_lower_limit_only(family, persons):
    """The likelihood has no maximum: no value, an infinite upper end, and the warning says boundary."""
    with pytest.warns(MicroworkWarning, match="boundary"):
        estimate = zero_truncated(CaptureCounts(frequencies=[persons], occasions=12), family=family)
    assert (estimate.value, estimate.standard_error) == (None, None)
    low, high = ends(estimate)
    assert persons <= low
    assert (low > persons) is (persons > 4)
    assert high == np.inf


@pytest.mark.parametrize(("family", "occasions"), [("poisson", None), ("geometric", None), ("binomial", 3)])
@pytest.mark.parametrize("size", [6, 40, 300])
def test_the_lower_limit_is_honest_at_every_rate(family, occasions, size):
    """Summed exactly over all data: singletons only, with a limit above the truth, has at most 5 % probability."""
    persons = np.arange(1, size + 1)
    options = {"family": family}
    limits = np.array(
        [ends(quietly(CaptureCounts(frequencies=[n], occasions=occasions), **options))[0] for n in persons]
    )
    for mean in np.geomspace(0.002, 1.5, 40):
        if family == "poisson":
            never, once = np.exp(-mean), mean * np.exp(-mean)
        elif family == "geometric":
            never, once = 1 / (1 + mean), mean / (1 + mean) ** 2
        else:
            never, once = binom.pmf([0, 1], occasions, mean / occasions)
        chance = binom.pmf(persons, size, 1 - never) * (once / (1 - never)) ** persons
        assert chance[limits > size].sum() <= 0.05


def test_everybody_seen_on_every_occasion_gives_an_upper_limit():
    """N is the number seen; the limit is the N at which such data are 1 - level times as likely at best."""
    with pytest.warns(MicroworkWarning, match="nearly-all-seen"):
        estimate = zero_truncated(CaptureCounts(frequencies=[0, 0, 40], occasions=3), family="binomial")
    assert estimate.value == 40
    low, high = ends(estimate)
    assert low == 40
    assert 40 < high < 41


def test_no_room_for_the_unseen_is_said():
    """At a rate of 20 nobody is missed: the interval closes on n, with a warning."""
    with pytest.warns(MicroworkWarning, match="nearly-all-seen"):
        estimate = zero_truncated(CaptureCounts(frequencies=[0] * 18 + [5, 6, 5]))
    assert estimate.value == pytest.approx(16, abs=1e-6)
    assert ends(estimate)[0] >= 16


def test_invalid_options_are_refused():
    """Unknown families, a binomial law without occasions and impossible levels give no number."""
    with pytest.raises(InvalidInput, match="one of 'poisson', 'geometric', 'binomial'"):
        zero_truncated(table("corb"), family="negative binomial")
    with pytest.raises(InvalidInput, match="no number of occasions"):
        zero_truncated(table("corb"), family="binomial")
    with pytest.raises(InvalidInput, match="confidence level"):
        zero_truncated(table("corb"), level=95)


def test_the_level_moves_the_interval_only():
    """A 90 % interval lies inside the 95 % one, by the ratio of the normal quantiles on the logarithm of the unseen."""
    wide, narrow = (quietly(table("carc"), level=level) for level in (0.95, 0.9))
    assert wide.value == narrow.value
    unseen = [np.log((ends(e)[1] - 1858) / (e.value - 1858)) for e in (wide, narrow)]
    assert unseen[0] / unseen[1] == pytest.approx(normal_quantile(0.95) / normal_quantile(0.9), rel=1e-9)


COUNTS = st.lists(st.integers(0, 300), min_size=2, max_size=8).filter(lambda f: sum(f[1:]) > 0 and sum(f[:-1]) > 0)


@settings(max_examples=200, deadline=None)
@given(COUNTS, st.integers(0, 30))
def test_properties(frequencies, more):
    """At least n; binomial <= with one occasion more <= Poisson <= geometric, and the value lies in its interval."""
    occasions = len(frequencies) + more
    limited = [CaptureCounts(frequencies=frequencies, occasions=t) for t in (occasions, occasions + 1)]
    found = [quietly(counts, family="binomial") for counts in limited]
    found += [quietly(limited[0], family=family) for family in ("poisson", "geometric")]
    values = [estimate.value for estimate in found]
    assert limited[0].n_observed <= values[0]
    assert all(a <= b * (1 + 1e-12) for a, b in pairwise(values))
    for estimate in found:
        assert ends(estimate)[0] <= estimate.value <= ends(estimate)[1]


@settings(max_examples=60, deadline=None)
@given(st.floats(0.02, 0.6), st.integers(2, 25))
def test_counts_that_follow_the_law_exactly_give_the_truth(chance, occasions):
    """Expected binomial and geometric counts of a huge population give its size back."""
    times = np.arange(1, occasions + 1)
    exact = CaptureCounts(frequencies=np.floor(1e13 * binom.pmf(times, occasions, chance)), occasions=occasions)
    assert quietly(exact, family="binomial").value == pytest.approx(1e13, rel=1e-8)
    geometric = CaptureCounts(frequencies=np.floor(1e13 * (1 - chance) * chance ** np.arange(1, 80)))
    assert quietly(geometric, family="geometric").value == pytest.approx(1e13, rel=1e-8)
