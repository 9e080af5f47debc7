"""Log-linear models against every published model of eight tables, known truths and degenerate data."""

from __future__ import annotations

import json
import math
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.capture_recapture.fitting import fit_design
from microwork_estimate.capture_recapture.heterogeneity import Heterogeneity
from microwork_estimate.capture_recapture.loglinear import loglinear, loglinear_design, sparse_overlap
from microwork_estimate.capture_recapture.loglinear_table import LogLinearTable, loglinear_table
from microwork_estimate.capture_recapture.model_grid import fit_grid
from microwork_estimate.capture_recapture.model_space import LogLinearModel, design_matrix, hierarchical_terms
from microwork_estimate.capture_recapture.profile import profile_size
from microwork_estimate.capture_recapture.stratified import stratified_total
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.inputs import CaptureHistories, all_patterns

REFERENCE = Path(__file__).parent.parent / "reference"
SOURCE = json.loads((REFERENCE / "mse_loglinear.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in SOURCE["cases"]}
ALL_MODELS = [case for case in CASES if case.endswith("/closedpMS")]
INTERVALS = [case for case in CASES if "/CI_" in case]
HETEROGENEOUS = {
    "lesbian/closedpMS_h_Chao": Heterogeneity(form="chao"),
    "lesbian/closedpMS_h_Darroch": Heterogeneity(form="darroch"),
    "lesbian/closedpMS_h_Poisson": Heterogeneity(form="poisson"),
}
TESTED_WITH_CLOSED_MODELS = {"lesbian/closedp", "HIV/closedp", "diabetes/closedp"}
# Here the other program's end is 1.07e-4 away from the exact profile that stands beside it.
BEYOND_THEIR_TOLERANCE = "spina_caucasian/CI_[12,13,23]"
# Nobody is on lists 1, 3 and 4 (nor on all four): models with that term have no maximum, though a program prints sizes.
NOBODY_ON_134 = 0b1011


@cache
def histories_of(name: str) -> CaptureHistories:
    data = SOURCE["data"][name]
    rows = np.array(data["values"])
    names = [str(i + 1) for i in range(rows.shape[1] - 1)]
    return CaptureHistories.from_patterns(names, rows[:, :-1], rows[:, -1])


@cache
def table_of(name: str) -> LogLinearTable:
    return loglinear_table(histories_of(name))


def quiet(histories: CaptureHistories, model: object, **options: object) -> Estimate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return loglinear(histories, model, **options)


def test_every_reference_case_is_used() -> None:
    """Each case of the file is tested here or with the closed models."""
    assert {*ALL_MODELS, *INTERVALS, *HETEROGENEOUS} | TESTED_WITH_CLOSED_MODELS == set(CASES)


@pytest.mark.parametrize("case", ALL_MODELS)
def test_all_published_models(case: str) -> None:
    """Every model that has a maximum gives the published size, error, deviance, AIC and BIC; only those have a number."""
    name = case.split("/")[0]
    histories, ours, output = histories_of(name), table_of(name), CASES[case]["output"]
    places = {ours.model(i).name.replace(" ", ""): i for i in range(len(ours))}
    results = output["results"]
    assert len(places) == output["n_models"]
    rows = [LogLinearModel.parse(row, lists=histories.lists).name.replace(" ", "") for row in results["rows"]]
    index = np.array([places[row] for row in rows])
    assert sorted(index) == list(range(len(ours)))
    published = dict(zip(results["cols"], np.array(results["values"]).T, strict=True))
    has = ours.has_number[index]
    nobody = np.array([name == "HIV" and NOBODY_ON_134 in ours.terms[i] for i in index])
    # One more HIV model has no maximum: the other program ends at a size of n, to twelve digits.
    runaway = published["abundance"] < histories.n_observed + 1e-6
    assert ((nobody | runaway) == ~has).all()
    pairs = {"abundance": ours.values, "AIC": ours.aic, "BIC": ours.bic, "df": ours.degrees_of_freedom}
    for column, numbers in pairs.items():
        np.testing.assert_allclose(numbers[index][has], published[column][has], rtol=1e-10)
    np.testing.assert_allclose(ours.deviance[index][has], published["deviance"][has], atol=1e-9)
    np.testing.assert_allclose(ours.standard_errors[index][has], published["stderr"][has], rtol=1e-7)


@pytest.mark.parametrize("case", ALL_MODELS)
@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_published_rankings(case: str, criterion: str) -> None:
    """The ten models with the smallest AIC and BIC are those published, where they all have a maximum."""
    name = case.split("/")[0]
    ours, output = table_of(name), CASES[case]["output"]
    expected = [LogLinearModel.parse(row, lists=ours.lists).name for row in output[f"top10_by_{criterion.upper()}"]]
    score = ours.aic if criterion == "aic" else ours.bic
    best = ours.ranked(criterion)[: len(expected)]
    values = {ours.model(i).name: score[i] for i in range(len(ours))}
    # Models of one fit are tied: compare their criteria, not the order among them.
    np.testing.assert_allclose(score[best], [values[name] for name in expected], rtol=1e-12)


@pytest.mark.parametrize("case", HETEROGENEOUS)
def test_published_models_with_unequal_chances(case: str) -> None:
    """With columns for unequal chances all models that could be fitted agree, and the others have no number."""
    form, results = HETEROGENEOUS[case], CASES[case]["output"]["results"]
    histories, compared = histories_of("lesbian"), 0
    for row, values in zip(results["rows"], results["values"], strict=True):
        expected = dict(zip(results["cols"], values, strict=True))
        design = loglinear_design(histories, row, form)
        if expected["infoFit"] == 2:
            assert np.linalg.matrix_rank(design.matrix) < design.matrix.shape[1]
            assert fit_design(design, histories.counts.astype(float))[0] is None
        elif expected["infoFit"] == 0:
            fit, _ = fit_design(design, histories.counts.astype(float))
            assert fit is not None
            assert fit.value == pytest.approx(expected["abundance"], rel=1e-6)
            assert fit.standard_error == pytest.approx(expected["stderr"], rel=1e-5)
            assert fit.deviance == pytest.approx(expected["deviance"], rel=1e-6)
            assert fit.bic == pytest.approx(expected["BIC"], rel=1e-6)
            assert fit.degrees_of_freedom == expected["df"]
            compared += 1
    assert compared >= 95


@pytest.mark.parametrize("case", INTERVALS)
def test_published_intervals(case: str) -> None:
    """Coefficients, sizes and profile intervals agree with the published ones."""
    name, model = case.split("/CI_")
    histories, output = histories_of(name), CASES[case]["output"]
    estimate = quiet(histories, model)
    exact = output["exact_multinomial_profile"]
    assert estimate.value == pytest.approx(output["results"]["values"][0][0], rel=1e-8)
    assert estimate.interval is not None
    assert estimate.interval.low == pytest.approx(exact["lower"], rel=1e-8)
    assert estimate.interval.high == pytest.approx(exact["upper"], rel=1e-8)
    assert estimate.interval.low == pytest.approx(output["CI"]["infCL"], rel=1e-4)
    if case != BEYOND_THEIR_TOLERANCE:
        assert estimate.interval.high == pytest.approx(output["CI"]["supCL"], rel=1e-4)
    design = loglinear_design(histories, model)
    fit, _ = fit_design(design, histories.counts.astype(float))
    assert fit is not None
    counts = histories.counts.astype(float)
    top = profile_size(design, counts, value=fit.value, level=0.95)
    assert top.peak == pytest.approx(exact["N_multinomial_MLE_continuous"], rel=1e-6)
    assert fit.coefficients[0] == pytest.approx(output["coef"]["Intercept"], rel=1e-8)
    assert fit.bias == pytest.approx(output["bias"], rel=1e-5)
    np.testing.assert_allclose(fit.fitted, output["fitted"], rtol=1e-8)


def test_grid_agrees_with_statsmodels() -> None:
    """The batched fit of a model with triples gives the coefficients of statsmodels."""
    histories = histories_of("kosovo")
    terms = LogLinearModel.parse("[123,14,34]", lists=histories.lists).terms
    counts = histories.counts.astype(float)
    theirs = sm.GLM(counts, design_matrix(terms, 4), family=sm.families.Poisson()).fit(tol=1e-14, maxiter=200)
    grid = fit_grid(counts[None, :], [terms], 4)
    assert grid.log_unseen[0, 0] == pytest.approx(theirs.params[0], rel=1e-10)
    assert grid.variance[0, 0] == pytest.approx(theirs.bse[0] ** 2, rel=1e-6)
    assert grid.deviance[0, 0] == pytest.approx(theirs.deviance, rel=1e-10)


def test_many_tables_are_fitted_as_each_alone() -> None:
    """Fitting one model to many tables gives what fitting many models to one table gives."""
    generator, terms = np.random.default_rng(5), hierarchical_terms(4)
    histories = histories_of("HIV")
    tables = generator.multinomial(histories.n_observed, histories.counts / histories.n_observed, size=12).astype(float)
    together = fit_grid(tables, terms, 4)
    for b in range(3):
        alone = fit_grid(tables[b : b + 1], terms, 4)
        np.testing.assert_array_equal(alone.status[0], together.status[b])
        np.testing.assert_allclose(alone.log_unseen[0], together.log_unseen[b], rtol=1e-8)
        np.testing.assert_allclose(alone.bic[0], together.bic[b], rtol=1e-10)


def test_five_lists() -> None:
    """All 6,893 models of five lists are fitted; those of a table without empty cells all have a number."""
    generator = np.random.default_rng(11)
    lists = CaptureHistories(lists=tuple("ABCDE"), counts=generator.integers(3, 200, 31))
    table = loglinear_table(lists)
    assert len(table) == 6893
    assert table.has_number.all()
    some = generator.choice(6893, 25, replace=False)
    for i in some:
        fit, _ = fit_design(loglinear_design(lists, table.model(int(i))), lists.counts.astype(float))
        assert fit is not None
        assert table.values[i] == pytest.approx(fit.value, rel=1e-9)
        assert table.aic[i] == pytest.approx(fit.aic, rel=1e-10)


def test_expected_counts_give_the_truth() -> None:
    """Counts equal to their expectation under a model with a dependent pair give back the true size."""
    terms, patterns = LogLinearModel.parse("AB,C,D", lists="ABCD").terms, all_patterns(4)
    coefficients = np.array([math.log(4e6), -0.8, -0.5, -1.2, -0.9, 0.7])
    counts = np.round(np.exp(design_matrix(terms, 4) @ coefficients))
    lists = CaptureHistories.from_patterns("ABCD", patterns, counts)
    truth = counts.sum() + 4e6
    assert loglinear(lists, "AB,C,D").value == pytest.approx(truth, rel=1e-5)
    assert loglinear(lists, "AB,AC,CD").value == pytest.approx(truth, rel=1e-5)
    independent = loglinear(lists, "A,B,C,D").value
    assert independent is not None
    assert independent < 0.99 * truth


def test_saturated_model_has_no_number() -> None:
    """The saturated model is not identifiable; the estimate says so and gives those seen as a bound."""
    with pytest.warns(MicroworkWarning, match="not-identifiable"):
        estimate = loglinear(histories_of("hav"), "123")
    assert estimate.value is None
    assert estimate.bounds is not None
    assert estimate.bounds.low == 271


def test_runaway_has_no_number() -> None:
    """A model on which another program prints a size of n with an error of 0.004, or 1.6e12, has no number here."""
    for model in ("[123,124,234]", "[123,124,134,234]"):
        with pytest.warns(MicroworkWarning, match="no-mle"):
            estimate = loglinear(histories_of("HIV"), model)
        assert estimate.value is None
        assert "infinite coefficients" in estimate.warnings[0].message


def test_large_bias_is_said() -> None:
    """A fit whose first-order bias is more than a tenth of the size carries a warning."""
    with pytest.warns(MicroworkWarning, match="large-bias"):
        estimate = loglinear(histories_of("lesbian"), "[123,124,134,234]")
    assert estimate.value == pytest.approx(8518.60596046879, rel=1e-8)


def test_contained_list_and_identical_lists() -> None:
    """A list inside another, and two lists of the same persons, allow no dependence between them."""
    contained = CaptureHistories.from_patterns(
        "ABC", [[1, 1, 1], [1, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1]], [10, 30, 40, 200, 90]
    )
    identical = CaptureHistories.from_patterns("ABC", [[1, 1, 1], [1, 1, 0], [0, 0, 1]], [20, 80, 90])
    assert quiet(contained, "A,B,C").value is not None
    for lists in (contained, identical):
        estimate = quiet(lists, "AB,BC,AC")
        assert estimate.value is None
        assert estimate.warnings[0].code == "no-mle"


def test_rare_lists_are_flagged() -> None:
    """Two lists that independence would put less than one person on together are named."""
    patterns = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [0, 1, 1]]
    lists = CaptureHistories.from_patterns(["a", "b", "c"], patterns, [3, 4, 9000, 10, 12])
    warning = sparse_overlap(lists)
    assert [item.code for item in warning] == ["sparse-overlap"]
    assert "a and b" in warning[0].message
    assert "c" not in warning[0].message.split(":")[1].replace("fewer", "")


def test_billions() -> None:
    """Counts of a billion give the size of the same shares, to twelve digits."""
    small = CaptureHistories(lists=("A", "B", "C"), counts=[28, 21, 17, 69, 18, 55, 63])
    large = CaptureHistories(lists=("A", "B", "C"), counts=small.counts * 10**9)
    assert quiet(large, "AB,C").value == pytest.approx(1e9 * (quiet(small, "AB,C").value or 0.0), rel=1e-12)


def test_sum_over_strata() -> None:
    """Sizes and variances of strata are added, assumptions and warnings joined."""
    lists = {"young": CaptureHistories.from_two_lists(200, 150, 30), "old": CaptureHistories.from_two_lists(90, 80, 24)}
    parts = [loglinear(part, "A,B") for part in lists.values()]
    total = stratified_total(lists, lambda part: loglinear(part, "A,B"))
    assert total.value == pytest.approx(1300.0, rel=1e-12)
    assert total.standard_error == pytest.approx(math.hypot(*[part.standard_error or 0.0 for part in parts]))
    assert total.n_observed == 320 + 146
    assert total.interval is not None
    assert total.n_observed < total.interval.low < 1300 < total.interval.high
    assert total.assumptions == parts[0].assumptions
    assert total.diagnostics["stratum old"] == pytest.approx(300.0)


def test_stratum_without_a_number() -> None:
    """One stratum without a number leaves the sum without one, bounded below by those seen there."""
    lists = {"young": CaptureHistories.from_two_lists(200, 150, 30), "old": CaptureHistories.from_two_lists(90, 80, 0)}
    with pytest.warns(MicroworkWarning, match="stratum old"):
        total = stratified_total(lists, lambda part: quiet(part, "A,B"))
    assert total.value is None
    assert total.bounds is not None
    assert total.bounds.low == pytest.approx(1000 + 170)
    assert "old" in total.bounds.reason


def test_impossible_strata() -> None:
    """No stratum, and strata about different things, are refused."""
    one = CaptureHistories.from_two_lists(200, 150, 30)
    other = CaptureHistories.from_two_lists(90, 80, 24, estimand=Estimand(activity="weekly"))
    with pytest.raises(InvalidInput):
        stratified_total({}, lambda part: loglinear(part, "A,B"))
    with pytest.raises(InvalidInput, match="different estimands"):
        stratified_total({"a": one, "b": other}, lambda part: loglinear(part, "A,B"))


def test_table_prints() -> None:
    """The table prints its best models and says how many have no maximum."""
    table = table_of("HIV")
    assert "113 models, 19 without a maximum" in str(table)
    assert str(table).splitlines()[1].split()[-5] == "1,188.7"
    assert "<table>" in table._repr_html_()
    with pytest.raises(InvalidInput):
        table.ranked("deviance")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 80), min_size=7, max_size=7), st.permutations([0, 1, 2]), st.integers(2, 50))
def test_order_of_lists_and_scale(counts: list[int], order: list[int], factor: int) -> None:
    """Renaming lists renames models, and counts times a factor give the size times the factor."""
    patterns, names = all_patterns(3), "ABC"
    here = CaptureHistories(lists=("A", "B", "C"), counts=counts)
    there = CaptureHistories.from_patterns([names[i] for i in order], patterns[:, order], counts)
    larger = CaptureHistories(lists=("A", "B", "C"), counts=np.array(counts) * factor)
    sizes = []
    for lists in (here, there, larger):
        fit, _ = fit_design(loglinear_design(lists, [("A", "B"), ("B", "C")]), lists.counts.astype(float))
        assert fit is not None
        sizes.append(fit.value)
    assert sizes[1] == pytest.approx(sizes[0], rel=1e-9)
    assert sizes[2] == pytest.approx(factor * sizes[0], rel=1e-9)
    assert sizes[0] >= sum(counts)
