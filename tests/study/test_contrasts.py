"""Differences and ratios of tiers: from joint replicates, index by index, or not at all."""

from dataclasses import replace

import numpy as np
import pytest

from microwork_estimate import bootstrap, reporting, study
from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Replicates
from microwork_estimate.study.contrasts import tier_contrasts

STUDY = study.load("diplab-like")


@pytest.fixture(scope="module")
def bundle():
    return study.run(STUDY, n_replicates=1999, seed=2019)


def _rows(tables):
    table = tables["tier_contrasts"]
    return {row[:2]: dict(zip(table.columns, row, strict=True)) for row in table.rows}


def _changed(bundle, name, values, seed=2019):
    redraws = Replicates(values=values, streams=("survey",), seed=seed)
    return {**bundle.estimates, name: replace(bundle.estimates[name], replicates=redraws)}


def test_every_pair_of_tiers_is_there(bundle):
    """Three tiers make three pairs, the more active first, and the simulated truth lies in all six intervals."""
    rows = _rows(bundle.tables)
    truth = {"very_active": 14_903, "regular": 52_337, "occasional": 266_126}
    assert list(rows) == [("very_active", "regular"), ("very_active", "occasional"), ("regular", "occasional")]
    for (inner, outer), row in rows.items():
        assert row["difference_low"] < truth[outer] - truth[inner] < row["difference_high"]
        assert row["ratio_low"] < truth[inner] / truth[outer] < row["ratio_high"]


def test_intervals_are_order_statistics_of_paired_draws(bundle):
    """With 1,999 replicates the ends are the 50th and the 1,950th of the draws, subtracted and divided one by one."""
    row = _rows(bundle.tables)["very_active", "regular"]
    inner, outer = (bundle.estimates[name].replicates.values for name in ("very_active", "regular"))
    assert row["difference"] == bundle.estimates["regular"].value - bundle.estimates["very_active"].value
    assert row["ratio"] == bundle.estimates["very_active"].value / bundle.estimates["regular"].value
    differences, ratios = np.sort(outer - inner), np.sort(inner / outer)
    assert (row["difference_low"], row["difference_high"]) == (differences[49], differences[1949])
    assert (row["ratio_low"], row["ratio_high"]) == (ratios[49], ratios[1949])


def test_tiers_of_one_source_move_together(bundle):
    """If one tier is a fixed half of another in every draw, their ratio is known exactly, whatever both vary by."""
    half = bundle.estimates["occasional"].replicates.values / 2
    estimates = _changed(bundle, "regular", half)
    row = _rows(tier_contrasts(STUDY, estimates, level=0.95))["regular", "occasional"]
    assert row["ratio_low"] == row["ratio_high"] == pytest.approx(0.5)
    shuffled = np.random.default_rng(1).permutation(half)
    apart = _rows(tier_contrasts(STUDY, _changed(bundle, "regular", shuffled), level=0.95))["regular", "occasional"]
    assert apart["ratio_high"] - apart["ratio_low"] > 0.05


def test_tiers_that_were_not_redrawn_are_absent(bundle):
    """A tier without replicates or without a value takes no part; with fewer than two there is no table."""
    without = {**bundle.estimates, "regular": replace(bundle.estimates["regular"], replicates=None)}
    assert list(_rows(tier_contrasts(STUDY, without, level=0.95))) == [("very_active", "occasional")]
    alone = {**without, "very_active": replace(without["very_active"], value=None)}
    assert tier_contrasts(STUDY, alone, level=0.95) == {}
    for name in ("diplab-2019", "mturk", "stewart2015"):
        assert "tier_contrasts" not in study.run(study.load(name), n_replicates=64, seed=1).tables


def test_other_units_and_places_are_not_compared(bundle):
    """A share is not subtracted from persons, nor the people of one country from those of another."""
    regular = bundle.estimates["regular"]
    for change in ({"unit": "share"}, {"territory": "elsewhere"}):
        other = replace(regular, estimand=replace(regular.estimand, **change))
        rows = _rows(tier_contrasts(STUDY, {**bundle.estimates, "regular": other}, level=0.95))
        assert list(rows) == [("very_active", "occasional")]


@pytest.mark.parametrize(("n", "seed"), [(1999, 7), (199, 2019)])
def test_replicates_of_different_runs_are_refused(bundle, n, seed):
    """Another seed or number of replicates is an error, not a pairing."""
    with pytest.raises(InvalidInput, match="replicates of different runs"):
        tier_contrasts(STUDY, _changed(bundle, "regular", np.full(n, 5e4), seed), level=0.95)


def test_too_many_failed_draws_leave_no_interval(bundle):
    """With a tenth of the draws without a number, values stay and intervals do not; the reader sees a dash."""
    values = bundle.estimates["regular"].replicates.values.copy()
    values[::10] = np.nan
    with pytest.warns(MicroworkWarning, match="no interval is given"):
        tables = tier_contrasts(STUDY, _changed(bundle, "regular", values), level=0.95)
    row = _rows(tables)["regular", "occasional"]
    assert (row["ratio_low"], row["difference_high"]) == (None, None)
    assert row["ratio"] > 0
    shown = reporting.table(replace(bundle, tables={**bundle.tables, **tables}))[2]
    assert [cells[2] == "–" for cells in shown.rows] == [True, False, True]


@pytest.mark.parametrize(
    ("lang", "title", "words"),
    [
        ("en", "The tiers set against each other", ("very active among regular", "41,644", "0.240")),
        ("fr", "Les niveaux comparés deux à deux", ("très actifs parmi les réguliers", "41\u202f644", "0,240")),
    ],
)
def test_readers_see_them_in_both_languages(bundle, lang, title, words):
    """The table of the report has one row for each pair, with the numbers of the language."""
    shown = next(part for part in reporting.table(bundle, lang=lang) if part.title == title)
    assert (shown.rows[0][0], shown.rows[0][1], shown.rows[0][3]) == words
    assert len(shown.rows) == 3


def test_the_bundle_reads_back(bundle, tmp_path):
    """The table is in the bundle on disk, infinite ends included."""
    (tmp_path / "bundle.json").write_text(bundle.to_json(), encoding="utf-8")
    read = study.read_bundle(tmp_path)
    assert read.tables["tier_contrasts"] == bundle.tables["tier_contrasts"]
    assert bootstrap.percentile(read.estimates["regular"].replicates).low < 52_337
