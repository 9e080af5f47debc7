"""How many people were seen by nobody: two lists, several lists, and counts of sightings."""

from __future__ import annotations

from microwork_estimate.capture_recapture.counts import chao_lower_bound, zelterman
from microwork_estimate.capture_recapture.dependence import (
    odds_ratio_bounds,
    odds_ratio_curve,
    relative_odds_ratio_curve,
    tipping_point,
)
from microwork_estimate.capture_recapture.mixture import MixtureDrift, binomial_mixture, mixture_drift
from microwork_estimate.capture_recapture.ratios import RatioPlot, ratio_plot
from microwork_estimate.capture_recapture.truncated import zero_truncated
from microwork_estimate.capture_recapture.two_lists import chapman, lincoln_petersen
from microwork_estimate.capture_recapture.waring import draw_unseen, waring_draws

__all__ = [
    "MixtureDrift",
    "RatioPlot",
    "binomial_mixture",
    "chao_lower_bound",
    "chapman",
    "draw_unseen",
    "lincoln_petersen",
    "mixture_drift",
    "odds_ratio_bounds",
    "odds_ratio_curve",
    "ratio_plot",
    "relative_odds_ratio_curve",
    "tipping_point",
    "waring_draws",
    "zelterman",
    "zero_truncated",
]
