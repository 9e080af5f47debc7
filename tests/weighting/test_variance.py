"""Linearised variance: residuals of calibration, stages, units alone in their group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import SurveySample
from microwork_estimate.inputs.survey import Auxiliary
from microwork_estimate.weighting.variance import (
    calibration_residuals,
    calibration_variables,
    degrees_of_freedom,
    design_covariance,
    stages,
)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_residuals_are_orthogonal(seed):
    """Residuals have no weighted product with any calibration variable, collinear and empty columns included."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, 30)
    indicators = np.eye(3)[group]
    matrix = np.column_stack([np.ones(30), indicators, 1e6 * rng.random(30), np.zeros(30)])
    weight, values = rng.uniform(1, 9, 30), rng.normal(size=(30, 2))
    residuals = calibration_residuals(values, matrix, weight)
    products = (weight[:, None] * matrix).T @ residuals
    assert np.abs(products / np.maximum(np.abs(weight[:, None] * matrix).sum(axis=0), 1)[:, None]).max() < 1e-12
    assert calibration_residuals(residuals, matrix, weight) == pytest.approx(residuals, abs=1e-12)


def test_residuals_of_the_margins_are_zero():
    """What was calibrated on leaves nothing, also as a sum of margins."""
    rng = np.random.default_rng(1)
    matrix = np.column_stack([np.ones(20), rng.random(20)])
    assert calibration_residuals(matrix @ [[3.0], [2.0]], matrix, np.ones(20)) == pytest.approx(
        np.zeros((20, 1)), abs=1e-12
    )


def test_scale_of_the_distance_weighs_the_residuals():
    """The scale q multiplies the weights of the regression; within groups it is averaged as the calibration does."""
    rng = np.random.default_rng(2)
    q = rng.uniform(0.5, 2, 6)
    one = Auxiliary(method="linear", base_weight=np.ones(6), codes=(), sizes=(), numbers=rng.random((6, 1)), q=q)
    assert calibration_variables(one)[1] == pytest.approx(q)
    each = Auxiliary(
        method="linear", base_weight=np.ones(6), codes=(), sizes=(), numbers=one.numbers, q=q, groups=np.arange(6)
    )
    for got, wanted in zip(calibration_variables(each), calibration_variables(one), strict=True):
        assert got == pytest.approx(wanted)


def test_a_sample_without_design_is_drawn_with_replacement():
    """Without strata, clusters and population, the variance of a total is n times that of the scores."""
    scores = np.random.default_rng(3).normal(size=(12, 2))
    covariance = design_covariance(scores, stages(SurveySample(columns={"y": np.ones(12)})), "fail")
    assert covariance == pytest.approx(12 * np.cov(scores.T))


def test_second_stage_needs_a_finite_first():
    """Without a population of primary units, the second stage adds nothing to count."""
    sample = SurveySample(columns={"y": np.ones(4)}, psu=[0, 0, 1, 1], second_stage=[0, 1, 0, 1])
    assert len(stages(sample)) == 1
    finite = SurveySample(columns={"y": np.ones(4)}, psu=[0, 0, 1, 1], second_stage=[0, 1, 0, 1], fpc=[4.0] * 4)
    assert [stage.name for stage in stages(finite)] == ["stratum", "primary unit"]


def test_units_alone_in_a_primary_unit():
    """A primary unit with one second-stage unit out of several shows no variance within: an error, or a policy."""
    design = {
        "columns": {"y": np.arange(5.0)},
        "psu": [0, 0, 1, 1, 2],
        "second_stage": [0, 1, 0, 1, 0],
        "fpc": np.full(5, 10.0),
        "second_stage_fpc": np.full(5, 4.0),
    }
    scores = np.arange(5.0)[:, None]
    with pytest.raises(InvalidInput, match="primary unit with a single unit"):
        design_covariance(scores, stages(SurveySample(**design)), "fail")
    certainty = design_covariance(scores, stages(SurveySample(**design)), "certainty")[0, 0]
    average = design_covariance(scores, stages(SurveySample(**design)), "average")[0, 0]
    between = 0.7 * 3 * np.array([1.0, 5.0, 4.0]).var(ddof=1)
    within = 0.3 * 0.5 * 2 * (0.5 + 0.5)
    assert certainty == pytest.approx(between + within)
    assert average == pytest.approx(between + within * 3 / 2)
    whole = {**design, "second_stage_fpc": np.array([4.0, 4.0, 4.0, 4.0, 1.0])}
    assert design_covariance(scores, stages(SurveySample(**whole)), "fail")[0, 0] == pytest.approx(certainty)


def test_degrees_of_freedom_of_a_domain():
    """Only the units and strata with respondents inside count."""
    sample = SurveySample(columns={"y": np.ones(8)}, strata=np.repeat([0, 1], 4), psu=np.arange(8) // 2)
    (stage,) = stages(sample)
    assert degrees_of_freedom(stage, np.ones(8, dtype=bool)) == 2
    assert degrees_of_freedom(stage, np.arange(8) < 4) == 1
    assert degrees_of_freedom(stage, np.arange(8) < 2) == 0
