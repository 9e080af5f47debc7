"""Ridge calibration: a compromise with known ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import InfeasibleMargins, WeightBounds, calibrate, ridge_calibrate

INF = float("inf")
COSTS = {"sex": INF, "age": 2.0, "hours": 0.01}


def problem(seed=1, n=120, spread=0.5):
    """A sample and margins that unequal ratios give."""
    rng = np.random.default_rng(seed)
    columns = {
        "sex": np.append(["f", "m"], rng.choice(["f", "m"], n - 2)),
        "age": np.append([1, 2, 3], rng.integers(1, 4, n - 3)),
        "hours": rng.gamma(2, 8, n),
    }
    sample = SurveySample(columns=columns, weight=rng.gamma(4, 25, n) + 1)
    aim = sample.weights * rng.uniform(1 - spread, 1 + spread, n)
    totals = {k: {c: aim[columns[k] == c].sum() for c in np.unique(columns[k]).tolist()} for k in ("sex", "age")}
    return sample, {**totals, "hours": aim @ columns["hours"]}


def margins(totals, **about):
    """Margins with a source."""
    return Margins.from_totals(totals, source="made up", **about)


def test_no_penalty_is_the_linear_calibration():
    """At penalty 0 nothing gives way."""
    sample, totals = problem()
    found = ridge_calibrate(sample, margins(totals), costs=COSTS, penalty=0.0).sample.weights
    np.testing.assert_allclose(found, calibrate(sample, margins(totals), method="linear").sample.weights, rtol=1e-10)


def test_an_enormous_penalty_leaves_only_the_exact_margins():
    """Margins of finite cost are let go: what is left is the linear calibration on the others."""
    sample, totals = problem()
    found = ridge_calibrate(sample, margins(totals), costs=COSTS, penalty=1e14).sample.weights
    expected = calibrate(sample, margins({"sex": totals["sex"]}), method="linear").sample.weights
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), penalty=st.floats(1.0, 1e4))
def test_weights_minimise_distance_plus_cost(seed, penalty):
    """No other weights that meet the exact margin have a smaller sum of distance and cost of gaps."""
    sample, totals = problem(seed, spread=0.2)
    scale = np.random.default_rng(seed).uniform(0.5, 2, sample.n)
    made = margins(totals)
    weights = ridge_calibrate(sample, made, costs=COSTS, penalty=penalty, q=scale).sample.weights
    sex = np.column_stack([sample.column("sex") == c for c in "fm"]).astype(float)
    age = np.column_stack([sample.column("age") == c for c in (1, 2, 3)]).astype(float)
    hours = sample.numbers("hours")

    def objective(w):
        gaps = w @ age - np.array(list(totals["age"].values()))
        distance = np.sum((w - sample.weights) ** 2 / (sample.weights * scale))
        return distance + (2.0 * gaps @ gaps + 0.01 * (w @ hours - totals["hours"]) ** 2) / penalty

    change = np.random.default_rng(seed + 1).normal(0, 1, sample.n)
    change -= sex @ np.linalg.lstsq(sex, change, rcond=None)[0]
    for step in (0.01, -0.01):
        assert objective(weights + step * change) >= objective(weights)
    np.testing.assert_allclose(weights @ sex, list(totals["sex"].values()), rtol=1e-9)


def test_the_smallest_penalty_within_bounds_is_found():
    """Weights touch the bounds; a penalty a little smaller would leave them."""
    sample, totals = problem(spread=0.9)
    bounds = WeightBounds(low=0.9, high=1.25)
    weighted, report = ridge_calibrate(sample, margins(totals), costs=COSTS, bounds=bounds)
    low, high = report.ratio_range
    assert bounds.low <= low < high <= bounds.high
    assert min(low - bounds.low, bounds.high - high) < 1e-9
    np.testing.assert_allclose(report.after[:2], report.targets[:2], rtol=1e-10)
    assert report.max_deviation > 1e-6
    assert weighted.auxiliary.method == "ridge"


def test_bounds_that_hold_already_cost_nothing():
    """Where the linear weights are within the bounds, all margins are met."""
    sample, totals = problem(spread=0.05)
    _, report = ridge_calibrate(sample, margins(totals), costs=COSTS, bounds=WeightBounds(low=0.1, high=10))
    assert report.max_deviation < 1e-9


def test_costs_come_from_standard_errors():
    """Without costs, exact totals are met, uncertain ones give way; a gap beyond two standard errors is warned of."""
    sample, totals = problem(spread=0.9)
    errors = {"hours": totals["hours"] * 0.001, "age": {c: n * 0.001 for c, n in totals["age"].items()}}
    made = margins(totals, standard_errors=errors)
    with (
        pytest.warns(MicroworkWarning, match=r"\[margin-gap-beyond-error\]"),
        pytest.warns(MicroworkWarning, match=r"\[margin-errors-ignored\]"),
    ):
        _, report = ridge_calibrate(sample, made, bounds=WeightBounds(low=0.9, high=1.25))
    np.testing.assert_allclose(report.after[:2], report.targets[:2], rtol=1e-10)
    assert abs(report.after[-1] - report.targets[-1]) > 0


def test_exact_margins_that_need_more_are_refused():
    """Bounds that the margins of infinite cost alone break cannot be met by any penalty."""
    sample, totals = problem()
    doubled = {
        **totals,
        "sex": {c: 3 * n for c, n in totals["sex"].items()},
        "age": {c: 3 * n for c, n in totals["age"].items()},
    }
    with pytest.raises(InfeasibleMargins, match="largest penalty"):
        ridge_calibrate(sample, margins(doubled), costs=COSTS, bounds=WeightBounds(low=0.5, high=2))


@pytest.mark.parametrize(
    ("options", "problem_name"),
    [
        ({}, "penalty or bounds"),
        ({"penalty": 1.0, "bounds": WeightBounds(low=0.5, high=2)}, "penalty or bounds"),
        ({"penalty": -1.0}, "penalty or bounds"),
        ({"penalty": 1.0, "costs": {"sex": 1.0}}, "costs do not fit the margins"),
        ({"penalty": 1.0, "costs": {**COSTS, "age": 0.0}}, "costs do not fit the margins"),
        ({"penalty": 1.0, "costs": {**COSTS, "age": float("nan")}}, "costs do not fit the margins"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, problem_name):
    """One of penalty and bounds; one cost above zero for each margin."""
    sample, totals = problem()
    with pytest.raises(InvalidInput) as caught:
        ridge_calibrate(sample, margins(totals), **options)
    assert caught.value.problem == problem_name
