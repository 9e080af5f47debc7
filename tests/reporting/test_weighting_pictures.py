"""Pictures and data frames of weighting: what is drawn, in which words, and what is refused."""

import math

import numpy as np
import pytest

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.reporting.balance import draw_balance
from microwork_estimate.reporting.weight_plot import draw_weights
from microwork_estimate.reporting.weighting_frames import rows_frame, summary_frame
from microwork_estimate.weighting import calibrate, covariate_balance, pseudo_weights

OURS = SurveySample(columns={"sex": ["f", "f", "f", "m"], "hours": [1.0, 2.0, 3.0, 2.0]})
PEOPLE = SurveySample(columns={"sex": ["f", "m"] * 4, "hours": [1.0, 2.0, 3.0, 2.0] * 2}, weight=[10.0] * 8)


def words(figure):
    """All texts of a figure: ticks, axes, title, legend."""
    axes = figure.axes[0]
    legend = [text.get_text() for box in figure.legends for text in box.get_texts()]
    ticks = [tick.get_text() for tick in axes.get_yticklabels()]
    return {axes.get_xlabel(), axes.get_ylabel(), axes.get_title(loc="left"), *legend, *ticks}


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", {"as they came", "weighted", "usual limit, 0.1"}),
        ("fr", {"sans pondération", "après pondération", "limite usuelle, 0,1"}),
    ],
)
def test_balance_is_drawn_row_by_row(lang, shown):
    """Each category and number has a line with two marks at its differences, in the words of the language."""
    table = covariate_balance(OURS, PEOPLE, ["sex", "hours"], weights=[1.0, 1.0, 1.0, 3.0])
    figure = draw_balance(table.rows(), title="T", lang=lang)
    assert {"sex: f", "sex: m", "hours", "T", *shown} <= words(figure)
    before, after = (line.get_xdata() for line in figure.axes[0].lines[1:])
    np.testing.assert_allclose(before, table.difference_before)
    np.testing.assert_allclose(after, table.difference_after)


def test_a_difference_that_is_not_finite_is_left_out():
    """A row without spread keeps its name and has no mark."""
    row = {"variable": "x", "category": "", "difference_before": math.nan, "difference_after": math.nan}
    figure = draw_balance([row], title="")
    figure.canvas.draw()
    assert "x" in words(figure)


@pytest.mark.parametrize(("lang", "shown"), [("en", "worth 2 with"), ("fr", "en valent 2 à")])
def test_weights_are_counted_by_multiples_of_their_mean(lang, shown):
    """All respondents are in the bars, the effective size in the legend, cap and outline where given."""
    figure = draw_weights([1.0, 1.0, 4.0], title="T", before=[1.0, 1.0, 1.0], cap=5.0, lang=lang)
    axes = figure.axes[0]
    assert sum(bar.get_height() for bar in axes.containers[0]) == 3
    assert any(shown in word for word in words(figure))
    assert axes.lines[0].get_xdata()[0] == pytest.approx(2.5)
    figure.canvas.draw()


def test_equal_weights_can_be_drawn():
    """Weights without any spread stand at 1."""
    figure = draw_weights(np.full(5, 7.0), title="")
    low, high = figure.axes[0].get_xlim()
    assert low < 1 < high


@pytest.mark.parametrize(
    ("weights", "before"), [([], None), ([1.0, 0.0], None), ([1.0, np.nan], None), ([1.0, 2.0], [1.0])]
)
def test_impossible_weights_are_not_drawn(weights, before):
    """Missing, zero or unequal numbers of weights raise."""
    with pytest.raises(InvalidInput, match="impossible weights"):
        draw_weights(weights, title="", before=before)


def test_what_cannot_be_drawn_is_refused():
    """No rows, or another language."""
    with pytest.raises(InvalidInput, match="nothing to draw"):
        draw_balance([], title="")
    with pytest.raises(InvalidInput, match="unknown choice"):
        draw_balance([], title="", lang="de")
    with pytest.raises(InvalidInput, match="unknown choice"):
        draw_weights([1.0], title="", lang="de")


def test_reports_as_data_frames():
    """Calibration, balance and coefficients become frames with a row each; single numbers a frame of two columns."""
    report = calibrate(OURS, Margins.from_totals({"sex": {"f": 60, "m": 40}}, source="made up")).report
    frame = rows_frame(report)
    assert frame["category"].tolist() == ["f", "m"]
    np.testing.assert_allclose(frame["after"], [60, 40])
    assert set(summary_frame(report)["measure"]) == set(report.summary())
    found = pseudo_weights(OURS, PEOPLE, ["sex"])
    assert rows_frame(found)["name"].tolist() == ["constant", "sex = m"]
    assert len(rows_frame(found.balance)) == 2
