"""Estimates that disagree: one panel for each estimand, pools and limits as their own marks, words in both languages."""

import re

import pytest

from microwork_estimate import reporting, study, synthesis
from microwork_estimate.errors import InvalidInput
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.reporting.disagreement_plot import WORDS, Panel, Row, route_panels

pytestmark = pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")


def source(name, value, error=0.1, about=None):
    """An estimate with an error."""
    return Estimate(
        name=name, value=value, standard_error=error * value, estimand=about or Estimand(), method="made up"
    )


def biases(*names):
    """Within a factor of two, each."""
    return {name: synthesis.SourceBias.from_interval(0.5, 2.0, source="assumed: a factor of two") for name in names}


@pytest.fixture(scope="module")
def bundle():
    return study.run(study.load("mturk"), n_replicates=99, seed=1)


def test_words_have_both_languages():
    """Each word is there twice, with the same places."""
    for key, (english, french) in WORDS.items():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", french)), key


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_routes_that_count_different_things_have_panels_of_their_own(bundle, lang):
    """Mechanical Turk: seven routes in six panels, the two pairs of months together, lower bounds as such."""
    panels = route_panels(bundle, lang=lang)
    assert [len(panel.rows) for panel in panels] == [1, 1, 2, 1, 1, 1]
    kinds = [row.kind for panel in panels for row in panel.rows]
    assert kinds.count("lower_bound") == 2
    assert kinds.count("published") == 3
    assert kinds.count("raw") == 2
    figure = reporting.route_plot(bundle, lang=lang)
    assert len(figure.axes) == 6
    assert [axes.get_title(loc="left") for axes in figure.axes] == [panel.title for panel in panels]
    ends = {axes.get_xlim() for axes in figure.axes}
    assert len(ends) == 1
    assert len({text.get_text() for legend in figure.legends for text in legend.get_texts()}) == 3


def test_panel_of_one_quantity_has_all_that_the_method_asks_for():
    """Raw and adjusted rows, limits, pool with three ranges, average, envelope, and the conflict statistic as printed."""
    sources = [source("a", 40_000.0), source("b", 90_000.0), source("c", 60_000.0)]
    stated = biases("a", "b", "c")
    limits = [
        synthesis.Limit(name="seen", estimand=Estimand(), low=20_000.0),
        synthesis.Limit(name="set", estimand=Estimand(), low=15_000.0, high=200_000.0),
    ]
    panel = reporting.disagreement_panel(sources, stated, title="persons", limits=limits)
    assert [row.kind for row in panel.rows] == [
        *["raw"] * 3,
        *["adjusted"] * 3,
        *("lower_bound", "bounds", "pool", "average", "envelope"),
    ]
    pool = synthesis.linear_pool(sources, stated, limits=limits)
    row = next(row for row in panel.rows if row.kind == "pool")
    assert row.value == pool.value
    assert row.ranges[0] == (pool.diagnostics["low_50"], pool.diagnostics["high_50"])
    assert row.ranges[0][0] > row.ranges[1][0] > row.ranges[2][0]
    test = synthesis.conflict(sources, stated)
    assert f"Q = {test.statistic:.1f} with 2 degrees" in panel.note
    assert all(f"{name} {p:.3f}" in panel.note for name, p in test.left_out.items())
    figure = reporting.draw_disagreement([panel], title="x", lang="fr")
    shown = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert len(shown) == 7
    assert WORDS["envelope"][1] in shown


def test_an_average_that_is_refused_says_so():
    """Sources that disagree have no average: its row carries the code of the refusal, and the picture shows it."""
    sources = [source("a", 10_000.0, 0.02), source("b", 900_000.0, 0.02)]
    panel = reporting.disagreement_panel(sources, biases("a", "b"), title="persons")
    row = next(row for row in panel.rows if row.kind == "average")
    assert row.value is None
    assert "pool-refused" in row.remark
    figure = reporting.draw_disagreement([panel], title="x", lang="en")
    assert row.remark in [text.get_text() for text in figure.axes[0].texts]


def test_different_estimands_do_not_share_a_panel():
    """Monthly and registered persons are refused together, in the words of the pool."""
    other = source("b", 9.0, about=Estimand(activity="registered"))
    with pytest.raises(InvalidInput, match="estimates of different things"):
        reporting.disagreement_panel([source("a", 9.0), other], biases("a", "b"), title="x")


def test_nothing_to_draw_is_refused():
    """No panel, a panel without numbers, and a study without routes raise the same error."""
    empty = Panel(title="x", rows=(Row(label="a", kind="raw"),))
    for panels in ([], [empty]):
        with pytest.raises(InvalidInput, match="nothing to draw"):
            reporting.draw_disagreement(panels, title="x", lang="en")
    like = study.run(study.load("diplab-2019"), n_replicates=9, seed=1)
    assert route_panels(like) == ()
    with pytest.raises(InvalidInput, match="nothing to draw"):
        reporting.route_plot(like)
