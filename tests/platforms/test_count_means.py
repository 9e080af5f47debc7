"""The German survey as a worked case: arithmetic against harmonic, by platform and by hours; and the theory of the gap."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput, MicroworkWarning
from microwork_estimate.inputs import SurveySample
from microwork_estimate.platforms import count_means

GERMAN = Path(__file__).parents[2] / "data" / "crowdworkers_de" / "platforms_by_hours.csv"
HOURS = ("0-3", "4-9", "10-19", "20-39", "40-79", "80+", "missing")


@pytest.fixture(scope="module")
def german() -> SurveySample:
    """One row for each German respondent who said on how many platforms she is."""
    with GERMAN.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["platforms_used"] != "missing"]
    times = [int(row["respondents"]) for row in rows]
    columns = {
        "n_platforms": np.repeat([int(row["platforms_used"]) for row in rows], times),
        "platform": np.repeat([row["platform"] for row in rows], times),
        "hours": np.repeat([row["hours_per_month"] for row in rows], times),
    }
    return SurveySample(columns=columns)


def means(sample: SurveySample, by: str | None) -> dict:
    """Both means by group, without the Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MicroworkWarning)
        return {row.group: row for row in count_means(sample, by=by)}


def test_by_platform_as_counted_from_the_public_file(german):
    """Crowdguru 1.75 and 1.42, Applause 1.61 and 1.27: the same people, two numbers of platforms per person."""
    found = means(german, "platform")
    assert {name: row.respondents for name, row in found.items()} == {
        "all": 223,
        "applause": 109,
        "atizo": 15,
        "crowdguru": 99,
    }
    shown = {n: (round(r.arithmetic.value, 2), round(r.harmonic.value, 2)) for n, r in found.items()}
    assert shown["crowdguru"] == (1.75, 1.42)
    assert shown["applause"] == (1.61, 1.27)
    assert 0.2 < found["crowdguru"].gap < found["applause"].gap < 0.3


def test_by_hours_the_gap_is_there_at_every_level_of_activity(german):
    """In each band of hours the arithmetic mean is above the harmonic one, by a tenth to a third."""
    found = means(german, "hours")
    assert set(found) == {"all", *HOURS}
    assert sum(found[band].respondents for band in HOURS) == 223
    gaps = {band: found[band].gap for band in HOURS if band != "missing"}
    assert all(0.1 < gap < 0.35 for gap in gaps.values()), gaps
    for band in HOURS:
        answers = german.numbers("n_platforms")[german.column("hours") == band]
        assert found[band].arithmetic.value == pytest.approx(answers.mean(), rel=1e-14)
        assert found[band].harmonic.value == pytest.approx(answers.size / (1 / answers).sum(), rel=1e-14)


@settings(max_examples=50, deadline=None)
@given(counts=st.lists(st.integers(1, 9), min_size=2, max_size=60))
def test_the_gap_is_the_squared_variation_of_persons(counts):
    """Take answers as drawn through accounts: the persons behind them have CV^2 equal to the gap (Patil and Rao)."""
    k = np.array(counts)
    shares = (1 / k) / (1 / k).sum()
    mean = shares @ k
    squared_variation = (shares @ k**2) / mean**2 - 1
    row = means(SurveySample(columns={"n_platforms": counts}), None)["all"]
    assert row.gap == pytest.approx(squared_variation, abs=1e-12)


def test_design_and_warnings_of_the_groups_are_kept():
    """Clusters enter the errors, and a group with one answer throughout says so by name."""
    sample = SurveySample(columns={"n_platforms": [1, 1, 2, 2, 3, 3], "g": list("xxyyyy")}, psu=[0, 1, 2, 2, 3, 3])
    with pytest.warns(MicroworkWarning, match="x: all respondents"):
        found = {row.group: row for row in count_means(sample, by="g")}
    assert found["x"].arithmetic.standard_error is None
    # Two units of two: the deviation of each is half a platform, and the variance of a mean of two is 1/4.
    assert found["y"].arithmetic.standard_error == pytest.approx(0.5)


def test_impossible_answers_are_refused():
    """Zero platforms, or an unknown column, give no means."""
    with pytest.raises(InvalidInput, match="impossible number of platforms"):
        count_means(SurveySample(columns={"n_platforms": [0, 1]}))
    with pytest.raises(InvalidInput, match="unknown column"):
        count_means(SurveySample(columns={"n_platforms": [1, 1]}), by="hours")
