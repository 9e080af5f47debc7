"""Estimates as SDMX-CSV 2.0."""

import csv
import io
import math
from dataclasses import replace

import pytest

from microwork_estimate import study
from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import Interval
from microwork_estimate.study import PublicationRule
from microwork_estimate.study.sdmx import ATTRIBUTES, DIMENSIONS, MEASURES


@pytest.fixture(scope="module")
def bundle():
    return study.run(study.load("diplab-like"), n_replicates=29, seed=1)


def _rows(bundle, rule=None):
    return list(csv.DictReader(io.StringIO(study.sdmx_csv(bundle, rule=rule))))


def test_the_header_is_that_of_sdmx_csv_2(bundle):
    """STRUCTURE, STRUCTURE_ID and ACTION come first, then dimensions, measures and attributes."""
    header = study.sdmx_csv(bundle).splitlines()[0].split(",")
    assert header == ["STRUCTURE", "STRUCTURE_ID", "ACTION", *DIMENSIONS, *MEASURES, *ATTRIBUTES]
    assert len(set(header)) == len(header)
    row = _rows(bundle)[0]
    assert (row["STRUCTURE"], row["ACTION"]) == ("datastructure", "I")


def test_the_dimensions_are_a_key(bundle):
    """No two rows have the same dimensions, and no dimension is empty: each row is one observation."""
    rows = _rows(bundle)
    keys = [tuple(row[name] for name in DIMENSIONS) for row in rows]
    assert len(set(keys)) == len(keys) == len(bundle.estimates)
    assert all(all(key) for key in keys)


def test_numbers_are_those_of_the_bundle(bundle):
    """Value and ends have every digit, with a point, without separators."""
    for row in _rows(bundle):
        estimate = bundle.estimates[row["INDICATOR"]]
        if row["OBS_STATUS"] != "Q" and estimate.value is not None:
            assert float(row["OBS_VALUE"]) == estimate.value
            assert estimate.interval is None or float(row["CONF_LOW"]) == estimate.interval.low
        assert row["DATA_VERSION"] == bundle.identifier


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (PublicationRule(flag_above=1.0, suppress_above=1.0, flag_overlap=1.0), "E"),
        (PublicationRule(flag_above=0.0, suppress_above=1.0), "U"),
        (PublicationRule(flag_above=0.0, suppress_above=0.0), "Q"),
    ],
)
def test_the_status_is_that_of_the_rule(bundle, rule, status):
    """Published is E, flagged U, suppressed Q; a suppressed observation has no number but its coefficient of variation."""
    row = next(row for row in _rows(bundle, rule) if row["INDICATOR"] == "very_active")
    assert row["OBS_STATUS"] == status
    assert (row["OBS_VALUE"] == "") == (status == "Q")
    if status == "Q":
        assert [row[name] for name in MEASURES if name != "COEF_VARIATION"] == [""] * 6
        assert row["COEF_VARIATION"]


def test_no_value_is_a_missing_observation():
    """Bounds without a value, and an input that is not available, are observations without a value."""
    rows = {row["INDICATOR"]: row for row in _rows(study.run(study.load("diplab-2019"), n_replicates=9, seed=1))}
    assert rows["very_active"]["OBS_STATUS"] == rows["occasional_bounds"]["OBS_STATUS"] == "O"
    assert rows["occasional_bounds"]["BOUND_LOW"]


def test_an_open_end_and_a_small_count_are_said(bundle):
    """No upper end is INF; an estimate whose counts are withheld has the confidentiality status A, the others F."""
    small = CodedWarning(code="small-counts-withheld", message="m")
    estimate = replace(
        bundle.estimates["very_active"],
        interval=Interval(low=1.0, high=math.inf, level=0.95, method="m"),
        warnings=(small,),
    )
    rows = {r["INDICATOR"]: r for r in _rows(replace(bundle, estimates={**bundle.estimates, "very_active": estimate}))}
    assert rows["very_active"]["CONF_HIGH"] == "INF"
    assert rows["very_active"]["CONF_STATUS"] == "A"
    assert rows["occasional"]["CONF_STATUS"] == "F"
