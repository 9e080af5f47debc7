"""The zero-truncated negative binomial law: another program's fit, known truth, and honest edges."""

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
from scipy.stats import nbinom

from microwork_estimate.capture_recapture import zero_truncated
from microwork_estimate.capture_recapture.size_profile import size_likelihood
from microwork_estimate.errors import MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureCounts

REFERENCE = Path(__file__).parents[1] / "reference" / "counts.json"


@cache
def reference() -> dict[str, Any]:
    """Read the results of the other programs."""
    content = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {"data": content["data"], "cases": {case["id"]: case for case in content["cases"]}}


def table(name: str) -> CaptureCounts:
    """Return a table of counts of the reference file."""
    return CaptureCounts(frequencies=reference()["data"][name]["columns"]["freq"])


def estimated(counts: CaptureCounts, **options: Any) -> Estimate:
    """Estimate without the Python warnings, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return zero_truncated(counts, family="negative_binomial", **options)


def codes(estimate: Estimate) -> set[str]:
    """Return the codes of the warnings."""
    return {warning.code for warning in estimate.warnings}


def test_vgam_gives_the_same_fit():
    """Mean, size and number of persons of posnegbinomial on the breeding birds, to its suggested tolerance and beyond."""
    case = reference()["cases"]["bbs/VGAM_posnegbinomial"]
    estimate, output = estimated(table("bbs")), case["output"]
    assert case["suggested_rtol"] == 1e-4
    assert estimate.diagnostics["mean"] == pytest.approx(output["coef"]["munb"], rel=1e-6)
    assert 1 / estimate.diagnostics["dispersion"] == pytest.approx(output["coef"]["size"], rel=1e-6)
    assert estimate.value == pytest.approx(output["N"], rel=1e-7)
    assert estimate.diagnostics["log_likelihood"] == pytest.approx(output["logLik"], rel=1e-12)


def test_where_vgam_runs_away_there_is_no_number():
    """VGAM prints 3.4e16 carcasses: here no value, an interval open above, and the warning says boundary."""
    assert reference()["cases"]["carc/VGAM_posnegbinomial"]["output"]["N"] > 1e16
    with pytest.warns(MicroworkWarning, match="boundary"):
        estimate = zero_truncated(table("carc"), family="negative_binomial")
    assert (estimate.value, estimate.standard_error) == (None, None)
    assert estimate.interval is not None
    assert estimate.interval.high == np.inf
    assert estimate.interval.low > 1858


def test_with_rates_that_follow_a_gamma_law_the_interval_covers():
    """150 draws: hardly any bias, standard error equal to the spread, coverage near 95 %."""
    rng = np.random.default_rng(53)
    times = rng.poisson(rng.gamma(2.0, 0.5, (150, 2000)))
    found = [estimated(CaptureCounts(frequencies=np.bincount(x[x > 0])[1:])) for x in times]
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(2000, rel=0.02)
    assert errors.mean() == pytest.approx(values.std(), rel=0.15)
    covered = [e.interval.low <= 2000 <= e.interval.high for e in found if e.interval is not None]
    assert 0.91 <= np.mean(covered) <= 0.99


@settings(max_examples=40, deadline=None)
@given(st.floats(0.4, 3.0), st.floats(0.3, 3.0))
def test_counts_that_follow_the_law_exactly_give_the_truth(mean, dispersion):
    """Expected counts of a huge population give its size and dispersion back."""
    shape = 1 / dispersion
    frequencies = np.floor(1e13 * nbinom(shape, shape / (shape + mean)).pmf(np.arange(1, 400)))
    estimate = estimated(CaptureCounts(frequencies=frequencies))
    assert estimate.value == pytest.approx(1e13, rel=1e-6)
    assert estimate.diagnostics["dispersion"] == pytest.approx(dispersion, rel=1e-6)


def test_equal_rates_have_no_dispersion_and_the_poisson_number():
    """Counts less spread than the Poisson law: its estimate, and the warning says so."""
    counts = CaptureCounts(frequencies=[60, 40, 10])
    with pytest.warns(MicroworkWarning, match="no-dispersion"):
        estimate = zero_truncated(counts, family="negative_binomial")
    plain = zero_truncated(counts)
    assert estimate.value == pytest.approx(plain.value, rel=1e-12)
    assert estimate.standard_error == pytest.approx(plain.standard_error, rel=1e-9)
    assert estimate.diagnostics["dispersion"] == 0.0


def test_a_number_that_runs_away_is_said_to():
    """One person in six hundred seen twice: three hundred times the persons seen, and a warning."""
    estimate = estimated(CaptureCounts(frequencies=[600, 1]))
    assert codes(estimate) == {"no-dispersion", "runaway"}
    assert estimate.value > 50 * 601


def test_everybody_seen_once_gives_the_lower_limit_of_the_poisson_law():
    """No law with a dispersion makes singletons alone more likely than the Poisson law does."""
    counts = CaptureCounts(frequencies=[50])
    with pytest.warns(MicroworkWarning, match="boundary"):
        plain = zero_truncated(counts)
    estimate = estimated(counts)
    assert estimate.value is None
    assert estimate.interval == plain.interval
    heights = [
        size_likelihood("negative_binomial", np.array([1.0]), np.array([50.0]), plain.interval.low, singletons=True),
        size_likelihood("poisson", np.array([1.0]), np.array([50.0]), plain.interval.low, singletons=True),
    ]
    assert heights[0] == pytest.approx(heights[1], abs=1e-6)


def test_the_open_interval_is_honest():
    """Rates so unequal that the fit often runs away: the lower end is above the truth in at most 5 % of 120 draws."""
    rng = np.random.default_rng(59)
    times = rng.poisson(rng.gamma(0.15, 3.0, (120, 1500)))
    found = [estimated(CaptureCounts(frequencies=np.bincount(x[x > 0])[1:])) for x in times]
    away = [e for e in found if e.value is None]
    assert len(away) > 10
    assert np.mean([e.interval.low > 1500 for e in found if e.interval is not None]) <= 0.05


def test_a_billion_persons_are_no_trouble():
    """Counts of 1e9, with the interval in proportion."""
    estimate = estimated(CaptureCounts(frequencies=[10**9, 10**8, 10**7, 10**6]))
    small = estimated(CaptureCounts(frequencies=[10**6, 10**5, 10**4, 10**3]))
    assert estimate.value == pytest.approx(1000 * small.value, rel=1e-6)
    assert estimate.standard_error == pytest.approx(np.sqrt(1000) * small.standard_error, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=2, max_size=7).filter(lambda f: sum(f[1:]) > 0))
def test_properties(frequencies):
    """At least the Poisson number; the value in its interval; nothing seen is lost."""
    counts = CaptureCounts(frequencies=frequencies)
    estimate = estimated(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        plain = zero_truncated(counts)
    assert estimate.interval is not None
    assert estimate.interval.low >= counts.n_observed
    if estimate.value is None:
        assert codes(estimate) >= {"boundary"}
    else:
        assert estimate.value >= plain.value * (1 - 1e-9)
        assert estimate.interval.low <= estimate.value <= estimate.interval.high


def test_a_dispersion_that_falls_to_nothing_is_left_out_whatever_rounding_says():
    """Counts less spread than Poisson: the dispersion runs to zero, where the slope is rounding, and Poisson is given."""
    counts = CaptureCounts(frequencies=[7, 7, 7, 7, 130, 40, 173])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        plain = zero_truncated(counts)
    assert estimated(counts).value == pytest.approx(plain.value, rel=1e-9)
