"""What the linear program says of margins and bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import InfeasibleMargins, WeightBounds, calibrate, check_feasibility


def margins(totals):
    """Margins with a source."""
    return Margins.from_totals(totals, source="made up")


def problem(seed):
    """A sample and margins that may or may not be within reach of bounds from 0.7 to 1.4."""
    rng = np.random.default_rng(seed)
    n = 60
    columns = {"sex": rng.choice(["f", "m"], n), "age": rng.integers(1, 4, n), "hours": rng.gamma(2, 8, n)}
    sample = SurveySample(columns=columns, weight=rng.gamma(9, 3, n))
    tilt = np.exp(0.35 * rng.normal() * (columns["sex"] == "f") + 0.35 * rng.normal() * (columns["age"] == 2))
    aim = sample.weights * tilt * sample.weights.sum() / (sample.weights @ tilt)
    totals = {k: {c: aim[columns[k] == c].sum() for c in np.unique(columns[k]).tolist()} for k in ("sex", "age")}
    return sample, {**totals, "hours": aim @ columns["hours"]}


BOUNDS = WeightBounds(low=0.7, high=1.4)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_calibration_succeeds_exactly_where_the_program_says_so(seed):
    """Where weights exist, calibration finds some; where not, it refuses; and the relaxed margins can be met."""
    sample, totals = problem(seed)
    found = check_feasibility(sample, margins(totals), bounds=BOUNDS)
    if found.feasible:
        assert calibrate(sample, margins(totals), method="truncated_linear", bounds=BOUNDS).report.max_deviation < 1e-8
        return
    with pytest.raises(InfeasibleMargins):
        calibrate(sample, margins(totals), method="truncated_linear", bounds=BOUNDS)
    relaxed = margins(totals).totals.copy()
    labels = margins(totals).labels
    for change in found.relaxation:
        relaxed[labels.index((change.variable, change.category))] = change.reachable
    relaxed[:2] *= relaxed[2:5].sum() / relaxed[:2].sum()  # the rounding of the program
    again = check_feasibility(sample, margins(totals).with_totals(relaxed), bounds=BOUNDS)
    assert all(abs(c.total - c.reachable) < 1e-4 * abs(c.total) for c in again.relaxation)


def test_the_smallest_change_is_found_and_keeps_the_population():
    """Nobody is a paid man: with 20 women among 100, 30 paid persons are 10 too many."""
    sample = SurveySample(columns={"sex": ["f", "f", "m"], "paid": ["yes", "no", "no"]})
    found = check_feasibility(sample, margins({"sex": {"f": 20, "m": 80}, "paid": {"yes": 30, "no": 70}}))
    assert not found.feasible
    assert {str(change) for change in found.relaxation} == {
        "paid = yes: 30 would have to be 20",
        "paid = no: 70 would have to be 80",
    }


def test_bounds_that_rule_out_the_population_change_it():
    """Weights of at most twice the base weight cannot make 100 persons of 3: what is reachable is 6."""
    sample = SurveySample(columns={"sex": ["f", "f", "m"]})
    found = check_feasibility(sample, margins({"sex": {"f": 60, "m": 40}}), bounds=WeightBounds(low=0.5, high=2))
    assert {change.category: change.reachable for change in found.relaxation} == pytest.approx({"f": 4, "m": 2})


def test_margins_at_the_edge_are_feasible_but_not_inside():
    """Margins that only weights of zero meet are told apart from those that positive weights meet."""
    sample = SurveySample(columns={"sex": ["f", "f", "m"], "paid": ["yes", "no", "no"]})
    edge = check_feasibility(sample, margins({"sex": {"f": 30, "m": 70}, "paid": {"yes": 30, "no": 70}}))
    inside = check_feasibility(sample, margins({"sex": {"f": 31, "m": 69}, "paid": {"yes": 30, "no": 70}}))
    assert (edge.feasible, edge.interior) == (True, False)
    assert (inside.feasible, inside.interior) == (True, True)


def test_too_many_respondents_for_the_program_are_refused(monkeypatch):
    """Above its limit the program is not run, and the message says what to do instead."""
    monkeypatch.setitem(check_feasibility.__globals__, "_MAX_ROWS", 10)
    sample, totals = problem(1)
    with pytest.raises(InvalidInput, match="too many different respondents"):
        check_feasibility(sample, margins(totals))
