"""Choosing and averaging log-linear models: published rankings, worked numbers, known truths."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.capture_recapture.loglinear import loglinear
from microwork_estimate.capture_recapture.loglinear_table import loglinear_table
from microwork_estimate.capture_recapture.model_space import LogLinearModel, design_matrix
from microwork_estimate.capture_recapture.selection import average_loglinear, averaged, select_loglinear
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimate
from microwork_estimate.inputs import CaptureHistories, all_patterns

REFERENCE = Path(__file__).parent.parent / "reference"
SOURCE = json.loads((REFERENCE / "mse_loglinear.json").read_text(encoding="utf-8"))
TABLES = [name for name in SOURCE["data"] if name != "lesbian"]


def histories_of(name: str) -> CaptureHistories:
    data = SOURCE["data"][name]
    rows = np.array(data["values"])
    names = [str(i + 1) for i in range(rows.shape[1] - 1)]
    return CaptureHistories.from_patterns(names, rows[:, :-1], rows[:, -1])


def output_of(name: str) -> dict:
    return next(case["output"] for case in SOURCE["cases"] if case["id"] == f"{name}/closedpMS")


def quietly(function: object, *args: object, **options: object) -> Estimate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return function(*args, **options)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_published_choice(name: str, criterion: str) -> None:
    """The chosen model and its size are the published ones."""
    histories, output = histories_of(name), output_of(name)
    top = output[f"top10_by_{criterion.upper()}"][0]
    expected = dict(zip(output["results"]["rows"], output["results"]["values"], strict=True))[top]
    estimate = quietly(select_loglinear, histories, criterion=criterion)
    assert estimate.diagnostics["model"] == LogLinearModel.parse(top, lists=histories.lists).name
    assert estimate.value == pytest.approx(expected[0], rel=1e-8)
    assert estimate.diagnostics[criterion] == pytest.approx(expected[4 if criterion == "aic" else 5], rel=1e-10)
    assert estimate.assumptions[0].id == "selected-model"
    assert estimate.interval is not None
    assert estimate.interval.method == "profile given the chosen model"


def test_choice_is_the_model_itself() -> None:
    """The estimate of the chosen model is that of the model called by its name."""
    histories = histories_of("kosovo")
    chosen = select_loglinear(histories)
    named = loglinear(histories, "[123,134]")
    assert chosen.value == named.value
    assert chosen.standard_error == named.standard_error


def test_choice_among_pairs() -> None:
    """With pairs only, no chosen model has an interaction of three lists."""
    estimate = select_loglinear(histories_of("kosovo"), max_order=2)
    assert estimate.diagnostics["models"] == 64
    assert "123" not in str(estimate.diagnostics["model"])


def test_dependent_pair_is_found() -> None:
    """From counts equal to their expectation with one dependent pair, BIC finds the pair and the true size."""
    terms, patterns = LogLinearModel.parse("AB,C,D", lists="ABCD").terms, all_patterns(4)
    coefficients = np.array([math.log(4e6), -0.8, -0.5, -1.2, -0.9, 0.7])
    counts = np.round(np.exp(design_matrix(terms, 4) @ coefficients))
    lists = CaptureHistories.from_patterns("ABCD", patterns, counts)
    estimate = select_loglinear(lists, criterion="bic")
    assert estimate.diagnostics["model"] == "[AB, C, D]"
    assert estimate.value == pytest.approx(counts.sum() + 4e6, rel=1e-5)


def test_average_of_published_fits() -> None:
    """With BIC weights on HAV the average is the weighted mean of the published fits, worked out by hand from them."""
    output = output_of("hav")
    size, error, _, _, _, bic, _ = np.array(output["results"]["values"]).T
    unseen = size - output["n"]
    weight = np.exp(-0.5 * (bic - bic.min()))
    weight /= weight.sum()
    mean = float(weight @ np.log(unseen))
    relative = error / unseen
    spread = float(weight @ np.hypot(relative, np.log(unseen) - mean))
    estimate = quietly(average_loglinear, histories_of("hav"), weights="bic")
    assert estimate.value == pytest.approx(output["n"] + math.exp(mean), rel=1e-8)
    assert estimate.standard_error == pytest.approx(math.exp(mean) * spread, rel=1e-6)
    assert estimate.diagnostics["heaviest_weight"] == pytest.approx(weight.max(), rel=1e-8)
    assert estimate.interval is not None
    assert math.log((estimate.interval.high - output["n"]) / math.exp(mean)) == pytest.approx(
        1.959964 * spread, rel=1e-6
    )
    assert (estimate.interval.high - output["n"]) * (estimate.interval.low - output["n"]) == pytest.approx(
        math.exp(2 * mean), rel=1e-8
    )


def test_average_leaves_out_models_without_a_maximum() -> None:
    """Models without a maximum get no weight and are counted."""
    estimate = average_loglinear(histories_of("HIV"))
    assert estimate.diagnostics["models_without_maximum"] == 19
    assert "average of 94" in estimate.method


def test_one_model_dominates() -> None:
    """When one model has all the weight, the average is that model."""
    mean, error, share = averaged(np.array([[1.0, 9.0]]), np.array([[0.25, 4.0]]), np.array([[10.0, 5000.0]]))
    assert mean[0] == pytest.approx(1.0)
    assert error[0] == pytest.approx(math.sqrt(0.25 + math.exp(-1.0)))
    assert share[0].tolist() == [1.0, 0.0]


def test_average_without_any_model() -> None:
    """A table on which no model has a maximum gives NaN, not a number."""
    mean, error, _ = averaged(np.full((1, 2), np.nan), np.full((1, 2), np.nan), np.full((1, 2), np.nan))
    assert np.isnan(mean[0])
    assert np.isnan(error[0])


@pytest.mark.parametrize("function", [select_loglinear, average_loglinear])
def test_no_model_has_a_maximum(function: object) -> None:
    """Without any overlap no model has a number: None, those seen as a bound, and a warning."""
    lists = CaptureHistories.from_patterns("ABC", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [30, 40, 50])
    with pytest.warns(MicroworkWarning, match="no-mle"):
        estimate = function(lists)
    assert estimate.value is None
    assert estimate.bounds is not None
    assert estimate.bounds.low == 120


def test_impossible_options() -> None:
    """Unknown criteria, six lists without a limit and impossible levels are refused."""
    lists = histories_of("hav")
    with pytest.raises(InvalidInput):
        select_loglinear(lists, criterion="p")
    with pytest.raises(InvalidInput):
        average_loglinear(lists, weights="deviance")
    with pytest.raises(InvalidInput):
        select_loglinear(lists, level=95)
    with pytest.raises(InvalidInput, match="too many models"):
        loglinear_table(CaptureHistories(lists=tuple("ABCDEF"), counts=np.ones(63)))


def test_six_lists_with_pairs() -> None:
    """A few lists of a table of six can be compared by pairs; the simplest model is independence."""
    lists = CaptureHistories(lists=tuple("ABCDE"), counts=np.arange(1, 32))
    table = loglinear_table(lists, max_order=2)
    assert len(table) == 2**10
    assert table.model(0).name == "[A, B, C, D, E]"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=7, max_size=7))
def test_average_lies_between_the_models(counts: list[int]) -> None:
    """The average lies between the smallest and the largest size, and above those seen."""
    lists = CaptureHistories(lists=("A", "B", "C"), counts=counts)
    table, estimate = loglinear_table(lists), quietly(average_loglinear, lists)
    assert estimate.value is not None
    assert np.nanmin(table.values) * (1 - 1e-9) <= estimate.value <= np.nanmax(table.values) * (1 + 1e-9)
    assert estimate.value > sum(counts)
