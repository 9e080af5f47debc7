"""Tiers by domain and what they work in the synthetic study: joint with the tiers, beside the truth, refused by name."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate import bootstrap, study, weighting
from microwork_estimate.errors import InvalidInput
from microwork_estimate.study import survey_recipes
from microwork_estimate.study.domain_recipes import cell_name
from microwork_estimate.study.person_recipes import weighted_medians
from microwork_estimate.study.recipes import RECIPES
from microwork_estimate.study.task import Settings, Task

DATA = Path(__file__).parents[2] / "data" / "diplab_like"
STUDY = study.load("diplab-like")
TIERS = ("very_active", "regular", "occasional")


@pytest.fixture(scope="module")
def bundle():
    return study.run(STUDY, n_replicates=399, seed=2019)


@pytest.fixture(scope="module")
def rows(bundle):
    table = bundle.tables["domains"]
    return {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}


def truth_of_domains():
    """True exclusive counts, by variable, domain and tier."""
    with (DATA / "truth_domains.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["variable"], row["domain"], row["tier"].removesuffix("_only")): int(row["persons"])
            for row in csv.DictReader(file)
        }


def task_of(name, **options):
    """The task of an estimate of the study, with other options."""
    entry = STUDY.estimate(name)
    return Task(
        name=name,
        inputs=STUDY.inputs_only(name),
        options={**entry.options, **options},
        estimand=STUDY.estimand(name),
        settings=Settings(n_replicates=19, seed=1),
        tiers=STUDY.tiers,
    )


def test_truth_adds_up():
    """By each variable the true domains of a tier sum to the tier: 14,903, 37,434 and 213,789 persons."""
    truth = truth_of_domains()
    for variable in ("sex", "age", "employment", "poverty"):
        sums = [sum(n for (v, _, t), n in truth.items() if (v, t) == (variable, tier)) for tier in TIERS]
        assert sums == [14_903, 37_434, 213_789]


def test_domains_add_up_to_the_tiers_of_the_study(bundle, rows):
    """The nested domains of each tier sum to its estimate in the study, and shares to 1, by every variable."""
    for variable in ("sex", "age", "employment", "poverty"):
        for tier in TIERS:
            parts = [r for r in rows.values() if (r["kind"], r["variable"], r["tier"]) == ("nested", variable, tier)]
            assert sum(r["count"] for r in parts) == pytest.approx(bundle.estimates[tier].value)
            assert sum(r["share"] for r in parts) == pytest.approx(1.0)


def test_joint_intervals_hold_the_whole_truth(rows):
    """Every true count and share of every variable, of exclusive and of nested tiers, is inside its joint interval."""
    truth = truth_of_domains()
    for row in rows.values():
        tiers = [row["tier"]] if row["kind"] == "exclusive" else TIERS[: TIERS.index(row["tier"]) + 1]
        persons = sum(truth[row["variable"], row["domain"], tier] for tier in tiers)
        whole = sum(n for (v, _, t), n in truth.items() if v == row["variable"] and t in tiers)
        assert row["count_joint_low"] <= persons <= row["count_joint_high"], row["cell"]
        assert row["share_joint_low"] <= persons / whole <= row["share_joint_high"], row["cell"]


def test_rate_of_disorder_is_that_of_the_estimates(bundle):
    """The share of redraws in the wrong order is counted again from the replicates of the three tiers."""
    draws = np.array([bundle.estimates[tier].replicates.values for tier in TIERS])
    wrong = ((draws[0] > draws[1]) | (draws[1] > draws[2])).mean()
    assert bundle.tables["domains_order"].column("violation_rate")[0] == pytest.approx(wrong)


def test_respondents_of_the_survey(rows):
    """Exclusive rows of a variable count all 1,000 respondents; nested rows leave them out."""
    shown = [r["respondents"] for r in rows.values() if (r["kind"], r["variable"]) == ("exclusive", "sex")]
    assert sum(shown) == 1000
    assert {r["respondents"] for r in rows.values() if r["kind"] == "nested"} == {None}


def test_shares_of_registered_by_hand(bundle):
    """The share of women is that of raked weights over platforms, computed here from the file alone."""
    with (DATA / "survey.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    task = task_of("share_women")
    raked = weighting.calibrate(
        *(getattr(survey_recipes, name)(task) for name in ("survey_of", "margins_of"))
    ).sample.weights
    persons = raked / np.array([float(row["n_platforms"]) for row in table])
    women = np.array([row["sex"] == "women" for row in table])
    assert bundle.estimates["share_women"].value == pytest.approx(persons[women].sum() / persons.sum())


def test_amounts_use_the_draws_of_the_tiers(bundle):
    """Full-time equivalents have the streams of all sources, and more people in a draw go with more work in it."""
    work, tier = bundle.estimates["fte_regular"].replicates, bundle.estimates["regular"].replicates
    assert set(work.streams) == {"lists", "audience", "survey", "registrations", "duplicates"}
    assert np.corrcoef(work.values, tier.values)[0, 1] > 0.8
    assert (bundle.estimates["fte_very_active"].replicates.values <= work.values * (1 + 1e-12)).all()


@pytest.mark.parametrize("name", ["share_poor", "share_no_other_job", "share_25_44", "hours_per_week"])
def test_intervals_hold_the_truth(bundle, name):
    """Shares and hours of the study hold the truth of the simulated workforce."""
    interval = bundle.estimates[name].interval
    assert interval.low <= STUDY.published[name].number <= interval.high


@pytest.mark.parametrize("name", ["fte_regular", "eur_per_month_regular"])
def test_totals_of_the_regular_hold_the_truth(bundle, name):
    """Work and earnings of all who are active in the month: the truth is inside, and the unit is that of the amount."""
    estimate = bundle.estimates[name]
    assert estimate.interval.low <= STUDY.published[name].number <= estimate.interval.high
    assert estimate.estimand.unit == STUDY.published[name].unit


def test_median_of_weights():
    """The weighted median is that of the repeated values; without weight it is not a number."""
    rng = np.random.default_rng(1)
    values, counts = rng.normal(size=9), rng.integers(1, 4, (20, 9))
    expected = [np.sort(np.repeat(values, row))[(row.sum() + 1) // 2 - 1] for row in counts]
    np.testing.assert_allclose(weighted_medians(values, counts.astype(float)), expected)
    assert np.isnan(weighted_medians(values, np.zeros((1, 9)))).all()


def test_names_of_cells():
    """Names are lower-case letters, digits and underscores, so that a sentence of a study can point to them."""
    assert cell_name("nested", "regular", "age", "65 and over") == "nested_regular_age_65_and_over"


@pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")
@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("share_women", {"domains": "woman"}, "unknown domain"),
        ("share_women", {"variable": "gender"}, "gender"),
        ("fte_regular", {"amount": "money"}, "unknown amount"),
        ("fte_regular", {"tier": "regulars"}, "unknown tier"),
        ("hours_per_week", {"statistic": "mode"}, "unknown choice"),
        ("hours_per_week", {"variable": "minutes"}, "unknown choice"),
        ("domains", {"variables": "sex; gender"}, "gender"),
    ],
)
def test_wrong_options_are_named(name, options, problem):
    """A word that the recipe does not know is refused with the words that it knows."""
    task = task_of(name, **options)
    with pytest.raises(InvalidInput, match=problem):
        RECIPES[STUDY.estimate(name).recipe].function(task)


def test_generator_left_the_old_columns_alone():
    """The first seventeen columns of the survey are those that the study had before, to the byte."""
    content = (DATA / "survey.csv").read_text(encoding="utf-8").splitlines()
    assert content[0].split(",")[17:] == ["employment", "poverty", "hours_per_week", "eur_per_hour"]
    assert content[1].startswith("platform 01,2,1,1,0,0,0,0,0,0,0,0,men,45-54,Auvergne-Rhône-Alpes,")


@pytest.mark.filterwarnings("ignore::microwork_estimate.errors.MicroworkWarning")
def test_the_run_is_the_same_wherever_blocks_are_computed():
    """The joint run gives the same bytes with threads."""
    task = task_of("fte_regular")
    serial = RECIPES["work_of_tier"].function(task).estimates["fte_regular"]
    threads = replace(
        task.settings, execution=bootstrap.Execution(executor=bootstrap.Executor(kind="threads", n_workers=2))
    )
    other = RECIPES["work_of_tier"].function(replace(task, settings=threads)).estimates["fte_regular"]
    np.testing.assert_array_equal(serial.replicates.values, other.replicates.values)
