"""One-inflated binomial counts: direct maximisation, exact expectations, known truth, and honest edges."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import comb, expit, logit
from scipy.stats import binom

from microwork_estimate.capture_recapture import (
    one_inflated,
    one_inflation_curve,
    zero_one_truncated,
    zero_truncated,
)
from microwork_estimate.capture_recapture.count_laws import law_terms
from microwork_estimate.capture_recapture.jets import Jet
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import CaptureCounts

ORDERS = ("before_truncation", "after_truncation")
TABLES = {
    "many singletons": ([300, 60, 40, 15, 4], 6),
    "three occasions": ([120, 30, 12], 3),
    "twenty occasions": ([80, 35, 28, 20, 9, 3, 1], 20),
}


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """Call without the Python warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


def counts_of(name: str) -> CaptureCounts:
    frequencies, occasions = TABLES[name]
    return CaptureCounts(frequencies=frequencies, occasions=occasions)


def by_brute_force(counts: CaptureCounts, order: str) -> tuple[float, float, float, np.ndarray]:
    """Maximise the likelihood as it is defined; return N, the share w, the log-likelihood and the information.

    The chances of every number of times are written out from the definition with scipy's binomial law.
    """
    times, f = counts.times, counts.as_floats()

    def chances(at: np.ndarray) -> tuple[np.ndarray, float]:
        law, w = binom(counts.occasions, expit(at[0])), expit(at[1])
        once = (times == 1).astype(float)
        if order == "before_truncation":
            missed = (1 - w) * law.pmf(0)
            return (w * once + (1 - w) * law.pmf(times)) / (1 - missed), missed
        return w * once + (1 - w) * law.pmf(times) / law.sf(0), float(law.pmf(0))

    def loss(at: np.ndarray) -> float:
        return -float(f @ np.log(chances(at)[0]))

    starts = [minimize(loss, [logit(p), logit(w)], method="Nelder-Mead") for p in (0.1, 0.3, 0.6) for w in (0.1, 0.6)]
    best = min(starts, key=lambda x: x.fun)
    best = minimize(loss, best.x, method="Nelder-Mead", options={"xatol": 1e-12, "fatol": 1e-13, "maxiter": 4000})
    return counts.n_observed / (1 - chances(best.x)[1]), float(expit(best.x[1])), -float(best.fun), best.x


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", TABLES)
def test_estimates_are_those_of_direct_maximisation(name, order):
    """Size, share of one-inflation, chance and likelihood agree with Nelder and Mead on the definition."""
    counts = counts_of(name)
    size, share, height, at = by_brute_force(counts, order)
    found = quietly(one_inflated, counts, family="binomial", order=order)
    assert found.value == pytest.approx(size, rel=1e-6)
    assert found.diagnostics["one_inflation"] == pytest.approx(share, abs=1e-6)
    assert found.diagnostics["chance"] == pytest.approx(float(expit(at[0])), rel=1e-6)
    assert found.diagnostics["log_likelihood"] == pytest.approx(height, abs=1e-8)


@pytest.mark.parametrize("name", TABLES)
def test_zero_one_truncated_is_direct_maximisation_without_singletons(name):
    """The chance maximises the likelihood of the persons seen more than once, and N follows from it."""
    counts = counts_of(name)
    times, f = counts.times[1:], counts.as_floats()[1:]

    def loss(at: np.ndarray) -> float:
        law = binom(counts.occasions, expit(at[0]))
        return -float(f @ (law.logpmf(times) - law.logsf(1)))

    p = float(expit(minimize(loss, [-1.0], method="Nelder-Mead", options={"xatol": 1e-12, "fatol": 1e-13}).x[0]))
    law = binom(counts.occasions, p)
    expected = counts.n_observed + f.sum() * law.pmf(0) / law.sf(1)
    assert quietly(zero_one_truncated, counts, family="binomial").value == pytest.approx(expected, rel=1e-6)


def test_expected_counts_give_the_truth_back():
    """With counts as expected for 10^9 persons who try once and leave in 30 % of cases, N is right in both orders."""
    size, law, share = 1e9, binom(5, 0.2), 0.3
    rest = (1 - share) * size * law.pmf(np.arange(1, 6))
    before = CaptureCounts(frequencies=np.rint(rest + np.array([share * size, 0, 0, 0, 0])), occasions=5)
    assert quietly(one_inflated, before, family="binomial").value == pytest.approx(size, rel=1e-7)
    seen = size * law.sf(0)
    after = (1 - share) * size * law.pmf(np.arange(1, 6)) + np.array([share * seen, 0, 0, 0, 0])
    counts = CaptureCounts(frequencies=np.rint(after), occasions=5)
    found = quietly(one_inflated, counts, family="binomial", order="after_truncation")
    assert found.value == pytest.approx(size, rel=1e-7)
    assert found.diagnostics["one_inflation"] == pytest.approx(share, rel=1e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_intervals_cover_the_truth(order):
    """In 300 draws of 1,500 persons over eight occasions, about 95 % of intervals hold N; ignoring it holds none."""
    rng, size, occasions = np.random.default_rng(5), 1500, 8
    held = plain = 0
    for _ in range(300):
        times = rng.binomial(occasions, 0.2, size)
        chosen = rng.random(size) < 0.3
        times = np.where(chosen & ((times > 0) | (order == "before_truncation")), 1, times)
        counts = CaptureCounts(frequencies=np.bincount(times[times > 0])[1:], occasions=occasions)
        interval = quietly(one_inflated, counts, family="binomial", order=order).interval
        held += interval.low <= size <= interval.high
        interval = quietly(zero_truncated, counts, family="binomial").interval
        plain += interval.low <= size <= interval.high
    assert 0.92 <= held / 300 <= 0.98
    assert plain < 10


@settings(max_examples=60, deadline=None)
@given(st.floats(-5, 3), st.integers(2, 60))
def test_the_law_is_that_of_scipy(log_odds, occasions):
    """Chances and their derivatives by the logit, against scipy's binomial law and central differences."""
    times = np.arange(1.0, occasions + 1)
    law = binom(occasions, expit(log_odds))

    def terms(at: float):
        jet = Jet.variable(np.full(times.size, at), 0, 1)
        return law_terms("binomial", times, jet, occasions=float(occasions))

    here, up, down = terms(log_odds), terms(log_odds + 1e-5), terms(log_odds - 1e-5)
    assert here.observed.value == pytest.approx(law.logpmf(times), rel=1e-9, abs=1e-9)
    assert here.unseen.value[0] == pytest.approx(law.logpmf(0), rel=1e-9, abs=1e-12)
    assert here.once.value[0] == pytest.approx(law.logpmf(1), rel=1e-9, abs=1e-9)
    assert np.exp(here.repeated.value[0]) == pytest.approx(law.sf(1), rel=1e-8)
    for name in ("observed", "unseen", "once", "repeated"):
        jet, high, low = (getattr(x, name) for x in (here, up, down))
        size = 1 + np.abs(jet.first).max() + np.abs(jet.second).max()
        assert (high.value - low.value) / 2e-5 == pytest.approx(jet.first[:, 0], abs=1e-6 * size)
        assert (high.first - low.first)[:, 0] / 2e-5 == pytest.approx(jet.second[:, 0, 0], abs=1e-6 * size)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=2, max_size=6).filter(lambda f: sum(f[1:]) > 0), st.integers(0, 5))
def test_properties(frequencies, more):
    """Persons seen <= before <= after <= zero-truncated; the curve joins both; values lie in their intervals."""
    counts = CaptureCounts(frequencies=frequencies, occasions=max(3, len(frequencies)) + more)
    found = [quietly(one_inflated, counts, family="binomial", order=order) for order in ORDERS]
    plain = quietly(zero_truncated, counts, family="binomial")
    values = [np.inf if e.value is None else e.value for e in (*found, plain)]
    assert counts.n_observed <= values[0] * (1 + 1e-12)
    assert values[0] <= values[1] * (1 + 1e-6)
    assert values[1] <= values[2] * (1 + 1e-6)
    curve = quietly(one_inflation_curve, counts, family="binomial", shares=[0, 1])
    assert curve.values == pytest.approx(values[:2], rel=1e-6)
    for estimate in found:
        assert estimate.interval.low <= (np.inf if estimate.value is None else estimate.value) <= estimate.interval.high


def test_many_occasions_are_the_poisson_law():
    """With a million occasions the estimate is that of the Poisson law."""
    frequencies = [300, 60, 40, 15, 4]
    for order in ORDERS:
        many = quietly(
            one_inflated, CaptureCounts(frequencies=frequencies, occasions=10**6), family="binomial", order=order
        )
        none = quietly(one_inflated, CaptureCounts(frequencies=frequencies), order=order)
        assert many.value == pytest.approx(none.value, rel=1e-5)
        assert many.standard_error == pytest.approx(none.standard_error, rel=1e-4)


def test_too_few_occasions_are_refused():
    """With two occasions those seen twice say nothing of the chance; without a number of occasions there is no law."""
    for occasions in (None, 2):
        counts = CaptureCounts(frequencies=[50, 30], occasions=occasions)
        for function in (one_inflated, zero_one_truncated, one_inflation_curve):
            with pytest.raises(InvalidInput, match="three occasions or more"):
                function(counts, family="binomial")


@pytest.mark.parametrize(("often", "occasions"), [(1, 3), (2, 4), (3, 3), (1, 12)])
def test_nobody_missed_is_the_persons_seen_with_an_upper_limit(often, occasions):
    """Those seen more than once were seen always: N is n; the limit stands where the likelihood, by hand, falls to 5 %."""
    counts = CaptureCounts(frequencies=[50, *[0] * (occasions - 2), often], occasions=occasions)
    for function in (one_inflated, zero_one_truncated):
        with pytest.warns(MicroworkWarning, match="nearly-all-seen"):
            found = function(counts, family="binomial")
        assert (found.value, found.standard_error, found.interval.low) == (50 + often, None, 50 + often)
    with pytest.warns(MicroworkWarning, match="nearly-all-seen"):
        curve = one_inflation_curve(counts, family="binomial", shares=[0, 1])
    assert curve.values.tolist() == [50 + often] * 2
    p = np.linspace(1e-4, 1 - 1e-6, 100_001)
    law = binom(occasions, p)
    always, never = law.pmf(occasions) / (1 - law.pmf(1)), law.pmf(0) / (1 - law.pmf(1))
    missed = np.arange(200)
    height = np.array([(comb(often + k, k) * always**often * never**k).max() for k in missed])
    possible = missed[height >= 0.05].max()
    assert 50 + often + possible <= found.interval.high < 50 + often + possible + 1


def test_pairs_alone_leave_a_lower_limit():
    """Nobody seen three times: no value, and a lower limit at which pairs only have 5 % probability or more."""
    counts = CaptureCounts(frequencies=[0, 30], occasions=5)
    with pytest.warns(MicroworkWarning, match="boundary"):
        found = zero_one_truncated(counts, family="binomial")
    assert found.value is None
    size = np.round(found.interval.low * 0.98)
    law = [binom(5, p) for p in np.geomspace(1e-3, 0.9, 400)]
    shares = [(x.pmf(2) / (1 - x.pmf(1)), x.pmf(0) / (1 - x.pmf(1))) for x in law]
    seen = [binom.pmf(30, size, 1 - never) * (twice / (1 - never)) ** 30 for twice, never in shares]
    highest = max(seen)
    assert highest < 0.05
