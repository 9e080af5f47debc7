"""One-inflation: the identity of the likelihoods, brute force, known truth of both kinds, and honest edges."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import binom, geom, nbinom, poisson

from microwork_estimate.capture_recapture import chao_lower_bound, zero_truncated
from microwork_estimate.capture_recapture.inflation import one_inflated, zero_one_truncated
from microwork_estimate.capture_recapture.inflation_curve import one_inflation_curve
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureCounts

REFERENCE = Path(__file__).parents[1] / "reference" / "counts.json"
FAMILIES = ("poisson", "geometric", "negative_binomial")
ORDERS = ("before_truncation", "after_truncation")


@cache
def table(name: str) -> CaptureCounts:
    """Return a table of counts of the reference file."""
    content = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return CaptureCounts(frequencies=content["data"][name]["columns"]["freq"])


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """Call without the Python warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


def codes(estimate: Estimate) -> set[str]:
    """Return the codes of the warnings."""
    return {warning.code for warning in estimate.warnings}


def ends(estimate: Estimate) -> tuple[float, float]:
    """Return the ends of the interval."""
    assert estimate.interval is not None
    return estimate.interval.low, estimate.interval.high


def counts_of(times: np.ndarray) -> CaptureCounts:
    """Count how often persons were seen, those never seen left out."""
    return CaptureCounts(frequencies=np.bincount(times[times > 0])[1:])


def chances(family: str, parameters: np.ndarray):
    """Return the law as another library writes it."""
    mean = np.exp(parameters[0])
    if family == "poisson":
        return poisson(mean)
    if family == "geometric":
        return geom(1 / (1 + mean), loc=-1)
    shape = np.exp(-parameters[1])
    return nbinom(shape, shape / (shape + mean))


def by_brute_force(counts: CaptureCounts, family: str, order: str) -> tuple[float, float]:
    """Maximise the likelihood as it is defined: the size and the share of one-inflation."""
    times, seen, n = counts.times, counts.as_floats(), counts.n_observed

    def parts(x: np.ndarray) -> tuple[float, float]:
        law, share = chances(family, x), 1 / (1 + np.exp(-x[-1]))
        if order == "before_truncation":
            observed = share * (times == 1) + (1 - share) * law.pmf(times)
            missed = (1 - share) * law.pmf(0)
            return float(seen @ np.log(observed / (1 - missed))), n / (1 - missed)
        observed = share * (times == 1) + (1 - share) * law.pmf(times) / law.sf(0)
        return float(seen @ np.log(observed)), n / law.sf(0)

    start = np.zeros(3 if family == "negative_binomial" else 2)
    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20000, "maxfev": 20000}
    best = minimize(lambda x: -parts(x)[0], start, method="Nelder-Mead", options=options)
    return parts(best.x)[1], 1 / (1 + np.exp(-best.x[-1]))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("name", "family"), [("carc", "poisson"), ("carc", "geometric"), ("corb", "poisson"), ("corb", "negative_binomial")]
)
def test_the_estimate_is_the_maximum_of_the_likelihood_as_defined(name, family, order):
    """A search that knows nothing of the identity finds the same size and share."""
    estimate = quietly(one_inflated, table(name), family=family, order=order)
    size, share = by_brute_force(table(name), family, order)
    assert estimate.value == pytest.approx(size, rel=1e-5)
    assert estimate.diagnostics["one_inflation"] == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "family"),
    [("carc", "poisson"), ("carc", "geometric"), ("bbs", "negative_binomial"), ("corb", "geometric")],
)
def test_before_truncation_is_the_likelihood_without_singletons(name, family):
    """The identity of Böhning and van der Heijden: same law, same size, same standard error; and the same law after."""
    found = [quietly(one_inflated, table(name), family=family, order=order) for order in ORDERS]
    without = quietly(zero_one_truncated, table(name), family=family)
    assert found[0].value == pytest.approx(without.value, rel=1e-9)
    assert found[0].standard_error == pytest.approx(without.standard_error, rel=1e-7)
    for estimate in found:
        assert estimate.diagnostics["mean"] == pytest.approx(without.diagnostics["mean"], rel=1e-8)
        assert estimate.value > estimate.n_observed


def test_the_geometric_law_has_a_closed_form():
    """Twice or more is geometric from 2 on: r = (m-2)/(m-1) with m the mean of those, N = n + n_2 (1-r)/r^2."""
    frequencies = table("carc").as_floats()
    times, often = table("carc").times[1:], frequencies[1:]
    mean = float(times @ often / often.sum())
    again = (mean - 2) / (mean - 1)
    expected = frequencies.sum() + often.sum() * (1 - again) / again**2
    assert quietly(zero_one_truncated, table("carc"), family="geometric").value == pytest.approx(expected, rel=1e-12)


def inflated_before(rng: np.random.Generator, size: int, family: str) -> np.ndarray:
    """Three in ten persons are always seen once; the others follow the law."""
    times = rng.poisson(1.2, size) if family == "poisson" else rng.geometric(0.45, size) - 1
    return np.where(rng.random(size) < 0.3, 1, times)


def inflated_after(rng: np.random.Generator, size: int, family: str) -> np.ndarray:
    """Everybody follows the law, but four in ten of those who would be seen again leave after the first time."""
    times = rng.poisson(1.2, size) if family == "poisson" else rng.geometric(0.45, size) - 1
    return np.where((times > 1) & (rng.random(size) < 0.4), 1, times)


@pytest.mark.parametrize("family", ["poisson", "geometric"])
@pytest.mark.parametrize(("order", "draw"), [(ORDERS[0], inflated_before), (ORDERS[1], inflated_after)])
def test_under_its_own_truth_the_interval_covers(family, order, draw):
    """150 draws of 3,000 persons: no bias, standard error equal to the spread, coverage near 95 %."""
    rng = np.random.default_rng(61)
    found = [quietly(one_inflated, counts_of(draw(rng, 3000, family)), family=family, order=order) for _ in range(150)]
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(3000, rel=0.015)
    assert errors.mean() == pytest.approx(values.std(), rel=0.15)
    assert 0.91 <= np.mean([ends(e)[0] <= 3000 <= ends(e)[1] for e in found]) <= 0.99


def test_people_who_come_once_make_chaos_bound_no_bound_and_this_recovers_it():
    """Must fail: Chao's bound and the zero-truncated law are above the truth, intervals and all; the model is not."""
    rng = np.random.default_rng(67)
    found = [counts_of(inflated_after(rng, 20000, "poisson")) for _ in range(40)]
    bounds = [quietly(chao_lower_bound, counts) for counts in found]
    laws = [quietly(zero_truncated, counts) for counts in found]
    models = [quietly(one_inflated, counts, order="after_truncation") for counts in found]
    assert min(ends(e)[0] for e in bounds) > 1.3 * 20000
    assert min(ends(e)[0] for e in laws) > 1.1 * 20000
    assert all("one-inflation" in codes(e) for e in bounds)
    assert np.mean([e.value for e in models]) == pytest.approx(20000, rel=0.01)
    assert np.mean([ends(e)[0] <= 20000 <= ends(e)[1] for e in models]) >= 0.85


@pytest.mark.parametrize(("order", "draw"), [(ORDERS[0], inflated_after), (ORDERS[1], inflated_before)])
def test_the_other_order_fails(order, draw):
    """Must fail: the order that is not the truth misses it in every draw, in the direction that its assumption states."""
    rng = np.random.default_rng(71)
    found = [quietly(one_inflated, counts_of(draw(rng, 20000, "poisson")), order=order) for _ in range(30)]
    direction = {a.id: a.direction_of_bias_if_violated for e in found for a in e.assumptions}[
        f"inflation-{order.replace('_', '-')}"
    ]
    for estimate in found:
        low, high = ends(estimate)
        assert high < 20000 if direction == "down" else low > 20000


@pytest.mark.parametrize(
    ("name", "family"),
    [("carc", "poisson"), ("carc", "geometric"), ("corb", "geometric"), ("corb", "negative_binomial")],
)
def test_the_curve_runs_from_one_order_to_the_other(name, family):
    """Values, intervals and reference at both ends are those of the two estimates, and the line is straight."""
    curve = quietly(one_inflation_curve, table(name), family=family, shares=[0.0, 0.25, 1.0])
    first, last = (quietly(one_inflated, table(name), family=family, order=order) for order in ORDERS)
    assert curve.values[[0, 2]] == pytest.approx([first.value, last.value], rel=1e-8)
    assert curve.low[[0, 2]] == pytest.approx([ends(first)[0], ends(last)[0]], rel=1e-7)
    assert curve.high[[0, 2]] == pytest.approx([ends(first)[1], ends(last)[1]], rel=1e-7)
    assert curve.values[1] == pytest.approx(0.75 * curve.values[0] + 0.25 * curve.values[2], rel=1e-12)
    assert curve.reference == 0.0


def test_in_between_the_curve_holds_the_truth():
    """Half of the surplus could have been missed: the interval at 1/2 covers in 150 draws."""
    rng = np.random.default_rng(73)
    covered = []
    for _ in range(150):
        times = rng.poisson(1.2, 3000)
        kind = rng.random(3000)
        # A group that is always seen once, and a group of which those who are seen leave after the first time.
        surely, leaves = kind < 0.15, (kind > 0.85) & (times > 0)
        times = np.where(surely | leaves, 1, times)
        share = leaves.sum() / (surely.sum() + leaves.sum())
        curve = quietly(one_inflation_curve, counts_of(times), shares=[share])
        covered.append(curve.low[0] <= 3000 <= curve.high[0])
    assert 0.91 <= np.mean(covered) <= 0.99


def test_too_few_singletons_leave_the_plain_estimate():
    """No one-inflation: the zero-truncated number with a warning, and a flat curve."""
    counts = CaptureCounts(frequencies=[100, 120, 80, 40, 20])
    with pytest.warns(MicroworkWarning, match="no-one-inflation"):
        estimate = one_inflated(counts)
    plain = zero_truncated(counts)
    assert estimate.value == pytest.approx(plain.value, rel=1e-12)
    assert estimate.standard_error == pytest.approx(plain.standard_error, rel=1e-9)
    with pytest.warns(MicroworkWarning, match="no-one-inflation"):
        curve = one_inflation_curve(counts)
    assert curve.values == pytest.approx(np.full(11, plain.value))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("persons", [1, 40, 10**9])
def test_nothing_but_singletons_says_nothing(family, persons):
    """They may all be too many, or none: no value, at least the persons seen, and the curve refuses."""
    counts = CaptureCounts(frequencies=[persons])
    for function in (one_inflated, zero_one_truncated):
        with pytest.warns(MicroworkWarning, match="boundary"):
            estimate = function(counts, family=family)
        assert estimate.value is None
        assert ends(estimate) == (persons, np.inf)
    with pytest.raises(InvalidInput, match="nobody was seen twice"):
        one_inflation_curve(counts, family=family)


def test_nobody_seen_three_times_leaves_a_lower_limit_without_singletons():
    """Pairs of sightings alone have no upper limit; with the singletons they have one."""
    counts = CaptureCounts(frequencies=[50, 30])
    with pytest.warns(MicroworkWarning, match="boundary"):
        estimate = zero_one_truncated(counts)
    assert estimate.value is None
    assert ends(estimate)[0] > 80
    assert quietly(one_inflated, counts).value == pytest.approx(quietly(zero_truncated, counts).value)


@pytest.mark.parametrize("family", ["poisson", "geometric"])
@pytest.mark.parametrize("size", [10, 60])
def test_that_lower_limit_is_honest_at_every_rate(family, size):
    """Summed exactly: of persons not seen once, pairs only with a limit above the truth have at most 5 % probability."""
    number = np.arange(1, size + 1)
    limits = np.array(
        [ends(quietly(zero_one_truncated, CaptureCounts(frequencies=[0, n]), family=family))[0] for n in number]
    )
    for mean in np.geomspace(0.05, 3, 25):
        law = chances(family, np.array([np.log(mean)]))
        never, twice = law.pmf(0) / (1 - law.pmf(1)), law.pmf(2) / (1 - law.pmf(1))
        probability = binom.pmf(number, size, 1 - never) * (twice / (1 - never)) ** number
        assert probability[limits > size].sum() <= 0.05


def test_an_infinite_law_gives_an_open_interval_everywhere():
    """The negative binomial law on the carcasses: no value, the same lower limit, and an infinite curve."""
    found = [quietly(one_inflated, table("carc"), family=FAMILIES[2], order=order) for order in ORDERS]
    found.append(quietly(zero_one_truncated, table("carc"), family=FAMILIES[2]))
    with pytest.warns(MicroworkWarning, match="boundary"):
        curve = one_inflation_curve(table("carc"), family=FAMILIES[2])
    for estimate in found:
        assert (estimate.value, codes(estimate)) == (None, {"boundary"})
        assert ends(estimate)[0] > table("carc").n_observed
        assert ends(estimate) == pytest.approx((curve.low[0], np.inf))
    assert np.isinf(curve.values).all()


def test_invalid_options_are_refused():
    """Unknown words, impossible levels and shares."""
    with pytest.raises(InvalidInput, match="one of 'poisson', 'geometric', 'negative_binomial'"):
        one_inflated(table("carc"), family="gamma")
    with pytest.raises(InvalidInput, match="one of 'before_truncation'"):
        one_inflated(table("carc"), order="oizt")
    for function in (one_inflated, zero_one_truncated, one_inflation_curve):
        with pytest.raises(InvalidInput, match="confidence level"):
            function(table("carc"), level=95)
    for shares in ([], [0.5, 0.5], [-0.1], [0, 2], [[0, 1]]):
        with pytest.raises(InvalidInput, match="increasing numbers between 0 and 1"):
            one_inflation_curve(table("carc"), shares=shares)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 300), min_size=2, max_size=7).filter(lambda f: sum(f[1:]) > 0),
    st.sampled_from(FAMILIES),
)
def test_properties(frequencies, family):
    """Persons seen <= before <= after <= zero-truncated; the curve rises; values lie in their intervals."""
    counts = CaptureCounts(frequencies=frequencies)
    before, after = (quietly(one_inflated, counts, family=family, order=order) for order in ORDERS)
    plain = quietly(zero_truncated, counts, family=family)
    curve = quietly(one_inflation_curve, counts, family=family, shares=[0, 0.5, 1])
    values = [np.inf if e.value is None else e.value for e in (before, after, plain)]
    assert counts.n_observed <= values[0] * (1 + 1e-12)
    assert values[0] <= values[1] * (1 + 1e-9)
    if family != "negative_binomial":
        assert values[1] <= values[2] * (1 + 1e-9)
    assert curve.values[[0, 2]] == pytest.approx(values[:2], rel=1e-6)
    for estimate in (before, after):
        if estimate.value is not None:
            assert ends(estimate)[0] <= estimate.value * (1 + 1e-12)
            assert estimate.value <= ends(estimate)[1] * (1 + 1e-12)
