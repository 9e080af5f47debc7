"""Weighting: calibration, replicate weights, and estimates from weighted surveys."""

from __future__ import annotations

from microwork_estimate.weighting.calibration import calibrate, calibrate_replicates
from microwork_estimate.weighting.diagnostics import (
    CalibrationReport,
    design_effect,
    effective_sample_size,
    weight_outcome_correlation,
)
from microwork_estimate.weighting.distances import WeightBounds
from microwork_estimate.weighting.feasibility import Feasibility, InfeasibleMargins, Relaxation, check_feasibility
from microwork_estimate.weighting.poststratification import poststratify
from microwork_estimate.weighting.raking import rake_ipf
from microwork_estimate.weighting.results import CalibrationResult
from microwork_estimate.weighting.ridge import ridge_calibrate
from microwork_estimate.weighting.trimming import trim, truncate

__all__ = [
    "CalibrationReport",
    "CalibrationResult",
    "Feasibility",
    "InfeasibleMargins",
    "Relaxation",
    "WeightBounds",
    "calibrate",
    "calibrate_replicates",
    "check_feasibility",
    "design_effect",
    "effective_sample_size",
    "poststratify",
    "rake_ipf",
    "ridge_calibrate",
    "trim",
    "truncate",
    "weight_outcome_correlation",
]

from microwork_estimate.weighting.bootstrap_schemes import (
    BayesianWeights,
    GeneralisedBootstrap,
    PoissonWeights,
    RaoWuYue,
)
from microwork_estimate.weighting.contrasts import contrast, difference
from microwork_estimate.weighting.domains import DomainEstimates
from microwork_estimate.weighting.estimators import mean, ratio, total
from microwork_estimate.weighting.given_weights import given_replicate_weights
from microwork_estimate.weighting.nonresponse import redistribute
from microwork_estimate.weighting.proportions import proportion, shares
from microwork_estimate.weighting.quantiles import FromReplicates, Woodruff, quantile
from microwork_estimate.weighting.replicate_estimates import replicate_estimate
from microwork_estimate.weighting.replicate_schemes import BalancedHalves, Fay, JackknifeN, JackknifeOne
from microwork_estimate.weighting.replication import ReplicateWeights, replicate_weights
from microwork_estimate.weighting.unequal_probability import (
    QuadraticForm,
    brewer_form,
    deville_form,
    hartley_rao_form,
    joint_probabilities_form,
    overton_form,
    poisson_form,
)
from microwork_estimate.weighting.views import SurveyView, view

__all__ += [
    "BalancedHalves",
    "BayesianWeights",
    "DomainEstimates",
    "Fay",
    "FromReplicates",
    "GeneralisedBootstrap",
    "JackknifeN",
    "JackknifeOne",
    "PoissonWeights",
    "QuadraticForm",
    "RaoWuYue",
    "ReplicateWeights",
    "SurveyView",
    "Woodruff",
    "brewer_form",
    "contrast",
    "deville_form",
    "difference",
    "given_replicate_weights",
    "hartley_rao_form",
    "joint_probabilities_form",
    "mean",
    "overton_form",
    "poisson_form",
    "proportion",
    "quantile",
    "ratio",
    "redistribute",
    "replicate_estimate",
    "replicate_weights",
    "shares",
    "total",
    "view",
]
