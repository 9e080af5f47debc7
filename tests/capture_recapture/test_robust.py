"""Two lists with covariates, doubly robust: drpop, double robustness, known truth, weights, seeds, edges."""

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
from scipy.special import expit
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from microwork_estimate.capture_recapture import chapman, lincoln_petersen
from microwork_estimate.capture_recapture.cross_fitting import (
    CrossFitting,
    ListChances,
    coherent,
    cross_fit,
    deal_folds,
    learn_logistic,
)
from microwork_estimate.capture_recapture.robust import doubly_robust
from microwork_estimate.capture_recapture.targeting import contributions, coverage, tilt
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.inputs.captured import CapturedPersons
from microwork_estimate.weighting import JackknifeN, JackknifeOne, replicate_weights

REFERENCE = Path(__file__).parents[1] / "reference" / "covariates_other.json"
LEARNERS = ("logit", "gam")


@cache
def reference() -> dict[str, Any]:
    """Read the results of drpop."""
    content = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {"data": content["data"], "cases": {case["id"]: case["output"] for case in content["cases"]}}


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


def simulated() -> tuple[np.ndarray, np.ndarray]:
    """Return the two lists and the design matrix of drpop's simulated data."""
    columns = reference()["data"]["sim"]["columns"]
    pair = np.column_stack([columns["y1"], columns["y2"]]).astype(float)
    return pair, np.column_stack([np.ones(len(pair)), columns["x1"], columns["x2"]])


def given_chances(learner: str) -> ListChances:
    """Return the chances that drpop learned, made coherent."""
    learned = reference()["data"][f"nuis_sim_{learner}"]
    three = (np.array(learned[name], dtype=float) for name in ("q1", "q2", "q12"))
    return coherent(*three, np.array(learned["idfold"]) - 1, floor=0.005)


@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize(("row", "correction"), [(0, "one_step"), (1, "plug_in")])
def test_drpop_gives_the_same_from_its_chances(learner, row, correction):
    """Number before rounding, share seen, and both standard deviations, to twelve digits."""
    output = reference()["cases"][f"sim/drpop_{learner}_from_nuisances"]
    pair, _ = simulated()
    covered = coverage(given_chances(learner), pair, np.ones(len(pair)), correction)
    number = len(pair) * covered.inverse
    assert number == pytest.approx(output["N_over_psi_unrounded"][row], rel=1e-12)
    assert round(number) == output["result"]["n"][row]
    assert 1 / covered.inverse == pytest.approx(output["result"]["psi"][row], rel=1e-12)
    assert np.sqrt(covered.spread) == pytest.approx(output["result"]["sigma"][row], rel=1e-12)
    error = np.sqrt(len(pair) * covered.spread + number * (covered.inverse - 1))
    assert error == pytest.approx(output["result"]["sigman"][row], rel=1e-12)


def test_both_reference_cases_are_met():
    """No case of the simulated data is left out by accident."""
    cases = {case for case in reference()["cases"] if case.startswith("sim/")}
    assert cases == {f"sim/drpop_{learner}_from_nuisances" for learner in LEARNERS}


def test_the_logistic_learner_gives_the_chances_of_drpop():
    """In drpop's own folds, to the accuracy of its fits."""
    pair, features = simulated()
    learned = reference()["data"]["nuis_sim_logit"]
    fold = np.array(learned["idfold"]) - 1
    chances = cross_fit(features, pair, np.ones(len(pair)), fold, CrossFitting(folds=3))
    for name, made in (("q1", chances.first), ("q2", chances.second), ("q12", chances.both)):
        assert made == pytest.approx(np.array(learned[name]), abs=1e-7)


def test_the_logistic_learner_is_statsmodels_with_weights():
    """Chances from a weighted logistic regression of another library."""
    rng = np.random.default_rng(149)
    features = np.column_stack([np.ones(400), rng.normal(size=(400, 2))])
    outcome, weight = (rng.random(400) < expit(features @ [0.3, 1.0, -0.5])) * 1.0, rng.uniform(0.5, 3, 400)
    fit = GLM(outcome, features, family=Binomial(), freq_weights=weight).fit(tol=1e-12)
    assert learn_logistic(features, outcome, weight, features) == pytest.approx(fit.predict(features), abs=1e-8)


@pytest.mark.parametrize("learner", LEARNERS)
def test_the_targeted_step_leaves_no_bias_and_chances_stay_chances(learner):
    """The mean contribution is the mean of g; three events sum to one; the number is near the one-step number."""
    pair, _ = simulated()
    weight = np.random.default_rng(151).uniform(0.5, 2, len(pair))
    before = given_chances(learner)
    after = tilt(before, pair, weight, others=False)
    assert after is not None
    assert weight @ (contributions(after, pair) - after.inverse_coverage) == pytest.approx(0.0, abs=1e-8)
    assert after.first + after.second - after.both == pytest.approx(np.ones(len(pair)))
    assert (after.inverse_coverage >= 1.0).all()
    one, targeted = (
        coverage(c, pair, weight, correction).inverse for c, correction in ((before, "one_step"), (after, "targeted"))
    )
    assert targeted == pytest.approx(one, abs=2e-3)


CURVED = "x * z + I(x**2) + I(z**2)"
CHANCES = {"a": (-0.4, 0.9, -0.6), "b": (-0.2, -0.7, 0.5)}


def drawn(rng: np.random.Generator, size: int) -> tuple[CapturedPersons, np.ndarray]:
    """Draw a population whose lists are independent given two covariates; return who was seen, with the truth."""
    x = rng.normal(size=(size, 2))
    design = np.column_stack([np.ones(size), x])
    chance = np.column_stack([expit(design @ values) for values in CHANCES.values()])
    presence = (rng.random((size, 2)) < chance) * 1
    seen = presence.any(axis=1)
    columns = {"a": presence[seen, 0], "b": presence[seen, 1], "x": x[seen, 0], "z": x[seen, 1]}
    return CapturedPersons.from_columns(columns, lists=("a", "b")), chance[seen]


def given_seen(chance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn chances on two independent lists into those of persons seen: first, second, both."""
    first, second = chance.T
    any_list = 1 - (1 - first) * (1 - second)
    return first / any_list, second / any_list, first * second / any_list


def test_errors_of_the_chances_enter_through_their_products_only():
    """Chances wrong by up to a tenth: the plug-in is off by as much, the contributions by far less."""
    rng = np.random.default_rng(157)
    persons, chance = drawn(rng, 400_000)
    pair = persons.presence.astype(float)
    right = given_seen(chance)
    x = np.asarray(persons.sample.column("x"))
    wrong = tuple(q * (1 + 0.1 * sign * expit(x)) for q, sign in zip(right, (1, 1, -1), strict=True))
    bias = {}
    for name, chances in (("right", right), ("wrong", wrong)):
        made = ListChances(
            first=chances[0],
            second=chances[1],
            both=chances[2],
            fold=np.zeros(persons.n, dtype=np.int64),
            floored=np.zeros(persons.n, dtype=bool),
        )
        for correction in ("plug_in", "one_step"):
            covered = coverage(made, pair, np.ones(persons.n), correction)
            bias[name, correction] = persons.n * covered.inverse / 400_000 - 1
    assert abs(bias["right", "plug_in"]) < 0.01
    assert abs(bias["right", "one_step"]) < 0.01
    assert abs(bias["wrong", "plug_in"]) > 0.03
    assert abs(bias["wrong", "one_step"]) < 0.35 * abs(bias["wrong", "plug_in"])


@pytest.mark.parametrize("correction", ["targeted", "one_step"])
def test_with_independence_given_covariates_the_interval_covers_and_chapman_fails(correction):
    """60 draws: little bias, standard error equal to the spread, coverage near 95 %; Chapman misses in most."""
    rng = np.random.default_rng(163)
    found, blind = [], []
    for number in range(60):
        persons, _ = drawn(rng, 3000)
        fitting = CrossFitting(folds=3, correction=correction)
        found.append(quietly(doubly_robust, persons, CURVED, seed=number, fitting=fitting))
        blind.append(chapman(CaptureHistories.from_persons(persons.lists, persons.presence)))
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(3000, rel=0.02)
    assert errors.mean() == pytest.approx(values.std(), rel=0.25)
    assert np.mean([ends(e)[0] <= 3000 <= ends(e)[1] for e in found]) >= 0.9
    assert np.mean([ends(e)[0] <= 3000 <= ends(e)[1] for e in blind]) < 0.5


def nearest(features: np.ndarray, outcome: np.ndarray, weight: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Learn by the share among the 150 nearest persons: a learner that knows no formula."""
    distance = ((new[:, None, 1:] - features[None, :, 1:]) ** 2).sum(axis=2)
    chosen = np.argpartition(distance, 150, axis=1)[:, :150]
    return (weight[chosen] * outcome[chosen]).sum(axis=1) / weight[chosen].sum(axis=1)


def test_a_learner_of_the_user_s_own_does_as_well():
    """Nearest neighbours: the targeted number is near the truth, far nearer than that without covariates."""
    rng = np.random.default_rng(167)
    values, blind = [], []
    for number in range(5):
        persons, _ = drawn(rng, 3000)
        fitting = CrossFitting(learner=nearest, folds=3)
        estimate = quietly(doubly_robust, persons, "x + z", seed=number, fitting=fitting)
        values.append(estimate.value)
        blind.append(doubly_robust(persons, "1", seed=number).value)
    assert abs(np.mean(values) - 3000) < 0.4 * abs(np.mean(blind) - 3000)
    assert np.mean(values) == pytest.approx(3000, rel=0.04)


def test_a_sample_of_those_seen_covers_with_its_design():
    """40 samples, drawn more often the more lists a person is on: weighted near the truth, unweighted far too low."""
    rng = np.random.default_rng(173)
    found, blind = [], []
    for number in range(40):
        persons, _ = drawn(rng, 8000)
        both = persons.presence.all(axis=1)
        taken = rng.random(persons.n) < np.where(both, 0.5, 0.2)
        columns = {name: np.asarray(persons.sample.column(name))[taken] for name in ("a", "b", "x", "z")}
        weight = np.where(both[taken], 2.0, 5.0)
        sample = CapturedPersons.from_columns(columns, lists=("a", "b"), weight=weight)
        fitting = CrossFitting(folds=3)
        found.append(quietly(doubly_robust, sample, "x + z", seed=number, fitting=fitting))
        flat = CapturedPersons.from_columns(
            columns, lists=("a", "b"), weight=np.full(taken.sum(), persons.n / taken.sum())
        )
        blind.append(quietly(doubly_robust, flat, "x + z", seed=number, fitting=fitting))
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(8000, rel=0.03)
    assert errors.mean() == pytest.approx(values.std(), rel=0.3)
    assert np.mean([ends(e)[0] <= 8000 <= ends(e)[1] for e in found]) >= 0.88
    assert np.mean([ends(e)[1] < 8000 for e in blind]) > 0.9


@pytest.mark.parametrize("correction", ["targeted", "one_step"])
def test_replicate_weights_and_linearisation_agree(correction):
    """Jackknife with the chances as they are: the same value, and a standard error within 3 %."""
    persons, _ = drawn(np.random.default_rng(179), 600)
    columns = {name: persons.sample.column(name) for name in ("a", "b", "x", "z")}
    sample = CapturedPersons.from_columns(columns, lists=("a", "b"), weight=np.full(persons.n, 4.0))
    fitting = CrossFitting(correction=correction)
    replicates = replicate_weights(sample.sample, JackknifeOne())
    linear, again = (
        quietly(doubly_robust, sample, "x + z", seed=5, fitting=fitting, replicates=r) for r in (None, replicates)
    )
    assert again.value == linear.value
    assert again.standard_error == pytest.approx(linear.standard_error, rel=0.03)


def test_clusters_stay_whole_in_folds_and_count_in_the_variance():
    """All members of a cluster are in one fold; twins double what one person is worth."""
    units = np.repeat(np.arange(30), 4)
    fold = deal_folds(units, 5, 11)
    assert all(len(set(fold[units == unit])) == 1 for unit in range(30))
    assert np.bincount(fold).tolist() == [24] * 5
    persons, _ = drawn(np.random.default_rng(181), 500)
    columns = {name: np.repeat(np.asarray(persons.sample.column(name)), 2) for name in ("a", "b", "x", "z")}
    cluster = np.repeat(np.arange(persons.n), 2)
    design = {"weight": np.full(2 * persons.n, 3.0)}
    twins = CapturedPersons.from_columns(columns, lists=("a", "b"), psu=cluster, **design)
    strangers = CapturedPersons.from_columns(columns, lists=("a", "b"), **design)
    replicated = replicate_weights(twins.sample, JackknifeN())
    errors = [
        quietly(doubly_robust, p, "1", seed=1, replicates=r).standard_error
        for p, r in ((twins, None), (strangers, None), (twins, replicated))
    ]
    assert errors[0] > 1.25 * errors[1]
    assert errors[2] == pytest.approx(errors[0], rel=0.05)


def test_without_covariates_it_is_the_estimate_of_lincoln_and_petersen():
    """n1 n2 / m whatever the seed and the correction, with a standard error near that of Sekar and Deming."""
    columns = {"a": [1] * 30 + [1] * 170 + [0] * 120, "b": [1] * 30 + [0] * 170 + [1] * 120}
    persons = CapturedPersons.from_columns(columns, lists=("a", "b"))
    plain = lincoln_petersen(CaptureHistories.from_two_lists(200, 150, 30))
    for seed, correction in enumerate(["targeted", "one_step", "plug_in"]):
        estimate = doubly_robust(persons, "1", seed=seed, fitting=CrossFitting(correction=correction))
        assert estimate.value == pytest.approx(plain.value, rel=1e-9)
        assert estimate.standard_error == pytest.approx(np.sqrt(200 * 150 * 170 * 120 / 30**3), rel=0.01)


def test_further_lists_say_who_was_seen():
    """With a third list the persons on neither of the pair count, and the number is that of the pair among all seen."""
    rng = np.random.default_rng(191)
    presence = (rng.random((10000, 3)) < [0.3, 0.4, 0.5]) * 1
    seen = presence[presence.any(axis=1)]
    columns = {"a": seen[:, 0], "b": seen[:, 1], "c": seen[:, 2], "x": rng.normal(size=len(seen))}
    persons = CapturedPersons.from_columns(columns, lists=("a", "b", "c"))
    for pair in (("a", "b"), ("c", "a"), ("b", "c")):
        estimate = doubly_robust(persons.paired(*pair), "x", seed=3)
        assert ends(estimate)[0] <= 10000 <= ends(estimate)[1]
        assert f"lists {pair[0]!r} and {pair[1]!r}" in estimate.method


def test_a_pair_that_gives_fewer_than_were_seen_gives_way_to_those_seen():
    """Two identical lists and 40 persons on a third: the targeted step falls below the 105 seen, who are given instead."""
    columns = {"a": [1] * 65 + [0] * 40, "b": [1] * 65 + [0] * 40, "c": [0] * 60 + [1] * 45}
    columns["age"] = [20 + i * 7 % 40 for i in range(105)]
    estimate = quietly(doubly_robust, CapturedPersons.from_columns(columns, lists=("a", "b", "c")), "age", seed=1)
    assert {"below-observed", "contained-list"} <= codes(estimate)
    assert (estimate.value, estimate.standard_error, estimate.interval) == (105, None, None)


def test_the_seed_settles_the_number():
    """The same seed, the same number to the last bit; another seed, another near it; no seed, no number."""
    persons, _ = drawn(np.random.default_rng(193), 1500)
    one, same, other = (quietly(doubly_robust, persons, "x + z", seed=seed) for seed in (7, 7, 8))
    assert one.value == same.value
    assert one.value != other.value
    assert one.value == pytest.approx(other.value, rel=0.05)
    assert one.diagnostics["seed"] == 7
    with pytest.raises(TypeError, match="seed"):
        doubly_robust(persons, "x + z")
    with pytest.raises(InvalidInput, match="not a whole number"):
        doubly_robust(persons, "x + z", seed=-1)


def two_lists(both: int, first: int, second: int) -> CapturedPersons:
    """Return persons on both lists, on the first only and on the second only, with a covariate."""
    columns = {"a": [1] * both + [1] * first + [0] * second, "b": [1] * both + [0] * first + [1] * second}
    x = np.random.default_rng(197).normal(size=both + first + second)
    return CapturedPersons.from_columns(columns | {"x": x}, lists=("a", "b"))


@pytest.mark.parametrize(("cells", "code"), [((0, 10, 10), "no-overlap"), ((0, 10, 0), "empty-list")])
def test_nobody_on_both_lists_has_no_number(cells, code):
    """No value; the persons seen are the lower bound."""
    with pytest.warns(MicroworkWarning, match=code):
        estimate = doubly_robust(two_lists(*cells), "x", seed=1)
    assert (estimate.value, estimate.interval) == (None, None)
    assert estimate.bounds is not None
    assert (estimate.bounds.low, estimate.bounds.high) == (sum(cells), np.inf)


@pytest.mark.parametrize("cells", [(10, 0, 10), (300, 50, 0), (150, 0, 0)])
def test_a_list_inside_the_other_is_no_proof(cells):
    """The persons seen, without an interval."""
    estimate = quietly(doubly_robust, two_lists(*cells), "x", seed=1)
    assert estimate.value == pytest.approx(sum(cells), rel=1e-6)
    assert (estimate.standard_error, estimate.interval) == (None, None)
    assert "contained-list" in codes(estimate)


def test_few_persons_drop_the_covariates_and_say_so():
    """Forty persons: n1 n2 / m, and the warning; with the limit lowered the covariates stay."""
    persons = two_lists(10, 15, 15)
    with pytest.warns(MicroworkWarning, match="covariates-dropped"):
        estimate = doubly_robust(persons, "x", seed=1)
    assert estimate.value == pytest.approx(25 * 25 / 10)
    kept = quietly(doubly_robust, persons, "x", seed=1, fitting=CrossFitting(smallest_sample=10))
    assert "covariates-dropped" not in codes(kept)


def test_where_hardly_anybody_is_on_both_lists_the_floor_is_said():
    """A category without overlap: the floor is raised, the warning says for how many, and the overlap is sparse."""
    rows = np.repeat([[1, 1], [1, 0], [0, 1], [1, 0], [0, 1]], [60, 60, 60, 100, 100], axis=0)
    columns = {"a": rows[:, 0], "b": rows[:, 1], "g": ["x"] * 180 + ["y"] * 200}
    persons = CapturedPersons.from_columns(columns, lists=("a", "b"))
    estimate = quietly(doubly_robust, persons, "g", seed=1)
    message = {warning.code: warning.message for warning in estimate.warnings}["overlap-floor"]
    assert message.startswith("for 200 of 380 persons")
    assert estimate.diagnostics["share_at_floor"] == pytest.approx(200 / 380)
    assert "sparse-overlap" in codes(quietly(doubly_robust, two_lists(3, 100, 100), "x", seed=1))


def test_a_tilt_that_goes_astray_gives_the_one_step_number():
    """Lists that a covariate tells apart: the targeted step fails, and the one-step correction is named in the method."""
    columns = {"a": [1] * 200 + [0] * 100, "b": [1] * 100 + [0] * 100 + [1] * 100, "x": np.arange(300.0)}
    persons = CapturedPersons.from_columns(columns, lists=("a", "b"))
    estimate = quietly(doubly_robust, persons, "x", seed=1)
    assert "not-targeted" in codes(estimate)
    assert "one-step correction" in estimate.method
    assert estimate.value == estimate.diagnostics["one_step"]


def test_invalid_input_is_refused():
    """Times instead of lists, impossible settings, learners that give no chances, more folds than persons."""
    persons, _ = drawn(np.random.default_rng(199), 800)
    with pytest.raises(InvalidInput, match="use count_regression"):
        doubly_robust(CapturedPersons.from_columns({"t": [1, 2]}, times="t"), "1", seed=1)
    for wrong in ({"folds": 1}, {"smallest_overlap": 0.0}, {"smallest_overlap": 1.0}, {"smallest_sample": -1}):
        with pytest.raises(InvalidInput, match="impossible way of cross-fitting"):
            CrossFitting(**wrong)
    with pytest.raises(InvalidInput, match="one of 'targeted', 'one_step', 'plug_in'"):
        CrossFitting(correction="tmle")
    for bad in (lambda *arrays: np.full(len(arrays[3]), 1.5), lambda *_: np.ones(3)):
        with pytest.raises(InvalidInput, match="a learner that gives no chances"):
            doubly_robust(persons, "x", seed=1, fitting=CrossFitting(learner=bad))
    with pytest.raises(InvalidInput, match="replicate weights without a sample"):
        doubly_robust(persons, "x", seed=1, replicates=replicate_weights(persons.sample, JackknifeOne()))
    clusters = CapturedPersons.from_columns({"a": [1, 1, 0], "b": [1, 0, 1]}, lists=("a", "b"), psu=[1, 1, 2])
    with pytest.raises(InvalidInput, match="fewer units than folds"):
        doubly_robust(clusters, "1", seed=1)
    with pytest.raises(InvalidInput, match="confidence level"):
        doubly_robust(persons, "x", seed=1, level=95)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=20))
def test_coherent_chances_are_possible_together(values):
    """Both above the floor and at most each; no event below zero; nobody stands for less than one person."""
    first, second, both = np.array(values).T
    made = coherent(first, second, both, np.zeros(len(values), dtype=np.int64), floor=0.01)
    assert (made.both >= 0.01).all()
    assert (made.both <= np.minimum(made.first, made.second) + 1e-12).all()
    assert (made.first <= 1).all()
    assert (made.inverse_coverage >= 1 - 1e-12).all()
