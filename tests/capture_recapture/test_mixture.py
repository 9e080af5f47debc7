"""Finite binomial mixtures: the Mechanical Turk figures, exact laws, coverage, and what happens at the boundary."""

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

from microwork_estimate.capture_recapture import binomial_mixture, mixture_drift, zero_truncated
from microwork_estimate.capture_recapture.mixture_fit import cells_of, derivatives, from_free, size_ratio
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureCounts

REFERENCE = Path(__file__).parents[1] / "reference" / "counts.json"
MTURK = Path(__file__).parents[2] / "data" / "mturk" / "times_seen.csv"


@cache
def mturk() -> CaptureCounts:
    """How many workers were seen how often in 140 thirty-day occasions."""
    with MTURK.open(encoding="utf-8", newline="") as file:
        rows = [(int(row["k"]), int(row["observed"])) for row in csv.DictReader(file)]
    return CaptureCounts.from_table(*zip(*rows, strict=True), occasions=140)


def table(name: str, occasions: int) -> CaptureCounts:
    """Return a table of counts of the reference file."""
    content = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return CaptureCounts(frequencies=content["data"][name]["columns"]["freq"], occasions=occasions)


def counts_of(times: np.ndarray, occasions: int) -> CaptureCounts:
    """Count how often persons were seen, those never seen left out."""
    return CaptureCounts(frequencies=np.bincount(times[times > 0])[1:], occasions=occasions)


def quietly(function: Any, *args: Any, **options: Any) -> Any:
    """Call without the Python warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


def mixture(counts: CaptureCounts, components: int, **options: Any) -> Estimate:
    """Fit without the Python warnings."""
    return quietly(binomial_mixture, counts, components=components, **options)


def ends(estimate: Estimate) -> tuple[float, float]:
    """Return the ends of the interval."""
    assert estimate.interval is not None
    return estimate.interval.low, estimate.interval.high


def codes(estimate: Estimate) -> set[str]:
    """Return the codes of the warnings."""
    return {warning.code for warning in estimate.warnings}


def test_three_components_on_mechanical_turk():
    """AIC and N of the maintainers; our likelihood is as high as theirs, and every start reaches it."""
    estimate = mixture(mturk(), 3)
    found = estimate.diagnostics
    assert found["aic"] == pytest.approx(483357.666720928, abs=1e-3)
    assert estimate.value == pytest.approx(287659.4995934556, rel=1e-4)
    # Their AIC gives their log likelihood; the last digit that a sum of this size holds is 3e-11.
    assert found["log_likelihood"] >= (2 * 5 - 483357.666720928) / 2 - 1e-8
    assert found["gradient_norm"] < 1e-12
    assert found["n_starts_at_best"] == found["n_starts"] > 10


def test_the_estimate_drifts_with_the_number_of_components():
    """One class gives the maintainers' equal catchability; each further class raises N by at least 5 % here."""
    with pytest.warns(MicroworkWarning, match="mixture-drift"):
        drift = mixture_drift(mturk(), max_components=5)
    assert drift.components.tolist() == [1, 2, 3, 4, 5]
    assert drift.values[0] == pytest.approx(176784.8610585648, rel=1e-6)
    assert drift.aic[2] == pytest.approx(483357.666720928, abs=1e-3)
    assert np.all(drift.values[1:] > 1.05 * drift.values[:-1])
    assert np.all(np.diff(drift.aic) < 0)
    assert np.all(drift.low < drift.values)
    assert np.all(drift.values < drift.high)
    assert [warning.code for warning in drift.warnings] == ["mixture-drift"]
    assert "176,785" in drift.warnings[0].message
    with pytest.raises(ValueError, match="read-only"):
        drift.values[0] = 0.0


def test_drift_and_single_fits_are_the_same():
    """The third entry of the drift is the fit with three components."""
    drift, estimate = quietly(mixture_drift, table("bbs", 50), max_components=3), mixture(table("bbs", 50), 3)
    assert drift.values[2] == estimate.value
    assert (drift.low[2], drift.high[2]) == ends(estimate)
    assert (drift.aic[2], drift.bic[2]) == (estimate.diagnostics["aic"], estimate.diagnostics["bic"])


@pytest.mark.parametrize("counts", [table("bbs", 50), table("corb", 80), mturk()], ids=["bbs", "corb", "mturk"])
def test_one_component_is_equal_catchability(counts):
    """Value, standard error, likelihood and interval of the zero-truncated binomial, by quite another route."""
    one, binomial = mixture(counts, 1), quietly(zero_truncated, counts, family="binomial")
    assert one.value == pytest.approx(binomial.value, rel=1e-10)
    assert one.standard_error == pytest.approx(binomial.standard_error, rel=1e-8)
    assert ends(one) == pytest.approx(ends(binomial), rel=1e-8)
    assert one.diagnostics["log_likelihood"] == pytest.approx(binomial.diagnostics["log_likelihood"], rel=1e-12)


LAWS = [
    (12, [0.06, 0.35], [0.7, 0.3]),
    (30, [0.02, 0.15, 0.5], [0.6, 0.3, 0.1]),
    (40, [0.02, 0.1, 0.3, 0.7], [0.5, 0.3, 0.15, 0.05]),
]


@pytest.mark.parametrize(("occasions", "chances", "weights"), LAWS)
def test_counts_that_follow_a_mixture_exactly_give_it_back(occasions, chances, weights):
    """Expected counts of a population of 10^13: size, chances and weights of the classes come out."""
    times = np.arange(1, occasions + 1)
    law = np.array(weights) @ binom.pmf(times, occasions, np.array(chances)[:, None])
    estimate = mixture(CaptureCounts(frequencies=np.floor(1e13 * law), occasions=occasions), len(chances))
    assert estimate.value == pytest.approx(1e13, rel=1e-6)
    for j, (p, w) in enumerate(zip(chances, weights, strict=True), start=1):
        assert estimate.diagnostics[f"probability_{j}"] == pytest.approx(p, rel=1e-6)
        assert estimate.diagnostics[f"weight_{j}"] == pytest.approx(w, rel=1e-6)


def test_the_derivatives_are_those_of_the_likelihood():
    """Gradient, second derivatives and the slopes of N against central differences, at random points."""
    rng = np.random.default_rng(2)
    cells = cells_of(rng.integers(0, 60, 14).astype(float), 20)
    for c in (1, 2, 4):
        at = np.concatenate([rng.normal(0, 1, c - 1), rng.normal(-2, 1, c)])
        _, gradient, second = derivatives(cells, *from_free(at, c))
        slopes = size_ratio(*from_free(at, c), 20.0)[1]
        for i, step in enumerate(1e-5 * np.eye(2 * c - 1)):
            up, down = (derivatives(cells, *from_free(at + sign * step, c)) for sign in (1, -1))
            assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-5, abs=1e-5)
            np.testing.assert_allclose(second[i], (up[1] - down[1]) / 2e-5, rtol=1e-5, atol=1e-5)
            ratio = [size_ratio(*from_free(at + sign * step, c), 20.0)[0] for sign in (1, -1)]
            assert slopes[i] == pytest.approx((ratio[0] - ratio[1]) / 2e-5, rel=1e-6, abs=1e-8)


def test_under_two_classes_the_interval_covers_the_truth():
    """150 draws: little bias, standard error near the spread, coverage near 95 %."""
    rng = np.random.default_rng(19)
    chances = np.where(np.arange(4000) < 2600, 0.12, 0.45)
    found = [mixture(counts_of(rng.binomial(12, chances), 12), 2) for _ in range(150)]
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(4000, rel=0.01)
    assert errors.mean() == pytest.approx(values.std(), rel=0.15)
    assert 0.91 <= np.mean([ends(e)[0] <= 4000 <= ends(e)[1] for e in found]) <= 0.99


def test_too_few_classes_fail():
    """Must fail: one class under two true classes is more than 10 % too low, and its interval never holds the truth."""
    rng = np.random.default_rng(23)
    chances = np.where(np.arange(4000) < 2600, 0.08, 0.45)
    found = [mixture(counts_of(rng.binomial(12, chances), 12), 1) for _ in range(30)]
    assert np.mean([e.value for e in found]) < 0.9 * 4000
    assert max(ends(e)[1] for e in found) < 4000


def test_one_inflation_runs_away_and_is_reported():
    """A class that is never seen again fits best: no value, a lower limit far above n, and three warnings."""
    rng = np.random.default_rng(29)
    times = rng.binomial(10, 0.2, 3000)
    times[(times > 1) & (rng.random(3000) < 0.5)] = 1
    counts = counts_of(times, 10)
    with pytest.warns(MicroworkWarning) as caught:
        estimate = binomial_mixture(counts, components=2)
    assert {warning.message.code for warning in caught} == {"heterogeneity", "boundary", "one-inflation"}
    assert (estimate.value, estimate.standard_error) == (None, None)
    assert ends(estimate)[1] == np.inf
    assert ends(estimate)[0] > 3 * counts.n_observed
    drift = quietly(mixture_drift, counts, max_components=2)
    assert np.isinf(drift.values[1])
    assert "no upper limit" in drift.warnings[0].message


def test_the_limit_at_the_boundary_is_where_the_likelihood_says():
    """With one class and singletons only, it is the limit of the zero-truncated binomial, found by another route."""
    counts = CaptureCounts(frequencies=[25], occasions=8)
    one, binomial = mixture(counts, 1), quietly(zero_truncated, counts, family="binomial")
    assert one.value is None
    assert ends(one)[0] == pytest.approx(ends(binomial)[0], rel=1e-5)


def test_the_limit_is_honest_when_the_estimate_runs_away():
    """Two classes, one rarely seen: where the estimate runs away, the limit is seldom above the truth."""
    rng = np.random.default_rng(31)
    chances = np.where(np.arange(900) < 700, 0.02, 0.3)
    lows = []
    for _ in range(150):
        estimate = mixture(counts_of(rng.binomial(10, chances), 10), 2)
        if estimate.value is None:
            lows.append(ends(estimate)[0])
    assert len(lows) > 15
    assert np.mean(np.array(lows) > 900) <= 0.1


def test_classes_that_do_not_help_are_said_to_be_empty():
    """Counts of one class: three components give the fit of fewer, with the warning, and AIC pays for all three."""
    times = np.arange(1, 11)
    counts = CaptureCounts(frequencies=np.floor(1e6 * binom.pmf(times, 10, 0.2)), occasions=10)
    one = mixture(counts, 1)
    three = mixture(counts, 3)
    assert "empty-component" in codes(three)
    assert three.value == pytest.approx(one.value, rel=1e-3)
    assert three.diagnostics["aic"] > one.diagnostics["aic"] + 7.5


@pytest.mark.parametrize("frequencies", [[0] * 9 + [5], [30, 12, 3] + [0] * 6 + [5], [1, 1], [7, 0, 0, 2]])
def test_degenerate_tables_give_an_honest_answer(frequencies):
    """Everybody always seen, some always seen, two persons: a number with an interval around it, or a limit."""
    counts = CaptureCounts(frequencies=frequencies, occasions=10)
    for components in (1, 2, 4):
        estimate = mixture(counts, components)
        low, high = ends(estimate)
        assert counts.n_observed <= low <= high
        if estimate.value is not None:
            assert low <= estimate.value <= high
        else:
            assert "boundary" in codes(estimate)


def test_heterogeneity_is_always_said():
    """Whatever the fit, the reader learns that the number of components decides."""
    for components in (1, 2, 3):
        assert "heterogeneity" in codes(mixture(table("bbs", 50), components))
    with pytest.warns(MicroworkWarning) as caught:
        binomial_mixture(table("corb", 100), components=2)
    assert [warning.message.code for warning in caught] == ["heterogeneity", "below-lower-bound"]


def test_the_result_does_not_depend_on_chance():
    """No random generator: two calls give the same numbers to the last bit."""
    first, second = (mixture(table("corb", 100), 4) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("components", [0, -1, 4, 1.5, True, "2"])
def test_impossible_numbers_of_components_are_refused(components):
    """A whole number from 1 to T/2 is needed."""
    with pytest.raises(InvalidInput, match="impossible number of components"):
        binomial_mixture(CaptureCounts(frequencies=[25, 22, 13, 5, 1, 2], occasions=6), components=components)


def test_other_invalid_options_are_refused():
    """No occasions, an impossible level, an impossible largest number of components."""
    counts = CaptureCounts(frequencies=[25, 22, 13, 5, 1, 2], occasions=6)
    with pytest.raises(InvalidInput, match="no number of occasions"):
        binomial_mixture(CaptureCounts(frequencies=[5, 1]), components=1)
    with pytest.raises(InvalidInput, match="no number of occasions"):
        mixture_drift(CaptureCounts(frequencies=[5, 1]))
    for function, options in ((binomial_mixture, {"components": 1}), (mixture_drift, {})):
        with pytest.raises(InvalidInput, match="confidence level"):
            function(counts, level=95, **options)
    with pytest.raises(InvalidInput, match="impossible number of components"):
        mixture_drift(counts, max_components=0)


def test_the_drift_stops_where_classes_can_no_longer_be_told_apart():
    """Six occasions hold three classes at most; asking for ten gives three, and two occasions give one and no drift."""
    drift = quietly(mixture_drift, CaptureCounts(frequencies=[25, 22, 13, 5, 1, 2], occasions=6), max_components=10)
    assert drift.components.tolist() == [1, 2, 3]
    single = mixture_drift(CaptureCounts(frequencies=[25, 22], occasions=2))
    assert single.components.tolist() == [1]
    assert single.warnings == ()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 80), min_size=4, max_size=9).filter(lambda f: sum(f) > sum(f[:1])), st.integers(0, 6))
def test_properties(frequencies, more):
    """The likelihood never falls with the number of classes; N >= n; the gradient vanishes."""
    counts = CaptureCounts(frequencies=frequencies, occasions=max(8, len(frequencies)) + more)
    drift = quietly(mixture_drift, counts, max_components=3)
    assert np.all(np.diff(drift.log_likelihood) >= -1e-7)
    assert np.all(drift.values >= counts.n_observed)
    assert np.all(drift.low >= counts.n_observed)
    estimate = mixture(counts, 3)
    assert estimate.diagnostics["gradient_norm"] < 1e-7
