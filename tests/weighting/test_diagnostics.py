"""The report of a calibration, and what weights cost."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import (
    calibrate,
    design_effect,
    effective_sample_size,
    weight_outcome_correlation,
)

WEIGHTS = st.lists(st.floats(0.01, 100), min_size=1, max_size=30)


def result():
    """A small calibration whose margins need escaping in HTML."""
    sample = SurveySample(columns={"<sex>": ["f", "f", "m&x", "m&x"], "hours": [1.0, 2.0, 3.0, 4.0]})
    totals = {"<sex>": {"f": 60.0, "m&x": 40.0}, "hours": 250.0}
    return calibrate(sample, Margins.from_totals(totals, source="census", as_of="2019"))


@given(WEIGHTS, st.floats(0.01, 100))
def test_the_design_effect_is_one_plus_the_squared_variation(weights, times):
    """Kish's formula, at least 1, the same in any unit of persons."""
    effect = design_effect(weights)
    assert effect == pytest.approx(1 + np.var(weights) / np.mean(weights) ** 2)
    assert effect >= 1 - 1e-12
    assert design_effect(np.array(weights) * times) == pytest.approx(effect)
    assert effective_sample_size(weights) == pytest.approx(len(weights) / effect)


def test_equal_weights_cost_nothing_and_one_weight_counts_for_all():
    """The two ends: n respondents, and one respondent."""
    assert effective_sample_size(np.full(50, 3.0)) == pytest.approx(50)
    assert effective_sample_size([1e-9] * 49 + [1.0]) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("weights", [[], [1, np.nan], [1, 0], [[1, 2]]])
def test_impossible_weights_have_no_design_effect(weights):
    """No weights, missing ones and zeros are refused."""
    with pytest.raises(InvalidInput, match="impossible weights"):
        design_effect(weights)


def test_the_correlation_of_weights_with_an_answer():
    """It is 1 where weights are the answer, and not a number where one of them does not vary."""
    sample = SurveySample(columns={"a": [1.0, 2.0, 4.0], "b": [5.0, 5.0, 5.0]}, weight=[1.0, 2.0, 4.0])
    assert weight_outcome_correlation(sample, "a") == pytest.approx(1)
    assert math.isnan(weight_outcome_correlation(sample, "b"))


def test_the_report_shows_margins_before_and_after():
    """Before: base weights; after: the margins; rows make a data frame of one line a margin."""
    report = result().report
    frame = pd.DataFrame(report.rows())
    assert frame["before"].tolist() == [2, 2, 10]
    np.testing.assert_allclose(frame["after"], [60, 40, 250])
    np.testing.assert_allclose(frame["deviation_before"], [-58, -38, -240])
    np.testing.assert_allclose(frame["deviation_after"], 0, atol=1e-7)
    assert frame["category"].tolist() == ["f", "m&x", ""]


def test_the_report_is_readable_as_text_and_html():
    """Text and HTML hold margins, source, cost and assumptions; HTML is escaped."""
    report = result().report
    text, page = str(report), report._repr_html_()
    for piece in ("census", "2019", "raking", "effective sample size", "margins-of-the-universe", "<sex> = m&x"):
        assert piece in text
    assert "&lt;sex&gt;" in page
    assert "m&amp;x" in page
    assert "<sex>" not in page
    assert page.count("<table>") == 2


def test_single_numbers_of_the_report_are_those_of_the_weights():
    """The summary and the properties follow from the weights."""
    sample, report = result()
    assert report.design_effect == design_effect(sample.weights)
    assert report.effective_sample_size == effective_sample_size(sample.weights)
    assert report.largest_share == pytest.approx(sample.weights.max() / 100)
    assert report.ratio_range == (sample.weights.min(), sample.weights.max())
    assert report.summary()["persons"] == pytest.approx(100)


def test_assumptions_and_warnings_are_told_apart_in_html():
    """Each note says whether it is assumed or warned of, as in the text."""
    sample = SurveySample(columns={"sex": ["f", "f", "m", "m"]}, reached_via="worker")
    with pytest.warns(MicroworkWarning, match="universe-not-stated"):
        report = calibrate(sample, Margins.from_totals({"sex": {"f": 60, "m": 40}}, source="made up")).report
    html = report._repr_html_()
    assert "<li>assumes: The margins are those of the population" in html
    assert "<li>warning [universe-not-stated]" in html


def test_margins_that_are_estimates_are_said_to_be_taken_as_exact():
    """Standard errors of margins are not in linearised standard errors, and the report says so; exact ones are silent."""
    sample = SurveySample(columns={"sex": ["f", "f", "m", "m"]})
    totals = {"sex": {"f": 60.0, "m": 40.0}}
    errors = {"sex": {"f": 3.0, "m": 3.0}}
    with pytest.warns(MicroworkWarning, match=r"\[margin-errors-ignored\]"):
        found = calibrate(sample, Margins.from_totals(totals, source="made up", standard_errors=errors)).report
    assert [said.code for said in found.warnings] == ["margin-errors-ignored"]
    assert not calibrate(sample, Margins.from_totals(totals, source="made up")).report.warnings
