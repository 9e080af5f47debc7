"""How many people were seen by nobody: two lists, several lists, and counts of sightings."""

from __future__ import annotations

from microwork_estimate.capture_recapture.adjusted_lists import (
    adjusted_odds_ratio_curve,
    adjusted_sizes,
    adjusted_two_lists,
)
from microwork_estimate.capture_recapture.adjustments import RecaptureAdjustments, RecapturePoint, Turnover
from microwork_estimate.capture_recapture.closed import closed_model
from microwork_estimate.capture_recapture.closed_table import ClosedModelTable, closed_models
from microwork_estimate.capture_recapture.count_models import count_domains, count_regression
from microwork_estimate.capture_recapture.counts import chao_lower_bound, zelterman
from microwork_estimate.capture_recapture.coverage_forms import CoverageRecipe, sample_coverage
from microwork_estimate.capture_recapture.cross_fitting import CrossFitting
from microwork_estimate.capture_recapture.decomposable import (
    DecomposablePosterior,
    decomposable_average,
    decomposable_posterior,
)
from microwork_estimate.capture_recapture.dependence import (
    odds_ratio_bounds,
    odds_ratio_curve,
    relative_odds_ratio_curve,
    tipping_point,
)
from microwork_estimate.capture_recapture.dirichlet_process import ChainPlan, latent_class_bayes
from microwork_estimate.capture_recapture.existence import MleExistence, mle_exists
from microwork_estimate.capture_recapture.half_lives import half_life
from microwork_estimate.capture_recapture.heterogeneity import Heterogeneity
from microwork_estimate.capture_recapture.huggins import huggins_alho
from microwork_estimate.capture_recapture.inflation import one_inflated, zero_one_truncated
from microwork_estimate.capture_recapture.inflation_curve import one_inflation_curve
from microwork_estimate.capture_recapture.latent_classes import latent_class
from microwork_estimate.capture_recapture.loglinear import loglinear
from microwork_estimate.capture_recapture.loglinear_table import LogLinearTable, loglinear_table
from microwork_estimate.capture_recapture.mixture import MixtureDrift, binomial_mixture, mixture_drift
from microwork_estimate.capture_recapture.model_space import LogLinearModel, hierarchical_models
from microwork_estimate.capture_recapture.open_jolly import jolly_seber
from microwork_estimate.capture_recapture.open_loglinear_fit import open_loglinear
from microwork_estimate.capture_recapture.open_results import OpenPopulation
from microwork_estimate.capture_recapture.open_robust import robust_design
from microwork_estimate.capture_recapture.open_superpopulation import superpopulation
from microwork_estimate.capture_recapture.profile_curves import ProfileCurve, count_profile_curve, profile_curve
from microwork_estimate.capture_recapture.ratio_laws import fitted_ratios
from microwork_estimate.capture_recapture.ratios import RatioPlot, ratio_plot
from microwork_estimate.capture_recapture.reselection import (
    Reselection,
    SparseReselection,
    fitted_table,
)
from microwork_estimate.capture_recapture.robust import doubly_robust
from microwork_estimate.capture_recapture.sample_share import SampleShare
from microwork_estimate.capture_recapture.selection import average_loglinear, select_loglinear
from microwork_estimate.capture_recapture.sparse import sparse_loglinear, sparse_mle_exists
from microwork_estimate.capture_recapture.stratified import stratified_total
from microwork_estimate.capture_recapture.survey_bounds import survey_odds_ratio_bounds, survey_tipping_point
from microwork_estimate.capture_recapture.survey_lists import ListSize, survey_odds_ratio_curve, survey_recapture
from microwork_estimate.capture_recapture.truncated import zero_truncated
from microwork_estimate.capture_recapture.two_lists import chapman, lincoln_petersen
from microwork_estimate.capture_recapture.waring import draw_unseen, waring_draws

__all__ = [
    "ChainPlan",
    "ClosedModelTable",
    "CoverageRecipe",
    "CrossFitting",
    "DecomposablePosterior",
    "Heterogeneity",
    "ListSize",
    "LogLinearModel",
    "LogLinearTable",
    "MixtureDrift",
    "MleExistence",
    "OpenPopulation",
    "ProfileCurve",
    "RatioPlot",
    "RecaptureAdjustments",
    "RecapturePoint",
    "Reselection",
    "SampleShare",
    "SparseReselection",
    "Turnover",
    "adjusted_odds_ratio_curve",
    "adjusted_sizes",
    "adjusted_two_lists",
    "average_loglinear",
    "binomial_mixture",
    "chao_lower_bound",
    "chapman",
    "closed_model",
    "closed_models",
    "count_domains",
    "count_profile_curve",
    "count_regression",
    "decomposable_average",
    "decomposable_posterior",
    "doubly_robust",
    "draw_unseen",
    "fitted_ratios",
    "fitted_table",
    "half_life",
    "hierarchical_models",
    "huggins_alho",
    "jolly_seber",
    "latent_class",
    "latent_class_bayes",
    "lincoln_petersen",
    "loglinear",
    "loglinear_table",
    "mixture_drift",
    "mle_exists",
    "odds_ratio_bounds",
    "odds_ratio_curve",
    "one_inflated",
    "one_inflation_curve",
    "open_loglinear",
    "profile_curve",
    "ratio_plot",
    "relative_odds_ratio_curve",
    "robust_design",
    "sample_coverage",
    "select_loglinear",
    "sparse_loglinear",
    "sparse_mle_exists",
    "stratified_total",
    "superpopulation",
    "survey_odds_ratio_bounds",
    "survey_odds_ratio_curve",
    "survey_recapture",
    "survey_tipping_point",
    "tipping_point",
    "waring_draws",
    "zelterman",
    "zero_one_truncated",
    "zero_truncated",
]
