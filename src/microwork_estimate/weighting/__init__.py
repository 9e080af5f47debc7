"""Weighting: calibration, replicate weights, and estimates from weighted surveys."""

from __future__ import annotations

from microwork_estimate.weighting.calibration import CalibrationOptions, calibrate, calibrate_replicates
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
    "CalibrationOptions",
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

from microwork_estimate.weighting.balance import BalanceTable, covariate_balance
from microwork_estimate.weighting.bootstrap_schemes import (
    BayesianWeights,
    GeneralisedBootstrap,
    PoissonWeights,
    RaoWuYue,
)
from microwork_estimate.weighting.contrasts import contrast, difference
from microwork_estimate.weighting.data_defect import data_defect_curve, defect_unit
from microwork_estimate.weighting.domains import DomainEstimates
from microwork_estimate.weighting.estimators import mean, ratio, total
from microwork_estimate.weighting.given_weights import given_replicate_weights
from microwork_estimate.weighting.joint_recipe import JointMeans, joint_means, joint_variance
from microwork_estimate.weighting.nonprobability import PseudoWeights, pseudo_weights
from microwork_estimate.weighting.nonprobability_means import (
    doubly_robust_mean,
    mass_imputation_mean,
    pseudo_weighted_mean,
)
from microwork_estimate.weighting.nonresponse import redistribute
from microwork_estimate.weighting.overlap import Overlap, overlap
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
from microwork_estimate.weighting.working_models import WorkingModels

__all__ += [
    "BalanceTable",
    "BalancedHalves",
    "BayesianWeights",
    "DomainEstimates",
    "Fay",
    "FromReplicates",
    "GeneralisedBootstrap",
    "JackknifeN",
    "JackknifeOne",
    "JointMeans",
    "Overlap",
    "PoissonWeights",
    "PseudoWeights",
    "QuadraticForm",
    "RaoWuYue",
    "ReplicateWeights",
    "SurveyView",
    "Woodruff",
    "WorkingModels",
    "brewer_form",
    "contrast",
    "covariate_balance",
    "data_defect_curve",
    "defect_unit",
    "deville_form",
    "difference",
    "doubly_robust_mean",
    "given_replicate_weights",
    "hartley_rao_form",
    "joint_means",
    "joint_probabilities_form",
    "joint_variance",
    "mass_imputation_mean",
    "mean",
    "overlap",
    "overton_form",
    "poisson_form",
    "proportion",
    "pseudo_weighted_mean",
    "pseudo_weights",
    "quantile",
    "ratio",
    "redistribute",
    "replicate_estimate",
    "replicate_weights",
    "shares",
    "total",
    "view",
]
