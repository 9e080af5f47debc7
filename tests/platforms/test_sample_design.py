"""The variance of a sum under a sampling design is that of R survey 4.5, and behaves at the edges."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate.inputs import SurveySample
from microwork_estimate.inputs.survey import Auxiliary
from microwork_estimate.platforms.design import (
    SampleDesign,
    calibrated_scores,
    design_of,
    drawn_shares,
    frame_design,
    score_covariance,
)

REFERENCE = Path(__file__).parents[1] / "reference"
FILES = {
    name: json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("svy_cluster1", "svy_cluster2", "svy_stratified", "calibration")
}
CASES = {case["id"]: case["output"] for file in FILES.values() for case in file["cases"]}


def columns(file: str, name: str, *wanted: str) -> dict[str, np.ndarray]:
    """Columns of a data frame of the reference."""
    table = FILES[file]["data"][name]["columns"]
    return {column: np.array(table[column]) for column in wanted}


def designs() -> dict[str, SurveySample]:
    """The designs of the reference, with the columns that are summed."""
    strat = columns("svy_stratified", "apistrat", "enroll", "api.stu", "stype", "pw", "fpc")
    one = columns("svy_cluster1", "apiclus1", "enroll", "api.stu", "dnum", "pw", "fpc")
    two = columns("svy_cluster2", "apiclus2", "api.stu", "meals", "dnum", "snum", "fpc1", "fpc2", "pw")
    weight = np.array(CASES["dclus2/design"]["weights"])
    return {
        "dstrat": SurveySample(columns=strat, weight=strat["pw"], strata=strat["stype"], fpc=strat["fpc"]),
        "dstrat_nofpc": SurveySample(columns=strat, weight=strat["pw"], strata=strat["stype"]),
        "dclus1": SurveySample(columns=one, weight=one["pw"], psu=one["dnum"], fpc=one["fpc"]),
        "dclus2": SurveySample(
            columns=two,
            weight=weight,
            psu=two["dnum"],
            second_stage=two["snum"],
            fpc=two["fpc1"],
            second_stage_fpc=two["fpc2"],
        ),
        "dclus2wr": SurveySample(columns=two, weight=two["pw"], psu=two["dnum"], second_stage=two["snum"]),
    }


def scores(sample: SurveySample, names: list[str]) -> np.ndarray:
    """Weight times value, one column for each variable."""
    return sample.weights[:, None] * np.stack([sample.numbers(name) for name in names], axis=1)


@pytest.mark.parametrize("name", list(designs()))
def test_totals_have_the_covariance_of_r_survey(name):
    """Strata, clusters, two stages with both finite populations: the covariance of totals is R's to 8 digits."""
    truth, sample = CASES[f"{name}/total"], designs()[name]
    found = score_covariance(scores(sample, list(truth["est"])), design_of(sample))
    assert found == pytest.approx(np.array(truth["vcov"]["values"]), rel=1e-8)


@pytest.mark.parametrize("policy", ["adjust", "average", "certainty"])
@pytest.mark.parametrize("suffix", ["", "_fpc"])
def test_strata_of_one_unit_follow_the_policy_as_in_r(policy, suffix):
    """With a stratum of a single school, each policy gives R's standard error; without one it is withheld."""
    lonely = columns("svy_stratified", "lonely", "stype", "api00", "enroll", "pw", "fpc")
    sample = SurveySample(
        columns=lonely,
        weight=lonely["pw"],
        strata=lonely["stype"],
        fpc=lonely["fpc"] if suffix else None,
        lonely_psu=policy,
    )
    truth = CASES[f"lonely_psu/{policy}{suffix}"]
    found = score_covariance(scores(sample, ["enroll", "api00"]), design_of(sample))
    assert np.sqrt(np.diag(found)) == pytest.approx(np.array(truth["se"]), rel=1e-8)
    withheld = score_covariance(scores(sample, ["enroll"]), replace(design_of(sample), lonely="fail"))
    assert np.isnan(withheld).all()


def test_average_policy_needs_a_stratum_with_two_units():
    """When every stratum has one unit there is nothing to average."""
    n = np.arange(3)
    design = SampleDesign(strata=n, units=n, fractions=np.zeros(3), lonely="average")
    assert np.isnan(score_covariance(np.ones(3), design)).all()


def test_poststratified_totals_have_the_standard_error_of_r_survey():
    """What the calibration holds fixed is taken out of the scores: R's standard error after postStratify."""
    case = "poststrat_clus1_stype"
    table = columns("calibration", "apiclus1", "enroll", "api.stu", "dnum", "pw", "fpc", "stype")
    weight = np.array(CASES[f"{case}/weights"]["weights"])
    _, codes = np.unique(table["stype"], return_inverse=True)
    auxiliary = Auxiliary(
        method="poststratification",
        base_weight=table["pw"],
        codes=(codes,),
        sizes=(3,),
        numbers=np.empty((codes.size, 0)),
    )
    sample = SurveySample(columns=table, weight=weight, psu=table["dnum"], fpc=table["fpc"], auxiliary=auxiliary)
    truth = CASES[f"{case}/total"]
    residuals = calibrated_scores(scores(sample, list(truth["est"])), weight, auxiliary)
    found = score_covariance(residuals, design_of(sample))
    assert found == pytest.approx(np.array(truth["vcov"]["values"]), rel=1e-6)


def test_group_calibration_leaves_the_scores_as_they_are():
    """Where whole groups got one factor, weights are taken as fixed."""
    auxiliary = Auxiliary(
        method="linear",
        base_weight=np.ones(2),
        codes=(),
        sizes=(),
        numbers=np.ones((2, 1)),
        groups=np.array([0, 0]),
    )
    assert calibrated_scores(np.array([1.0, 2.0]), np.ones(2), auxiliary).tolist() == [1, 2]


def test_platforms_become_strata_unless_a_unit_lies_on_two():
    """Respondents of one household on two platforms were not drawn independently there."""
    groups = np.array([0, 0, 1, 1])
    apart = SampleDesign(strata=np.zeros(4, dtype=int), units=np.array([0, 1, 2, 3]), fractions=np.zeros(4))
    across = replace(apart, units=np.array([0, 1, 1, 2]))
    assert apart.crossed_with(groups).strata.tolist() == [0, 0, 1, 1]
    assert across.crossed_with(groups).strata.tolist() == [0, 0, 0, 0]


def test_census_of_a_stratum_leaves_no_variance():
    """A stratum drawn completely adds nothing, also with a single unit."""
    design = SampleDesign(
        strata=np.array([0, 1, 1]), units=np.arange(3), fractions=np.array([1.0, 0.5, 0.5]), lonely="fail"
    )
    assert score_covariance(np.array([7.0, 1.0, 3.0]), design)[0, 0] == pytest.approx(0.5 * 2 * 2)
    assert replace(design, fractions=np.ones(3)).complete
    assert not design.complete


def test_frame_of_a_sample_without_design():
    """Equally weighted respondents of a platform are a simple random sample of it; others are drawn with replacement."""
    equal = SurveySample(columns={"x": [1, 2, 3, 4]})
    design = frame_design(equal, np.array([0, 0, 1, 1]), np.array([4.0, 2.0]))
    assert design.fractions.tolist() == [0.5, 0.5, 1.0, 1.0]
    assert drawn_shares(np.array([1.0, 2.0]), np.array([0, 0]), np.array([4.0])).tolist() == [0, 0]
    stated = SurveySample(columns={"x": [1, 2]}, fpc=[10, 10])
    assert frame_design(stated, np.array([0, 0]), np.array([4.0])).fractions.tolist() == [0.2, 0.2]
