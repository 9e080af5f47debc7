"""Several weighted totals or ratios estimated together, with their covariance.

Totals, means, shares and ratios are one thing: a weighted sum of one variable, or the quotient of two. This module
computes any number of them at once, for as many domains as wanted, with whatever source of variance the view names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microwork_estimate.errors import CodedWarning
from microwork_estimate.estimate import FloatArray, IntArray
from microwork_estimate.weighting.replication import ReplicateWeights, failed_replicates
from microwork_estimate.weighting.unequal_probability import QuadraticForm
from microwork_estimate.weighting.variance import (
    Stage,
    calibration_residuals,
    calibration_variables,
    degrees_of_freedom,
    design_covariance,
    stages,
)
from microwork_estimate.weighting.views import BoolArray, SurveyView


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ratios:
    """D totals, or D quotients of totals, as arrays.

    Parameters
    ----------
    numerator : array of shape (n, D)
        The variable of each; zero outside the domain.
    denominator : array of shape (n, D) or None
        What it is divided by; None for totals.
    """

    numerator: FloatArray
    denominator: FloatArray | None = None

    def values(self, weights: FloatArray) -> FloatArray:
        """Return the estimates, shape (..., D), for weights of shape (..., n); NaN where nothing is divided by."""
        above = weights @ self.numerator
        if self.denominator is None:
            return np.asarray(above)
        below = weights @ self.denominator
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(below != 0, above / below, np.nan))

    def linearised(self, weights: FloatArray, values: FloatArray) -> FloatArray:
        """Return the linearised variables, shape (n, D): what one more unit of weight adds to each estimate."""
        if self.denominator is None:
            return self.numerator
        below = weights @ self.denominator
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((self.numerator - self.denominator * values) / below)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Joint:
    """D estimates with their covariance.

    Parameters
    ----------
    values : array of shape (D,)
        NaN where there is none.
    covariance : array of shape (D, D)
    linearised : array of shape (n, D)
        The linearised variables.
    degrees : array of int of shape (D,)
        Degrees of freedom of each.
    all_degrees : int
        Degrees of freedom of all domains together.
    replicates : array of shape (B, D) or None
        The estimate in each replicate.
    warnings : tuple of CodedWarning
    """

    values: FloatArray
    covariance: FloatArray
    linearised: FloatArray
    degrees: IntArray
    all_degrees: int
    replicates: FloatArray | None
    warnings: tuple[CodedWarning, ...]


def joint(survey: SurveyView, ratios: Ratios, masks: BoolArray) -> Joint:
    """Estimate totals or ratios of D domains together.

    Parameters
    ----------
    survey : SurveyView
        The survey.
    ratios : Ratios
        What is summed and divided.
    masks : array of bool of shape (n, D)
        Who is in each domain.

    Returns
    -------
    Joint
    """
    weights, source = survey.sample.weights, survey.variance
    design = stages(survey.sample)
    values = ratios.values(weights)
    linearised = ratios.linearised(weights, values)
    known = np.isfinite(values)
    covariance = np.full((values.size, values.size), np.nan)
    replicates = None
    warnings = list(survey.warnings())
    if isinstance(source, ReplicateWeights):
        replicates = ratios.values(source.weights(weights))
        warnings += failed_replicates(replicates[:, known])
        within = source.covariance(replicates[:, known], values[known])
    elif isinstance(source, QuadraticForm):
        within = source.covariance(weights[:, None] * linearised[:, known])
    else:
        within = _linearised_covariance(survey, design, linearised[:, known])
        warnings += _policy(survey, design)
    covariance[np.ix_(known, known)] = within
    return Joint(
        values=values,
        covariance=covariance,
        linearised=linearised,
        degrees=np.array([_degrees(survey, design, mask) for mask in masks.T], dtype=np.int64),
        all_degrees=_degrees(survey, design, np.asarray(masks.any(axis=1))),
        replicates=replicates,
        warnings=tuple(warnings),
    )


def _linearised_covariance(survey: SurveyView, design: tuple[Stage, ...], linearised: FloatArray) -> FloatArray:
    sample = survey.sample
    if sample.auxiliary is not None:
        linearised = calibration_residuals(linearised, *calibration_variables(sample.auxiliary))
    return design_covariance(sample.weights[:, None] * linearised, design, sample.lonely_psu)


def _degrees(survey: SurveyView, design: tuple[Stage, ...], inside: BoolArray) -> int:
    if not inside.any():
        return 0
    if isinstance(survey.variance, ReplicateWeights):
        return survey.variance.degrees_inside(survey.sample, inside)
    return degrees_of_freedom(design[0], inside)


def _policy(survey: SurveyView, design: tuple[Stage, ...]) -> tuple[CodedWarning, ...]:
    alone = sum(int(stage.lonely().size) for stage in design)
    if not alone:
        return ()
    message = f"{alone} strata or primary units hold a single unit: their variance is by the policy "
    return (CodedWarning(code="lonely-unit", message=message + f"'{survey.sample.lonely_psu}', not measured."),)
