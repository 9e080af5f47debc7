"""Histories with covariates: VGAM's models, two lists, known truth, and honest edges."""

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

from microwork_estimate.capture_recapture import chapman, lincoln_petersen, zero_truncated
from microwork_estimate.capture_recapture.huggins import huggins_alho
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.inputs.captured import CapturedPersons
from microwork_estimate.weighting import JackknifeOne, replicate_weights

REFERENCE = Path(__file__).parents[1] / "reference" / "covariates_other.json"
OCCASIONS = tuple(f"y{number}" for number in range(1, 7))
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "M0": ("1", {"occasion_effects": "none"}),
    "Mt": ("1", {"occasion_effects": "intercepts"}),
    "Mh_weight_sex_age": ("weight + sex + age_num", {"occasion_effects": "none"}),
    "Mth_weight_sex_age": ("weight + sex + age_num", {"occasion_effects": "intercepts"}),
    "Mb": ("1", {"occasion_effects": "none", "behaviour": True}),
    "Mbh_weight": ("weight", {"occasion_effects": "none", "behaviour": True}),
}
ELSEWHERE = {
    "sim": "met in test_robust",
    "hare": "Schnabel's estimators from marked and unmarked totals: not offered; closed_model covers such data",
    "Bluegill": "two lists without covariates: met in test_two_lists from another file",
    "es": "weighted indicators of income: not estimators of a size",
}


@cache
def reference() -> dict[str, Any]:
    """Read the results of the other programs."""
    content = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {"data": content["data"], "cases": {case["id"]: case for case in content["cases"]}}


@cache
def deer_mice() -> CapturedPersons:
    """Return the 38 deer mice of VGAM."""
    return CapturedPersons.from_columns(reference()["data"]["dm"]["columns"], lists=OCCASIONS)


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


def two_lists(both: int, first: int, second: int, **more: Any) -> CapturedPersons:
    """Return persons on both lists, on the first only and on the second only, in this order."""
    columns = {"a": [1] * both + [1] * first + [0] * second, "b": [1] * both + [0] * first + [1] * second}
    return CapturedPersons.from_columns(columns | more, lists=("a", "b"))


def test_every_reference_case_is_met_or_explained():
    """No case of the reference file is left out by accident."""
    cases = set(reference()["cases"])
    assert {case.split("/")[1] for case in cases if case.startswith("deermice/")} == set(MODELS)
    assert {case.split("/")[0] for case in cases} == {"deermice", *ELSEWHERE}


def name_in_vgam(name: str) -> str:
    """Translate the name of a coefficient: VGAM numbers intercepts, and behaviour is its first one."""
    plain, _, occasion = name.replace("Intercept", "(Intercept)").partition(":")
    return plain + (f":{occasion[1:]}" if occasion else "")


@pytest.mark.parametrize("model", MODELS)
def test_vgam_gives_the_same_models(model):
    """Size, standard error, coefficients with theirs, log likelihood and AIC of the six models of the deer mice."""
    formula, options = MODELS[model]
    case = reference()["cases"][f"deermice/{model}"]
    output, tolerance = case["output"], case["suggested_rtol"]
    assert tolerance == 1e-6
    estimate = quietly(huggins_alho, deer_mice(), formula, **options)
    assert estimate.value == pytest.approx(output["N_hat"], rel=tolerance)
    assert estimate.standard_error == pytest.approx(output["SE_N_hat"], rel=tolerance)
    assert estimate.diagnostics["log_likelihood"] == pytest.approx(output["logLik"], rel=1e-10)
    assert estimate.diagnostics["aic"] == pytest.approx(output["AIC"], rel=1e-10)
    names = [key.removeprefix("coefficient of ") for key in estimate.diagnostics if key.startswith("coefficient of ")]
    theirs = {name: name_in_vgam(name) for name in names}
    if "behaviour" in names:
        theirs |= {"behaviour": "(Intercept):1", "Intercept": "(Intercept):2"}
    assert set(theirs.values()) == set(output["coef"])
    for name, their in theirs.items():
        assert estimate.diagnostics[f"coefficient of {name}"] == pytest.approx(output["coef"][their], rel=1e-5)
        assert estimate.diagnostics[f"standard error of {name}"] == pytest.approx(
            output["coef_se"][their], rel=tolerance
        )


def test_without_covariates_it_is_the_estimate_of_lincoln_and_petersen():
    """Two lists with an intercept each: n1 n2 / m with the standard error of Sekar and Deming."""
    estimate = huggins_alho(two_lists(30, 170, 120))
    plain = lincoln_petersen(CaptureHistories.from_two_lists(200, 150, 30))
    assert estimate.value == pytest.approx(plain.value, rel=1e-10)
    assert estimate.standard_error**2 == pytest.approx(200 * 150 * 170 * 120 / 30**3, rel=1e-9)


def test_equal_chances_on_all_occasions_are_the_binomial_law():
    """M0 is the zero-truncated binomial law of the counts."""
    estimate = quietly(huggins_alho, deer_mice(), occasion_effects="none")
    plain = quietly(zero_truncated, deer_mice().counts, family="binomial")
    assert estimate.value == pytest.approx(plain.value, rel=1e-10)
    assert estimate.standard_error == pytest.approx(plain.standard_error, rel=1e-8)


def test_a_category_with_coefficients_of_its_own_adds_up_the_categories():
    """All coefficients by list and category: the sum of n1 n2 / m over categories, with the sum of the variances."""
    cells = {"f": (30, 170, 120), "m": (40, 60, 90)}
    rows = [np.repeat([[1, 1], [1, 0], [0, 1]], numbers, axis=0) for numbers in cells.values()]
    group = np.repeat(list(cells), [sum(numbers) for numbers in cells.values()])
    presence = np.concatenate(rows)
    persons = CapturedPersons.from_columns({"a": presence[:, 0], "b": presence[:, 1], "g": group}, lists=("a", "b"))
    estimate = huggins_alho(persons, "g", occasion_effects="all")
    parts = [huggins_alho(two_lists(*numbers)) for numbers in cells.values()]
    assert estimate.value == pytest.approx(sum(part.value for part in parts), rel=1e-10)
    assert estimate.standard_error**2 == pytest.approx(sum(part.standard_error**2 for part in parts), rel=1e-8)


def drawn(rng: np.random.Generator, size: int, occasions: int = 2) -> CapturedPersons:
    """Draw a population whose chances on two lists or more follow a covariate, and return who was seen."""
    x = rng.normal(size=size)
    chance = 1 / (1 + np.exp(-(np.linspace(-0.6, -0.2, occasions) + 0.9 * x[:, None])))
    presence = rng.random((size, occasions)) < chance
    seen = presence.any(axis=1)
    columns = {f"l{number}": presence[seen, number] * 1 for number in range(occasions)}
    return CapturedPersons.from_columns(columns | {"x": x[seen]}, lists=tuple(columns))


def test_with_chances_that_follow_the_covariate_the_interval_covers_and_chapman_fails():
    """120 draws: no bias, standard error equal to the spread, coverage near 95 %; Chapman far too low in all of them."""
    rng = np.random.default_rng(131)
    draws = [drawn(rng, 3000) for _ in range(120)]
    found = [huggins_alho(persons, "x") for persons in draws]
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(3000, rel=0.01)
    assert errors.mean() == pytest.approx(values.std(), rel=0.15)
    assert 0.9 <= np.mean([ends(e)[0] <= 3000 <= ends(e)[1] for e in found]) <= 0.99
    for persons in draws[:20]:
        blind = chapman(CaptureHistories.from_persons(persons.lists, persons.presence))
        assert ends(blind)[1] < 3000


def test_a_sample_of_those_seen_covers_with_its_design():
    """100 simple samples of 600 from the persons seen: coverage near 95 %, and replicates agree with linearisation."""
    rng = np.random.default_rng(137)
    found = []
    for _ in range(100):
        seen = drawn(rng, 5000, 3)
        taken = rng.choice(seen.n, 600, replace=False)
        columns = {name: np.asarray(seen.sample.column(name))[taken] for name in ("l0", "l1", "l2", "x")}
        weight = np.full(600, seen.n / 600)
        sample = CapturedPersons.from_columns(columns, lists=seen.lists, weight=weight)
        found.append(huggins_alho(sample, "x"))
    values, errors = (np.array([getattr(e, name) for e in found]) for name in ("value", "standard_error"))
    assert values.mean() == pytest.approx(5000, rel=0.02)
    assert errors.mean() == pytest.approx(values.std(), rel=0.2)
    assert 0.89 <= np.mean([ends(e)[0] <= 5000 <= ends(e)[1] for e in found]) <= 1.0
    again = huggins_alho(sample, "x", replicates=replicate_weights(sample.sample, JackknifeOne()))
    assert again.standard_error == pytest.approx(found[-1].standard_error, rel=0.03)


def test_after_the_first_sighting_behaviour_changes():
    """Persons who avoid a second sighting: with behaviour the truth, without far too high."""
    rng = np.random.default_rng(139)
    presence = np.zeros((4000, 6), dtype=int)
    for occasion in range(6):
        before = presence.any(axis=1)
        presence[:, occasion] = rng.random(4000) < np.where(before, 0.1, 0.3)
    seen = presence[presence.any(axis=1)]
    columns = {f"o{number}": seen[:, number] for number in range(6)}
    persons = CapturedPersons.from_columns(columns, lists=tuple(columns))
    estimate = huggins_alho(persons, occasion_effects="none", behaviour=True)
    assert ends(estimate)[0] <= 4000 <= ends(estimate)[1]
    assert estimate.diagnostics["coefficient of behaviour"] == pytest.approx(np.log(0.1 / 0.9 * 0.7 / 0.3), abs=0.2)
    assert ends(huggins_alho(persons, occasion_effects="none"))[0] > 4000
    assert "recapture-behaviour" in {a.id for a in estimate.assumptions}


@pytest.mark.parametrize("cells", [(0, 10, 10), (0, 1, 1)])
def test_nobody_on_both_lists_has_no_upper_limit(cells):
    """No value, bounds from the persons seen, and the warning says boundary."""
    with pytest.warns(MicroworkWarning, match="boundary"):
        estimate = huggins_alho(two_lists(*cells))
    assert (estimate.value, estimate.interval) == (None, None)
    assert estimate.bounds is not None
    assert (estimate.bounds.low, estimate.bounds.high) == (sum(cells), np.inf)


@pytest.mark.parametrize("cells", [(10, 0, 10), (10, 10, 0), (10, 0, 0), (1, 0, 1)])
def test_a_list_of_everybody_is_no_proof(cells):
    """One list holds all: the persons seen, without an interval that would say more than is known."""
    estimate = quietly(huggins_alho, two_lists(*cells))
    assert estimate.value == pytest.approx(sum(cells))
    assert (estimate.standard_error, estimate.interval) == (None, None)
    assert codes(estimate) == {"nearly-all-seen", "contained-list"}


def test_an_empty_list_says_nothing():
    """Only one list has anybody: no value, with the warning."""
    with pytest.warns(MicroworkWarning, match="empty-list"):
        estimate = huggins_alho(two_lists(0, 10, 0))
    assert estimate.value is None
    assert estimate.bounds is not None
    assert estimate.bounds.low == 10


def test_a_flat_likelihood_is_found_out():
    """A category that is never on one list, with coefficients of its own: several sizes fit, and none is given."""
    rows = np.repeat([[1, 1], [1, 0], [0, 1], [1, 0]], [30, 20, 20, 10], axis=0)
    columns = {"a": rows[:, 0], "b": rows[:, 1], "g": ["x"] * 70 + ["y"] * 10}
    persons = CapturedPersons.from_columns(columns, lists=("a", "b"))
    with pytest.warns(MicroworkWarning, match="not-identifiable"):
        estimate = huggins_alho(persons, "g", occasion_effects="all")
    assert estimate.value is None
    assert codes(quietly(huggins_alho, persons, "g")) == {"boundary"}


def test_invalid_input_is_refused():
    """Times instead of lists, unknown words, no intercept to vary, behaviour with occasions."""
    counted = CapturedPersons.from_columns({"times": [1, 2, 1]}, times="times")
    with pytest.raises(InvalidInput, match="use count_regression"):
        huggins_alho(counted)
    with pytest.raises(InvalidInput, match="one of 'none', 'intercepts', 'all'"):
        huggins_alho(deer_mice(), occasion_effects="t")
    with pytest.raises(InvalidInput, match="a formula with an intercept"):
        huggins_alho(deer_mice(), "weight - 1")
    with pytest.raises(InvalidInput, match="behaviour and occasions together"):
        huggins_alho(deer_mice(), behaviour=True)
    with pytest.raises(InvalidInput, match="replicate weights without a sample"):
        huggins_alho(deer_mice(), replicates=replicate_weights(deer_mice().sample, JackknifeOne()))
    with pytest.raises(InvalidInput, match="confidence level"):
        huggins_alho(deer_mice(), level=95)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.integers(0, 10**6))
def test_properties(both, first, second, seed):
    """n1 n2 / m whatever the order of rows and of lists; never below the persons seen."""
    persons = two_lists(both, first, second)
    estimate = quietly(huggins_alho, persons)
    assert estimate.value == pytest.approx((both + first) * (both + second) / both, rel=1e-8)
    order = np.random.default_rng(seed).permutation(persons.n)
    columns = {name: np.asarray(persons.sample.column(name))[order] for name in ("a", "b")}
    shuffled = CapturedPersons.from_columns(columns, lists=("b", "a"))
    assert quietly(huggins_alho, shuffled).value == pytest.approx(estimate.value, rel=1e-8)
    assert estimate.value >= persons.n
