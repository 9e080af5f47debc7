"""Variance of a sum under a sampling design, against R's survey package; what is added to it; what is said."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student

from microwork_estimate.capture_recapture.design_variance import (
    DesignError,
    linearised_error,
    log_t_interval,
    replicate_error,
    total_variance,
)
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Margins, SurveySample
from microwork_estimate.weighting import JackknifeOne, calibrate, replicate_weights

REFERENCE = Path(__file__).parents[1] / "reference"


@cache
def reference(name: str) -> dict[str, Any]:
    """Read the results of R's survey package."""
    content = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    tables = {key: value["columns"] for key, value in content["data"].items()}
    return {"data": tables, "cases": {case["id"]: case["output"] for case in content["cases"]}}


def sample(file: str, table: str, **design: str) -> SurveySample:
    """Return a sample of the reference file; `design` names its columns."""
    columns = reference(file)["data"][table]
    parts = {key: columns[value] for key, value in design.items() if key != "lonely_psu"}
    policy = {"lonely_psu": design["lonely_psu"]} if "lonely_psu" in design else {}
    return SurveySample(columns={"enroll": columns["enroll"]}, weight=columns["pw"], **parts, **policy)


@pytest.mark.parametrize(
    ("survey", "case", "degrees"),
    [
        (sample("svy_stratified", "apistrat", strata="stype", fpc="fpc"), ("svy_stratified", "dstrat/total"), 197),
        (sample("svy_stratified", "apistrat", strata="stype"), ("svy_stratified", "dstrat_nofpc/total"), 197),
        (sample("svy_cluster1", "apiclus1", psu="dnum", fpc="fpc"), ("svy_cluster1", "dclus1/total"), 14),
    ],
)
def test_totals_have_the_standard_error_of_the_survey_package(survey, case, degrees):
    """Stratified with and without a finite population, and clustered: svytotal's standard error."""
    error = linearised_error(survey.weights * survey.numbers("enroll"), survey)
    expected = reference(case[0])["cases"][case[1]]["se"][0]
    assert np.sqrt(error.variance) == pytest.approx(expected, rel=1e-8)
    assert (error.degrees, error.linearised, error.warnings) == (degrees, True, ())


@pytest.mark.parametrize("policy", ["certainty", "adjust", "average"])
@pytest.mark.parametrize("fpc", [False, True])
def test_strata_of_one_unit_are_treated_as_the_survey_package_does(policy, fpc):
    """Three policies with and without a finite population; the fourth refuses."""
    design = {"strata": "stype"} | ({"fpc": "fpc"} if fpc else {})
    survey = sample("svy_stratified", "lonely", **design, lonely_psu=policy)
    expected = reference("svy_stratified")["cases"][f"lonely_psu/{policy}{'_fpc' if fpc else ''}"]["se"][0]
    scores = survey.weights * survey.numbers("enroll")
    assert np.sqrt(linearised_error(scores, survey).variance) == pytest.approx(expected, rel=1e-8)
    with pytest.raises(InvalidInput, match="a stratum with a single unit"):
        linearised_error(scores, sample("svy_stratified", "lonely", **design))


def test_replicates_give_the_variance_of_the_source():
    """Jackknife of a weighted sum: the linearised variance, because a sum is linear."""
    survey = sample("svy_cluster1", "apiclus1")
    values = survey.numbers("enroll")
    source = replicate_weights(survey, JackknifeOne())
    error = replicate_error(lambda weight: float(weight @ values), float(survey.weights @ values), survey, source)
    assert error.variance == pytest.approx(linearised_error(survey.weights * values, survey).variance, rel=1e-8)
    assert not error.linearised


def test_replicates_without_a_size_are_left_out_and_counted():
    """Two of them are infinite: said, and the others stand for them."""
    survey = SurveySample(columns={"x": np.arange(1.0, 41.0)})
    calls = iter(range(100))
    source = replicate_weights(survey, JackknifeOne())
    error = replicate_error(
        lambda weight: np.inf if next(calls) < 2 else float(weight.sum() + weight[0]), 41.0, survey, source
    )
    assert [w.code for w in error.warnings] == ["unusable-replicates"]
    assert error.warnings[0].message.startswith("2 of 40 replicates")
    assert np.isfinite(error.variance)


def test_calibrated_weights_are_said_to_be_ignored():
    """Linearisation here knows nothing of calibration, and says so."""
    survey = SurveySample(columns={"sex": ["f", "m"] * 10, "x": np.arange(20.0)}, weight=np.full(20, 5.0))
    margins = Margins.from_totals({"sex": {"f": 60, "m": 40}}, source="made up")
    calibrated, _ = calibrate(survey, margins)
    error = linearised_error(calibrated.weights, calibrated)
    assert [w.code for w in error.warnings] == ["calibration-ignored"]


def test_the_part_of_the_coefficients_counts_with_a_finite_population_only():
    """Who was seen is always added; what the coefficients would vary by if all were at hand, only with an fpc."""
    error = DesignError(variance=10.0, degrees=5, method="linearised")
    plain, finite = (SurveySample(columns={"x": [1, 2]}, fpc=fpc) for fpc in (None, [4, 4]))
    assert total_variance(error, plain, missed=3.0, coefficients=2.0) == 13.0
    assert total_variance(error, finite, missed=3.0, coefficients=2.0) == 15.0


def test_the_interval_is_symmetric_on_the_logarithm():
    """Ends at value times and over exp(t se / value)."""
    interval = log_t_interval(500.0, 60.0, 7, 0.9)
    spread = np.exp(student(7).ppf(0.95) * 60 / 500)
    assert (interval.low, interval.high) == pytest.approx((500 / spread, 500 * spread))
