"""Pictures of capture-recapture: what is drawn, in which words, what is hidden, and what has no end."""

import dataclasses
import math
import warnings

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

import microwork_estimate.reporting as reporting
from microwork_estimate.capture_recapture import (
    adjusted_odds_ratio_curve,
    closed_models,
    count_profile_curve,
    fitted_ratios,
    loglinear,
    loglinear_table,
    odds_ratio_curve,
    one_inflation_curve,
    profile_curve,
    ratio_plot,
    tipping_point,
)
from microwork_estimate.capture_recapture.adjustments import RecaptureAdjustments
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import CaptureCounts, CaptureHistories, all_patterns
from microwork_estimate.reporting import (
    SpreadRow,
    draw_dial,
    draw_overlap,
    draw_profile,
    draw_ratios,
    draw_spread,
    spread_rows,
)

TWO = CaptureHistories.from_two_lists(1843, 1311, 183, lists=("forum", "payments"))
APART = CaptureHistories.from_two_lists(200, 150, 0)
HEPATITIS = CaptureHistories.from_patterns("PQE", all_patterns(3), [28, 21, 17, 69, 18, 55, 63])
SPARSE = CaptureHistories.from_patterns("ABC", all_patterns(3), [0, 3, 4, 60, 0, 50, 70])
INFLATED = CaptureCounts(frequencies=[2000, 231, 140, 60, 26, 8, 3, 1])


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        yield


def texts(figure: Figure) -> list[str]:
    """Return all texts of a figure that hold a word, with ordinary spaces."""
    found = [text.get_text() for text in figure.findobj(Text)]
    return [text.replace("\u202f", " ").replace("\u00a0", " ") for text in found if text]


def unclipped(figure: Figure) -> bool:
    """Whether everything that is drawn lies within the figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box, (width, height) = figure.get_tightbbox(canvas.get_renderer()), figure.get_size_inches()
    return bool(box.x0 >= -0.01 and box.y0 >= -0.01 and box.x1 <= width + 0.01 and box.y1 <= height + 0.01)


# ------------------------------------------------------------------------------------------------------------ overlap


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", {"persons on exactly these lists", "persons on the list", "on no list:\nunknown", "1,660"}),
        (
            "fr",
            {"personnes sur ces listes exactement", "personnes sur la liste", "sur aucune\nliste :\ninconnu", "1 660"},
        ),
    ],
)
def test_overlap_speaks_both_languages(lang, shown):
    """Axes, the unseen cell and the numbers are in the words of the language, and nothing is cut off."""
    figure = draw_overlap(TWO, title="T", lang=lang)
    assert {"T", "forum", "payments", "?", *shown} <= set(texts(figure))
    assert unclipped(figure)


def test_overlap_sorts_combinations_and_marks_the_unseen():
    """Bars stand from the largest to the smallest; the last, dashed and without dots, is the cell that nobody saw."""
    bars, totals, dots = draw_overlap(HEPATITIS, title="").axes
    heights = [bar.get_height() for bar in bars.patches]
    assert heights[:7] == sorted(HEPATITIS.counts.tolist(), reverse=True)
    assert bars.patches[7].get_facecolor()[3] == 0.0
    assert [bar.get_width() for bar in totals.patches] == HEPATITIS.list_sizes.tolist()
    hollow, *_, filled = dots.lines
    assert len(hollow.get_xdata()) == 8 * 3
    assert len(filled.get_xdata()) == HEPATITIS.patterns.sum()
    assert max(filled.get_xdata()) == 6  # no dot in the column of the unseen


def test_overlap_marks_combinations_that_nobody_has():
    """Empty combinations are columns with a 0, and counted below."""
    figure = draw_overlap(SPARSE, title="")
    assert texts(figure).count("0") >= 2
    assert "187 persons on at least one list; nobody on 2 of the 7 combinations" in texts(figure)
    french = draw_overlap(SPARSE, title="", lang="fr")
    assert "187 personnes sur au moins une liste ; personne dans 2 des 7 combinaisons" in texts(french)


def test_small_counts_are_hidden_and_no_sum_gives_them_back():
    """3 and 4 persons are shown as <5 with equal bars, and totals of lists and of persons are ranges."""
    figure = draw_overlap(SPARSE, title="", threshold=5)
    bars, totals, _ = figure.axes
    shown = [text.get_text() for text in bars.texts]
    assert shown[:7] == ["70", "60", "50", "<5", "<5", "0", "0"]
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in bars.patches[:7]}
    assert heights[3] == heights[4] == 4
    # List A: 60 alone and two hidden counts of 1 to 4; list B and C: one hidden count each.
    assert [text.get_text() for text in totals.texts] == ["62–68", "51–54", "71–74"]
    below = (
        "182–188 persons on at least one list; nobody on 2 of the 7 combinations\n<5: from 1 to 4 persons, not shown"
    )
    assert below in texts(figure)
    assert not {"3", "4", "187", "67", "53", "74"} & set(shown)


def test_hidden_counts_do_not_show_by_their_order():
    """Exchanging the two hidden counts gives the same picture."""
    swapped = CaptureHistories.from_patterns("ABC", all_patterns(3), [0, 4, 3, 60, 0, 50, 70])
    one, other = (texts(draw_overlap(h, title="", threshold=5)) for h in (SPARSE, swapped))
    assert one == other


def test_most_combinations_leave_the_small_ones_out_and_say_so():
    """Only the largest are drawn; the others are counted below."""
    figure = draw_overlap(HEPATITIS, title="", most=3)
    assert len(figure.axes[0].patches) == 4
    assert any("not drawn: 4 smaller combinations (84 persons)" in text for text in texts(figure))


# ------------------------------------------------------------------------------------------------------------- ratios


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", {"times seen, j", "Poisson law (equal rates)", "first ratio as the next three predict it"}),
        (
            "fr",
            {
                "nombre de fois vus, j",
                "loi de Poisson (taux égaux)",
                "premier rapport tel que les trois suivants le prédisent",
            },
        ),
    ],
)
def test_ratios_speak_both_languages(lang, shown):
    """Axes, laws and marks are in the words of the language, and nothing is cut off."""
    figure = draw_ratios(INFLATED, title="T", lang=lang)
    assert {"T", *shown} <= set(texts(figure))
    assert unclipped(figure)


def test_points_and_lines_of_the_ratio_plot():
    """The firm points, the thin ones and the lines are those that the family computes."""
    (axes,) = draw_ratios(INFLATED, title="", laws=("poisson", "negative_binomial")).axes
    plot = ratio_plot(INFLATED)
    firm, thin = (container.lines[0] for container in axes.containers)
    np.testing.assert_allclose(firm.get_ydata(), plot.ratios[:5])
    np.testing.assert_allclose(thin.get_ydata(), plot.ratios[5:])
    assert thin.get_markerfacecolor() == "white"
    by_name = {line.get_label(): line.get_ydata() for line in axes.lines}
    np.testing.assert_allclose(by_name["Poisson law (equal rates)"], fitted_ratios(INFLATED))
    assert len(set(np.round(by_name["Poisson law (equal rates)"], 9))) == 1


def test_one_inflation_is_written_with_its_numbers():
    """Too many seen once: the diamond stands where the next ratios put the first, and both numbers are said."""
    plot = ratio_plot(INFLATED)
    figure = draw_ratios(INFLATED, title="")
    diamond = next(line for line in figure.axes[0].lines if line.get_marker() == "D")
    assert diamond.get_ydata()[0] == pytest.approx(2 * 231 / plot.expected_singletons)
    assert any(text.startswith("one-inflation: 2,000 persons seen once,\n272") for text in texts(figure))
    french = texts(draw_ratios(INFLATED, title="", lang="fr"))
    assert any(text.startswith("inflation des « vus une fois » : 2 000 personnes,\n272") for text in french)
    plain = CaptureCounts(frequencies=[600, 240, 64, 13])
    assert not any("inflation" in text for text in texts(draw_ratios(plain, title="")))


def test_ratios_on_occasions_have_the_binomial_line():
    """With occasions the binomial law is horizontal and the axis says so."""
    counts = CaptureCounts(frequencies=[25, 22, 13, 5, 1, 2], occasions=6)
    figure = draw_ratios(counts, title="", laws=("binomial",))
    assert "T" in figure.axes[0].get_ylabel()
    line = next(line for line in figure.axes[0].lines if "binomial" in str(line.get_label()))
    assert len(set(line.get_ydata())) == 1


# ------------------------------------------------------------------------------------------------------------ profile


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", {"most likely: 13,195", "11,663", "cut of the 95% interval, 1.92 below"}),
        ("fr", {"le plus vraisemblable : 13 195", "11 663", "seuil de l'intervalle à 95 %, 1,92 plus bas"}),
    ],
)
def test_profile_speaks_both_languages(lang, shown):
    """Most likely size, ends and cut are written as the language writes numbers, and nothing is cut off."""
    figure = draw_profile(profile_curve(TWO), title="T", lang=lang)
    assert {"T", *shown} <= set(texts(figure))
    assert unclipped(figure)


def test_profile_draws_the_curve_and_its_ends():
    """The curve is that of the family near the top, and the line of the interval has its ends on the cut."""
    curve = profile_curve(HEPATITIS, "PQ,E")
    (axes,) = draw_profile(curve, title="").axes
    drawn = axes.lines[0]
    assert set(drawn.get_xdata()) <= set(curve.sizes)
    interval = next(line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 2.2)
    assert interval.get_xdata().tolist() == [curve.interval.low, curve.interval.high]
    np.testing.assert_allclose(interval.get_ydata(), -curve.cutoff)


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", {"no upper limit", "no most likely size: the curve only rises"}),
        ("fr", {"sans limite supérieure", "aucune taille la plus vraisemblable : la courbe ne fait que monter"}),
    ],
)
def test_profile_without_an_upper_end_has_an_arrow(lang, shown):
    """Nobody on both lists: an arrow instead of an end, and no point at the top."""
    figure = draw_profile(profile_curve(APART), title="", lang=lang)
    assert shown <= set(texts(figure))
    markers = [line.get_marker() for line in figure.axes[0].lines]
    assert ">" in markers
    assert "o" not in markers
    assert unclipped(figure)


def test_profile_of_counts_and_of_a_contained_list():
    """Counts have a curve too; a curve that begins at its top names the persons seen as most likely."""
    assert "most likely: 170" in texts(
        draw_profile(count_profile_curve(CaptureCounts(frequencies=[60, 24, 8])), title="")
    )
    inside = draw_profile(profile_curve(CaptureHistories.from_two_lists(200, 20, 20)), title="")
    assert "most likely: 200" in texts(inside)
    assert unclipped(inside)


# --------------------------------------------------------------------------------------------------------------- dial


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", {"independence", "held to be plausible: 0.5 to 4", "a claim: 26,000, from odds ratio 2.26"}),
        (
            "fr",
            {"indépendance", "jugé plausible : de 0,5 à 4", "a claim : 26 000, à partir d'un rapport de 2,26"},
        ),
    ],
)
def test_dial_speaks_both_languages(lang, shown):
    """Plausible range, independence and tipping points are in the words of the language, and nothing is cut off."""
    curve = odds_ratio_curve(TWO)
    figure = draw_dial(curve, title="T", plausible=(0.5, 4), targets={"a claim": 26_000}, lang=lang)
    assert {"T", *shown} <= set(texts(figure))
    assert unclipped(figure)


def test_dial_draws_curve_band_and_tipping_point():
    """The line is the curve, the band its interval, and the mark stands at the exact tipping point."""
    curve = odds_ratio_curve(TWO)
    (axes,) = draw_dial(curve, title="", targets={"a claim": 26_000}).axes
    line = next(line for line in axes.lines if line.get_label() == "estimate")
    np.testing.assert_allclose(line.get_ydata(), curve.values)
    mark = next(line for line in axes.lines if line.get_marker() == "D")
    assert mark.get_xdata()[0] == pytest.approx(tipping_point(TWO, 26_000), rel=1e-9)
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(curve.low.min())
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1/4", "1/2", "1", "2", "4", "8"]


@pytest.mark.parametrize(("size", "word"), [(4_000, "exceeded everywhere"), (1e7, "not reached")])
def test_dial_says_where_a_target_is_out_of_reach(size, word):
    """A size below or above the whole curve has a line and no tipping point."""
    figure = draw_dial(odds_ratio_curve(TWO), title="", targets={"x": size})
    assert any(word in text for text in texts(figure))


def test_dial_without_overlap_shows_the_limit_only():
    """Nobody on both lists: no estimate, a dashed lower limit, arrows upward, and the words."""
    figure = draw_dial(odds_ratio_curve(APART), title="", targets={"x": 30_000})
    assert {"no upper limit", "one-sided 95% lower limit; no estimate, no upper limit", "x: 30,000"} <= set(
        texts(figure)
    )
    assert "estimate" not in texts(figure)
    assert "^" in [line.get_marker() for line in figure.axes[0].lines]
    assert unclipped(figure)


def test_dial_takes_the_corrected_curve_and_no_other_parameter():
    """Corrections give the same kind of curve; a curve over something else is refused, as is a range out of order."""
    adjusted = adjusted_odds_ratio_curve(TWO, adjustments=RecaptureAdjustments(missed_links=0.1))
    assert draw_dial(adjusted, title="").axes
    with pytest.raises(InvalidInput, match="not a dial"):
        draw_dial(one_inflation_curve(INFLATED), title="")
    with pytest.raises(InvalidInput, match="impossible range"):
        draw_dial(adjusted, title="", plausible=(4, 0.5))
    empty = dataclasses.replace(adjusted, values=adjusted.values * np.nan, low=adjusted.low * np.nan)
    with pytest.raises(InvalidInput, match="nothing to draw"):
        draw_dial(empty, title="")


# ------------------------------------------------------------------------------------------------------------- spread


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", {"Mh Chao (lower bound)", "45.4", "persons seen: 271", "AIC at most 4 above the smallest"}),
        ("fr", {"Mh Chao (borne inférieure)", "45,4", "personnes vues : 271", "AIC à 4 au plus du plus petit"}),
    ],
)
def test_spread_speaks_both_languages(lang, shown):
    """Names of models, AIC and the legend are in the words of the language, and nothing is cut off."""
    figure = draw_spread(spread_rows(closed_models(HEPATITIS)), title="T", lang=lang)
    assert {"T", "AIC", *shown} <= set(texts(figure))
    assert unclipped(figure)


def test_spread_is_sorted_by_size_and_not_by_aic():
    """Rows go from the smallest size to the largest, whatever fits best; the best ones have filled marks."""
    table = closed_models(HEPATITIS)
    rows = spread_rows(table)
    assert [row.value for row in rows] == sorted(table.values)
    (axes,) = draw_spread(rows, title="").axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [row.label for row in rows]
    points = [line for line in axes.lines if line.get_marker() in "od" and len(line.get_xdata()) == 1]
    assert [point.get_xdata()[0] for point in points] == pytest.approx([row.value for row in rows])
    filled = [point.get_markerfacecolor() != "white" for point in points]
    assert filled == [row.aic <= min(table.aic) + 4 for row in rows]


def test_spread_of_loglinear_models_has_those_without_a_maximum():
    """All eight models of three lists are drawn: models on empty overlaps have no number and say why."""
    rows = spread_rows(loglinear_table(SPARSE))
    assert len(rows) == 8
    assert [row.has_number for row in rows] == sorted((row.has_number for row in rows), reverse=True)
    assert {row.codes for row in rows if not row.has_number} == {("no-mle",)}
    figure = draw_spread(rows, title="")
    assert "no estimate (no-mle)" in texts(figure)
    assert ">" in [line.get_marker() for line in figure.axes[0].lines]
    assert len(spread_rows(loglinear_table(HEPATITIS), most=3)) == 3


def test_estimate_that_runs_away_stands_at_the_edge():
    """1.16e13 does not stretch the axis: it is written at the edge, with its code."""
    rows = [*spread_rows(closed_models(HEPATITIS)), SpreadRow(label="far", value=1.16e13, low=4000.0, high=math.inf)]
    rows[-1] = dataclasses.replace(rows[-1], codes=("runaway",))
    figure = draw_spread(rows, title="")
    assert figure.axes[0].get_xlim()[1] < 1e6
    assert "1.2e+13 (runaway)" in texts(figure)
    assert "1,2e+13 (runaway)" in texts(draw_spread(rows, title="", lang="fr"))
    assert unclipped(figure)


def test_spread_of_single_estimates_and_of_nothing_known():
    """Estimates of any family make rows; a spread in which no model has a number is still drawn."""
    rows = spread_rows([loglinear(HEPATITIS, "PQ,E"), loglinear(SPARSE, "AB,C,BC")])
    assert [row.label for row in rows] == ["[PQ, E]", "[AB, BC]"]
    nothing = CaptureHistories.from_patterns("ABC", all_patterns(3), [0, 0, 0, 60, 0, 50, 70])
    figure = draw_spread(spread_rows(closed_models(nothing)), title="")
    assert texts(figure).count("no estimate (no-mle)") == 12


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    "draw",
    [
        lambda lang: draw_overlap(TWO, title="", lang=lang),
        lambda lang: draw_ratios(INFLATED, title="", lang=lang),
        lambda lang: draw_profile(profile_curve(TWO), title="", lang=lang),
        lambda lang: draw_dial(odds_ratio_curve(TWO), title="", lang=lang),
        lambda lang: draw_spread(spread_rows(closed_models(TWO)), title="", lang=lang),
    ],
)
def test_other_languages_are_refused(draw):
    """English and French only."""
    with pytest.raises(InvalidInput, match="unknown choice"):
        draw("de")


def test_what_cannot_be_drawn_is_refused():
    """Nobody on a list, impossible limits, nobody seen twice, no models, an unknown law."""
    with pytest.raises(InvalidInput, match="nothing to draw"):
        draw_overlap(CaptureHistories.from_two_lists(0, 0, 0), title="")
    with pytest.raises(InvalidInput, match="impossible limits"):
        draw_overlap(TWO, title="", threshold=0)
    with pytest.raises(InvalidInput, match="nothing to draw"):
        draw_ratios(CaptureCounts(frequencies=[40]), title="")
    with pytest.raises(InvalidInput, match="unknown choice"):
        draw_ratios(INFLATED, title="", laws=("zipf",))
    with pytest.raises(InvalidInput, match="nothing to draw"):
        draw_spread([], title="")


def test_pictures_are_exported_and_load_when_named():
    """Every name of the room resolves, and an unknown one is an AttributeError."""
    assert all(getattr(reporting, name) is not None for name in reporting.__all__)
    assert set(reporting.__all__) <= set(dir(reporting))
    with pytest.raises(AttributeError, match="no attribute 'draw_nothing'"):
        _ = reporting.draw_nothing
