"""Words, numbers and pictures for readers, in both languages."""

import math
import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from microwork_estimate import reporting, study
from microwork_estimate.errors import InvalidInput
from microwork_estimate.reporting import findings, labels, plots
from microwork_estimate.reporting.change_table import change_table
from microwork_estimate.reporting.warning_texts import WARNINGS
from microwork_estimate.study.compare import Change, Comparison, Part
from microwork_estimate.study.schema import FigureUnit, Qualifier, Status

SOURCE = Path(__file__).parents[2] / "src" / "microwork_estimate"
STUDIES = {name: study.load(name) for name in study.shipped_studies()}


@pytest.fixture(scope="module", params=sorted(STUDIES))
def bundle(request):
    return study.run(STUDIES[request.param], n_replicates=99, seed=1)


def test_every_warning_code_has_its_words():
    """Each code that the library can raise has a sentence in English and one in French, and no sentence is left over."""
    sources = [path for path in SOURCE.rglob("*.py") if not path.name.endswith("warning_texts.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    codes = set(re.findall(r"""code=["']([a-z-]+)["']""", text))
    assert codes - set(WARNINGS) == set()
    assert [code for code in WARNINGS if code not in text] == []
    assert all(english != french for english, french in WARNINGS.values())


def test_labels_have_both_languages():
    """Each label is there twice, with the same places for values."""
    for key, (english, french) in labels.LABELS.items():
        assert english, key
        assert french, key
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", french)), key


def test_words_of_the_registry_have_labels():
    """Status words, qualifiers and units of study files can all be shown."""
    assert set(FigureUnit.__args__) == set(labels.UNITS)
    assert all(f"status.{word}" in labels.LABELS for word in Status.__args__)
    assert all(f"qualifier.{word}" in labels.LABELS for word in Qualifier.__args__)


@pytest.mark.parametrize(
    ("value", "digits", "english", "french"),
    [
        (266126.4, 0, "266,126", "266\u202f126"),
        (1.275, 3, "1.275", "1,275"),
        (1234567.891, 1, "1,234,567.9", "1\u202f234\u202f567,9"),
        (None, 0, "–", "–"),
        (math.inf, 0, "no upper limit", "sans limite supérieure"),
    ],
)
def test_numbers_by_language(value, digits, english, french):
    """English groups by commas, French by narrow no-break spaces with a decimal comma."""
    assert labels.number(value, "en", digits=digits) == english
    assert labels.number(value, "fr", digits=digits) == french


def test_open_ranges_are_said():
    """A range without upper end is written as a lower limit."""
    assert labels.span(10.0, math.inf, "en") == "≥\u00a010"
    assert labels.span(10.0, 2000.0, "fr") == "[10\u00a0;\u00a02\u202f000]"
    assert labels.span(10.0, 2000.0, "en") == "[10,\u00a02,000]"
    assert labels.percent(0.955, "fr", digits=1) == "95,5\u00a0%"


def test_unknown_language_is_refused(bundle):
    """Only English and French are spoken; anything else is an error, not a guess."""
    for verb in (reporting.table, reporting.finding_lines, reporting.forest_plot, reporting.warning_lines):
        with pytest.raises(InvalidInput, match="unknown choice"):
            verb(bundle, lang="de")


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_tables_of_a_result(bundle, lang):
    """Every table has as many cells as columns, and every estimate is in one of them."""
    tables = reporting.table(bundle, lang=lang)
    assert all(len(row) == len(table.columns) for table in tables for row in table.rows)
    cells = {cell for table in tables for row in table.rows for cell in row}
    assert all(bundle.study["labels"][name][lang] in cells for name in bundle.estimates)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_sentences_are_filled(bundle, lang):
    """No place in a finding is left empty; warnings and assumptions all have their words."""
    lines = reporting.finding_lines(bundle, lang=lang)
    assert lines
    assert not any("{" in line or "None" in line for line in lines)
    codes = {warning.code for estimate in bundle.estimates.values() for warning in estimate.warnings}
    assert {line.partition(":")[0].strip() for line in reporting.warning_lines(bundle, lang=lang)} == codes
    assert reporting.assumption_lines(bundle, lang=lang)


def test_first_table_tells_the_story():
    """Published and recomputed stand side by side, and what cannot be recomputed says so."""
    diplab = study.run(STUDIES["diplab-2019"], n_replicates=99, seed=1)
    first = reporting.table(diplab)[0]
    assert [row[2:4] for row in first.rows] == [
        ("14,903", "unavailable"),
        ("52,337", "52,337"),
        ("266,126", "266,126"),
    ]
    assert first.rows[2][4] == "95,747 to 334,012"
    french = reporting.table(diplab, lang="fr")[0]
    assert french.rows[0][3] == "indisponible"


@pytest.mark.parametrize("path", ["estimates.nothing.value", "tables.t.x.y", "estimates.occasional.colour"])
def test_place_that_does_not_exist_is_an_error(path):
    """A finding cannot show a number that the result does not have."""
    diplab = study.run(STUDIES["diplab-2019"], n_replicates=9, seed=1)
    with pytest.raises(InvalidInput, match="no such place"):
        findings.fill(f"x {{{path}}}", diplab, "en")
    with pytest.raises(InvalidInput, match="no number there"):
        findings.fill("{estimates.very_active.value}", diplab, "en")


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_forest_plot_draws_bounds_as_bounds(lang):
    """One row an estimate; bounds are open bars, published figures are marks, and the axis speaks the language."""
    diplab = study.run(STUDIES["diplab-2019"], n_replicates=99, seed=1)
    figure = reporting.forest_plot(diplab, lang=lang)
    assert isinstance(figure, Figure)
    axes = figure.axes[0]
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    shown = [name for name, e in diplab.estimates.items() if e.estimand.unit == "persons"]
    assert names == [diplab.study["labels"][name][lang] for name in shown]
    bars = [patch for patch in axes.patches if patch.get_height() > 0.3]
    assert len(bars) == sum(e.bounds is not None for e in diplab.estimates.values())
    assert all(patch.get_facecolor()[3] == 0 for patch in bars)
    words = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert labels.label("plot.bounds", lang) in words
    assert labels.label("plot.unavailable", lang) in [text.get_text() for text in axes.texts]


def test_lower_bound_is_drawn_as_one():
    """A lower bound is a mark with a dashed line to the right, not a point like an estimate."""
    row = plots.ForestRow(label="x", value=10.0, is_lower_bound=True)
    axes = plots.draw_forest([row, plots.ForestRow(label="y", value=20.0)], title="t", lang="en").axes[0]
    markers = [line.get_marker() for line in axes.lines]
    assert markers.count("|") == 1
    assert markers.count("o") == 1


def test_french_punctuation_does_not_break():
    """Spaces before French punctuation and inside quotation marks hold the line together."""
    assert labels.typeset("répondre : « oui » ; non ?", "fr") == "répondre\u00a0: «\u00a0oui\u00a0»\u00a0; non\u00a0?"
    assert labels.typeset("59 % des 20 € (95 %)", "fr") == "59\u00a0% des 20\u00a0€ (95\u00a0%)"
    assert labels.typeset("yes : no", "en") == "yes : no"


def test_open_interval_ends_in_an_arrow():
    """An interval without upper end runs to the edge of the picture and points on."""
    rows = [plots.ForestRow(label="x", low=10.0, high=math.inf), plots.ForestRow(label="y", value=20.0)]
    axes = plots.draw_forest(rows, title="t", lang="en").axes[0]
    assert [line.get_marker() for line in axes.lines].count(">") == 1


def test_series_plot_shows_all_pairs():
    """Each of the 136 pairs of months is a point; a result without such a series is refused."""
    mturk = study.run(STUDIES["mturk"], n_replicates=99, seed=1)
    axes = reporting.series_plot(mturk).axes[0]
    assert 136 in [len(line.get_xdata()) for line in axes.lines]
    assert axes.get_ylabel() == "persons"
    with pytest.raises(InvalidInput, match="no series"):
        reporting.series_plot(study.run(STUDIES["diplab-2019"], n_replicates=9, seed=1))


def test_pictures_are_the_same_every_time(tmp_path, bundle):
    """Drawn twice, a picture has the same bytes, PNG and SVG."""
    for name, writer in reporting.writers(bundle).items():
        first, second = tmp_path / f"1-{name}", tmp_path / f"2-{name}"
        writer(first)
        reporting.writers(bundle)[name](second)
        assert first.read_bytes() == second.read_bytes(), name
        assert first.stat().st_size > 1000


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_inputs_tables_show_every_figure(lang):
    """Each figure of a study is in one of its tables, with its status; published results stand apart."""
    diplab = STUDIES["diplab-2019"]
    tables = reporting.inputs_tables(diplab, lang=lang)
    keys = [row[0] for table in tables for row in table.rows]
    assert set(keys) >= {figure.key for figure in diplab.figures} | set(diplab.elicited)
    assert "occasional" not in [row[0] for row in tables[0].rows]
    assert "occasional" in [row[0] for row in tables[2].rows]


def test_population_that_turns_over_shows_its_periods():
    """The table of half-lives by era, which the study of an open platform makes, is among the tables of its result."""
    result = study.run(STUDIES["mturk"], n_replicates=19, seed=1)
    for lang, title in (("en", "By period"), ("fr", "Par période")):
        shown = next(part for part in reporting.table(result, lang=lang) if part.title == title)
        assert [row[0] for row in shown.rows] == ["2015-2019", "2020-2022", "2023-2026"]
        assert [row[1] for row in shown.rows] == ["537", "478", "253"]


def test_nothing_vanishes_with_a_sign(bundle):
    """A difference that is zero in its last digit is written without a minus."""
    cells = [cell for part in reporting.table(bundle) for row in part.rows for cell in row]
    assert [cell for cell in cells if re.fullmatch(r"[-−]0[.,]?0*\s?%?", cell)] == []


def test_bounds_and_interval_are_parted_as_the_language_does():
    """French has a space before the semicolon between bounds and interval."""
    result = study.run(STUDIES["diplab-like"], n_replicates=19, seed=1)
    found = [
        cell for part in reporting.table(result, lang="fr") for row in part.rows for cell in row if "bornes" in cell
    ]
    assert found
    assert all(not re.search(r"\S;", cell) for cell in found)


@pytest.mark.parametrize(("lang", "gained", "lost"), [("en", "+1,250", "-0.0250"), ("fr", "+1\u202f250", "-0,0250")])
def test_changes_have_their_sign_and_no_minus_zero(lang, gained, lost):
    """A change says whether it is up or down; one too small for the digits is zero, not minus zero."""

    def one(name, old, change):
        parts = (Part(components=("margins",), amount=change),)
        return Change(estimate=name, quantity="value", old=old, new=old + change, change=change, parts=parts)

    rows = (one("a", 5000.0, 1250.0), one("b", 0.5, -0.025), one("c", 0.5, -1e-7))
    found = Comparison(
        old="s@1+a",
        new="s@1+b",
        components=("margins",),
        averaged=False,
        orders=1,
        not_separated=(),
        rows=rows,
        only_old=(),
        only_new=(),
    )
    changes = [row[4] for row in change_table(found, lang).rows]
    assert changes[:2] == [gained, lost]
    assert changes[2] == labels.number(0.0, lang, digits=4)
    assert all(row[5].endswith(row[4]) for row in change_table(found, lang).rows)
