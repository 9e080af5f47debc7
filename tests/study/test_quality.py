"""Publish, flag or suppress; and the fields of the quality report."""

import csv
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microwork_estimate import study
from microwork_estimate.errors import CodedWarning, InvalidInput
from microwork_estimate.estimate import Bounds, Estimand, Estimate, Interval, Replicates
from microwork_estimate.study import PublicationRule, publications
from microwork_estimate.study.crate import crate_contents
from microwork_estimate.study.quality import coefficient_of_variation, overlap_share, overlaps
from microwork_estimate.study.sims import CONCEPTS, TO_BE_FILLED


def _estimate(name="n", value=100.0, error=None, ends=None, **more):
    interval = None if ends is None else Interval(low=ends[0], high=ends[1], level=0.95, method="given")
    return Estimate(
        name=name, value=value, standard_error=error, interval=interval, estimand=Estimand(), method="given", **more
    )


@pytest.fixture(scope="module")
def synthetic():
    return study.run(study.load("diplab-like"), n_replicates=49, seed=1)


def _with(bundle, **estimates):
    labels = {name: {"en": name, "fr": name, "published": None} for name in estimates}
    return replace(bundle, estimates=estimates, study={**bundle.study, "tiers": [], "labels": labels}, tables={})


@pytest.mark.parametrize(
    ("error", "status"), [(0.0, "publish"), (16.6, "publish"), (16.7, "flag"), (33.3, "flag"), (33.4, "suppress")]
)
def test_customary_thresholds(synthetic, error, status):
    """Up to 16.6 % published, up to 33.3 % flagged, beyond suppressed: the customary guideline of Statistics Canada."""
    result = _with(synthetic, one=_estimate("one", error=error))
    assert publications(result)["one"].status == status


@given(cv=st.floats(0, 2), flag=st.floats(0, 1), more=st.floats(0, 1))
def test_a_larger_cv_never_has_a_milder_status(cv, flag, more):
    """Whatever the thresholds, more uncertainty is never published more freely."""
    rule = PublicationRule(flag_above=flag, suppress_above=flag + more)
    order = ("publish", "flag", "suppress")
    assert order.index(rule.status_of(cv)) <= order.index(rule.status_of(cv * 1.5 + 0.01))


def test_what_is_not_known_is_flagged_and_no_value_is_suppressed(synthetic):
    """Without a standard error the estimate is flagged; bounds alone too; nothing at all is suppressed."""
    bounds = Bounds(low=1.0, high=2.0, reason="r", sharp=True)
    nothing = CodedWarning(code="unavailable", message="m")
    result = _with(
        synthetic,
        plain=_estimate("plain"),
        bounded=_estimate("bounded", value=None, bounds=bounds),
        none=_estimate("none", value=None, warnings=(nothing,)),
    )
    found = publications(result)
    assert [found[name].status for name in ("plain", "bounded", "none")] == ["flag", "flag", "suppress"]
    assert found["bounded"].reasons == ("bounds-only",)
    assert publications(result, PublicationRule(unknown="suppress"))["plain"].status == "suppress"


def test_replicates_stand_in_for_a_standard_error():
    """Without a standard error, the deviation of the replicates counts, unless a draw has no number."""
    draws = Replicates(values=np.array([90.0, 110.0]), streams=("a",), seed=1)
    failed = Replicates(values=np.array([90.0, math.inf]), streams=("a",), seed=1)
    assert coefficient_of_variation(_estimate(replicates=draws)) == pytest.approx(math.sqrt(200) / 100)
    assert coefficient_of_variation(_estimate(replicates=failed)) is None
    assert coefficient_of_variation(_estimate(value=0.0, error=1.0)) is None


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [((0, 10), (20, 30), 0.0), ((0, 10), (5, 30), 0.5), ((0, 30), (10, 20), 1.0), ((0, 10), (10, 10), 1.0)],
)
def test_overlap_is_the_shared_part_of_the_shorter_interval(first, second, share):
    """Apart is 0, one inside the other is 1, and it does not matter which comes first."""
    pair = _estimate(value=1.0, ends=first), _estimate(value=1.0, ends=second)
    assert overlap_share(*pair) == overlap_share(*pair[::-1]) == share


def test_an_open_interval_has_no_overlap():
    """An interval without an upper end cannot be compared by its length."""
    assert overlap_share(_estimate(ends=(1, math.inf)), _estimate(ends=(1, 2))) is None


def test_overlapping_domains_are_flagged_or_suppressed_as_the_rule_says(synthetic):
    """Two domains whose intervals overlap are flagged; beyond the second threshold the less certain one is suppressed."""
    result = _with(synthetic, a=_estimate("a", error=1.0, ends=(98, 102)), b=_estimate("b", error=9.0, ends=(99, 120)))
    assert publications(result)["a"].status == "publish"
    flagged = publications(result, PublicationRule(domains=(("a", "b"),)))
    assert [flagged[name].status for name in "ab"] == ["flag", "flag"]
    assert flagged["a"].reasons == ("overlap:b",)
    strict = PublicationRule(domains=(("a", "b"),), suppress_overlap=0.5)
    assert [publications(result, strict)[name].status for name in "ab"] == ["flag", "suppress"]
    lenient = PublicationRule(domains=(("a", "b"),), flag_overlap=0.9)
    assert [publications(result, lenient)[name].status for name in "ab"] == ["publish", "publish"]
    with pytest.raises(InvalidInput, match="unknown estimate"):
        publications(result, PublicationRule(domains=(("a", "z"),)))


def test_tiers_are_compared_by_their_first_interval(synthetic):
    """Every two tiers are compared, each by the first of its estimates that has an interval."""
    pairs = [(pair.first, pair.second) for pair in overlaps(synthetic)]
    assert pairs == [("very_active", "regular"), ("very_active", "occasional"), ("regular", "occasional")]


@pytest.mark.parametrize(
    "wrong", [{"flag_above": 0.5}, {"flag_above": -0.1}, {"flag_overlap": 2.0}, {"unknown": "maybe"}]
)
def test_thresholds_out_of_order_are_refused(wrong):
    """A rule that contradicts itself is no rule."""
    with pytest.raises(InvalidInput):
        PublicationRule(**wrong)


def test_a_suppressed_estimate_is_not_in_the_table_to_publish(synthetic):
    """In estimates.csv a suppressed row has its coefficient of variation and no other number; the bundle keeps it."""
    rule = PublicationRule(flag_above=0.0, suppress_above=0.01)
    contents = crate_contents(synthetic, rule=rule)
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(contents["estimates.csv"].decode("utf-8")))}
    row = rows["very_active"]
    assert row["status"] == "suppress"
    assert [row[key] for key in ("value", "standard_error", "low", "high", "bound_low")] == [""] * 5
    assert float(row["cv"]) > 0.01
    assert b'"value": 13' in contents["bundle.json"]


def test_the_quality_report_has_every_concept(synthetic):
    """Every concept of the structure is there: filled from the result, or left to the office in so many words."""
    content = json.loads(crate_contents(synthetic)["quality.json"])
    assert content["structure"] == "SIMS 2.0"
    assert set(content["concepts"]) == set(CONCEPTS)
    left = {number for number, field in content["concepts"].items() if field["content"] == TO_BE_FILLED}
    assert {"S.1", "S.6", "S.8", "S.16"} <= left
    assert left.isdisjoint({"S.3.1", "S.4", "S.7.2", "S.11.2", "S.13.1", "S.13.2", "S.13.3.5", "S.18.1", "S.18.5"})
    assert content["rule"]["flag_above"] == 0.166
    assumptions = content["concepts"]["S.13.3.5"]["content"]
    assert {a.id for e in synthetic.estimates.values() for a in e.assumptions} == {a["assumption"] for a in assumptions}


def test_the_quality_report_shows_what_was_certified(synthetic):
    """An interval whose method was tried in simulation brings its coverage; one that was not says so."""
    accuracy = json.loads(crate_contents(synthetic)["quality.json"])["concepts"]["S.13.1"]["content"]
    cells = accuracy["very_active"]["coverage_in_simulation"]
    assert {cell["estimator"] for cell in cells} == {"chapman"}
    assert all(0 <= float(cell["coverage"]) <= 1 for cell in cells)
    stewart = study.quality_report(study.run(study.load("stewart2015"), n_replicates=9, seed=1))
    assert "no certificate" in stewart["concepts"]["S.13.1"]["content"]["quarter_2"]["coverage_in_simulation"]


def test_the_statistical_unit_is_what_is_counted(synthetic):
    """Shares, hours and euros are units of measure; the statistical unit behind them is the person."""
    concepts = json.loads(crate_contents(synthetic)["quality.json"])["concepts"]
    assert {"hours per week", "share"} <= set(concepts["S.4"]["content"])
    assert concepts["S.3.5"]["content"] == ["persons"]
