"""Data-defect sensitivity: an identity, two printed values, and the curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.inputs import SurveySample
from microwork_estimate.weighting import WorkingModels, data_defect_curve, defect_unit, pseudo_weighted_mean
from microwork_estimate.weighting.data_defect import defect_diagnostics

SEEDS = st.integers(0, 10_000)


@given(SEEDS, st.booleans())
def test_the_error_is_correlation_times_unit(seed, weighted):
    """In any population, the error of a (weighted) mean is the correlation of R W with the answer times the unit."""
    rng = np.random.default_rng(seed)
    y = rng.gamma(1.0, 5.0, 400)
    inside = rng.random(400) < 0.1 + 0.3 * (y > 5)
    inside[:2] = True
    weights = rng.uniform(0.5, 4.0, 400) if weighted else np.ones(400)
    error = np.average(y[inside], weights=weights[inside]) - y.mean()
    rho = np.corrcoef(inside * weights, y)[0, 1]
    # The unit takes the standard deviation from the sample; the identity has that of the population.
    sigma = np.sqrt(np.cov(y[inside], aweights=weights[inside], ddof=0))
    unit = defect_unit(y[inside], weights[inside], 400) * y.std() / sigma
    assert error == pytest.approx(rho * unit, abs=1e-9)


@pytest.mark.parametrize(("share", "rho", "worth"), [(0.5, 0.05, 400), (0.01, 0.005, 404)])
def test_printed_worth_of_a_large_sample(share, rho, worth):
    """Meng (2018): half a population at a correlation of 0.05 is worth 400 persons; one per cent at 0.005, 404."""
    y = np.array([0.0, 1.0] * 500)
    unit = defect_unit(y, np.ones(1000), 1000 / share)
    assert (y.std() / (rho * unit)) ** 2 == pytest.approx(worth, abs=0.5)
    if rho == 0.005:
        found = defect_diagnostics(0.5, y, np.ones(1000), 1000 / share)
        assert found["worth_if_data_defect_0.005"] == pytest.approx(worth, abs=0.5)


def test_a_census_has_no_defect():
    """When everybody answered with equal weights no correlation can do harm."""
    assert defect_unit([1.0, 2.0, 5.0], [1.0, 1.0, 1.0], 3.0) == 0


def test_curve_of_a_result():
    """Value and interval shift by the correlation times the unit; the diagnostics hold the same six values."""
    volunteers = SurveySample(columns={"sex": ["f", "f", "m", "m"], "y": [1.0, 2.0, 3.0, 5.0]})
    people = SurveySample(columns={"sex": ["f", "m"] * 3}, weight=[100.0] * 6)
    found = pseudo_weighted_mean(volunteers, people, "y", models=WorkingModels(variables=("sex",)))
    curve = data_defect_curve(found)
    assert curve.reference == 0
    assert curve.values[3] == found.value
    assert (curve.low[3], curve.high[3]) == (found.interval.low, found.interval.high)
    assert np.ptp(np.diff(curve.values) / np.diff(curve.grid)) < 1e-9
    for rho, value in zip(curve.grid, curve.values, strict=True):
        if rho:
            assert found.diagnostics[f"if_data_defect_{rho:g}"] == pytest.approx(value)


def test_what_is_no_mean_of_volunteers_is_refused():
    """Another estimate has no unit; correlations increase within -1 and 1."""
    other = Estimate(name="n", value=1.0, estimand=Estimand(), method="example")
    with pytest.raises(InvalidInput, match="not a mean of volunteers"):
        data_defect_curve(other)
    volunteers = SurveySample(columns={"sex": ["f", "m"], "y": [1.0, 2.0]})
    people = SurveySample(columns={"sex": ["f", "m"]}, weight=[100.0] * 2)
    found = pseudo_weighted_mean(volunteers, people, "y", models=WorkingModels(variables=("sex",)))
    for grid in ([], [0.0, 2.0], [0.1, 0.0]):
        with pytest.raises(InvalidInput, match="impossible correlations"):
            data_defect_curve(found, correlations=grid)
