"""The waterfall has a bar for each step, intervals where there are any, and numbers in the reader's language."""

from __future__ import annotations

import warnings

import pytest
from matplotlib.figure import Figure

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import Elicited, PlatformRegistrations
from microwork_estimate.platforms import LedgerFactors, registrations_ledger
from microwork_estimate.reporting.waterfall import WaterfallRow, draw_waterfall


@pytest.fixture(scope="module")
def ledger():
    """A ledger with an uncertain dormant share."""
    accounts = PlatformRegistrations(platforms=("A",), accounts=[337_980], source="x")
    factors = LedgerFactors(
        dormant=Elicited(distribution="share", low=0.5, high=0.8, source="x"),
        platforms_per_person=Elicited(distribution="fixed", low=1.27, source="x"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return registrations_ledger(accounts, factors)


def rows(ledger, lang: str) -> list[WaterfallRow]:
    """Plain rows of a ledger."""
    return [
        WaterfallRow(
            label=row.label_fr if lang == "fr" else row.label_en,
            value=row.value,
            low=row.low,
            high=row.high,
            final=row.unit == "persons",
        )
        for row in ledger.rows
    ]


@pytest.mark.parametrize(
    ("lang", "number", "label"),
    [("en", "337,980", "less dormant accounts"), ("fr", "337\u202f980", "moins les comptes dormants")],
)
def test_labels_and_numbers_in_both_languages(ledger, lang, number, label):
    """Names of the steps, numbers and axis speak the language."""
    figure = draw_waterfall(rows(ledger, lang), title="t", lang=lang)
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()][1] == label
    assert number in [text.get_text() for text in axes.texts]
    assert ("comptes" if lang == "fr" else "accounts") in axes.get_xlabel()


def test_bars_fall_from_what_stood_before(ledger):
    """The first and the last bar stand on the ground; the middle one hangs between what was left before and after."""
    (axes,) = draw_waterfall(rows(ledger, "en"), title="t", lang="en").axes
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    values = [row.value for row in ledger.rows]
    assert spans[0] == pytest.approx((0, values[0]))
    assert spans[1] == pytest.approx((values[1], values[0]))
    assert spans[2] == pytest.approx((0, values[2]))
    # The first line has no width; the two others show their intervals.
    assert len(axes.lines) == 2


def test_single_row_and_nothing():
    """One row is one bar; no row is refused."""
    (axes,) = draw_waterfall([WaterfallRow(label="a", value=5.0)], title="t", lang="en").axes
    assert len(axes.patches) == 1
    with pytest.raises(InvalidInput, match="nothing to draw"):
        draw_waterfall([], title="t", lang="en")
