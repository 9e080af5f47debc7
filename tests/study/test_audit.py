"""Objections, routes and the ledger of assumptions: numbers of a study that only compare."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate import study
from microwork_estimate.capture_recapture import odds_ratio_curve
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import CaptureHistories
from microwork_estimate.study.assumption_book import assumption_book
from microwork_estimate.study.audit import true_over_published
from microwork_estimate.study.ledger import tipping_odds_ratio
from microwork_estimate.study.registry import load

STUDIES = Path(study.__file__).parent / "studies"
DIPLAB, MTURK, WORLD = (load(name) for name in ("diplab-2019", "mturk", "diplab-like"))


@pytest.fixture(scope="module")
def diplab():
    return study.run(DIPLAB, n_replicates=99, seed=2019)


@pytest.fixture(scope="module")
def mturk():
    return study.run(MTURK, n_replicates=99, seed=2019)


@pytest.fixture(scope="module")
def world():
    return study.run(WORLD, n_replicates=99, seed=2019)


def _rows(table):
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


# -------------------------------------------------------------------------------------------------------- objections


def test_every_objection_of_the_critics_is_there(diplab):
    """Dormant accounts, visitors, equal catchability, independence, closed population, nested tiers: all have answers."""
    ids = [entry["id"] for entry in diplab.study["objections"]]
    wanted = {"dormant_accounts", "visitors", "equal_catchability", "independence", "closed_population", "press_total"}
    assert wanted <= set(ids)
    for entry in diplab.study["objections"]:
        for key in ("objection", "method", "number", "assumption", "settled_by"):
            assert entry[f"{key}_en"]
            assert entry[f"{key}_fr"] != entry[f"{key}_en"], (entry["id"], key)


def test_failures_of_the_published_two_list_figure(diplab):
    """14,903 becomes 7,452 to 59,612 with odds ratios 1/2 to 4, up to 29,806 with CV 1, down to 8,227 with turnover."""
    found = {row["objection"]: (round(row["low"]), round(row["high"])) for row in _rows(diplab.tables["audit"])}
    assert found == {
        "equal_catchability": (14_903, 29_806),
        "independence": (7_452, 59_612),
        "closed_population": (8_227, 14_903),
    }


def test_unequal_chances_in_a_simulated_population():
    """Chances with a coefficient of variation c, alike on both lists: Lincoln-Petersen falls short by 1 + c^2."""
    generator = np.random.default_rng(8)
    n, cv = 400_000, 0.8
    chance = 0.05 * generator.gamma(1 / cv**2, cv**2, n)
    first, second = (generator.random(n) < np.minimum(chance, 1) for _ in range(2))
    figure = first.sum() * second.sum() / (first & second).sum()
    assert n / figure == pytest.approx(true_over_published("unequal_chances", cv), rel=0.05)


def test_turnover_in_a_simulated_population():
    """Lists two half-lives apart in a population of constant size: Lincoln-Petersen is four times too high."""
    generator = np.random.default_rng(9)
    n = 400_000
    stayed = generator.random(n) < 0.25
    first = generator.random(n) < 0.2
    caught = generator.random(n) < 0.2  # at the second time; those who left were replaced by as many others
    figure = first.sum() * caught.sum() / (first & caught & stayed).sum()
    assert n / figure == pytest.approx(true_over_published("turnover", 2.0), rel=0.05)


def test_unknown_failure_is_refused():
    """A kind of failure without a formula gives no number."""
    with pytest.raises(InvalidInput, match="unknown failure"):
        true_over_published("bad luck", 1.0)


def test_assumptions_have_one_meaning():
    """Each id in the book stands for one assumption in both languages."""
    book = assumption_book()
    assert {"independent-lists", "elicited-bias", "tiers-contain-each-other", "one-account-one-worker"} <= set(book)
    assert all(item.statement_en != item.statement_fr for item in book.values())


# ------------------------------------------------------------------------------------------------------------- routes


def test_routes_to_mechanical_turk(mturk):
    """Registrations, audience and capture-recapture stand side by side, from the registry and from our own estimates."""
    rows = {row["route"]: row for row in _rows(mturk.tables["routes"])}
    assert (rows["registrations"]["value"], rows["registrations"]["unit"]) == (500_000, "accounts")
    assert (rows["audience"]["value"], rows["laboratory"]["value"]) == (750_000, 7_300)
    assert rows["survey_pairs_recent"]["value"] == mturk.estimates["month_pairs"].value
    by_year = {row[0]: row for row in mturk.tables["years"].rows}
    assert (rows["survey_pairs"]["value"], rows["survey_pairs"]["low"]) == (by_year[2015][2], by_year[2015][3])
    assert rows["ever_available"]["qualifier"] == "more than"


def test_only_the_same_question_is_compared(mturk):
    """Of all pairs, only the two sets of month pairs count the same thing; the others say in what they differ."""
    pairs = _rows(mturk.tables["route_pairs"])
    assert len(pairs) == 7 * 6 / 2
    comparable = [(row["first"], row["second"]) for row in pairs if row["comparable"]]
    assert comparable == [("survey_pairs", "survey_pairs_recent")]
    for row in pairs:
        assert (row["ratio"] is None) is not row["comparable"]
        assert bool(row["differ_in"]) is not row["comparable"]
    told = {(row["first"], row["second"]): row["differ_in"] for row in pairs}
    assert told["registrations", "audience"] == "unit, activity, window, platforms"


def test_routes_do_not_reach_an_estimate(mturk):
    """With every figure of the other routes changed, the estimates stay the same and the table follows."""
    changed = {key: replace(figure, value=1.0) for key, figure in MTURK.context.items()}
    other = study.run(replace(MTURK, context=changed), n_replicates=99, seed=2019)
    assert {k: str(e) for k, e in other.estimates.items()} == {k: str(e) for k, e in mturk.estimates.items()}
    assert {row["route"]: row["value"] for row in _rows(other.tables["routes"])}["audience"] == 1.0


def test_no_routes_no_table(diplab, mturk):
    """A study without routes has no such table, and one without objections no audit."""
    assert "routes" not in diplab.tables
    assert "audit" not in mturk.tables


# ------------------------------------------------------------------------------------------------------------- ledger


def test_every_assumption_is_in_the_ledger(diplab, world):
    """The ledger holds each assumption of each estimate, once."""
    for bundle in (diplab, world):
        found = [(row["assumption"], row["estimate"]) for row in _rows(bundle.tables["assumption_ledger"])]
        assert found == [(a.id, name) for name, e in bundle.estimates.items() for a in e.assumptions]


def test_tipping_point_is_where_the_interval_leaves():
    """Just below the odds ratio of the ledger the interval still holds the figure, just above it no longer does."""
    lists = CaptureHistories.from_two_lists(200, 150, 30)
    for figure in (800.0, 1000.0, 1300.0):
        tipping = tipping_odds_ratio(200, 150, 30, figure)
        assert tipping > 1
        curve = odds_ratio_curve(lists, [0.999 * tipping, 1.001 * tipping])
        assert curve.low[0] < figure < curve.low[1]
    assert tipping_odds_ratio(200, 150, 30, 5000.0) is None
    assert tipping_odds_ratio(200, 150, 30, 400.0) is None


def test_factor_takes_the_interval_to_the_figure(world):
    """Multiplied by its factor, the end of an interval is the published figure; the direction is that of the bias."""
    for row in _rows(world.tables["assumption_ledger"]):
        if not row["inside"]:
            assert row["factor_down"] is None
            assert row["factor_up"] is None
            continue
        around = world.estimates[row["estimate"]].bounds or world.estimates[row["estimate"]].interval
        if row["factor_down"] is not None:
            assert row["direction"] in ("up", "either")
            assert row["factor_down"] * around.high == pytest.approx(row["figure"])
            assert row["factor_down"] <= 1
        if row["factor_up"] is not None:
            assert row["direction"] in ("down", "either")
            assert row["factor_up"] * around.low == pytest.approx(row["figure"])
            assert row["factor_up"] >= 1


def test_two_lists_have_an_odds_ratio(world):
    """Dependence of the two simulated lists must reach an odds ratio above 1 before the truth is excluded."""
    rows = {(row["assumption"], row["estimate"]): row for row in _rows(world.tables["assumption_ledger"])}
    assert 1 < rows["independent-lists", "very_active"]["odds_ratio"] < 2
    assert rows["closed-population", "very_active"]["odds_ratio"] is None


def test_figure_outside_is_said(diplab):
    """266,126 is outside the bounds of the size-biased reading already: no factor is given."""
    rows = [row for row in _rows(diplab.tables["assumption_ledger"]) if row["estimate"] == "occasional_bounds"]
    assert rows
    assert all(row["inside"] is False for row in rows)


# ------------------------------------------------------------------------------------------------------ study files


def _changed(tmp_path, name, old, new):
    text = (STUDIES / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("mturk", 'figure = "registered_2015"\nestimand', 'figure = "nobody"\nestimand', "unknown key"),
        ("mturk", 'figure = "registered_2015"\nestimand', "estimand", "route without one number"),
        (
            "mturk",
            'figure = "registered_2015"\nestimand',
            'figure = "registered_2015"\ntable = "years"\nestimand',
            "route without one number",
        ),
        (
            "mturk",
            'figure = "registered_2015"\nestimand = { unit',
            'figure = "registered_2015"\n#',
            "without an estimand",
        ),
        ("mturk", 'estimate = "month_pairs"\n', 'estimate = "nothing"\n', "unknown key"),
        ("mturk", 'id = "laboratory"', 'id = "audience"', "duplicate key"),
        ("diplab-2019", 'id = "independence"', 'id = "visitors"', "duplicate key"),
        ("diplab-2019", 'kind = "odds_ratio", low = 0.5', 'kind = "odds_ratio", low = 0', "impossible failure"),
        ("diplab-2019", 'kind = "turnover", low = 0', 'kind = "turnover", low = 9', "impossible failure"),
        ("diplab-2019", 'kind = "turnover"', 'kind = "luck"', "unknown choice"),
        ("diplab-2019", '{ figure = "very_active", kind', '{ figure = "n1", kind', "unknown key"),
    ],
)
def test_bad_routes_and_objections_are_refused(tmp_path, name, old, new, message):
    """Routes without one number or an estimand, unknown keys, twice the same id, impossible failures: one-line errors."""
    with pytest.raises(InvalidInput, match=message):
        load(_changed(tmp_path, name, old, new))


def test_places_are_checked_when_the_study_runs(tmp_path):
    """A route to a row that the result does not have, or an assumption that nobody knows, stops the run."""
    path = _changed(tmp_path, "mturk", 'row = "2015"', 'row = "1999"')
    known = replace(load(path), data=MTURK.data)
    with pytest.raises(InvalidInput, match="no such place in the result"):
        study.run(known, n_replicates=9, seed=1)
    path = _changed(tmp_path, "diplab-2019", 'assumption = "closed-population"', 'assumption = "good-luck"')
    with pytest.raises(InvalidInput, match="unknown assumption"):
        study.run(replace(load(path), data=DIPLAB.data), n_replicates=9, seed=1)
