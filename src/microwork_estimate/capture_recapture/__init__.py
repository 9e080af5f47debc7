"""How many people were seen by nobody: two lists, several lists, and counts of sightings."""

from __future__ import annotations

from microwork_estimate.capture_recapture.closed import closed_model
from microwork_estimate.capture_recapture.closed_table import ClosedModelTable, closed_models
from microwork_estimate.capture_recapture.counts import chao_lower_bound, zelterman
from microwork_estimate.capture_recapture.dependence import (
    odds_ratio_bounds,
    odds_ratio_curve,
    relative_odds_ratio_curve,
    tipping_point,
)
from microwork_estimate.capture_recapture.existence import MleExistence, mle_exists
from microwork_estimate.capture_recapture.heterogeneity import Heterogeneity
from microwork_estimate.capture_recapture.loglinear import loglinear
from microwork_estimate.capture_recapture.loglinear_table import LogLinearTable, loglinear_table
from microwork_estimate.capture_recapture.mixture import MixtureDrift, binomial_mixture, mixture_drift
from microwork_estimate.capture_recapture.model_space import LogLinearModel, hierarchical_models
from microwork_estimate.capture_recapture.ratios import RatioPlot, ratio_plot
from microwork_estimate.capture_recapture.reselection import (
    Reselection,
    SparseReselection,
    acceleration,
    bca_ends,
    fitted_table,
)
from microwork_estimate.capture_recapture.selection import average_loglinear, select_loglinear
from microwork_estimate.capture_recapture.sparse import sparse_loglinear, sparse_mle_exists
from microwork_estimate.capture_recapture.stratified import stratified_total
from microwork_estimate.capture_recapture.truncated import zero_truncated
from microwork_estimate.capture_recapture.two_lists import chapman, lincoln_petersen
from microwork_estimate.capture_recapture.waring import draw_unseen, waring_draws

__all__ = [
    "ClosedModelTable",
    "Heterogeneity",
    "LogLinearModel",
    "LogLinearTable",
    "MixtureDrift",
    "MleExistence",
    "RatioPlot",
    "Reselection",
    "SparseReselection",
    "acceleration",
    "average_loglinear",
    "bca_ends",
    "binomial_mixture",
    "chao_lower_bound",
    "chapman",
    "closed_model",
    "closed_models",
    "draw_unseen",
    "fitted_table",
    "hierarchical_models",
    "lincoln_petersen",
    "loglinear",
    "loglinear_table",
    "mixture_drift",
    "mle_exists",
    "odds_ratio_bounds",
    "odds_ratio_curve",
    "ratio_plot",
    "relative_odds_ratio_curve",
    "select_loglinear",
    "sparse_loglinear",
    "sparse_mle_exists",
    "stratified_total",
    "tipping_point",
    "waring_draws",
    "zelterman",
    "zero_truncated",
]
