"""Calibration: margins are met or the error says why not; invariances; known truths; replicates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InconsistentMargins, InvalidInput, MicroworkWarning, NotConverged
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import (
    InfeasibleMargins,
    WeightBounds,
    calibrate,
    calibrate_replicates,
    rake_ipf,
)
from microwork_estimate.weighting.calibration import solve

METHODS = {
    "raking": None,
    "linear": None,
    "logit": WeightBounds(low=0.3, high=3),
    "truncated_linear": WeightBounds(low=0.3, high=3),
    "sinh": WeightBounds(low=0.3, high=3),
}


def margins(totals, **about):
    """Margins with a source."""
    return Margins.from_totals(totals, source="made up", **about)


def survey(seed=1, n=200):
    """A sample with three categorical variables, one continuous, and unequal weights."""
    rng = np.random.default_rng(seed)
    columns = {
        "sex": rng.choice(["f", "m"], n, p=[0.3, 0.7]),
        "age": rng.choice(["18-24", "25-39", "40+"], n),
        "paid": rng.choice([0, 1], n, p=[0.8, 0.2]),
        "hours": rng.gamma(2, 8, n),
    }
    return SurveySample(columns=columns, weight=rng.gamma(4, 25, n) + 1)


def reachable(sample, seed=2, spread=0.3):
    """Margins that some ratios near 1 give."""
    rng = np.random.default_rng(seed)
    weights = sample.weights * rng.uniform(1 - spread, 1 + spread, sample.n)
    totals = {
        name: {level: weights[sample.column(name) == level].sum() for level in np.unique(sample.column(name)).tolist()}
        for name in ("sex", "age", "paid")
    }
    return {**totals, "hours": weights @ sample.numbers("hours")}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_meets_all_margins(method):
    """Recomputed by hand from the weights, each margin is met to 1e-10, within the bounds."""
    sample = survey()
    totals = reachable(sample)
    weighted, report = calibrate(sample, margins(totals), method=method, bounds=METHODS[method])
    for name in ("sex", "age", "paid"):
        for level, total in totals[name].items():
            assert weighted.weights[sample.column(name) == level].sum() == pytest.approx(total, rel=1e-10)
    assert weighted.weights @ sample.numbers("hours") == pytest.approx(totals["hours"], rel=1e-10)
    assert report.max_deviation < 1e-10
    assert weighted.auxiliary.method == method
    if METHODS[method] is not None:
        low, high = report.ratio_range
        assert 0.3 <= low < high <= 3


def test_bounds_on_the_weight_bound_the_weight():
    """Bounds with on='weight' hold for the weights, where the same numbers on the ratio would not be possible."""
    sample = survey()
    totals = {k: v for k, v in reachable(sample).items() if k != "hours"}
    bounds = WeightBounds(low=30, high=200, on="weight")
    weights = calibrate(sample, margins(totals), method="truncated_linear", bounds=bounds).sample.weights
    assert 30 <= weights.min() < weights.max() <= 200
    assert sample.weights.max() > 200  # base weights outside are brought in
    with pytest.raises(InvalidInput, match="bounds that exclude 1"):
        calibrate(sample, margins(totals), method="logit", bounds=bounds)


def test_one_margin_is_post_stratification_by_every_method():
    """With one margin of categories all methods but the bounded ones scale each category."""
    sample = SurveySample(columns={"sex": ["f", "f", "m"]}, weight=[1.0, 3.0, 2.0])
    for method in ("raking", "linear", "sinh"):
        weights = calibrate(sample, margins({"sex": {"f": 60, "m": 40}}), method=method).sample.weights
        np.testing.assert_allclose(weights, [15, 45, 40], rtol=1e-12)


def test_members_of_a_household_get_one_ratio():
    """With equal_within, ratios are constant in a household and margins are met."""
    sample = survey()
    columns = {**sample.columns, "household": np.arange(200) // 2}
    sample = SurveySample(columns=columns, weight=np.repeat(sample.weights[:100], 2))
    totals = {k: v for k, v in reachable(sample, spread=0.1).items() if k != "hours"}
    weighted, report = calibrate(sample, margins(totals), equal_within="household")
    ratio = (weighted.weights / sample.weights).reshape(-1, 2)
    np.testing.assert_allclose(ratio[:, 0], ratio[:, 1], rtol=1e-12)
    assert np.ptp(ratio[:, 0]) > 0.01
    assert report.max_deviation < 1e-10


def test_a_respondent_with_a_larger_q_moves_more():
    """Twice the scale, twice the move of the linear distance."""
    sample = SurveySample(columns={"sex": ["f", "f", "m"]})
    weights = calibrate(sample, margins({"sex": {"f": 5, "m": 1}}), method="linear", q=[2.0, 1.0, 1.0]).sample.weights
    np.testing.assert_allclose(weights, [3, 2, 1], rtol=1e-12)
    with pytest.raises(InvalidInput, match="impossible scale"):
        calibrate(sample, margins({"sex": {"f": 5, "m": 1}}), q=[1.0, 0.0, 1.0])


# --- the twelve bad inputs: each has an error of its own ------------------------------------------------------------

GOOD = {"sex": {"f": 60.0, "m": 40.0}, "paid": {"yes": 30.0, "no": 70.0}}


def four(**changes):
    """Four respondents, one in each cell."""
    columns = {"sex": ["f", "f", "m", "m"], "paid": ["yes", "no", "yes", "no"]}
    return SurveySample(columns={**columns, **changes.pop("columns", {})}, **changes)


def three_of_four():
    """Respondents in three of the four cells."""
    return SurveySample(columns={"sex": ["f", "f", "m"], "paid": ["yes", "no", "no"]})


BAD = {
    "NaN weight": ("missing weight", lambda: four(weight=[1, np.nan, 1, 1])),
    "negative weight": ("negative weight", lambda: four(weight=[1, -1, 1, 1])),
    "category without respondents": (
        "category without respondents",
        lambda: calibrate(four(), margins({"sex": {"f": 60, "m": 30, "x": 10}})),
    ),
    "category missing from the margin": (
        "category without total",
        lambda: calibrate(four(), margins({"sex": {"f": 60}})),
    ),
    "unequal totals": ("inconsistent margins", lambda: margins({**GOOD, "paid": {"yes": 30, "no": 71}})),
    "infeasible margins": (
        "infeasible margins",
        lambda: calibrate(three_of_four(), margins({"sex": {"f": 20, "m": 80}, "paid": {"yes": 30, "no": 70}})),
    ),
    "missing value in a margin variable": (
        "missing category",
        lambda: calibrate(four(columns={"paid": ["yes", None, "no", "no"]}), margins(GOOD)),
    ),
    "missing value in a continuous margin variable": (
        "missing value",
        lambda: calibrate(four(columns={"hours": [1.0, np.nan, 2.0, 3.0]}), margins({"hours": 10.0})),
    ),
    "zero total": ("zero total", lambda: calibrate(four(), margins({"sex": {"f": 100, "m": 0}}))),
    "empty sample": ("empty sample", lambda: SurveySample(columns={"sex": []})),
    "one respondent": (
        "one respondent",
        lambda: calibrate(SurveySample(columns={"sex": ["f"]}), margins({"sex": {"f": 60}})),
    ),
    "a variable repeated in two margins": (
        "repeated variable",
        lambda: Margins.from_totals({"sex": GOOD["sex"], ("sex",): GOOD["sex"]}, source="made up"),
    ),
    "bounds that exclude 1": ("bounds that exclude 1", lambda: WeightBounds(low=1.1, high=2)),
    "bounds out of order": ("bounds out of order", lambda: WeightBounds(low=2, high=0.5)),
    "bounds that the method does not use": (
        "bounds not used",
        lambda: calibrate(four(), margins(GOOD), bounds=WeightBounds(low=0.5, high=2)),
    ),
    "bounds that the method needs": ("bounds missing", lambda: calibrate(four(), margins(GOOD), method="logit")),
    "a variable that is not in the survey": ("unknown column", lambda: calibrate(four(), margins({"age": {"1": 1}}))),
    "a method that does not exist": ("unknown choice", lambda: calibrate(four(), margins(GOOD), method="magic")),
    "weights that would be negative": (
        "weights of zero or below",
        lambda: calibrate(
            four(columns={"hours": [1.0, 2.0, 3.0, 40.0]}),
            margins({**GOOD, "hours": 300.0}),
            method="linear",
        ),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_each_bad_input_has_an_error_of_its_own(name):
    """No bad input gives a weight: it raises InvalidInput with a problem that no other bad input has."""
    problem, attempt = BAD[name]
    with pytest.raises(InvalidInput) as caught:
        attempt()
    assert caught.value.problem == problem
    assert all((caught.value.expected, caught.value.got, caught.value.where, caught.value.fix))


def test_the_problems_of_bad_inputs_are_told_apart():
    """Each input of the list has a code that is not shared, and unequal totals a class."""
    assert len({problem for problem, _ in BAD.values()}) == len(BAD)
    with pytest.raises(InconsistentMargins):
        BAD["unequal totals"][1]()
    with pytest.raises(InfeasibleMargins):
        BAD["infeasible margins"][1]()


def test_infeasible_margins_name_the_change_that_would_do():
    """Nobody is both man and paid, so at most the 20 women can be paid: the message says by how much margins must move."""
    with pytest.raises(InfeasibleMargins) as caught:
        BAD["infeasible margins"][1]()
    assert "paid = yes: 30 would have to be 20" in str(caught.value)
    assert "paid = no: 70 would have to be 80" in str(caught.value)


def test_margins_that_need_a_weight_of_zero_are_infeasible_for_raking():
    """All women paid, all men not: the cell of unpaid women would weigh nothing, which raking cannot do."""
    totals = {"sex": {"f": 60, "m": 40}, "paid": {"yes": 60, "no": 40}}
    with pytest.raises(InfeasibleMargins, match="count for nothing"):
        calibrate(three_of_four(), margins(totals))
    with pytest.raises(InfeasibleMargins, match="count for nothing"):
        rake_ipf(three_of_four(), margins(totals))


def test_collinear_margins_that_contradict_each_other_are_refused():
    """The same variable under two names with two margins: no solver tolerance hides the 18 points between them."""
    sample = four(columns={"gender": ["f", "f", "m", "m"]}, weight=[25.0] * 4)
    totals = {"sex": {"f": 60, "m": 40}, "gender": {"f": 42, "m": 58}}
    for method, bounds in METHODS.items():
        with pytest.raises(InfeasibleMargins, match=r"60 would have to be 42|42 would have to be 60"):
            calibrate(sample, margins(totals), method=method, bounds=bounds)


def test_redundant_margins_that_agree_change_nothing():
    """A crossing beside the margins in it, and a column that doubles another, leave the weights as they are."""
    sample = survey()
    totals = reachable(sample)
    once = calibrate(sample, margins(totals)).sample.weights
    doubled = SurveySample(
        columns={**sample.columns, "minutes": 60 * sample.numbers("hours"), "gender": sample.column("sex")},
        weight=sample.weights,
    )
    more = {**totals, "minutes": 60 * totals["hours"], "gender": totals["sex"]}
    np.testing.assert_allclose(calibrate(doubled, margins(more)).sample.weights, once, rtol=1e-9)


def test_a_total_of_zero_for_a_continuous_variable_can_be_met():
    """A balance that sums to zero over the population is a margin like another."""
    rng = np.random.default_rng(3)
    sample = SurveySample(columns={"balance": rng.normal(0.3, 1, 100), "one": ["x"] * 100})
    weights = calibrate(sample, margins({"balance": 0.0, "one": {"x": 1000}})).sample.weights
    assert abs(weights @ sample.column("balance")) < 1e-8
    assert weights.sum() == pytest.approx(1000)


def test_a_category_of_zero_persons_without_respondents_is_left_out():
    """A category that is empty on both sides is no obstacle."""
    weighted, report = calibrate(four(), margins({"sex": {"f": 60, "m": 40, "x": 0}}))
    assert report.categories == ("f", "m")
    assert weighted.weights.sum() == pytest.approx(100)


@pytest.mark.parametrize("times", [1e-6, 1 / 19, 19, 1e7])
def test_weights_far_from_the_population_are_raked_all_the_same(times):
    """Base weights that sum to far more or less than the population do not stop the fit."""
    sample = survey()
    totals = reachable(sample)
    expected = calibrate(sample, margins(totals)).sample.weights
    moved = calibrate(sample.with_weights(sample.weights * times), margins(totals)).sample.weights
    np.testing.assert_allclose(moved, expected, rtol=1e-8)


def test_a_population_that_is_not_that_of_the_sample_is_warned_of():
    """Margins of all residents on a sample of one platform: the fit goes on, with the warning wrong-universe."""
    sample = four(universe="workers of one platform")
    with pytest.warns(MicroworkWarning, match=r"\[wrong-universe\]"):
        _, report = calibrate(sample, margins(GOOD, universe="residents of 15 and over"))
    assert [w.code for w in report.warnings] == ["wrong-universe"]
    assert calibrate(sample, margins(GOOD, universe="workers of one platform")).report.warnings == ()
    assert calibrate(sample, margins(GOOD)).report.warnings == ()


def test_calibration_repairs_a_selection_by_the_margin_variable():
    """Women answer four times less often; hours differ by sex: weighted hours are right, unweighted ones are not."""
    rng = np.random.default_rng(7)
    sex = rng.choice(["f", "m"], 40_000)
    hours = np.where(sex == "f", 5.0, 15.0) + rng.normal(0, 1, sex.size)
    answers = rng.random(sex.size) < np.where(sex == "f", 0.1, 0.4)
    sample = SurveySample(columns={"sex": sex[answers], "hours": hours[answers]})
    population = {"sex": {"f": float(np.sum(sex == "f")), "m": float(np.sum(sex == "m"))}}
    weights = calibrate(sample, margins(population)).sample.weights
    assert np.average(sample.numbers("hours"), weights=weights) == pytest.approx(hours.mean(), abs=0.1)
    assert sample.numbers("hours").mean() > hours.mean() + 2


# --- invariances ----------------------------------------------------------------------------------------------------

SEEDS = st.integers(0, 10_000)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, method=st.sampled_from(list(METHODS)), times=st.floats(1e-3, 1e3))
def test_scale_does_not_matter(seed, method, times):
    """Weights and totals in another unit of persons give the same ratios; a continuous variable in another unit, too."""
    sample = survey(seed, 60)
    totals = reachable(sample, seed, 0.2)
    expected = _attempt(sample, totals, method)
    scaled = {
        k: ({c: n * times for c, n in v.items()} if isinstance(v, dict) else v * times) for k, v in totals.items()
    }
    found = _attempt(sample.with_weights(sample.weights * times), scaled, method)
    np.testing.assert_allclose(found / times, expected, rtol=1e-7)
    columns = {**sample.columns, "hours": sample.numbers("hours") * times}
    other = SurveySample(columns=columns, weight=sample.weights)
    found = _attempt(other, {**totals, "hours": totals["hours"] * times}, method)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, method=st.sampled_from(list(METHODS)))
def test_order_and_names_do_not_matter(seed, method):
    """Respondents, margins and categories in another order, or by other names, give the same weights."""
    sample = survey(seed, 60)
    totals = reachable(sample, seed, 0.2)
    expected = _attempt(sample, totals, method)
    order = np.random.default_rng(seed).permutation(sample.n)
    shuffled = SurveySample(columns={k: v[order] for k, v in sample.columns.items()}, weight=sample.weights[order])
    turned = {k: dict(reversed(v.items())) if isinstance(v, dict) else v for k, v in reversed(totals.items())}
    np.testing.assert_allclose(_attempt(shuffled, turned, method), expected[order], rtol=1e-7)
    renamed = SurveySample(
        columns={**sample.columns, "sex": np.where(sample.column("sex") == "f", "zzz", "a")}, weight=sample.weights
    )
    new_names = {**totals, "sex": {"zzz": totals["sex"]["f"], "a": totals["sex"]["m"]}}
    np.testing.assert_allclose(_attempt(renamed, new_names, method), expected, rtol=1e-7)


def _attempt(sample, totals, method):
    """Calibrated weights; totals come from ratios within the bounds, so that bounded methods must find some."""
    return calibrate(sample, margins(totals), method=method, bounds=METHODS[method]).sample.weights


# --- replicates -----------------------------------------------------------------------------------------------------


def draws(sample, n_replicates=40, seed=5):
    """Weights of a with-replacement bootstrap."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(sample.n, np.full(sample.n, 1 / sample.n), size=n_replicates)
    return sample.weights * counts


@pytest.mark.parametrize("method", METHODS)
def test_replicates_together_are_replicates_one_by_one(method):
    """The array operation gives what calibrate gives on the respondents drawn, for every method."""
    sample = survey()
    totals = margins(reachable(sample, spread=0.1))
    base = draws(sample)
    found = calibrate_replicates(sample, totals, base, method=method, bounds=METHODS[method])
    for weights, row in zip(base[:10], found[:10], strict=True):
        drawn = weights > 0
        alone = SurveySample(columns={k: v[drawn] for k, v in sample.columns.items()}, weight=weights[drawn])
        expected = calibrate(alone, totals, method=method, bounds=METHODS[method]).sample.weights
        np.testing.assert_allclose(row[drawn], expected, rtol=1e-9)
        assert (row[~drawn] == 0).all()


def test_replicates_meet_every_margin():
    """Each replicate, collapsed to cells or not, meets each margin to 1e-8."""
    sample = survey(n=400)
    totals = {k: v for k, v in reachable(sample, spread=0.1).items() if k != "hours"}
    for wanted in (totals, {**totals, "hours": reachable(sample, spread=0.1)["hours"]}):
        found = calibrate_replicates(sample, margins(wanted), draws(sample, 70))
        for name in ("sex", "age", "paid"):
            for level, total in wanted[name].items():
                np.testing.assert_allclose(found[:, sample.column(name) == level].sum(axis=1), total, rtol=1e-8)


def test_bounds_on_the_weight_hold_in_every_replicate():
    """Bounds of weights are read anew in each replicate."""
    sample = survey()
    totals = margins({k: v for k, v in reachable(sample, spread=0.1).items() if k != "hours"})
    bounds = WeightBounds(low=5, high=900, on="weight")
    found = calibrate_replicates(sample, totals, draws(sample, 8), method="truncated_linear", bounds=bounds)
    assert found[found > 0].min() >= 5
    assert found.max() <= 900


def test_a_replicate_that_lost_a_category_is_nan_and_counted():
    """Nobody of one category drawn: that replicate is NaN throughout, the others are not touched."""
    base = [[1, 1, 1, 1], [0, 0, 2, 2], [2, 1, 1, 0]]
    with pytest.warns(MicroworkWarning, match=r"\[replicate-not-calibrated\] 1 of 3"):
        found = calibrate_replicates(four(), margins({"sex": GOOD["sex"]}), base)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[[0, 2]].sum(axis=1), 100)


def test_uncertain_margins_are_drawn_anew_in_each_replicate():
    """With totals of its own, each replicate meets its own draw."""
    sample = survey()
    uncertain = margins({"sex": {"f": 60.0, "m": 40.0}}, standard_errors={"sex": {"f": 3.0, "m": 3.0}})
    wanted = uncertain.draw(np.random.default_rng(1), 30)
    found = calibrate_replicates(sample, uncertain, draws(sample, 30), totals=wanted)
    np.testing.assert_allclose(found[:, sample.column("sex") == "f"].sum(axis=1), wanted[:, 0], rtol=1e-8)
    with pytest.raises(InvalidInput, match="totals do not fit"):
        calibrate_replicates(sample, uncertain, draws(sample, 30), totals=wanted[:3])


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [[1, 1]], [[1, 1, -1, 1]], [[1, 1, np.nan, 1]]])
def test_impossible_replicate_weights_are_refused(weights):
    """Rows of n finite numbers of zero or more, and nothing else."""
    with pytest.raises(InvalidInput, match="impossible replicate weights"):
        calibrate_replicates(four(), margins(GOOD), weights)


def test_not_converged_is_an_error_of_its_own(monkeypatch):
    """Feasible margins that the steps do not reach raise NotConverged, never weights."""
    monkeypatch.setitem(solve.__globals__, "_MAX_STEPS", 0)
    with pytest.raises(NotConverged, match="calibration not converged"):
        calibrate(survey(), margins(reachable(survey())))


def test_universe_that_is_not_named_is_said_for_respondents_of_a_platform():
    """Workers reached on a platform and margins of nobody knows whom: the fit stands, with a warning."""
    columns = {"sex": ["f", "f", "m", "m"]}
    totals = {"sex": {"f": 60, "m": 40}}
    reached = SurveySample(columns=columns, reached_via="registration", universe="registered workers")
    with pytest.warns(MicroworkWarning, match="universe"):
        found = calibrate(reached, Margins.from_totals(totals, source="made up"))
    assert [w.code for w in found.report.warnings] == ["universe-not-stated"]
    named = Margins.from_totals(totals, source="made up", universe="registered workers")
    assert calibrate(reached, named).report.warnings == ()
    assert calibrate(SurveySample(columns=columns), named).report.warnings == ()
